// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: their birth, their references and what they are made of. Payload is
 * in payload.c, a change of shape in resize.c.
 */
#include "annex.h"
#include "count.h"
#include "image.h"
#include "object.h"
#include "room.h"
#include "touch.h"

static int take_number(struct mheap_session *session, u32 *object)
{
	struct mheap_table *table = &session->heap->table;
	int error;

	while (unlikely(!session->run.left) && !mheap_table_take(table, &session->run)) {
		mheap_lane_leave(&session->lane);
		error = mheap_table_grow(table);
		mheap_lane_enter(&session->lane);
		if (error)
			return error;
	}
	*object = mheap_run_next(&session->run);
	return 0;
}

/**
 * mheap_object_track - the collector is to know an object from now on
 * @session: entered; the object counts as born
 * @chunk: its chunk
 * @object: has slots
 *
 * Context: Entered, with its block locked. The caller calls mheap_table_list()
 * for MHEAP_LIST_YOUNG when it has unlocked the block.
 */
void mheap_object_track(struct mheap_session *session, struct mheap_chunk *chunk, u32 object)
{
	const u32 block = mheap_block(object);

	lockdep_assert_held(&chunk->lock[block]);
	chunk->tracked[block] |= mheap_bit(object);
	chunk->young[0][block] |= mheap_bit(object);
	session->lane.tally.tracked++;
}

/**
 * mheap_object_alert - the rest of mheap_object_lock_to_change()
 * @session: entered
 * @chunk: the object's
 * @object: its number
 * @first: the first slot that is to change
 * @count: how many
 *
 * Context: Entered, with the block locked; also when it returns. May sleep.
 */
void mheap_object_alert(struct mheap_session *session, struct mheap_chunk *chunk, u32 object,
			u32 first, u32 count)
{
	struct mheap_heap *heap = session->heap;
	spinlock_t *lock = &chunk->lock[mheap_block(object)];

	do {
		while (READ_ONCE(heap->moved) == object) {
			spin_unlock(lock);
			mheap_lane_step_aside(&session->lane, &heap->moving);
			spin_lock(lock);
		}
	} while (!mheap_image_save(heap, &session->lane.arena, chunk, object, first, count));
}

/*
 * A collection may still look for an earlier object that had the number: so the
 * body comes under the lock.
 */
static void give_body(struct mheap_session *session, u32 object, void *body,
		      const struct mheap_shape *shape)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);
	spinlock_t *lock = &chunk->lock[mheap_block(object)];

	atomic64_set(&chunk->count[mheap_index(object)], MHEAP_OUTSIDE);
	spin_lock(lock);
	mheap_image_save(session->heap, &session->lane.arena, chunk, object, 0, 0);
	mheap_body_install(chunk, object, body, shape);
	if (shape->slots)
		mheap_object_track(session, chunk, object);
	spin_unlock(lock);
	if (shape->slots)
		mheap_table_list(&session->heap->table, chunk, MHEAP_LIST_YOUNG);
}

/* May one object more be made, whose body takes @charge bytes? */
static int reserve(struct mheap_lane *lane, s64 charge)
{
	int error = 0;

	charge += MHEAP_ENTRY_BYTES;
	if (unlikely(mheap_lane_left(lane, MHEAP_LIMIT_OBJECTS) < 1))
		error = mheap_limit_reserve(lane, MHEAP_LIMIT_OBJECTS, 1);
	if (unlikely(!error && mheap_lane_left(lane, MHEAP_LIMIT_BYTES) < charge))
		error = mheap_limit_reserve(lane, MHEAP_LIMIT_BYTES, charge);
	return error;
}

static int take_body(struct mheap_session *session, size_t size, u32 object, void **body)
{
	*body = NULL;
	if (!size)
		return 0;
	*body = mheap_lane_new_body(&session->lane, object, size);
	if (likely(*body))
		return 0;
	session->run.left |= mheap_bit(object);
	return -ENOMEM;
}

/*
 * What an object needs besides a number and a body. If the section was left, what was
 * reserved for it is not any more.
 */
static int take_rest(struct mheap_session *session, const struct mheap_shape *shape, s64 charge,
		     long sections, u32 object)
{
	struct mheap_lane *lane = &session->lane;
	int error;

	if (unlikely(shape->ephemeron)) {
		error = mheap_ephemeron_prepare(lane, object);
		if (error)
			return error;
	}
	if (likely(lane->tally.sections == sections))
		return 0;
	error = reserve(lane, charge);
	if (error && shape->ephemeron)
		mheap_ephemeron_discard(session->heap, object);
	return error;
}

/* Get all that an object needs, or nothing. Behind it the section is not left. */
static int prepare(struct mheap_session *session, const struct mheap_shape *shape, size_t size,
		   size_t charge, u32 *object, void **body)
{
	struct mheap_lane *lane = &session->lane;
	const long sections = lane->tally.sections;
	int error;

	error = reserve(lane, charge);
	if (unlikely(error))
		return error;
	error = take_number(session, object);
	if (unlikely(error))
		return error;
	error = take_body(session, size, *object, body);
	if (unlikely(error))
		return error;
	error = take_rest(session, shape, charge, sections, *object);
	if (likely(!error))
		return 0;
	session->run.left |= mheap_bit(*object);
	if (*body)
		mheap_lane_discard_body(lane, *body, size);
	return error;
}

/**
 * mheap_object_new - make an object
 * @session: entered
 * @shape: what it is to be made of; an ephemeron has MHEAP_EPHEMERON_SLOTS slots
 * @object: filled; gives a reference
 *
 * Context: Entered; the section may be left and entered again. May sleep.
 * Return: 0, -E2BIG if the shape is too large, -ENOMEM if there is no memory or the
 * heap's limit is reached, or -ENOSPC if the heap has no number left or as many
 * objects as it may.
 */
int mheap_object_new(struct mheap_session *session, const struct mheap_shape *shape,
		     u32 *object)
{
	struct mheap_allocator *allocator = session->heap->allocator;
	bool tried = false;
	void *body = NULL;
	size_t charge = 0;
	size_t size;
	int error;

	mheap_assert_session(session);
	if (shape->slots > MHEAP_BODY_SLOTS_MAX || shape->length > MHEAP_BODY_LENGTH_MAX)
		return -E2BIG;
	size = mheap_shape_size(shape);
	if (size)
		charge = allocator->ops->charge(allocator, size);
	do
		error = prepare(session, shape, size, charge, object, &body);
	while (unlikely(error) && mheap_room_make(session, error, &tried));
	if (unlikely(error))
		return error;
	if (size)
		mheap_lane_book_body(&session->lane, size, charge);
	give_body(session, *object, body, shape);
	session->lane.tally.created++;
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_object_new);

/**
 * mheap_object_get - one reference from outside more
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 *
 * Context: Entered. Return: 0 or -EOVERFLOW.
 */
int mheap_object_get(struct mheap_session *session, u32 object)
{
	mheap_assert_session(session);
	return mheap_count_gain(mheap_count_of(session->heap, object), MHEAP_OUTSIDE);
}
EXPORT_SYMBOL_MHEAP(mheap_object_get);

/**
 * mheap_object_put - drop a reference from outside
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 *
 * Context: Entered. What dies of it is released, see mheap_release().
 */
void mheap_object_put(struct mheap_session *session, u32 object)
{
	mheap_assert_session(session);
	if (mheap_count_lose(mheap_count_of(session->heap, object), MHEAP_OUTSIDE))
		mheap_release(&session->lane, object);
}
EXPORT_SYMBOL_MHEAP(mheap_object_put);

static void put_inside(struct mheap_session *session, u32 object)
{
	if (object && mheap_count_lose(mheap_count_of(session->heap, object), MHEAP_INSIDE))
		mheap_release(&session->lane, object);
}

/*
 * A slot of an object whose block is locked, or NULL if there is no such slot, or
 * none to be used so: those of an ephemeron.
 */
static u32 *find_slot(struct mheap_chunk *chunk, u32 object, u32 slot)
{
	u32 slots;
	u32 *first;

	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	if (unlikely(mheap_body_is_ephemeron(chunk, mheap_index(object))))
		return NULL;
	first = mheap_body_slots(chunk, mheap_index(object), &slots);
	return likely(slot < slots) ? &first[slot] : NULL;
}

/*
 * Put a target into a slot whose block is locked. The target gains its reference
 * before the slot shows it.
 */
static int set_slot(struct mheap_session *session, u32 *place, u32 target)
{
	int error;

	if (target) {
		mheap_touch(session->heap, target);
		error = mheap_count_gain(mheap_count_of(session->heap, target), MHEAP_INSIDE);
		if (unlikely(error))
			return error;
	}
	*place = target;
	return 0;
}

/**
 * mheap_object_load - what a slot refers to
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @slot: which slot
 * @target: filled with an object, and gives a reference, or with 0
 *
 * The slot cannot change while its block is locked, so its own reference keeps
 * the target alive until it has one more.
 *
 * Of an ephemeron see mheap_ephemeron_load().
 *
 * Context: Entered. May sleep for an ephemeron.
 * Return: 0, -EINVAL if there is no such slot, or -EOVERFLOW.
 */
int mheap_object_load(struct mheap_session *session, u32 object, u32 slot, u32 *target)
{
	struct mheap_chunk *chunk = mheap_object_lock(session, object);
	int error = 0;
	u32 *place;

	place = find_slot(chunk, object, slot);
	if (likely(place)) {
		*target = *place;
		if (*target) {
			mheap_touch(session->heap, *target);
			error = mheap_count_gain(mheap_count_of(session->heap, *target),
						 MHEAP_OUTSIDE);
		}
	}
	mheap_object_unlock(chunk, object);
	return likely(place) ? error : mheap_ephemeron_load(session, object, slot, target);
}
EXPORT_SYMBOL_MHEAP(mheap_object_load);

/**
 * mheap_object_store - let a slot refer to something else
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @slot: which slot
 * @target: likewise an object, or 0
 *
 * Context: Entered. May sleep for an ephemeron.
 * Return: 0, -EINVAL if there is no such slot, -EOVERFLOW, or what
 * mheap_ephemeron_store() says.
 */
int mheap_object_store(struct mheap_session *session, u32 object, u32 slot, u32 target)
{
	struct mheap_chunk *chunk = mheap_object_lock_to_change(session, object, slot, 1);
	int error = 0;
	u32 old = 0;
	u32 *place;

	place = find_slot(chunk, object, slot);
	if (likely(place)) {
		old = *place;
		error = set_slot(session, place, target);
	}
	mheap_object_unlock(chunk, object);
	if (unlikely(!place))
		return mheap_ephemeron_store(session, object, slot, target);
	if (likely(!error))
		put_inside(session, old);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_object_store);

/* Exchange what a slot refers to; the block is locked. */
static int swap_slot(struct mheap_session *session, u32 *place, u32 target, u32 *old)
{
	int error;

	*old = *place;
	error = set_slot(session, place, target);
	if (unlikely(error) || !*old)
		return error;
	mheap_touch(session->heap, *old);
	error = mheap_count_convert(mheap_count_of(session->heap, *old));
	if (likely(!error))
		return 0;
	/* As it was. The caller holds the target, so this is not its last. */
	*place = *old;
	if (target)
		mheap_count_lose(mheap_count_of(session->heap, target), MHEAP_INSIDE);
	return error;
}

/**
 * mheap_object_swap - let a slot refer to something else, and keep the old
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @slot: which slot
 * @target: likewise an object, or 0
 * @old: filled with what the slot referred to, and gives a reference, or with 0
 *
 * Context: Entered.
 * Return: 0, -EINVAL if there is no such slot or it is one of an ephemeron, or -EOVERFLOW.
 */
int mheap_object_swap(struct mheap_session *session, u32 object, u32 slot, u32 target,
		      u32 *old)
{
	struct mheap_chunk *chunk = mheap_object_lock_to_change(session, object, slot, 1);
	int error = -EINVAL;
	u32 *place;

	place = find_slot(chunk, object, slot);
	if (likely(place))
		error = swap_slot(session, place, target, old);
	mheap_object_unlock(chunk, object);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_object_swap);

/**
 * mheap_object_compare_store - let a slot refer to something else, if it still
 * refers to what the caller thinks
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @slot: which slot
 * @expected: likewise an object, or 0
 * @target: likewise an object, or 0
 *
 * Context: Entered.
 * Return: 1 if it was stored, 0 if not, -EINVAL if there is no such slot or it is
 * one of an ephemeron, or -EOVERFLOW.
 */
int mheap_object_compare_store(struct mheap_session *session, u32 object, u32 slot,
			       u32 expected, u32 target)
{
	struct mheap_chunk *chunk = mheap_object_lock_to_change(session, object, slot, 1);
	int stored = -EINVAL;
	u32 *place;

	place = find_slot(chunk, object, slot);
	if (likely(place)) {
		stored = *place == expected;
		if (stored)
			stored = set_slot(session, place, target) ?: 1;
	}
	mheap_object_unlock(chunk, object);
	if (stored > 0)
		put_inside(session, expected);
	return stored;
}
EXPORT_SYMBOL_MHEAP(mheap_object_compare_store);

static u32 generation_of(const struct mheap_chunk *chunk, u32 object)
{
	const u32 block = mheap_block(object);
	u32 generation;

	if (unlikely(mheap_frozen(chunk, block) & mheap_bit(object)))
		return MHEAP_PERMANENT;
	for (generation = 0; generation < MHEAP_YOUNG; generation++)
		if (chunk->young[generation][block] & mheap_bit(object))
			return generation;
	return MHEAP_OLDEST;
}

/**
 * mheap_object_figures - an object as it is now
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @figures: filled
 *
 * Context: Entered.
 */
void mheap_object_figures(struct mheap_session *session, u32 object,
			  struct mheap_object_figures *figures)
{
	struct mheap_allocator *allocator = session->heap->allocator;
	struct mheap_annex *annex;
	struct mheap_chunk *chunk;
	size_t size;
	u64 count;

	memset(figures, 0, sizeof(*figures));
	chunk = mheap_object_lock(session, object);
	count = atomic64_read(&chunk->count[mheap_index(object)]);
	figures->id = mheap_id(object, mheap_tag(chunk, object));
	figures->inside = mheap_count_inside(count);
	figures->outside = mheap_count_outside(count);
	figures->garbage = mheap_garbage_of(chunk, mheap_block(object)) & mheap_bit(object);
	mheap_body_shape(chunk, object, &figures->shape);
	if (chunk->tracked[mheap_block(object)] & mheap_bit(object)) {
		figures->tracked = true;
		figures->generation = generation_of(chunk, object);
	}
	annex = mheap_annex_of(chunk, object);
	if (unlikely(annex))
		figures->annex = annex->flags;
	mheap_object_unlock(chunk, object);
	figures->watched = mheap_watch_sees(session->heap, annex);
	size = mheap_shape_size(&figures->shape);
	figures->charged = MHEAP_ENTRY_BYTES;
	if (size)
		figures->charged += allocator->ops->charge(allocator, size);
}
EXPORT_SYMBOL_MHEAP(mheap_object_figures);
