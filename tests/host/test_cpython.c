// SPDX-License-Identifier: GPL-2.0-only
/*
 * What CPython's test_gc.py expects of a collector, where it makes sense here.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

static void eight_self_loops(void)
{
	struct mheap_collection collection;
	struct fixture f;
	u64 loop;
	int i;

	fixture_begin(&f, 0);
	for (i = 0; i < 8; i++) {
		loop = make(f.session, 1, 0);
		link_to(f.session, loop, 0, loop);
		drop(f.session, loop);
	}
	collection = fixture_collect(&f, 2);
	check_equal(collection.unreachable, 8);
	check_equal(collection.freed, 8);
	check_equal(collection.visited, 8);
	check_equal(fixture_collect(&f, 2).unreachable, 0);
	fixture_end(&f);
}

/* A list in a tuple, and the like: each half refers to the other. */
static void two_object_cycle(void)
{
	struct fixture f;
	u64 one, other;

	fixture_begin(&f, 0);
	one = make(f.session, 1, 16);
	other = make(f.session, 3, 0);
	link_to(f.session, one, 0, other);
	link_to(f.session, other, 2, one);
	drop(f.session, one);
	check_equal(fixture_collect(&f, 2).freed, 0);
	drop(f.session, other);
	check_equal(fixture_collect(&f, 2).freed, 2);
	fixture_end(&f);
}

static void cycle_with_a_leaf(void)
{
	struct fixture f;
	u64 loop, leaf;

	fixture_begin(&f, 0);
	loop = make(f.session, 2, 0);
	leaf = make(f.session, 0, 100);
	link_to(f.session, loop, 0, loop);
	link_to(f.session, loop, 1, leaf);
	drop(f.session, loop);
	drop(f.session, leaf);
	check_equal(fixture_objects(&f), 2);
	check_equal(fixture_collect(&f, 2).freed, 1);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/* Containers in containers; the innermost refers to the outermost, or not. */
static void nest(struct fixture *f, int depth, bool cyclic)
{
	u64 outer = make(f->session, 1, 0);
	u64 holder = outer, inner;

	act_dup(f->session, outer, &holder);
	while (--depth) {
		inner = make(f->session, 1, 0);
		link_to(f->session, holder, 0, inner);
		drop(f->session, holder);
		holder = inner;
	}
	if (cyclic)
		link_to(f->session, holder, 0, outer);
	drop(f->session, holder);
	drop(f->session, outer);
}

static void nested_deep(void)
{
	struct fixture f;

	fixture_begin(&f, 0);
	nest(&f, 150, false);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	nest(&f, 150, true);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 150);
	check_equal(fixture_collect(&f, 2).freed, 150);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void make_loops(struct fixture *f, int count)
{
	u64 loop;

	while (count--) {
		loop = make(f->session, 1, 0);
		link_to(f->session, loop, 0, loop);
		drop(f->session, loop);
		fixture_work(f);
	}
}

static void threshold_zero(void)
{
	static const u32 zero[3] = { 0, 10, 10 };
	struct fixture f;

	fixture_begin(&f, FIXTURE_AUTO);
	mheap_generations_set_threshold(&f.heap.generations, zero);
	make_loops(&f, 5000);
	check_equal(fixture_objects(&f), 5000);
	check_equal(f.collections, 0);
	mheap_collect_due(&f.heap);
	check_equal(fixture_objects(&f), 5000);
	check_equal(fixture_collect(&f, 0).freed, 5000);
	fixture_end(&f);
}

static void collection_disabled(void)
{
	struct fixture f;

	fixture_begin(&f, 0);
	make_loops(&f, 5000);
	check_equal(fixture_objects(&f), 5000);
	check_equal(f.collections, 0);
	WRITE_ONCE(f.heap.generations.enabled, true);
	make_loops(&f, 1);
	check(f.collections > 0);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/* CPython: the 701st object of generation 0 collects the 700 before it. */
static void automatic_at_the_threshold(void)
{
	struct fixture f;

	fixture_begin(&f, FIXTURE_AUTO);
	make_loops(&f, 700);
	check_equal(fixture_objects(&f), 700);
	check_equal(f.collections, 0);
	make_loops(&f, 1);
	check(fixture_objects(&f) <= 1);
	fixture_end(&f);
}

static void expect_count(struct fixture *f, u32 first, u32 second, u32 third)
{
	u32 count[3];

	mheap_generations_get_count(&f->heap.generations, count);
	check_equal(count[0], first);
	check_equal(count[1], second);
	check_equal(count[2], third);
}

/* test_collect_generations, test_get_count. */
static void counts_and_promotion(void)
{
	struct fixture f;
	u64 object;

	fixture_begin(&f, 0);
	fixture_collect(&f, 2);
	expect_count(&f, 0, 0, 0);
	object = make(f.session, 1, 0);
	expect_count(&f, 1, 0, 0);
	check_equal(generation_of_handle(f.session, object), 0);
	fixture_collect(&f, 0);
	expect_count(&f, 0, 1, 0);
	check_equal(generation_of_handle(f.session, object), 1);
	fixture_collect(&f, 1);
	expect_count(&f, 0, 0, 1);
	check_equal(generation_of_handle(f.session, object), 2);
	fixture_collect(&f, 2);
	expect_count(&f, 0, 0, 0);
	check_equal(generation_of_handle(f.session, object), 2);
	fixture_end(&f);
}

/* Freeing survivors earns no delay: the counter stops at zero. */
static void count_stops_at_zero(void)
{
	u64 object[20];
	struct fixture f;
	int i;

	fixture_begin(&f, 0);
	for (i = 0; i < 20; i++)
		object[i] = make(f.session, 1, 0);
	expect_count(&f, 20, 0, 0);
	for (i = 0; i < 5; i++)
		drop(f.session, object[i]);
	expect_count(&f, 15, 0, 0);
	fixture_collect(&f, 0);
	for (i = 5; i < 20; i++)
		drop(f.session, object[i]);
	expect_count(&f, 0, 1, 0);
	drop(f.session, make(f.session, 0, 8));
	expect_count(&f, 0, 1, 0);
	fixture_end(&f);
}

static void leaves_are_not_tracked(void)
{
	struct mheap_object_figures figures;
	struct fixture f;
	u64 leaf;

	fixture_begin(&f, 0);
	leaf = make(f.session, 0, 40);
	act_info(f.session, leaf, &figures);
	check(!figures.tracked);
	check_equal(fixture_collect(&f, 2).visited, 0);
	act_resize(f.session, leaf, 1, 40);
	act_info(f.session, leaf, &figures);
	check(figures.tracked);
	check_equal(fixture_collect(&f, 2).visited, 1);
	act_resize(f.session, leaf, 0, 0);
	check_equal(fixture_collect(&f, 2).visited, 0);
	fixture_end(&f);
}

static void resurrection_is_refused(void)
{
	u64 one, other, weak, unused;
	struct fixture f;

	fixture_begin(&f, 0);
	one = make(f.session, 1, 0);
	other = make(f.session, 1, 0);
	link_to(f.session, one, 0, other);
	link_to(f.session, other, 0, one);
	weak = weak_to(f.session, one);
	drop(f.session, one);
	drop(f.session, other);
	/* Unreachable, but not found yet: it can still be had, and then it lives. */
	check_equal(act_upgrade(f.session, weak, &one), 0);
	check_equal(fixture_collect(&f, 2).freed, 0);
	drop(f.session, one);
	check_equal(fixture_collect(&f, 2).freed, 2);
	check_equal(act_upgrade(f.session, weak, &unused), -ENOENT);
	make_loops(&f, 300);
	check_equal(act_upgrade(f.session, weak, &unused), -ENOENT);
	fixture_end(&f);
}

static void wrong_generation(void)
{
	struct mheap_collection collection;
	struct fixture f;

	fixture_begin(&f, 0);
	check_equal(mheap_collect(&f.heap, 3, &collection), -EINVAL);
	check_equal(mheap_collect(&f.heap, ~0U, &collection), -EINVAL);
	fixture_end(&f);
}

/* test_trashcan and friends: the long way down is taken without the stack. */
static void old_garbage_waits_for_the_old(void)
{
	struct fixture f;
	u64 loop;

	fixture_begin(&f, 0);
	loop = make(f.session, 1, 0);
	link_to(f.session, loop, 0, loop);
	fixture_collect(&f, 1);
	drop(f.session, loop);
	check_equal(fixture_collect(&f, 0).freed, 0);
	check_equal(fixture_collect(&f, 1).freed, 0);
	check_equal(fixture_collect(&f, 2).freed, 1);
	fixture_end(&f);
}

static void old_garbage_holds_the_young(void)
{
	struct fixture f;
	u64 old, young;

	fixture_begin(&f, 0);
	old = make(f.session, 2, 0);
	link_to(f.session, old, 0, old);
	fixture_collect(&f, 1);
	young = make(f.session, 1, 0);
	link_to(f.session, young, 0, young);
	link_to(f.session, old, 1, young);
	drop(f.session, young);
	drop(f.session, old);
	check_equal(fixture_collect(&f, 0).freed, 0);
	check_equal(fixture_collect(&f, 2).freed, 2);
	fixture_end(&f);
}

/* Young garbage was the last to hold an old object, with all that hangs on it. */
static void young_garbage_held_the_old(void)
{
	struct mheap_heap_figures figures;
	u64 old, young, leaf;
	struct fixture f;

	fixture_begin(&f, 0);
	leaf = make(f.session, 0, 1);
	old = make(f.session, 2, 0);
	link_to(f.session, old, 0, leaf);
	drop(f.session, leaf);
	fixture_collect(&f, 1);
	young = make(f.session, 2, 0);
	link_to(f.session, young, 0, young);
	link_to(f.session, young, 1, old);
	drop(f.session, young);
	drop(f.session, old);
	check_equal(fixture_collect(&f, 0).freed, 1);
	fixture_settle(&f);
	mheap_heap_figures(&f.heap, &figures);
	check_equal(figures.objects, 0);
	check_equal(figures.freed_by_collector, 1);
	check_equal(figures.freed_by_count, 2);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "eight self-loops give eight", eight_self_loops },
	{ "two-object cycle", two_object_cycle },
	{ "leaf that a cycle holds", cycle_with_a_leaf },
	{ "nested 150 deep", nested_deep },
	{ "threshold zero switches automatic collection off", threshold_zero },
	{ "collection disabled", collection_disabled },
	{ "automatic collection when the threshold is exceeded", automatic_at_the_threshold },
	{ "counts and promotion", counts_and_promotion },
	{ "counter of generation 0 stops at zero", count_stops_at_zero },
	{ "leaves are not tracked", leaves_are_not_tracked },
	{ "resurrection is refused once dead", resurrection_is_refused },
	{ "no generation 3", wrong_generation },
	{ "old garbage waits for a full collection", old_garbage_waits_for_the_old },
	{ "old garbage holds the young", old_garbage_holds_the_young },
	{ "young garbage held the old", young_garbage_held_the_old },
	{}
};

const struct suite suite_cpython = { "cpython", tests };
