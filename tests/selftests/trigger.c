// SPDX-License-Identifier: GPL-2.0-only
/*
 * Triggers: each of them is seen to collect, through its counter, and not to where it
 * is off or automatic collection is.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event.h"
#include "heap.h"
#include "tap.h"

static const char *const causes[] = {
	"threshold", "ceiling", "request", "interval", "idle", "close", "limit", "pressure",
};

static long long collections_by(int heap, const char *cause)
{
	char file[60];
	long long number;

	snprintf(file, sizeof(file), "stats/collections_by_%s", cause);
	CHECK_EQ(heap_numbers(heap, file, &number, 1), 1);
	return number;
}

/* A heap that nothing but what is under test makes collect. */
static int open_heap(void)
{
	const int heap = heap_open();

	heap_set_threshold(heap, MHEAP_THRESHOLD_MAX, MHEAP_THRESHOLD_MAX, MHEAP_THRESHOLD_MAX);
	CHECK(heap_write(heap, "garbage_ceiling", "0") > 0);
	CHECK(heap_write(heap, "shrink", "0") > 0);
	return heap;
}

static void litter(int heap, unsigned int rings, __u64 length)
{
	struct mheap_op ops[2] = {
		op_temp(op_new(0, 1, length)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
	};

	while (rings--)
		heap_do_all(heap, ops, 2);
}

struct wait {
	int heap;
	const char *cause;
	long long more_than;
};

static int is_collected(void *data)
{
	const struct wait *wait = data;

	return collections_by(wait->heap, wait->cause) > wait->more_than &&
	       !heap_stats(wait->heap).objects;
}

static void wait_collected(int heap, const char *cause, long long more_than)
{
	struct wait wait = { heap, cause, more_than };

	CHECK(tap_wait(is_collected, &wait));
}

/* Every collection has one cause, and it is not one of the others. */
static void check_only(int heap, const char *cause)
{
	const struct mheap_stats stats = heap_stats(heap);
	unsigned long long sum = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (!strcmp(causes[i], cause))
			sum = collections_by(heap, causes[i]);
		else
			CHECK_EQ(collections_by(heap, causes[i]), 0);
	CHECK(sum >= stats.generation[0].collections + stats.generation[1].collections +
		     stats.generation[2].collections);
}

static int is_threshold_reached(void *heap)
{
	return collections_by(*(int *)heap, "threshold") > 0;
}

TEST(threshold_is_a_cause)
{
	int heap = open_heap();

	heap_set_threshold(heap, 100, 10, 10);
	litter(heap, 1000, 0);
	CHECK(tap_wait(is_threshold_reached, &heap));
	heap_set_threshold(heap, 0, 10, 10);
	check_only(heap, "threshold");
}

TEST(request_is_a_cause)
{
	const int heap = open_heap();

	heap_collect(heap, 0);
	CHECK(heap_write(heap, "collect", "2") > 0);
	CHECK_EQ(collections_by(heap, "request"), 2);
	check_only(heap, "request");
}

TEST(ceiling_is_a_cause)
{
	const int heap = open_heap();

	CHECK(heap_write(heap, "garbage_ceiling", "50") > 0);
	litter(heap, 12000, 1000);
	CHECK(heap_write(heap, "garbage_ceiling", "0") > 0);
	CHECK(collections_by(heap, "ceiling") > 0);
	check_only(heap, "ceiling");
}

TEST(interval_collects)
{
	const int heap = open_heap();

	litter(heap, 100, 0);
	CHECK(heap_write(heap, "interval_ms", "20") > 0);
	wait_collected(heap, "interval", 0);
	litter(heap, 100, 0);
	wait_collected(heap, "interval", 1);
	check_only(heap, "interval");
}

/* A ring is made and collected. */
static void litter_once(int heap, const char *cause)
{
	const long long before = collections_by(heap, cause);

	litter(heap, 1, 0);
	wait_collected(heap, cause, before);
}

/* Looks pass without a collection: seen by that of another heap, which has work. */
static void check_rests(int heap, const char *setting, const char *cause)
{
	const int other = open_heap();
	long long before;
	int i;

	CHECK(heap_write(heap, setting, "20") > 0);
	wait_collected(heap, cause, 0);
	litter(other, 1, 0);
	CHECK(heap_write(other, setting, "40") > 0);
	/* What the collection itself left to be released may be worth another. */
	wait_collected(other, cause, 0);
	for (i = 0; i < 2; i++)
		litter_once(other, cause);
	before = collections_by(heap, cause);
	for (i = 0; i < 5; i++)
		litter_once(other, cause);
	CHECK_EQ(collections_by(heap, cause), before);
}

TEST(interval_collects_nothing_twice)
{
	const int heap = open_heap();

	litter(heap, 100, 0);
	check_rests(heap, "interval_ms", "interval");
}

TEST(idle_heap_is_collected)
{
	const int heap = open_heap();

	litter(heap, 100, 0);
	CHECK(heap_write(heap, "idle_ms", "20") > 0);
	wait_collected(heap, "idle", 0);
	litter(heap, 100, 0);
	wait_collected(heap, "idle", 1);
	check_only(heap, "idle");
}

TEST(idle_heap_is_collected_once)
{
	const int heap = open_heap();

	litter(heap, 100, 0);
	check_rests(heap, "idle_ms", "idle");
}

static void *read_events(void *listener)
{
	struct mheap_event event;

	while (event_read(*(int *)listener, &event, 1) == 1)
		;
	return NULL;
}

static void check_rests_beside_listener(const char *setting, const char *cause)
{
	int heap = open_heap(), listener = heap_open_joined(heap);
	pthread_t thread;

	event_listen(listener, 1U << MHEAP_EVENT_COLLECTION_END);
	CHECK_EQ(pthread_create(&thread, NULL, read_events, &listener), 0);
	litter(heap, 100, 0);
	check_rests(heap, setting, cause);
	event_listen(listener, 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

TEST(who_is_told_of_collections_keeps_no_heap_from_rest)
{
	check_rests_beside_listener("interval_ms", "interval");
	check_rests_beside_listener("idle_ms", "idle");
}

TEST(close_of_a_session_collects)
{
	const int heap = open_heap();
	int other = heap_open_joined(heap);
	__u64 ring;

	ring = heap_get(other, op_new(0, 1, 0));
	heap_do(other, op_store(ring, 0, ring));
	heap_close(other);
	CHECK_EQ(heap_stats(heap).objects, 1);
	CHECK_EQ(collections_by(heap, "close"), 0);

	CHECK(heap_write(heap, "collect_on_close", "1") > 0);
	other = heap_open_joined(heap);
	litter(other, 10, 0);
	heap_close(other);
	wait_collected(heap, "close", 0);
	check_only(heap, "close");
}

/* Lets time pass, as another heap sees it, whose looks have work. */
static void wait_for_looks(int other)
{
	int i;

	CHECK(heap_write(other, "interval_ms", "40") > 0);
	for (i = 0; i < 3; i++)
		litter_once(other, "interval");
}

/* What the kernel does when it is short of memory. */
static void drop_caches(void)
{
	const int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0)
		tap_skip("/proc/sys/vm/drop_caches: %s", strerror(errno));
	CHECK_EQ(write(fd, "2", 1), 1);
	close(fd);
}

TEST(memory_pressure_collects)
{
	const int heap = open_heap(), other = open_heap();
	long long before;

	litter(heap, 1000, 1000);
	drop_caches();
	CHECK_EQ(heap_stats(heap).objects, 1000);
	CHECK(heap_write(heap, "shrink", "1") > 0);
	drop_caches();
	wait_collected(heap, "pressure", 0);
	check_only(heap, "pressure");
	/* It may have been asked for once more before all was released. */
	wait_for_looks(other);
	before = collections_by(heap, "pressure");
	/* Nothing has been made since. */
	drop_caches();
	wait_for_looks(other);
	CHECK_EQ(collections_by(heap, "pressure"), before);
}

/* Automatic collection of @heap is off. */
static void check_nothing_is_triggered(int heap)
{
	const int other = open_heap();
	unsigned int i;

	CHECK(heap_write(heap, "interval_ms", "10") > 0);
	CHECK(heap_write(heap, "idle_ms", "10") > 0);
	CHECK(heap_write(heap, "collect_on_close", "1") > 0);
	CHECK(heap_write(heap, "shrink", "1") > 0);
	CHECK(heap_write(heap, "garbage_ceiling", "50") > 0);
	litter(heap, 12000, 1000);
	heap_close(heap_open_joined(heap));
	drop_caches();
	/* The same happens to this one, later. */
	CHECK(heap_write(other, "interval_ms", "50") > 0);
	for (i = 0; i < 3; i++) {
		litter(other, 1, 0);
		wait_collected(other, "interval", i);
	}
	for (i = 0; i < ARRAY_SIZE(causes); i++)
		CHECK_EQ(collections_by(heap, causes[i]), 0);
	CHECK_EQ(heap_stats(heap).objects, 12000);
	/* Of several causes, the first one leaves nothing to the others. */
	CHECK(heap_write(heap, "idle_ms", "0") > 0);
	CHECK(heap_write(heap, "shrink", "0") > 0);
	CHECK(heap_write(heap, "garbage_ceiling", "0") > 0);
}

TEST(nothing_is_triggered_without_automatic_collection)
{
	const int heap = open_heap();

	heap_disable(heap);
	check_nothing_is_triggered(heap);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENABLE, NULL), 0);
	litter(heap, 1, 0);
	wait_collected(heap, "interval", 0);
}

TEST(nothing_is_triggered_with_a_threshold_of_zero)
{
	const int heap = open_heap();

	heap_set_threshold(heap, 0, 10, 10);
	check_nothing_is_triggered(heap);
	heap_set_threshold(heap, MHEAP_THRESHOLD_MAX, 10, 10);
	litter(heap, 1, 0);
	wait_collected(heap, "interval", 0);
}

TEST(settings_are_checked)
{
	static const struct {
		const char *file, *good, *bad[4];
	} settings[] = {
		{ "interval_ms", "86400000", { "86400001", "-1", "1 1", "x" } },
		{ "idle_ms", "86400000", { "86400001", "-1", "1 1", "x" } },
		{ "collect_on_close", "1", { "2", "-1", "1 1", "x" } },
		{ "shrink", "1", { "2", "-1", "1 1", "x" } },
	};
	const int heap = heap_open();
	long long before, number;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		tap_case("%s", settings[i].file);
		CHECK(heap_write(heap, settings[i].file, "0") > 0);
		CHECK_EQ(heap_numbers(heap, settings[i].file, &before, 1), 1);
		for (k = 0; k < ARRAY_SIZE(settings[i].bad); k++)
			CHECK_EQ(heap_write(heap, settings[i].file, settings[i].bad[k]), -EINVAL);
		CHECK_EQ(heap_numbers(heap, settings[i].file, &number, 1), 1);
		CHECK_EQ(number, before);
		CHECK(heap_write(heap, settings[i].file, settings[i].good) > 0);
		CHECK_EQ(heap_numbers(heap, settings[i].file, &number, 1), 1);
		CHECK(number != before);
	}
}

TEST(heaps_go_while_their_triggers_fire)
{
	const unsigned long rounds = 4 * tap_number("MHEAP_TEST_ROUNDS", 50);
	unsigned long i;
	int heap;

	for (i = 0; i < rounds; i++) {
		heap = heap_open();
		CHECK(heap_write(heap, "interval_ms", "1") > 0);
		CHECK(heap_write(heap, "idle_ms", "1") > 0);
		CHECK(heap_write(heap, "collect_on_close", "1") > 0);
		litter(heap, 20, 1000);
		heap_close(heap_open_joined(heap));
		usleep(i * 37 % 3000);
		if (i % 2)
			drop_caches();
		heap_close(heap);
	}
	CHECK(heap_wait_none());
}
