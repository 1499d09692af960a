// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches of objects that nobody else knows, and of some that everybody does. There is
 * one event for each that dies, not before it is dead, and none behind an unwatch.
 */
#include "mutator_game.h"

static struct mutator_reference *in_hand(struct mutator *m, const struct mutator_watch *watch)
{
	return &m->held[MUTATOR_WATCHED + (watch - m->watch)];
}

/* By its cookie, which no other one ever has. */
static struct mutator_watch *find(struct mutator *m, u64 cookie)
{
	u32 i;

	for (i = 0; i < MUTATOR_WATCHES; i++)
		if (m->watch[i].id && m->watch[i].cookie == cookie)
			return &m->watch[i];
	return NULL;
}

static void forget(struct mutator *m, struct mutator_watch *watch)
{
	mutator_expect(m, "a weak handle is dropped",
		       mheap_session_drop(&m->session, watch->weak), 0);
	mutator_let_go(m, MUTATOR_WATCHED + (watch - m->watch));
	memset(watch, 0, sizeof(*watch));
}

/* Is it alive? Then the caller holds it. */
static bool hold(struct mutator *m, struct mutator_watch *watch, u32 *object)
{
	int error = mheap_session_upgrade(&m->session, watch->weak, object);

	mutator_expect(m, "an upgrade works or the object is dead",
		       !error || error == -ENOENT, true);
	mutator_expect(m, "what was dead stays dead", !error && watch->dead, false);
	mutator_expect(m, "what is held is not dead",
		       error && in_hand(m, watch)->object, false);
	watch->dead |= error;
	return !error;
}

static void find_dead(struct mutator *m, struct mutator_watch *watch, const char *rule)
{
	u32 object = 0;

	if (hold(m, watch, &object)) {
		mutator_expect(m, rule, object, 0);
		mutator_put(m, object);
	}
}

/* Of its own; half of them die by a collection only. */
static u32 make_one(struct mutator *m)
{
	u64 id;
	u32 object = mutator_make(m, mutator_below(m, 2) * 2, 0, 0, &id);
	struct mheap_object_figures figures;

	if (!object)
		return 0;
	mheap_object_figures(&m->session, object, &figures);
	if (figures.shape.slots)
		mutator_store(m, object, 0, object);
	return object;
}

/* Return: a public object that is held twice now, or 0. */
static u32 take_public(struct mutator *m)
{
	const u32 publics = MUTATOR_HOLDER - MUTATOR_PUBLIC;
	const u32 object = m->held[MUTATOR_PUBLIC + mutator_below(m, publics)].object;

	if (object)
		mutator_expect(m, "a reference can be doubled",
			       mheap_object_get(&m->session, object), 0);
	return object;
}

static void begin(struct mutator *m, struct mutator_watch *watch)
{
	const bool own = mutator_once_in(m, 2);
	const u32 object = own ? make_one(m) : take_public(m);
	struct mheap_object_figures figures;

	if (!object)
		return;
	mheap_object_figures(&m->session, object, &figures);
	if (!mutator_granted(m, "a weak handle",
			     mheap_session_weak(&m->session, object, &watch->weak))) {
		mutator_put(m, object);
		return;
	}
	watch->id = figures.id;
	watch->cookie = ++m->cookie;
	watch->own = own && !figures.shape.slots;
	mutator_keep(m, MUTATOR_WATCHED + (watch - m->watch), object, figures.id);
	if (!mutator_granted(m, "a watch", mheap_watch(&m->session, object, watch->cookie)))
		forget(m, watch);
}

/* An event tells of a death. */
static void hear(struct mutator *m, struct mheap_watch *event)
{
	struct mutator_watch *watch = find(m, event->cookie);

	mutator_expect(m, "a death is told once, to who wants to know", !!watch, true);
	if (watch) {
		mutator_expect(m, "an event has the id of what has died",
			       event->id, watch->id);
		mutator_expect(m, "what is held is not dead", in_hand(m, watch)->object, 0);
		find_dead(m, watch, "a death is told when it has come");
		forget(m, watch);
	}
	mheap_watch_done(&m->session, event);
}

static void hear_one(struct mutator *m)
{
	struct mheap_watch *event = mheap_watch_take(&m->session);

	if (!event)
		return;
	if (mutator_once_in(m, 6))
		mheap_watch_put_back(&m->session, event);
	else
		hear(m, event);
}

static void end(struct mutator *m, struct mutator_watch *watch)
{
	int error = mheap_unwatch(&m->session, watch->id, watch->cookie);

	if (!error) {
		mutator_expect(m, "a death that is told is not taken back",
			       watch->dead, false);
		forget(m, watch);
		return;
	}
	mutator_expect(m, "a watch ends or the object is dead", error, -ENOENT);
	mutator_expect(m, "what is held is not dead", in_hand(m, watch)->object, 0);
	find_dead(m, watch, "a watch ends while the object is alive");
}

static void play_held(struct mutator *m, struct mutator_watch *watch)
{
	const u32 object = in_hand(m, watch)->object;

	mutator_verify(m, object, watch->id);
	if (mutator_once_in(m, 4)) {
		mutator_expect(m, "a watch is one of its kind",
			       mheap_watch(&m->session, object, watch->cookie), -EALREADY);
		return;
	}
	mutator_let_go(m, MUTATOR_WATCHED + (watch - m->watch));
	if (watch->own && !m->torture->watched)
		find_dead(m, watch, "what nothing refers to is dead");
}

static void play_lost(struct mutator *m, struct mutator_watch *watch)
{
	u32 object;

	if (!hold(m, watch, &object))
		return;
	if (mutator_once_in(m, 4))
		mutator_keep(m, MUTATOR_WATCHED + (watch - m->watch), object, watch->id);
	else
		mutator_put(m, object);
}

/**
 * mutator_play_watch - watch, lose an object, hear of a death
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_watch(struct mutator *m)
{
	struct mutator_watch *watch = &m->watch[mutator_below(m, MUTATOR_WATCHES)];

	if (mutator_once_in(m, 3))
		hear_one(m);
	else if (!watch->id)
		begin(m, watch);
	else if (mutator_once_in(m, 8))
		end(m, watch);
	else if (in_hand(m, watch)->object)
		play_held(m, watch);
	else
		play_lost(m, watch);
}

/**
 * mutator_settle_watches - hear of all deaths
 * @m: a mutator; the heap is quiet, and all has been released
 *
 * Context: Entered.
 */
void mutator_settle_watches(struct mutator *m)
{
	struct mheap_watch *event;
	u32 object, i;

	while ((event = mheap_watch_take(&m->session)))
		hear(m, event);
	for (i = 0; i < MUTATOR_WATCHES; i++)
		if (m->watch[i].id) {
			mutator_expect(m, "each death is told",
				       hold(m, &m->watch[i], &object), true);
			if (!m->watch[i].dead)
				mutator_put(m, object);
		}
}
