// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collections without memory: every allocation of a young collection fails in its
 * turn, and it finds the same; a full one asks for nothing. Needs a kernel with
 * CONFIG_FAILSLAB; what a collection asks for may not sleep, so it fails whatever
 * the settings are.
 */
#include <linux/sched.h>

#include "fixture.h"

#define LIVE	1500U	/* more than a chunk */
#define GARBAGE	700U
#define WIDTH	3000U	/* children that are reached at once */

#ifdef CONFIG_FAILSLAB
static void arm(struct kunit *test, unsigned int nth)
{
	current->fail_nth = nth;
}

/* Return: whether what was to fail has failed. */
static bool disarm(void)
{
	bool failed = !current->fail_nth;

	current->fail_nth = 0;
	return failed;
}
#else
static void arm(struct kunit *test, unsigned int nth)
{
	kunit_skip(test, "the kernel has no CONFIG_FAILSLAB");
}

static bool disarm(void)
{
	return false;
}
#endif

static struct mheap_collection collect_failing(struct kunit *test, u32 generation,
					       unsigned int nth, bool *failed)
{
	struct mheap_collection collection;

	arm(test, nth);
	collection = collect(test, generation);
	*failed = disarm();
	return collection;
}

static void make_rings(struct kunit *test, u32 count, bool held)
{
	u64 object;

	while (count--) {
		object = make(test, 1, 0);
		link_to(test, object, 0, object);
		if (!held)
			drop(test, object);
	}
}

static void a_young_collection_becomes_a_full_one(struct kunit *test)
{
	struct mheap_collection collection;
	unsigned int nth = 0, full = 0;
	bool failed = true;

	make_rings(test, LIVE, true);
	collect(test, MHEAP_OLDEST);
	while (failed) {
		make_rings(test, GARBAGE, false);
		nth++;
		collection = collect_failing(test, nth % 2, nth, &failed);
		KUNIT_EXPECT_EQ(test, collection.freed, GARBAGE);
		KUNIT_EXPECT_EQ(test, objects(test), LIVE);
		full += collection.generation == MHEAP_OLDEST;
		KUNIT_ASSERT_LT(test, nth, 1000);
	}
	KUNIT_EXPECT_GT(test, full, 0);
}

static void a_full_collection_needs_no_memory(struct kunit *test)
{
	struct mheap_collection collection;
	u64 wide = make(test, WIDTH, 0);
	u64 child, leaf;
	bool failed = true;
	u32 i;

	for (i = 0; i < WIDTH; i++) {
		child = make(test, 1, 0);
		leaf = make(test, 1, 0);
		link_to(test, wide, i, child);
		link_to(test, child, 0, leaf);
		drop(test, child);
		drop(test, leaf);
	}
	/* A kernel that checks may need some for itself, where it sees something first. */
	for (i = 0; failed && i < 3; i++) {
		make_rings(test, GARBAGE, false);
		collection = collect_failing(test, MHEAP_OLDEST, 1, &failed);
		KUNIT_EXPECT_EQ(test, collection.unreachable, GARBAGE);
		KUNIT_EXPECT_EQ(test, objects(test), 2 * WIDTH + 1);
	}
	KUNIT_EXPECT_FALSE(test, failed);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_young_collection_becomes_a_full_one),
	KUNIT_CASE(a_full_collection_needs_no_memory),
	{}
};

struct kunit_suite suite_memory = {
	.name = "mheap_memory",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
