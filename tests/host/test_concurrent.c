// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads on one heap, each with a session of its own, beside a collector and a
 * worker. Every object's payload begins with its own id: whoever finds another
 * one there holds an object that was freed. When all is quiet, the references of
 * the whole heap are counted once more, by looking.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"
#include "source.h"

#define THREADS		4U
#define HELD		24U	/* references of a thread */
#define SHARED		32U	/* slots of the object that all share */
#define NAMED		16U	/* weak handles of a thread */

/**
 * struct mutator - a thread
 * @fixture: the heap
 * @session: its own
 * @number: of the session
 * @source: of decisions
 * @held: objects it holds a reference from outside to; the first is shared
 * @named: weak handles
 * @steps: how many operations it is to do
 */
struct mutator {
	struct fixture *fixture;
	struct mheap_session *session;
	unsigned int number;
	struct source source;
	u32 held[HELD];
	u64 named[NAMED];
	u64 steps;
};

static bool stop_collecting;

static u64 id_of(struct mutator *m, u32 object)
{
	struct mheap_object_figures figures;

	mheap_object_figures(m->session, object, &figures);
	return figures.id;
}

static void sign(struct mutator *m, u32 object)
{
	const u64 id = id_of(m, object);

	check_equal(mheap_object_write(m->session, object, 0, &id, sizeof(id)), 0);
}

/* Every object that is met is the one that it says it is. */
static void inspect(struct mutator *m, u32 object)
{
	u64 id = 0;

	check_equal(mheap_object_read(m->session, object, 0, &id, sizeof(id)), sizeof(id));
	check_equal(id, id_of(m, object));
}

/* Hold it in place of something else. */
static void keep(struct mutator *m, u32 object)
{
	u32 *place = &m->held[1 + pick(&m->source, HELD - 1)];

	if (!object)
		return;
	inspect(m, object);
	if (*place)
		mheap_object_put(m->session, *place);
	*place = object;
}

static u32 some(struct mutator *m)
{
	const u32 object = m->held[pick(&m->source, HELD)];

	return object ? object : m->held[0];
}

static void make_one(struct mutator *m)
{
	const struct mheap_shape shape = {
		.type = pick(&m->source, 300),
		.slots = once_in(&m->source, 30) ? 300 : pick(&m->source, 5),
		.length = 8 + pick(&m->source, 64),
	};
	u32 object;

	if (!check_equal(mheap_object_new(m->session, &shape, &object), 0))
		return;
	sign(m, object);
	keep(m, object);
}

static void store_one(struct mutator *m)
{
	const u32 target = once_in(&m->source, 5) ? 0 : some(m);

	mheap_object_store(m->session, some(m), pick(&m->source, SHARED), target);
}

static void load_one(struct mutator *m)
{
	u32 object = 0;

	if (!mheap_object_load(m->session, some(m), pick(&m->source, SHARED), &object))
		keep(m, object);
}

static void swap_one(struct mutator *m)
{
	const u32 target = once_in(&m->source, 3) ? 0 : some(m);
	u32 object = 0;

	if (!mheap_object_swap(m->session, some(m), pick(&m->source, SHARED), target, &object))
		keep(m, object);
}

static void exchange_one(struct mutator *m)
{
	const u32 expected = once_in(&m->source, 2) ? 0 : some(m);
	const int stored = mheap_object_compare_store(m->session, some(m),
						      pick(&m->source, 4), expected, some(m));

	check(stored == 0 || stored == 1 || stored == -EINVAL);
}

static void drop_one(struct mutator *m)
{
	u32 *place = &m->held[1 + pick(&m->source, HELD - 1)];

	if (*place)
		mheap_object_put(m->session, *place);
	*place = 0;
}

static void resize_one(struct mutator *m)
{
	const u32 object = some(m);
	u32 slots = pick(&m->source, 6);
	u32 length = 8 + pick(&m->source, 100);

	if (once_in(&m->source, 8))
		length = 16000 + pick(&m->source, 60000);
	if (once_in(&m->source, 20))
		slots = 250 + pick(&m->source, 10);
	if (object == m->held[0])
		slots = SHARED;
	check_equal(mheap_object_resize(m->session, object, slots, length), 0);
	inspect(m, object);
}

static void name_one(struct mutator *m)
{
	u64 *place = &m->named[pick(&m->source, NAMED)];

	if (*place)
		check_equal(mheap_session_drop(m->session, *place), 0);
	check_equal(mheap_session_weak(m->session, some(m), place), 0);
}

static void upgrade_one(struct mutator *m)
{
	const u64 weak = m->named[pick(&m->source, NAMED)];
	u32 object;
	u64 id;
	int error;

	if (!weak)
		return;
	error = mheap_session_upgrade(m->session, weak, &object);
	if (!check(!error || error == -ENOENT) || error)
		return;
	check_equal(mheap_session_id(m->session, weak, &id), 0);
	check_equal(id, id_of(m, object));
	keep(m, object);
}

static void hold_one(struct mutator *m)
{
	const u32 object = some(m);
	u64 handle;

	check_equal(mheap_object_get(m->session, object), 0);
	check_equal(mheap_session_hold(m->session, object, &handle), 0);
	inspect(m, object);
	check_equal(mheap_session_drop(m->session, handle), 0);
	check_equal(mheap_session_drop(m->session, handle), -ESTALE);
}

static void scribble_one(struct mutator *m)
{
	u8 bytes[32];

	memset(bytes, m->number, sizeof(bytes));
	mheap_object_write(m->session, some(m), 8, bytes, 8 + pick(&m->source, 24));
}

static void (*const operation[])(struct mutator *) = {
	make_one, make_one, make_one, make_one, store_one, store_one, store_one, store_one,
	load_one, load_one, load_one, swap_one, exchange_one, drop_one, drop_one, resize_one,
	name_one, upgrade_one, upgrade_one, hold_one, scribble_one,
};

static void slice(struct mutator *m)
{
	const u32 operations = ARRAY_SIZE(operation);
	u32 left = 1 + pick(&m->source, MHEAP_SECTION_OPERATIONS - 1);

	mheap_session_enter(m->session);
	for (; left && m->steps; left--, m->steps--)
		operation[pick(&m->source, operations)](m);
	mheap_session_leave(m->session);
}

/* The session ends and another begins, while the first object is kept by number. */
static void reopen(struct mutator *m)
{
	struct mheap_session *keeper = &m->fixture->session[0];
	u32 i;

	mheap_session_enter(m->session);
	for (i = 0; i < HELD; i++)
		if (m->held[i])
			mheap_object_put(m->session, m->held[i]);
	mheap_session_leave(m->session);
	memset(m->held + 1, 0, sizeof(m->held) - sizeof(m->held[0]));
	memset(m->named, 0, sizeof(m->named));
	mheap_session_fini(m->session);
	mheap_session_init(m->session, &m->fixture->heap, 100 + m->number + m->steps % 1000 * 8,
			   m->steps);
	/* The keeper holds the shared object for as long as the test lasts. */
	mheap_session_enter(keeper);
	check_equal(mheap_object_get(keeper, m->held[0]), 0);
	mheap_session_leave(keeper);
}

static void *mutate(void *argument)
{
	struct mutator *m = argument;

	while (m->steps && !check_failed()) {
		slice(m);
		if (once_in(&m->source, 200))
			reopen(m);
	}
	return NULL;
}

static void *collect(void *argument)
{
	struct mheap_collection collection;
	struct fixture *f = argument;
	u32 generation = 0;

	while (!__atomic_load_n(&stop_collecting, __ATOMIC_RELAXED)) {
		check_equal(mheap_collect(&f->heap, generation++ % 3, &collection), 0);
		sched_yield();
	}
	return NULL;
}

static void *look(void *argument)
{
	struct mheap_heap_figures figures;
	struct fixture *f = argument;
	u32 count[3];

	while (!__atomic_load_n(&stop_collecting, __ATOMIC_RELAXED)) {
		mheap_heap_figures(&f->heap, &figures);
		mheap_generations_get_count(&f->heap.generations, count);
		mheap_release_pending(&f->heap);
		sched_yield();
	}
	return NULL;
}

/**
 * struct census - the heap, counted by looking
 * @inside: references found in slots, by number
 * @seen: it has been looked at
 * @queue: numbers, in the order they were found
 * @found: length of @queue
 */
struct census {
	u32 *inside;
	bool *seen;
	u32 *queue;
	u32 found;
};

static void find(struct census *census, u32 object)
{
	if (!object || census->seen[object])
		return;
	census->seen[object] = true;
	census->queue[census->found++] = object;
}

/* Follow the slots of one object, which is held for that long. */
static void follow(struct census *census, struct mutator *m, u32 object)
{
	struct mheap_object_figures figures;
	u32 i, target;

	mheap_object_figures(m->session, object, &figures);
	for (i = 0; i < figures.shape.slots; i++) {
		check_equal(mheap_object_load(m->session, object, i, &target), 0);
		if (!target)
			continue;
		census->inside[target]++;
		find(census, target);
		mheap_object_put(m->session, target);
	}
	inspect(m, object);
}

static u32 outside_of(const struct mutator *mutator, u32 object)
{
	u32 held = object == mutator->held[0];	/* the keeper's own */
	u32 t, i;

	for (t = 0; t < THREADS; t++)
		for (i = 0; i < HELD; i++)
			held += mutator[t].held[i] == object;
	return held;
}

/* Breadth first from what the threads hold: counts, and how many there are. */
static void take_census(struct fixture *f, struct mutator *mutator)
{
	const u32 numbers = f->heap.table.chunks * MHEAP_CHUNK_OBJECTS;
	struct census census = {
		.inside = calloc(numbers, sizeof(u32)),
		.seen = calloc(numbers, sizeof(bool)),
		.queue = calloc(numbers, sizeof(u32)),
	};
	struct mheap_object_figures figures;
	u32 t, i;

	for (t = 0; t < THREADS; t++)
		for (i = 0; i < HELD; i++)
			find(&census, mutator[t].held[i]);
	mheap_session_enter(mutator->session);
	for (i = 0; i < census.found; i++)
		follow(&census, mutator, census.queue[i]);
	for (i = 0; i < census.found; i++) {
		mheap_object_figures(mutator->session, census.queue[i], &figures);
		check_equal(figures.inside, census.inside[census.queue[i]]);
		check_equal(figures.outside, outside_of(mutator, census.queue[i]));
	}
	mheap_session_leave(mutator->session);
	check_equal(fixture_objects(f), census.found);
	free(census.inside);
	free(census.seen);
	free(census.queue);
}

static u32 share(struct fixture *f)
{
	const struct mheap_shape shape = { .slots = SHARED, .length = 64 };
	struct mutator keeper = { .session = f->session };
	u32 object;

	mheap_session_enter(f->session);
	check_equal(mheap_object_new(f->session, &shape, &object), 0);
	sign(&keeper, object);
	mheap_session_leave(f->session);
	return object;
}

static void prepare(struct mutator *m, struct fixture *f, unsigned int number, u32 shared,
		    unsigned long seed)
{
	memset(m, 0, sizeof(*m));
	m->fixture = f;
	m->number = number;
	m->session = fixture_open(f, number + 1);
	m->source = source_of_seed(seed + number);
	m->steps = setting("OPS", 400000) / THREADS;
	m->held[0] = shared;
	mheap_session_enter(m->session);
	check_equal(mheap_object_get(m->session, shared), 0);
	mheap_session_leave(m->session);
}

static void finish(struct fixture *f, struct mutator *mutator)
{
	u32 t, i;

	for (t = 0; t < THREADS; t++) {
		mheap_session_enter(mutator[t].session);
		for (i = 0; i < HELD; i++)
			if (mutator[t].held[i])
				mheap_object_put(mutator[t].session, mutator[t].held[i]);
		mheap_session_leave(mutator[t].session);
	}
	mheap_session_enter(f->session);
	mheap_object_put(f->session, mutator->held[0]);
	mheap_session_leave(f->session);
	fixture_settle(f);
	fixture_collect(f, 2);
	fixture_settle(f);
	check_equal(fixture_objects(f), 0);
}

static void run(unsigned int flags)
{
	const unsigned long seed = setting("SEED", time(NULL) % 1000000);
	struct mutator mutator[THREADS];
	pthread_t thread[THREADS], collector, looker;
	struct fixture f;
	unsigned int t;
	u32 shared;

	note("SEED=%lu OPS=%lu", seed, setting("OPS", 400000));
	fixture_begin(&f, FIXTURE_WORKER | flags);
	shared = share(&f);
	for (t = 0; t < THREADS; t++)
		prepare(&mutator[t], &f, t, shared, seed);
	__atomic_store_n(&stop_collecting, false, __ATOMIC_RELAXED);
	pthread_create(&collector, NULL, collect, &f);
	pthread_create(&looker, NULL, look, &f);
	for (t = 0; t < THREADS; t++)
		pthread_create(&thread[t], NULL, mutate, &mutator[t]);
	for (t = 0; t < THREADS; t++)
		pthread_join(thread[t], NULL);
	__atomic_store_n(&stop_collecting, true, __ATOMIC_RELAXED);
	pthread_join(collector, NULL);
	pthread_join(looker, NULL);
	fixture_settle(&f);
	fixture_collect(&f, 2);
	fixture_settle(&f);
	take_census(&f, mutator);
	finish(&f, mutator);
	fixture_end(&f);
}

static void exact_bodies(void)
{
	run(FIXTURE_AUTO);
}

static void slab_bodies(void)
{
	run(FIXTURE_AUTO | FIXTURE_SLAB);
}

static void verified(void)
{
	run(FIXTURE_AUTO | FIXTURE_VERIFY);
}

static const struct test tests[] = {
	{ "four programs, a collector and a worker", exact_bodies },
	{ "the same with slabs", slab_bodies },
	{ "the same with every verdict checked", verified },
	{}
};

const struct suite suite_concurrent = { "concurrent", tests };
