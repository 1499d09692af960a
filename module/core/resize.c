// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resize: an object gets a new body. The new one is made first, then the two are
 * exchanged, then what was cut off is dropped with the old one.
 */
#include "annex.h"
#include "image.h"
#include "object.h"
#include "release.h"
#include "room.h"
#include "stall.h"
#include "touch.h"

/* New bodies up to this many bytes are filled under the block lock. */
#define SMALL_COPY	16384U

/* Slots that may be cut off in one go. */
#define SMALL_CUT	MHEAP_RELEASE_BUDGET

static void copy_body(u32 *to, const struct mheap_shape *new, const u32 *from,
		      const struct mheap_shape *old)
{
	memcpy(to, from, min(old->slots, new->slots) * sizeof(u32));
	memcpy(to + new->slots, from + old->slots, min(old->length, new->length));
}

/*
 * A collection that has not reached the object yet must not take it for garbage
 * nor for something it has nothing to do with: it is touched as if it were gained.
 */
static void untrack(struct mheap_session *session, struct mheap_chunk *chunk, u32 object)
{
	const u32 block = mheap_block(object);

	lockdep_assert_held(&chunk->lock[block]);
	chunk->tracked[block] &= ~mheap_bit(object);
	chunk->young[0][block] &= ~mheap_bit(object);
	chunk->young[1][block] &= ~mheap_bit(object);
	mheap_touch(session->heap, object);
	session->lane.tally.tracked--;
}

/* Keys of ephemerons stay tracked. */
static bool is_key(const struct mheap_chunk *chunk, u32 object)
{
	const struct mheap_annex *annex = mheap_annex_of(chunk, object);

	return annex && annex->flags & MHEAP_ANNEX_KEY;
}

static void install(struct mheap_session *session, struct mheap_chunk *chunk, u32 object,
		    void *body, const struct mheap_shape *new)
{
	const bool tracked = chunk->tracked[mheap_block(object)] & mheap_bit(object);

	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	mheap_body_install(chunk, object, body, new);
	if (new->slots && !tracked)
		mheap_object_track(session, chunk, object);
	else if (!new->slots && tracked && !is_key(chunk, object))
		untrack(session, chunk, object);
}

/* Does it take longer than the lock of a block may be held? */
static bool is_large(const struct mheap_shape *old, const struct mheap_shape *new)
{
	const size_t kept = min(old->slots, new->slots) * sizeof(u32) +
			    min(old->length, new->length);

	return kept > SMALL_COPY ||
	       (old->slots > new->slots && old->slots - new->slots > SMALL_CUT);
}

static void free_body(struct mheap_session *session, void *body, const struct mheap_shape *shape)
{
	mheap_lane_free_body(&session->lane, body, mheap_shape_size(shape));
}

/*
 * Take the old body away from an object that has been saved. Return: the body, to be
 * freed; NULL where an image keeps it.
 */
static void *take_body(struct mheap_session *session, struct mheap_chunk *chunk, u32 object,
		       const struct mheap_shape *shape)
{
	struct mheap_allocator *allocator = session->heap->allocator;
	const size_t size = mheap_shape_size(shape);

	if (likely(!mheap_image_keep(session->heap, chunk, object, size)))
		return chunk->body[mheap_index(object)];
	session->lane.tally.bytes -= allocator->ops->charge(allocator, size);
	return NULL;
}

/*
 * Exchange the bodies under the block lock. @old: what the object is; nothing is
 * done unless it still is. Return: true if it was done.
 */
static bool resize_small(struct mheap_session *session, u32 object, void *body,
			 const struct mheap_shape *new, const struct mheap_shape *old)
{
	struct mheap_chunk *chunk = mheap_object_lock_to_change(session, object, 0, 0);
	struct mheap_shape now;
	u32 cut[SMALL_CUT] __uninitialized;
	u32 cuts = 0;
	void *was = chunk->body[mheap_index(object)];

	mheap_body_shape(chunk, object, &now);
	if (now.slots != old->slots || now.length != old->length) {
		mheap_object_unlock(chunk, object);
		return false;
	}
	if (body && was)
		copy_body(mheap_body_first_slot(body, new), new,
			  mheap_body_first_slot(was, old), old);
	for (; new->slots + cuts < old->slots; cuts++)
		cut[cuts] = mheap_body_first_slot(was, old)[new->slots + cuts];
	was = take_body(session, chunk, object, old);
	install(session, chunk, object, body, new);
	mheap_object_unlock(chunk, object);
	mheap_release_targets(&session->lane, cut, cuts);
	free_body(session, was, old);
	return true;
}

/* Empty up to SMALL_CUT of the slots from @keep on. Return: false if there is none. */
static bool cut_some(struct mheap_session *session, u32 object, u32 *slot, u32 *end, u32 keep)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);
	const u32 most = min_t(u32, *end - keep, SMALL_CUT);
	u32 target[SMALL_CUT] __uninitialized;
	u32 cuts;

	mheap_lane_enter(&session->lane);
	spin_lock(&chunk->lock[mheap_block(object)]);
	mheap_image_save(session->heap, &session->lane.arena, chunk, object, *end - most, most);
	for (cuts = 0; cuts < most; cuts++) {
		target[cuts] = slot[--*end];
		slot[*end] = 0;
	}
	spin_unlock(&chunk->lock[mheap_block(object)]);
	mheap_release_targets(&session->lane, target, cuts);
	mheap_lane_leave(&session->lane);
	return *end > keep;
}

static void set_moved(struct mheap_session *session, struct mheap_chunk *chunk, u32 object,
		      bool moved)
{
	struct mheap_heap *heap = session->heap;

	lockdep_assert_held(&heap->moving);
	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	WRITE_ONCE(heap->moved, moved ? object : 0);
}

/*
 * The session is locked and heap->moving held, and the session's section is left:
 * nobody but a collection looks at the object, and that only reads its slots. So
 * everything that takes long needs no lock. Return: a body to be freed.
 */
static void *move(struct mheap_session *session, u32 object, void *body,
		  const struct mheap_shape *new, const struct mheap_shape *old)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);
	void *was = chunk->body[mheap_index(object)];
	u32 end = old->slots;

	if (body && was)
		copy_body(mheap_body_first_slot(body, new), new,
			  mheap_body_first_slot(was, old), old);
	while (end > new->slots &&
	       cut_some(session, object, mheap_body_first_slot(was, old), &end, new->slots))
		cond_resched();
	mheap_lane_enter(&session->lane);
	spin_lock(&chunk->lock[mheap_block(object)]);
	mheap_image_save(session->heap, &session->lane.arena, chunk, object, 0, 0);
	was = take_body(session, chunk, object, old);
	install(session, chunk, object, body, new);
	set_moved(session, chunk, object, false);
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return was;
}

/* Begin to move the object. Return: false if another shape has come between. */
static bool begin_move(struct mheap_session *session, u32 object,
		       const struct mheap_shape *old)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);
	struct mheap_shape now;
	bool same;

	mheap_lane_leave(&session->lane);
	mheap_stall_lock(session->heap, &session->heap->moving);
	mheap_lane_enter(&session->lane);
	spin_lock(&chunk->lock[mheap_block(object)]);
	mheap_body_shape(chunk, object, &now);
	same = now.slots == old->slots && now.length == old->length;
	if (same)
		set_moved(session, chunk, object, true);
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return same;
}

/* As resize_small(), for what takes long. */
static bool resize_large(struct mheap_session *session, u32 object, void *body,
			 const struct mheap_shape *new, const struct mheap_shape *old)
{
	bool same = begin_move(session, object, old);

	if (same) {
		mheap_lane_leave(&session->lane);
		body = move(session, object, body, new, old);
		free_body(session, body, old);
	}
	mutex_unlock(&session->heap->moving);
	return same;
}

static void read_shape(struct mheap_session *session, u32 object, struct mheap_shape *shape)
{
	struct mheap_chunk *chunk = mheap_object_lock(session, object);

	mheap_body_shape(chunk, object, shape);
	mheap_object_unlock(chunk, object);
}

static bool resize(struct mheap_session *session, u32 object, void *body,
		   const struct mheap_shape *new, const struct mheap_shape *old)
{
	if (unlikely(is_large(old, new)))
		return resize_large(session, object, body, new, old);
	return resize_small(session, object, body, new, old);
}

static s64 charge_of(struct mheap_session *session, const struct mheap_shape *shape)
{
	struct mheap_allocator *allocator = session->heap->allocator;
	const size_t size = mheap_shape_size(shape);

	return size ? allocator->ops->charge(allocator, size) : 0;
}

/* Where @body is NULL, the new shape has none. */
static void discard(struct mheap_session *session, void *body, const struct mheap_shape *new)
{
	if (body)
		mheap_lane_discard_body(&session->lane, body, mheap_shape_size(new));
}

/* May the object grow, and where is its new body? */
static int prepare(struct mheap_session *session, u32 object, const struct mheap_shape *new,
		   struct mheap_shape *old, void **body)
{
	const size_t size = mheap_shape_size(new);
	const s64 charge = charge_of(session, new);
	int error;

	error = mheap_limit_reserve(&session->lane, MHEAP_LIMIT_BYTES,
				    charge - charge_of(session, old));
	if (error || !size)
		return error;
	*body = mheap_lane_new_body(&session->lane, object, size);
	if (!*body)
		return -ENOMEM;
	/* The section may have been left. */
	read_shape(session, object, old);
	error = mheap_limit_reserve(&session->lane, MHEAP_LIMIT_BYTES,
				    charge - charge_of(session, old));
	if (!error)
		mheap_lane_book_body(&session->lane, size, charge);
	else
		discard(session, *body, new);
	return error;
}

/*
 * Another session may change the shape while this one waits. Then there must be room
 * for the difference to that.
 */
static int try_resize(struct mheap_session *session, u32 object, struct mheap_shape *new)
{
	struct mheap_shape old;
	void *body = NULL;
	int error;

	read_shape(session, object, &old);
	if (unlikely(old.ephemeron))
		return -EINVAL;
	new->type = old.type;
	error = prepare(session, object, new, &old, &body);
	while (likely(!error) && unlikely(!resize(session, object, body, new, &old))) {
		read_shape(session, object, &old);
		error = mheap_limit_reserve(&session->lane, MHEAP_LIMIT_BYTES,
					    -charge_of(session, &old));
		if (unlikely(error))
			free_body(session, body, new);
	}
	return error;
}

/**
 * mheap_object_resize - change the number of slots and the length of the payload
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @slots: how many it is to have
 * @length: how many bytes of payload it is to have
 *
 * Context: Entered; the section may be left and entered again. May sleep. While a
 * large object is resized, whoever else wants to look at it waits outside of its
 * section.
 * Return: 0, -E2BIG if that is too large, -EINVAL if it is an ephemeron, or -ENOMEM if
 * there is no memory or the heap's limit is reached.
 */
int mheap_object_resize(struct mheap_session *session, u32 object, u32 slots, u32 length)
{
	struct mheap_shape new = { .slots = slots, .length = length };
	bool tried = false;
	int error;

	mheap_assert_session(session);
	if (slots > MHEAP_BODY_SLOTS_MAX || length > MHEAP_BODY_LENGTH_MAX)
		return -E2BIG;
	do
		error = try_resize(session, object, &new);
	while (unlikely(error) && mheap_room_make(session, error, &tried));
	if (likely(!error))
		mheap_table_list(&session->heap->table,
				 mheap_chunk_of(&session->heap->table, object),
				 MHEAP_LIST_YOUNG);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_object_resize);
