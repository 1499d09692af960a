// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: each fires once, when its object really dies, and only then.
 */
#include <unistd.h>

#include "act.h"
#include "fixture.h"
#include "harness.h"
#include "source.h"

#define MANY	5000U

/* What an event says. */
struct death {
	u64 id;
	u64 cookie;
	u64 time;
};

static bool take(struct mheap_session *session, struct death *death)
{
	struct mheap_watch *watch = mheap_watch_take(session);

	if (!watch)
		return false;
	*death = (struct death){ watch->id, watch->cookie, watch->time };
	mheap_watch_done(session, watch);
	return true;
}

static struct death next(struct mheap_session *session)
{
	struct death death = {};

	check(mheap_watch_is_ready(session));
	check(take(session, &death));
	return death;
}

static void expect(struct mheap_session *session, u64 id, u64 cookie)
{
	const u64 before = ktime_get_ns();
	const struct death death = next(session);

	check_equal(death.id, id);
	check_equal(death.cookie, cookie);
	check(death.time && death.time <= before);
}

static void expect_none(struct mheap_session *session)
{
	check(!mheap_watch_is_ready(session));
	check(!mheap_watch_take(session));
}

static u64 id_of(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;

	check_equal(act_info(session, handle, &figures), 0);
	return figures.id;
}

static bool is_watched(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;

	check_equal(act_info(session, handle, &figures), 0);
	return figures.watched;
}

/* Of a leaf, a container, and one whose body is extended. */
static void death_by_count(void)
{
	static const u32 slots[] = { 0, 1, 300 };
	struct fixture f;
	u64 object, id;
	size_t i;

	fixture_begin(&f, 0);
	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		object = make(f.session, slots[i], 0);
		id = id_of(f.session, object);
		check(!is_watched(f.session, object));
		check_equal(act_watch(f.session, object, 7 + i), 0);
		check(is_watched(f.session, object));
		fixture_settle(&f);
		expect_none(f.session);
		drop(f.session, object);
		check(mheap_release_pending(&f.heap));
		fixture_settle(&f);
		expect(f.session, id, 7 + i);
		expect_none(f.session);
	}
	fixture_end(&f);
}

static void death_by_collection(void)
{
	struct fixture f;
	u64 object, other, id;
	u32 generation;

	fixture_begin(&f, FIXTURE_VERIFY);
	for (generation = 0; generation < 3; generation++) {
		object = make(f.session, 1, 0);
		other = make(f.session, 1, 0);
		link_to(f.session, object, 0, other);
		link_to(f.session, other, 0, object);
		id = id_of(f.session, object);
		check_equal(act_watch(f.session, object, 1), 0);
		drop(f.session, other);
		fixture_collect(&f, generation);
		expect_none(f.session);
		drop(f.session, object);
		fixture_settle(&f);
		expect_none(f.session);
		check_equal(fixture_collect(&f, 2).freed, 2);
		expect(f.session, id, 1);
	}
	expect_none(f.session);
	fixture_end(&f);
}

/* A leaf that only garbage holds dies in the sweep. */
static void death_of_what_garbage_holds(void)
{
	struct fixture f;
	u64 ring, leaf, id;

	fixture_begin(&f, FIXTURE_VERIFY);
	ring = make(f.session, 2, 0);
	leaf = make(f.session, 0, 8);
	id = id_of(f.session, leaf);
	link_to(f.session, ring, 0, ring);
	link_to(f.session, ring, 1, leaf);
	check_equal(act_watch(f.session, leaf, 3), 0);
	drop(f.session, leaf);
	drop(f.session, ring);
	fixture_collect(&f, 0);
	expect(f.session, id, 3);
	fixture_end(&f);
}

/* Its number is used again, by an object that nobody watches. */
static void number_is_used_again(void)
{
	struct fixture f;
	u64 object, id;
	u32 i;

	fixture_begin(&f, 0);
	object = make(f.session, 1, 0);
	id = id_of(f.session, object);
	check_equal(act_watch(f.session, object, 1), 0);
	drop(f.session, object);
	for (i = 0; i < 2 * MHEAP_CHUNK_OBJECTS; i++) {
		object = make(f.session, 1, 0);
		check(!is_watched(f.session, object));
		if (i % 2)
			drop(f.session, object);
	}
	fixture_settle(&f);
	expect(f.session, id, 1);
	expect_none(f.session);
	fixture_end(&f);
}

static void many_watchers(void)
{
	struct mheap_session *session[2];
	struct fixture f;
	u64 object, id;
	u32 i;

	fixture_begin(&f, 0);
	session[0] = f.session;
	session[1] = fixture_open(&f, 1);
	object = make(session[0], 0, 0);
	id = id_of(session[0], object);
	check_equal(act_publish(session[0], "it", 2, object, false), 0);
	drop(session[0], object);
	check_equal(act_lookup(session[1], "it", 2, &object), 0);
	check_equal(act_unpublish(session[0], "it", 2), 0);
	for (i = 0; i < MANY; i++)
		check_equal(act_watch(session[1], object, i), 0);
	drop(session[1], object);
	fixture_settle(&f);
	mheap_watch_put_back(session[1], mheap_watch_take(session[1]));
	for (i = 0; i < MANY; i++)
		expect(session[1], id, i);
	expect_none(session[1]);
	expect_none(session[0]);
	fixture_end(&f);
}

static void errors(void)
{
	struct fixture f;
	u64 object, weak;

	fixture_begin(&f, 0);
	object = make(f.session, 0, 0);
	weak = weak_to(f.session, object);
	check_equal(act_watch(f.session, 12345, 0), -EBADF);
	check_equal(act_unwatch(f.session, 12345, 0), -EBADF);
	check_equal(act_unwatch(f.session, object, 0), -ENOENT);
	check_equal(act_watch(f.session, weak, 0), 0);
	check_equal(act_watch(f.session, object, 0), -EALREADY);
	check_equal(act_watch(f.session, weak, 0), -EALREADY);
	check_equal(act_watch(f.session, object, 1), 0);
	check_equal(act_unwatch(f.session, object, 2), -ENOENT);
	check_equal(act_unwatch(f.session, weak, 0), 0);
	check_equal(act_unwatch(f.session, weak, 0), -ENOENT);
	check(is_watched(f.session, object));
	check_equal(act_unwatch(f.session, object, 1), 0);
	check(!is_watched(f.session, object));
	check_equal(act_watch(f.session, object, 1), 0);
	drop(f.session, object);
	check_equal(act_watch(f.session, object, 1), -ESTALE);
	check_equal(act_unwatch(f.session, object, 1), -ESTALE);
	check_equal(act_watch(f.session, weak, 2), -ENOENT);
	/* Dead: the event comes, whether or not the worker has been there. */
	check_equal(act_unwatch(f.session, weak, 1), -ENOENT);
	fixture_settle(&f);
	check_equal(act_unwatch(f.session, weak, 1), -ENOENT);
	check_equal(next(f.session).cookie, 1);
	expect_none(f.session);
	fixture_end(&f);
}

/* Whom nobody refers to, but whose finalizer will be called, is not dead. */
static void who_waits_for_the_queue_is_not_dead(void)
{
	u64 holder, object, weak[60], event[60];
	struct fixture f;
	u32 number, i;
	u64 cookie;

	fixture_begin(&f, 0);
	check_equal(mheap_listen(f.session, MHEAP_LISTEN_FINALIZERS), 0);
	holder = make(f.session, 60, 0);
	for (i = 0; i < 60; i++) {
		object = make(f.session, 1, 0);
		check_equal(act_set_finalizer(f.session, object, i), 0);
		check_equal(act_watch(f.session, object, i), 0);
		check_equal(act_weak(f.session, object, &weak[i]), 0);
		link_to(f.session, holder, i, object);
		drop(f.session, object);
	}
	drop(f.session, holder);
	check(mheap_release_pending(&f.heap));
	for (i = 0; i < 60; i++)
		check_equal(act_unwatch(f.session, weak[i], i), 0);
	fixture_settle(&f);
	for (i = 0; i < 60; i++) {
		check_equal(mheap_session_enter(f.session), 0);
		check_equal(mheap_session_reserve(f.session), 0);
		check(mheap_finalizers_take(f.session, &number, &cookie));
		check_equal(mheap_session_hold(f.session, number, &event[i]), 0);
		mheap_session_leave(f.session);
	}
	for (i = 0; i < 60; i++)
		drop(f.session, event[i]);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	expect_none(f.session);
	fixture_end(&f);
}

static void limit(void)
{
	struct fixture f;
	u64 object;

	fixture_begin(&f, 0);
	object = make(f.session, 0, 0);
	check_equal(act_watch(f.session, object, 0), 0);
	f.session->watcher.count += MHEAP_WATCH_COUNT_MAX - 1;
	check_equal(act_watch(f.session, object, 1), -ENOSPC);
	f.session->watcher.count--;
	check_equal(act_watch(f.session, object, 1), 0);
	check_equal(act_watch(f.session, object, 2), -ENOSPC);
	check_equal(act_unwatch(f.session, object, 0), 0);
	check_equal(act_watch(f.session, object, 2), 0);
	f.session->watcher.count -= MHEAP_WATCH_COUNT_MAX - 2;
	fixture_end(&f);
}

/* For buckets, the watch, the array of annexes and the annex: nothing has happened. */
static void without_memory(void)
{
	struct fixture f;
	u64 object;
	int error;
	int n;

	fixture_begin(&f, 0);
	object = make(f.session, 0, 0);
	for (n = 1;; n++) {
		port_fail_at = port_allocations + n;
		port_fail_all = true;
		error = act_watch(f.session, object, 1);
		port_fail_at = 0;
		port_fail_all = false;
		if (!error)
			break;
		check_equal(error, -ENOMEM);
		check(!is_watched(f.session, object));
		check_equal(f.session->watcher.count, 0);
	}
	check(n > 3);
	drop(f.session, object);
	fixture_settle(&f);
	check_equal(next(f.session).cookie, 1);
	fixture_end(&f);
}

/* What fails once is made up for by a collection. */
static void with_little_memory(void)
{
	struct fixture f;
	u64 object, ring;

	fixture_begin(&f, 0);
	object = make(f.session, 0, 0);
	ring = make(f.session, 1, 0);
	link_to(f.session, ring, 0, ring);
	drop(f.session, ring);
	port_fail_at = port_allocations + 1;
	check_equal(act_watch(f.session, object, 1), 0);
	port_fail_at = 0;
	check_equal(fixture_objects(&f), 2);	/* it was there, only not at once */
	drop(f.session, object);
	fixture_settle(&f);
	check_equal(next(f.session).cookie, 1);
	fixture_end(&f);
}

/* With watches of the living, of the dead that nobody was told of, and with events. */
static void session_ends(void)
{
	struct mheap_session *other;
	u64 object[3];
	struct fixture f;
	u32 i, n;

	fixture_begin(&f, 0);
	other = fixture_open(&f, 1);
	for (i = 0; i < 3; i++) {
		object[i] = make(f.session, 0, 0);
		check_equal(act_publish(f.session, &"abc"[i], 1, object[i], false), 0);
		check_equal(act_watch(f.session, object[i], i), 0);
	}
	for (i = 0; i < 3; i++) {
		check_equal(act_lookup(other, &"abc"[i], 1, &object[i]), 0);
		for (n = 0; n < 1000; n++)
			check_equal(act_watch(other, object[i], n), 0);
	}
	check_equal(act_unpublish(f.session, "a", 1), 0);
	check_equal(act_unpublish(f.session, "b", 1), 0);
	drop(other, object[0]);
	fixture_close(&f, 0);
	fixture_settle(&f);
	check_equal(next(other).cookie, 0);
	drop(other, object[1]);		/* nobody is told before the end */
	fixture_close(&f, 1);
	check_equal(list_empty(&f.heap.watches.fired), true);
	fixture_end(&f);
}

/**
 * struct crowd - threads that watch, unwatch, drop, and take events
 * @fixture: the heap
 * @thread: numbers of the threads
 * @told: events that were taken
 * @owed: watches that were neither taken back nor told of
 */
struct crowd {
	struct fixture fixture;
	unsigned int thread;
	long told;
	long owed;
};

#define CROWD	3U

static void take_events(struct crowd *crowd, struct mheap_session *session)
{
	struct death death;

	while (take(session, &death))
		__atomic_add_fetch(&crowd->told, 1, __ATOMIC_RELAXED);
}

static void live(struct crowd *crowd, struct mheap_session *session, struct source *source)
{
	const char name = 'a' + pick(source, 4);
	const u64 cookie = pick(source, 8);
	u64 object;
	long owed = 0;

	if (once_in(source, 2)) {
		object = make(session, pick(source, 2), 0);
		if (once_in(source, 3) && number_of(session, object))
			act_store(session, object, 0, object);
		act_publish(session, &name, 1, object, true);
	} else if (act_lookup(session, &name, 1, &object)) {
		return;
	}
	owed += !act_watch(session, object, cookie);
	if (once_in(source, 3))
		owed -= !act_unwatch(session, object, cookie);
	__atomic_add_fetch(&crowd->owed, owed, __ATOMIC_RELAXED);
	drop(session, object);
	take_events(crowd, session);
}

static void *crowd_thread(void *argument)
{
	struct crowd *crowd = argument;
	const unsigned int number = __atomic_add_fetch(&crowd->thread, 1, __ATOMIC_RELAXED);
	struct mheap_session *session = &crowd->fixture.session[number];
	struct source source = source_of_seed(number);
	struct mheap_collection collection;
	unsigned long i;

	for (i = 0; i < setting("OPS", 20000); i++) {
		live(crowd, session, &source);
		if (i % 512 == 0)
			mheap_collect(&crowd->fixture.heap, i / 512 % 3, &collection);
	}
	return NULL;
}

static void crowded(void)
{
	static struct crowd crowd;
	pthread_t thread[CROWD];
	unsigned int i;

	memset(&crowd, 0, sizeof(crowd));
	fixture_begin(&crowd.fixture, FIXTURE_WORKER | FIXTURE_VERIFY);
	for (i = 0; i < CROWD; i++)
		fixture_open(&crowd.fixture, i + 1);
	for (i = 0; i < CROWD; i++)
		pthread_create(&thread[i], NULL, crowd_thread, &crowd);
	for (i = 0; i < CROWD; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < 4; i++)
		act_unpublish(crowd.fixture.session, &"abcd"[i], 1);
	fixture_collect(&crowd.fixture, 2);
	fixture_settle(&crowd.fixture);
	check_equal(fixture_objects(&crowd.fixture), 0);
	for (i = 0; i < CROWD; i++)
		take_events(&crowd, &crowd.fixture.session[i + 1]);
	check_equal(crowd.told, crowd.owed);
	check(crowd.told > 100);
	fixture_end(&crowd.fixture);
}

static const struct test tests[] = {
	{ "an object that its last reference leaves", death_by_count },
	{ "an object that a collection frees, not one that survives", death_by_collection },
	{ "a leaf that only garbage held", death_of_what_garbage_holds },
	{ "a number that is used again", number_is_used_again },
	{ "thousands of watches of one object, in their order", many_watchers },
	{ "errors", errors },
	{ "who waits for the queue is not dead", who_waits_for_the_queue_is_not_dead },
	{ "no more than there may be", limit },
	{ "without memory nothing has happened", without_memory },
	{ "memory that is not there at once is waited for", with_little_memory },
	{ "a session ends with watches in every state", session_ends },
	{ "each watch is told of once or taken back, beside collections", crowded },
	{}
};

const struct suite suite_watch = { "watch", tests };
