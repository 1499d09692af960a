// SPDX-License-Identifier: GPL-2.0-only
/*
 * Release: bounded for who drops, complete in the end.
 */
#include "fixture.h"

#define LONG_CHAIN	50000U

/* A chain of objects, each holding the next one in @slot; only the first is held. */
static u64 chain(struct kunit *test, u32 length, u32 slots, u32 slot)
{
	u64 first = make(test, slots, 0);
	u64 next;
	u32 i;

	for (i = 1; i < length; i++) {
		next = make(test, slots, 0);
		link_to(test, next, slot, first);
		drop(test, first);
		first = next;
	}
	return first;
}

static void drops_and_settles(struct kunit *test, u64 first, u32 count)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, objects(test), count);
	drop(test, first);
	KUNIT_EXPECT_TRUE(test, f->release_wanted);
	KUNIT_EXPECT_GE(test, objects(test), count - MHEAP_RELEASE_BUDGET);
	settle(test);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

static void a_long_chain_through_the_first_slot(struct kunit *test)
{
	drops_and_settles(test, chain(test, LONG_CHAIN, 1, 0), LONG_CHAIN);
}

static void a_long_chain_through_the_last_slot(struct kunit *test)
{
	drops_and_settles(test, chain(test, 2000, 4, 3), 2000);
}

static void a_chain_of_extended_objects(struct kunit *test)
{
	drops_and_settles(test, chain(test, 200, 300, 299), 200);
}

static void a_wide_object(struct kunit *test)
{
	const u32 width = 5000;
	u64 wide = make(test, width, 0);
	u64 leaf;
	u32 i;

	for (i = 0; i < width; i++) {
		leaf = make(test, 0, 8);
		link_to(test, wide, i, leaf);
		drop(test, leaf);
	}
	drops_and_settles(test, wide, width + 1);
}

static void what_is_held_elsewhere_stays(struct kunit *test)
{
	u64 kept = make(test, 1, 8);
	u64 first = chain(test, 500, 2, 0);

	link_to(test, first, 1, kept);
	link_to(test, kept, 0, kept);
	drop(test, first);
	settle(test);
	KUNIT_EXPECT_EQ(test, objects(test), 1);
	KUNIT_EXPECT_EQ(test, figures_of(test, kept).inside, 1);
}

static void a_collection_amid_a_release(struct kunit *test)
{
	u64 kept = make(test, 1, 8);
	u64 first = chain(test, 5000, 2, 0);
	struct fixture *f = test->priv;
	struct mheap_collection collection;

	link_to(test, first, 1, kept);
	drop(test, first);
	KUNIT_EXPECT_TRUE(test, mheap_release_pending(&f->heap));
	/* Not mheap_collect(), which would have the release finished first. */
	set_threshold(test, 1, 0, 0);
	mheap_collect_due(&f->heap);
	KUNIT_EXPECT_TRUE(test, mheap_release_pending(&f->heap));
	settle(test);
	collection = collect(test, 2);
	KUNIT_EXPECT_EQ(test, collection.unreachable, 0);
	KUNIT_EXPECT_EQ(test, objects(test), 1);
	KUNIT_EXPECT_EQ(test, figures_of(test, kept).inside, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_long_chain_through_the_first_slot),
	KUNIT_CASE(a_long_chain_through_the_last_slot),
	KUNIT_CASE(a_chain_of_extended_objects),
	KUNIT_CASE(a_wide_object),
	KUNIT_CASE(what_is_held_elsewhere_stays),
	KUNIT_CASE(a_collection_amid_a_release),
	{}
};

struct kunit_suite suite_release = {
	.name = "mheap_release",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
