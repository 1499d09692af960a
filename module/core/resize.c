// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resize: an object gets a new body. The new one is made first, then the two are
 * exchanged, then what was cut off is dropped with the old one.
 */
#include "object.h"
#include "release.h"

/* New bodies up to this many bytes are filled under the block lock. */
#define SMALL_COPY	16384U

static void copy_body(u32 *to, const struct mheap_shape *new, const u32 *from,
		      const struct mheap_shape *old)
{
	memcpy(to, from, min(old->slots, new->slots) * sizeof(u32));
	memcpy(to + new->slots, from + old->slots, min(old->length, new->length));
}

static u32 *first_slot(void *body, const struct mheap_shape *shape)
{
	if (mheap_shape_extended(shape))
		body += sizeof(struct mheap_body_header);
	return body;
}

static void untrack(struct mheap_session *session, struct mheap_chunk *chunk, u32 object)
{
	const u32 block = mheap_block(object);

	lockdep_assert_held(&chunk->lock[block]);
	chunk->tracked[block] &= ~mheap_bit(object);
	chunk->young[0][block] &= ~mheap_bit(object);
	chunk->young[1][block] &= ~mheap_bit(object);
	session->tally.tracked--;
}

/*
 * Copy what is kept into the new body, and empty the slots in the old one that
 * have moved.
 */
static void move_contents(void *to, const struct mheap_shape *new,
			  void *from, const struct mheap_shape *old)
{
	if (!from || !to)
		return;
	copy_body(first_slot(to, new), new, first_slot(from, old), old);
	memset(first_slot(from, old), 0, min(old->slots, new->slots) * sizeof(u32));
}

static void install(struct mheap_session *session, u32 object, void *body,
		    const struct mheap_shape *new, const struct mheap_shape *old)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);

	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	mheap_body_install(chunk, object, body, new);
	if (new->slots && !old->slots)
		mheap_object_track(session, chunk, object);
	else if (old->slots && !new->slots)
		untrack(session, chunk, object);
}

/* Exchange the bodies under the block lock. Return: the old one. */
static void *exchange_small(struct mheap_session *session, u32 object, void *body,
			    const struct mheap_shape *new, struct mheap_shape *old)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);
	void *old_body;

	spin_lock(&chunk->lock[mheap_block(object)]);
	mheap_body_shape(chunk, object, old);
	old_body = chunk->body[mheap_index(object)];
	move_contents(body, new, old_body, old);
	install(session, object, body, new, old);
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return old_body;
}

/*
 * The same where copying takes too long for a spinlock: with the gate held for
 * writing nobody else is at work, and the copy can be made without the lock.
 */
static void *exchange_large(struct mheap_session *session, u32 object, void *body,
			    const struct mheap_shape *new, struct mheap_shape *old)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);
	void *old_body;

	up_read(&session->heap->gate);
	down_write(&session->heap->gate);
	mheap_body_shape(chunk, object, old);
	old_body = chunk->body[mheap_index(object)];
	move_contents(body, new, old_body, old);
	spin_lock(&chunk->lock[mheap_block(object)]);
	install(session, object, body, new, old);
	spin_unlock(&chunk->lock[mheap_block(object)]);
	downgrade_write(&session->heap->gate);
	return old_body;
}

static void free_old(struct mheap_session *session, void *body, const struct mheap_shape *old,
		     const struct mheap_shape *new)
{
	struct mheap_allocator *allocator = session->heap->allocator;
	const size_t size = mheap_shape_size(old);

	if (!body)
		return;
	if (old->slots > new->slots)
		mheap_release_slots(session->heap, &session->tally,
				    first_slot(body, old) + new->slots,
				    old->slots - new->slots);
	session->tally.bytes -= allocator->ops->charge(allocator, size);
	allocator->ops->free(allocator, body, size);
}

static void read_shape(struct mheap_session *session, u32 object, struct mheap_shape *shape)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);

	spin_lock(&chunk->lock[mheap_block(object)]);
	mheap_body_shape(chunk, object, shape);
	spin_unlock(&chunk->lock[mheap_block(object)]);
}

/**
 * mheap_object_resize - change the number of slots and the length of the payload
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @slots: how many it is to have
 * @length: how many bytes of payload it is to have
 *
 * Context: Entered. May sleep. For a large object the gate is left and entered
 * again, so a collection may come between; references stay what they are.
 * Return: 0, -E2BIG if that is too large, or -ENOMEM.
 */
int mheap_object_resize(struct mheap_session *session, u32 object, u32 slots, u32 length)
{
	struct mheap_allocator *allocator = session->heap->allocator;
	struct mheap_shape old, new;
	void *body = NULL;
	size_t size;

	mheap_assert_session(session);
	if (slots > MHEAP_BODY_SLOTS_MAX || length > MHEAP_BODY_LENGTH_MAX)
		return -E2BIG;
	read_shape(session, object, &old);
	new = (struct mheap_shape){ .type = old.type, .slots = slots, .length = length };
	size = mheap_shape_size(&new);
	if (size) {
		body = allocator->ops->alloc(allocator, size);
		if (!body)
			return -ENOMEM;
		session->tally.bytes += allocator->ops->charge(allocator, size);
	}
	if (size > SMALL_COPY)
		body = exchange_large(session, object, body, &new, &old);
	else
		body = exchange_small(session, object, body, &new, &old);
	mheap_table_list(&session->heap->table,
			 mheap_chunk_of(&session->heap->table, object), MHEAP_LIST_YOUNG);
	free_old(session, body, &old, &new);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_object_resize);
