// SPDX-License-Identifier: GPL-2.0-only
/*
 * The collector: CPython's basic scenarios, large sets, and references between
 * generations.
 */
#include "fixture.h"

#define RING	20000U

static u64 self_loop(struct kunit *test)
{
	u64 a = make(test, 1, 8);

	link_to(test, a, 0, a);
	return a;
}

static void eight_self_loops_give_eight(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 8; i++)
		drop(test, self_loop(test));
	KUNIT_EXPECT_EQ(test, collect(test, 0).unreachable, 8);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

static void a_cycle_of_two(struct kunit *test)
{
	u64 a = make(test, 1, 8);
	u64 b = make(test, 1, 8);

	link_to(test, a, 0, b);
	link_to(test, b, 0, a);
	drop(test, a);
	KUNIT_EXPECT_EQ(test, collect(test, 0).unreachable, 0);
	drop(test, b);
	KUNIT_EXPECT_EQ(test, collect(test, 1).unreachable, 2);
}

static void nested_150_deep(struct kunit *test)
{
	u64 outer = make(test, 2, 0);
	u64 innermost = outer;
	u64 next;
	u32 i;

	for (i = 0; i < 150; i++) {
		next = make(test, 2, 0);
		link_to(test, next, 0, outer);
		if (i)
			drop(test, outer);
		outer = next;
	}
	link_to(test, innermost, 0, outer);
	drop(test, innermost);
	KUNIT_EXPECT_EQ(test, collect(test, 2).unreachable, 0);
	drop(test, outer);
	KUNIT_EXPECT_EQ(test, collect(test, 2).unreachable, 151);
}

static void a_large_ring(struct kunit *test)
{
	u64 first = make(test, 1, 0);
	u64 last = first, next;
	u32 i;

	for (i = 1; i < RING; i++) {
		next = make(test, 1, 0);
		link_to(test, next, 0, last);
		if (last != first)
			drop(test, last);
		last = next;
	}
	link_to(test, first, 0, last);
	KUNIT_EXPECT_EQ(test, collect(test, 2).unreachable, 0);
	drop(test, first);
	KUNIT_EXPECT_EQ(test, collect(test, 2).unreachable, 0);
	drop(test, last);
	KUNIT_EXPECT_EQ(test, collect(test, 1).unreachable, 0);
	KUNIT_EXPECT_EQ(test, collect(test, 2).unreachable, RING);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

/* Held by an old object alone, a young one is not garbage. */
static void an_old_object_holds_a_young_one(struct kunit *test)
{
	u64 old = make(test, 2, 0);
	u64 young;

	link_to(test, old, 0, old);
	collect(test, 1);
	KUNIT_EXPECT_EQ(test, figures_of(test, old).generation, 2);
	young = self_loop(test);
	link_to(test, old, 1, young);
	drop(test, young);
	KUNIT_EXPECT_EQ(test, collect(test, 0).unreachable, 0);
	/* Also while the old one is garbage itself, until that is found. */
	drop(test, old);
	KUNIT_EXPECT_EQ(test, collect(test, 1).unreachable, 0);
	KUNIT_EXPECT_EQ(test, objects(test), 2);
	KUNIT_EXPECT_EQ(test, collect(test, 2).unreachable, 2);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

/* Young garbage that holds an old object: the old one dies of its count. */
static void young_garbage_holds_an_old_object(struct kunit *test)
{
	u64 old = make(test, 1, 0);
	u64 leaf = make(test, 0, 8);
	struct mheap_collection collection;
	u64 young;

	link_to(test, old, 0, leaf);
	drop(test, leaf);
	collect(test, 2);
	young = make(test, 2, 0);
	link_to(test, young, 0, young);
	link_to(test, young, 1, old);
	drop(test, old);
	drop(test, young);
	collection = collect(test, 0);
	KUNIT_EXPECT_EQ(test, collection.unreachable, 1);
	settle(test);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

static void garbage_holds_leaves(struct kunit *test)
{
	u64 a = make(test, 3, 0);
	u64 leaf = make(test, 0, 8);
	u64 kept = make(test, 0, 8);

	link_to(test, a, 0, a);
	link_to(test, a, 1, leaf);
	link_to(test, a, 2, kept);
	drop(test, leaf);
	drop(test, a);
	KUNIT_EXPECT_EQ(test, collect(test, 2).freed, 1);
	KUNIT_EXPECT_EQ(test, objects(test), 1);
	KUNIT_EXPECT_EQ(test, figures_of(test, kept).inside, 0);
}

static void there_are_three_generations(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct mheap_collection collection;

	KUNIT_EXPECT_EQ(test, mheap_collect(&f->heap, 3, &collection), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_collect(&f->heap, U32_MAX, &collection), -EINVAL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(eight_self_loops_give_eight),
	KUNIT_CASE(a_cycle_of_two),
	KUNIT_CASE(nested_150_deep),
	KUNIT_CASE(a_large_ring),
	KUNIT_CASE(an_old_object_holds_a_young_one),
	KUNIT_CASE(young_garbage_holds_an_old_object),
	KUNIT_CASE(garbage_holds_leaves),
	KUNIT_CASE(there_are_three_generations),
	{}
};

struct kunit_suite suite_collector = {
	.name = "mheap_collector",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
