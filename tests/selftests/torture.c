// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture through the device: processes that work on one heap, each with a session
 * of its own, beside collections, sessions that come and go, processes that are
 * killed, and a limit on their memory.
 *
 *	MHEAP_TEST_SEED		of all decisions; printed
 *	MHEAP_TEST_SECONDS	how long each test goes on (5)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define WORKERS		4
#define HELD		24	/* handles of a worker */
#define WEAK		8
#define SHARED		32	/* slots of the object that all know */
#define SECONDS		tap_number("MHEAP_TEST_SECONDS", 5)
#define ROUND_SECONDS	3.0
#define ENDURANCE	300	/* batches in a session, about */

/* The first bytes of every payload. */
struct canary {
	__u64 id;
	__u64 check;
};

struct worker {
	int heap;
	unsigned int number;
	__u64 random;
	__u64 shared;		/* handles */
	__u64 held[HELD];
	__u64 id[HELD];		/* of what is held */
	__u64 weak[WEAK];
};

/* Seen by all processes. */
static struct {
	_Atomic int stop;
	_Atomic unsigned long operations;
	_Atomic unsigned long refused;
	_Atomic unsigned long killed;
} *common;

static int heap;		/* of who looks after it all */
static __u64 root;
static int is_short;		/* of memory: a limit, and one that reaches it */

static unsigned int below(struct worker *w, unsigned int limit)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (unsigned int)(w->random >> 32) % limit;
}

/* One operation, which may fail in the ways that torture brings about. */
static __s64 run(struct worker *w, struct mheap_op op)
{
	__s64 result = heap_submit(w->heap, &op, 1, 0);

	common->operations++;
	if (result == 1)
		result = op.result;
	if (result == -ENOMEM)
		common->refused++;
	return result;
}

static void sign(struct worker *w, __u64 handle, __u64 *id)
{
	struct mheap_object_info info;
	struct canary canary;

	*id = 0;
	if (run(w, op_info(handle, &info)) != sizeof(info))
		return;
	canary.id = info.id;
	canary.check = ~info.id;
	/* Unsigned for lack of memory is all right. */
	if (run(w, op_write(handle, 0, &canary, sizeof(canary))) == sizeof(canary))
		*id = info.id;
}

/* Return: its id, or 0 where that could not be found out. */
static __u64 inspect(struct worker *w, __u64 handle, __u64 id)
{
	struct mheap_object_info info;
	struct canary canary = {};
	__s64 length;

	if (run(w, op_info(handle, &info)) != sizeof(info))
		return 0;
	length = run(w, op_read(handle, 0, &canary, sizeof(canary)));
	if (length == -ENOMEM)
		return 0;
	tap_case("object %llx", info.id);
	CHECK_EQ(length, sizeof(canary));
	if (canary.id) {
		CHECK_EQ(canary.id, info.id);
		CHECK_EQ(canary.check, ~info.id);
	}
	if (id)
		CHECK_EQ(info.id, id);
	CHECK(info.outside > 0);
	CHECK(info.references >= info.outside);
	return info.id;
}

static void drop(struct worker *w, __u64 *handle)
{
	if (*handle)
		CHECK_EQ(run(w, op_drop(*handle)), 0);
	*handle = 0;
}

static void keep(struct worker *w, __s64 handle, __u64 id)
{
	const unsigned int place = below(w, HELD);

	if (handle <= 0)
		return;
	id = inspect(w, handle, id);
	drop(w, &w->held[place]);
	w->held[place] = handle;
	w->id[place] = id;
}

static __u64 some(struct worker *w)
{
	const __u64 handle = w->held[below(w, HELD)];

	return handle ? handle : w->shared;
}

static void check_result(__s64 result, __s64 at_most)
{
	CHECK(result == -ENOMEM || result == -EINVAL || (result >= 0 && result <= at_most));
}

static void make_one(struct worker *w)
{
	const unsigned int slots = below(w, 30) ? below(w, 5) : 60 + below(w, 300);
	const unsigned int length = below(w, 50) ? below(w, 80) : 16000 + below(w, 60000);
	__s64 handle = run(w, op_new(below(w, 300), slots, sizeof(struct canary) + length));
	__u64 id;

	if (handle == -ENOMEM)
		return;
	CHECK(handle > 0);
	sign(w, handle, &id);
	keep(w, handle, id);
}

static void link_one(struct worker *w)
{
	const __u64 target = below(w, 4) ? some(w) : 0;

	check_result(run(w, op_store(some(w), below(w, SHARED), target)), 0);
}

static void load_one(struct worker *w)
{
	const __s64 handle = run(w, op_load(some(w), below(w, SHARED)));

	check_result(handle, INT64_MAX);
	keep(w, handle, 0);
}

static void swap_one(struct worker *w)
{
	const __u64 target = below(w, 3) ? some(w) : 0;
	const __s64 handle = run(w, op_swap(some(w), below(w, SHARED), target));

	check_result(handle, INT64_MAX);
	keep(w, handle, 0);
}

static void exchange_one(struct worker *w)
{
	check_result(run(w, op_compare_store(some(w), below(w, 4), below(w, 2) ? some(w) : 0,
					     some(w))), 1);
}

static void double_one(struct worker *w)
{
	const unsigned int place = below(w, HELD);
	__s64 copy;

	if (!w->held[place])
		return;
	copy = run(w, op_dup(w->held[place]));
	if (copy == -ENOMEM)
		return;
	CHECK(copy > 0);
	CHECK_EQ(run(w, op_same(copy, w->held[place])), 1);
	keep(w, copy, w->id[place]);
}

static void drop_one(struct worker *w)
{
	drop(w, &w->held[below(w, HELD)]);
}

static void resize_one(struct worker *w)
{
	const __u64 handle = some(w);
	const unsigned int slots = handle == w->shared ? SHARED :
				   below(w, 20) ? below(w, 6) : 60 + below(w, 300);
	const unsigned int length = below(w, 20) ? below(w, 100) : 16000 + below(w, 60000);

	check_result(run(w, op_resize(handle, slots, sizeof(struct canary) + length)), 0);
	inspect(w, handle, 0);
}

static void name_one(struct worker *w)
{
	__u64 *weak = &w->weak[below(w, WEAK)];
	__s64 handle;

	drop(w, weak);
	handle = run(w, op_weak(some(w)));
	if (handle > 0)
		*weak = handle;
}

static void upgrade_one(struct worker *w)
{
	const __u64 weak = w->weak[below(w, WEAK)];
	__s64 handle;

	if (!weak)
		return;
	handle = run(w, op_upgrade(weak));
	CHECK(handle > 0 || handle == -ENOENT || handle == -ENOMEM);
	if (handle <= 0)
		return;
	CHECK_EQ(run(w, op_same(weak, handle)), 1);
	keep(w, handle, 0);
}

static void verify_one(struct worker *w)
{
	const unsigned int place = below(w, HELD);

	if (w->held[place])
		inspect(w, w->held[place], w->id[place]);
}

/* A whole graph in one call: a chain, or a ring that is garbage at once. */
static void build_one(struct worker *w)
{
	struct mheap_op ops[2 * 100 + 2];
	const unsigned int nodes = 2 + below(w, 98);
	const int is_ring = below(w, 2);
	unsigned int i, count = 0;
	long done;

	for (i = 0; i < nodes; i++) {
		ops[count++] = op_temp(op_new(3, 1, sizeof(struct canary)));
		ops[count++] = op_store(MHEAP_RESULT(2 * i), 0,
					i ? MHEAP_RESULT(2 * i - 2) : 0);
	}
	if (is_ring)
		ops[count++] = op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(2 * nodes - 2));
	else
		ops[count++] = op_store(some(w), 0, MHEAP_RESULT(2 * nodes - 2));
	done = heap_submit(w->heap, ops, count, 0);
	if (done == -ENOMEM) {	/* not even for the batch */
		common->refused++;
		return;
	}
	CHECK(done > 0 && done <= count);
	common->operations += done;
}

static void collect_one(struct worker *w)
{
	if (!below(w, 10))
		heap_collect(w->heap, below(w, 3));
}

static void (*const game[])(struct worker *w) = {
	make_one, make_one, make_one, link_one, link_one, link_one, load_one, load_one,
	swap_one, exchange_one, double_one, drop_one, drop_one, resize_one, name_one,
	upgrade_one, upgrade_one, verify_one, verify_one, build_one, collect_one,
};

static __u64 look_up_root(int session)
{
	struct mheap_op op = op_lookup("root");

	return heap_submit(session, &op, 1, 0) == 1 && op.result > 0 ? op.result : 0;
}

/* Return: 0 where there was no memory for it. */
static int begin_session(struct worker *w)
{
	memset(w->held, 0, sizeof(w->held));
	memset(w->weak, 0, sizeof(w->weak));
	w->heap = open(HEAP_DEVICE, O_RDWR | O_CLOEXEC);
	if (w->heap < 0)
		return 0;
	w->shared = heap_join(w->heap, heap) ? 0 : look_up_root(w->heap);
	if (!w->shared)
		close(w->heap);
	return !!w->shared;
}

/* Handles go with the session. */
static void end_session(struct worker *w)
{
	close(w->heap);
}

/* Writes into a file of a control group, if there is one. */
static int write_limit(const char *file, const char *text)
{
	char path[100] = "/sys/fs/cgroup/mheap-torture/";
	int fd, written;

	strcat(path, file);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return 0;
	written = write(fd, text, strlen(text)) > 0;
	close(fd);
	return written;
}

/* Takes what there is, and gives it back. */
static void take_all(struct worker *w)
{
	static __u64 large[600];
	unsigned int i, count = 0;
	__s64 handle;

	while (count < ARRAY_SIZE(large) && !common->stop) {
		handle = run(w, op_new(0, 0, 60000));
		if (handle <= 0)
			break;
		large[count++] = handle;
	}
	usleep(10000);
	for (i = 0; i < count; i++)
		CHECK_EQ(run(w, op_drop(large[i])), 0);
}

static void work(unsigned int number, unsigned long seed)
{
	struct worker w = { .number = number };
	unsigned int i;

	if (is_short)
		CHECK(write_limit("cgroup.procs", "0"));
	w.random = ((__u64)seed * WORKERS + number + 1) * 0x9e3779b97f4a7c15ULL | 1;
	while (!common->stop) {
		if (!begin_session(&w))
			continue;
		do
			for (i = 0; i < 20; i++)
				if (is_short && number == 0)
					take_all(&w);
				else
					game[below(&w, ARRAY_SIZE(game))](&w);
		while (!common->stop && below(&w, ENDURANCE / 20));
		end_session(&w);
	}
}

static pid_t start(unsigned int number, unsigned long seed)
{
	const pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		work(number, seed);
		_exit(0);
	}
	return child;
}

/*
 * What can be reached from the root, looked at once more: each object's references
 * from slots, and how many objects there are.
 */
#define FOUND_MAX	200000

static struct found {
	__u64 id;
	__u64 handle;
	__u32 inside;
} *found;
static unsigned int founds;
static unsigned int *index_of;	/* by number, which is the low half of an id */

static struct found *find(__u64 handle)
{
	const __u64 id = heap_info(heap, handle).id;
	unsigned int *known = &index_of[(__u32)id % FOUND_MAX];

	CHECK((__u32)id < FOUND_MAX);
	if (*known) {
		CHECK_EQ(found[*known].id, id);
		heap_do(heap, op_drop(handle));
		return &found[*known];
	}
	*known = ++founds;
	CHECK(founds < FOUND_MAX);
	found[founds] = (struct found){ .id = id, .handle = handle };
	return &found[founds];
}

static void take_census(void)
{
	const __u64 copy = heap_get(heap, op_dup(root));
	struct mheap_object_info info;
	unsigned int i, slot;
	__s64 target;

	found = calloc(FOUND_MAX, sizeof(*found));
	index_of = calloc(FOUND_MAX, sizeof(*index_of));
	CHECK(found && index_of);
	founds = 0;
	find(copy);
	for (i = 1; i <= founds; i++) {
		info = heap_info(heap, found[i].handle);
		for (slot = 0; slot < info.slots; slot++) {
			target = heap_run(heap, op_load(found[i].handle, slot));
			CHECK(target >= 0);
			if (target)
				find(target)->inside++;
		}
	}
	for (i = 1; i <= founds; i++) {
		info = heap_info(heap, found[i].handle);
		tap_case("object %llx", info.id);
		/* The root has a handle more, and perhaps a name. */
		CHECK_EQ(info.references - info.outside, found[i].inside);
		CHECK_EQ(info.outside, i > 1 ? 1 : 3);
	}
	CHECK_EQ(heap_objects(heap), founds);
	for (i = 1; i <= founds; i++)
		heap_do(heap, op_drop(found[i].handle));
	free(found);
	free(index_of);
}

/* Everybody has gone; what nothing reaches goes, too. */
static void be_quiet(void)
{
	heap_settle(heap);
	heap_collect(heap, 2);
	heap_settle(heap);
}

static void check_child(pid_t child, int may_be_killed)
{
	int status;

	CHECK_EQ(waitpid(child, &status, 0), child);
	if (may_be_killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	CHECK_EQ(status, 0);
}

/* Kills one now and then, where nothing is lost by that. */
static void oversee(pid_t *child, unsigned long seed, double end, int may_be_killed)
{
	struct worker w = { .random = seed * 77 + 1 };
	unsigned int victim;

	while (tap_time() < end) {
		usleep(50000 + below(&w, 200000));
		if (!may_be_killed)
			continue;
		victim = below(&w, WORKERS);
		kill(child[victim], SIGKILL);
		check_child(child[victim], 1);
		common->killed++;
		child[victim] = start(victim, seed + below(&w, 1000000));
	}
}

static void round_of(unsigned long seed, int may_be_killed)
{
	const double end = tap_time() + ROUND_SECONDS;
	pid_t child[WORKERS];
	unsigned int i;

	heap_set_threshold(heap, 1 + seed % 300, seed % 5, seed % 3);
	common->stop = 0;
	for (i = 0; i < WORKERS; i++)
		child[i] = start(i, seed);
	oversee(child, seed, end, may_be_killed);
	common->stop = 1;
	for (i = 0; i < WORKERS; i++)
		check_child(child[i], may_be_killed);
	be_quiet();
	take_census();
}

static unsigned long begin(void)
{
	const unsigned long seed = tap_number("MHEAP_TEST_SEED", time(NULL) % 1000000);
	struct worker w = {};
	__u64 id;

	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(common != MAP_FAILED);
	heap = heap_open();
	root = heap_get(heap, op_new(1, SHARED, sizeof(struct canary)));
	w.heap = heap;
	sign(&w, root, &id);
	heap_do(heap, op_publish(root, "root"));
	tap_note("MHEAP_TEST_SEED=%lu MHEAP_TEST_SECONDS=%lu", seed, SECONDS);
	return seed;
}

/* No verdict of the collector was wrong; it was not checked where it is slow. */
static void check_verdicts(void)
{
	long long verdicts[3];

	CHECK_EQ(heap_numbers(heap, "stats/verdicts", verdicts, 3), 3);
	tap_note("torture: %lld verdicts checked", verdicts[0]);
	CHECK_EQ(verdicts[1], 0);
}

static void go_on(int may_be_killed, int verify)
{
	const double begun = tap_time();
	const double end = begun + SECONDS;
	unsigned long seed = begin();
	unsigned int rounds = 0;

	if (verify)
		CHECK_EQ(heap_write(heap, "verify", "1"), 1);
	/* A round takes a little longer than it should; the limit is the test's. */
	do
		round_of(seed++, may_be_killed);
	while (rounds++, tap_time() < end);
	tap_note("torture: %lu operations, %lu refused, %lu killed, %u rounds, %.0f s",
		 common->operations, common->refused, common->killed, rounds,
		 tap_time() - begun);
	check_verdicts();
	heap_close(heap);
}

TEST(processes_do_everything_at_once)
{
	go_on(0, 0);
}

TEST(processes_do_everything_while_verdicts_are_checked)
{
	go_on(1, 1);
}

TEST(processes_are_killed_meanwhile)
{
	go_on(1, 0);
}

/* Whoever the kernel kills for want of memory is one of those that may be killed. */
TEST(memory_is_short)
{
	if (mkdir("/sys/fs/cgroup/mheap-torture", 0755) && errno != EEXIST)
		tap_skip("no control groups");
	if (!write_limit("memory.max", "16M"))
		tap_skip("no control group for memory");
	is_short = 1;
	go_on(1, 0);
}
