// SPDX-License-Identifier: GPL-2.0-only
/*
 * What operations cost from the calling program and back, on a machine whose
 * clock counts instructions (tests/vm/run --icount; elsewhere the figures are
 * nanoseconds). One JSON object a line:
 *
 *	ioctl	a call that does nothing: of /dev/mheap_bench (kbench/), of
 *		/dev/null, a request that /dev/mheap does not know, and a
 *		submission of no operations; per call
 *	one	submissions of one operation, per call
 *	batch	submissions of 64 operations, per operation; "pairs" are 32 pairs,
 *		per pair
 *	bytes	memory of objects with four slots and 16 bytes of payload
 *
 * A figure is the median of ROUNDS rounds of CALLS calls, so that timer
 * interrupts do not count. The same loop without the call is subtracted, and so
 * is reading the clock. Everything is as a program finds it: automatic
 * collection is on, but no operation here leaves enough objects behind to set it
 * off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "measure.h"
#include "shapes.h"
#include <linux/mheap.h>

#define CALLS		100
#define ROUNDS		31
#define WARM_UP		5		/* rounds that do not count */
#define BATCH		64
#define OBJECTS		200000		/* for "bytes" */
#define HOLDER_SLOTS	4
#define READ_BYTES	16

static int heap;
static __u64 holder, left, right, weak;		/* handles */
static unsigned char payload[READ_BYTES];

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("ioctl_bench: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

static void submit(struct mheap_op *op, __u32 count)
{
	struct mheap_submit submit = { .ops = (__u64)(unsigned long)op, .count = count };
	int ran = ioctl(heap, MHEAP_IOC_SUBMIT, &submit);

	if (ran < 0)
		die("submit: %m");
	for (int i = 0; i < ran; i++)
		if (op[i].result < 0)
			die("operation %d, code %u: %s", i, op[i].opcode, strerror(-op[i].result));
	if ((__u32)ran != count)
		die("%d operations of %u were executed", ran, count);
}

static __u64 submit_one(struct mheap_op op)
{
	submit(&op, 1);
	return op.result;
}

#define ONE(...) submit_one((struct mheap_op){ __VA_ARGS__ })

static __u64 new_object(void)
{
	return ONE(.opcode = MHEAP_OP_NEW, .slots = HOLDER_SLOTS, .length = SHAPE_PAYLOAD);
}

/**
 * struct call - a call that is measured
 * @file: descriptor
 * @request: number
 * @argument: of the request
 * @expect: what it returns
 * @op: the operation it executes, whose result is a handle to be given back
 */
struct call {
	int file;
	unsigned long request;
	void *argument;
	int expect;
	struct mheap_op *op;
};

static __u64 result[CALLS];

/* Executes @call CALLS times, or only what is around it, and returns the time. */
static uint64_t loop(const struct call *call, bool really)
{
	struct mheap_op nothing, *op = call->op ?: &nothing;
	int file = call->file, wrong = 0;
	unsigned long request = call->request;
	void *argument = call->argument;
	uint64_t begin;

	nothing.result = 0;
	begin = measure_now();
	if (really) {
		for (int i = 0; i < CALLS; i++) {
			wrong |= ioctl(file, request, argument) != call->expect;
			result[i] = *(volatile __s64 *)&op->result;
		}
	} else {
		for (int i = 0; i < CALLS; i++) {
			wrong |= *(volatile int *)&call->expect != call->expect;
			result[i] = *(volatile __s64 *)&op->result;
		}
	}
	begin = measure_now() - begin;
	if (wrong)
		die("request %#lx of descriptor %d: %m", request, file);
	return begin;
}

/* The handles that @op gave in the last loop. */
static void drop_results(const struct mheap_op *op)
{
	struct mheap_op drop[CALLS];

	if (!op || !op->result)
		return;
	for (int i = 0; i < CALLS; i++)
		drop[i] = (struct mheap_op){ .opcode = MHEAP_OP_DROP, .object = result[i] };
	submit(drop, CALLS);
}

/* Time per call. */
static double measure(const struct call *call)
{
	uint64_t with[ROUNDS], without[ROUNDS];

	for (int i = -WARM_UP; i < ROUNDS; i++) {
		uint64_t spent = loop(call, true);

		drop_results(call->op);
		if (i >= 0)
			with[i] = spent;
	}
	for (int i = 0; i < ROUNDS; i++)
		without[i] = loop(call, false);
	return (double)measure_above(measure_median(with, ROUNDS),
				     measure_median(without, ROUNDS)) / CALLS;
}

static void print(const char *kind, const char *name, double cost)
{
	printf("{\"bench\": \"%s\", \"name\": \"%s\", \"cost\": %.2f}\n", kind, name, cost);
	fflush(stdout);
}

static void measure_empty(void)
{
	struct mheap_submit none = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int bench = open("/dev/mheap_bench", O_RDWR | O_CLOEXEC);

	if (bench >= 0)
		print("ioctl", "empty", measure(&(struct call){ .file = bench }));
	print("ioctl", "/dev/null", measure(&(struct call){
		.file = null, .request = _IO(MHEAP_IOC_MAGIC, 0xff), .expect = -1 }));
	print("ioctl", "unknown", measure(&(struct call){
		.file = heap, .request = _IO(MHEAP_IOC_MAGIC, 0xff), .expect = -1 }));
	print("ioctl", "no operations", measure(&(struct call){
		.file = heap, .request = MHEAP_IOC_SUBMIT, .argument = &none }));
	close(null);
	if (bench >= 0)
		close(bench);
}

/* @gives: the operation's result is a handle. */
static void measure_one(const char *name, bool gives, struct mheap_op op)
{
	struct mheap_submit one = { .ops = (__u64)(unsigned long)&op, .count = 1 };

	submit(&op, 1);
	if (gives)
		ONE(.opcode = MHEAP_OP_DROP, .object = op.result);
	print("one", name, measure(&(struct call){
		.file = heap, .request = MHEAP_IOC_SUBMIT, .argument = &one, .expect = 1,
		.op = gives ? &op : NULL }));
}

/* Each drop needs a handle of its own, so it has its own loop. */
static void measure_one_drop(void)
{
	uint64_t with[ROUNDS], without[ROUNDS];
	struct mheap_op dup[CALLS], op = { .opcode = MHEAP_OP_DROP };
	struct mheap_submit one = { .ops = (__u64)(unsigned long)&op, .count = 1 };

	for (int round = -WARM_UP; round < ROUNDS; round++) {
		int wrong = 0;
		uint64_t begin;

		for (int i = 0; i < CALLS; i++)
			dup[i] = (struct mheap_op){ .opcode = MHEAP_OP_DUP, .object = holder };
		submit(dup, CALLS);
		begin = measure_now();
		for (int i = 0; i < CALLS; i++) {
			op.object = *(volatile __s64 *)&dup[i].result;
			wrong |= ioctl(heap, MHEAP_IOC_SUBMIT, &one) != 1;
			wrong |= *(volatile __s64 *)&op.result != 0;
		}
		if (round >= 0)
			with[round] = measure_now() - begin;
		if (wrong)
			die("drop: %s", strerror(-op.result));
		op.result = 0;
		begin = measure_now();
		for (int i = 0; i < CALLS; i++) {
			op.object = *(volatile __s64 *)&dup[i].result;
			wrong |= *(volatile __s64 *)&op.result != 0;
		}
		if (round >= 0)
			without[round] = measure_now() - begin;
	}
	print("one", "drop", (double)measure_above(measure_median(with, ROUNDS),
						   measure_median(without, ROUNDS)) / CALLS);
}

static void measure_each(void)
{
	const __u64 data = (__u64)(unsigned long)payload;
	struct mheap_object_info info;

	measure_one("new", true, (struct mheap_op){ .opcode = MHEAP_OP_NEW,
		    .slots = SHAPE_SLOTS, .length = SHAPE_PAYLOAD });
	measure_one("new, temporary", false, (struct mheap_op){ .opcode = MHEAP_OP_NEW,
		    .flags = MHEAP_OP_TEMP, .slots = SHAPE_SLOTS, .length = SHAPE_PAYLOAD });
	measure_one("dup", true, (struct mheap_op){ .opcode = MHEAP_OP_DUP, .object = holder });
	measure_one_drop();
	measure_one("load", true, (struct mheap_op){ .opcode = MHEAP_OP_LOAD,
		    .object = holder, .slot = 1 });
	measure_one("load, temporary", false, (struct mheap_op){ .opcode = MHEAP_OP_LOAD,
		    .flags = MHEAP_OP_TEMP, .object = holder, .slot = 1 });
	measure_one("store", false, (struct mheap_op){ .opcode = MHEAP_OP_STORE,
		    .object = holder, .slot = 1, .target = left });
	measure_one("swap", true, (struct mheap_op){ .opcode = MHEAP_OP_SWAP,
		    .object = holder, .slot = 1, .target = left });
	measure_one("compare_store", false, (struct mheap_op){ .opcode = MHEAP_OP_COMPARE_STORE,
		    .object = holder, .slot = 1, .expected = left, .target = left });
	measure_one("read", false, (struct mheap_op){ .opcode = MHEAP_OP_READ,
		    .object = holder, .length = READ_BYTES, .data = data });
	measure_one("write", false, (struct mheap_op){ .opcode = MHEAP_OP_WRITE,
		    .object = holder, .length = READ_BYTES, .data = data });
	measure_one("resize", false, (struct mheap_op){ .opcode = MHEAP_OP_RESIZE,
		    .object = right, .slots = HOLDER_SLOTS, .length = SHAPE_PAYLOAD });
	measure_one("info", false, (struct mheap_op){ .opcode = MHEAP_OP_INFO,
		    .object = holder, .length = sizeof(info),
		    .data = (__u64)(unsigned long)&info });
	measure_one("same", false, (struct mheap_op){ .opcode = MHEAP_OP_SAME,
		    .object = left, .target = right });
	measure_one("weak", true, (struct mheap_op){ .opcode = MHEAP_OP_WEAK, .object = holder });
	measure_one("upgrade", true, (struct mheap_op){ .opcode = MHEAP_OP_UPGRADE,
		    .object = weak });
}

/* Fills a batch with @first and, in every second place, a drop of what it gave. */
static void fill_pairs(struct mheap_op *op, struct mheap_op first)
{
	for (int i = 0; i < BATCH; i += 2) {
		op[i] = first;
		op[i + 1] = (struct mheap_op){ .opcode = MHEAP_OP_DROP,
					       .object = MHEAP_RESULT(i) };
	}
}

static void measure_batch(const char *kind, const char *name, struct mheap_op *op, int parts)
{
	struct mheap_submit batch = { .ops = (__u64)(unsigned long)op, .count = BATCH };

	submit(op, BATCH);
	print(kind, name, measure(&(struct call){
		.file = heap, .request = MHEAP_IOC_SUBMIT, .argument = &batch,
		.expect = BATCH }) / parts);
}

static void measure_batches(void)
{
	const struct mheap_op new = { .opcode = MHEAP_OP_NEW, .slots = SHAPE_SLOTS,
				      .length = SHAPE_PAYLOAD };
	struct mheap_op op[BATCH];

	fill_pairs(op, new);
	measure_batch("pairs", "new+drop", op, BATCH / 2);
	fill_pairs(op, (struct mheap_op){ .opcode = MHEAP_OP_LOAD, .object = holder, .slot = 1 });
	measure_batch("pairs", "load+drop", op, BATCH / 2);
	fill_pairs(op, (struct mheap_op){ .opcode = MHEAP_OP_DUP, .object = holder });
	measure_batch("pairs", "dup+drop", op, BATCH / 2);

	for (int i = 0; i < BATCH; i++) {
		op[i] = new;
		op[i].flags = MHEAP_OP_TEMP;
	}
	measure_batch("batch", "new, temporary", op, BATCH);
	/* Each slot gets the one and the other object by turns. */
	for (int i = 0; i < BATCH; i++)
		op[i] = (struct mheap_op){ .opcode = MHEAP_OP_STORE, .object = holder,
			.slot = i % HOLDER_SLOTS, .target = i / HOLDER_SLOTS % 2 ? left : right };
	measure_batch("batch", "store", op, BATCH);
	for (int i = 0; i < BATCH; i++)
		op[i] = (struct mheap_op){ .opcode = MHEAP_OP_SAME, .object = left,
					   .target = right };
	measure_batch("batch", "same", op, BATCH);
	for (int i = 0; i < BATCH; i++)
		op[i] = (struct mheap_op){ .opcode = MHEAP_OP_READ, .object = holder,
			.length = READ_BYTES, .data = (__u64)(unsigned long)payload };
	measure_batch("batch", "read", op, BATCH);
}

static void get_stats(struct mheap_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	if (ioctl(heap, MHEAP_IOC_STATS, stats) < 0)
		die("stats: %m");
}

/*
 * Bytes of free memory: of all zones, and what the page allocator keeps for each
 * processor, which is not counted as free and can be more than all we use.
 */
static long long memory_free(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	long long pages = 0, found;
	char line[128];

	if (!file)
		die("/proc/zoneinfo: %m");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " pages free %lld", &found) == 1 ||
		    sscanf(line, " count: %lld", &found) == 1)
			pages += found;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

/* A list that hangs on one slot of the holder, so that it costs no handles. */
static void measure_bytes(void)
{
	struct mheap_stats before, after;
	struct mheap_object_info info;
	struct mheap_op op[3 * 64];
	long long free_before, free_after;

	get_stats(&before);
	free_before = memory_free();
	for (int made = 0; made < OBJECTS; made += 64) {
		for (int i = 0; i < 3 * 64; i += 3) {
			op[i] = (struct mheap_op){ .opcode = MHEAP_OP_NEW,
				.flags = MHEAP_OP_TEMP, .slots = SHAPE_SLOTS,
				.length = SHAPE_PAYLOAD };
			op[i + 1] = (struct mheap_op){ .opcode = MHEAP_OP_SWAP,
				.flags = MHEAP_OP_TEMP, .object = holder,
				.target = MHEAP_RESULT(i) };
			op[i + 2] = (struct mheap_op){ .opcode = MHEAP_OP_STORE,
				.object = MHEAP_RESULT(i), .target = MHEAP_RESULT(i + 1) };
		}
		submit(op, 3 * 64);
	}
	free_after = memory_free();
	get_stats(&after);
	ONE(.opcode = MHEAP_OP_INFO, .object = left, .length = sizeof(info),
	    .data = (__u64)(unsigned long)&info);
	printf("{\"bench\": \"bytes\", \"objects\": %llu, \"slots\": %d, \"payload\": %d, "
	       "\"charged\": %llu, \"bytes\": %llu, \"table_bytes\": %llu, "
	       "\"memory\": %lld}\n",
	       after.objects - before.objects, SHAPE_SLOTS, SHAPE_PAYLOAD, info.charged,
	       after.bytes - before.bytes, after.table_bytes - before.table_bytes,
	       free_before - free_after);
	ONE(.opcode = MHEAP_OP_STORE, .object = holder);
	if (ioctl(heap, MHEAP_IOC_SETTLE) < 0)
		die("settle: %m");
}

int main(void)
{
	heap = open("/dev/mheap", O_RDWR | O_CLOEXEC);
	if (heap < 0)
		die("/dev/mheap: %m");
	holder = new_object();
	left = new_object();
	right = new_object();
	weak = ONE(.opcode = MHEAP_OP_WEAK, .object = holder);
	for (__u32 slot = 0; slot < HOLDER_SLOTS; slot++)
		ONE(.opcode = MHEAP_OP_STORE, .object = holder, .slot = slot, .target = left);

	measure_empty();
	measure_each();
	measure_batches();
	measure_bytes();
	return 0;
}
