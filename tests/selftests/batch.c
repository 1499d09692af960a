// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: what is executed, what is told, and what is left behind.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define UNTOUCHED	0x5555555555555555LL

static struct mheap_op many[MHEAP_BATCH_MAX + 1];

static void fill(struct mheap_op *ops, unsigned int count, struct mheap_op op)
{
	unsigned int i;

	op.result = UNTOUCHED;
	for (i = 0; i < count; i++)
		ops[i] = op;
}

/* Two pages of which only the first can be used, so; its end. */
static void *edge(int protection_of_the_second)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	CHECK(page != MAP_FAILED);
	CHECK(!mprotect(page + 4096, 4096, protection_of_the_second));
	return page + 4096;
}

TEST(empty_batch_does_nothing)
{
	const int heap = heap_open();

	CHECK_EQ(heap_submit(heap, NULL, 0, 0), 0);
	CHECK_EQ(heap_submit(heap, (void *)8, 0, MHEAP_SUBMIT_CONTINUE), 0);
}

TEST(stops_behind_the_first_failure)
{
	const int heap = heap_open();

	fill(many, 4, op_new(0, 0, 0));
	many[1].slots = ~0U;
	CHECK_EQ(heap_submit(heap, many, 4, 0), 2);
	CHECK(many[0].result > 0);
	CHECK_EQ(many[1].result, -E2BIG);
	CHECK_EQ(many[2].result, UNTOUCHED);
	CHECK_EQ(many[3].result, UNTOUCHED);
	CHECK_EQ(heap_objects(heap), 1);
}

TEST(goes_on_behind_a_failure_with_continue)
{
	const int heap = heap_open();

	fill(many, 4, op_new(0, 0, 0));
	many[1].slots = ~0U;
	CHECK_EQ(heap_submit(heap, many, 4, MHEAP_SUBMIT_CONTINUE), 4);
	CHECK_EQ(many[1].result, -E2BIG);
	CHECK(many[3].result > 0);
	CHECK_EQ(heap_objects(heap), 3);
}

TEST(failure_at_any_place_stops_there)
{
	enum { COUNT = 200 };
	const int heap = heap_open();
	int at, i;

	for (at = 0; at < COUNT; at++) {
		tap_case("failure at %d", at);
		fill(many, COUNT, op_temp(op_new(0, 0, 0)));
		many[at].flags = 1 << 15;
		CHECK_EQ(heap_submit(heap, many, COUNT, 0), at + 1);
		for (i = 0; i < COUNT; i++)
			CHECK_EQ(many[i].result, i < at ? 0 : i == at ? -EINVAL : UNTOUCHED);
	}
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(nothing_but_the_result_is_written)
{
	const int heap = heap_open();
	struct mheap_op ops[] = {
		op_temp(op_new(5, 3, 100)),
		op_temp(op_load(MHEAP_RESULT(0), 0)),
		op_temp(op_swap(MHEAP_RESULT(0), 1, MHEAP_RESULT(0))),
		op_write(MHEAP_RESULT(0), 0, "abc", 3),
		op_info(12345, NULL),
		op_drop(MHEAP_RESULT(0)),
	};
	struct mheap_op before[ARRAY_SIZE(ops)];
	unsigned int i;

	memcpy(before, ops, sizeof(ops));
	CHECK_EQ(heap_submit(heap, ops, ARRAY_SIZE(ops), MHEAP_SUBMIT_CONTINUE),
		 ARRAY_SIZE(ops));
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		before[i].result = ops[i].result;
	CHECK(!memcmp(before, ops, sizeof(ops)));
}

TEST(longest_batch_is_executed)
{
	const int heap = heap_open();
	unsigned int i;

	fill(many, MHEAP_BATCH_MAX, op_new(0, 0, 0));
	CHECK_EQ(heap_submit(heap, many, MHEAP_BATCH_MAX, 0), MHEAP_BATCH_MAX);
	CHECK_EQ(heap_objects(heap), MHEAP_BATCH_MAX);
	CHECK_EQ(heap_stats(heap).handles, MHEAP_BATCH_MAX);
	for (i = 0; i < MHEAP_BATCH_MAX; i++)
		many[i] = op_drop(many[i].result);
	heap_do_all(heap, many, MHEAP_BATCH_MAX);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).handles, 0);
}

TEST(longer_batch_is_invalid)
{
	const int heap = heap_open();
	struct mheap_submit submit = { .ops = (uintptr_t)many };
	unsigned int i;

	fill(many, MHEAP_BATCH_MAX + 1, op_new(0, 1, 0));
	for (i = 17; i <= 32; i++) {
		submit.count = (1ULL << i) - 1;
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SUBMIT, &submit), -EINVAL);
	}
	submit.count = MHEAP_BATCH_MAX + 1;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SUBMIT, &submit), -EINVAL);
	CHECK_EQ(many[0].result, UNTOUCHED);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(unknown_flag_is_invalid)
{
	const int heap = heap_open();
	int bit;

	fill(many, 1, op_new(0, 0, 0));
	for (bit = 1; bit < 32; bit++)
		CHECK_EQ(heap_submit(heap, many, 1, 1U << bit), -EINVAL);
	CHECK_EQ(heap_submit(heap, many, 0, 1U << 1), -EINVAL);
	CHECK_EQ(many[0].result, UNTOUCHED);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(array_that_is_not_there_is_a_fault)
{
	const int heap = heap_open();
	struct mheap_op *ops = edge(PROT_NONE);

	CHECK_EQ(heap_submit(heap, NULL, 1, 0), -EFAULT);
	CHECK_EQ(heap_submit(heap, (void *)-64L, 1, 0), -EFAULT);
	CHECK_EQ(heap_submit(heap, ops, 1, 0), -EFAULT);
	CHECK_EQ(heap_submit(heap, ops, 1, MHEAP_SUBMIT_CONTINUE), -EFAULT);
	CHECK_EQ(heap_submit(heap, (void *)((char *)ops - 8), 1, 0), -EFAULT);
	CHECK_EQ(heap_submit(heap, (void *)((char *)ops - 8), 500, 0), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SUBMIT, NULL), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SUBMIT, (char *)ops - 4), -EFAULT);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(batch_ends_where_the_array_ends)
{
	const int heap = heap_open();
	const unsigned int size = sizeof(struct mheap_op);
	char *end = edge(PROT_NONE);
	unsigned int readable, extra;
	char *begin;

	for (readable = 1; readable < 56; readable++)
		for (extra = 0; extra < size; extra += 28) {
			tap_case("%u records and %u bytes", readable, extra);
			if (readable * size + extra > 4096)
				continue;
			begin = end - readable * size - extra;
			fill((void *)begin, readable, op_new(0, 0, 0));
			memset(end - extra, 0, extra);
			CHECK_EQ(heap_submit(heap, (void *)begin, readable + 1, 0), readable);
			CHECK_EQ(heap_submit(heap, (void *)begin, 60000,
					     MHEAP_SUBMIT_CONTINUE), readable);
			CHECK(((struct mheap_op *)begin)[readable - 1].result > 0);
		}
}

TEST(long_batch_ends_where_the_array_ends)
{
	enum { READABLE = 1000 };
	const int heap = heap_open();
	const size_t bytes = (READABLE * sizeof(struct mheap_op) + 4095) / 4096 * 4096;
	char *room = mmap(NULL, bytes + 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mheap_op *ops = (void *)(room + bytes) - READABLE * sizeof(*ops);

	CHECK(room != MAP_FAILED);
	CHECK(!munmap(room + bytes, 4096));
	fill(ops, READABLE, op_temp(op_new(0, 0, 0)));
	CHECK_EQ(heap_submit(heap, ops, 2 * READABLE, 0), READABLE);
	CHECK_EQ(ops[READABLE - 1].result, 0);
	CHECK_EQ(heap_stats(heap).created, READABLE);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(array_that_cannot_be_written_is_a_fault)
{
	const int heap = heap_open();
	struct mheap_op *ops = (struct mheap_op *)edge(PROT_READ | PROT_WRITE) - 8;
	char *page = (char *)(ops + 8) - 4096;

	fill(ops, 8, op_temp(op_new(0, 0, 0)));
	CHECK(!mprotect(page, 4096, PROT_READ));
	CHECK_EQ(heap_submit(heap, ops, 8, 0), -EFAULT);
	CHECK_EQ(ops[0].result, UNTOUCHED);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(batch_ends_where_the_array_cannot_be_written)
{
	enum { WRITABLE = 40, COUNT = 90 };
	const int heap = heap_open();
	struct mheap_op *ops = (struct mheap_op *)edge(PROT_READ | PROT_WRITE) - WRITABLE;
	int i;

	fill(ops, COUNT, op_temp(op_new(0, 0, 0)));
	CHECK(!mprotect(ops + WRITABLE, 4096, PROT_READ));
	CHECK_EQ(heap_submit(heap, ops, COUNT, 0), WRITABLE);
	for (i = 0; i < COUNT; i++)
		CHECK_EQ(ops[i].result, i < WRITABLE ? 0 : UNTOUCHED);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(array_may_lie_anywhere)
{
	const int heap = heap_open();
	char room[4 * sizeof(struct mheap_op)];
	struct mheap_op ops[3];
	int shift;

	for (shift = 0; shift < 8; shift++) {
		fill(ops, 3, op_temp(op_new(0, 0, 0)));
		ops[2] = op_same(MHEAP_RESULT(0), MHEAP_RESULT(1));
		memcpy(room + shift, ops, sizeof(ops));
		CHECK_EQ(heap_submit(heap, (void *)(room + shift), 3, 0), 3);
		memcpy(ops, room + shift, sizeof(ops));
		CHECK_EQ(ops[0].result, 0);
		CHECK_EQ(ops[2].result, 0);
	}
}

TEST(temporaries_go_at_the_end)
{
	const int heap = heap_open();
	unsigned int count;

	for (count = 1; count < 1000; count = count * 3 / 2 + 1) {
		tap_case("%u temporaries", count);
		fill(many, count, op_temp(op_new(0, 1, 3)));
		heap_do_all(heap, many, count);
		CHECK_EQ(heap_objects(heap), 0);
		CHECK_EQ(heap_stats(heap).bytes, 0);
	}
}

TEST(temporaries_go_when_the_batch_fails)
{
	const int heap = heap_open();

	fill(many, 500, op_temp(op_new(0, 1, 3)));
	many[400] = op_drop(1);
	CHECK_EQ(heap_submit(heap, many, 500, 0), 401);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(temporaries_live_until_the_end)
{
	enum { COUNT = 5000 };
	const int heap = heap_open();
	int i;

	fill(many, COUNT, op_temp(op_new(0, 1, 0)));
	for (i = 1; i < COUNT - 1; i++)
		many[i] = op_weak(MHEAP_RESULT(0));
	many[COUNT - 1] = op_upgrade(MHEAP_RESULT(1));
	heap_do_all(heap, many, COUNT);
	CHECK(many[COUNT - 1].result > 0);
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(heap_info(heap, many[COUNT - 1].result).references, 1);
}

TEST(result_is_found_from_any_distance)
{
	const int heap = heap_open();
	const __u64 root = heap_get(heap, op_new(0, 1, 0));
	unsigned int i;

	fill(many, MHEAP_BATCH_MAX, op_temp(op_new(0, 0, 0)));
	for (i = 1; i < MHEAP_BATCH_MAX; i += 2)
		many[i] = op_temp(op_swap(root, 0, MHEAP_RESULT((i / 3 * 2) & ~1U)));
	many[MHEAP_BATCH_MAX - 1] = op_store(root, 0, MHEAP_RESULT(0));
	heap_do_all(heap, many, MHEAP_BATCH_MAX);
	CHECK_EQ(heap_stats(heap).created, MHEAP_BATCH_MAX / 2 + 1);
	CHECK_EQ(heap_objects(heap), 2);
	CHECK_EQ(heap_stats(heap).handles, 1);
}

TEST(dropped_temporaries_cost_no_memory_until_the_end)
{
	enum { PAIRS = 1000 };
	const int heap = heap_open();
	int i;

	for (i = 0; i < PAIRS; i++) {
		many[2 * i] = op_temp(op_new(0, 0, 1000));
		many[2 * i + 1] = op_drop(MHEAP_RESULT(2 * i));
	}
	many[2 * PAIRS] = op_temp(op_new(0, 0, 0));
	heap_do_all(heap, many, 2 * PAIRS + 1);
	CHECK_EQ(heap_objects(heap), 0);
	/* One number after the other was used again: no second chunk of the table. */
	CHECK(heap_stats(heap).table_bytes < 100000);
}

TEST(operations_are_executed_in_order)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 64));
	char a[8] = "first", b[8] = "second", c[8];
	struct mheap_op ops[] = {
		op_write(object, 0, a, 8),
		op_read(object, 0, c, 8),	/* c becomes what the next one writes */
		op_write(object, 8, c, 8),
		op_write(object, 0, b, 8),
		op_read(object, 8, a, 8),
		op_read(object, 0, c, 8),
	};

	heap_do_all(heap, ops, ARRAY_SIZE(ops));
	CHECK(!strcmp(a, "first"));
	CHECK(!strcmp(c, "second"));
}

TEST(copies_of_any_size_mix)
{
	enum { COUNT = 300 };
	static unsigned char in[COUNT][MHEAP_IO_MAX], out[COUNT][MHEAP_IO_MAX];
	const int heap = heap_open();
	__u32 length;
	int i;

	for (i = 0; i < COUNT; i++) {
		length = i % 7 == 6 ? MHEAP_IO_MAX - i : i * i % 5000;
		memset(in[i], i, length);
		many[3 * i] = op_temp(op_new(0, i % 3, length));
		many[3 * i + 1] = op_write(MHEAP_RESULT(3 * i), 0, in[i], length);
		many[3 * i + 2] = op_read(MHEAP_RESULT(3 * i), 0, out[i], MHEAP_IO_MAX);
	}
	heap_do_all(heap, many, 3 * COUNT);
	for (i = 0; i < COUNT; i++) {
		length = many[3 * i].length;
		CHECK_EQ(many[3 * i + 1].result, length);
		CHECK_EQ(many[3 * i + 2].result, length);
		CHECK(!memcmp(in[i], out[i], length));
	}
}

TEST(many_writes_of_the_largest_size)
{
	enum { COUNT = 70 };
	const int heap = heap_open();
	unsigned char *in = malloc(MHEAP_IO_MAX);
	unsigned char byte;
	__u64 object;
	int i;

	object = heap_get(heap, op_new(0, 0, MHEAP_IO_MAX));
	memset(in, 'w', MHEAP_IO_MAX);
	fill(many, COUNT, op_write(object, 0, in, MHEAP_IO_MAX));
	heap_do_all(heap, many, COUNT);
	for (i = 0; i < COUNT; i++)
		CHECK_EQ(many[i].result, MHEAP_IO_MAX);
	CHECK_EQ(heap_run(heap, op_read(object, MHEAP_IO_MAX - 1, &byte, 1)), 1);
	CHECK_EQ(byte, 'w');
}

TEST(fault_of_data_stops_there)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 64));
	char data[8] = "abcdefg";
	struct mheap_op ops[] = {
		op_write(object, 0, data, 8),
		op_read(object, 0, (void *)8, 8),
		op_write(object, 8, data, 8),
	};

	ops[2].result = UNTOUCHED;
	CHECK_EQ(heap_submit(heap, ops, 3, 0), 2);
	CHECK_EQ(ops[1].result, -EFAULT);
	CHECK_EQ(ops[2].result, UNTOUCHED);
	CHECK_EQ(heap_submit(heap, ops, 3, MHEAP_SUBMIT_CONTINUE), 3);
	CHECK_EQ(ops[1].result, -EFAULT);
	CHECK_EQ(ops[2].result, 8);
	ops[1] = op_write(object, 0, (void *)8, 8);
	ops[2].result = UNTOUCHED;
	CHECK_EQ(heap_submit(heap, ops, 3, 0), 2);
	CHECK_EQ(ops[1].result, -EFAULT);
	CHECK_EQ(ops[2].result, UNTOUCHED);
}

static _Atomic int signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

TEST(signals_do_not_interrupt)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	const struct itimerval never = {};
	const int heap = heap_open();
	int round;

	CHECK(signal(SIGPROF, count_signal) != SIG_ERR);
	CHECK(!setitimer(ITIMER_PROF, &often, NULL));
	for (round = 0; round < 20 && signals < 20; round++) {
		fill(many, MHEAP_BATCH_MAX, op_temp(op_new(0, 0, 0)));
		heap_do_all(heap, many, MHEAP_BATCH_MAX);
	}
	CHECK(!setitimer(ITIMER_PROF, &never, NULL));
	CHECK(signals > 0);
	CHECK_EQ(heap_objects(heap), 0);
}
