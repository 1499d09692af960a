// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms: which bucket a time is counted in, adding from several threads, and
 * what the core books: stalls where a lock is contended and nowhere else, and one
 * time for each collection.
 */
#include <unistd.h>

#include "fixture.h"
#include "harness.h"
#include "histogram.h"

#define LAST	(MHEAP_HISTOGRAM_BUCKETS - 1)
#define THREADS	4
#define ADDS	10000

static u64 total(const struct mheap_histogram *histogram)
{
	u64 count[MHEAP_HISTOGRAM_BUCKETS];
	u64 sum = 0;
	int i;

	mheap_histogram_read(histogram, count);
	for (i = 0; i < MHEAP_HISTOGRAM_BUCKETS; i++)
		sum += count[i];
	return sum;
}

/* The bucket that a time is counted in, if it is counted once. */
static int bucket_of(u64 nanoseconds)
{
	struct mheap_histogram histogram = {};
	u64 count[MHEAP_HISTOGRAM_BUCKETS];
	int i;

	mheap_histogram_add(&histogram, nanoseconds);
	check_equal(total(&histogram), 1);
	mheap_histogram_read(&histogram, count);
	for (i = 0; i < LAST && !count[i]; i++)
		;
	return i;
}

static void buckets_are_powers_of_two(void)
{
	int i;

	check_equal(bucket_of(0), 0);
	check_equal(bucket_of(1), 1);
	for (i = 1; i < LAST; i++) {
		check_equal(bucket_of(1ULL << (i - 1)), i);
		check_equal(bucket_of((1ULL << i) - 1), i);
	}
	check_equal(bucket_of(1ULL << (LAST - 1)), LAST);
	check_equal(bucket_of(1ULL << LAST), LAST);
	check_equal(bucket_of(~0ULL), LAST);
}

static void *add_many(void *data)
{
	int i;

	for (i = 0; i < ADDS; i++)
		mheap_histogram_add(data, i);
	return NULL;
}

static void nothing_is_lost_between_threads(void)
{
	struct mheap_histogram histogram = {};
	pthread_t thread[THREADS];
	u64 count[MHEAP_HISTOGRAM_BUCKETS];
	int i;

	for (i = 0; i < THREADS; i++)
		check(!pthread_create(&thread[i], NULL, add_many, &histogram));
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	check_equal(total(&histogram), THREADS * ADDS);
	mheap_histogram_read(&histogram, count);
	check_equal(count[0], THREADS);
	check_equal(count[10], THREADS * 512);
	check_equal(count[14], THREADS * (ADDS - 8192));
}

static void nobody_waits_alone(void)
{
	struct fixture fixture;
	int i;

	fixture_begin(&fixture, 0);
	for (i = 0; i < 100; i++) {
		check_equal(mheap_session_enter(&fixture.session[0]), 0);
		mheap_session_leave(&fixture.session[0]);
		mheap_session_enter_always(&fixture.session[0]);
		mheap_session_leave(&fixture.session[0]);
	}
	fixture_collect(&fixture, MHEAP_OLDEST);
	check_equal(total(&fixture.heap.stalls), 0);
	fixture_end(&fixture);
}

static void *enter_and_leave(void *data)
{
	check_equal(mheap_session_enter(data), 0);
	mheap_session_leave(data);
	return NULL;
}

/* A lock that is held for a while, and somebody who comes meanwhile. */
static void check_stall(struct fixture *fixture, struct mutex *lock)
{
	const u64 before = total(&fixture->heap.stalls);
	u64 count[MHEAP_HISTOGRAM_BUCKETS];
	const int missed = __atomic_load_n(&lock->missed, __ATOMIC_RELAXED);
	u64 longest = 0;
	pthread_t thread;
	int i;

	mutex_lock(lock);
	check(!pthread_create(&thread, NULL, enter_and_leave, &fixture->session[0]));
	while (__atomic_load_n(&lock->missed, __ATOMIC_RELAXED) == missed)
		usleep(1000);
	usleep(50000);
	mutex_unlock(lock);
	pthread_join(thread, NULL);
	check_equal(total(&fixture->heap.stalls), before + 1);
	mheap_histogram_read(&fixture->heap.stalls, count);
	for (i = 0; i < MHEAP_HISTOGRAM_BUCKETS; i++)
		if (count[i])
			longest = i;
	/* Not a minute. */
	check(longest > 0 && longest < 36);
}

static void who_waits_is_counted(void)
{
	struct fixture fixture;

	fixture_begin(&fixture, 0);
	check_stall(&fixture, &fixture.session[0].lock);
	check_stall(&fixture, &fixture.session[0].lane.lock);
	fixture_end(&fixture);
}

static void collections_are_counted_by_generation(void)
{
	struct mheap_generation_figures figures[MHEAP_GENERATION_COUNT];
	struct fixture fixture;
	u32 g, i;

	fixture_begin(&fixture, 0);
	for (g = 0; g < MHEAP_GENERATION_COUNT; g++)
		for (i = 0; i < 3 * g + 1; i++)
			fixture_collect(&fixture, g);
	mheap_generations_get_figures(&fixture.heap.generations, figures);
	for (g = 0; g < MHEAP_GENERATION_COUNT; g++) {
		check_equal(total(&fixture.heap.generations.times[g]), 3 * g + 1);
		check_equal(figures[g].collections, 3 * g + 1);
	}
	fixture_end(&fixture);
}

static const struct test tests[] = {
	{ "buckets are powers of two", buckets_are_powers_of_two },
	{ "nothing is lost between threads", nothing_is_lost_between_threads },
	{ "nobody waits who is alone", nobody_waits_alone },
	{ "who waits for a lock is counted", who_waits_is_counted },
	{ "collections are counted by generation", collections_are_counted_by_generation },
	{},
};

const struct suite suite_histogram = { "histogram", tests };
