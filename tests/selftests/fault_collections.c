// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collections, and what looks at all objects, with each allocation failing in its
 * turn: a collection works without, or frees nothing that it could not list.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "fault.h"
#include "heap.h"
#include "tap.h"

static int heap;
static __u64 holder;		/* 4 slots, 100 bytes; slot 0 refers to itself */

TEST(collection_works_without_memory)
{
	struct mheap_op ops[] = {
		op_temp(op_new(0, 1, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
	};
	struct mheap_collect collect;
	unsigned int nth, i, generation;
	long called;
	int failed;

	heap = fault_open(&holder);
	for (i = 0; i < 2000; i++)
		heap_get(heap, op_new(0, 0, 0));
	for (generation = 0; generation < 3; generation++)
		for (nth = 1, failed = 1; failed; nth++) {
			for (i = 0; i < 1100; i++)
				heap_do_all(heap, ops, 2);
			tap_case("generation %u, failure %u", generation, nth);
			memset(&collect, 0, sizeof(collect));
			collect.generation = generation;
			fault_arm(nth);
			called = heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect);
			failed = fault_disarm();
			CHECK(called == 0 || called == -EFAULT);
			if (called == 0)
				CHECK_EQ(collect.freed, 1100);
			else
				heap_collect(heap, 2);
			CHECK_EQ(heap_stats(heap).objects, 2001);
		}
}

/* What cannot be listed lives on; a later collection finds it. */
TEST(garbage_is_saved_without_memory)
{
	struct mheap_debug debug = { .flags = MHEAP_DEBUG_SAVEALL };
	struct mheap_op ops[] = {
		op_temp(op_new(0, 1, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
	};
	struct mheap_collect collect = { .generation = 2 };
	unsigned int nth, i;
	long called;
	int failed = 1;

	heap = fault_open(&holder);
	for (nth = 1; failed; nth++) {
		for (i = 0; i < 2500; i++)
			heap_do_all(heap, ops, 2);
		tap_case("failure %u", nth);
		debug.flags = MHEAP_DEBUG_SAVEALL;
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_DEBUG, &debug), 0);
		fault_arm(nth);
		called = heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect);
		failed = fault_disarm();
		CHECK(called == 0 || called == -EFAULT);
		CHECK_EQ(heap_stats(heap).objects, 2501);
		heap_collect(heap, 2);
		CHECK_EQ(heap_stats(heap).garbage, 2500);
		debug.flags = 0;
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_DEBUG, &debug), 0);
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_CLEAR_GARBAGE, NULL), 0);
		CHECK_EQ(heap_collect(heap, 2).freed, 2500);
	}
	CHECK(nth > 4);
}

/* Each time by a session that has no memory for handles yet. */
TEST(enumeration_without_memory)
{
	static __u64 handles[1000];
	struct mheap_enumerate e;
	struct mheap_stats before;
	unsigned int nth, i;
	int failed = 1;
	long called;
	int other;

	heap = fault_open(&holder);
	for (i = 0; i < 599; i++)
		heap_get(heap, op_new(0, 1, 0));
	before = heap_stats(heap);
	for (nth = 1; failed; nth++) {
		e = (struct mheap_enumerate){
			/* To make room there may be a collection, behind which they are old. */
			.what = MHEAP_ENUMERATE_OBJECTS, .generations = 7,
			.handles = (uintptr_t)handles, .count = ARRAY_SIZE(handles),
		};
		other = heap_open_joined(heap);
		tap_case("failure %u", nth);
		fault_arm(nth);
		called = heap_ioctl(other, MHEAP_IOC_ENUMERATE, &e);
		failed = fault_disarm();
		CHECK(called == 0 || (failed && (called == -ENOMEM || called == -EFAULT)));
		if (called == 0)
			CHECK_EQ(heap_stats(heap).handles, before.handles + e.count);
		else
			CHECK_EQ(heap_stats(heap).handles, before.handles);
		heap_close(other);
		fault_check_unchanged(heap, &before);
	}
	CHECK_EQ(e.count, 600);
	CHECK_EQ(e.cursor, 0);
	CHECK(nth > 4);
}

TEST(wide_objects_are_marked_without_memory)
{
	enum { SLOTS = 4000 };
	static struct mheap_op ops[2 * SLOTS];
	struct mheap_collect collect;
	unsigned int nth, i;
	int failed = 1;
	__u64 wide;

	heap = fault_open(&holder);
	wide = heap_get(heap, op_new(0, SLOTS, 0));
	for (i = 0; i < SLOTS; i++) {
		ops[2 * i] = op_temp(op_new(0, 1, 0));
		ops[2 * i + 1] = op_store(wide, i, MHEAP_RESULT(2 * i));
	}
	heap_do_all(heap, ops, 2 * SLOTS);
	for (nth = 1; failed; nth++) {
		tap_case("failure %u", nth);
		memset(&collect, 0, sizeof(collect));
		collect.generation = 2;
		fault_arm(nth);
		heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect);
		failed = fault_disarm();
		CHECK_EQ(collect.freed, 0);
		CHECK_EQ(heap_objects(heap), SLOTS + 2);
	}
	CHECK(nth > 3);
}

TEST(nothing_has_leaked)
{
	fault_prepare();
	fault_check_leaks();
}
