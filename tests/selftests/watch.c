// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: sessions are told of deaths, once each, and of nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define MANY	20000

static int open_listening(void)
{
	const struct mheap_listen listen = { .kinds = 1 << MHEAP_EVENT_DEATH };
	const int heap = heap_open();

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_LISTEN, &listen), 0);
	CHECK(fcntl(heap, F_SETFL, O_NONBLOCK) == 0);
	heap_disable(heap);
	return heap;
}

static void check_silent(int heap)
{
	struct pollfd poll_fd = { .fd = heap, .events = POLLIN };
	struct mheap_event event;

	heap_settle(heap);
	CHECK_EQ(poll(&poll_fd, 1, 0), 0);
	CHECK(read(heap, &event, sizeof(event)) == -1 && errno == EAGAIN);
}

/* The next event is the death of an object, and nothing else is in it. */
static void check_death(int heap, __u64 id, __u64 cookie)
{
	struct pollfd poll_fd = { .fd = heap, .events = POLLIN };
	struct mheap_event event;

	CHECK_EQ(poll(&poll_fd, 1, 10000), 1);
	CHECK(poll_fd.revents & POLLIN);
	memset(&event, 0xee, sizeof(event));
	CHECK_EQ(read(heap, &event, sizeof(event)), sizeof(event));
	CHECK_EQ(event.kind, MHEAP_EVENT_DEATH);
	CHECK_EQ(event.id, id);
	CHECK_EQ(event.cookie, cookie);
	CHECK(event.time);
	CHECK(!event.handle && !event.generation);
	CHECK(!event.value[0] && !event.value[1] && !event.value[2]);
}

TEST(watch_tells_of_an_object_that_its_last_reference_leaves)
{
	const int heap = open_listening();
	const __u64 object = heap_get(heap, op_new(1, 1, 1));
	const __u64 copy = heap_get(heap, op_dup(object));
	const __u64 id = heap_info(heap, object).id;

	CHECK_EQ(heap_info(heap, object).flags & MHEAP_OBJECT_WATCHED, 0);
	heap_do(heap, op_watch(object, ~0ULL));
	CHECK_EQ(heap_info(heap, object).flags, MHEAP_OBJECT_WATCHED | MHEAP_OBJECT_TRACKED);
	heap_do(heap, op_drop(object));
	check_silent(heap);
	heap_do(heap, op_drop(copy));
	check_death(heap, id, ~0ULL);
	check_silent(heap);
}

TEST(watch_tells_of_an_object_that_a_collection_frees)
{
	const int heap = open_listening();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	const __u64 id = heap_info(heap, object).id;

	heap_do(heap, op_store(object, 0, object));
	heap_do(heap, op_watch(object, 5));
	heap_collect(heap, 2);
	check_silent(heap);
	heap_do(heap, op_drop(object));
	check_silent(heap);
	CHECK_EQ(heap_collect(heap, 2).freed, 1);
	check_death(heap, id, 5);
	check_silent(heap);
}

TEST(watch_in_a_batch_takes_what_the_batch_made)
{
	struct mheap_op ops[3] = {
		op_temp(op_new(0, 0, 0)), op_watch(MHEAP_RESULT(0), 3), op_drop(MHEAP_RESULT(0)),
	};
	const int heap = open_listening();
	struct mheap_event event;

	heap_do_all(heap, ops, 3);
	heap_settle(heap);
	CHECK_EQ(read(heap, &event, sizeof(event)), sizeof(event));
	CHECK_EQ(event.cookie, 3);
}

TEST(every_wrong_watch_says_what_is_wrong)
{
	const int heap = open_listening();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	const __u64 weak = heap_get(heap, op_weak(object));
	const __u64 id = heap_info(heap, object).id;

	CHECK_EQ(heap_run(heap, op_unwatch(object, 0)), -ENOENT);
	heap_do(heap, op_watch(weak, 0));
	CHECK_EQ(heap_run(heap, op_watch(weak, 0)), -EALREADY);
	CHECK_EQ(heap_run(heap, op_watch(object, 0)), -EALREADY);
	CHECK_EQ(heap_run(heap, op_unwatch(object, 1)), -ENOENT);
	heap_do(heap, op_unwatch(weak, 0));
	CHECK_EQ(heap_run(heap, op_unwatch(weak, 0)), -ENOENT);
	heap_do(heap, op_watch(object, 1));
	heap_do(heap, op_watch(object, 2));
	heap_do(heap, op_unwatch(object, 1));
	CHECK_EQ(heap_run(heap, op_watch(123, 0)), -EBADF);
	CHECK_EQ(heap_run(heap, op_unwatch(123, 0)), -EBADF);
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_run(heap, op_watch(object, 0)), -ESTALE);
	CHECK_EQ(heap_run(heap, op_unwatch(object, 2)), -ESTALE);
	CHECK_EQ(heap_run(heap, op_watch(weak, 0)), -ENOENT);
	CHECK_EQ(heap_run(heap, op_unwatch(weak, 2)), -ENOENT);
	check_death(heap, id, 2);
	CHECK_EQ(heap_run(heap, op_unwatch(weak, 2)), -ENOENT);
	check_silent(heap);
}

TEST(a_session_has_no_more_watches_than_it_may)
{
	const unsigned int some = 4096;
	static struct mheap_op ops[4096];
	const int heap = open_listening();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	unsigned int i, cookie;

	if (!tap_number("MHEAP_TEST_HUGE", 1))
		tap_skip("takes long where every allocation is followed");
	for (cookie = 0; cookie < MHEAP_WATCHES_MAX;) {
		for (i = 0; i < some; i++)
			ops[i] = op_watch(object, cookie++);
		heap_do_all(heap, ops, some);
	}
	CHECK_EQ(heap_run(heap, op_watch(object, cookie)), -ENOSPC);
	heap_do(heap, op_unwatch(object, 17));
	heap_do(heap, op_watch(object, cookie));
	CHECK_EQ(heap_run(heap, op_watch(object, 17)), -ENOSPC);
}

TEST(watches_of_sessions_that_do_not_listen_wait)
{
	const struct mheap_listen listen = { .kinds = 1 << MHEAP_EVENT_DEATH };
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	struct mheap_event event;

	heap_do(heap, op_watch(object, 9));
	heap_do(heap, op_drop(object));
	heap_settle(heap);
	CHECK_EQ(read(heap, &event, sizeof(event)), 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_LISTEN, &listen), 0);
	CHECK_EQ(read(heap, &event, sizeof(event)), sizeof(event));
	CHECK_EQ(event.cookie, 9);
}

TEST(memory_that_cannot_be_written_loses_no_death)
{
	void *nowhere = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const int heap = open_listening();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	const __u64 id = heap_info(heap, object).id;

	heap_do(heap, op_watch(object, 1));
	heap_do(heap, op_watch(object, 2));
	heap_do(heap, op_drop(object));
	heap_settle(heap);
	CHECK(nowhere != MAP_FAILED);
	CHECK(read(heap, nowhere, sizeof(struct mheap_event)) == -1 && errno == EFAULT);
	check_death(heap, id, 1);
	check_death(heap, id, 2);
	check_silent(heap);
}

/* Two sessions, each with its own; and one is killed with watches of all kinds. */
TEST(each_session_is_told_of_its_own)
{
	const int heap = open_listening();
	const int other = heap_open_joined(heap);
	__u64 object, id;
	int status;
	pid_t child;

	object = heap_get(heap, op_new(0, 0, 0));
	id = heap_info(heap, object).id;
	heap_do(heap, op_publish(object, "it"));
	heap_do(heap, op_drop(object));
	object = heap_get(other, op_lookup("it"));
	heap_do(other, op_watch(object, 1));
	heap_do(other, op_drop(object));
	child = fork();
	if (!child) {
		const int third = heap_open_joined(heap);
		int i;

		object = heap_get(third, op_lookup("it"));
		for (i = 0; i < 1000; i++)
			heap_do(third, op_watch(object, i));
		raise(SIGKILL);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status));
	object = heap_get(heap, op_lookup("it"));
	heap_do(heap, op_watch(object, 2));
	heap_do(heap, op_unpublish("it"));
	heap_do(heap, op_drop(object));
	check_death(heap, id, 2);
	check_silent(heap);
	CHECK_EQ(heap_objects(heap), 0);
}

/* Nobody reads, and nothing is lost. */
TEST(no_death_is_lost)
{
	static struct mheap_op ops[3 * 100];
	static struct mheap_event event[100];
	const int heap = open_listening();
	__u64 cookie = 0;
	int i, read_so_far = 0;
	ssize_t size;

	while (cookie < MANY) {
		for (i = 0; i < 300; i += 3) {
			ops[i] = op_temp(op_new(0, i % 2, 0));
			ops[i + 1] = op_watch(MHEAP_RESULT(i), cookie++);
			ops[i + 2] = op_drop(MHEAP_RESULT(i));
		}
		heap_do_all(heap, ops, 300);
	}
	heap_settle(heap);
	while ((size = read(heap, event, sizeof(event))) > 0)
		for (i = 0; i < (int)(size / sizeof(event[0])); i++)
			CHECK_EQ(event[i].cookie, read_so_far++);
	CHECK_EQ(read_so_far, MANY);
}

/* An object that waits for its finalizer is not dead. */
TEST(death_comes_behind_the_finalizer)
{
	const struct mheap_listen listen = {
		.kinds = 1 << MHEAP_EVENT_DEATH | 1 << MHEAP_EVENT_FINALIZE,
	};
	const int heap = open_listening();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	const __u64 id = heap_info(heap, object).id;
	const struct mheap_op final = { .opcode = MHEAP_OP_FINALIZER, .object = object };
	struct mheap_event event;

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_LISTEN, &listen), 0);
	heap_do(heap, final);
	heap_do(heap, op_watch(object, 4));
	heap_do(heap, op_drop(object));
	heap_settle(heap);
	CHECK_EQ(read(heap, &event, sizeof(event)), sizeof(event));
	CHECK_EQ(event.kind, MHEAP_EVENT_FINALIZE);
	check_silent(heap);
	heap_do(heap, op_drop(event.handle));
	check_death(heap, id, 4);
	check_silent(heap);
}
