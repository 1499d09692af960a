// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that are killed in the middle of what they do.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "memory.h"
#include "tap.h"

#define ROUNDS		(2 * tap_number("MHEAP_TEST_ROUNDS", 50))
#define OPS		20000

/* Shared with the process that is killed. */
static struct {
	_Atomic int working;
	char name[MHEAP_NAME_MAX];
} *shared;

static struct mheap_op many[OPS];
static char payloads[OPS / 4][64];

/* Everything at once: rings, chains, handles, payload, weak handles. */
static void fill_batch(unsigned int seed)
{
	__u64 node;
	int i;

	for (i = 0; i + 4 <= OPS; i += 4) {
		node = MHEAP_RESULT(i);
		many[i] = op_new(i, 2, i % 97);
		if (i % 3)
			many[i] = op_temp(many[i]);
		many[i + 1] = op_store(node, 0, i ? MHEAP_RESULT(i - 4) : node);
		many[i + 2] = (i + seed) % 5 ? op_weak(node) : op_store(node, 1, node);
		many[i + 3] = i % 7 ? op_read(node, 0, payloads[i / 4], 64) :
				      op_resize(node, 3, seed % 1000);
	}
}

static void __noreturn work_until_killed(int heap)
{
	unsigned int seed;

	shared->working = 1;
	for (seed = 0; ; seed++) {
		fill_batch(seed);
		heap_submit(heap, many, OPS, MHEAP_SUBMIT_CONTINUE);
		if (seed % 3 == 0)
			heap_collect(heap, seed % 9 / 3);
		if (seed % 4 == 0)
			heap_settle(heap);
	}
}

static void prepare(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
}

static int is_working(void *unused)
{
	(void)unused;
	return shared->working;
}

static pid_t start(void (*function)(int heap), int heap)
{
	pid_t child;

	shared->working = 0;
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		signal(SIGALRM, SIG_DFL);
		function(heap);
		_exit(0);
	}
	CHECK(tap_wait(is_working, NULL));
	return child;
}

static void stop(pid_t child)
{
	int status;

	CHECK(!kill(child, SIGKILL));
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGKILL);
}

static void open_and_work(int unused)
{
	const int heap = heap_open();

	(void)unused;
	memcpy(shared->name, heap_stats(heap).name, MHEAP_NAME_MAX);
	work_until_killed(heap);
}

static void check_gone(void)
{
	char path[100] = HEAP_SYSFS "/";

	strcat(path, shared->name);
	CHECK(access(path, F_OK));
	CHECK_EQ(errno, ENOENT);
}

static int has_no_bodies(void *data)
{
	*(long *)data = memory_bodies();
	return *(long *)data <= 0;
}

static int has_no_users(void *unused)
{
	(void)unused;
	return memory_module_users() == 0;
}

TEST(nothing_is_left_of_the_killed)
{
	const unsigned long rounds = ROUNDS;
	long bodies, before = 0;
	unsigned long i;
	pid_t child;

	prepare();
	for (i = 0; i < rounds; i++) {
		child = start(open_and_work, -1);
		usleep(random() % 30000);
		stop(child);
		check_gone();
		if (i == rounds / 4)
			before = memory_available();
	}
	CHECK(tap_wait(has_no_users, NULL));
	CHECK(tap_wait(has_no_bodies, &bodies));
	CHECK(bodies <= 0);
	if (bodies < 0)
		tap_note("other caches share the slabs, so bodies cannot be counted");
	tap_note("memory available: %+ld KiB in %lu rounds", memory_available() - before,
		 rounds - rounds / 4);
	CHECK(memory_available() > before - 20000);
}

TEST(another_heap_is_not_touched)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 6));
	struct mheap_stats before;
	char payload[6];
	pid_t child;
	int i;

	prepare();
	heap_do(heap, op_store(object, 0, object));
	CHECK_EQ(heap_run(heap, op_write(object, 0, "intact", 6)), 6);
	before = heap_stats(heap);
	for (i = 0; i < 10; i++) {
		child = start(open_and_work, -1);
		usleep(random() % 20000);
		stop(child);
		heap_check_same(heap, &before);
	}
	CHECK_EQ(memory_module_users(), 1);
	CHECK_EQ(heap_run(heap, op_read(object, 0, payload, 6)), 6);
	CHECK(!memcmp(payload, "intact", 6));
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
}

static void __noreturn make_temporaries(int heap)
{
	int i;

	for (i = 0; i < OPS; i += 2) {
		many[i] = op_temp(op_new(0, 1, 30));
		many[i + 1] = op_store(MHEAP_RESULT(i), 0, MHEAP_RESULT(i));
	}
	shared->working = 1;
	while (1)
		heap_submit(heap, many, OPS, 0);
}

TEST(heap_that_is_shared_loses_the_temporaries_of_the_killed)
{
	const unsigned long rounds = ROUNDS / 4;
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	unsigned long i;
	pid_t child;

	prepare();
	heap_set_threshold(heap, 1000, 10, 10);
	for (i = 0; i < rounds; i++) {
		child = start(make_temporaries, heap);
		usleep(random() % 20000);
		stop(child);
		heap_do(heap, op_store(object, 0, object));
	}
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(heap_stats(heap).handles, 1);
}

static void *work_in_a_thread(void *heap)
{
	static __thread struct mheap_op ops[2000];
	int i;

	for (i = 0; i < 2000; i += 2) {
		ops[i] = op_temp(op_new(0, 1, 30));
		ops[i + 1] = op_store(MHEAP_RESULT(i), 0, MHEAP_RESULT(i));
	}
	shared->working = 1;
	while (1) {
		heap_submit((long)heap, ops, 2000, 0);
		heap_collect((long)heap, 2);
	}
	return NULL;
}

static void work_in_threads(int unused)
{
	const long heap = heap_open();
	pthread_t thread;
	int i;

	(void)unused;
	memcpy(shared->name, heap_stats(heap).name, MHEAP_NAME_MAX);
	for (i = 0; i < 3; i++)
		CHECK(!pthread_create(&thread, NULL, work_in_a_thread, (void *)heap));
	pause();
}

TEST(threads_that_wait_for_each_other_are_killed)
{
	const unsigned long rounds = ROUNDS / 4;
	unsigned long i;
	pid_t child;

	prepare();
	for (i = 0; i < rounds; i++) {
		child = start(work_in_threads, -1);
		usleep(random() % 20000);
		stop(child);
		check_gone();
	}
	CHECK(tap_wait(has_no_users, NULL));
}

/* Many handles, and a chain behind them, to be given up by whoever dies. */
static void hold_much(int unused)
{
	const int heap = heap_open();
	int i;

	(void)unused;
	memcpy(shared->name, heap_stats(heap).name, MHEAP_NAME_MAX);
	for (i = 0; i < OPS; i += 2) {
		many[i] = op_new(0, 1, 100);
		many[i + 1] = op_store(MHEAP_RESULT(i), 0, i ? MHEAP_RESULT(i - 2) : 0);
	}
	heap_do_all(heap, many, OPS);
	shared->working = 1;
	pause();
}

TEST(handles_of_the_killed_are_given_up)
{
	long bodies;

	prepare();
	stop(start(hold_much, -1));
	check_gone();
	CHECK(tap_wait(has_no_bodies, &bodies));
	if (bodies < 0)
		tap_note("other caches share the slabs, so bodies cannot be counted");
}
