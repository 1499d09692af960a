// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation fails in turn. An operation that wants memory says -ENOMEM
 * and has changed nothing; a collection gets by without.
 */
#include "act.h"
#include "drive.h"
#include "harness.h"

static const struct drive_config config = {
	"failures", FIXTURE_SLAB, 2, 5, 40, 12, 60, 25, false, 8, 9,
};

static void fail_from(long number, bool all)
{
	port_fail_all = all;
	port_fail_at = number ? port_allocations + number : 0;
}

/* What the oracle says still holds, right behind a refusal. */
static void check_unchanged(struct drive *drive)
{
	const long fail_at = port_fail_at;

	port_fail_at = 0;
	drive_check(drive);
	port_fail_at = fail_at;
}

/* Return: how many allocations it took, or 0 where there was not even a heap. */
static long scenario(u64 seed, long number, bool all, long *failures, u64 *refused)
{
	static struct drive drive;
	const long before = port_allocations;
	long took;
	u64 seen = 0;

	fail_from(number, all);
	if (drive_begin(&drive, &config, source_of_seed(seed))) {
		fail_from(0, false);
		++*failures;
		return 0;
	}
	while (drive.steps < 600 && !drive.broken) {
		drive_step(&drive);
		/* Without a pause nothing would ever be made. */
		if (all && drive.steps % 97 == 96)
			fail_from(0, false);
		if (all && drive.steps % 97 == 30)
			fail_from(1 + number % 5, true);
		if (drive.refused > seen)
			check_unchanged(&drive);
		seen = drive.refused;
	}
	took = port_allocations - before;
	fail_from(0, false);
	drive_check(&drive);
	*refused += drive.refused;
	drive_end(&drive);
	return took;
}

static void each_in_turn(bool all)
{
	const unsigned long first = setting("SEED", 1);
	long failures = 0, number, last, before;
	u64 refused = 0;
	u64 seed;

	for (seed = first; seed < first + 3 && !check_failed(); seed++) {
		before = port_failures;
		last = scenario(seed, 0, false, &failures, &refused);
		for (number = 1; number <= last && !check_failed(); number++)
			scenario(seed, number, all, &failures, &refused);
		failures += port_failures - before;
	}
	note("%ld allocations failed, %llu operations refused", failures,
	     (unsigned long long)refused);
	check(failures > 500);
	/* What a collection could make room for: one failure is made up for. */
	if (all)
		check(refused > 100);
	else
		check_equal(refused, 0);
}

static void one_in_turn(void)
{
	each_in_turn(false);
}

static void all_from_one_on(void)
{
	each_in_turn(true);
}

/* A session whose next handle needs memory. */
struct full {
	struct fixture f;
	u64 object;
	u64 holder;
	u64 weak;
};

static void fill(struct full *full)
{
	u64 copy;

	fixture_begin(&full->f, 0);
	full->object = make(full->f.session, 1, 0);
	full->holder = make(full->f.session, 1, 0);
	link_to(full->f.session, full->holder, 0, full->object);
	full->weak = weak_to(full->f.session, full->object);
	while (full->f.session->handles.open < MHEAP_HANDLE_SEGMENT)
		act_dup(full->f.session, full->holder, &copy);
}

static int call(struct full *full, int operation, u64 *handle)
{
	static const struct mheap_shape shape = { .slots = 1 };
	struct mheap_session *session = full->f.session;

	switch (operation) {
	case 0: return act_new(session, &shape, handle);
	case 1: return act_dup(session, full->object, handle);
	case 2: return act_load(session, full->holder, 0, handle);
	case 3: return act_swap(session, full->holder, 0, 0, handle);
	case 4: return act_weak(session, full->object, handle);
	case 5: return act_dup(session, full->weak, handle);
	case 6: return act_upgrade(session, full->weak, handle);
	default: return 1;
	}
}

static void check_counts(struct full *full)
{
	struct mheap_object_figures figures;

	act_info(full->f.session, full->object, &figures);
	check_equal(figures.inside, 1);
	check_equal(figures.outside, 1);
	check_equal(fixture_objects(&full->f), 2);
	check_equal(full->f.session->handles.open, MHEAP_HANDLE_SEGMENT);
}

static void no_memory_for_a_handle(void)
{
	struct full full;
	int operation;
	u64 handle;

	for (operation = 0; operation < 7; operation++) {
		fill(&full);
		fail_from(1, true);
		check_equal(call(&full, operation, &handle), -ENOMEM);
		check_equal(call(&full, operation, &handle), -ENOMEM);
		fail_from(0, false);
		check_counts(&full);
		check_equal(call(&full, operation, &handle), 0);
		check(handle);
		fixture_end(&full.f);
	}
}

static void no_memory_for_a_body(void)
{
	static const struct mheap_shape shape = { .slots = 3, .length = 100 };
	struct mheap_heap_figures before, after;
	struct fixture f;
	u64 object, handle;

	fixture_begin(&f, 0);
	object = make(f.session, 3, 100);
	link_to(f.session, object, 2, object);
	mheap_heap_figures(&f.heap, &before);
	fail_from(1, true);
	check_equal(act_new(f.session, &shape, &handle), -ENOMEM);
	check_equal(act_resize(f.session, object, 1, 100), -ENOMEM);
	check_equal(act_resize(f.session, object, 300, 90000), -ENOMEM);
	check_equal(act_resize(f.session, object, 0, 0), 0);
	fail_from(0, false);
	check_equal(act_resize(f.session, object, 3, 100), 0);
	mheap_heap_figures(&f.heap, &after);
	check_equal(memcmp(&before, &after, sizeof(before)), 0);
	check_equal(act_new(f.session, &shape, &handle), 0);
	check_equal(number_of(f.session, handle), number_of(f.session, object) + 1);
	fixture_end(&f);
}

#define LIVE	5000U	/* children that are reached at once */
#define DEAD	700U

/* A live object with children and grandchildren, among self-loops that are dead. */
static void build(struct fixture *f)
{
	u64 root = make(f->session, LIVE, 0);
	u64 child, grandchild, loop;
	u32 i;

	for (i = 0; i < LIVE; i++) {
		child = make(f->session, 2, 0);
		grandchild = make(f->session, 1, 0);
		link_to(f->session, child, 0, grandchild);
		link_to(f->session, child, 1, root);
		link_to(f->session, grandchild, 0, child);
		link_to(f->session, root, i, child);
		drop(f->session, child);
		drop(f->session, grandchild);
		if (i >= DEAD)
			continue;
		loop = make(f->session, 2, 0);
		link_to(f->session, loop, 0, loop);
		link_to(f->session, loop, 1, root);
		drop(f->session, loop);
	}
}

/* Return: how many allocations failed. */
static long collect_without(u32 generation, long number, bool all, u32 *collected)
{
	const long before = port_failures;
	struct mheap_collection collection;
	struct fixture f;

	fixture_begin(&f, 0);
	build(&f);
	fail_from(number, all);
	collection = fixture_collect(&f, generation);
	fail_from(0, false);
	*collected = collection.generation;
	check_equal(collection.visited, 2 * LIVE + 1 + DEAD);
	check_equal(collection.freed, DEAD);
	check_equal(fixture_objects(&f), 2 * LIVE + 1);
	check_equal(fixture_collect(&f, 2).freed, 0);
	fixture_close(&f, 0);
	fixture_collect(&f, 2);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
	return port_failures - before;
}

static void a_full_collection_needs_no_memory(void)
{
	u32 collected;

	check_equal(collect_without(2, 1, true, &collected), 0);
	check_equal(collected, 2);
}

/* What a young collection asks for, a list and counts for each chunk, fails in turn. */
static void trial_falls_back_to_a_full_collection(void)
{
	const long needs = (2 * LIVE + 1 + DEAD) / MHEAP_CHUNK_OBJECTS + 2;
	u32 generation, collected;
	long number;

	for (generation = 0; generation < 2; generation++) {
		for (number = 1; number <= needs; number++) {
			check_equal(collect_without(generation, number, false, &collected), 1);
			check_equal(collected, 2);
		}
		check_equal(collect_without(generation, 1, true, &collected), 1);
		check_equal(collected, 2);
	}
}

static void young_marking_needs_no_memory(void)
{
	const long needs = (2 * LIVE + 1 + DEAD) / MHEAP_CHUNK_OBJECTS + 2;
	u32 generation, collected;

	for (generation = 0; generation < 2; generation++) {
		check_equal(collect_without(generation, needs + 1, true, &collected), 0);
		check_equal(collected, generation);
	}
}

/* A release asks for nothing. */
static void release_without_memory(void)
{
	struct fixture f;

	fixture_begin(&f, 0);
	build(&f);
	fixture_collect(&f, 2);
	fail_from(1, true);
	fixture_close(&f, 0);
	fixture_settle(&f);
	check_equal(fixture_collect(&f, 2).freed, 2 * LIVE + 1);
	fail_from(0, false);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void no_memory_for_a_heap(void)
{
	struct fixture f;

	fail_from(1, true);
	check_equal(fixture_try_begin(&f, 0), -ENOMEM);
	fail_from(0, false);
	fixture_begin(&f, 0);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "each allocation of a program in turn", one_in_turn },
	{ "all allocations from one on, in turn", all_from_one_on },
	{ "no memory for a handle", no_memory_for_a_handle },
	{ "no memory for a body", no_memory_for_a_body },
	{ "a full collection needs no memory", a_full_collection_needs_no_memory },
	{ "a young collection becomes a full one", trial_falls_back_to_a_full_collection },
	{ "young marking needs no memory", young_marking_needs_no_memory },
	{ "a release asks for no memory", release_without_memory },
	{ "no memory for a heap", no_memory_for_a_heap },
	{}
};

const struct suite suite_memory_failure = { "memory_failure", tests };
