// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that build and cut one shared graph at full speed and are killed at
 * any point of that. The survivor counts for itself what can be reached from the
 * names and from its own handle: that many objects must be left, each as it was
 * made, and with that many references.
 *
 * Each process works below a name of its own, on slots that all share, and on what
 * it finds there of others; and it looks at a part that nobody may change.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define KILLS		tap_number("MHEAP_TEST_KILLS", \
				   20 * tap_number("MHEAP_TEST_ROUNDS", 50))
#define WORKERS		4U	/* at a time */
#define HELD		12U	/* handles of a worker */
#define SHARED_SLOTS	8U
#define OWN_SLOTS	8U
#define CONSTANTS	20U	/* objects that nobody may change, in a chain */

#define TYPE_SHARED	1
#define TYPE_OWN	2
#define TYPE_CONSTANT	3
#define TYPE_FIRST	16	/* of all others; the payload is made of it */

/* What a worker has come to: names that must be there. */
static struct {
	_Atomic int published[WORKERS];
	_Atomic unsigned long batches;
} *progress;

static char own_name[WORKERS][8], passing_name[WORKERS][12];

static void canary_of(__u32 type, __u64 canary[2])
{
	canary[0] = type * 0x9e3779b97f4a7c15ULL;
	canary[1] = ~canary[0];
}

/* The worker. */

static struct {
	int heap;
	unsigned int number;
	__u64 held[HELD];
	__u64 own, shared, constant;
	__u32 next_type;
	struct mheap_op ops[128];
	int gets[128];		/* whose result goes to which of @held, or -1 */
	__u64 canaries[16][2];
	unsigned int count;
} worker;

static unsigned int pick(unsigned int choices)
{
	return random() % choices;
}

static __u64 some(void)
{
	return worker.held[pick(HELD)];
}

static __u64 add(struct mheap_op op)
{
	worker.gets[worker.count] = -1;
	worker.ops[worker.count] = op;
	return MHEAP_RESULT(worker.count++);
}

/* An operation that gives a handle, which is to replace one of those held. */
static void add_get(struct mheap_op op)
{
	add(op);
	worker.gets[worker.count - 1] = pick(HELD);
}

/* A new object has its payload before anything refers to it. */
static void add_new(unsigned int number)
{
	const __u32 type = worker.next_type++;
	const __u64 made = add(op_temp(op_new(type, 2 + pick(3), 16)));

	canary_of(type, worker.canaries[number]);
	add(op_write(made, 0, worker.canaries[number], 16));
	add(op_store(made, 0, some()));
	add(op_store(made, 1, pick(3) ? some() : made));
	if (pick(2))
		add(op_store(some(), pick(4), made));
	else
		add_get(op_dup(made));
}

static void add_sharing(void)
{
	add_get(op_swap(worker.shared, pick(SHARED_SLOTS), some()));
	add_get(op_load(worker.shared, pick(SHARED_SLOTS)));
	add(op_compare_store(worker.shared, pick(SHARED_SLOTS), some(), some()));
	add(op_store(worker.own, pick(OWN_SLOTS), some()));
	add_get(op_load(worker.own, pick(OWN_SLOTS)));
}

static void add_naming(void)
{
	add(op_replace(some(), passing_name[pick(WORKERS)]));
	add_get(op_lookup(passing_name[pick(WORKERS)]));
	if (pick(2))
		add(op_unpublish(passing_name[pick(WORKERS)]));
	add_get(op_load(add(op_temp(op_lookup(own_name[pick(WORKERS)]))), pick(OWN_SLOTS)));
}

/* So that the graph does not grow for ever. */
static void add_cutting(void)
{
	unsigned int i;

	add(op_store(worker.shared, pick(SHARED_SLOTS), 0));
	for (i = 0; i < OWN_SLOTS; i++)
		add(op_store(worker.own, i, 0));
	for (i = 0; i < HELD; i++)
		add_get(op_dup(worker.own));
}

static void fill_batch(void)
{
	unsigned int i;

	worker.count = 0;
	for (i = 0; i < 8; i++)
		add_new(i);
	for (i = 0; i < 4; i++)
		add_get(op_load(some(), pick(3)));
	add_sharing();
	add_naming();
	add(op_store(some(), pick(4), 0));
	add(op_resize(some(), 2 + pick(4), 16));
	if (!pick(6))
		add_cutting();
	CHECK(worker.count <= ARRAY_SIZE(worker.ops));
}

/* Hold what the batch gave, and drop what that replaces. */
static void take_results(void)
{
	struct mheap_op drops[ARRAY_SIZE(worker.ops)];
	unsigned int i, dropped = 0;
	__u64 *held;

	for (i = 0; i < worker.count; i++) {
		if (worker.gets[i] < 0 || worker.ops[i].result <= 0)
			continue;
		held = &worker.held[worker.gets[i]];
		if (*held)
			drops[dropped++] = op_drop(*held);
		*held = worker.ops[i].result;
	}
	heap_do_all(worker.heap, drops, dropped);
}

static int is_made_as(__u32 type, const __u64 payload[2])
{
	__u64 canary[2];

	canary_of(type, canary);
	return !memcmp(payload, canary, 16);
}

/* An object that is held is what it was made as, and so are the constants. */
static void check_some(void)
{
	struct mheap_object_info info = {}, constant = {};
	__u64 payload[2], constants[2];
	struct mheap_op ops[] = {
		op_info(some(), &info),
		op_read(0, 0, payload, 16),
		op_temp(op_load(worker.constant, 0)),
		op_info(MHEAP_RESULT(2), &constant),
		op_read(MHEAP_RESULT(2), 0, constants, 16),
	};

	ops[1].object = ops[0].object;
	heap_do_all(worker.heap, ops, ARRAY_SIZE(ops));
	CHECK(is_made_as(info.type, payload));
	CHECK_EQ(constant.type, TYPE_CONSTANT);
	CHECK(is_made_as(TYPE_CONSTANT, constants));
}

static __u64 new_own(void)
{
	__u64 canary[2];
	const __u64 own = heap_get(worker.heap, op_new(TYPE_OWN, OWN_SLOTS, 16));

	canary_of(TYPE_OWN, canary);
	CHECK_EQ(heap_run(worker.heap, op_write(own, 0, canary, 16)), 16);
	heap_do(worker.heap, op_replace(own, own_name[worker.number]));
	progress->published[worker.number] = 1;
	return own;
}

static void __noreturn work(unsigned int number, unsigned int seed, int fd)
{
	struct mheap_collect collect = {};
	unsigned int i;

	signal(SIGALRM, SIG_DFL);
	srandom(seed);
	worker.number = number;
	worker.next_type = TYPE_FIRST + seed * 100000;
	worker.heap = heap_open_joined(fd);
	worker.shared = heap_get(worker.heap, op_lookup("shared"));
	worker.constant = heap_get(worker.heap, op_lookup("constant"));
	worker.own = new_own();
	for (i = 0; i < HELD; i++)
		worker.held[i] = heap_get(worker.heap, op_dup(worker.own));
	while (1) {
		fill_batch();
		CHECK_EQ(heap_submit(worker.heap, worker.ops, worker.count,
				     MHEAP_SUBMIT_CONTINUE), worker.count);
		take_results();
		check_some();
		progress->batches++;
		collect.generation = pick(3);
		if (!pick(20))
			CHECK_EQ(heap_ioctl(worker.heap, MHEAP_IOC_COLLECT, &collect), 0);
	}
}

/* The survivor. */

#define REACHED_MAX	100000U

/**
 * struct reached - an object that the survivor has reached
 * @id: of it
 * @handle: the survivor's
 * @info: what the heap says of it
 * @inside: references from slots that the survivor has seen
 * @outside: references from names that it has seen, and handles that it has
 */
static struct reached {
	__u64 id;
	__u64 handle;
	struct mheap_object_info info;
	__u32 inside;
	__u32 outside;
} *reached;

static unsigned int reached_count;
static __u32 places[2 * 131072];	/* by id: number in reached[] + 1 */

static __u32 *place_of(__u64 id)
{
	__u32 place = (id * 0x9e3779b97f4a7c15ULL) >> 46;

	while (places[place] && reached[places[place] - 1].id != id)
		place = (place + 1) % ARRAY_SIZE(places);
	return &places[place];
}

/* The entry of an object, made where it is met first; takes the handle. */
static struct reached *reach(int heap, __u64 handle)
{
	struct mheap_object_info info = {};
	__u64 payload[2];
	struct mheap_op ops[] = { op_info(handle, &info), op_read(handle, 0, payload, 16) };
	__u32 *place;

	heap_do_all(heap, ops, 2);
	place = place_of(info.id);
	if (*place) {
		heap_do(heap, op_drop(handle));
		return &reached[*place - 1];
	}
	CHECK_EQ(ops[1].result, 16);
	CHECK(is_made_as(info.type, payload));
	CHECK(reached_count < REACHED_MAX);
	reached[reached_count] = (struct reached){
		.id = info.id, .handle = handle, .info = info, .outside = 1,
	};
	*place = ++reached_count;
	return &reached[reached_count - 1];
}

static void reach_slots(int heap, unsigned int number)
{
	const __u64 object = reached[number].handle;
	const __u32 slots = reached[number].info.slots;
	struct mheap_op ops[16];
	__u32 i;

	CHECK(slots <= ARRAY_SIZE(ops));
	for (i = 0; i < slots; i++)
		ops[i] = op_load(object, i);
	heap_do_all(heap, ops, slots);
	for (i = 0; i < slots; i++)
		if (ops[i].result)
			reach(heap, ops[i].result)->inside++;
}

/* Returns whether there was such a name. */
static int reach_name(int heap, const char *name)
{
	const __s64 handle = heap_run(heap, op_lookup(name));

	if (handle == -ENOENT)
		return 0;
	CHECK(handle > 0);
	reach(heap, handle)->outside++;
	return 1;
}

static void reach_names(int heap)
{
	unsigned int i;

	CHECK(reach_name(heap, "shared"));
	CHECK(reach_name(heap, "constant"));
	for (i = 0; i < WORKERS; i++) {
		CHECK(reach_name(heap, own_name[i]) || !progress->published[i]);
		reach_name(heap, passing_name[i]);
	}
}

static void check_constants(int heap, __u64 constant)
{
	unsigned int length = 0;
	__u64 at = heap_get(heap, op_dup(constant)), next;

	while (at) {
		CHECK_EQ(heap_info(heap, at).type, TYPE_CONSTANT);
		next = heap_run(heap, op_load(at, 0));
		heap_do(heap, op_drop(at));
		at = next;
		length++;
	}
	CHECK_EQ(length, CONSTANTS);
}

/* What an object says of its references is what was seen. */
static void check_references(int heap, const struct reached *object)
{
	const struct mheap_object_info info = heap_info(heap, object->handle);

	CHECK_EQ(info.outside, object->outside);
	CHECK_EQ(info.references, object->inside + object->outside);
}

static void drop_reached(int heap)
{
	while (reached_count) {
		*place_of(reached[reached_count - 1].id) = 0;
		heap_do(heap, op_drop(reached[--reached_count].handle));
	}
}

/* All workers are dead. Returns how many objects are left: those that can be reached. */
static unsigned int check_heap(int heap, __u64 constant)
{
	unsigned int i, count;

	CHECK_EQ(heap_stats(heap).sessions, 1);
	CHECK_EQ(heap_stats(heap).handles, 1);
	/* Dead objects whose release goes on still refer to others. */
	heap_settle(heap);
	heap_collect(heap, 2);
	heap_settle(heap);
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	reach(heap, heap_get(heap, op_dup(constant)))->outside++;
	reach_names(heap);
	for (i = 0; i < reached_count; i++)
		reach_slots(heap, i);
	CHECK_EQ(heap_objects(heap), reached_count);
	CHECK_EQ(heap_stats(heap).handles, reached_count + 1);
	for (i = 0; i < reached_count; i++)
		check_references(heap, &reached[i]);
	count = reached_count;
	drop_reached(heap);
	check_constants(heap, constant);
	return count;
}

static __u64 new_constants(int heap)
{
	__u64 canary[2], made, last = 0;
	unsigned int i;

	canary_of(TYPE_CONSTANT, canary);
	for (i = 0; i < CONSTANTS; i++) {
		made = heap_get(heap, op_new(TYPE_CONSTANT, 1, 16));
		CHECK_EQ(heap_run(heap, op_write(made, 0, canary, 16)), 16);
		heap_do(heap, op_store(made, 0, last));
		if (last)
			heap_do(heap, op_drop(last));
		last = made;
	}
	heap_do(heap, op_publish(last, "constant"));
	return last;
}

static void new_shared(int heap)
{
	const __u64 shared = heap_get(heap, op_new(TYPE_SHARED, SHARED_SLOTS, 16));
	__u64 canary[2];

	canary_of(TYPE_SHARED, canary);
	CHECK_EQ(heap_run(heap, op_write(shared, 0, canary, 16)), 16);
	heap_do(heap, op_publish(shared, "shared"));
	heap_do(heap, op_drop(shared));
}

static void prepare(void)
{
	unsigned int i;

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(progress != MAP_FAILED);
	reached = calloc(REACHED_MAX, sizeof(*reached));
	CHECK(reached);
	for (i = 0; i < WORKERS; i++) {
		snprintf(own_name[i], sizeof(own_name[i]), "own %u", i);
		snprintf(passing_name[i], sizeof(passing_name[i]), "passing %u", i);
	}
}

static pid_t start(unsigned int number, unsigned int seed, int heap)
{
	const pid_t child = fork();

	CHECK(child >= 0);
	if (!child)
		work(number, seed, heap);
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

static int has_done_batches(void *until)
{
	return progress->batches >= *(unsigned long *)until;
}

/*
 * Workers begin one after the other, and are killed at any point, from birth on; but the
 * last one of every second group has been at work, however slow the machine is.
 */
static void kill_some(int heap, unsigned int seed)
{
	pid_t children[WORKERS];
	unsigned long until;
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		children[i] = start(i, seed + i, heap);
	for (i = 0; i < WORKERS; i++) {
		if (i == WORKERS - 1 && seed / WORKERS % 2) {
			until = progress->batches + 1 + random() % 16;
			CHECK(tap_wait(has_done_batches, &until));
		}
		usleep(random() % 20000);
		stop(children[i]);
	}
}

static void take_names_back(int heap)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		heap_run(heap, op_unpublish(own_name[i]));
		heap_run(heap, op_unpublish(passing_name[i]));
	}
	heap_do(heap, op_unpublish("shared"));
	heap_do(heap, op_unpublish("constant"));
}

TEST(what_can_be_reached_is_left_by_the_killed_and_nothing_else)
{
	const unsigned long kills = KILLS;
	const int heap = heap_open();
	unsigned int count, most = 0, sum = 0;
	unsigned long killed;
	__u64 constant;

	prepare();
	constant = new_constants(heap);
	new_shared(heap);
	for (killed = 0; killed < kills; killed += WORKERS) {
		tap_case("%lu killed", killed);
		kill_some(heap, killed);
		count = check_heap(heap, constant);
		most = count > most ? count : most;
		sum += count;
	}
	tap_note("%lu killed in %lu batches; %u objects left at most, %lu on average", killed,
		 progress->batches, most, sum / (killed / WORKERS));
	CHECK(progress->batches > kills / 10);
	CHECK(most > 2 * CONSTANTS);
	take_names_back(heap);
	heap_do(heap, op_drop(constant));
	heap_settle(heap);
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), 0);
}
