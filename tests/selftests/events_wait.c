// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events, and processes and threads that wait for them: who is woken, and what becomes
 * of those that were read by somebody who is killed.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event.h"
#include "heap.h"
#include "tap.h"

struct waiter {
	int heap;
	pthread_t thread;
	struct mheap_event event;
	int result;
	int over;
};

static void *wait_for_event(void *data)
{
	struct waiter *waiter = data;

	waiter->result = event_read(waiter->heap, &waiter->event, 1);
	__atomic_store_n(&waiter->over, 1, __ATOMIC_RELEASE);
	return NULL;
}

static int is_over(void *data)
{
	return __atomic_load_n(&((struct waiter *)data)->over, __ATOMIC_ACQUIRE);
}

static void begin_to_wait(struct waiter *waiter, int heap)
{
	memset(waiter, 0, sizeof(*waiter));
	waiter->heap = heap;
	CHECK_EQ(pthread_create(&waiter->thread, NULL, wait_for_event, waiter), 0);
}

TEST(a_reader_waits_for_what_another_session_does)
{
	const int heap = heap_open(), other = heap_open_joined(heap);
	struct waiter waiter;

	CHECK_EQ(event_try_listen(heap, FINALIZE), 0);
	begin_to_wait(&waiter, heap);
	usleep(20000);	/* it may be waiting by now, or not: both are good */
	CHECK(!is_over(&waiter));
	event_lose(other, 3, 1);
	CHECK(tap_wait(is_over, &waiter));
	CHECK_EQ(waiter.result, 1);
	CHECK_EQ(waiter.event.cookie, 3);
	heap_do(heap, op_drop(waiter.event.handle));
}

TEST(a_reader_is_let_go_when_its_session_ceases_to_listen)
{
	const int heap = heap_open();
	struct waiter waiter;

	CHECK_EQ(event_try_listen(heap, FINALIZE), 0);
	begin_to_wait(&waiter, heap);
	usleep(20000);
	CHECK(!is_over(&waiter));
	CHECK_EQ(event_try_listen(heap, 0), 0);
	CHECK(tap_wait(is_over, &waiter));
	CHECK_EQ(waiter.result, 0);
}

/* The file lives on while somebody reads from it. */
TEST(a_descriptor_is_closed_under_its_reader)
{
	const int heap = heap_open(), other = heap_open_joined(heap);
	struct waiter waiter;

	CHECK_EQ(event_try_listen(heap, FINALIZE), 0);
	begin_to_wait(&waiter, heap);
	usleep(20000);
	heap_close(heap);
	/* It was not in read() yet, or it was. */
	CHECK(!is_over(&waiter) || waiter.result == -EBADF);
	event_lose(other, 3, 1);
	CHECK(tap_wait(is_over, &waiter));
	CHECK(waiter.result == 1 || waiter.result == -EBADF);
}

static void ignore(int number)
{
	(void)number;
}

TEST(a_signal_ends_the_waiting)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	const struct sigaction action = { .sa_handler = ignore };	/* without SA_RESTART */
	const int heap = heap_open();
	struct mheap_event event;

	CHECK_EQ(event_try_listen(heap, FINALIZE), 0);
	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	CHECK_EQ(event_read(heap, &event, 1), -EINTR);
}

/* The session belongs to the file: a child that inherits it reads for it. */
TEST(a_child_reads_for_the_session)
{
	const int heap = heap_open();
	struct mheap_event event;
	int status;
	pid_t child;

	event_listen(heap, FINALIZE);
	event_lose(heap, 1, 2);
	child = fork();
	if (!child) {
		event = event_next(heap, MHEAP_EVENT_FINALIZE);
		_exit(event.cookie != 1);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(event_next(heap, MHEAP_EVENT_FINALIZE).cookie, 2);
	/* The handle that the child got is the session's, and so still there. */
	CHECK_EQ(heap_stats(heap).handles, 2);
}

static int all_are_gone(void *data)
{
	const int heap = *(int *)data;
	struct mheap_stats stats = heap_stats(heap);

	return stats.sessions == 1 && heap_objects(heap) == (__u64)stats.finalizing;
}

TEST(a_killed_reader_loses_only_what_it_has_read)
{
	int heap = heap_open();
	struct mheap_event event;
	int own, status, i;
	pid_t child;

	event_listen(heap, FINALIZE);
	event_lose(heap, 0, 5);
	child = fork();
	if (!child) {
		own = heap_open_joined(heap);
		event_listen(own, FINALIZE);
		event_next(own, MHEAP_EVENT_FINALIZE);
		event_next(own, MHEAP_EVENT_FINALIZE);
		kill(getpid(), SIGKILL);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status));
	CHECK(tap_wait(all_are_gone, &heap));
	for (i = 2; i < 5; i++) {
		event = event_next(heap, MHEAP_EVENT_FINALIZE);
		CHECK_EQ(event.cookie, i);
		heap_do(heap, op_drop(event.handle));
	}
	event_check_silent(heap);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).finalizers_skipped, 0);
}
