// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation fails in its turn, and so does every copy from and to the
 * program: the call says so, or has found memory behind a collection; nothing else has
 * changed, and it works the next time. And where all allocations fail that does not
 * help. Needs a kernel with CONFIG_FAULT_INJECTION.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heap.h"
#include "memory.h"
#include "tap.h"

#define LARGE	40000

static int fail_nth = -1;	/* this thread's file of that name */
static int make_it_fail = -1;	/* likewise */
static int heap;
static __u64 holder;		/* 4 slots, 100 bytes; slot 0 refers to itself */
static char data[LARGE];

static void write_setting(const char *path, const char *value)
{
	int setting = open(path, O_WRONLY);

	CHECK(setting >= 0);
	CHECK(write(setting, value, strlen(value)) > 0);
	close(setting);
}

/*
 * Should small pieces of memory fail, or pages only? A failure in vmalloc() can
 * hit kmemleak's own small pieces, about which it complains in the kernel log.
 */
static void fail_small_pieces(int yes)
{
	write_setting("/sys/kernel/debug/failslab/ignore-gfp-wait", yes ? "N" : "Y");
}

/* From now on everything this thread allocates fails, or nothing. */
static void fail_all(int yes)
{
	CHECK_EQ(pwrite(make_it_fail, yes ? "1" : "0", 1, 0), 1);
}

static void prepare_fault(const char *directory)
{
	static const char *const settings[][2] = {
		{ "task-filter", "Y" }, { "interval", "1" }, { "times", "-1" },
		{ "verbose", "0" }, { "probability", "100" },
	};
	char path[100];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", directory, settings[i][0]);
		write_setting(path, settings[i][1]);
	}
}

static void prepare(void)
{
	if (access("/proc/thread-self/fail-nth", W_OK) ||
	    access("/sys/kernel/debug/failslab", F_OK))
		tap_skip("the kernel has no fault injection");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	CHECK(fail_nth >= 0);
	make_it_fail = open("/proc/self/make-it-fail", O_RDWR);
	CHECK(make_it_fail >= 0);
	fail_small_pieces(1);
	prepare_fault("failslab");
	prepare_fault("fail_page_alloc");
	write_setting("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_setting("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	write_setting("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	write_setting("/sys/kernel/debug/fail_usercopy/verbose", "0");
	memset(data, 'd', sizeof(data));	/* its pages are there */
}

static void arm(unsigned int nth)
{
	char text[20];
	int length = snprintf(text, sizeof(text), "%u", nth);

	CHECK_EQ(pwrite(fail_nth, text, length, 0), length);
}

/*
 * Returns whether what was to fail has failed. Reading and writing the file can
 * be what fails: then it had not.
 */
static int disarm(void)
{
	char text[20] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		return 0;
	if (atoi(text) == 0)
		return 1;
	CHECK(pwrite(fail_nth, "0", 1, 0) == 1 || errno == EFAULT);
	return 0;
}

static void begin(void)
{
	prepare();
	heap = heap_open();
	heap_disable(heap);
	holder = heap_get(heap, op_new(300, 4, 100));
	heap_do(heap, op_store(holder, 0, holder));
}

/*
 * Everything but how much memory the tables take, which may stay larger, and what a
 * collection has done that was to make room.
 */
static void check_unchanged(const struct mheap_stats *before)
{
	struct mheap_stats after;

	heap_settle(heap);
	after = heap_stats(heap);
	after.table_bytes = before->table_bytes;
	memcpy(after.generation, before->generation, sizeof(after.generation));
	CHECK_EQ(after.objects, before->objects);
	CHECK_EQ(after.bytes, before->bytes);
	CHECK_EQ(after.handles, before->handles);
	CHECK_EQ(after.created, before->created);
	CHECK(!memcmp(&after, before, sizeof(after)));
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
		arm(nth);
		called = heap_submit(heap, &op, 1, 0);
		failed = disarm();
		CHECK(called == 1 || called == -ENOMEM || called == -EFAULT);
		if (called == 1 && op.result >= 0) {
			undo(&op);
			continue;
		}
		CHECK(failed);
		CHECK(called < 0 || op.result == -ENOMEM || op.result == -EFAULT);
		failures++;
		check_unchanged(&before);
	}
	tap_note("%s: %u failures of %u attempts", name, failures, nth - 1);
	if (!use_up)
		return;
	tap_case("%s without any memory", name);
	use_up();
	before = heap_stats(heap);
	op = original;
	fail_all(1);
	called = heap_submit(heap, &op, 1, 0);
	fail_all(0);
	CHECK_EQ(called, 1);
	CHECK_EQ(op.result, -ENOMEM);
	check_unchanged(&before);
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

	begin();
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		fail_small_pieces(lengths[i] < 8000);
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

	prepare();
	for (nth = 1; failed; nth++) {
		heap = heap_open();
		before = heap_stats(heap);
		op = op_new(0, 1, 50);
		tap_case("failure %u", nth);
		arm(nth);
		called = heap_submit(heap, &op, 1, 0);
		failed = disarm();
		if (called == 1 && op.result > 0)
			heap_do(heap, op_drop(op.result));
		else
			check_unchanged(&before);
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

	begin();
	for (made = 0, nth = 1; made < OBJECTS; ) {
		before = heap_stats(heap);
		op = op_new(0, 0, 0);
		arm(nth);
		called = heap_submit(heap, &op, 1, 0);
		disarm();
		if (called == 1 && op.result > 0) {
			made++;
			nth = 1;
		} else {
			check_unchanged(&before);
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

	begin();
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
	begin();
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

	begin();
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		fail_small_pieces(shapes[i].length < 8000);
		fail_operation("RESIZE", op_resize(holder, shapes[i].slots, shapes[i].length),
			       use_up_nothing, resize_back);
	}
	CHECK_EQ(heap_info(heap, holder).references, 2);
}

TEST(copies_without_memory)
{
	const char zero[4] = {};
	__u64 large;

	begin();
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
		arm(nth);
		result = heap_ioctl(heap, MHEAP_IOC_ROOTS, &names);
		failed = disarm();
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

	begin();
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

	begin();
	for (nth = 1; failed; nth++) {
		count = fill_batch(ops);
		tap_case("failure %u", nth);
		arm(nth);
		called = heap_submit(heap, ops, count, 0);
		failed = disarm();
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
	CHECK(failures > 50);
}

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

	begin();
	for (i = 0; i < 2000; i++)
		heap_get(heap, op_new(0, 0, 0));
	for (generation = 0; generation < 3; generation++)
		for (nth = 1, failed = 1; failed; nth++) {
			for (i = 0; i < 1100; i++)
				heap_do_all(heap, ops, 2);
			tap_case("generation %u, failure %u", generation, nth);
			memset(&collect, 0, sizeof(collect));
			collect.generation = generation;
			arm(nth);
			called = heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect);
			failed = disarm();
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

	begin();
	for (nth = 1; failed; nth++) {
		for (i = 0; i < 2500; i++)
			heap_do_all(heap, ops, 2);
		tap_case("failure %u", nth);
		debug.flags = MHEAP_DEBUG_SAVEALL;
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_DEBUG, &debug), 0);
		arm(nth);
		called = heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect);
		failed = disarm();
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
	struct mheap_enumerate e;
	struct mheap_stats before;
	unsigned int nth, i;
	int failed = 1;
	long called;
	int other;

	begin();
	for (i = 0; i < 599; i++)
		heap_get(heap, op_new(0, 1, 0));
	before = heap_stats(heap);
	for (nth = 1; failed; nth++) {
		e = (struct mheap_enumerate){
			/* To make room there may be a collection, behind which they are old. */
			.what = MHEAP_ENUMERATE_OBJECTS, .generations = 7,
			.handles = (uintptr_t)data, .count = 1000,
		};
		other = heap_open_joined(heap);
		tap_case("failure %u", nth);
		arm(nth);
		called = heap_ioctl(other, MHEAP_IOC_ENUMERATE, &e);
		failed = disarm();
		CHECK(called == 0 || (failed && (called == -ENOMEM || called == -EFAULT)));
		if (called == 0)
			CHECK_EQ(heap_stats(heap).handles, before.handles + e.count);
		else
			CHECK_EQ(heap_stats(heap).handles, before.handles);
		heap_close(other);
		check_unchanged(&before);
	}
	CHECK_EQ(e.count, 600);
	CHECK_EQ(e.cursor, 0);
	CHECK(nth > 4);
}

/* The stack of the marking cannot grow: what it cannot hold is not forgotten. */
TEST(wide_objects_are_marked_without_memory)
{
	enum { SLOTS = 4000 };
	static struct mheap_op ops[2 * SLOTS];
	struct mheap_collect collect;
	unsigned int nth, i;
	int failed = 1;
	__u64 wide;

	begin();
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
		arm(nth);
		heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect);
		failed = disarm();
		CHECK_EQ(collect.freed, 0);
		CHECK_EQ(heap_objects(heap), SLOTS + 2);
	}
	CHECK(nth > 3);
}

TEST(requests_without_memory)
{
	static const unsigned long requests[] = {
		MHEAP_IOC_STATS, MHEAP_IOC_COUNT, MHEAP_IOC_GET_THRESHOLD,
		MHEAP_IOC_SET_THRESHOLD, MHEAP_IOC_SETTLE, MHEAP_IOC_IS_ENABLED,
	};
	union {
		struct mheap_stats stats;
		struct mheap_threshold threshold;
	} argument;
	struct mheap_stats before;
	unsigned int i, nth;
	long called;
	int failed;

	begin();
	before = heap_stats(heap);
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		for (nth = 1, failed = 1; failed; nth++) {
			tap_case("request %u, failure %u", i, nth);
			memset(&argument, 0, sizeof(argument));
			if (requests[i] == MHEAP_IOC_STATS)
				argument.stats.size = sizeof(argument.stats);
			arm(nth);
			called = heap_ioctl(heap, requests[i], &argument);
			failed = disarm();
			CHECK(called == 0 || (failed && called == -EFAULT));
		}
	check_unchanged(&before);
}

TEST(open_without_memory)
{
	unsigned int nth, failures = 0;
	int opened, failed = 1;

	prepare();
	for (nth = 1; failed; nth++) {
		tap_case("failure %u", nth);
		arm(nth);
		opened = open(HEAP_DEVICE, O_RDWR);
		failed = disarm();
		if (opened >= 0) {
			heap_get(opened, op_new(0, 1, 1));
			heap_close(opened);
			continue;
		}
		CHECK(failed);
		failures++;
		CHECK(heap_wait_none());
		CHECK_EQ(memory_module_users(), 0);
	}
	tap_note("%u failures of %u attempts", failures, nth - 1);
	CHECK(failures > 5);
}

static struct mheap_op op_finalizer(__u64 object, __u64 cookie)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_FINALIZER, .object = object, .offset = cookie,
	};
}

/* An operation that has not been done yet, where there is no memory at all. */
static void fail_entirely(const char *name, struct mheap_op op)
{
	const struct mheap_stats before = heap_stats(heap);
	long called;

	tap_case("%s without any memory", name);
	fail_all(1);
	called = heap_submit(heap, &op, 1, 0);
	fail_all(0);
	CHECK_EQ(called, 1);
	CHECK_EQ(op.result, -ENOMEM);
	check_unchanged(&before);
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

	begin();
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

	begin();
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

	begin();
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

/* So many pages, and all small pieces, can be had before everything fails. */
static void allow_pages(unsigned int pages)
{
	char text[20];

	snprintf(text, sizeof(text), "%u", pages);
	write_setting("/sys/kernel/debug/fail_page_alloc/space", text);
}

/*
 * Has a request that takes pages fail with less and less of what it needs missing,
 * until it works; @undo takes back what it did.
 */
static void fail_request(const char *name, unsigned long request, const void *argument,
			 void undo(long called))
{
	struct mheap_stats before;
	unsigned int pages = 0;
	long called;

	fail_small_pieces(0);
	do {
		tap_case("%s with %u pages", name, pages);
		before = heap_stats(heap);
		allow_pages(pages++);
		fail_all(1);
		called = heap_ioctl(heap, request, argument);
		fail_all(0);
		if (called < 0) {
			CHECK_EQ(called, -ENOMEM);
			check_unchanged(&before);
		}
	} while (called < 0);
	allow_pages(0);
	undo(called);
	tap_note("%s: %u failures", name, pages - 1);
	CHECK(pages > 1);
}

/* Has everything in it fail once, which it may make up for. */
static void fail_request_once(const char *name, unsigned long request, const void *argument,
			      void undo(long called))
{
	struct mheap_stats before;
	unsigned int nth;
	int failed = 1;
	long called;

	for (nth = 1; failed; nth++) {
		tap_case("%s, failure %u", name, nth);
		before = heap_stats(heap);
		arm(nth);
		called = heap_ioctl(heap, request, argument);
		failed = disarm();
		if (called >= 0) {
			undo(called);
			continue;
		}
		CHECK(failed && (called == -ENOMEM || called == -EFAULT));
		check_unchanged(&before);
	}
	CHECK(nth > 2);
}

static void listen_no_more(long called)
{
	const struct mheap_listen nothing = { 0 };
	struct mheap_event event;

	CHECK_EQ(called, 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_LISTEN, &nothing), 0);
	CHECK_EQ(read(heap, &event, sizeof(event)), 0);
}

TEST(listening_without_memory)
{
	const struct mheap_listen listen = { .kinds = 1U << MHEAP_EVENT_COLLECTION_END };
	struct mheap_event event;

	begin();
	fail_request("LISTEN", MHEAP_IOC_LISTEN, &listen, listen_no_more);
	fail_request_once("LISTEN", MHEAP_IOC_LISTEN, &listen, listen_no_more);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_LISTEN, &listen), 0);
	heap_collect(heap, 2);
	CHECK_EQ(read(heap, &event, sizeof(event)), sizeof(event));
}

static void switch_off(long called)
{
	const struct mheap_profile off = { .mode = MHEAP_PROFILE_OFF };
	struct mheap_profile profile;

	CHECK_EQ(called, 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_PROFILE, &profile), 0);
	CHECK_EQ(profile.mode, MHEAP_PROFILE_TAGS);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_PROFILE, &off), 0);
}

TEST(profile_without_memory)
{
	const struct mheap_profile set = { .mode = MHEAP_PROFILE_TAGS };

	begin();
	fail_request("SET_PROFILE", MHEAP_IOC_SET_PROFILE, &set, switch_off);
	fail_request_once("SET_PROFILE", MHEAP_IOC_SET_PROFILE, &set, switch_off);
}

static void close_snapshot(long called)
{
	CHECK(read(called, data, LARGE) > 0);
	CHECK(!close(called));
}

/* One that fails is in nobody's way: a later one is not told that there is another. */
TEST(snapshots_without_memory)
{
	const struct mheap_snapshot request = {};

	begin();
	fail_request("SNAPSHOT", MHEAP_IOC_SNAPSHOT, &request, close_snapshot);
	fail_request_once("SNAPSHOT", MHEAP_IOC_SNAPSHOT, &request, close_snapshot);
}

/* The heap that the descriptor came with stays. */
TEST(choice_of_an_allocator_without_memory)
{
	const struct mheap_allocator_name page = { "page" };
	unsigned int nth, failures = 0;
	struct mheap_stats before;
	int failed = 1;
	long called;

	prepare();
	for (nth = 1; failed; nth++) {
		tap_case("failure %u", nth);
		heap = heap_open();
		before = heap_stats(heap);
		arm(nth);
		called = heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, &page);
		failed = disarm();
		if (called < 0) {
			CHECK(failed && (called == -ENOMEM || called == -EFAULT));
			failures += called == -ENOMEM;
			check_unchanged(&before);
			CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, &page), 0);
		}
		heap_get(heap, op_new(0, 1, 1));
		heap_close(heap);
	}
	tap_note("%u failures of %u attempts", failures, nth - 1);
	CHECK(failures > 5);
}

static int has_no_bodies(void *unused)
{
	(void)unused;
	return memory_bodies() <= 0;
}

TEST(nothing_has_leaked)
{
	prepare();
	CHECK(heap_wait_none());
	CHECK(tap_wait(has_no_bodies, NULL));
	CHECK_EQ(memory_module_users(), 0);
}
