// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verification: every verdict of the collector is checked while programs go on.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define SLOTS	16
#define THREADS	3

static int first;
static _Atomic int stop;

static void check_verdicts(int heap, long long least)
{
	long long verdicts[3];

	CHECK_EQ(heap_numbers(heap, "stats/verdicts", verdicts, 3), 3);
	tap_note("%lld verdicts checked", verdicts[0]);
	CHECK(verdicts[0] >= least);
	CHECK_EQ(verdicts[1], 0);
	CHECK_EQ(verdicts[2], 0);
}

TEST(it_is_off_until_switched_on)
{
	const int heap = heap_open();
	long long on;

	CHECK_EQ(heap_numbers(heap, "verify", &on, 1), 1);
	CHECK_EQ(on, 0);
	heap_collect(heap, 2);
	check_verdicts(heap, 0);
	CHECK_EQ(heap_write(heap, "verify", "2"), -EINVAL);
	CHECK_EQ(heap_write(heap, "verify", "1"), 1);
	heap_collect(heap, 0);
	heap_collect(heap, 2);
	check_verdicts(heap, 2);
}

static __u32 next_slot(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & (SLOTS - 1);
}

/* Hang what a slot of @mine refers to on a new object, and that on @other. */
static void move_on(int heap, __u64 mine, __u64 other, __u32 from, __u32 to)
{
	struct mheap_op ops[] = {
		op_temp(op_new(0, SLOTS, 16)),
		op_temp(op_load(mine, from)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(1)),
		op_store(MHEAP_RESULT(0), 1, MHEAP_RESULT(0)),
		op_store(other, to, MHEAP_RESULT(0)),
		op_store(mine, from, 0),
		op_drop(other),
	};

	/* The slot may be empty: then there is nothing to store either. */
	CHECK_EQ(heap_submit(heap, ops, ARRAY_SIZE(ops), MHEAP_SUBMIT_CONTINUE),
		 ARRAY_SIZE(ops));
}

/* Moves references about in objects that all sessions share. */
static void *shuffle(void *argument)
{
	const long number = (long)argument;
	const int heap = number ? heap_open_joined(first) : first;
	unsigned long round, rounds = tap_number("MHEAP_TEST_ROUNDS", 50) * 20;
	char name[2] = { 'a' + number, 0 };
	const __u64 mine = heap_get(heap, op_lookup(name));
	unsigned int seed = number + 1;

	for (round = 0; round < rounds; round++) {
		name[0] = 'a' + next_slot(&seed) % THREADS;
		move_on(heap, mine, heap_get(heap, op_lookup(name)), next_slot(&seed),
			next_slot(&seed));
	}
	stop++;
	return NULL;
}

TEST(no_verdict_is_wrong_while_sessions_move_references)
{
	pthread_t threads[THREADS];
	char name[2] = { 0, 0 };
	__u32 generation = 0;
	long i;

	first = heap_open();
	heap_set_threshold(first, 10, 2, 2);
	CHECK_EQ(heap_write(first, "verify", "1"), 1);
	for (i = 0; i < THREADS; i++) {
		name[0] = 'a' + i;
		heap_do(first, op_publish(heap_get(first, op_new(0, SLOTS, 0)), name));
	}
	for (i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, shuffle, (void *)i));
	while (stop < THREADS)
		heap_collect(first, generation++ % 3);
	for (i = 0; i < THREADS; i++)
		CHECK(!pthread_join(threads[i], NULL));
	check_verdicts(first, 3);
}
