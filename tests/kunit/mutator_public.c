// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects that others see: nobody knows what is in a slot, only what may be.
 */
#include "mutator_game.h"

static u32 some(struct mutator *m)
{
	const u32 object = m->held[mutator_below(m, MUTATOR_HOLDER)].object;

	return object ? object : m->torture->shared;
}

static u32 some_slot(struct mutator *m)
{
	return mutator_below(m, MUTATOR_SHARED_SLOTS);
}

static u32 public_place(struct mutator *m)
{
	return MUTATOR_PUBLIC + mutator_below(m, MUTATOR_HOLDER - MUTATOR_PUBLIC);
}

static void keep_public(struct mutator *m, u32 object)
{
	if (object)
		mutator_keep(m, public_place(m), object, 0);
}

static u32 some_slots(struct mutator *m)
{
	return mutator_once_in(m, 40) ? 60 + mutator_below(m, 300) : mutator_below(m, 5);
}

static u32 some_length(struct mutator *m)
{
	if (mutator_once_in(m, 60))
		return 16000 + mutator_below(m, 60000);
	return MUTATOR_LENGTH_MIN + mutator_below(m, 64);
}

/**
 * mutator_make_one - make an object, often a small one
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_make_one(struct mutator *m)
{
	u64 id;

	keep_public(m, mutator_make(m, some_slots(m), some_length(m), 0, &id));
}

/**
 * mutator_make_one_ephemeron - make an ephemeron, mostly with a key and a value
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_make_one_ephemeron(struct mutator *m)
{
	const u32 key = some(m);
	u64 id;
	u32 object = mutator_make_ephemeron(m, 0, &id);

	if (!object)
		return;
	if (mutator_granted(m, "a key", mheap_object_store(&m->session, object, 0, key)))
		mutator_store(m, object, 1, some(m));
	keep_public(m, object);
}

/**
 * mutator_store_one - store one object into another, or nothing
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_store_one(struct mutator *m)
{
	const u32 target = mutator_once_in(m, 4) ? 0 : some(m);

	mheap_object_store(&m->session, some(m), some_slot(m), target);
}

/**
 * mutator_store_many - store into many slots at once: of a large object, mostly
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_store_many(struct mutator *m)
{
	const u32 object = some(m);
	u32 i;

	for (i = 0; i < 64; i++)
		if (mheap_object_store(&m->session, object, i * 5, some(m)))
			return;
}

/**
 * mutator_load_one - load a slot
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_load_one(struct mutator *m)
{
	u32 object = 0;

	if (!mheap_object_load(&m->session, some(m), some_slot(m), &object))
		keep_public(m, object);
}

/**
 * mutator_swap_one - swap a slot
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_swap_one(struct mutator *m)
{
	const u32 target = mutator_once_in(m, 3) ? 0 : some(m);
	u32 object = 0;

	if (!mheap_object_swap(&m->session, some(m), some_slot(m), target, &object))
		keep_public(m, object);
}

/**
 * mutator_exchange_one - store into a slot that has what is expected
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_exchange_one(struct mutator *m)
{
	const u32 expected = mutator_once_in(m, 2) ? 0 : some(m);
	const int stored = mheap_object_compare_store(&m->session, some(m),
						      mutator_below(m, 4), expected, some(m));

	mutator_expect(m, "compare-store says whether it has stored",
		       stored == 0 || stored == 1 || stored == -EINVAL, true);
}

/**
 * mutator_drop_one - let go of an object
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_drop_one(struct mutator *m)
{
	mutator_let_go(m, public_place(m));
}

/**
 * mutator_resize_one - give an object another shape
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_resize_one(struct mutator *m)
{
	const u32 object = some(m);
	struct mheap_object_figures figures;
	u32 slots = some_slots(m);
	int error;

	if (object == m->torture->shared)
		slots = MUTATOR_SHARED_SLOTS + (mutator_once_in(m, 4) ? 100 : 0);
	error = mheap_object_resize(&m->session, object, slots, some_length(m));
	mheap_object_figures(&m->session, object, &figures);
	if (figures.shape.ephemeron)
		mutator_expect(m, "an ephemeron keeps its shape", error, -EINVAL);
	else
		mutator_granted(m, "a new shape", error);
	mutator_verify(m, object, 0);
}

/**
 * mutator_scribble_one - write behind what the payload begins with
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_scribble_one(struct mutator *m)
{
	u8 bytes[32];

	memset(bytes, m->number, sizeof(bytes));
	mheap_object_write(&m->session, some(m), MUTATOR_LENGTH_MIN, bytes,
			   8 + mutator_below(m, 24));
}

/**
 * mutator_hold_one - open a handle and drop it
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_hold_one(struct mutator *m)
{
	const u32 object = some(m);
	u64 handle;

	mutator_expect(m, "a reference can be doubled",
		       mheap_object_get(&m->session, object), 0);
	if (!mutator_granted(m, "a handle",
			     mheap_session_hold(&m->session, object, &handle))) {
		mutator_put(m, object);
		return;
	}
	mutator_verify(m, object, 0);
	mutator_expect(m, "a handle is dropped", mheap_session_drop(&m->session, handle), 0);
	mutator_expect(m, "a handle is dropped once", mheap_session_drop(&m->session, handle),
		       -ESTALE);
}

/**
 * mutator_play_hot - newborns that everybody wants, in two slots
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_hot(struct mutator *m)
{
	const u32 slot = mutator_below(m, 2);
	u32 object, old = 0;
	u64 id;

	if (mutator_once_in(m, 2)) {
		object = mutator_load(m, m->torture->shared, slot);
		if (object)
			mutator_verify(m, object, 0);
		mutator_put(m, object);
		return;
	}
	object = mutator_make(m, mutator_below(m, 2), 0, 0, &id);
	if (mutator_once_in(m, 2))
		mutator_store(m, m->torture->shared, slot, object);
	else
		mheap_object_swap(&m->session, m->torture->shared, slot, object, &old);
	mutator_put(m, object);
	mutator_put(m, old);
}

/**
 * mutator_name_one - get a weak handle
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_name_one(struct mutator *m)
{
	u64 *name = &m->name[mutator_below(m, MUTATOR_NAMES)];
	u64 weak;

	if (*name)
		mutator_expect(m, "a weak handle is dropped",
			       mheap_session_drop(&m->session, *name), 0);
	*name = 0;
	if (mutator_granted(m, "a weak handle",
			    mheap_session_weak(&m->session, some(m), &weak)))
		*name = weak;
}

/**
 * mutator_upgrade_one - upgrade a weak handle
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_upgrade_one(struct mutator *m)
{
	const u64 weak = m->name[mutator_below(m, MUTATOR_NAMES)];
	u32 object;
	u64 id;
	int error;

	if (!weak)
		return;
	error = mheap_session_upgrade(&m->session, weak, &object);
	mutator_expect(m, "an upgrade works or the object is dead",
		       !error || error == -ENOENT, true);
	if (error)
		return;
	mutator_expect(m, "a weak handle has an id",
		       mheap_session_id(&m->session, weak, &id), 0);
	mutator_keep(m, public_place(m), object, id);
}
