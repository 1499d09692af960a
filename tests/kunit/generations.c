// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generations: counters, thresholds, promotion, and when which one is due.
 */
#include "fixture.h"

static void expect_count(struct kunit *test, u32 first, u32 second, u32 third)
{
	struct fixture *f = test->priv;
	u32 count[MHEAP_GENERATION_COUNT];

	mheap_generations_get_count(&f->heap.generations, count);
	KUNIT_EXPECT_EQ(test, count[0], first);
	KUNIT_EXPECT_EQ(test, count[1], second);
	KUNIT_EXPECT_EQ(test, count[2], third);
}

static void make_many(struct kunit *test, u32 count)
{
	while (count--)
		make(test, 1, 0);
}

/* What a worker would do. Return: the generation collected, or -1. */
static int collect_due(struct kunit *test)
{
	struct mheap_generation_figures before[MHEAP_GENERATION_COUNT];
	struct mheap_generation_figures after[MHEAP_GENERATION_COUNT];
	struct fixture *f = test->priv;
	int i;

	mheap_generations_get_figures(&f->heap.generations, before);
	mheap_collect_due(&f->heap);
	mheap_generations_get_figures(&f->heap.generations, after);
	for (i = 0; i < MHEAP_GENERATION_COUNT; i++)
		if (after[i].collections != before[i].collections)
			return i;
	return -1;
}

static void counters_count(struct kunit *test)
{
	u64 a;

	make_many(test, 5);
	make(test, 0, 8);	/* a leaf does not count */
	expect_count(test, 5, 0, 0);
	a = make(test, 1, 0);
	drop(test, a);
	expect_count(test, 5, 0, 0);
	collect(test, 0);
	expect_count(test, 0, 1, 0);
	collect(test, 0);
	expect_count(test, 0, 2, 0);
	collect(test, 1);
	expect_count(test, 0, 0, 1);
	collect(test, 2);
	expect_count(test, 0, 0, 0);
}

static void the_first_counter_is_never_negative(struct kunit *test)
{
	u64 a = make(test, 1, 0);

	collect(test, 0);
	drop(test, a);
	expect_count(test, 0, 1, 0);
	make(test, 1, 0);
	expect_count(test, 1, 1, 0);
}

static void survivors_move_up(struct kunit *test)
{
	u64 a = make(test, 1, 0);

	KUNIT_EXPECT_EQ(test, figures_of(test, a).generation, 0);
	collect(test, 0);
	KUNIT_EXPECT_EQ(test, figures_of(test, a).generation, 1);
	collect(test, 0);
	KUNIT_EXPECT_EQ(test, figures_of(test, a).generation, 1);
	collect(test, 1);
	KUNIT_EXPECT_EQ(test, figures_of(test, a).generation, 2);
	collect(test, 2);
	KUNIT_EXPECT_EQ(test, figures_of(test, a).generation, 2);
}

static void a_collection_is_asked_for_past_the_threshold(struct kunit *test)
{
	struct fixture *f = test->priv;

	set_threshold(test, 10, 10, 10);
	make_many(test, 10);
	KUNIT_EXPECT_FALSE(test, f->collect_wanted);
	KUNIT_EXPECT_EQ(test, collect_due(test), -1);
	make_many(test, 1);
	KUNIT_EXPECT_TRUE(test, f->collect_wanted);
	KUNIT_EXPECT_EQ(test, collect_due(test), 0);
	KUNIT_EXPECT_EQ(test, collect_due(test), -1);
}

static void threshold_zero_switches_off(struct kunit *test)
{
	struct fixture *f = test->priv;

	set_threshold(test, 0, 0, 0);
	make_many(test, 2000);
	KUNIT_EXPECT_FALSE(test, f->collect_wanted);
	KUNIT_EXPECT_EQ(test, collect_due(test), -1);
	expect_count(test, 2000, 0, 0);
}

static void disabled_means_not_by_itself(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 a;

	WRITE_ONCE(f->heap.generations.enabled, false);
	make_many(test, 2000);
	KUNIT_EXPECT_FALSE(test, f->collect_wanted);
	KUNIT_EXPECT_EQ(test, collect_due(test), -1);
	a = make(test, 1, 0);
	link_to(test, a, 0, a);
	drop(test, a);
	KUNIT_EXPECT_EQ(test, collect(test, 0).unreachable, 1);
}

static void older_generations_come_round(struct kunit *test)
{
	u32 i;

	set_threshold(test, 1, 2, 2);
	for (i = 0; i < 3; i++) {
		make_many(test, 2);
		KUNIT_EXPECT_EQ(test, collect_due(test), 0);
	}
	make_many(test, 2);
	KUNIT_EXPECT_EQ(test, collect_due(test), 1);
	expect_count(test, 0, 0, 1);
}

/* A full collection waits for a quarter of what survived the last one. */
static void a_full_collection_waits_for_a_quarter(struct kunit *test)
{
	u32 i;

	set_threshold(test, 1, 0, 0);
	make_many(test, 400);
	collect(test, 2);
	for (i = 0; i < 3; i++) {
		make_many(test, 33);
		KUNIT_EXPECT_EQ(test, collect_due(test), 0);
		make_many(test, 2);
		KUNIT_EXPECT_EQ(test, collect_due(test), 1);
	}
	/* 105 have come into generation 2 since: more than 400 / 4. */
	make_many(test, 2);
	KUNIT_EXPECT_EQ(test, collect_due(test), 2);
}

static void thresholds_are_set_all_or_none(struct kunit *test)
{
	const u32 too_large[] = { 1, 2, MHEAP_GENERATION_THRESHOLD_MAX + 1 };
	u32 threshold[MHEAP_GENERATION_COUNT];
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, mheap_generations_set_threshold(&f->heap.generations, too_large),
			-EINVAL);
	mheap_generations_get_threshold(&f->heap.generations, threshold);
	KUNIT_EXPECT_EQ(test, threshold[0], 700);
	KUNIT_EXPECT_EQ(test, threshold[1], 10);
	KUNIT_EXPECT_EQ(test, threshold[2], 10);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(counters_count),
	KUNIT_CASE(the_first_counter_is_never_negative),
	KUNIT_CASE(survivors_move_up),
	KUNIT_CASE(a_collection_is_asked_for_past_the_threshold),
	KUNIT_CASE(threshold_zero_switches_off),
	KUNIT_CASE(disabled_means_not_by_itself),
	KUNIT_CASE(older_generations_come_round),
	KUNIT_CASE(a_full_collection_waits_for_a_quarter),
	KUNIT_CASE(thresholds_are_set_all_or_none),
	{}
};

struct kunit_suite suite_generations = {
	.name = "mheap_generations",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
