/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects: making them, their slots, payload and shape. Objects are named by
 * number here. A caller may name an object that it holds a reference from
 * outside to, and "gives a reference" means one from outside, to be dropped
 * with mheap_object_put() or turned into a handle with mheap_session_hold().
 */
#ifndef _MHEAP_CORE_OBJECT_H
#define _MHEAP_CORE_OBJECT_H

#include "body.h"
#include "port.h"
#include "session.h"

/* Payload copies up to this many bytes are atomic; larger ones are cut up. */
#define MHEAP_OBJECT_ATOMIC_COPY	4096U

/**
 * struct mheap_object_figures - an object as it is now
 * @id: number and tag
 * @shape: what it is made of
 * @charged: bytes of memory that it takes, its entry in the table included
 * @inside: references from slots
 * @outside: references from outside
 * @generation: 0 to 2, or MHEAP_PERMANENT, for a tracked object
 * @tracked: it has slots, or is or was the key of an ephemeron
 * @annex: MHEAP_ANNEX_*, flags of its annex
 * @watched: a session wants to know of its death
 * @garbage: it is in the garbage list
 */
struct mheap_object_figures {
	u64 id;
	struct mheap_shape shape;
	size_t charged;
	u32 inside;
	u32 outside;
	u32 generation;
	bool tracked;
	u32 annex;
	bool watched;
	bool garbage;
};

/* Names an object for ever: no other object of the heap will have it. */
static inline u64 mheap_id(u32 object, u32 tag)
{
	return (u64)tag << 32 | object;
}

/**
 * mheap_object_lock - lock the block of an object, to look at it
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 *
 * While somebody moves the object to another body, the section is left.
 *
 * Context: Entered. May sleep. Return: The object's chunk.
 */
static inline struct mheap_chunk *mheap_object_lock(struct mheap_session *session, u32 object)
{
	struct mheap_heap *heap = session->heap;
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);

	mheap_assert_session(session);
	spin_lock(&chunk->lock[mheap_block(object)]);
	while (unlikely(READ_ONCE(heap->moved) == object)) {
		spin_unlock(&chunk->lock[mheap_block(object)]);
		mheap_lane_step_aside(&session->lane, &heap->moving);
		spin_lock(&chunk->lock[mheap_block(object)]);
	}
	return chunk;
}

void mheap_object_alert(struct mheap_session *session, struct mheap_chunk *chunk, u32 object,
			u32 first, u32 count);

/**
 * mheap_object_lock_to_change - lock the block of an object, to change it
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @first: the first slot that is to change
 * @count: how many slots are to change, at most MHEAP_IMAGE_PIECE; 0 for a new body
 *
 * As mheap_object_lock(); besides, what an image is to show is saved.
 *
 * Context: Entered. May sleep. Return: The object's chunk.
 */
static inline struct mheap_chunk *mheap_object_lock_to_change(struct mheap_session *session,
							      u32 object, u32 first, u32 count)
{
	struct mheap_heap *heap = session->heap;
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);

	mheap_assert_session(session);
	spin_lock(&chunk->lock[mheap_block(object)]);
	if (unlikely(READ_ONCE(heap->alert)))
		mheap_object_alert(session, chunk, object, first, count);
	return chunk;
}

static inline void mheap_object_unlock(struct mheap_chunk *chunk, u32 object)
{
	spin_unlock(&chunk->lock[mheap_block(object)]);
}

void mheap_object_track(struct mheap_session *session, struct mheap_chunk *chunk,
			u32 object);
int mheap_object_new(struct mheap_session *session, const struct mheap_shape *shape,
		     u32 *object);
int mheap_object_get(struct mheap_session *session, u32 object);
void mheap_object_put(struct mheap_session *session, u32 object);
int mheap_object_load(struct mheap_session *session, u32 object, u32 slot, u32 *target);
int mheap_object_store(struct mheap_session *session, u32 object, u32 slot, u32 target);
int mheap_object_swap(struct mheap_session *session, u32 object, u32 slot, u32 target,
		      u32 *old);
int mheap_object_compare_store(struct mheap_session *session, u32 object, u32 slot,
			       u32 expected, u32 target);
long mheap_object_read(struct mheap_session *session, u32 object, u64 offset,
		       void *data, u32 length);
int mheap_object_write(struct mheap_session *session, u32 object, u64 offset,
		       const void *data, u32 length);
int mheap_object_resize(struct mheap_session *session, u32 object, u32 slots, u32 length);
void mheap_object_figures(struct mheap_session *session, u32 object,
			  struct mheap_object_figures *figures);

#endif /* _MHEAP_CORE_OBJECT_H */
