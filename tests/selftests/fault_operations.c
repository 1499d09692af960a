// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations whose every allocation fails in its turn, and every copy from and to the
 * program: the call says so, or has found memory behind a collection; nothing else has
 * changed, and it works the next time. And where all allocations fail that does not
 * help.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "fault.h"
#include "heap.h"
#include "memory.h"
#include "tap.h"

#define LARGE	40000

static int heap;
static __u64 holder;		/* 4 slots, 100 bytes; slot 0 refers to itself */
static char data[LARGE];

/* An operation that has not been done yet, where there is no memory at all. */
static void fail_entirely(const char *name, struct mheap_op op)
{
	const struct mheap_stats before = heap_stats(heap);
	long called;

	tap_case("%s without any memory", name);
	fault_all(1);
	called = heap_submit(heap, &op, 1, 0);
	fault_all(0);
	CHECK_EQ(called, 1);
	CHECK_EQ(op.result, -ENOMEM);
	fault_check_unchanged(heap, &before);
}

/*
 * Has everything in an operation fail in turn until nothing is left to fail; @undo
 * takes back what it did where it worked. Then, if it is one that needs memory, has
 * everything fail at once: @use_up sees to it that it does, and is NULL for others.
 */
static void fail_operation(const char *name, struct mheap_op op, void use_up(void),
			   void undo(const struct mheap_op *op))
{
	const struct mheap_op original = op;
	struct mheap_stats before;
	unsigned int nth, failures = 0;
	long called;
	int failed;

	for (nth = 1, failed = 1; failed; nth++) {
		tap_case("%s, failure %u", name, nth);
		if (use_up)
			use_up();
		before = heap_stats(heap);
		op = original;
		fault_arm(nth);
		called = heap_submit(heap, &op, 1, 0);
		failed = fault_disarm();
		CHECK(called == 1 || called == -ENOMEM || called == -EFAULT);
		if (called == 1 && op.result >= 0) {
			undo(&op);
			continue;
		}
		CHECK(failed);
		CHECK(called < 0 || op.result == -ENOMEM || op.result == -EFAULT);
		failures++;
		fault_check_unchanged(heap, &before);
	}
	tap_note("%s: %u failures of %u attempts", name, failures, nth - 1);
	if (!use_up)
		return;
	use_up();
	fail_entirely(name, original);
}

static void drop_result(const struct mheap_op *op)
{
	heap_do(heap, op_drop(op->result));
}

static void nothing(const struct mheap_op *op)
{
	(void)op;
}

static void resize_back(const struct mheap_op *op)
{
	heap_do(heap, op_resize(op->object, 4, 100));
}

/* What it needs is never there before. */
static void use_up_nothing(void)
{
}

/* Opens handles until there is no room for another but in new memory. */
static void use_up_handles(void)
{
	do
		heap_get(heap, op_dup(holder));
	while (heap_stats(heap).handles % 256);
}

TEST(new_without_memory)
{
	static const __u64 lengths[] = { 0, 100, 5000, 9000, 100000, 300000 };
	unsigned int i;

	heap = fault_open(&holder);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		fail_operation("NEW", op_new(7, 1, lengths[i]),
			       i ? use_up_nothing : NULL, drop_result);
	}
}

TEST(first_operation_of_a_heap_without_memory)
{
	struct mheap_stats before;
	unsigned int nth;
	struct mheap_op op;
	long called;
	int failed = 1;

	fault_prepare();
	for (nth = 1; failed; nth++) {
		heap = heap_open();
		before = heap_stats(heap);
		op = op_new(0, 1, 50);
		tap_case("failure %u", nth);
		fault_arm(nth);
		called = heap_submit(heap, &op, 1, 0);
		failed = fault_disarm();
		if (called == 1 && op.result > 0)
			heap_do(heap, op_drop(op.result));
		else
			fault_check_unchanged(heap, &before);
		heap_get(heap, op_new(0, 1, 50));
		heap_close(heap);
	}
	CHECK(nth > 2);
}

TEST(new_at_every_limit_of_the_tables_without_memory)
{
	enum { OBJECTS = 2100 };	/* three chunks, nine segments of handles */
	unsigned int made, nth, failures = 0;
	struct mheap_stats before;
	struct mheap_op op;
	long called;

	heap = fault_open(&holder);
	for (made = 0, nth = 1; made < OBJECTS; ) {
		before = heap_stats(heap);
		op = op_new(0, 0, 0);
		fault_arm(nth);
		called = heap_submit(heap, &op, 1, 0);
		fault_disarm();
		if (called == 1 && op.result > 0) {
			made++;
			nth = 1;
		} else {
			fault_check_unchanged(heap, &before);
			failures++;
			nth++;
		}
	}
	tap_note("%u failures", failures);
	CHECK_EQ(heap_objects(heap), OBJECTS + 1);
	CHECK_EQ(heap_stats(heap).handles, OBJECTS + 1);
}

TEST(handles_without_memory)
{
	__u64 weak;

	heap = fault_open(&holder);
	weak = heap_get(heap, op_weak(holder));
	fail_operation("DUP", op_dup(holder), use_up_handles, drop_result);
	fail_operation("DUP of a weak one", op_dup(weak), use_up_handles, drop_result);
	fail_operation("LOAD", op_load(holder, 0), use_up_handles, drop_result);
	fail_operation("WEAK", op_weak(holder), use_up_handles, drop_result);
	fail_operation("UPGRADE", op_upgrade(weak), use_up_handles, drop_result);
	fail_operation("NEW", op_new(0, 0, 0), use_up_handles, drop_result);
}

static void swap_back(const struct mheap_op *op)
{
	heap_do(heap, op_store(holder, 0, op->result));
	heap_do(heap, op_drop(op->result));
}

TEST(swap_without_memory_swaps_nothing)
{
	heap = fault_open(&holder);
	fail_operation("SWAP", op_swap(holder, 0, 0), use_up_handles, swap_back);
	CHECK_EQ(heap_run(heap, op_same(heap_get(heap, op_load(holder, 0)), holder)), 1);
}

TEST(resize_without_memory)
{
	static const struct {
		__u32 slots;
		__u64 length;
	} shapes[] = { { 5, 100 }, { 1, 0 }, { 300, 10 }, { 4, 100000 }, { 5000, 300000 } };
	unsigned int i;

	heap = fault_open(&holder);
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		fail_operation("RESIZE", op_resize(holder, shapes[i].slots, shapes[i].length),
			       use_up_nothing, resize_back);
	}
	CHECK_EQ(heap_info(heap, holder).references, 2);
}

TEST(copies_without_memory)
{
	const char zero[4] = {};
	__u64 large;

	heap = fault_open(&holder);
	large = heap_get(heap, op_new(0, 0, LARGE));
	fail_operation("READ", op_read(large, 0, data, LARGE), use_up_nothing, nothing);
	CHECK(!memcmp(data, zero, 4));
	fail_operation("READ", op_read(large, 0, data, 10), NULL, nothing);
	fail_operation("WRITE", op_write(large, 0, data, LARGE), use_up_nothing, nothing);
	fail_operation("WRITE", op_write(large, 0, data, 10), NULL, nothing);
	fail_operation("INFO", op_info(holder, (void *)data), NULL, nothing);
}

static void list_without_memory(void)
{
	struct mheap_root_names names;
	unsigned int nth;
	long result;
	int failed = 1;

	for (nth = 1; failed; nth++) {
		names = (struct mheap_root_names){ .names = (uintptr_t)data, .size = LARGE };
		tap_case("ROOTS, failure %u", nth);
		fault_arm(nth);
		result = heap_ioctl(heap, MHEAP_IOC_ROOTS, &names);
		failed = fault_disarm();
		CHECK(result == 0 || (failed && (result == -ENOMEM || result == -EFAULT)));
	}
	CHECK_EQ(names.count, 1);
	CHECK(nth > 2);
}

static void unpublish(const struct mheap_op *op)
{
	(void)op;
	heap_do(heap, op_unpublish("a new name"));
}

TEST(roots_without_memory)
{
	__u32 outside;

	heap = fault_open(&holder);
	heap_do(heap, op_publish(holder, "name"));
	fail_operation("PUBLISH", op_publish(holder, "a new name"), use_up_nothing, unpublish);
	fail_operation("REPLACE", op_replace(holder, "name"), NULL, nothing);
	fail_operation("LOOKUP", op_lookup("name"), use_up_handles, drop_result);
	list_without_memory();
	outside = heap_info(heap, holder).outside;
	heap_do(heap, op_unpublish("name"));
	CHECK_EQ(heap_info(heap, holder).outside, outside - 1);
}

/* A batch that does all kinds of things, but only to temporaries. */
static unsigned int fill_batch(struct mheap_op *ops)
{
	unsigned int i;

	for (i = 0; i < 132; i += 6) {
		ops[i] = op_temp(op_new(i, 2, i * 40));
		ops[i + 1] = op_store(MHEAP_RESULT(i), 0, i ? MHEAP_RESULT(i - 6) :
							      MHEAP_RESULT(i));
		ops[i + 2] = op_write(MHEAP_RESULT(i), 0, data, i * 40);
		ops[i + 3] = op_read(MHEAP_RESULT(i), 0, data, 1000);
		ops[i + 4] = op_temp(op_load(MHEAP_RESULT(i), 0));
		ops[i + 5] = op_resize(MHEAP_RESULT(i), 1, 500);
	}
	return i;
}

TEST(batch_without_memory)
{
	static struct mheap_op ops[400];
	struct mheap_stats stats;
	unsigned int nth, count, failures = 0;
	long called = 0;
	int failed = 1;

	heap = fault_open(&holder);
	for (nth = 1; failed; nth++) {
		count = fill_batch(ops);
		tap_case("failure %u", nth);
		fault_arm(nth);
		called = heap_submit(heap, ops, count, 0);
		failed = fault_disarm();
		heap_settle(heap);
		if (called < 0)
			CHECK(called == -ENOMEM || called == -EFAULT);
		else if (called < (long)count)
			CHECK(ops[called - 1].result == -ENOMEM ||
			      ops[called - 1].result == -EFAULT || !(called % 64));
		failures += called < (long)count;
		heap_collect(heap, 2);
		stats = heap_stats(heap);
		CHECK_EQ(stats.objects, 1);
		CHECK_EQ(stats.handles, 1);
		CHECK_EQ(stats.bytes, heap_info(heap, holder).charged);
	}
	tap_note("%u failures of %u attempts", failures, nth - 1);
	CHECK_EQ(called, count);
	CHECK(failures > 20);
}

static void cancel(const struct mheap_op *op)
{
	struct mheap_op back = op_finalizer(op->object, 0);

	back.flags = MHEAP_OP_CANCEL;
	heap_do(heap, back);
}

TEST(finalizers_without_memory)
{
	__u64 object;

	heap = fault_open(&holder);
	object = heap_get(heap, op_new(0, 0, 0));
	fail_entirely("FINALIZER", op_finalizer(object, 1));
	fail_operation("FINALIZER", op_finalizer(object, 1), NULL, cancel);
	/* Now there is what all objects of a chunk share, but nothing of this one's. */
	object = heap_get(heap, op_new(0, 0, 0));
	fail_entirely("FINALIZER", op_finalizer(object, 1));
	CHECK_EQ(heap_info(heap, object).flags, 0);
	heap_do(heap, op_finalizer(object, 1));
}

static void unwatch(const struct mheap_op *op)
{
	heap_do(heap, op_unwatch(op->object, op->offset));
}

TEST(watches_without_memory)
{
	__u64 cookie;

	heap = fault_open(&holder);
	for (cookie = 0; cookie < 3; cookie++)
		fail_operation("WATCH", op_watch(holder, cookie), use_up_nothing, unwatch);
	CHECK_EQ(heap_run(heap, op_unwatch(holder, 0)), -ENOENT);
	CHECK_EQ(heap_info(heap, holder).flags & MHEAP_OBJECT_WATCHED, 0);
}

static void take_key(const struct mheap_op *op)
{
	heap_do(heap, op_store(op->object, 0, 0));
}

/* The key that it had stays, and so does the value. */
TEST(keys_of_ephemerons_without_memory)
{
	__u64 ephemeron, key;

	heap = fault_open(&holder);
	ephemeron = heap_get(heap, op_new_ephemeron(0));
	key = heap_get(heap, op_new(0, 0, 0));
	fail_entirely("STORE", op_store(ephemeron, 0, key));
	fail_operation("STORE", op_store(ephemeron, 0, key), NULL, take_key);
	heap_do(heap, op_store(ephemeron, 0, key));
	heap_do(heap, op_store(ephemeron, 1, holder));
	fail_entirely("STORE", op_store(ephemeron, 0, heap_get(heap, op_new(0, 0, 0))));
	CHECK_EQ(heap_run(heap, op_same(heap_get(heap, op_load(ephemeron, 0)), key)), 1);
	CHECK_EQ(heap_run(heap, op_same(heap_get(heap, op_load(ephemeron, 1)), holder)), 1);
}

TEST(nothing_has_leaked)
{
	fault_prepare();
	fault_check_leaks();
}
