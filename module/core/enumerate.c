// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enumeration, in the order of numbers: an object keeps its number, so one that is
 * alive throughout is come to exactly once. Each section looks at what is left of one
 * block, under its lock, or at PIECE slots of it. A reference is gained under that lock
 * as by the upgrade of a weak handle, see mheap_session_gain(): what is found may be
 * garbage that a collection is deciding about.
 */
#include "body.h"
#include "count.h"
#include "enumerate.h"
#include "garbage.h"
#include "object.h"

#define PIECE	64U	/* slots looked at under one lock */

/**
 * struct walk - an enumeration under way
 * @session: whose
 * @enumeration: what is looked for
 * @referent: REFERRERS: the object they refer to; the walk holds a reference
 * @slot: REFERRERS: of the object at the cursor, where to go on looking
 * @tag: REFERRERS: that object's
 * @object: found in this section; a reference to each is held, unless ids are wanted
 * @count: how many
 */
struct walk {
	struct mheap_session *session;
	struct mheap_enumeration *enumeration;
	u32 referent;
	u32 slot;
	u32 tag;
	u32 object[MHEAP_SECTION_OPERATIONS];
	u32 count;
};

/* Objects of a block that are in one of some generations. */
static u64 in_generations(const struct mheap_chunk *chunk, u32 block, u32 generations)
{
	const u64 youngest = chunk->young[0][block];
	const u64 younger = chunk->young[1][block];
	u64 members = 0;

	if (generations & 1 << 0)
		members |= youngest & ~younger;
	if (generations & 1 << 1)
		members |= younger & ~youngest;
	if (generations & 1 << MHEAP_OLDEST)
		members |= chunk->tracked[block] & ~youngest & ~younger;
	if (generations & 1 << MHEAP_PERMANENT)
		members |= mheap_frozen(chunk, block);
	return members;
}

/* Objects of a block, from the cursor on, that may be what is looked for. */
static struct mheap_run candidates(const struct walk *walk, const struct mheap_chunk *chunk,
				   u32 block)
{
	const struct mheap_enumeration *enumeration = walk->enumeration;
	struct mheap_run run = { .base = chunk->base + block * MHEAP_BLOCK_OBJECTS };

	lockdep_assert_held(&chunk->lock[block]);
	switch (enumeration->what) {
	case MHEAP_ENUMERATED_OBJECTS:
		run.left = in_generations(chunk, block, enumeration->generations);
		break;
	case MHEAP_ENUMERATED_REFERRERS:
		run.left = chunk->tracked[block];
		break;
	case MHEAP_ENUMERATED_GARBAGE:
		run.left = mheap_garbage_of(chunk, block);
		break;
	}
	run.left &= ~(mheap_bit(enumeration->cursor) - 1);
	return run;
}

/*
 * Does an object refer to the referent? At most @left slots are looked at. Return: 1, 0,
 * or -EAGAIN where there are more slots to look at.
 */
static int is_referrer(struct walk *walk, const struct mheap_chunk *chunk, u32 object, u32 *left)
{
	const u32 tag = mheap_tag(chunk, object);
	const u32 *slot;
	u32 slots;

	if (walk->tag != tag)
		walk->slot = 0;
	walk->tag = tag;
	slot = mheap_body_slots(chunk, mheap_index(object), &slots);
	for (; walk->slot < slots; walk->slot++) {
		if (!*left)
			return -EAGAIN;
		--*left;
		if (slot[walk->slot] == walk->referent)
			return 1;
	}
	return 0;
}

/* Is it alive as far as anybody can tell? */
static bool is_alive(const struct mheap_heap *heap, const struct mheap_chunk *chunk, u32 object)
{
	if (mheap_is_unreached(chunk, object) && READ_ONCE(heap->phase) == MHEAP_PHASE_SWEEP)
		return false;
	return atomic64_read(&chunk->count[mheap_index(object)]);
}

/* An object is found. Return: 0, or why the section ends before it. */
static int find(struct walk *walk, struct mheap_chunk *chunk, u32 object)
{
	struct mheap_enumeration *enumeration = walk->enumeration;
	int error;

	if (enumeration->ids) {
		error = is_alive(walk->session->heap, chunk, object) ? 0 : -ENOENT;
		/* Nothing keeps it: behind the lock the number may be another's. */
		enumeration->found[enumeration->count + walk->count] =
			mheap_id(object, mheap_tag(chunk, object));
	} else {
		error = mheap_session_gain(walk->session, chunk, object);
	}
	if (!error)
		walk->object[walk->count++] = object;
	return error == -ENOENT ? 0 : error;
}

/*
 * Look at what is left of a block, which is locked. The cursor is set behind what is done
 * with. Return: 0, -EAGAIN to wait for a verdict, or -EOVERFLOW.
 */
static int look_at(struct walk *walk, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_enumeration *enumeration = walk->enumeration;
	struct mheap_run run = candidates(walk, chunk, block);
	const u32 room = enumeration->room - enumeration->count;
	u32 left = PIECE;
	int wanted = 1;
	int error;
	u32 object;

	for (; run.left && walk->count < room; walk->slot = 0) {
		object = run.base + __ffs64(run.left);
		enumeration->cursor = object;
		if (enumeration->what == MHEAP_ENUMERATED_REFERRERS)
			wanted = is_referrer(walk, chunk, object, &left);
		if (wanted == -EAGAIN)
			return 0;
		error = wanted ? find(walk, chunk, object) : 0;
		if (error)
			return error;
		mheap_run_next(&run);
		enumeration->cursor = (u64)object + 1;
	}
	if (!run.left)
		enumeration->cursor = (u64)run.base + MHEAP_BLOCK_OBJECTS;
	return 0;
}

/*
 * Give what was found. Where a handle fails the cursor goes back, and the references that
 * are left are dropped.
 */
static int give(struct walk *walk)
{
	struct mheap_enumeration *enumeration = walk->enumeration;
	int error = 0;
	u64 handle;
	u32 i;

	if (enumeration->ids) {
		enumeration->count += walk->count;
		return 0;
	}
	for (i = 0; i < walk->count; i++) {
		if (!error) {
			error = mheap_session_hold(walk->session, walk->object[i], &handle);
			if (error)
				enumeration->cursor = walk->object[i];
			else
				enumeration->found[enumeration->count++] = handle;
		}
		if (error)
			mheap_object_put(walk->session, walk->object[i]);
	}
	return error;
}

/* One section. The session is entered. */
static int step(struct walk *walk)
{
	struct mheap_session *session = walk->session;
	const u32 object = walk->enumeration->cursor;
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);
	int error, failed;

	walk->count = 0;
	spin_lock(&chunk->lock[mheap_block(object)]);
	error = look_at(walk, chunk, mheap_block(object));
	spin_unlock(&chunk->lock[mheap_block(object)]);
	failed = give(walk);
	if (failed)
		return failed;
	if (error != -EAGAIN)
		return error;
	mheap_lane_step_aside(&session->lane, &session->heap->verdict);
	return 0;
}

static u64 end_of(const struct mheap_heap *heap)
{
	return (u64)mheap_table_chunks(&heap->table) << MHEAP_CHUNK_SHIFT;
}

static int go(struct walk *walk)
{
	struct mheap_enumeration *enumeration = walk->enumeration;
	struct mheap_session *session = walk->session;
	int error = 0;

	while (!error && enumeration->count < enumeration->room &&
	       enumeration->cursor < end_of(session->heap)) {
		error = mheap_session_enter(session);
		if (error)
			break;
		error = step(walk);
		mheap_session_leave(session);
		cond_resched();
	}
	if (enumeration->cursor >= end_of(session->heap))
		enumeration->cursor = 0;
	return enumeration->count ? 0 : error;
}

/* Hold the referent, so that its number stays its own while the walk lasts. */
static int hold_referent(struct walk *walk)
{
	int error = mheap_session_enter(walk->session);

	if (error)
		return error;
	error = mheap_session_find(walk->session, walk->enumeration->object, &walk->referent);
	if (!error)
		error = mheap_object_get(walk->session, walk->referent);
	mheap_session_leave(walk->session);
	return error;
}

static void put_referent(struct walk *walk)
{
	mheap_session_enter_always(walk->session);
	mheap_object_put(walk->session, walk->referent);
	mheap_session_leave(walk->session);
}

/**
 * mheap_enumerate - find objects, from a cursor on
 * @session: whose the handles will be
 * @enumeration: what is looked for, and room for it; @count, @found and @cursor are set
 *
 * Objects that are alive throughout, and what is looked for throughout, are given once.
 * The walk stops early where something fails behind the first object that was found.
 *
 * Context: May sleep; not entered. Waits for verdicts, see mheap_session_upgrade().
 * Return: 0; -EBADF, -ESTALE or -EINVAL for a handle that names no object; -ENOMEM,
 * -ENOSPC, -EOVERFLOW, or -EINTR if a signal kills the caller; then nothing was found.
 */
int mheap_enumerate(struct mheap_session *session, struct mheap_enumeration *enumeration)
{
	struct walk walk = { .session = session, .enumeration = enumeration };
	int error;

	enumeration->count = 0;
	if (enumeration->what != MHEAP_ENUMERATED_REFERRERS)
		return go(&walk);
	error = hold_referent(&walk);
	if (error)
		return error;
	error = go(&walk);
	put_referent(&walk);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_enumerate);

/**
 * mheap_enumerate_undo - close the handles that were given
 * @session: whose they are
 * @enumeration: a walk of it; the program has not got to know what it found
 *
 * A program can guess handles, and close them itself: that is its own affair.
 *
 * Context: May sleep; not entered.
 */
void mheap_enumerate_undo(struct mheap_session *session,
			  struct mheap_enumeration *enumeration)
{
	u32 i = 0;

	while (!enumeration->ids && i < enumeration->count) {
		mheap_session_enter_always(session);
		for (; i < enumeration->count && !mheap_lane_is_tired(&session->lane); i++) {
			mheap_session_drop(session, enumeration->found[i]);
			session->lane.work++;
		}
		mheap_session_leave(session);
		cond_resched();
	}
	enumeration->count = 0;
}
EXPORT_SYMBOL_MHEAP(mheap_enumerate_undo);
