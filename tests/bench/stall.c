// SPDX-License-Identifier: GPL-2.0-only
/* The program and the collector of the stall benchmark; see stall.h. */
#ifndef __KERNEL__
#include <stdlib.h>
#endif

#include "stall.h"

static void ignore(struct mheap_heap *heap)
{
	(void)heap;
}

/* Collections and releases take place when the benchmark says so. */
static const struct mheap_heap_ops quiet = {
	.collect	= ignore,
	.release	= ignore,
	.released	= ignore,
	.event		= ignore,
};

static u32 below(struct stall *stall, u32 limit)
{
	u64 z = stall->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return ((z ^ z >> 31) >> 32) * limit >> 32;
}

static void check(struct stall *stall, int error)
{
	if (error && !stall->failed)
		stall->failed = error;
}

/* Operations, each in a section of its own, as a program's are. */

static int load(struct stall *stall, u64 handle, u32 slot, u64 *loaded)
{
	struct mheap_session *session = &stall->session;
	u32 object = 0, target = 0;
	int error;

	*loaded = 0;
	mheap_session_enter_always(session);
	error = mheap_session_find(session, handle, &object);
	if (!error)
		error = mheap_object_load(session, object, slot, &target);
	if (!error && target)
		error = mheap_session_hold(session, target, loaded);
	mheap_session_leave(session);
	return error;
}

static int store(struct stall *stall, u64 handle, u32 slot, u64 what)
{
	struct mheap_session *session = &stall->session;
	u32 object = 0, target = 0;
	int error;

	mheap_session_enter_always(session);
	error = mheap_session_find(session, handle, &object);
	if (!error)
		error = mheap_session_find(session, what, &target);
	if (!error)
		error = mheap_object_store(session, object, slot, target);
	mheap_session_leave(session);
	return error;
}

static int make(struct stall *stall, u64 *handle)
{
	const struct mheap_shape shape = { .slots = SHAPE_SLOTS, .length = SHAPE_PAYLOAD };
	struct mheap_session *session = &stall->session;
	u32 object;
	int error;

	*handle = 0;
	mheap_session_enter_always(session);
	error = mheap_object_new(session, &shape, &object);
	if (!error)
		error = mheap_session_hold(session, object, handle);
	mheap_session_leave(session);
	return error;
}

static int drop(struct stall *stall, u64 handle)
{
	struct mheap_session *session = &stall->session;
	int error;

	mheap_session_enter_always(session);
	error = mheap_session_drop(session, handle);
	mheap_session_leave(session);
	return error;
}

#define TIMED(stall, act, operation) do {					\
	u64 _begin = ktime_get_ns();						\
	int _error = (operation);						\
										\
	spread_add(&(stall)->spread[act], ktime_get_ns() - _begin);		\
	check(stall, _error);							\
} while (0)

/* Numbers up to that of the graph's last object are known, and these objects stay. */
static int look(struct stall *stall)
{
	const u32 object = 1 + below(stall, stall->objects - 1);
	const struct mheap_chunk *chunk = mheap_chunk_of(&stall->heap.table, object);
	const u32 *body = READ_ONCE(chunk->body[mheap_index(object)]);

	return !atomic64_read(&chunk->count[mheap_index(object)]) || !body ||
	       READ_ONCE(*body) == SHAPE_NONE;
}

static void idle(struct stall *stall)
{
	for (u32 i = 0; i < 7; i++)
		TIMED(stall, STALL_CONTROL, 0);
	TIMED(stall, STALL_LOOK, look(stall));
}

static void step_graph(struct stall *stall)
{
	const u32 place = 1 + below(stall, STALL_HELD - 1);
	const u64 from = stall->graph[below(stall, STALL_HELD)];

	if (stall->graph[place])
		TIMED(stall, STALL_DROP, drop(stall, stall->graph[place]));
	if (from == stall->graph[place] || !from) {
		stall->graph[place] = 0;
		return;
	}
	TIMED(stall, STALL_LOAD, load(stall, from, below(stall, SHAPE_SLOTS - 1),
				      &stall->graph[place]));
}

static void step_store(struct stall *stall)
{
	const u64 holder = stall->graph[below(stall, STALL_HELD)];
	const u64 target = stall->graph[below(stall, STALL_HELD)];

	if (holder && target)
		TIMED(stall, STALL_STORE, store(stall, holder, SHAPE_SLOTS - 1, target));
}

static void step_new(struct stall *stall)
{
	u64 *own = &stall->own[below(stall, STALL_HELD)];

	if (*own)
		TIMED(stall, STALL_DROP, drop(stall, *own));
	TIMED(stall, STALL_NEW, make(stall, own));
	if (*own)
		TIMED(stall, STALL_STORE, store(stall, *own, 0, *own));
}

static void step(struct stall *stall)
{
	switch (below(stall, 4)) {
	case 0:
		step_store(stall);
		break;
	case 1:
		step_new(stall);
		break;
	default:
		step_graph(stall);
		break;
	}
}

/**
 * stall_program - work until it is to stop
 * @stall: the run
 */
void stall_program(struct stall *stall)
{
	while (!READ_ONCE(stall->stop) && !stall->failed) {
		if (stall->control && ktime_get_ns() >> STALL_SLICE & 1)
			idle(stall);
		else
			step(stall);
		cond_resched();
	}
}

/**
 * stall_collect - one collection
 * @stall: the run
 * @generation: what to collect
 *
 * Return: 0 or an error.
 */
int stall_collect(struct stall *stall, u32 generation)
{
	struct mheap_collection collection;
	int error = mheap_collect(&stall->heap, generation, &collection);

	if (!error) {
		spread_add(&stall->collections, collection.nanoseconds);
		stall->unreachable += collection.unreachable;
	}
	return error;
}

static void pass_object(struct mheap_image_sink *sink, const struct mheap_image_object *object)
{
}

static void pass_slots(struct mheap_image_sink *sink, u32 object, u32 first, u32 count,
		       const u32 *slot)
{
}

/* Read one to its end, as fast as that goes. Return: 0 or an error. */
static int take_image(struct stall *stall)
{
	struct mheap_image_sink sink = { .object = pass_object, .slots = pass_slots };
	const u64 begin = ktime_get_ns();
	struct mheap_image *image = &stall->image;
	int error = mheap_image_begin(image, &stall->heap);

	if (error)
		return error;
	do {
		error = mheap_image_read(image, &sink);
		cond_resched();
	} while (error > 0);
	mheap_image_end(image);
	spread_add(&stall->collections, ktime_get_ns() - begin);
	return error;
}

static int work_once(struct stall *stall, enum stall_work work, u32 rounds)
{
	switch (work) {
	case STALL_FULL:
		return stall_collect(stall, MHEAP_OLDEST);
	case STALL_YOUNG:
		return stall_collect(stall, rounds % 64 == 63);
	default:
		return take_image(stall);
	}
}

/**
 * stall_collector - do the same again and again, then let the program stop
 * @stall: the run
 * @work: what; full collections and images twice at least
 * @until: when to stop
 */
void stall_collector(struct stall *stall, enum stall_work work, u64 until)
{
	u32 rounds = 0;
	int error;

	do {
		error = work_once(stall, work, rounds);
		rounds++;
		cond_resched();
	} while (!error && !READ_ONCE(stall->failed) &&
		 (ktime_get_ns() < until || (work != STALL_YOUNG && rounds < 2)));
	check(stall, error);
	WRITE_ONCE(stall->stop, true);
}

static struct mheap_tally sum(struct stall *stall)
{
	struct mheap_tally tally;

	mheap_lanes_sum(&stall->heap.lanes, &tally);
	return tally;
}

static u64 count_objects(struct stall *stall)
{
	const struct mheap_tally tally = sum(stall);

	return tally.created - tally.freed;
}

/**
 * stall_floating_begin - one collection beside the program, which is to stop
 * @stall: the run; the program has been started
 * @floating: what there is to count
 *
 * It begins in a heap without old garbage, when the program is in full swing.
 */
void stall_floating_begin(struct stall *stall, struct stall_floating *floating)
{
	s64 made = sum(stall).created;

	while (sum(stall).created < made + 4 * STALL_HELD &&
	       !READ_ONCE(stall->failed))
		cond_resched();
	made = sum(stall).created;
	check(stall, stall_collect(stall, MHEAP_OLDEST));
	WRITE_ONCE(stall->stop, true);
	floating->made += sum(stall).created - made;
}

/**
 * stall_floating_end - count what it left behind
 * @stall: the run; the program has stopped
 * @floating: filled
 */
void stall_floating_end(struct stall *stall, struct stall_floating *floating)
{
	const u64 before = count_objects(stall);
	u64 left;

	check(stall, stall_collect(stall, MHEAP_OLDEST));
	check(stall, stall_collect(stall, MHEAP_OLDEST));
	left = before - count_objects(stall);
	floating->left += left;
	floating->most = max(floating->most, left);
	floating->objects = floating->collections ? min(floating->objects, before) : before;
	floating->collections++;
	WRITE_ONCE(stall->stop, false);
}

/* Building the graph, MHEAP_SECTION_OPERATIONS operations at a time. */

static void rest(struct stall *stall, u32 operation)
{
	if (operation % (MHEAP_SECTION_OPERATIONS / SHAPE_SLOTS))
		return;
	mheap_session_leave(&stall->session);
	cond_resched();
	mheap_session_enter_always(&stall->session);
}

static int fill(struct stall *stall, const struct shape *shape, const u32 *object)
{
	for (u32 i = 0; i < shape->objects; i++) {
		const u32 *edge = shape->edge + (size_t)i * SHAPE_SLOTS;

		for (u32 slot = 0; slot < SHAPE_SLOTS; slot++) {
			int error;

			if (edge[slot] == SHAPE_NONE)
				continue;
			error = mheap_object_store(&stall->session, object[i], slot,
						   object[edge[slot]]);
			if (error)
				return error;
		}
		rest(stall, i);
	}
	return 0;
}

/* The root becomes the first handle. */
static int hold_root(struct stall *stall, const struct shape *shape, const u32 *object)
{
	int error = mheap_object_get(&stall->session, object[shape->root[0]]);

	if (!error)
		error = mheap_session_hold(&stall->session, object[shape->root[0]],
					   &stall->graph[0]);
	return error;
}

static int build(struct stall *stall, const struct shape *shape, u32 *object)
{
	const struct mheap_shape kind = { .slots = SHAPE_SLOTS, .length = SHAPE_PAYLOAD };
	u32 made = 0;
	int error = 0;

	mheap_session_enter_always(&stall->session);
	for (; made < shape->objects && !error; made++) {
		error = mheap_object_new(&stall->session, &kind, &object[made]);
		rest(stall, made);
	}
	made -= error != 0;
	if (!error)
		error = fill(stall, shape, object);
	if (!error)
		error = hold_root(stall, shape, object);
	while (made--) {
		mheap_object_put(&stall->session, object[made]);
		rest(stall, made);
	}
	mheap_session_leave(&stall->session);
	return error;
}

static int make_graph(struct stall *stall)
{
	struct shape shape;
	u32 *object;
	int error;

	error = shape_make(&shape, "random", stall->objects, SHAPE_SEED);
	if (error)
		return error;
	stall->objects = shape.objects;
	object = kvcalloc(shape.objects, sizeof(*object), GFP_KERNEL);
	error = object ? build(stall, &shape, object) : -ENOMEM;
	kvfree(object);
	shape_free(&shape);
	return error;
}

/* Collections of the graph before anybody works on it. */
static int collect_alone(struct stall *stall)
{
	struct mheap_collection collection;
	int error = 0;

	stall->alone = ~0ULL;
	for (u32 i = 0; i < 4 && !error; i++) {
		error = mheap_collect(&stall->heap, MHEAP_OLDEST, &collection);
		stall->alone = min(stall->alone, collection.nanoseconds);
	}
	return error;
}

/**
 * stall_begin - make a heap with a graph
 * @stall: zeroed
 * @allocator: of bodies
 * @objects: how many
 *
 * Return: 0, or an error and nothing is left.
 */
int stall_begin(struct stall *stall, struct mheap_allocator *allocator, u32 objects)
{
	const struct mheap_heap_config config = {
		.allocator = allocator,
		.ops = &quiet,
		.generations = { .threshold = { 700, 10, 10 }, .enabled = false },
	};
	int error = mheap_heap_init(&stall->heap, &config);

	if (error)
		return error;
	mheap_session_init(&stall->session, &stall->heap, 1, 0);
	stall->objects = objects;
	stall->random = SHAPE_SEED;
	stall->control = true;
	error = make_graph(stall);
	if (!error)
		error = collect_alone(stall);
	if (error)
		stall_end(stall);
	return error;
}

/**
 * stall_end - free the heap
 * @stall: begun
 */
void stall_end(struct stall *stall)
{
	mheap_session_fini(&stall->session);
	mheap_heap_fini(&stall->heap);
}

/* How many stalls the heap itself has counted, from a bucket on. */
static u64 count_stalls(const struct stall *stall, u32 bucket)
{
	u64 count[MHEAP_HISTOGRAM_BUCKETS];
	u64 sum = 0;

	mheap_histogram_read(&stall->heap.stalls, count);
	for (; bucket < MHEAP_HISTOGRAM_BUCKETS; bucket++)
		sum += count[bucket];
	return sum;
}

static int spread_text(const struct spread *spread, const char *name, char *text, size_t size)
{
	return snprintf(text, size,
			", \"%s\": {\"n\": %llu, \"p50\": %llu, \"p99\": %llu, "
			"\"p999\": %llu, \"max\": %llu, \"over_10us\": %llu, "
			"\"over_1ms\": %llu}",
			name, (unsigned long long)spread->total,
			(unsigned long long)spread_above(spread, 500),
			(unsigned long long)spread_above(spread, 10),
			(unsigned long long)spread_above(spread, 1),
			(unsigned long long)spread->longest,
			(unsigned long long)spread_over(spread, 10000),
			(unsigned long long)spread_over(spread, 1000000));
}

/**
 * stall_times_text - the times of a run as JSON
 * @stall: the run
 * @where: "core" or "module"
 * @kind: of collections
 * @text: filled
 * @size: of it, at least 1500 bytes
 *
 * Return: how long the text is.
 */
int stall_times_text(const struct stall *stall, const char *where, const char *kind,
		     char *text, size_t size)
{
	static const char * const name[STALL_ACTS] = {
		"control", "look", "load", "store", "new", "drop",
	};
	static struct spread all;
	int length;

	memset(&all, 0, sizeof(all));
	for (u32 act = STALL_LOAD; act < STALL_ACTS; act++)
		spread_merge(&all, &stall->spread[act]);
	length = snprintf(text, size,
			  "{\"bench\": \"stall\", \"where\": \"%s\", \"kind\": \"%s\", "
			  "\"n\": %u, \"freed\": %llu, \"stalls\": %llu, "
			  "\"stalls_over_8us\": %llu, \"alone\": %llu",
			  where, kind, stall->objects,
			  (unsigned long long)stall->unreachable,
			  (unsigned long long)count_stalls(stall, 0),
			  (unsigned long long)count_stalls(stall, 14),
			  (unsigned long long)stall->alone);
	length += spread_text(&stall->collections, "collections", text + length, size - length);
	length += spread_text(&all, "operations", text + length, size - length);
	for (u32 act = 0; act < STALL_ACTS; act++)
		length += spread_text(&stall->spread[act], name[act], text + length,
				      size - length);
	return length + snprintf(text + length, size - length, "}");
}

/**
 * stall_floating_text - the same of floating garbage
 * @stall: the run
 * @where: "core" or "module"
 * @floating: what was counted
 * @text: filled
 * @size: of it, at least 300 bytes
 *
 * Return: how long the text is.
 */
int stall_floating_text(const struct stall *stall, const char *where,
			const struct stall_floating *floating, char *text, size_t size)
{
	return snprintf(text, size,
			"{\"bench\": \"floating\", \"where\": \"%s\", \"n\": %u, "
			"\"collections\": %u, \"left\": %llu, \"most\": %llu, "
			"\"made\": %llu, \"objects\": %llu}",
			where, stall->objects, floating->collections,
			(unsigned long long)floating->left,
			(unsigned long long)floating->most,
			(unsigned long long)floating->made,
			(unsigned long long)floating->objects);
}
