// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects with finalizers that nobody else knows, until they are handed out, to
 * whoever takes them. Slot 0 refers to a child, which may have a finalizer itself; slot
 * 1 to an ephemeron whose key is the object; slot 2 to the object, in those that die by
 * a collection. Each is handed out once in its life, with all that as it was made.
 *
 * Who takes one finds out by its cookie who made it. What is due outlives the session
 * of its maker.
 */
#include "mutator_game.h"

#define SERIAL_BITS	32
#define INDEX_BITS	16

static struct mutator_reference *in_hand(struct mutator *m, const struct mutator_final *final)
{
	return &m->held[MUTATOR_FINAL + (final - m->final)];
}

static u64 cookie_of(const struct mutator *m, const struct mutator_final *final)
{
	return (u64)m->number << (SERIAL_BITS + INDEX_BITS) |
	       (u64)(final - m->final) << SERIAL_BITS | final->serial;
}

/* Whose cookie is it? Return: NULL if it is nobody's. */
static struct mutator_final *find(struct torture *torture, u64 cookie)
{
	const u32 number = cookie >> (SERIAL_BITS + INDEX_BITS);
	const u32 index = (u16)(cookie >> SERIAL_BITS);

	if (number >= torture->mutators || index >= MUTATOR_FINALS)
		return NULL;
	return &torture->mutator[number].final[index];
}

/* It is called, or will never be. Return: was it due? */
static bool settle(struct mutator_final *final, u32 serial)
{
	int due = serial;

	return atomic_try_cmpxchg(&final->due, &due, 0);
}

static bool is_due(struct mutator_final *final)
{
	return atomic_read(&final->due);
}

/* A child that is held: one with a finalizer, or a new one. Return: it, or 0. */
static u32 take_child(struct mutator *m, u64 *id)
{
	struct mutator_final *final = &m->final[mutator_below(m, MUTATOR_FINALS)];
	struct mutator_reference *held = in_hand(m, final);

	if (!held->object)
		return mutator_make(m, mutator_below(m, 2), 0, 0, id);
	mutator_expect(m, "a reference can be doubled",
		       mheap_object_get(&m->session, held->object), 0);
	*id = held->id;
	return held->object;
}

static u32 some_ephemeron(struct mutator *m)
{
	return MUTATOR_EPHEMERON + mutator_below(m, MUTATOR_EPHEMERONS);
}

/* It is alive at times while its key is garbage. */
static void keep_ephemeron(struct mutator *m, u32 ephemeron, u64 id)
{
	mutator_expect(m, "a reference can be doubled",
		       mheap_object_get(&m->session, ephemeron), 0);
	mutator_keep(m, some_ephemeron(m), ephemeron, id);
}

/* Who knows whether its key is alive? If there is a value, it is the right one. */
static void play_ephemeron(struct mutator *m)
{
	const u32 place = some_ephemeron(m);
	const u32 ephemeron = m->held[place].object;
	struct mutator_canary canary;
	u32 value;

	if (!ephemeron)
		return;
	mutator_inspect(m, ephemeron, m->held[place].id, &canary);
	value = mutator_load(m, ephemeron, 1);
	if (value)
		mutator_verify(m, value, canary.rest);
	mutator_put(m, value);
	if (mutator_once_in(m, 4))
		mutator_let_go(m, place);
}

/* An ephemeron in slot 1. Return: true if there was memory for it. */
static bool add_ephemeron(struct mutator *m, u32 object)
{
	u64 id;
	u32 value = mutator_make(m, 1, 0, 0, &id);
	u32 ephemeron = value ? mutator_make_ephemeron(m, id, &id) : 0;
	const bool complete = ephemeron &&
		mutator_granted(m, "a key",
				mheap_object_store(&m->session, ephemeron, 0, object));

	if (complete) {
		mutator_store(m, ephemeron, 1, value);
		if (mutator_once_in(m, 2))
			mutator_store(m, value, 0, object);
		mutator_store(m, object, 1, ephemeron);
		if (mutator_once_in(m, 2))
			keep_ephemeron(m, ephemeron, id);
	}
	mutator_put(m, ephemeron);
	mutator_put(m, value);
	return complete;
}

/* Return: an object that the caller holds, or 0. */
static u32 make_object(struct mutator *m, u64 *id)
{
	u64 child_id = 0;
	u32 child = take_child(m, &child_id);
	u32 object = child ? mutator_make(m, 3, 0, child_id, id) : 0;

	if (object) {
		mutator_store(m, object, 0, child);
		if (mutator_once_in(m, 2))
			mutator_store(m, object, 2, object);
	}
	mutator_put(m, child);
	if (!object || mutator_once_in(m, 2) || add_ephemeron(m, object))
		return object;
	mutator_store(m, object, 2, 0);
	mutator_put(m, object);
	return 0;
}

/* It is over, or was cancelled. */
static void forget(struct mutator *m, struct mutator_final *final)
{
	if (final->weak)
		mutator_expect(m, "a weak handle is dropped",
			       mheap_session_drop(&m->session, final->weak), 0);
	mutator_let_go(m, MUTATOR_FINAL + (final - m->final));
	final->weak = 0;
	final->id = 0;
}

static bool give(struct mutator *m, struct mutator_final *final, u32 object)
{
	final->serial = ++m->serial;
	atomic_set(&final->due, final->serial);
	if (mutator_granted(m, "a finalizer",
			    mheap_finalizer_set(&m->session, object, cookie_of(m, final))))
		return true;
	atomic_set(&final->due, 0);
	return false;
}

static void begin(struct mutator *m, struct mutator_final *final)
{
	u64 id = 0;
	u32 object = make_object(m, &id);

	if (!object)
		return;
	mutator_keep(m, MUTATOR_FINAL + (final - m->final), object, id);
	final->id = id;
	final->lost = false;
	if (mutator_granted(m, "a weak handle",
			    mheap_session_weak(&m->session, object, &final->weak)) &&
	    give(m, final, object))
		return;
	mutator_store(m, object, 2, 0);
	forget(m, final);
}

/* Nobody calls the finalizer of an object that was never let go. */
static void cancel(struct mutator *m, struct mutator_final *final)
{
	int error = mheap_finalizer_cancel(&m->session, in_hand(m, final)->object);

	if (error) {
		mutator_expect(m, "a finalizer can be cancelled, or was called",
			       error, -EALREADY);
		mutator_expect(m, "what is held is not handed out", final->lost, true);
		return;
	}
	mutator_expect(m, "what can be cancelled was not handed out",
		       settle(final, final->serial), true);
	mutator_store(m, in_hand(m, final)->object, 2, 0);
	forget(m, final);
}

static void play_held(struct mutator *m, struct mutator_final *final)
{
	mutator_verify(m, in_hand(m, final)->object, final->id);
	if (!final->lost)
		mutator_expect(m, "what is held is not handed out", is_due(final), true);
	if (is_due(final) && mutator_once_in(m, 8)) {
		cancel(m, final);
		return;
	}
	mutator_let_go(m, MUTATOR_FINAL + (final - m->final));
	final->lost = true;
}

/* It may be garbage, in the queue, in the hands of who took it, or dead. */
static void play_lost(struct mutator *m, struct mutator_final *final)
{
	u32 object = 0;
	int error;

	if (!final->weak || mutator_once_in(m, 8)) {
		if (!is_due(final))
			forget(m, final);
		return;
	}
	error = mheap_session_upgrade(&m->session, final->weak, &object);
	mutator_expect(m, "an upgrade works or the object is dead",
		       !error || error == -ENOENT, true);
	if (error)
		return;
	if (mutator_once_in(m, 4)) {
		mutator_keep(m, MUTATOR_FINAL + (final - m->final), object, final->id);
		return;
	}
	mutator_verify(m, object, final->id);
	mutator_put(m, object);
}

static void verify_ephemeron(struct mutator *m, u32 object, u32 ephemeron)
{
	struct mutator_canary canary;
	u32 key, value;

	mutator_inspect(m, ephemeron, 0, &canary);
	key = mutator_load(m, ephemeron, 0);
	mutator_expect(m, "what is handed out is the key that it was", key, object);
	mutator_put(m, key);
	value = mutator_load(m, ephemeron, 1);
	mutator_expect(m, "what is handed out has its value", !!value, true);
	if (value)
		mutator_verify(m, value, canary.rest);
	mutator_put(m, value);
}

/* With all that it was made of. */
static void verify_whole(struct mutator *m, u32 object)
{
	struct mutator_canary canary;
	u32 child, ephemeron;

	mutator_inspect(m, object, 0, &canary);
	child = mutator_load(m, object, 0);
	mutator_expect(m, "what is handed out has its child", !!child, true);
	if (child)
		mutator_verify(m, child, canary.rest);
	mutator_put(m, child);
	ephemeron = mutator_load(m, object, 1);
	if (ephemeron)
		verify_ephemeron(m, object, ephemeron);
	mutator_put(m, ephemeron);
}

static void receive(struct mutator *m, u32 object, u64 cookie)
{
	struct mutator_final *final = find(m->torture, cookie);

	mutator_expect(m, "what is handed out has a cookie that was given", !!final, true);
	if (final)
		mutator_expect(m, "an object is handed out once",
			       settle(final, (u32)cookie), true);
	verify_whole(m, object);
	mutator_expect(m, "no object gets a second finalizer",
		       mheap_finalizer_set(&m->session, object, 0), -EALREADY);
}

static u32 rescued_place(struct mutator *m)
{
	return MUTATOR_RESCUED + mutator_below(m, MUTATOR_RESCUES);
}

static void receive_one(struct mutator *m)
{
	u32 object;
	u64 cookie;

	if (!mheap_finalizers_take(&m->session, &object, &cookie))
		return;
	receive(m, object, cookie);
	if (mutator_once_in(m, 3))
		mutator_keep(m, rescued_place(m), object, 0);
	else
		mutator_put(m, object);
}

/* Two are taken; the first goes back when the queue is another. */
static void put_one_back(struct mutator *m)
{
	u32 object;
	u64 cookie;

	if (!mheap_finalizers_take(&m->session, &object, &cookie))
		return;
	receive_one(m);
	mheap_finalizers_put_back(&m->session, object);
}

/**
 * mutator_play_final - give a finalizer, lose an object, take one that is handed out
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_final(struct mutator *m)
{
	struct mutator_final *final = &m->final[mutator_below(m, MUTATOR_FINALS)];

	if (mutator_once_in(m, 3))
		receive_one(m);
	else if (mutator_once_in(m, 12))
		put_one_back(m);
	else if (mutator_once_in(m, 8))
		play_ephemeron(m);
	else if (mutator_once_in(m, 16))
		mutator_let_go(m, rescued_place(m));
	else if (in_hand(m, final)->object)
		play_held(m, final);
	else if (final->id)
		play_lost(m, final);
	else
		begin(m, final);
}

/**
 * mutator_lose_finals - what has a finalizer is not in hand any more
 * @m: a mutator with a new session
 *
 * Context: Any.
 */
void mutator_lose_finals(struct mutator *m)
{
	u32 i;

	for (i = 0; i < MUTATOR_FINALS; i++) {
		m->final[i].weak = 0;
		m->final[i].lost = true;
	}
}

/**
 * mutator_settle_finals - take all that is handed out, and drop it
 * @m: a mutator
 *
 * Context: Entered. May sleep. Return: true if there was any.
 */
bool mutator_settle_finals(struct mutator *m)
{
	bool any = false;
	u32 object;
	u64 cookie;

	while (mheap_finalizers_take(&m->session, &object, &cookie)) {
		receive(m, object, cookie);
		mutator_put(m, object);
		any = true;
	}
	return any;
}

/**
 * mutator_due_finals - how many finalizers are due?
 * @m: a mutator
 *
 * Context: Any; when nobody is at work. Return: How many, of those it has given.
 */
u32 mutator_due_finals(struct mutator *m)
{
	u32 due = 0;
	u32 i;

	for (i = 0; i < MUTATOR_FINALS; i++)
		due += is_due(&m->final[i]);
	return due;
}
