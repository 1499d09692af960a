// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several sessions of one heap: MHEAP_IOC_JOIN, its rules and its errors, and what
 * processes do with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define ROUNDS	(10 * tap_number("MHEAP_TEST_ROUNDS", 50))

/* Is there a directory of the heap in sysfs? */
static int has_folder(const struct mheap_stats *stats)
{
	char path[100] = HEAP_SYSFS "/";

	strcat(path, stats->name);
	return !access(path, F_OK);
}

static void check_same_heap(int a, int b)
{
	CHECK(!strcmp(heap_stats(a).name, heap_stats(b).name));
}

/* A closed ring of two objects that nothing refers to. */
static void make_ring(int heap)
{
	struct mheap_op ops[] = {
		op_temp(op_new(0, 1, 0)),
		op_temp(op_new(0, 1, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(1)),
		op_store(MHEAP_RESULT(1), 0, MHEAP_RESULT(0)),
	};

	heap_do_all(heap, ops, ARRAY_SIZE(ops));
}

TEST(fresh_descriptor_becomes_a_session_of_the_other_heap)
{
	const int heap = heap_open();
	const int other = heap_open();
	const struct mheap_stats given_up = heap_stats(other);

	CHECK(has_folder(&given_up));
	CHECK_EQ(heap_join(other, heap), 0);
	check_same_heap(other, heap);
	CHECK_EQ(heap_stats(heap).sessions, 2);
	CHECK_EQ(heap_stats(other).sessions, 2);
	CHECK(!has_folder(&given_up));
	make_ring(other);
	CHECK_EQ(heap_stats(heap).objects, 2);
	CHECK_EQ(heap_collect(heap, 2).freed, 2);
}

TEST(session_that_joined_has_handles_of_its_own)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	const int other = heap_open_joined(heap);
	const __u64 mine = heap_get(other, op_new(0, 1, 0));

	CHECK_EQ(heap_run(other, op_drop(object)), -EBADF);
	CHECK_EQ(heap_run(heap, op_drop(mine)), -EBADF);
	CHECK_EQ(heap_stats(heap).handles, 2);
	CHECK_EQ(heap_stats(heap).objects, 2);
	heap_close(other);
	CHECK_EQ(heap_stats(heap).sessions, 1);
	CHECK_EQ(heap_stats(heap).handles, 1);
	CHECK_EQ(heap_objects(heap), 1);
}

TEST(heap_lives_until_its_last_session_ends)
{
	const int heap = heap_open();
	const int second = heap_open_joined(heap);
	const struct mheap_stats stats = heap_stats(heap);
	__u64 object;
	int third;

	heap_get(heap, op_new(0, 1, 0));
	object = heap_get(second, op_new(0, 1, 0));
	heap_close(heap);
	CHECK(has_folder(&stats));
	CHECK_EQ(heap_objects(second), 1);
	CHECK_EQ(heap_stats(second).sessions, 1);
	heap_do(second, op_store(object, 0, object));
	third = heap_open_joined(second);
	heap_close(second);
	CHECK(has_folder(&stats));
	CHECK_EQ(heap_collect(third, 2).freed, 1);
	heap_close(third);
	CHECK(!has_folder(&stats));
}

TEST(every_session_counts)
{
	const int heap = heap_open();
	int others[100];
	int i;

	for (i = 0; i < 100; i++) {
		others[i] = heap_open_joined(i ? others[i - 1] : heap);
		heap_get(others[i], op_new(0, 1, 0));
		CHECK_EQ(heap_stats(heap).sessions, i + 2);
	}
	CHECK_EQ(heap_objects(heap), 100);
	for (i = 0; i < 100; i++) {
		heap_close(others[i]);
		CHECK_EQ(heap_objects(heap), 99 - i);
	}
	CHECK_EQ(heap_stats(heap).sessions, 1);
}

TEST(other_requests_leave_a_descriptor_fresh)
{
	const int heap = heap_open();
	const int other = heap_open();

	heap_disable(other);
	heap_set_threshold(other, 1, 2, 3);
	heap_collect(other, 2);
	heap_settle(other);
	heap_stats(other);
	heap_count(other);
	CHECK_EQ(heap_join(other, heap), 0);
	CHECK_EQ(heap_ioctl(other, MHEAP_IOC_IS_ENABLED, NULL), 1);
}

TEST(what_is_no_descriptor_is_bad)
{
	const int heap = heap_open();
	const int closed = heap_open();
	const int path = open(HEAP_DEVICE, O_PATH | O_CLOEXEC);
	const struct mheap_stats before = heap_stats(heap);
	const int bad[] = { -1, closed, path, 1000000, 1 << 30, (int)(1U << 31), -100 };
	unsigned int i;

	CHECK(path >= 0);
	heap_close(closed);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		tap_case("descriptor %d", bad[i]);
		CHECK_EQ(heap_join(heap, bad[i]), -EBADF);
	}
	heap_check_same(heap, &before);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
}

TEST(descriptor_of_something_else_is_invalid)
{
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);
	int pipes[2], sockets[2];
	unsigned int i;

	CHECK(!pipe(pipes));
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	{
		const int others[] = {
			open("/dev/null", O_RDWR), open("/", O_RDONLY), pipes[0], sockets[0],
		};

		for (i = 0; i < ARRAY_SIZE(others); i++) {
			tap_case("descriptor %d", others[i]);
			CHECK(others[i] >= 0);
			CHECK_EQ(heap_join(heap, others[i]), -EINVAL);
		}
	}
	heap_check_same(heap, &before);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
}

TEST(session_does_not_join_itself)
{
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);

	CHECK_EQ(heap_join(heap, heap), -EINVAL);
	CHECK_EQ(heap_join(heap, dup(heap)), -EINVAL);
	heap_check_same(heap, &before);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
	CHECK_EQ(heap_join(heap, heap), -EINVAL);
}

TEST(reserved_field_must_be_zero)
{
	const int heap = heap_open();
	const int other = heap_open();
	int i, bit;

	for (i = 0; i < 3; i++)
		for (bit = 0; bit < 32; bit++) {
			struct mheap_join join = { .fd = heap };

			join.reserved[i] = 1U << bit;
			CHECK_EQ(heap_ioctl(other, MHEAP_IOC_JOIN, &join), -EINVAL);
		}
	CHECK_EQ(heap_stats(heap).sessions, 1);
	CHECK_EQ(heap_join(other, heap), 0);
}

TEST(unreadable_argument_is_a_fault)
{
	const int heap = heap_open();

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_JOIN, NULL), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_JOIN, (void *)-4096L), -EFAULT);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
}

/* It fails, and nothing has changed anywhere. */
static void check_busy(int heap, int target)
{
	const struct mheap_stats before = heap_stats(heap);
	const struct mheap_stats target_before = heap_stats(target);

	CHECK_EQ(heap_join(heap, target), -EBUSY);
	heap_check_same(heap, &before);
	heap_check_same(target, &target_before);
}

TEST(descriptor_with_objects_is_busy)
{
	const int heap = heap_open();
	const int other = heap_open();

	heap_get(other, op_new(0, 1, 0));
	check_busy(other, heap);
	CHECK_EQ(heap_join(heap, other), 0);
}

TEST(descriptor_is_busy_after_any_submission)
{
	const int heap = heap_open();
	const int failed = heap_open();
	const int empty = heap_open();
	const int dropped = heap_open();

	CHECK_EQ(heap_run(failed, op_drop(1)), -EBADF);
	check_busy(failed, heap);
	CHECK_EQ(heap_submit(empty, NULL, 0, 0), 0);
	check_busy(empty, heap);
	heap_do(dropped, op_drop(heap_get(dropped, op_new(0, 1, 0))));
	check_busy(dropped, heap);
}

TEST(descriptor_that_has_joined_is_busy)
{
	const int heap = heap_open();
	const int other = heap_open_joined(heap);

	check_busy(other, heap);
	check_busy(other, heap_open());
}

TEST(descriptor_that_was_joined_is_busy)
{
	const int heap = heap_open();
	const int other = heap_open_joined(heap);

	check_busy(heap, other);
	check_busy(heap, heap_open());
	heap_close(other);
	check_busy(heap, heap_open());
}

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

static void send_descriptor(int socket, int descriptor)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec data = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	CHECK_EQ(sendmsg(socket, &message, 0), 1);
}

static int receive_descriptor(int socket)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int descriptor;

	CHECK_EQ(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), 1);
	CHECK(CMSG_FIRSTHDR(&message));
	memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return descriptor;
}

static void append_to_what_is_received(int socket)
{
	append_to_what_is_found(receive_descriptor(socket));
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
	send_descriptor(sockets[0], heap);
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
	send_descriptor(socket, heap);
	pause();
}

TEST(heap_outlives_the_process_that_made_it)
{
	int sockets[2], received, heap;
	struct mheap_stats stats;
	pid_t child;

	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets));
	child = start(make_and_pass_on, sockets[1]);
	received = receive_descriptor(sockets[0]);
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
	send_descriptor(sockets[0], heap);
	heap_close(heap);
	received = receive_descriptor(sockets[1]);
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
