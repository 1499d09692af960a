// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of a heap: what would pass one collects first, then fails, and has changed
 * nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "heap.h"
#include "tap.h"

static void limit(int heap, __u64 objects, __u64 bytes, __u64 handles)
{
	const struct mheap_limits limits = { objects, bytes, handles };

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_LIMITS, &limits), 0);
}

static int open_heap(void)
{
	const int heap = heap_open();

	heap_disable(heap);
	return heap;
}

/* Everything but what a collection counts. */
static void check_same(int heap, struct mheap_stats before)
{
	struct mheap_stats after = heap_stats(heap);

	CHECK_EQ(after.objects, before.objects);
	CHECK_EQ(after.bytes, before.bytes);
	CHECK_EQ(after.handles, before.handles);
	CHECK_EQ(after.created, before.created);
}

TEST(objects_are_limited)
{
	const int heap = open_heap();
	struct mheap_stats before;
	__u64 object = 0;
	int i;

	limit(heap, 1000, 0, 0);
	for (i = 0; i < 1000; i++)
		object = heap_get(heap, op_new(0, 1, 8));
	before = heap_stats(heap);
	CHECK_EQ(heap_run(heap, op_new(0, 1, 8)), -ENOSPC);
	check_same(heap, before);
	CHECK_EQ(heap_number(heap, "stats/limit_failures"), 1);
	CHECK_EQ(heap_stats(heap).limit_failures, 1);
	CHECK_EQ(heap_number(heap, "stats/collections_by_limit"), 1);
	heap_do(heap, op_drop(object));
	heap_get(heap, op_new(0, 1, 8));
	CHECK_EQ(heap_run(heap, op_new(0, 0, 0)), -ENOSPC);
	limit(heap, 0, 0, 0);
	heap_get(heap, op_new(0, 1, 8));
}

TEST(bytes_are_limited)
{
	const int heap = open_heap();
	__u64 object, large = heap_get(heap, op_new(0, 0, 100000));
	struct mheap_stats stats;
	struct mheap_op op = op_new(0, 1, 1000);
	int made = 0;

	limit(heap, 0, 1000000, 0);
	while (heap_submit(heap, &op, 1, 0) == 1 && op.result > 0 && made++ < 10000)
		op = op_new(0, 1, 1000);
	CHECK_EQ(op.result, -ENOMEM);
	stats = heap_stats(heap);
	CHECK(stats.bytes <= 1000000 && stats.bytes > 1000000 - 2000);
	CHECK_EQ(heap_run(heap, op_new(0, 0, 1 << 30)), -ENOMEM);
	CHECK_EQ(heap_run(heap, op_resize(large, 0, 200000)), -ENOMEM);
	check_same(heap, stats);
	CHECK_EQ(heap_run(heap, op_resize(large, 0, 50000)), 0);
	object = heap_get(heap, op_new(0, 0, 40000));
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_number(heap, "stats/limit_failures"), 3);
}

TEST(handles_of_all_sessions_are_limited)
{
	const int heap = open_heap();
	const int other = heap_open_joined(heap);
	__u64 object = heap_get(heap, op_new(0, 1, 0));
	__u64 weak = heap_get(heap, op_weak(object));
	struct mheap_stats before;
	__u64 copy = 0;
	int i;

	heap_do(heap, op_store(object, 0, object));
	limit(heap, 0, 0, 300);
	for (i = 0; i < 100; i++)
		copy = heap_get(heap, op_dup(object));
	for (i = 0; i < 198; i++)
		heap_get(other, op_new(0, 0, 0));
	before = heap_stats(heap);
	CHECK_EQ(before.handles, 300);
	CHECK_EQ(heap_run(heap, op_dup(object)), -ENOSPC);
	CHECK_EQ(heap_run(heap, op_dup(weak)), -ENOSPC);
	CHECK_EQ(heap_run(heap, op_weak(object)), -ENOSPC);
	CHECK_EQ(heap_run(heap, op_upgrade(weak)), -ENOSPC);
	CHECK_EQ(heap_run(heap, op_load(object, 0)), -ENOSPC);
	CHECK_EQ(heap_run(heap, op_swap(object, 0, 0)), -ENOSPC);
	CHECK_EQ(heap_run(other, op_new(0, 0, 0)), -ENOSPC);
	check_same(heap, before);
	CHECK_EQ(heap_info(heap, object).references, 102);
	/* A temporary costs none. */
	heap_do(heap, op_temp(op_new(0, 0, 0)));
	heap_do(heap, op_drop(copy));
	heap_get(other, op_new(0, 0, 0));
	CHECK_EQ(heap_run(other, op_new(0, 0, 0)), -ENOSPC);
}

/* Also with automatic collection off. */
TEST(garbage_makes_room_at_a_limit)
{
	const unsigned long rings = tap_number("MHEAP_TEST_OBJECTS", 100000) / 2;
	const int heap = open_heap();
	struct mheap_op ops[60];
	unsigned long made;
	int i;

	for (i = 0; i < 60; i += 2) {
		ops[i] = op_temp(op_new(0, 1, 100));
		ops[i + 1] = op_store(MHEAP_RESULT(i), 0, MHEAP_RESULT(i));
	}
	limit(heap, 2000, 0, 0);
	for (made = 0; made < rings; made += 30)
		heap_do_all(heap, ops, 60);
	CHECK(heap_number(heap, "stats/collections_by_limit") > 0);
	limit(heap, 0, 300000, 0);
	for (made = 0; made < rings; made += 30) {
		heap_do_all(heap, ops, 60);
		CHECK(heap_stats(heap).bytes <= 300000);
	}
	CHECK_EQ(heap_number(heap, "stats/limit_failures"), 0);
}

#define RACERS	4

struct racer {
	pthread_t thread;
	int heap;
	unsigned int made;
};

static void *race(void *data)
{
	struct racer *racer = data;
	struct mheap_op op;

	op.result = 0;
	while (racer->made < 1000000) {
		op = op_new(0, 1, 8);
		CHECK_EQ(heap_submit(racer->heap, &op, 1, 0), 1);
		if (op.result < 0)
			break;
		racer->made++;
	}
	CHECK_EQ(op.result, -ENOSPC);
	return NULL;
}

TEST(racing_sessions_reach_a_limit_exactly)
{
	const unsigned int track = tap_number("MHEAP_TEST_OBJECTS", 100000) / 5;
	struct racer racers[RACERS] = {};
	const int heap = open_heap();
	unsigned int i, made = 0;

	limit(heap, track, 0, 0);
	for (i = 0; i < RACERS; i++) {
		racers[i].heap = heap_open_joined(heap);
		CHECK(!pthread_create(&racers[i].thread, NULL, race, &racers[i]));
	}
	for (i = 0; i < RACERS; i++) {
		CHECK(!pthread_join(racers[i].thread, NULL));
		made += racers[i].made;
	}
	CHECK_EQ(made, track);
	CHECK_EQ(heap_stats(heap).objects, track);
}

TEST(limits_are_read_as_they_were_set)
{
	const int heap = open_heap();
	const struct mheap_limits wrong = { 1, MHEAP_LIMIT_MAX + 1, 1 };
	struct mheap_limits limits = { 1, 1, 1 };
	int reader, i;
	static const char *const files[] = { "limit_objects", "limit_bytes", "limit_handles" };
	static const char *const bad[] = { "-1", "9223372036854775808", "1 2", "0x1" };

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_LIMITS, &limits), 0);
	CHECK(!limits.objects && !limits.bytes && !limits.handles);
	limit(heap, 5, 6, MHEAP_LIMIT_MAX);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_LIMITS, &wrong), -EINVAL);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_LIMITS, NULL), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_LIMITS, NULL), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_LIMITS, &limits), 0);
	CHECK(limits.objects == 5 && limits.bytes == 6 && limits.handles == MHEAP_LIMIT_MAX);
	CHECK_EQ(heap_number(heap, "limit_objects"), 5);
	CHECK_EQ(heap_number(heap, "limit_bytes"), 6);
	CHECK_EQ(heap_number(heap, "limit_handles"), (long long)MHEAP_LIMIT_MAX);
	for (reader = 0; reader < 3; reader++) {
		for (i = 0; i < (int)ARRAY_SIZE(bad); i++)
			CHECK_EQ(heap_write(heap, files[reader], bad[i]), -EINVAL);
		CHECK(heap_write(heap, files[reader], "77\n") > 0);
		CHECK_EQ(heap_number(heap, files[reader]), 77);
	}
}

TEST(new_heaps_start_with_the_defaults_limits)
{
	FILE *file = fopen(HEAP_SYSFS "/defaults/limit_objects", "w");
	int heap;

	CHECK(file && fputs("2", file) >= 0 && !fclose(file));
	heap = heap_open();
	file = fopen(HEAP_SYSFS "/defaults/limit_objects", "w");
	CHECK(file && fputs("0", file) >= 0 && !fclose(file));
	heap_get(heap, op_new(0, 0, 0));
	heap_get(heap, op_new(0, 0, 0));
	CHECK_EQ(heap_run(heap, op_new(0, 0, 0)), -ENOSPC);
}
