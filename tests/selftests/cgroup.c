// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is charged to the cgroup of who makes objects. At its limit the heap is
 * collected; where that makes no room operations fail, nobody is killed, and nothing is
 * lost. What works at the limit has all its own memory before: a page fault there would
 * call the OOM killer, with reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define MOUNT	"/tmp/mheap-cgroup"
#define GROUP	MOUNT "/mheap-test"
#define LIMIT	(24 << 20)
#define BODY	4000
#define OBJECTS_MAX	(LIMIT / BODY)
#define BATCH	64

/* What the process in the cgroup has to say; it cannot print. */
static struct report {
	int line;			/* of the check that failed */
	long long value;
	long long made;
	long long pressure;
	__u64 handle[OBJECTS_MAX];
} *report;

/* As CHECK(), in the cgroup. */
#define EXPECT(condition, number) do {						\
	if (!(condition)) {							\
		report->value = (number);					\
		report->line = __LINE__;					\
		_exit(1);							\
	}									\
} while (0)

static int write_file(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

static void leave_cgroup(void)
{
	rmdir(GROUP);
	umount(MOUNT);
	rmdir(MOUNT);
}

static void make_cgroup(void)
{
	char limit[20];

	mkdir(MOUNT, 0700);
	if (mount("none", MOUNT, "cgroup2", 0, NULL))
		tap_skip("cgroup2: %s", strerror(errno));
	rmdir(GROUP);
	snprintf(limit, sizeof(limit), "%d", LIMIT);
	if (write_file(MOUNT "/cgroup.subtree_control", "+memory") || mkdir(GROUP, 0700) ||
	    access(GROUP "/memory.max", W_OK)) {
		leave_cgroup();
		tap_skip("the kernel has no memory controller");
	}
	CHECK(!write_file(GROUP "/memory.max", limit));
	write_file(GROUP "/memory.swap.max", "0");
}

static long long oom_kills(void)
{
	char text[400] = "", *at;
	const int fd = open(GROUP "/memory.events", O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	at = strstr(text, "oom_kill ");
	CHECK(at);
	return atoll(at + strlen("oom_kill "));
}

/* Run @work in a process that may have LIMIT bytes. */
static void in_cgroup(void (*work)(void))
{
	pid_t child;
	int status;

	make_cgroup();
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	CHECK(report != MAP_FAILED);
	memset(report, 0, sizeof(*report));
	child = fork();
	if (!child) {
		EXPECT(!write_file(GROUP "/cgroup.procs", "0"), errno);
		EXPECT(!mlockall(MCL_CURRENT), errno);
		work();
		_exit(0);
	}
	CHECK(child > 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	tap_note("%lld objects", report->made);
	if (report->pressure)
		tap_note("%lld collections for want of memory", report->pressure);
	if (report->line)
		tap_note("line %d: %lld", report->line, report->value);
	CHECK_EQ(oom_kills(), 0);
	CHECK_EQ(status, 0);
	CHECK(heap_wait_none());
	leave_cgroup();
}

static long long pressure(int heap)
{
	long long number = -1;

	EXPECT(heap_numbers(heap, "stats/collections_by_pressure", &number, 1) == 1, number);
	return number;
}

/* A heap that nothing but want of memory makes collect, each time with a check. */
static int open_heap(void)
{
	const int heap = heap_open();

	heap_disable(heap);
	EXPECT(heap_write(heap, "verify", "1") > 0, errno);
	return heap;
}

static void check_verdicts(int heap)
{
	long long number[3] = { -1, -1, -1 };

	EXPECT(heap_numbers(heap, "stats/verdicts", number, 3) == 3, number[0]);
	EXPECT(number[0] > 0, number[0]);
	EXPECT(number[1] == 0, number[1]);
}

static void litter_for_ever(void)
{
	const int heap = open_heap();
	struct mheap_op ops[3];

	for (report->made = 0; report->made < 3 * OBJECTS_MAX; report->made++) {
		ops[0] = op_temp(op_new(0, 1, BODY));
		ops[1] = op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0));
		ops[2] = op_drop(MHEAP_RESULT(0));
		EXPECT(heap_submit(heap, ops, 3, 0) == 3, ops[0].result);
		EXPECT(!ops[0].result && !ops[1].result && !ops[2].result, ops[0].result);
	}
	heap_collect(heap, 2);
	EXPECT(heap_stats(heap).objects == 0, heap_stats(heap).objects);
	report->pressure = pressure(heap);
	EXPECT(report->pressure > 0, report->pressure);
	check_verdicts(heap);
}

TEST(cyclic_garbage_at_the_limit_is_collected_for_ever)
{
	in_cgroup(litter_for_ever);
}

/* Make objects until there is no memory. Return: how many. */
static long long fill(int heap)
{
	struct mheap_op op;
	long long made;
	__u64 data;

	for (made = 0; made < OBJECTS_MAX; made++) {
		op = op_new(0, 1, BODY);
		EXPECT(heap_submit(heap, &op, 1, 0) == 1, errno);
		if (op.result < 0)
			break;
		report->handle[made] = op.result;
		data = made;
		op = op_write(report->handle[made], 0, &data, sizeof(data));
		EXPECT(heap_submit(heap, &op, 1, 0) == 1 && op.result == 8, op.result);
		op = op_store(report->handle[made], 0, report->handle[made / 2]);
		EXPECT(heap_submit(heap, &op, 1, 0) == 1 && !op.result, op.result);
	}
	EXPECT(op.result == -ENOMEM, op.result);
	return made;
}

static void check_all(int heap, long long made)
{
	struct mheap_op op;
	long long i;
	__u64 data;

	for (i = 0; i < made; i++) {
		op = op_read(report->handle[i], 0, &data, sizeof(data));
		EXPECT(heap_submit(heap, &op, 1, 0) == 1 && op.result == 8, op.result);
		EXPECT((long long)data == i, data);
	}
}

static void drop_all(int heap, long long made)
{
	struct mheap_op op;

	while (made--) {
		op = op_drop(report->handle[made]);
		EXPECT(heap_submit(heap, &op, 1, 0) == 1 && !op.result, op.result);
	}
}

static void live_up_to_the_limit(void)
{
	const int heap = open_heap();
	struct mheap_stats before, after;
	int round;

	for (round = 0; round < 2; round++) {
		report->made = fill(heap);
		EXPECT(report->made > OBJECTS_MAX / 4, report->made);
		before = heap_stats(heap);
		EXPECT((long long)before.objects == report->made, before.objects);
		EXPECT(heap_run(heap, op_new(0, 0, 8000)) == -ENOMEM, round);
		EXPECT(heap_run(heap, op_resize(report->handle[0], 1, 1 << 20)) == -ENOMEM, round);
		after = heap_stats(heap);
		EXPECT(after.objects == before.objects, after.objects);
		EXPECT(after.bytes == before.bytes, after.bytes);
		EXPECT(after.handles == before.handles, after.handles);
		EXPECT(after.created == before.created, after.created);
		check_all(heap, report->made);
		EXPECT(heap_collect(heap, 2).freed == 0, 0);
		drop_all(heap, report->made);
		heap_collect(heap, 2);
		EXPECT(heap_stats(heap).objects == 0, heap_stats(heap).objects);
	}
	report->pressure = pressure(heap);
	EXPECT(report->pressure >= 2, report->pressure);
	check_verdicts(heap);
}

TEST(live_objects_at_the_limit_fail_and_nothing_is_lost)
{
	in_cgroup(live_up_to_the_limit);
}

/*
 * Do the same until it fails, or so many times. Returns the operation that was last;
 * report->made says how many worked.
 */
static const struct mheap_op *fill_with(int heap, struct mheap_op op, long long most)
{
	static struct mheap_op ops[BATCH];
	long i, done;

	for (report->made = 0; report->made < most; report->made += done) {
		for (i = 0; i < BATCH; i++)
			ops[i] = op;
		done = heap_submit(heap, ops, BATCH, 0);
		EXPECT(done > 0, errno);
		if (ops[done - 1].result < 0) {
			report->made += done - 1;
			return &ops[done - 1];
		}
	}
	return &ops[BATCH - 1];
}

/* Without that the limit would not be one. */
static void use_up_handles(void)
{
	const int heap = open_heap();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	const struct mheap_op *last = fill_with(heap, op_dup(object), LIMIT / 16);

	EXPECT(last->result == -ENOMEM, last->result);
}

TEST(handles_are_charged)
{
	in_cgroup(use_up_handles);
}

static void use_up_entries(void)
{
	const int heap = open_heap();
	const struct mheap_op *last = fill_with(heap, op_new(0, 0, 0), LIMIT / 8);

	EXPECT(last->result == -ENOMEM, last->result);
	/* A handle takes 16 bytes, an entry in the table 24. */
	EXPECT(report->made < LIMIT / 40, report->made);
}

TEST(the_table_is_charged)
{
	in_cgroup(use_up_entries);
}
