// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ephemerons. Slot 1 of the body is the value, an ordinary reference that counts.
 * Slot 0 is always empty: the key is a number and its tag, as in a weak handle, and
 * does not count. So nobody who looks at counts and slots need know of keys.
 *
 * The collector differs in one thing: it reaches the value when the ephemeron and
 * the key are both reached, or the key is none of the set that is collected. Which of
 * them comes last does it: look_into() for the ephemeron, reach_values() for the
 * key, whose annex has a list of its ephemerons. Each ephemeron is looked at twice at
 * most, so the time is linear in them, for chains in any order. An object that
 * becomes a key is tracked from then on, also one without slots: else it would never
 * be found unreachable.
 *
 * So a reached ephemeron may have an unreached value, and a program may hold that
 * ephemeron. Four rules keep what collect.c and sweep.c rest upon:
 *
 * - To load the value is to upgrade a weak handle, through mheap_session_gain(): while
 *   it is open whether it is garbage the program waits, and then finds nothing if it
 *   was. Before that, an unreached one that is loaded is touched and counted in
 *   heap->upgrades.
 * - While the verdict is open nobody takes an unreached value out of its slot, and
 *   during the sweep nobody gives up the reference that was in it: whoever overwrites
 *   it forgets it. A dead ephemeron with such a value is not released meanwhile, and
 *   no value is dropped because its key has died.
 * - mheap_ephemeron_cut() empties such slots before garbage is freed.
 * - A new key comes without a value, and a new value is touched as whatever is stored.
 *
 * Whoever reads the phase MARK in its section began it before the last handshake,
 * which waits for its end. The mark bit of a value may be read without the lock of
 * its block, by whoever holds that of the ephemeron: bits are cleared before the
 * second handshake, and set for good in the sweep only behind mheap_ephemeron_cut(),
 * which takes that lock. Likewise for the state of the key: who sees an old one comes
 * before its death, and the worker, who takes the lock for each ephemeron of a dead
 * key, comes later and finds what was stored.
 *
 * When the key has died, all its ephemerons become orphans in one step, as watches
 * fire; the worker drops their values. A key that is dead and has a finalizer may be
 * alive again after all, with all that its ephemerons keep for it: so to programs a
 * dead key is none, but collector and worker take no value from one that is not gone.
 */
#include "annex.h"
#include "body.h"
#include "count.h"
#include "image.h"
#include "object.h"
#include "release.h"
#include "room.h"
#include "touch.h"
#include "watch.h"

/**
 * mheap_ephemerons_init - begin without ephemerons
 * @ephemerons: of a heap; to be made
 *
 * Context: Any.
 */
void mheap_ephemerons_init(struct mheap_ephemerons *ephemerons)
{
	memset(ephemerons, 0, sizeof(*ephemerons));
	INIT_LIST_HEAD(&ephemerons->orphans);
}

/**
 * mheap_ephemeron_prepare - make what an ephemeron needs besides its body
 * @lane: the caller's, entered
 * @object: a number that is the caller's alone
 *
 * Context: Entered; the section may be left and entered again. May sleep.
 * Return: 0 or -ENOMEM.
 */
int mheap_ephemeron_prepare(struct mheap_lane *lane, u32 object)
{
	struct mheap_ephemeron *ephemeron = mheap_lane_zalloc(lane, sizeof(*ephemeron));
	struct mheap_heap *heap = lane->heap;
	struct mheap_annex *annex;

	if (!ephemeron)
		return -ENOMEM;
	if (mheap_annex_make(lane, object, &annex)) {
		kfree(ephemeron);
		return -ENOMEM;
	}
	INIT_LIST_HEAD(&ephemeron->link);
	ephemeron->object = object;
	annex->ephemeron = ephemeron;
	atomic_inc(&heap->ephemerons.count);
	atomic_long_add(sizeof(*ephemeron), &heap->table.bytes);
	return 0;
}

/**
 * mheap_ephemeron_discard - undo mheap_ephemeron_prepare()
 * @heap: the heap
 * @object: still the caller's alone
 *
 * Context: Any that may take a spinlock.
 */
void mheap_ephemeron_discard(struct mheap_heap *heap, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	struct mheap_annex *annex;

	spin_lock(&chunk->lock[mheap_block(object)]);
	annex = mheap_annex_take(chunk, object);
	spin_unlock(&chunk->lock[mheap_block(object)]);
	mheap_watch_fire(heap, annex);
	mheap_annex_free(&heap->table, annex);
}

/**
 * mheap_ephemeron_unlink - an object has died: part it from keys and ephemerons
 * @heap: the heap
 * @annex: of the object
 *
 * Context: heap->watches.lock is held.
 */
void mheap_ephemeron_unlink(struct mheap_heap *heap, struct mheap_annex *annex)
{
	lockdep_assert_held(&heap->watches.lock);
	list_splice_tail_init(&annex->ephemerons, &heap->ephemerons.orphans);
	if (annex->ephemeron)
		list_del(&annex->ephemeron->link);
}

/**
 * mheap_ephemeron_free - free what a dead ephemeron had besides its body
 * @heap: the heap
 * @annex: its annex, behind mheap_ephemeron_unlink(); or of another object
 *
 * Context: Any.
 */
void mheap_ephemeron_free(struct mheap_heap *heap, struct mheap_annex *annex)
{
	if (likely(!annex->ephemeron))
		return;
	atomic_long_sub(sizeof(*annex->ephemeron), &heap->table.bytes);
	atomic_dec(&heap->ephemerons.count);
	kfree(annex->ephemeron);
	annex->ephemeron = NULL;
}

/**
 * mheap_ephemeron_find - what an ephemeron has besides its body
 * @chunk: of the object
 * @object: an object
 *
 * Context: The lock of its block. Return: It, or NULL if the object is no ephemeron.
 */
struct mheap_ephemeron *mheap_ephemeron_find(const struct mheap_chunk *chunk, u32 object)
{
	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	if (!mheap_body_is_ephemeron(chunk, mheap_index(object)))
		return NULL;
	return mheap_annex_of(chunk, object)->ephemeron;
}

/**
 * mheap_ephemeron_value - where the value of an ephemeron stands
 * @chunk: of the ephemeron
 * @object: the ephemeron
 *
 * Context: The lock of its block. Return: The place, which may be empty.
 */
u32 *mheap_ephemeron_value(const struct mheap_chunk *chunk, u32 object)
{
	u32 slots;

	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	return mheap_body_slots(chunk, mheap_index(object), &slots) + 1;
}

static bool is_unreached(const struct mheap_heap *heap, u32 object)
{
	return mheap_is_unreached(mheap_chunk_of(&heap->table, object), object);
}

static bool is_dead(const struct mheap_heap *heap, u32 object, u32 tag)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);

	return mheap_tag(chunk, object) != tag ||
	       !atomic64_read(&chunk->count[mheap_index(object)]);
}

/**
 * mheap_ephemeron_has_no_key - is the key gone?
 * @heap: the heap
 * @ephemeron: an ephemeron
 *
 * Then it has no number any more, or another object has. Other than to be dead, this is
 * for good: what is dead may yet be given to the queue of finalizers.
 *
 * Context: The lock of its block. Return: true if it is, or there never was one.
 */
bool mheap_ephemeron_has_no_key(const struct mheap_heap *heap,
				const struct mheap_ephemeron *ephemeron)
{
	const u32 key = ephemeron->key;
	const struct mheap_chunk *chunk;

	if (!key)
		return true;
	chunk = mheap_chunk_of(&heap->table, key);
	return !READ_ONCE(chunk->annex[mheap_index(key)]) ||
	       mheap_tag(chunk, key) != ephemeron->tag;
}

/* Is it garbage? Return: 0, -ENOENT if it is, or -EAGAIN while that is open. */
static int look_at(struct mheap_heap *heap, u32 object)
{
	const u32 phase = READ_ONCE(heap->phase);

	if (likely(phase < MHEAP_PHASE_VERDICT || !is_unreached(heap, object)))
		return 0;
	return phase == MHEAP_PHASE_SWEEP ? -ENOENT : -EAGAIN;
}

/* Return: 0, -ENOENT if it is dead or none, or -EAGAIN while that is open. */
static int look_at_key(struct mheap_heap *heap, const struct mheap_ephemeron *ephemeron)
{
	if (!ephemeron->key || is_dead(heap, ephemeron->key, ephemeron->tag))
		return -ENOENT;
	return look_at(heap, ephemeron->key);
}

/*
 * What is the value? @value, @tag: filled; it is alive, but who wants it upgrades it.
 * Return: 0, -ENOENT if there is none, -EINVAL if it is no ephemeron, or -EAGAIN.
 */
static int see_value(struct mheap_session *session, u32 object, u32 *value, u32 *tag)
{
	struct mheap_chunk *chunk = mheap_object_lock(session, object);
	const struct mheap_ephemeron *ephemeron = mheap_ephemeron_find(chunk, object);
	struct mheap_heap *heap = session->heap;
	int error = -EINVAL;

	if (ephemeron) {
		*value = *mheap_ephemeron_value(chunk, object);
		error = *value ? look_at_key(heap, ephemeron) : -ENOENT;
		error = error ?: look_at(heap, *value);
		if (!error)
			*tag = mheap_tag(mheap_chunk_of(&heap->table, *value), *value);
	}
	mheap_object_unlock(chunk, object);
	return error;
}

/* A value that is not there any more when it is upgraded has left the slot. */
static int load_value(struct mheap_session *session, u32 object, u32 *target)
{
	u32 value, tag;
	int error;

	*target = 0;
	do {
		error = see_value(session, object, &value, &tag);
		if (error == -EAGAIN) {
			mheap_lane_step_aside(&session->lane, &session->heap->verdict);
			continue;
		}
		if (error)
			return error == -ENOENT ? 0 : error;
		error = mheap_session_upgrade_object(session, value, tag);
	} while (error == -EAGAIN || error == -ENOENT);
	if (!error)
		*target = value;
	return error;
}

static int load_key(struct mheap_session *session, u32 object, u32 *target)
{
	struct mheap_chunk *chunk = mheap_object_lock(session, object);
	const struct mheap_ephemeron *ephemeron = mheap_ephemeron_find(chunk, object);
	int error = -EINVAL;
	u32 tag = 0;

	*target = 0;
	if (ephemeron) {
		error = 0;
		*target = ephemeron->key;
		tag = ephemeron->tag;
	}
	mheap_object_unlock(chunk, object);
	if (error || !*target)
		return error;
	error = mheap_session_upgrade_object(session, *target, tag);
	if (error == -ENOENT) {
		*target = 0;
		error = 0;
	}
	return error;
}

/**
 * mheap_ephemeron_load - the key or the value of an ephemeron
 * @session: entered
 * @object: any object that the caller holds a reference from outside to
 * @slot: 0 for the key, 1 for the value
 * @target: filled with an object, and gives a reference; or with 0, where there is
 *          none or the key is dead
 *
 * Context: Entered. May sleep.
 * Return: 0, -EINVAL if it is no ephemeron or there is no such slot, or -EOVERFLOW.
 */
int mheap_ephemeron_load(struct mheap_session *session, u32 object, u32 slot, u32 *target)
{
	if (slot >= MHEAP_EPHEMERON_SLOTS)
		return -EINVAL;
	return slot ? load_value(session, object, target) : load_key(session, object, target);
}

/*
 * Exchange the value; the block is locked. @old: filled with what is to be dropped.
 * Return: 0, -EAGAIN while it is open whether the old one is garbage, or -EOVERFLOW.
 */
static int exchange_value(struct mheap_heap *heap, u32 *place, u32 value, u32 *old)
{
	int error;

	*old = *place;
	error = *old ? look_at(heap, *old) : 0;
	if (error == -EAGAIN)
		return error;
	if (error)
		*old = 0;	/* the sweep's */
	if (value) {
		mheap_touch(heap, value);
		error = mheap_count_gain(mheap_count_of(heap, value), MHEAP_INSIDE);
		if (error)
			return error;
	}
	*place = value;
	return 0;
}

static void put_value(struct mheap_session *session, u32 value)
{
	mheap_release_targets(&session->lane, &value, 1);
}

/* One attempt. Return: 0, -EINVAL, -ENOENT, -EAGAIN or -EOVERFLOW. */
static int try_store_value(struct mheap_session *session, u32 object, u32 value, u32 *old)
{
	struct mheap_chunk *chunk = mheap_object_lock_to_change(session, object, 1, 1);
	const struct mheap_ephemeron *ephemeron = mheap_ephemeron_find(chunk, object);
	int error = -EINVAL;

	if (ephemeron) {
		error = 0;
		if (value && look_at_key(session->heap, ephemeron) == -ENOENT)
			error = -ENOENT;
		if (!error)
			error = exchange_value(session->heap, mheap_ephemeron_value(chunk, object),
					       value, old);
	}
	mheap_object_unlock(chunk, object);
	return error;
}

static int store_value(struct mheap_session *session, u32 object, u32 value)
{
	u32 old = 0;
	int error;

	while ((error = try_store_value(session, object, value, &old)) == -EAGAIN)
		mheap_lane_step_aside(&session->lane, &session->heap->verdict);
	if (!error)
		put_value(session, old);
	return error;
}

/* An object is to be a key: the collector is to find out when it is unreachable. */
static int make_key(struct mheap_session *session, u32 object, struct mheap_annex **annex)
{
	struct mheap_heap *heap = session->heap;
	struct mheap_chunk *chunk;
	bool tracked;

	if (mheap_annex_make(&session->lane, object, annex))
		return -ENOMEM;
	chunk = mheap_object_lock(session, object);
	(*annex)->flags |= MHEAP_ANNEX_KEY;
	tracked = chunk->tracked[mheap_block(object)] & mheap_bit(object);
	if (!tracked)
		mheap_object_track(session, chunk, object);
	mheap_object_unlock(chunk, object);
	if (!tracked)
		mheap_table_list(&heap->table, chunk, MHEAP_LIST_YOUNG);
	return 0;
}

/**
 * struct new_key - a key to be set
 * @key: held by the caller, or 0
 * @annex: of @key
 * @ephemeron: filled
 * @version: filled, of @ephemeron
 */
struct new_key {
	u32 key;
	struct mheap_annex *annex;
	struct mheap_ephemeron *ephemeron;
	u32 version;
};

/* One attempt. @old: filled with the value, which goes with the old key. */
static int try_set_key(struct mheap_session *session, u32 object, struct new_key *new, u32 *old)
{
	struct mheap_chunk *chunk = mheap_object_lock_to_change(session, object, 1, 1);
	struct mheap_ephemeron *ephemeron = mheap_ephemeron_find(chunk, object);
	struct mheap_heap *heap = session->heap;
	int error = -EINVAL;

	if (ephemeron)
		error = exchange_value(heap, mheap_ephemeron_value(chunk, object), 0, old);
	if (!error) {
		ephemeron->key = new->key;
		ephemeron->tag = new->key ? mheap_tag(mheap_chunk_of(&heap->table, new->key),
						      new->key) : 0;
		new->ephemeron = ephemeron;
		new->version = ++ephemeron->version;
	}
	mheap_object_unlock(chunk, object);
	return error;
}

/* Whoever has set the last key links it, whoever comes here last. */
static void link_key(struct mheap_heap *heap, const struct new_key *new)
{
	struct mheap_ephemeron *ephemeron = new->ephemeron;

	spin_lock(&heap->watches.lock);
	if ((s32)(new->version - ephemeron->linked) > 0) {
		ephemeron->linked = new->version;
		list_del_init(&ephemeron->link);
		if (new->key)
			list_add_tail(&ephemeron->link, &new->annex->ephemerons);
	}
	spin_unlock(&heap->watches.lock);
}

static bool is_ephemeron(struct mheap_session *session, u32 object)
{
	struct mheap_chunk *chunk = mheap_object_lock(session, object);
	const bool is = mheap_ephemeron_find(chunk, object);

	mheap_object_unlock(chunk, object);
	return is;
}

static int store_key(struct mheap_session *session, u32 object, u32 key)
{
	struct new_key new = { .key = key };
	bool tried = false;
	u32 old = 0;
	int error;

	if (!is_ephemeron(session, object))
		return -EINVAL;
	do
		error = key ? make_key(session, key, &new.annex) : 0;
	while (unlikely(error) && mheap_room_make(session, error, &tried));
	if (unlikely(error))
		return error;
	while ((error = try_set_key(session, object, &new, &old)) == -EAGAIN)
		mheap_lane_step_aside(&session->lane, &session->heap->verdict);
	if (error)
		return error;
	link_key(session->heap, &new);
	put_value(session, old);
	return 0;
}

/**
 * mheap_ephemeron_store - set the key or the value of an ephemeron
 * @session: entered
 * @object: any object that the caller holds a reference from outside to
 * @slot: 0 for the key: a new one, also the same again, comes without a value; 1 for
 *        the value
 * @target: likewise an object, or 0
 *
 * Context: Entered. May sleep.
 * Return: 0, -EINVAL if it is no ephemeron or there is no such slot, -ENOENT if there
 * is to be a value and the key is dead or none, -ENOMEM for a key, or -EOVERFLOW.
 */
int mheap_ephemeron_store(struct mheap_session *session, u32 object, u32 slot, u32 target)
{
	if (slot >= MHEAP_EPHEMERON_SLOTS)
		return -EINVAL;
	return slot ? store_value(session, object, target) : store_key(session, object, target);
}

/**
 * mheap_ephemeron_may_hold - the value of an ephemeron, and the key that it wants
 * @heap: the heap
 * @chunk: of the ephemeron
 * @object: the ephemeron
 * @key: filled with the key, unless the value is 0
 *
 * Context: The lock of its block.
 * Return: The value, or 0: there is none, or its key is gone.
 */
u32 mheap_ephemeron_may_hold(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object,
			     u32 *key)
{
	const struct mheap_ephemeron *ephemeron = mheap_ephemeron_find(chunk, object);

	if (mheap_ephemeron_has_no_key(heap, ephemeron))
		return 0;
	*key = ephemeron->key;
	return *mheap_ephemeron_value(chunk, object);
}

/**
 * mheap_ephemeron_holds - what a collection is to reach from an ephemeron
 * @heap: the heap
 * @chunk: of the ephemeron
 * @object: the ephemeron
 *
 * Context: A collection; the lock of its block.
 * Return: The value, or 0: its key is gone, or was not reached yet.
 */
u32 mheap_ephemeron_holds(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object)
{
	u32 key;
	const u32 value = mheap_ephemeron_may_hold(heap, chunk, object, &key);

	return value && !is_unreached(heap, key) ? value : 0;
}

/**
 * mheap_ephemerons_begin - begin to look at the ephemerons of a key
 * @heap: the heap
 *
 * Context: A collection. Return: For mheap_ephemerons_of().
 */
u64 mheap_ephemerons_begin(struct mheap_heap *heap)
{
	u64 round;

	spin_lock(&heap->watches.lock);
	round = ++heap->ephemerons.round;
	spin_unlock(&heap->watches.lock);
	return round;
}

/* The caller holds heap->watches.lock, so whoever takes the annex cannot free it. */
static struct list_head *ephemerons_of(struct mheap_heap *heap, u32 key)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, key);
	struct mheap_annex *annex = READ_ONCE(chunk->annex[mheap_index(key)]);

	return annex ? &annex->ephemerons : NULL;
}

/**
 * mheap_ephemerons_of - some more ephemerons of a key
 * @heap: the heap
 * @key: an object with an annex; it may be dead by now
 * @round: what mheap_ephemerons_begin() gave
 * @found: filled
 *
 * Those that are given go to the end of the list. What is added meanwhile may be
 * left out.
 *
 * Context: A collection. Return: How many were found; 0 if there are no more.
 */
u32 mheap_ephemerons_of(struct mheap_heap *heap, u32 key, u64 round,
			u32 found[MHEAP_EPHEMERON_PIECE])
{
	struct mheap_ephemeron *ephemeron;
	struct list_head *list;
	u32 some = 0;

	spin_lock(&heap->watches.lock);
	list = ephemerons_of(heap, key);
	while (list && some < MHEAP_EPHEMERON_PIECE) {
		ephemeron = list_first_entry_or_null(list, struct mheap_ephemeron, link);
		if (!ephemeron || ephemeron->seen == round)
			break;
		ephemeron->seen = round;
		list_move_tail(&ephemeron->link, list);
		found[some++] = ephemeron->object;
	}
	spin_unlock(&heap->watches.lock);
	return some;
}

/**
 * mheap_ephemeron_waits - is the value of a dead object the sweep's?
 * @heap: the heap
 * @chunk: of the object
 * @object: dead
 *
 * Then it is left alone. The sweep lists the chunk again when it has emptied the slot;
 * where the value is reached instead, the worker waits for the verdict.
 *
 * Context: In a section; the lock of its block. Return: true if it is.
 */
bool mheap_ephemeron_waits(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object)
{
	u32 value;

	if (likely(!mheap_ephemeron_find(chunk, object)) ||
	    READ_ONCE(heap->phase) < MHEAP_PHASE_VERDICT)
		return false;
	value = *mheap_ephemeron_value(chunk, object);
	return value && is_unreached(heap, value);
}

/* Where a reached ephemeron has its value, if that is garbage, or NULL. */
static u32 *find_garbage(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object)
{
	u32 *value;

	if (likely(!mheap_ephemeron_find(chunk, object)) || mheap_is_unreached(chunk, object))
		return NULL;
	value = mheap_ephemeron_value(chunk, object);
	return *value && is_unreached(heap, *value) ? value : NULL;
}

/**
 * mheap_ephemeron_cut - take garbage out of the ephemerons of a block
 * @heap: the heap
 * @chunk: of the scope of the collection
 * @block: the block
 *
 * Context: The sweep of a collection. Takes the block lock.
 */
void mheap_ephemeron_cut(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = {
		.base = chunk->base + block * MHEAP_BLOCK_OBJECTS,
		.left = ~0ULL,
	};
	u32 object, *value;

	spin_lock(&chunk->lock[block]);
	while (run.left) {
		object = mheap_run_next(&run);
		do {
			value = find_garbage(heap, chunk, object);
			/* Its owner may be at it as well where the lock was released. */
		} while (value && !mheap_image_save(heap, &heap->arena, chunk, object, 1, 1));
		if (value)
			*value = 0;
	}
	spin_unlock(&chunk->lock[block]);
}
