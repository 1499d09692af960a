// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table: numbers, tags and runs, and how it grows. Identities are set by hand
 * to come near the end of a number's tags.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

static void set_tag(struct fixture *f, u32 number, u32 tag)
{
	u32 *identity = &mheap_chunk_of(&f->heap.table, number)->identity[mheap_index(number)];

	*identity = (*identity & MHEAP_TYPE_INLINE_MAX) | tag << MHEAP_TAG_SHIFT;
}

static u64 id_of(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;

	act_info(session, handle, &figures);
	return figures.id;
}

/* Make and drop until a number comes again. Return: its handle, or 0. */
static u64 until(struct fixture *f, u32 number, int tries)
{
	u64 handle;

	while (tries--) {
		handle = make(f->session, 1, 1);
		if (number_of(f->session, handle) == number)
			return handle;
		drop(f->session, handle);
	}
	return 0;
}

static void number_zero_is_no_object(void)
{
	struct fixture f;
	u64 handle;
	int i;

	fixture_begin(&f, 0);
	for (i = 0; i < 3000; i++) {
		handle = make(f.session, 0, 1);
		check(number_of(f.session, handle) != 0);
	}
	fixture_end(&f);
}

static void reuse_gives_a_new_id(void)
{
	u64 handle, id, before = 0;
	struct fixture f;
	u32 number;
	int i;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	number = number_of(f.session, handle);
	for (i = 0; i < 200 && handle; i++) {
		id = id_of(f.session, handle);
		check_equal((u32)id, number);
		check(!i || id > before);
		before = id;
		drop(f.session, handle);
		handle = until(&f, number, 5000);
	}
	check_equal(i, 200);
	fixture_end(&f);
}

static void a_number_retires(void)
{
	struct mheap_object_figures figures;
	struct fixture f;
	u64 handle, weak;
	u32 number;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	number = number_of(f.session, handle);
	set_tag(&f, number, MHEAP_TAG_MAX - 1);
	weak = weak_to(f.session, handle);
	drop(f.session, handle);
	check(!is_alive(f.session, weak));
	handle = until(&f, number, 5000);
	check(handle);
	act_info(f.session, handle, &figures);
	check_equal(figures.id, (u64)MHEAP_TAG_MAX << 32 | number);
	check_equal(figures.shape.type, 7);
	weak = weak_to(f.session, handle);
	check(is_alive(f.session, weak));
	drop(f.session, handle);
	check(!is_alive(f.session, weak));
	check_equal(until(&f, number, 20000), 0);
	check(!is_alive(f.session, weak));
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/* Retired by the collector, not by a count. */
static void a_number_retires_in_a_sweep(void)
{
	struct fixture f;
	u64 handle, weak;
	u32 number;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	number = number_of(f.session, handle);
	set_tag(&f, number, MHEAP_TAG_MAX);
	weak = weak_to(f.session, handle);
	link_to(f.session, handle, 0, handle);
	drop(f.session, handle);
	check_equal(fixture_collect(&f, 0).freed, 1);
	check(!is_alive(f.session, weak));
	check_equal(until(&f, number, 20000), 0);
	check_equal(fixture_collect(&f, 2).visited, 0);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void a_whole_chunk_retires(void)
{
	static u64 handle[MHEAP_CHUNK_OBJECTS];
	struct fixture f;
	u32 number, i, kept = 0;

	fixture_begin(&f, 0);
	for (i = 1; i < MHEAP_CHUNK_OBJECTS; i++) {
		handle[i] = make(f.session, 1, 1);
		set_tag(&f, number_of(f.session, handle[i]), MHEAP_TAG_MAX);
	}
	for (i = 1; i < MHEAP_CHUNK_OBJECTS; i++)
		drop(f.session, handle[i]);
	for (i = 1; i < MHEAP_CHUNK_OBJECTS; i++) {
		handle[i] = make(f.session, 1, 1);
		number = number_of(f.session, handle[i]);
		kept += number >= MHEAP_CHUNK_OBJECTS;
	}
	check_equal(kept, MHEAP_CHUNK_OBJECTS - 1);
	check_equal(fixture_collect(&f, 1).visited, MHEAP_CHUNK_OBJECTS - 1);
	fixture_end(&f);
}

/* Sessions take numbers a block at a time, and never the same. */
static void runs_do_not_overlap(void)
{
	static u8 seen[20000];
	struct fixture f;
	u32 number;
	int i;

	memset(seen, 0, sizeof(seen));
	fixture_begin(&f, 0);
	for (i = 1; i < 4; i++)
		fixture_open(&f, i);
	for (i = 0; i < 8000; i++) {
		number = number_of(&f.session[i % 4], make(&f.session[i % 4], 1, 0));
		check(number < sizeof(seen) && !seen[number]);
		seen[number % sizeof(seen)] = 1;
	}
	fixture_end(&f);
}

/* A session gives back the numbers that it took and did not use. */
static void unused_numbers_are_given_back(void)
{
	struct fixture f;
	int i, k;

	fixture_begin(&f, 0);
	for (i = 0; i < 3000; i++) {
		fixture_open(&f, 1);
		for (k = 0; k <= i % 50; k++)
			check(number_of(&f.session[1], make(&f.session[1], 1, 0)) < 256);
		fixture_close(&f, 1);
	}
	check_equal(f.heap.table.chunks, 1);
	fixture_end(&f);
}

/*
 * Where garbage was, leaves are made, which no collection looks at; then young
 * objects elsewhere refer to them. Nothing must be left that takes the leaves for
 * what was there before.
 */
static void leaves_in_the_place_of_garbage(void)
{
	static u64 leaf[5000];
	struct fixture f;
	u32 i, highest;
	u64 handle;

	fixture_begin(&f, 0);
	for (i = 0; i < 5000; i++) {
		handle = make(f.session, 1, 0);
		link_to(f.session, handle, 0, handle);
		drop(f.session, handle);
	}
	check_equal(fixture_collect(&f, 2).freed, 5000);
	highest = f.heap.table.chunks * MHEAP_CHUNK_OBJECTS;
	for (i = 0; i < 5000; i++) {
		leaf[i] = make(f.session, 0, 4);
		check(number_of(f.session, leaf[i]) < highest);
	}
	for (i = 0; i < 5000; i++) {
		handle = make(f.session, 2, 0);
		link_to(f.session, handle, 0, leaf[i]);
		link_to(f.session, handle, 1, i % 2 ? handle : 0);
		drop(f.session, leaf[i]);
		if (i % 2)
			drop(f.session, handle);
	}
	check_equal(fixture_collect(&f, 0).freed, 2500);
	check_equal(fixture_objects(&f), 5000);
	fixture_end(&f);
}

/* Beyond the first directory of 64 chunks, and everything is still found. */
/*
 * A number that a collection still means is not to be had, so its chunk is not
 * listed for it: else whoever wants one looks into all such chunks. The mark bits
 * are cleared by hand, as a census does, and set again as by a sweep.
 */
static void what_is_not_to_be_had_is_not_listed(void)
{
	struct mheap_chunk *chunk;
	struct fixture f;
	u64 handle[MHEAP_CHUNK_OBJECTS - 1];
	u32 i;

	fixture_begin(&f, 0);
	for (i = 0; i < ARRAY_SIZE(handle); i++)
		handle[i] = make(f.session, 1, 1);
	chunk = mheap_chunk_of(&f.heap.table, 1);
	check_equal(number_of(f.session, handle[500]) >> MHEAP_CHUNK_SHIFT, 0);
	make(f.session, 1, 1);		/* out of the next chunk: this one is used up */
	check(!chunk->listed[MHEAP_LIST_FREE]);

	f.heap.phase = MHEAP_PHASE_MARK;
	for (i = 0; i < MHEAP_CHUNK_BLOCKS; i++)
		chunk->mark[i] = ~chunk->tracked[i];
	for (i = 0; i < 100; i++)
		drop(f.session, handle[i]);
	check(!chunk->listed[MHEAP_LIST_FREE]);

	memset(chunk->mark, 0xff, MHEAP_CHUNK_BLOCKS * sizeof(chunk->mark[0]));
	f.heap.phase = MHEAP_PHASE_IDLE;
	drop(f.session, handle[100]);
	check(chunk->listed[MHEAP_LIST_FREE]);
	for (; i < ARRAY_SIZE(handle) - 1; i++)
		drop(f.session, handle[i + 1]);
	fixture_collect(&f, MHEAP_OLDEST);
	fixture_end(&f);
}

static void the_directory_grows(void)
{
	const u32 count = 200000;
	struct mheap_heap_figures figures;
	u64 handle = 0, target, before = 0;
	struct fixture f;
	u32 i;

	fixture_begin(&f, 0);
	for (i = 0; i < count; i++) {
		handle = make(f.session, 1, 0);
		link_to(f.session, handle, 0, before);
		if (before)
			drop(f.session, before);
		before = handle;
	}
	check(f.heap.table.chunks > 64 && f.heap.table.directory->older);
	check_equal(fixture_collect(&f, 2).visited, count);
	mheap_heap_figures(&f.heap, &figures);
	check(figures.table_bytes >= count * 24ULL);
	check(figures.table_bytes < count * 60ULL);
	for (i = 0; i + 1 < count; i++) {
		check_equal(act_load(f.session, handle, 0, &target), 0);
		drop(f.session, handle);
		handle = target;
	}
	check_equal(act_load(f.session, handle, 0, &target), 0);
	check_equal(target, 0);
	fixture_end(&f);
}

static void no_number_left(void)
{
	const struct mheap_shape shape = { .slots = 1 };
	u64 handle[MHEAP_CHUNK_OBJECTS], unused;
	struct fixture f;
	u32 i;

	fixture_begin(&f, 0);
	for (i = 1; i < MHEAP_CHUNK_OBJECTS; i++)
		handle[i] = make(f.session, 1, 0);
	check_equal(f.heap.table.chunks, 1);
	f.heap.table.chunks = MHEAP_CHUNKS_MAX;
	check_equal(act_new(f.session, &shape, &unused), -ENOSPC);
	check_equal(act_new(f.session, &shape, &unused), -ENOSPC);
	drop(f.session, handle[500]);
	check_equal(act_new(f.session, &shape, &unused), 0);
	check_equal(act_new(f.session, &shape, &unused), -ENOSPC);
	f.heap.table.chunks = 1;
	check_equal(act_new(f.session, &shape, &unused), 0);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "number 0 is no object", number_zero_is_no_object },
	{ "a number used again has a new id", reuse_gives_a_new_id },
	{ "a number whose tags are used up retires", a_number_retires },
	{ "a number retires in a sweep", a_number_retires_in_a_sweep },
	{ "a whole chunk retires", a_whole_chunk_retires },
	{ "runs do not overlap", runs_do_not_overlap },
	{ "unused numbers are given back", unused_numbers_are_given_back },
	{ "leaves in the place of garbage", leaves_in_the_place_of_garbage },
	{ "what is not to be had is not listed", what_is_not_to_be_had_is_not_listed },
	{ "the directory grows", the_directory_grows },
	{ "no number left", no_number_left },
	{}
};

const struct suite suite_table = { "table", tests };
