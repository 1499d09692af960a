// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests other than operations, where allocations fail: each in its turn, and all
 * behind so many pages. Nothing has changed then, and it works the next time.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "heap.h"
#include "memory.h"
#include "tap.h"

#define LARGE	40000

static int heap;
static __u64 holder;		/* 4 slots, 100 bytes; slot 0 refers to itself */
static char data[LARGE];

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

	heap = fault_open(&holder);
	before = heap_stats(heap);
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		for (nth = 1, failed = 1; failed; nth++) {
			tap_case("request %u, failure %u", i, nth);
			memset(&argument, 0, sizeof(argument));
			if (requests[i] == MHEAP_IOC_STATS)
				argument.stats.size = sizeof(argument.stats);
			fault_arm(nth);
			called = heap_ioctl(heap, requests[i], &argument);
			failed = fault_disarm();
			CHECK(called == 0 || (failed && called == -EFAULT));
		}
	fault_check_unchanged(heap, &before);
}

TEST(open_without_memory)
{
	unsigned int nth, failures = 0;
	int opened, failed = 1;

	fault_prepare();
	for (nth = 1; failed; nth++) {
		tap_case("failure %u", nth);
		fault_arm(nth);
		opened = open(HEAP_DEVICE, O_RDWR);
		failed = fault_disarm();
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

	fault_small_pieces(0);
	do {
		tap_case("%s with %u pages", name, pages);
		before = heap_stats(heap);
		fault_pages(pages++);
		fault_all(1);
		called = heap_ioctl(heap, request, argument);
		fault_all(0);
		if (called < 0) {
			CHECK_EQ(called, -ENOMEM);
			fault_check_unchanged(heap, &before);
		}
	} while (called < 0);
	fault_pages(0);
	undo(called);
	tap_note("%s: %u failures", name, pages - 1);
	CHECK(pages > 1);
}

/* Has everything in the first one of a heap fail once, which it may make up for. */
static void fail_request_once(const char *name, unsigned long request, const void *argument,
			      void undo(long called))
{
	struct mheap_stats before;
	unsigned int nth;
	int failed = 1;
	long called;

	for (nth = 1; failed; nth++) {
		heap_close(heap);
		heap = heap_open();
		heap_get(heap, op_new(0, 1, 1));
		tap_case("%s, failure %u", name, nth);
		before = heap_stats(heap);
		fault_arm(nth);
		called = heap_ioctl(heap, request, argument);
		failed = fault_disarm();
		if (called >= 0) {
			undo(called);
			continue;
		}
		CHECK(failed && (called == -ENOMEM || called == -EFAULT));
		fault_check_unchanged(heap, &before);
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

	heap = fault_open(&holder);
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

	heap = fault_open(&holder);
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

	heap = fault_open(&holder);
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

	fault_prepare();
	for (nth = 1; failed; nth++) {
		tap_case("failure %u", nth);
		heap = heap_open();
		before = heap_stats(heap);
		fault_arm(nth);
		called = heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, &page);
		failed = fault_disarm();
		if (called < 0) {
			CHECK(failed && (called == -ENOMEM || called == -EFAULT));
			failures += called == -ENOMEM;
			fault_check_unchanged(heap, &before);
			CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, &page), 0);
		}
		heap_get(heap, op_new(0, 1, 1));
		heap_close(heap);
	}
	tap_note("%u failures of %u attempts", failures, nth - 1);
	CHECK(failures > 5);
}

TEST(nothing_has_leaked)
{
	fault_prepare();
	fault_check_leaks();
}
