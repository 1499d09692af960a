// SPDX-License-Identifier: GPL-2.0-only
/*
 * The permanent generation: what is in it, what it holds, and how it is left.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"
#include "permanent.h"

static u64 ring(struct fixture *f)
{
	const u64 a = make(f->session, 2, 0);
	const u64 b = make(f->session, 2, 0);

	link_to(f->session, a, 0, b);
	link_to(f->session, b, 0, a);
	drop(f->session, b);
	return a;
}

static void freeze(struct fixture *f)
{
	check_equal(mheap_permanent_freeze(&f->heap), 0);
}

static void unfreeze(struct fixture *f)
{
	check_equal(mheap_permanent_unfreeze(&f->heap), 0);
}

static void expect(struct fixture *f, u64 youngest, u64 younger, u64 oldest, u64 frozen)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(&f->heap, &figures);
	check_equal(figures.in_generation[0], youngest);
	check_equal(figures.in_generation[1], younger);
	check_equal(figures.in_generation[2], oldest);
	check_equal(figures.frozen, frozen);
}

static void all_generations_are_frozen(void)
{
	struct fixture f;
	u64 object[3], leaf;
	u32 count[3], i;

	fixture_begin(&f, 0);
	for (i = 0; i < 3; i++) {
		object[2 - i] = make(f.session, 1, 0);
		if (i < 2)
			fixture_collect(&f, i ? 0 : 2);
	}
	leaf = make(f.session, 0, 8);
	expect(&f, 1, 1, 1, 0);
	freeze(&f);
	expect(&f, 0, 0, 0, 3);
	for (i = 0; i < 3; i++)
		check_equal(generation_of_handle(f.session, object[i]), MHEAP_PERMANENT);
	check_equal(generation_of_handle(f.session, leaf), 0);
	mheap_generations_get_count(&f.heap.generations, count);
	for (i = 0; i < 3; i++)
		check_equal(count[i], 0);
	make(f.session, 1, 0);
	expect(&f, 1, 0, 0, 3);
	freeze(&f);
	freeze(&f);
	expect(&f, 0, 0, 0, 4);
	unfreeze(&f);
	unfreeze(&f);
	expect(&f, 0, 0, 4, 0);
	fixture_end(&f);
}

static void frozen_garbage_waits(void)
{
	struct fixture f;
	u32 generation;
	u64 weak;

	fixture_begin(&f, FIXTURE_VERIFY);
	weak = ring(&f);
	drop(f.session, weak);
	freeze(&f);
	for (generation = 0; generation < 3; generation++) {
		check_equal(fixture_collect(&f, generation).visited, 0);
		check_equal(fixture_collect(&f, generation).unreachable, 0);
	}
	expect(&f, 0, 0, 0, 2);
	unfreeze(&f);
	check_equal(fixture_collect(&f, 1).freed, 0);
	check_equal(fixture_collect(&f, 2).freed, 2);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/* A ring that nobody holds holds what its slots refer to, whatever is collected. */
static void frozen_garbage_holds(u32 generation)
{
	struct fixture f;
	u64 a, young, behind, weak;

	fixture_begin(&f, FIXTURE_VERIFY);
	a = ring(&f);
	freeze(&f);
	young = ring(&f);
	behind = ring(&f);
	weak = weak_to(f.session, behind);
	link_to(f.session, a, 1, young);
	link_to(f.session, young, 1, behind);
	drop(f.session, a);
	drop(f.session, young);
	drop(f.session, behind);
	drop(f.session, ring(&f));
	check_equal(fixture_collect(&f, generation).visited, 6);
	check(is_alive(f.session, weak));
	expect(&f, 0, generation ? 0 : 4, generation ? 4 : 0, 2);
	unfreeze(&f);
	check_equal(fixture_collect(&f, 2).freed, 6);
	check(!is_alive(f.session, weak));
	fixture_end(&f);
}

static void frozen_holds_the_rest(void)
{
	u32 generation;

	for (generation = 0; generation < 3; generation++)
		frozen_garbage_holds(generation);
}

static void frozen_dies_by_count(void)
{
	struct fixture f;
	u64 a;
	u32 i;

	fixture_begin(&f, 0);
	a = make(f.session, 200, 0);
	for (i = 0; i < 200; i++) {
		u64 child = make(f.session, 1, 0);

		link_to(f.session, a, i, child);
		drop(f.session, child);
	}
	freeze(&f);
	expect(&f, 0, 0, 0, 201);
	drop(f.session, a);
	fixture_settle(&f);
	expect(&f, 0, 0, 0, 0);
	check_equal(fixture_objects(&f), 0);
	/* The numbers are as good as new. */
	for (i = 0; i < 300; i++)
		make(f.session, 1, 0);
	expect(&f, 300, 0, 0, 0);
	fixture_end(&f);
}

static void without_slots_nothing_is_permanent(void)
{
	struct fixture f;
	u64 a;

	fixture_begin(&f, 0);
	a = make(f.session, 1, 0);
	freeze(&f);
	check_equal(act_resize(f.session, a, 5, 0), 0);
	expect(&f, 0, 0, 0, 1);
	check_equal(act_resize(f.session, a, 0, 0), 0);
	expect(&f, 0, 0, 0, 0);
	check_equal(act_resize(f.session, a, 1, 0), 0);
	expect(&f, 1, 0, 0, 0);
	fixture_end(&f);
}

/* Young objects made behind a freeze are found, where chunks were all permanent. */
static void young_garbage_behind_a_freeze(void)
{
	struct fixture f;
	u32 i;

	fixture_begin(&f, 0);
	for (i = 0; i < 3000; i++)
		drop(f.session, ring(&f));
	freeze(&f);
	for (i = 0; i < 3000; i++)
		drop(f.session, ring(&f));
	check_equal(fixture_collect(&f, 0).freed, 6000);
	expect(&f, 0, 0, 0, 6000);
	check_equal(fixture_collect(&f, 2).visited, 0);
	unfreeze(&f);
	check_equal(fixture_collect(&f, 2).freed, 6000);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "objects of all generations go there and come back to generation 2",
	  all_generations_are_frozen },
	{ "garbage in it waits and is not visited", frozen_garbage_waits },
	{ "garbage in it holds what it refers to", frozen_holds_the_rest },
	{ "what is in it dies by count", frozen_dies_by_count },
	{ "an object without slots leaves it", without_slots_nothing_is_permanent },
	{ "young garbage behind a freeze is found", young_garbage_behind_a_freeze },
	{}
};

const struct suite suite_permanent = { "permanent", tests };
