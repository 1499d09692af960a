// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that an object can be, at once: threads make rings of keys, values and
 * ephemerons with finalizers and watches, upgrade, resize, put events back and end
 * their sessions, while others collect, take images, enumerate, freeze, keep garbage
 * and cease to listen. What each of these does by itself has suites of its own; here
 * nothing may break, and in the end nothing may be left.
 *
 * SEED= and OPS= (of each thread) reproduce a run.
 */
#include <unistd.h>

#include "act.h"
#include "enumerate.h"
#include "finalizer.h"
#include "fixture.h"
#include "garbage.h"
#include "harness.h"
#include "permanent.h"
#include "shot.h"
#include "source.h"
#include "watch.h"

#define PLAYERS	4U
#define MEDDLER	(PLAYERS + 1)	/* the session behind the players' */
#define WEAK	8U

static const char names[] = "abcdef";

/**
 * struct together - a heap and who is at it
 * @fixture: the heap; sessions 1 to PLAYERS are the players'
 * @started: players that know their number
 * @stop: the players are through
 * @finalizers: how many were given to objects, also their cookies
 */
struct together {
	struct fixture fixture;
	unsigned int started;
	bool stop;
	u64 finalizers;
};

/**
 * struct player - a thread that changes the heap
 * @all: the heap
 * @session: its own
 * @source: of decisions
 * @weak: handles, or 0
 */
struct player {
	struct together *all;
	struct mheap_session *session;
	struct source source;
	u64 weak[WEAK];
};

static bool is_over(struct together *all)
{
	return __atomic_load_n(&all->stop, __ATOMIC_RELAXED);
}

static char some_name(struct player *p)
{
	return names[pick(&p->source, sizeof(names) - 1)];
}

static void give_finalizer(struct player *p, u64 handle)
{
	const u64 cookie = __atomic_add_fetch(&p->all->finalizers, 1, __ATOMIC_RELAXED);

	check_equal(act_set_finalizer(p->session, handle, cookie), 0);
}

/* With few slots, or with so many that a collection takes several looks. */
static u64 make_member(struct player *p)
{
	const u32 slots = once_in(&p->source, 24) ? 70 + pick(&p->source, 2000) :
						    2 + pick(&p->source, 2);
	const u64 handle = make(p->session, slots, pick(&p->source, 40));

	if (once_in(&p->source, 2))
		link_to(p->session, handle, 0, handle);
	if (once_in(&p->source, 3))
		give_finalizer(p, handle);
	if (once_in(&p->source, 3))
		act_watch(p->session, handle, pick(&p->source, 4));
	return handle;
}

/* Something that everybody can find; an ephemeron, most of the time. */
static u64 find_public(struct player *p)
{
	const char name = some_name(p);
	u64 handle = 0;

	if (!act_lookup(p->session, &name, 1, &handle))
		return handle;
	handle = once_in(&p->source, 3) ? make(p->session, 8 + pick(&p->source, 100), 0) :
					  make_ephemeron(p->session);
	if (once_in(&p->source, 4))
		give_finalizer(p, handle);
	act_publish(p->session, &name, 1, handle, true);
	return handle;
}

/* Key and value that refer to each other, in an ephemeron, perhaps in a chain of them. */
static void make_ring(struct player *p, u64 public)
{
	const u64 key = make_member(p);
	const u64 value = make_member(p);
	const u32 place = pick(&p->source, WEAK);
	u64 other;

	act_store(p->session, value, 1, key);
	act_store(p->session, key, 1, value);
	act_store(p->session, public, 0, key);
	act_store(p->session, public, 1, value);
	if (once_in(&p->source, 3)) {
		other = find_public(p);
		act_store(p->session, other, 0, value);
		act_store(p->session, other, 1, public);
		drop(p->session, other);
	}
	if (once_in(&p->source, 2)) {
		if (p->weak[place])
			drop(p->session, p->weak[place]);
		p->weak[place] = weak_to(p->session, once_in(&p->source, 2) ? key : value);
	}
	drop(p->session, key);
	drop(p->session, value);
}

/* Keep what is given, now and then where all can see it. */
static void rescue(struct player *p, u64 handle)
{
	const u64 public = find_public(p);

	if (once_in(&p->source, 3))
		act_store(p->session, public, pick(&p->source, 2), handle);
	drop(p->session, public);
	drop(p->session, handle);
}

static void take_finalizer(struct player *p)
{
	struct mheap_session *session = p->session;
	u64 cookie, handle = 0;
	u32 object;

	mheap_session_enter_always(session);
	if (mheap_finalizers_take(session, &object, &cookie)) {
		if (once_in(&p->source, 5))
			mheap_finalizers_put_back(session, object);
		else
			check_equal(mheap_session_hold(session, object, &handle), 0);
	}
	mheap_session_leave(session);
	if (handle)
		rescue(p, handle);
}

static void take_death(struct player *p)
{
	struct mheap_watch *watch = mheap_watch_take(p->session);

	if (watch && once_in(&p->source, 5))
		mheap_watch_put_back(p->session, watch);
	else if (watch)
		mheap_watch_done(p->session, watch);
}

static void read_events(struct player *p)
{
	u32 n = pick(&p->source, 4);

	for (; n; n--) {
		take_finalizer(p);
		take_death(p);
	}
}

/* Something that may be dead, and what is done to it if it is not. Returns a handle, or 0. */
static u64 upgrade(struct player *p, u64 public)
{
	const u64 weak = p->weak[pick(&p->source, WEAK)];
	u64 object = 0;

	if (!weak || act_upgrade(p->session, weak, &object))
		return 0;
	switch (pick(&p->source, 4)) {
	case 0:
		act_resize(p->session, object, pick(&p->source, 3), pick(&p->source, 30));
		break;
	case 1:
		act_resize(p->session, object, 70 + pick(&p->source, 1500), 10);
		break;
	case 2:
		act_unwatch(p->session, object, pick(&p->source, 4));
		break;
	default:
		act_store(p->session, public, pick(&p->source, 2), object);
	}
	return object;
}

/* Follow slots. Returns a handle, or 0. */
static u64 walk(struct player *p, u64 public)
{
	u64 object = 0, next = 0;

	act_load(p->session, public, pick(&p->source, 3), &object);
	if (object && once_in(&p->source, 3))
		act_load(p->session, object, 1, &next);
	if (next)
		drop(p->session, next);
	return object;
}

static void play_once(struct player *p)
{
	const u64 public = find_public(p);
	const char name = some_name(p);
	u64 held = 0;

	switch (pick(&p->source, 12)) {
	case 0 ... 2:
		make_ring(p, public);
		break;
	case 3:
		act_store(p->session, public, pick(&p->source, 2), 0);
		break;
	case 4:
		act_unpublish(p->session, &name, 1);
		break;
	case 5 ... 6:
		held = upgrade(p, public);
		break;
	case 7:
		read_events(p);
		break;
	default:
		held = walk(p, public);
	}
	if (held && !once_in(&p->source, 16))	/* else it stays open until the session ends */
		drop(p->session, held);
	drop(p->session, public);
}

static void *play(void *argument)
{
	struct together *all = argument;
	const unsigned int number = __atomic_add_fetch(&all->started, 1, __ATOMIC_RELAXED);
	const unsigned long operations = setting("OPS", 10000);
	struct player p = {
		.all = all, .session = &all->fixture.session[number],
		.source = source_of_seed(number * 77 + setting("SEED", 1)),
	};
	unsigned long i;

	for (i = 0; i < operations && !check_failed(); i++) {
		play_once(&p);
		if (i % 256 != 255)
			continue;
		fixture_close(&all->fixture, number);
		fixture_open(&all->fixture, number);
		memset(p.weak, 0, sizeof(p.weak));
	}
	return NULL;
}

static void *collect(void *argument)
{
	struct together *all = argument;
	struct mheap_collection collection;
	u32 generation;

	for (generation = 0; !is_over(all); generation = (generation + 1) % 3) {
		mheap_collect(&all->fixture.heap, generation, &collection);
		usleep(10);
	}
	return NULL;
}

static void *take_images(void *argument)
{
	struct together *all = argument;
	struct shot shot;

	while (!is_over(all)) {
		shot_take(&shot, &all->fixture.heap);
		shot_check_closed(&shot);
		shot_end(&shot);
		usleep(50);
	}
	return NULL;
}

static void enumerate(struct together *all, struct source *source)
{
	struct mheap_session *session = &all->fixture.session[MEDDLER];
	u64 found[32];
	struct mheap_enumeration e = {
		.what = once_in(source, 3) ? MHEAP_ENUMERATED_GARBAGE : MHEAP_ENUMERATED_OBJECTS,
		.generations = 15, .ids = once_in(source, 2), .room = ARRAY_SIZE(found),
		.found = found, .cursor = pick(source, 4096),
	};

	mheap_enumerate(session, &e);
	mheap_enumerate_undo(session, &e);
}

static void *meddle(void *argument)
{
	struct together *all = argument;
	struct source source = source_of_seed(4711 + setting("SEED", 1));
	struct mheap_heap *heap = &all->fixture.heap;

	while (!is_over(all)) {
		enumerate(all, &source);
		if (once_in(&source, 4))
			mheap_permanent_freeze(heap);
		if (once_in(&source, 3))
			mheap_permanent_unfreeze(heap);
		if (once_in(&source, 4))
			WRITE_ONCE(heap->debug, MHEAP_SAVE_ALL - heap->debug);
		if (once_in(&source, 4))
			mheap_garbage_clear(heap);
		if (once_in(&source, 6)) {
			mheap_finalizers_unlisten(&all->fixture.session[MEDDLER]);
			usleep(20);
			mheap_finalizers_listen(heap);
		}
		usleep(100);
	}
	return NULL;
}

/* Returns whether an object was finalized. */
static bool drop_finalized(struct together *all)
{
	struct mheap_session *session = all->fixture.session;
	bool any = false;
	u64 cookie;
	u32 object;

	mheap_session_enter_always(session);
	while (mheap_finalizers_take(session, &object, &cookie)) {
		any = true;
		mheap_object_put(session, object);
		mheap_session_breathe(session);
	}
	mheap_session_leave(session);
	return any;
}

/* Let go of everything. Finalizers come one behind the other. */
static void clear(struct together *all)
{
	struct fixture *f = &all->fixture;
	unsigned int i, calm;

	for (i = 1; i <= MEDDLER; i++)
		fixture_close(f, i);
	for (i = 0; i < sizeof(names) - 1; i++)
		act_unpublish(f->session, &names[i], 1);
	f->heap.debug = 0;
	mheap_permanent_unfreeze(&f->heap);
	mheap_garbage_clear(&f->heap);
	for (calm = 0; calm < 4; calm = drop_finalized(all) ? 0 : calm + 1) {
		fixture_settle(f);
		fixture_collect(f, MHEAP_OLDEST);
		fixture_settle(f);
	}
}

static void check_empty(struct together *all)
{
	struct mheap_heap *heap = &all->fixture.heap;

	check_equal(port_alarms, 0);
	check_equal(fixture_objects(&all->fixture), 0);
	check_equal(atomic_read(&heap->ephemerons.count), 0);
	check_equal(atomic64_read(&heap->finalizers.due), 0);
	check_equal(heap->finalizers.waiting, 0);
	check_equal(atomic64_read(&heap->garbage.count), 0);
}

static void run(unsigned int flags)
{
	static void *(*const others[])(void *argument) = { collect, take_images, meddle };
	static struct together all;
	pthread_t player[PLAYERS], other[ARRAY_SIZE(others)];
	unsigned int i;

	memset(&all, 0, sizeof(all));
	fixture_begin(&all.fixture, FIXTURE_WORKER | flags);
	for (i = 1; i <= MEDDLER; i++)
		fixture_open(&all.fixture, i);
	mheap_finalizers_listen(&all.fixture.heap);
	for (i = 0; i < PLAYERS; i++)
		pthread_create(&player[i], NULL, play, &all);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		pthread_create(&other[i], NULL, others[i], &all);
	for (i = 0; i < PLAYERS; i++)
		pthread_join(player[i], NULL);
	__atomic_store_n(&all.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		pthread_join(other[i], NULL);
	clear(&all);
	check_empty(&all);
	mheap_finalizers_unlisten(all.fixture.session);
	note("%llu finalizers", (unsigned long long)all.finalizers);
	fixture_end(&all.fixture);
}

static void plain(void)
{
	run(0);
}

static void verified(void)
{
	run(FIXTURE_VERIFY);
}

static void debugged(void)
{
	run(FIXTURE_DEBUG);
}

static const struct test tests[] = {
	{ "nothing breaks and nothing is left", plain },
	{ "with verdicts checked", verified },
	{ "with the debug allocator", debugged },
	{},
};

const struct suite suite_together = { "together", tests };
