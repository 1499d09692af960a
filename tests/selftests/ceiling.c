// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ceiling: garbage that waits to be collected stays below it, because who
 * makes it has to wait, and nobody else.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define LEAST		(8 << 20)	/* bytes that are always allowed */
#define BODY		1000
#define RING_OPS	3
#define RINGS		20		/* of a batch */
#define LITTER		(tap_number("MHEAP_TEST_OBJECTS", 100000) / 2)

static _Atomic int stop;

/* A heap that only its ceiling makes collect. */
static int open_heap(const char *percent)
{
	const int heap = heap_open();

	heap_set_threshold(heap, MHEAP_THRESHOLD_MAX, MHEAP_THRESHOLD_MAX, MHEAP_THRESHOLD_MAX);
	CHECK(heap_write(heap, "garbage_ceiling", percent) > 0);
	return heap;
}

/* Rings of one object each. */
static void litter(int heap)
{
	struct mheap_op ops[RINGS * RING_OPS];
	int i;

	for (i = 0; i < RINGS * RING_OPS; i += RING_OPS) {
		ops[i] = op_temp(op_new(0, 1, BODY));
		ops[i + 1] = op_store(MHEAP_RESULT(i), 0, MHEAP_RESULT(i));
		ops[i + 2] = op_drop(MHEAP_RESULT(i));
	}
	heap_do_all(heap, ops, RINGS * RING_OPS);
}

TEST(ceiling_is_a_number_of_percent)
{
	static const char *const wrong[] = { "", "-1", "1001", "50 50", "x", "5%", "0x10" };
	const int heap = heap_open();
	unsigned int i;

	CHECK_EQ(heap_number(heap, "garbage_ceiling"), 50);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		tap_case("%s", wrong[i]);
		if (*wrong[i])
			CHECK_EQ(heap_write(heap, "garbage_ceiling", wrong[i]), -EINVAL);
	}
	CHECK_EQ(heap_number(heap, "garbage_ceiling"), 50);
	CHECK_EQ(heap_write(heap, "garbage_ceiling", "1000\n"), 5);
	CHECK_EQ(heap_number(heap, "garbage_ceiling"), 1000);
	CHECK_EQ(heap_write(heap, "garbage_ceiling", "0"), 1);
	CHECK_EQ(heap_number(heap, "garbage_ceiling"), 0);
}

TEST(producer_of_cycles_stays_below_it)
{
	const unsigned long objects = LITTER;
	const int heap = open_heap("50");
	unsigned long made;
	long long most = 0;

	for (made = 0; made < objects; made += RINGS) {
		litter(heap);
		if (heap_stats(heap).bytes > (unsigned long long)most)
			most = heap_stats(heap).bytes;
	}
	tap_note("%lld bytes at most, %lld waits, %lu bytes made", most,
		 heap_number(heap, "stats/ceiling_waits"), objects * BODY);
	/* Beyond it: two batches, what sessions owe, and entries in the table. */
	CHECK(most <= LEAST + LEAST / BODY * 24 + 2 * RINGS * (BODY + 200) + 32768);
	if (objects * BODY > 2 * LEAST)
		CHECK(heap_stats(heap).generation[2].collections > 0);
}

TEST(without_a_ceiling_nobody_waits)
{
	const unsigned long objects = LITTER;
	const int heap = open_heap("0");
	unsigned long made;

	for (made = 0; made < objects; made += RINGS)
		litter(heap);
	CHECK_EQ(heap_number(heap, "stats/ceiling_waits"), 0);
	CHECK_EQ(heap_objects(heap), made);
}

static void *produce(void *argument)
{
	const int heap = *(const int *)argument;

	while (!stop)
		litter(heap);
	return NULL;
}

/* What another session of the heap, or of another heap, has made stays what it was. */
TEST(innocents_work_beside_a_producer)
{
	int heap = open_heap("50");
	const int same = heap_open_joined(heap);
	const int other = heap_open();
	const __u64 here = heap_get(same, op_new(0, 1, 8));
	const __u64 there = heap_get(other, op_new(0, 1, 8));
	unsigned long round, rounds = tap_number("MHEAP_TEST_ROUNDS", 50) * 20;
	__u64 seen, value;
	pthread_t producer;

	CHECK(!pthread_create(&producer, NULL, produce, &heap));
	for (round = 0; round < rounds; round++) {
		value = round;
		CHECK_EQ(heap_run(same, op_write(here, 0, &value, 8)), 8);
		CHECK_EQ(heap_run(other, op_write(there, 0, &value, 8)), 8);
		heap_do(same, op_store(here, 0, round % 2 ? here : 0));
		heap_do(same, op_drop(heap_get(same, op_new(0, 1, 0))));
		CHECK_EQ(heap_run(same, op_read(here, 0, &seen, 8)), 8);
		CHECK_EQ(seen, round);
		CHECK_EQ(heap_run(other, op_read(there, 0, &seen, 8)), 8);
		CHECK_EQ(seen, round);
	}
	stop = 1;
	CHECK(!pthread_join(producer, NULL));
	CHECK_EQ(heap_number(other, "stats/ceiling_waits"), 0);
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), 1);
}
