// SPDX-License-Identifier: GPL-2.0-only
/* Joins of the same descriptors at once, and what else is done to them meanwhile. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "sharing.h"
#include "tap.h"

#define ROUNDS	(10 * tap_number("MHEAP_TEST_ROUNDS", 50))

/* Two threads that do something at once, time and again. */
static struct {
	pthread_barrier_t barrier;
	int heap[3];
	long result;
} race;

static void race_begin(void)
{
	int i;

	for (i = 0; i < 3; i++)
		race.heap[i] = heap_open();
	pthread_barrier_wait(&race.barrier);
}

static void race_end(void)
{
	pthread_barrier_wait(&race.barrier);
}

static void race_close(void)
{
	int i;

	for (i = 0; i < 3; i++)
		if (race.heap[i] >= 0)
			heap_close(race.heap[i]);
}

static void start_race(pthread_t *thread, void *(*other)(void *rounds), unsigned long *rounds)
{
	CHECK(!pthread_barrier_init(&race.barrier, NULL, 2));
	CHECK(!pthread_create(thread, NULL, other, rounds));
}

static void *join_backwards(void *rounds)
{
	unsigned long i;

	for (i = *(unsigned long *)rounds; i; i--) {
		pthread_barrier_wait(&race.barrier);
		race.result = heap_join(race.heap[1], race.heap[0]);
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

TEST(of_two_that_join_each_other_one_is_busy)
{
	unsigned long rounds = ROUNDS, i, won = 0;
	pthread_t thread;
	long result;

	start_race(&thread, join_backwards, &rounds);
	for (i = 0; i < rounds; i++) {
		race_begin();
		result = heap_join(race.heap[0], race.heap[1]);
		race_end();
		CHECK((!result && race.result == -EBUSY) ||
		      (result == -EBUSY && !race.result));
		won += !result;
		check_same_heap(race.heap[0], race.heap[1]);
		CHECK_EQ(heap_stats(race.heap[0]).sessions, 2);
		race_close();
	}
	pthread_join(thread, NULL);
	tap_note("%lu of %lu one way, the others the other way", won, rounds);
	CHECK(heap_wait_none());
}

static void *join_a_third(void *rounds)
{
	unsigned long i;

	for (i = *(unsigned long *)rounds; i; i--) {
		pthread_barrier_wait(&race.barrier);
		race.result = heap_join(race.heap[1], race.heap[2]);
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

TEST(who_is_joined_while_it_joins_is_in_one_heap_with_both_or_busy)
{
	unsigned long rounds = ROUNDS, i, busy = 0;
	pthread_t thread;

	start_race(&thread, join_a_third, &rounds);
	for (i = 0; i < rounds; i++) {
		race_begin();
		CHECK_EQ(heap_join(race.heap[0], race.heap[1]), 0);
		race_end();
		check_same_heap(race.heap[0], race.heap[1]);
		if (race.result) {
			CHECK_EQ(race.result, -EBUSY);
			CHECK_EQ(heap_stats(race.heap[0]).sessions, 2);
			CHECK_EQ(heap_stats(race.heap[2]).sessions, 1);
			busy++;
		} else {
			check_same_heap(race.heap[0], race.heap[2]);
			CHECK_EQ(heap_stats(race.heap[0]).sessions, 3);
		}
		race_close();
	}
	pthread_join(thread, NULL);
	tap_note("%lu of %lu busy", busy, rounds);
	CHECK(heap_wait_none());
}

static void *join_the_same(void *rounds)
{
	unsigned long i;

	for (i = *(unsigned long *)rounds; i; i--) {
		pthread_barrier_wait(&race.barrier);
		race.result = heap_join(race.heap[0], race.heap[2]);
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

TEST(of_two_joins_of_one_descriptor_one_is_busy)
{
	unsigned long rounds = ROUNDS, i;
	pthread_t thread;
	long result;

	start_race(&thread, join_the_same, &rounds);
	for (i = 0; i < rounds; i++) {
		race_begin();
		result = heap_join(race.heap[0], race.heap[1]);
		race_end();
		CHECK((!result && race.result == -EBUSY) ||
		      (result == -EBUSY && !race.result));
		check_same_heap(race.heap[0], race.heap[result ? 2 : 1]);
		race_close();
	}
	pthread_join(thread, NULL);
	CHECK(heap_wait_none());
}

static void *submit_meanwhile(void *rounds)
{
	unsigned long i;
	int k;

	for (i = *(unsigned long *)rounds; i; i--) {
		pthread_barrier_wait(&race.barrier);
		for (k = 0; k < 3; k++)
			make_ring(race.heap[0]);
		race.result = heap_get(race.heap[0], op_new(0, 0, 5));
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

TEST(what_is_submitted_meanwhile_is_done_in_one_of_the_heaps)
{
	unsigned long rounds = ROUNDS, i, busy = 0;
	pthread_t thread;
	long result;

	start_race(&thread, submit_meanwhile, &rounds);
	for (i = 0; i < rounds; i++) {
		race_begin();
		result = heap_join(race.heap[0], race.heap[1]);
		race_end();
		CHECK(!result || result == -EBUSY);
		busy += !!result;
		CHECK_EQ(heap_stats(race.heap[1]).objects, result ? 0 : 7);
		CHECK_EQ(heap_stats(race.heap[0]).objects, 7);
		heap_do(race.heap[0], op_drop(race.result));
		CHECK_EQ(heap_collect(race.heap[0], 2).freed, 6);
		race_close();
	}
	pthread_join(thread, NULL);
	tap_note("%lu of %lu busy", busy, rounds);
	CHECK(heap_wait_none());
}

static void *close_meanwhile(void *rounds)
{
	unsigned long i;

	for (i = *(unsigned long *)rounds; i; i--) {
		pthread_barrier_wait(&race.barrier);
		heap_close(race.heap[1]);
		race.heap[1] = -1;
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

TEST(target_that_is_closed_meanwhile_is_joined_or_bad)
{
	unsigned long rounds = ROUNDS, i, bad = 0;
	struct mheap_stats target;
	pthread_t thread;
	long result;
	int fd;

	start_race(&thread, close_meanwhile, &rounds);
	for (i = 0; i < rounds; i++) {
		race_begin();
		fd = race.heap[1];
		result = fd < 0 ? -EBADF : heap_join(race.heap[0], fd);
		race_end();
		CHECK(!result || result == -EBADF);
		bad += !!result;
		target = heap_stats(race.heap[0]);
		CHECK_EQ(target.sessions, 1);
		CHECK(has_folder(&target));
		make_ring(race.heap[0]);
		CHECK_EQ(heap_collect(race.heap[0], 2).freed, 2);
		race_close();
	}
	pthread_join(thread, NULL);
	tap_note("%lu of %lu bad", bad, rounds);
	CHECK(heap_wait_none());
}

static void *ask_meanwhile(void *rounds)
{
	struct mheap_collect collect = { .generation = 2 };
	unsigned long i;

	for (i = *(unsigned long *)rounds; i; i--) {
		pthread_barrier_wait(&race.barrier);
		heap_stats(race.heap[0]);
		race.result = heap_ioctl(race.heap[0], MHEAP_IOC_COLLECT, &collect);
		heap_settle(race.heap[0]);
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

TEST(requests_meanwhile_concern_one_of_the_heaps)
{
	unsigned long rounds = ROUNDS, i;
	pthread_t thread;

	start_race(&thread, ask_meanwhile, &rounds);
	for (i = 0; i < rounds; i++) {
		race_begin();
		CHECK_EQ(heap_join(race.heap[0], race.heap[1]), 0);
		race_end();
		CHECK_EQ(race.result, 0);
		check_same_heap(race.heap[0], race.heap[1]);
		race_close();
	}
	pthread_join(thread, NULL);
	CHECK(heap_wait_none());
}
