// SPDX-License-Identifier: GPL-2.0-only
/*
 * The garbage list, and reports of collections.
 */
#include "act.h"
#include "enumerate.h"
#include "fixture.h"
#include "harness.h"

static u64 ring(struct fixture *f)
{
	const u64 a = make(f->session, 2, 0);
	const u64 b = make(f->session, 2, 0);

	link_to(f->session, a, 0, b);
	link_to(f->session, b, 0, a);
	drop(f->session, b);
	return a;
}

static void begin(struct fixture *f)
{
	fixture_begin(f, FIXTURE_VERIFY);
	f->heap.debug = MHEAP_SAVE_ALL;
}

static u64 listed(struct fixture *f)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(&f->heap, &figures);
	return figures.garbage;
}

static void expect(struct fixture *f, u32 generation, u64 kept, u64 freed)
{
	const struct mheap_collection collection = fixture_collect(f, generation);

	check_equal(collection.unreachable, kept + freed);
	check_equal(collection.uncollectable, kept);
	check_equal(collection.freed, freed);
}

static void clear(struct fixture *f)
{
	check_equal(mheap_garbage_clear(&f->heap), 0);
	check_equal(listed(f), 0);
	fixture_settle(f);
}

static bool is_listed(struct fixture *f, u64 handle)
{
	struct mheap_object_figures figures;

	check_equal(act_info(f->session, handle, &figures), 0);
	return figures.garbage;
}

static void unreachable_is_kept(u32 generation)
{
	struct fixture f;
	u64 held, lost, weak, leaf, handle;

	begin(&f);
	held = ring(&f);
	lost = ring(&f);
	leaf = make(f.session, 0, 10);
	link_to(f.session, lost, 1, leaf);
	weak = weak_to(f.session, lost);
	drop(f.session, leaf);
	drop(f.session, lost);
	expect(&f, generation, 2, 0);
	check_equal(listed(&f), 2);
	check_equal(fixture_objects(&f), 5);
	check(!is_listed(&f, held));
	check_equal(act_upgrade(f.session, weak, &handle), 0);
	check(is_listed(&f, handle));
	check_equal(act_load(f.session, handle, 1, &leaf), 0);
	check(!is_listed(&f, leaf));
	drop(f.session, leaf);
	drop(f.session, handle);
	/* It is held now, and not found again. */
	expect(&f, 2, 0, 0);
	check_equal(listed(&f), 2);
	f.heap.debug = 0;
	expect(&f, 2, 0, 0);
	clear(&f);
	check_equal(fixture_objects(&f), 5);
	expect(&f, 2, 0, 2);
	check_equal(fixture_objects(&f), 2);
	check(!is_alive(f.session, weak));
	fixture_end(&f);
}

static void all_generations(void)
{
	u32 generation;

	for (generation = 0; generation < 3; generation++)
		unreachable_is_kept(generation);
}

static void cleared_and_found_again(void)
{
	struct fixture f;
	u32 i;

	begin(&f);
	for (i = 0; i < 2000; i++)
		drop(f.session, ring(&f));
	expect(&f, 0, 4000, 0);
	clear(&f);
	expect(&f, 2, 4000, 0);
	check_equal(listed(&f), 4000);
	check_equal(f.heap.generations.figures[2].uncollectable, 4000);
	check_equal(f.heap.generations.figures[2].collected, 0);
	clear(&f);
	f.heap.debug = 0;
	expect(&f, 2, 0, 4000);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void broken_up_it_dies_by_count(void)
{
	struct fixture f;
	u64 found[4];
	struct mheap_enumeration enumeration = {
		.what = MHEAP_ENUMERATED_GARBAGE, .found = found, .room = 4,
	};

	begin(&f);
	drop(f.session, ring(&f));
	expect(&f, 2, 2, 0);
	check_equal(mheap_enumerate(f.session, &enumeration), 0);
	check_equal(enumeration.count, 2);
	check_equal(enumeration.cursor, 0);
	check_equal(act_store(f.session, found[0], 0, 0), 0);
	drop(f.session, found[0]);
	drop(f.session, found[1]);
	check_equal(fixture_objects(&f), 2);
	clear(&f);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void what_is_listed_may_change_shape(void)
{
	struct fixture f;
	u64 lost, handle, weak;

	begin(&f);
	lost = ring(&f);
	weak = weak_to(f.session, lost);
	drop(f.session, lost);
	expect(&f, 1, 2, 0);
	check_equal(act_upgrade(f.session, weak, &handle), 0);
	check_equal(act_resize(f.session, handle, 0, 8), 0);
	check(is_listed(&f, handle));
	drop(f.session, handle);
	expect(&f, 2, 0, 0);
	clear(&f);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void a_heap_may_end_with_it(void)
{
	struct fixture f;

	begin(&f);
	drop(f.session, ring(&f));
	expect(&f, 2, 2, 0);
	fixture_end(&f);
}

/* The list wants one piece of memory for each chunk; without it nothing is lost. */
static void without_memory(u32 generation, bool all)
{
	struct fixture f;
	u32 i;

	begin(&f);
	f.heap.verify.enabled = false;
	for (i = 0; i < 1500; i++)
		drop(f.session, ring(&f));
	/* A young collection asks for a list and counts of three chunks before. */
	port_fail_at = port_allocations + (generation < 2 ? 5 : 1);
	port_fail_all = all;
	expect(&f, generation, all ? 0 : 3000 - 1023, 0);
	port_fail_at = 0;
	port_fail_all = false;
	check_equal(atomic64_read(&f.heap.garbage.pardoned), all ? 3000 : 1023);
	check_equal(fixture_objects(&f), 3000);
	f.heap.verify.enabled = true;
	/* One of those that were pardoned is held by its other half, which was listed. */
	expect(&f, 2, all ? 3000 : 1022, 0);
	check_equal(listed(&f), all ? 3000 : 2999);
	clear(&f);
	f.heap.debug = 0;
	expect(&f, 2, 0, 3000);
	fixture_end(&f);
}

static void nothing_is_lost_without_memory(void)
{
	without_memory(2, false);
	without_memory(2, true);
	without_memory(0, false);
}

static void report(u32 debug, bool garbage, unsigned long reports)
{
	struct fixture f;

	fixture_begin(&f, 0);
	f.heap.debug = debug;
	if (garbage)
		drop(f.session, ring(&f));
	fixture_collect(&f, 1);
	check_equal(f.reports, reports);
	if (reports) {
		check_equal(f.reported.generation, 1);
		check_equal(f.reported.unreachable, garbage ? 2 : 0);
	}
	fixture_end(&f);
}

static void collections_are_reported(void)
{
	report(0, true, 0);
	report(MHEAP_SAVE_ALL, true, 0);
	report(MHEAP_SAY_STATS, false, 1);
	report(MHEAP_SAY_COLLECTABLE, true, 1);
	report(MHEAP_SAY_UNCOLLECTABLE | MHEAP_SAVE_ALL, true, 1);
	report(MHEAP_DEBUG_ALL, true, 1);
}

static const struct test tests[] = {
	{ "what is unreachable is kept and listed", all_generations },
	{ "cleared it is garbage again", cleared_and_found_again },
	{ "broken up it dies by count when it is cleared", broken_up_it_dies_by_count },
	{ "what is listed may lose its slots", what_is_listed_may_change_shape },
	{ "a heap may end with garbage listed", a_heap_may_end_with_it },
	{ "without memory objects live on and are found later", nothing_is_lost_without_memory },
	{ "collections are reported where a flag says so", collections_are_reported },
	{}
};

const struct suite suite_garbage = { "garbage", tests };
