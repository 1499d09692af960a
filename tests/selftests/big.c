// SPDX-License-Identifier: GPL-2.0-only
/*
 * Graphs of many objects, objects of many slots and bytes.
 */
#include <stdbool.h>

#include "heap.h"
#include "tap.h"

#define OBJECTS		tap_number("MHEAP_TEST_OBJECTS", 200000)
#define LINKS		32000	/* in one batch, with two operations each */
#define TRIES		10

static struct mheap_op many[MHEAP_BATCH_MAX];

/*
 * A chain of objects with one slot each, of which the first made is the last.
 * Returns a handle to the first; @last is filled with a handle to the last.
 */
static __u64 make_chain(int heap, unsigned long length, __u64 *last)
{
	__u64 first = heap_get(heap, op_new(0, 1, 8));
	unsigned long made = 1;
	unsigned int i, links;

	*last = heap_get(heap, op_dup(first));
	while (made < length) {
		links = length - made < LINKS ? length - made : LINKS;
		for (i = 0; i < links; i++) {
			many[2 * i] = op_temp(op_new(0, 1, 8));
			many[2 * i + 1] = op_store(MHEAP_RESULT(2 * i), 0,
						   i ? MHEAP_RESULT(2 * i - 2) : first);
		}
		many[2 * links] = op_drop(first);
		many[2 * links + 1] = op_dup(MHEAP_RESULT(2 * links - 2));
		heap_do_all(heap, many, 2 * links + 2);
		first = many[2 * links + 1].result;
		made += links;
	}
	return first;
}

/* Drops a long chain. Returns whether the drop was over long before the release. */
static bool drop_chain(int heap, unsigned long objects)
{
	double begin = tap_time(), dropped, settled;
	__u64 first, last, left;

	first = make_chain(heap, objects, &last);
	tap_note("%lu objects made in %.1f s", objects, tap_time() - begin);
	CHECK_EQ(heap_stats(heap).objects, objects);
	heap_do(heap, op_drop(last));
	begin = tap_time();
	heap_do(heap, op_drop(first));
	dropped = tap_time() - begin;
	left = heap_stats(heap).objects;
	CHECK_EQ(heap_objects(heap), 0);
	settled = tap_time() - begin;
	tap_note("dropped in %.6f s, released in %.1f s", dropped, settled);
	return left && dropped < settled / 10;
}

/* The program may have to wait for a processor while the release goes on: not always. */
TEST(long_chain_is_released_in_the_background)
{
	const unsigned long objects = OBJECTS;
	const int heap = heap_open();
	struct mheap_stats stats;
	unsigned int tries = 1;

	heap_disable(heap);
	while (!drop_chain(heap, objects))
		CHECK(++tries <= TRIES);
	stats = heap_stats(heap);
	CHECK_EQ(stats.freed_by_count, tries * objects);
	CHECK_EQ(stats.freed_by_collector, 0);
	CHECK_EQ(stats.bytes, 0);
	CHECK_EQ(stats.pending, 0);
}

/* Returns how often the program has made and dropped an object during a long release. */
static int work_during_release(int heap, unsigned long objects)
{
	double slowest = 0, begin, took;
	__u64 first, last;
	int rounds = 0;

	first = make_chain(heap, objects, &last);
	heap_do(heap, op_drop(last));
	heap_do(heap, op_drop(first));
	do {
		begin = tap_time();
		heap_do(heap, op_drop(heap_get(heap, op_new(0, 1, 0))));
		took = tap_time() - begin;
		slowest = took > slowest ? took : slowest;
		rounds++;
	} while (heap_stats(heap).pending);
	tap_note("%d rounds meanwhile, the slowest %.6f s", rounds, slowest);
	CHECK_EQ(heap_objects(heap), 0);
	return rounds;
}

TEST(program_goes_on_during_a_long_release)
{
	const int heap = heap_open();
	unsigned int tries = 1;

	while (work_during_release(heap, OBJECTS / 5) < 2)
		CHECK(++tries <= TRIES);
}

TEST(long_ring_is_collected)
{
	const unsigned long objects = OBJECTS;
	const int heap = heap_open();
	struct mheap_collect collect;
	__u64 first, last;

	heap_disable(heap);
	first = make_chain(heap, objects, &last);
	heap_do(heap, op_store(last, 0, first));
	heap_do(heap, op_drop(last));
	CHECK_EQ(heap_collect(heap, 0).freed, 0);
	CHECK_EQ(heap_collect(heap, 1).freed, 0);
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	CHECK_EQ(heap_info(heap, first).references, 2);
	heap_do(heap, op_drop(first));
	CHECK_EQ(heap_objects(heap), objects);
	collect = heap_collect(heap, 2);
	tap_note("%lu objects collected in %.3f s", objects, collect.nanoseconds / 1e9);
	CHECK_EQ(collect.visited, objects);
	CHECK_EQ(collect.unreachable, objects);
	CHECK_EQ(collect.freed, objects);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).bytes, 0);
	CHECK_EQ(heap_stats(heap).freed_by_collector, objects);
}

TEST(long_young_ring_is_collected)
{
	const unsigned long objects = OBJECTS / 4;
	const int heap = heap_open();
	__u64 first, last;

	heap_disable(heap);
	first = make_chain(heap, objects, &last);
	heap_do(heap, op_store(last, 0, first));
	heap_do(heap, op_drop(last));
	heap_do(heap, op_drop(first));
	CHECK_EQ(heap_collect(heap, 0).freed, objects);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(long_chain_behind_a_cycle_is_collected)
{
	const unsigned long objects = OBJECTS / 4;
	const int heap = heap_open();
	struct mheap_op ops[] = {
		op_temp(op_new(0, 2, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
		op_store(MHEAP_RESULT(0), 1, 0),
	};
	__u64 first, last;

	heap_disable(heap);
	first = make_chain(heap, objects, &last);
	ops[2].target = first;
	heap_do_all(heap, ops, 3);
	heap_do(heap, op_drop(last));
	heap_do(heap, op_drop(first));
	CHECK_EQ(heap_objects(heap), objects + 1);
	CHECK_EQ(heap_collect(heap, 0).freed, objects + 1);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(old_chain_behind_young_garbage_is_released)
{
	const unsigned long objects = OBJECTS / 10;
	const int heap = heap_open();
	struct mheap_op ops[] = {
		op_temp(op_new(0, 2, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
		op_store(MHEAP_RESULT(0), 1, 0),
	};
	__u64 first, last;

	heap_disable(heap);
	first = make_chain(heap, objects, &last);
	heap_collect(heap, 1);
	ops[2].target = first;
	heap_do_all(heap, ops, 3);
	heap_do(heap, op_drop(last));
	heap_do(heap, op_drop(first));
	CHECK_EQ(heap_collect(heap, 0).freed, 1);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).freed_by_count, objects);
}

TEST(ten_thousand_slots)
{
	enum { SLOTS = 10000 };
	const int heap = heap_open();
	__u64 object;
	int i;

	heap_disable(heap);
	object = heap_get(heap, op_new(0, SLOTS, 100));
	for (i = 0; i < SLOTS; i++) {
		many[2 * i] = op_temp(op_new(0, 1, 4));
		many[2 * i + 1] = op_store(object, SLOTS - 1 - i, MHEAP_RESULT(2 * i));
	}
	heap_do_all(heap, many, 2 * SLOTS);
	CHECK_EQ(heap_objects(heap), SLOTS + 1);
	heap_do(heap, op_resize(object, SLOTS / 2, 100));
	CHECK_EQ(heap_objects(heap), SLOTS / 2 + 1);
	heap_do(heap, op_resize(object, SLOTS, 0));
	CHECK_EQ(heap_run(heap, op_load(object, SLOTS / 2)), 0);
	CHECK_EQ(heap_objects(heap), SLOTS / 2 + 1);
	CHECK_EQ(heap_collect(heap, 0).freed, 0);
	heap_do(heap, op_store(object, SLOTS - 1, object));
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_objects(heap), SLOTS / 2 + 1);
	CHECK_EQ(heap_collect(heap, 1).freed, SLOTS / 2 + 1);
	CHECK_EQ(heap_stats(heap).bytes, 0);
}

TEST(many_slots_are_released_in_the_background)
{
	enum { SLOTS = 30000 };
	const int heap = heap_open();
	__u64 object;
	int i;

	object = heap_get(heap, op_new(0, SLOTS, 0));
	for (i = 0; i < SLOTS; i++) {
		many[2 * i] = op_temp(op_new(0, 0, 4));
		many[2 * i + 1] = op_store(object, i, MHEAP_RESULT(2 * i));
	}
	heap_do_all(heap, many, 2 * SLOTS);
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).freed_by_count, SLOTS + 1);
}

TEST(one_object_a_hundred_thousand_times)
{
	enum { SLOTS = 65000, HOLDERS = 3 };
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	__u64 holders[HOLDERS];
	int h, i;

	for (h = 0; h < HOLDERS; h++) {
		holders[h] = heap_get(heap, op_new(0, SLOTS, 0));
		for (i = 0; i < SLOTS; i++)
			many[i] = op_store(holders[h], i, object);
		heap_do_all(heap, many, SLOTS);
	}
	CHECK_EQ(heap_info(heap, object).references, HOLDERS * SLOTS + 1);
	for (h = 0; h < HOLDERS; h++)
		heap_do(heap, op_drop(holders[h]));
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(heap_info(heap, object).references, 1);
}

/* Fills a payload and reads it back, in pieces of some odd length. */
static void check_payload(int heap, __u64 object, __u64 length, unsigned int seed)
{
	static unsigned char in[MHEAP_IO_MAX], out[MHEAP_IO_MAX];
	const unsigned int piece = MHEAP_IO_MAX - 13;
	__u64 offset, part;
	unsigned int i;

	for (offset = 0; offset < length; offset += piece) {
		part = length - offset < piece ? length - offset : piece;
		for (i = 0; i < part; i++)
			in[i] = (offset + i) * 31 + seed;
		CHECK_EQ(heap_run(heap, op_write(object, offset, in, part)), part);
	}
	for (offset = 0; offset < length; offset += piece) {
		part = length - offset < piece ? length - offset : piece;
		CHECK_EQ(heap_run(heap, op_read(object, offset, out, piece)), part);
		for (i = 0; i < part; i++)
			CHECK_EQ(out[i], (unsigned char)((offset + i) * 31 + seed));
	}
}

TEST(payload_of_a_mebibyte)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 3, 1 << 20));
	unsigned char byte;

	heap_do(heap, op_store(object, 2, object));
	check_payload(heap, object, 1 << 20, 1);
	heap_do(heap, op_resize(object, 3, 3 << 20));
	CHECK_EQ(heap_run(heap, op_read(object, (1 << 20) - 1, &byte, 1)), 1);
	CHECK_EQ(byte, (unsigned char)(((1 << 20) - 1) * 31 + 1));
	CHECK_EQ(heap_run(heap, op_read(object, 1 << 20, &byte, 1)), 1);
	CHECK_EQ(byte, 0);
	check_payload(heap, object, 3 << 20, 2);
	heap_do(heap, op_resize(object, 3, 100));
	CHECK_EQ(heap_info(heap, object).references, 2);
	check_payload(heap, object, 100, 3);
	heap_do(heap, op_store(object, 2, 0));
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_stats(heap).bytes, 0);
}
