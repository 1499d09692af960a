// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enumeration: who is found, once each, and what a reference that is gained so is to a
 * collection. drive_gc.c compares it with the oracle, test_concurrent.c does it beside
 * everything else.
 */
#include "act.h"
#include "count.h"
#include "enumerate.h"
#include "fixture.h"
#include "harness.h"
#include "permanent.h"

#define ROOM	16384U

static u64 found[ROOM];

/* All objects that there are to be found, as handles, in @found. Return: how many. */
static u32 all(struct fixture *f, struct mheap_enumeration enumeration, u32 room)
{
	u32 count = 0;

	do {
		enumeration.found = found + count;
		enumeration.room = min(room, ROOM - count);
		check_equal(mheap_enumerate(f->session, &enumeration), 0);
		check(enumeration.count <= room);
		count += enumeration.count;
	} while (enumeration.cursor && !check_failed());
	return count;
}

static void drop_found(struct fixture *f, u32 count)
{
	while (count)
		drop(f->session, found[--count]);
}

static u32 count_in(struct fixture *f, u32 generations, u32 room)
{
	const struct mheap_enumeration enumeration = {
		.what = MHEAP_ENUMERATED_OBJECTS, .generations = generations,
	};
	const u32 count = all(f, enumeration, room);

	drop_found(f, count);
	return count;
}

static void by_generation(void)
{
	static const u32 age[] = { 5, 7, 300, 1100 };	/* objects of each generation */
	struct fixture f;
	u32 mask, should, generation, room, i;

	fixture_begin(&f, 0);
	check_equal(count_in(&f, 15, 10), 0);
	for (generation = 4; generation--;) {
		for (i = 0; i < age[generation]; i++) {
			make(f.session, 1, 0);
			make(f.session, 0, 0);
		}
		if (generation == 3)
			check_equal(mheap_permanent_freeze(&f.heap), 0);
		else if (generation)
			fixture_collect(&f, generation == 2 ? 2 : 0);
	}
	for (mask = 1; mask < 16; mask++) {
		for (should = 0, i = 0; i < 4; i++)
			should += mask & 1 << i ? age[i] : 0;
		for (room = 1; room <= 4096; room *= 16)
			check_equal(count_in(&f, mask, room), should);
	}
	fixture_end(&f);
}

/* Each is given once, also when others come and go. */
static void once_each(void)
{
	struct mheap_enumeration enumeration = { .generations = 15, .found = found };
	struct fixture f;
	u64 weak[500], handle, seen[500] = {};
	u32 i, j;

	fixture_begin(&f, 0);
	for (i = 0; i < 500; i++) {
		handle = make(f.session, 1, 0);
		weak[i] = weak_to(f.session, handle);
		make(f.session, 1, 0);
	}
	do {
		enumeration.room = 7;
		check_equal(mheap_enumerate(f.session, &enumeration), 0);
		for (i = 0; i < enumeration.count; i++)
			for (j = 0; j < 500; j++) {
				check_equal(act_upgrade(f.session, weak[j], &handle), 0);
				seen[j] += act_same(f.session, handle, found[i]);
				drop(f.session, handle);
			}
		drop_found(&f, enumeration.count);
		drop(f.session, make(f.session, 1, 0));
		make(f.session, 1, 0);
		if (enumeration.cursor % 3)
			fixture_collect(&f, enumeration.cursor % 3);
	} while (enumeration.cursor && enumeration.cursor < 1001);
	for (j = 0; j < 500; j++)
		check_equal(seen[j], 1);
	fixture_end(&f);
}

static void ids_cost_nothing(void)
{
	struct mheap_enumeration enumeration = {
		.generations = 1, .ids = true, .found = found, .room = 8,
	};
	struct mheap_object_figures figures;
	struct fixture f;
	u64 a;

	fixture_begin(&f, 0);
	a = make(f.session, 1, 0);
	check_equal(mheap_enumerate(f.session, &enumeration), 0);
	check_equal(enumeration.count, 1);
	check_equal(act_info(f.session, a, &figures), 0);
	check_equal(found[0], figures.id);
	check_equal(figures.outside, 1);
	mheap_enumerate_undo(f.session, &enumeration);
	check_equal(f.session->handles.open, 1);
	fixture_end(&f);
}

static u32 count_referrers(struct fixture *f, u64 object, u32 room)
{
	const struct mheap_enumeration enumeration = {
		.what = MHEAP_ENUMERATED_REFERRERS, .object = object,
	};
	const u32 count = all(f, enumeration, room);

	drop_found(f, count);
	return count;
}

static void referrers(void)
{
	struct fixture f;
	u64 leaf, other, holder;
	u32 i, j;

	fixture_begin(&f, 0);
	leaf = make(f.session, 0, 0);
	other = make(f.session, 1, 0);
	check_equal(count_referrers(&f, leaf, 10), 0);
	link_to(f.session, other, 0, other);
	check_equal(count_referrers(&f, other, 10), 1);
	for (i = 0; i < 200; i++) {
		holder = make(f.session, 1 + i, 0);
		for (j = 0; j < i; j++)
			link_to(f.session, holder, j, other);
		/* In all slots, or the last one only. */
		for (j = i % 2 ? 0 : i; j <= i; j++)
			link_to(f.session, holder, j, leaf);
		drop(f.session, make(f.session, 3, 0));
	}
	for (i = 1; i <= 1024; i *= 4)
		check_equal(count_referrers(&f, leaf, i), 200);
	fixture_end(&f);
}

static void referrer_with_many_slots(void)
{
	const u32 slots = 300000;
	struct mheap_object_figures figures;
	struct fixture f;
	u64 leaf, holder;

	fixture_begin(&f, 0);
	leaf = make(f.session, 0, 0);
	holder = make(f.session, slots, 0);
	check_equal(count_referrers(&f, leaf, 1), 0);
	link_to(f.session, holder, slots - 1, leaf);
	check_equal(count_referrers(&f, leaf, 1), 1);
	link_to(f.session, holder, 0, leaf);
	check_equal(count_referrers(&f, leaf, 1), 1);
	check_equal(act_info(f.session, leaf, &figures), 0);
	check_equal(figures.outside, 1);
	check_equal(figures.inside, 2);
	fixture_end(&f);
}

static void referrers_of_what_is_no_object(void)
{
	struct mheap_enumeration enumeration = {
		.what = MHEAP_ENUMERATED_REFERRERS, .found = found, .room = 8,
	};
	struct fixture f;
	u64 a;

	fixture_begin(&f, 0);
	a = make(f.session, 1, 0);
	enumeration.object = 12345;
	check_equal(mheap_enumerate(f.session, &enumeration), -EBADF);
	enumeration.object = weak_to(f.session, a);
	check_equal(mheap_enumerate(f.session, &enumeration), -EINVAL);
	drop(f.session, a);
	enumeration.object = a;
	check_equal(mheap_enumerate(f.session, &enumeration), -ESTALE);
	check_equal(enumeration.count, 0);
	fixture_end(&f);
}

/* What can be given is; then the error comes, and nothing has changed. */
static void no_memory_for_a_handle(void)
{
	struct mheap_enumeration enumeration = { .generations = 15, .found = found, .room = ROOM };
	struct mheap_object_figures figures;
	struct fixture f;
	u64 first, copy;
	u32 given;

	fixture_begin(&f, 0);
	first = make(f.session, 1, 0);
	while (f.session->handles.open < MHEAP_HANDLE_SEGMENT / 2)
		make(f.session, 1, 0);
	while (f.session->handles.open < MHEAP_HANDLE_SEGMENT - 10)
		act_dup(f.session, first, &copy);
	port_fail_at = port_allocations + 1;
	port_fail_all = true;
	check_equal(mheap_enumerate(f.session, &enumeration), 0);
	given = enumeration.count;
	check_equal(given, 10);
	check_equal(enumeration.cursor, 11);
	enumeration.found = found + given;
	check_equal(mheap_enumerate(f.session, &enumeration), -ENOMEM);
	check_equal(enumeration.count, 0);
	check_equal(enumeration.cursor, 11);
	port_fail_at = 0;
	port_fail_all = false;
	check_equal(mheap_enumerate(f.session, &enumeration), 0);
	check_equal(enumeration.cursor, 0);
	check_equal(given + enumeration.count, MHEAP_HANDLE_SEGMENT / 2);
	drop_found(&f, given + enumeration.count);
	check_equal(act_info(f.session, first, &figures), 0);
	check_equal(figures.outside, 1 + MHEAP_HANDLE_SEGMENT / 2 - 10);
	check_equal(f.session->handles.open, MHEAP_HANDLE_SEGMENT - 10);
	/* No reference was left over. */
	fixture_close(&f, 0);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void too_many_references(void)
{
	struct mheap_enumeration enumeration = { .generations = 15, .found = found, .room = 8 };
	const s64 more = (MHEAP_COUNT_MAX - 1) * MHEAP_OUTSIDE;
	struct fixture f;
	u64 a;

	fixture_begin(&f, 0);
	a = make(f.session, 1, 0);
	atomic64_add(more, mheap_count_of(&f.heap, number_of(f.session, a)));
	check_equal(mheap_enumerate(f.session, &enumeration), -EOVERFLOW);
	atomic64_sub(more, mheap_count_of(&f.heap, number_of(f.session, a)));
	check_equal(mheap_enumerate(f.session, &enumeration), 0);
	check_equal(enumeration.count, 1);
	fixture_end(&f);
}

/* Garbage that nobody has collected yet is found, and lives again. */
static void garbage_is_found(void)
{
	struct fixture f;
	u64 a;

	fixture_begin(&f, FIXTURE_VERIFY);
	a = make(f.session, 1, 0);
	link_to(f.session, a, 0, a);
	drop(f.session, a);
	check_equal(all(&f, (struct mheap_enumeration){ .generations = 1 }, 10), 1);
	check_equal(fixture_collect(&f, 2).freed, 0);
	drop_found(&f, 1);
	check_equal(fixture_collect(&f, 2).freed, 1);
	check_equal(count_in(&f, 15, 10), 0);
	fixture_end(&f);
}

static struct mheap_chunk *first_chunk(struct fixture *f)
{
	return mheap_chunk_of(&f->heap.table, 1);
}

/*
 * The gate, as a collection sees it: what it has not reached is touched and counted while
 * it marks, and dead while it sweeps; what it has reached is neither.
 */
static void gate(void)
{
	struct fixture f;
	u64 a, bit;
	u32 number;

	fixture_begin(&f, 0);
	a = make(f.session, 1, 0);
	number = number_of(f.session, a);
	bit = mheap_bit(number);
	WRITE_ONCE(f.heap.phase, MHEAP_PHASE_MARK);
	check_equal(count_in(&f, 1, 10), 1);
	check_equal(atomic_read(&f.heap.upgrades), 0);
	first_chunk(&f)->mark[0] &= ~bit;
	check_equal(count_in(&f, 1, 10), 1);
	check_equal(atomic_read(&f.heap.upgrades), 1);
	check(atomic64_read(&first_chunk(&f)->touched[0]) & bit);
	WRITE_ONCE(f.heap.phase, MHEAP_PHASE_SWEEP);
	check_equal(count_in(&f, 1, 10), 0);
	first_chunk(&f)->mark[0] |= bit;
	check_equal(count_in(&f, 1, 10), 1);
	check_equal(atomic_read(&f.heap.upgrades), 1);
	WRITE_ONCE(f.heap.phase, MHEAP_PHASE_IDLE);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "tracked objects by generation", by_generation },
	{ "each is given once while others come and go", once_each },
	{ "ids cost nothing", ids_cost_nothing },
	{ "referrers", referrers },
	{ "a referrer with many slots", referrer_with_many_slots },
	{ "referrers of what is no object", referrers_of_what_is_no_object },
	{ "no memory for a handle", no_memory_for_a_handle },
	{ "too many references", too_many_references },
	{ "garbage that is found lives", garbage_is_found },
	{ "the gate", gate },
	{}
};

const struct suite suite_enumerate = { "enumerate", tests };
