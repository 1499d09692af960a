// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that share a session, and processes that share one by inheriting or
 * receiving its descriptor.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "sharing.h"
#include "tap.h"

#define THREADS		4
#define ROUNDS		(100 * tap_number("MHEAP_TEST_ROUNDS", 50))

static int heap;
static __u64 root;	/* with THREADS slots and some payload */
static _Atomic int stop;

static void begin(__u32 slots, __u64 length)
{
	heap = heap_open();
	root = heap_get(heap, op_new(0, slots, length));
}

/* Runs a function in threads, with their number, until all have ended. */
static void run_threads(void *(*function)(void *number))
{
	pthread_t threads[THREADS];
	long i;

	for (i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, function, (void *)i));
	for (i = 0; i < THREADS; i++)
		CHECK(!pthread_join(threads[i], NULL));
}

static unsigned int next_random(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* Everything that a batch does is undone by the same batch. */
static void *make_and_drop(void *number)
{
	unsigned long round, rounds = ROUNDS;
	char data[300];

	for (round = 0; round < rounds; round++) {
		struct mheap_op ops[] = {
			op_new(0, 2, round % 300),
			op_temp(op_new(0, 1, 0)),
			op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(1)),
			op_store(MHEAP_RESULT(1), 0, MHEAP_RESULT(0)),
			op_load(MHEAP_RESULT(0), 0),
			op_read(MHEAP_RESULT(0), 0, data, 300),
			op_weak(MHEAP_RESULT(1)),
			op_upgrade(MHEAP_RESULT(6)),
			op_resize(MHEAP_RESULT(0), 3, 10),
			op_drop(MHEAP_RESULT(6)),
			op_drop(MHEAP_RESULT(7)),
			op_drop(MHEAP_RESULT(4)),
			op_drop(MHEAP_RESULT(0)),
		};

		heap_do_all(heap, ops, ARRAY_SIZE(ops));
	}
	return number;
}

TEST(threads_share_a_session)
{
	const unsigned long garbage = 2 * THREADS * ROUNDS;
	struct mheap_stats stats;

	begin(0, 0);
	heap_set_threshold(heap, 50, 5, 5);
	run_threads(make_and_drop);
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), 1);
	stats = heap_stats(heap);
	CHECK_EQ(stats.handles, 1);
	CHECK_EQ(stats.created, garbage + 1);
	CHECK_EQ(stats.freed_by_collector, garbage);
	CHECK_EQ(stats.freed_by_count, 0);
	CHECK(stats.generation[0].collections + stats.generation[1].collections > 0);
}

/* A stack without locks: compare-store puts a node before the first. */
static void *push_nodes(void *number)
{
	unsigned long round, rounds = ROUNDS;
	__u64 node, first;
	int pushed;

	for (round = 0; round < rounds; round++) {
		node = heap_get(heap, op_new(0, 1, 0));
		do {
			first = heap_run(heap, op_load(root, 0));
			heap_do(heap, op_store(node, 0, first));
			pushed = heap_run(heap, op_compare_store(root, 0, first, node));
			CHECK(pushed == 0 || pushed == 1);
			if (first)
				heap_do(heap, op_drop(first));
		} while (!pushed);
		heap_do(heap, op_drop(node));
	}
	return number;
}

static __u64 walk(void)
{
	__u64 at = heap_run(heap, op_load(root, 0));
	__u64 nodes = 0, next;

	for (; at; at = next) {
		next = heap_run(heap, op_load(at, 0));
		heap_do(heap, op_drop(at));
		nodes++;
	}
	return nodes;
}

TEST(compare_store_loses_nothing)
{
	begin(1, 0);
	heap_set_threshold(heap, 50, 5, 5);
	run_threads(push_nodes);
	CHECK_EQ(walk(), THREADS * ROUNDS);
	CHECK_EQ(heap_objects(heap), THREADS * ROUNDS + 1);
}

/* Tokens wander among the slots of the root and the hands of the threads. */
static void *swap_tokens(void *number)
{
	unsigned long round, rounds = ROUNDS;
	unsigned int seed = (long)number;
	__u64 token = heap_get(heap, op_new(0, 1, 0));
	__u64 old;

	for (round = 0; round < rounds; round++) {
		old = heap_run(heap, op_swap(root, next_random(&seed) % THREADS, token));
		if (token)
			heap_do(heap, op_drop(token));
		token = old;
	}
	heap_get(heap, op_weak(root));
	return (void *)(long)!!token;
}

TEST(swap_loses_nothing)
{
	pthread_t threads[THREADS];
	long i, tokens = 0;
	void *held;

	begin(THREADS, 0);
	heap_set_threshold(heap, 2, 1, 1);
	for (i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, swap_tokens, (void *)i));
	for (i = 0; i < THREADS; i++) {
		CHECK(!pthread_join(threads[i], &held));
		tokens += (long)held;
	}
	for (i = 0; i < THREADS; i++)
		tokens += heap_run(heap, op_load(root, i)) != 0;
	CHECK_EQ(tokens, THREADS);
	CHECK_EQ(heap_objects(heap), THREADS + 1);
}

static void *write_and_read(void *number)
{
	unsigned long round, rounds = ROUNDS;
	char data[MHEAP_ATOMIC_IO_MAX];
	unsigned int i;

	for (round = 0; round < rounds; round++) {
		memset(data, 'a' + (long)number + round % 4 * THREADS, sizeof(data));
		CHECK_EQ(heap_run(heap, op_write(root, 0, data, sizeof(data))), sizeof(data));
		CHECK_EQ(heap_run(heap, op_read(root, 0, data, sizeof(data))), sizeof(data));
		for (i = 1; i < sizeof(data); i++)
			CHECK_EQ(data[i], data[0]);
	}
	return number;
}

TEST(copies_of_a_page_are_atomic)
{
	begin(0, MHEAP_ATOMIC_IO_MAX);
	run_threads(write_and_read);
}

static void *resize_at_random(void *number)
{
	unsigned long round, rounds = ROUNDS / 2;
	unsigned int seed = (long)number;
	__u32 slots, length;
	__u64 loaded;
	char byte;

	for (round = 0; round < rounds; round++) {
		slots = 1 + next_random(&seed) % (round % 50 ? 20 : 6000);
		length = 1 + next_random(&seed) % (round % 50 ? 200 : 70000);
		heap_do(heap, op_resize(root, slots, length));
		loaded = heap_get(heap, op_load(root, 0));
		heap_do(heap, op_drop(loaded));
		CHECK_EQ(heap_run(heap, op_read(root, 0, &byte, 1)), 1);
		CHECK_EQ(byte, 'r');
	}
	return number;
}

TEST(resize_keeps_what_others_read)
{
	begin(1, 1);
	heap_set_threshold(heap, 2, 1, 1);
	heap_do(heap, op_store(root, 0, root));
	CHECK_EQ(heap_run(heap, op_write(root, 0, "r", 1)), 1);
	run_threads(resize_at_random);
	CHECK_EQ(heap_info(heap, root).references, 2);
	CHECK_EQ(heap_objects(heap), 1);
}

static void *keep_collecting(void *number)
{
	unsigned int generation = 0;

	while (!stop)
		heap_collect(heap, generation++ % 3);
	return number;
}

TEST(collections_leave_what_is_alive)
{
	pthread_t collector;

	begin(1, 0);
	CHECK(!pthread_create(&collector, NULL, keep_collecting, NULL));
	run_threads(push_nodes);
	run_threads(make_and_drop);
	stop = 1;
	CHECK(!pthread_join(collector, NULL));
	CHECK_EQ(walk(), THREADS * ROUNDS);
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), THREADS * ROUNDS + 1);
}

/* Upgrades race with the last drop, and with the collector. */
static void *upgrade_at_random(void *number)
{
	unsigned long round, rounds = ROUNDS;
	__s64 strong;

	for (round = 0; round < rounds; round++) {
		struct mheap_op ops[] = {
			op_temp(op_new(0, 1, 0)),
			op_store(MHEAP_RESULT(0), 0, round % 2 ? MHEAP_RESULT(0) : 0),
			op_weak(MHEAP_RESULT(0)),
		};

		heap_do_all(heap, ops, 3);
		strong = heap_run(heap, op_upgrade(ops[2].result));
		CHECK(strong > 0 || strong == -ENOENT);
		if (strong > 0) {
			CHECK_EQ(heap_info(heap, strong).outside, 1);
			heap_do(heap, op_drop(strong));
		}
		heap_do(heap, op_drop(ops[2].result));
	}
	return number;
}

TEST(upgrade_gives_the_living_only)
{
	pthread_t collector;

	begin(0, 0);
	CHECK(!pthread_create(&collector, NULL, keep_collecting, NULL));
	run_threads(upgrade_at_random);
	stop = 1;
	CHECK(!pthread_join(collector, NULL));
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(heap_stats(heap).handles, 1);
}

#define CHAIN	300

/* A chain long enough for a part of it to be released in the background. */
static void make_and_drop_chain(void)
{
	static struct mheap_op ops[2 * CHAIN + 1];
	int i;

	for (i = 0; i < CHAIN; i++) {
		ops[2 * i] = op_temp(op_new(0, 1, 0));
		ops[2 * i + 1] = op_store(MHEAP_RESULT(2 * i), 0,
					  i ? MHEAP_RESULT(2 * i - 2) : 0);
	}
	ops[2 * CHAIN] = op_dup(MHEAP_RESULT(2 * CHAIN - 2));
	heap_do_all(heap, ops, 2 * CHAIN + 1);
	heap_do(heap, op_drop(ops[2 * CHAIN].result));
}

static void spin(double seconds)
{
	const double end = tap_time() + seconds;

	while (tap_time() < end)
		;
}

/* Nobody but who is more important runs on this processor now. */
static void occupy(int processor, int importance)
{
	const struct sched_param priority = { .sched_priority = importance };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set));
	CHECK(!sched_setscheduler(0, SCHED_FIFO, &priority));
}

/* Takes the processor away from whoever collects, wherever that is just now. */
static void *disturb(void *number)
{
	occupy(1, 2);
	while (!stop) {
		usleep(300);
		spin(0.001);
	}
	return number;
}

static void *collect_on_one(void *number)
{
	occupy(1, 1);
	return keep_collecting(number);
}

TEST(settle_returns_whoever_ends_the_release)
{
	const double end = tap_time() + ROUNDS / 1250.0;
	pthread_t collector, disturber;
	unsigned long rounds = 0;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		tap_skip("needs two processors");
	begin(0, 0);
	heap_disable(heap);
	CHECK(!pthread_create(&collector, NULL, collect_on_one, NULL));
	CHECK(!pthread_create(&disturber, NULL, disturb, NULL));
	occupy(0, 1);
	/* One that hangs is ended by the limit on a test's time. */
	while (tap_time() < end) {
		make_and_drop_chain();
		spin(rounds % 20 * 0.00002);
		heap_settle(heap);
		rounds++;
	}
	stop = 1;
	CHECK(!pthread_join(collector, NULL));
	CHECK(!pthread_join(disturber, NULL));
	tap_note("%lu rounds", rounds);
	CHECK_EQ(heap_objects(heap), 1);
}

static int wait_for(pid_t child)
{
	int status;

	CHECK_EQ(waitpid(child, &status, 0), child);
	return status;
}

TEST(inherited_descriptor_names_the_same_session)
{
	__u64 given;
	pid_t child;
	int pipes[2];

	begin(1, 0);
	CHECK(!pipe(pipes));
	child = fork();
	if (!child) {
		CHECK_EQ(heap_run(heap, op_load(root, 0)), 0);
		given = heap_get(heap, op_new(42, 0, 0));
		CHECK_EQ(write(pipes[1], &given, sizeof(given)), sizeof(given));
		_exit(0);
	}
	CHECK_EQ(read(pipes[0], &given, sizeof(given)), sizeof(given));
	CHECK_EQ(wait_for(child), 0);
	CHECK_EQ(heap_stats(heap).sessions, 1);
	CHECK_EQ(heap_info(heap, given).type, 42);
	heap_do(heap, op_drop(given));
	CHECK_EQ(heap_objects(heap), 1);
}

TEST(processes_share_a_session)
{
	pid_t children[THREADS];
	int i;

	begin(1, 0);
	heap_set_threshold(heap, 50, 5, 5);
	for (i = 0; i < THREADS; i++) {
		children[i] = fork();
		if (!children[i]) {
			push_nodes(NULL);
			make_and_drop(NULL);
			_exit(0);
		}
	}
	for (i = 0; i < THREADS; i++)
		CHECK_EQ(wait_for(children[i]), 0);
	CHECK_EQ(walk(), THREADS * ROUNDS);
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), THREADS * ROUNDS + 1);
	CHECK_EQ(heap_stats(heap).handles, 1);
}

TEST(passed_descriptor_names_the_same_session)
{
	int sockets[2], received;
	struct mheap_stats stats;
	__u64 handle;
	pid_t child;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork();
	if (!child) {
		begin(3, 10);
		send_descriptor(sockets[1], heap, root);
		_exit(0);
	}
	/* It has ended; what it has sent is all that holds the heap. */
	CHECK_EQ(wait_for(child), 0);
	CHECK(!close(sockets[1]));
	received = receive_descriptor(sockets[0], &handle);
	stats = heap_stats(received);
	CHECK_EQ(stats.objects, 1);
	CHECK_EQ(stats.sessions, 1);
	CHECK_EQ(heap_info(received, handle).slots, 3);
	heap_do(received, op_drop(handle));
	CHECK_EQ(heap_objects(received), 0);
}

TEST(descriptor_in_flight_that_nobody_receives_is_closed)
{
	int sockets[2];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	begin(1, 0);
	heap_do(heap, op_store(root, 0, root));
	send_descriptor(sockets[1], heap, root);
	heap_close(heap);
	CHECK(!close(sockets[0]));
	CHECK(!close(sockets[1]));
	CHECK(heap_wait_none());
}

/* The kernel looks for cycles of sockets when such a socket is closed, unless it does. */
static int is_found_gone(void *none)
{
	const int other = socket(AF_UNIX, SOCK_STREAM, 0);

	CHECK(other >= 0);
	CHECK(!close(other));
	return heap_is_none(none);
}

/* A descriptor of a heap that is in flight in a socket that is in flight. */
TEST(cycle_of_sockets_with_a_heap_is_broken)
{
	int sockets[2];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	begin(1, 0);
	send_descriptor(sockets[0], heap, 0);
	send_descriptor(sockets[0], sockets[0], 0);
	send_descriptor(sockets[1], sockets[1], 0);
	heap_close(heap);
	CHECK(!close(sockets[0]));
	CHECK(!close(sockets[1]));
	CHECK(tap_wait(is_found_gone, NULL));
}
