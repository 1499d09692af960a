// SPDX-License-Identifier: GPL-2.0-only
/* Processes that join one heap: what they share, and what goes when they die. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "sharing.h"
#include "tap.h"

/* Processes. A child runs a function; what fails in it fails the test. */
static pid_t start(void (*function)(int fd), int fd)
{
	const pid_t child = fork();

	CHECK(child >= 0);
	if (child)
		return child;
	signal(SIGALRM, SIG_DFL);
	function(fd);
	_exit(0);
}

static void finish(pid_t child)
{
	int status;

	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void kill_and_wait(pid_t child)
{
	int status;

	CHECK(!kill(child, SIGKILL));
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status));
}

/* A child joins and appends an object to what it finds under a name. */
static void append_to_what_is_found(int fd)
{
	const int heap = heap_open_joined(fd);
	const __u64 found = heap_get(heap, op_lookup("parent's"));
	char text[6];

	CHECK_EQ(heap_run(heap, op_read(found, 0, text, 6)), 6);
	CHECK(!memcmp(text, "hello", 6));
	heap_do(heap, op_store(found, 0, heap_get(heap, op_new(7, 1, 0))));
	heap_do(heap, op_publish(heap_get(heap, op_new(8, 0, 0)), "child's"));
}

/* What it left there is there, and nothing else. */
static void check_what_was_appended(int heap, __u64 object)
{
	CHECK_EQ(heap_stats(heap).sessions, 1);
	CHECK_EQ(heap_stats(heap).handles, 1);
	CHECK_EQ(heap_objects(heap), 3);
	CHECK_EQ(heap_info(heap, heap_get(heap, op_load(object, 0))).type, 7);
	CHECK_EQ(heap_info(heap, heap_get(heap, op_lookup("child's"))).type, 8);
}

static __u64 publish_greeting(int heap)
{
	const __u64 object = heap_get(heap, op_new(0, 1, 6));

	CHECK_EQ(heap_run(heap, op_write(object, 0, "hello", 6)), 6);
	heap_do(heap, op_publish(object, "parent's"));
	return object;
}

TEST(process_joins_through_a_descriptor_that_it_inherited)
{
	const int heap = heap_open();
	const __u64 object = publish_greeting(heap);

	finish(start(append_to_what_is_found, heap));
	check_what_was_appended(heap, object);
}

static void append_to_what_is_received(int socket)
{
	append_to_what_is_found(receive_descriptor(socket, NULL));
}

TEST(process_joins_through_a_descriptor_that_it_received)
{
	int sockets[2], heap;
	__u64 object;
	pid_t child;

	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets));
	child = start(append_to_what_is_received, sockets[1]);
	heap = heap_open();
	object = publish_greeting(heap);
	send_descriptor(sockets[0], heap, 0);
	finish(child);
	check_what_was_appended(heap, object);
}

/* A child makes a heap, passes it on and waits to be killed. */
static void make_and_pass_on(int socket)
{
	const int heap = heap_open();
	const __u64 object = publish_greeting(heap);

	heap_do(heap, op_store(object, 0, heap_get(heap, op_new(0, 0, 0))));
	make_ring(heap);
	send_descriptor(socket, heap, 0);
	pause();
}

TEST(heap_outlives_the_process_that_made_it)
{
	int sockets[2], received, heap;
	struct mheap_stats stats;
	pid_t child;

	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets));
	child = start(make_and_pass_on, sockets[1]);
	received = receive_descriptor(sockets[0], NULL);
	heap = heap_open_joined(received);
	heap_close(received);
	CHECK_EQ(heap_stats(heap).sessions, 2);
	kill_and_wait(child);
	stats = heap_stats(heap);
	CHECK(has_folder(&stats));
	CHECK_EQ(stats.sessions, 1);
	CHECK_EQ(stats.handles, 0);
	CHECK_EQ(heap_collect(heap, 2).freed, 2);
	CHECK_EQ(heap_objects(heap), 2);
	heap_get(heap, op_load(heap_get(heap, op_lookup("parent's")), 0));
}

TEST(descriptor_that_is_on_its_way_keeps_the_heap)
{
	int sockets[2], heap = heap_open(), received;

	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets));
	publish_greeting(heap);
	send_descriptor(sockets[0], heap, 0);
	heap_close(heap);
	received = receive_descriptor(sockets[1], NULL);
	heap = heap_open_joined(received);
	heap_close(received);
	heap_get(heap, op_lookup("parent's"));
}

TEST(directory_belongs_to_who_made_the_heap)
{
	const uid_t user = 12345;
	char path[100] = HEAP_SYSFS "/";
	struct stat status;
	int heap, other;

	CHECK(!chmod(HEAP_DEVICE, 0666));
	CHECK(!seteuid(user));
	heap = heap_open();
	CHECK(!seteuid(0));
	CHECK(!chmod(HEAP_DEVICE, 0600));
	other = heap_open_joined(heap);
	heap_close(heap);
	strcat(path, heap_stats(other).name);
	CHECK(!stat(path, &status));
	CHECK_EQ(status.st_uid, user);
	CHECK_EQ(heap_stats(other).sessions, 1);
}

/* Shared with the children. */
static _Atomic int *ready;

static void map_ready(void)
{
	ready = mmap(NULL, sizeof(*ready), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	CHECK(ready != MAP_FAILED);
}

static int is_ready(void *wanted)
{
	return *ready >= *(int *)wanted;
}

static void hold_until_killed(int fd)
{
	const int heap = heap_open_joined(fd);
	const __u64 found = heap_get(heap, op_lookup("parent's"));
	__u64 mine;
	int i;

	for (i = 0; i < 1000; i++) {
		mine = heap_get(heap, op_new(0, 2, 10));
		heap_do(heap, op_store(mine, 0, mine));
		heap_do(heap, op_store(mine, 1, found));
		heap_get(heap, op_dup(found));
		heap_get(heap, op_weak(found));
	}
	++*ready;
	pause();
}

TEST(references_of_the_killed_are_gone)
{
	const int heap = heap_open();
	const __u64 object = publish_greeting(heap);
	int wanted = 2;
	pid_t children[2];

	map_ready();
	heap_disable(heap);
	children[0] = start(hold_until_killed, heap);
	children[1] = start(hold_until_killed, heap);
	CHECK(tap_wait(is_ready, &wanted));
	CHECK_EQ(heap_stats(heap).sessions, 3);
	CHECK_EQ(heap_stats(heap).handles, 6003);
	CHECK_EQ(heap_stats(heap).objects, 2001);
	CHECK_EQ(heap_info(heap, object).references, 4004);
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	kill_and_wait(children[0]);
	CHECK_EQ(heap_stats(heap).sessions, 2);
	CHECK_EQ(heap_stats(heap).handles, 3002);
	/* Rings that only it held: they are the survivors' to collect. */
	CHECK_EQ(heap_objects(heap), 2001);
	CHECK_EQ(heap_info(heap, object).references, 3003);
	CHECK_EQ(heap_collect(heap, 2).freed, 1000);
	CHECK_EQ(heap_info(heap, object).references, 2003);
	kill_and_wait(children[1]);
	CHECK_EQ(heap_collect(heap, 2).freed, 1000);
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(heap_info(heap, object).references, 2);
	CHECK_EQ(heap_stats(heap).handles, 1);
	CHECK_EQ(heap_stats(heap).sessions, 1);
}

/* Both push to a list and pop from it, at once, until each has done its share. */
#define PUSHES	2000

static void push(int heap, __u64 list, __u32 type)
{
	__s64 result;

	do {
		struct mheap_op ops[] = {
			op_temp(op_new(type, 2, 0)),
			op_temp(op_load(list, 0)),
			op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(1)),
			op_store(MHEAP_RESULT(0), 1, MHEAP_RESULT(0)),
			op_compare_store(list, 0, MHEAP_RESULT(1), MHEAP_RESULT(0)),
		};

		CHECK_EQ(heap_submit(heap, ops, ARRAY_SIZE(ops), 0), ARRAY_SIZE(ops));
		result = ops[4].result;
		CHECK(result >= 0);
	} while (!result);
}

static void pop(int heap, __u64 list)
{
	__s64 result;

	do {
		struct mheap_op ops[] = {
			op_temp(op_load(list, 0)),
			op_temp(op_load(MHEAP_RESULT(0), 0)),
			op_compare_store(list, 0, MHEAP_RESULT(0), MHEAP_RESULT(1)),
		};

		CHECK_EQ(heap_submit(heap, ops, ARRAY_SIZE(ops), 0), ARRAY_SIZE(ops));
		result = ops[2].result;
		CHECK(result >= 0);
	} while (!result);
}

static void push_and_pop(int fd)
{
	const int heap = heap_open_joined(fd);
	const __u64 list = heap_get(heap, op_lookup("list"));
	int i;

	for (i = 0; i < PUSHES; i++) {
		push(heap, list, i);
		push(heap, list, i);
		pop(heap, list);
	}
}

TEST(processes_build_and_cut_one_graph)
{
	const int heap = heap_open();
	const __u64 list = heap_get(heap, op_new(0, 1, 0));
	pid_t children[2];
	int length;
	__u64 at;

	/* The bottom, which nobody pops. */
	at = heap_get(heap, op_new(0, 2, 0));
	heap_do(heap, op_store(at, 0, at));
	heap_do(heap, op_store(list, 0, at));
	heap_do(heap, op_drop(at));
	heap_do(heap, op_publish(list, "list"));
	children[0] = start(push_and_pop, heap);
	children[1] = start(push_and_pop, heap);
	finish(children[0]);
	finish(children[1]);
	CHECK_EQ(heap_stats(heap).handles, 1);
	heap_settle(heap);
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), 2 + 2 * PUSHES);
	at = heap_get(heap, op_load(list, 0));
	for (length = 0; !heap_run(heap, op_same(at, heap_get(heap, op_load(at, 0)))); length++)
		at = heap_get(heap, op_load(at, 0));
	CHECK_EQ(length, 2 * PUSHES);
}
