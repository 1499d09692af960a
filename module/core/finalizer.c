// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finalizers: who gets one, and how objects come into the queue and out of it.
 *
 * An object comes into the queue in one of two ways.
 *
 * - It is dead, and its releaser is about to take it apart (release.c). It is the
 *   releaser's alone, so its count may go from zero to the queue's reference. To a
 *   collection that is the same as the upgrade of a weak handle: where it has not
 *   reached the object, the object is touched first, then gains its reference, and
 *   is counted as an upgrade at last, all in one section; see try_upgrade() for what
 *   that is good for. A collection that is past its verdict has reached the object,
 *   or has nothing to do with it: the dead that it has not reached are its own.
 *
 * - It is garbage, and the collection that found it rescues it (verdict.c). All that
 *   is unreached is the collection's alone then, dead or alive, but for the words
 *   that it shares with its neighbours. That ends when programs can find the first
 *   of it in the queue: they go on from there, and what they cut off dies and is
 *   theirs. So all that is rescued is put into the queue at once, at last.
 *
 * In both cases it is settled under the lock of the block, before anybody can find
 * the object in the queue, that its finalizer is not called again.
 *
 * An object in the queue is alive, so its annex stays where it is, and the queue may
 * go through it without the lock of its block.
 */
#include "count.h"
#include "finalizer.h"
#include "object.h"
#include "room.h"
#include "scope.h"
#include "session.h"
#include "touch.h"

/**
 * mheap_finalizers_init - an empty queue
 * @finalizers: to be made
 * @max: how many objects may wait in it
 *
 * Context: Any.
 */
void mheap_finalizers_init(struct mheap_finalizers *finalizers, u32 max)
{
	memset(finalizers, 0, sizeof(*finalizers));
	spin_lock_init(&finalizers->lock);
	finalizers->max = max;
}

/**
 * mheap_finalizer_set - give an object a finalizer
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @cookie: any number, to be given with it; takes the place of an earlier one
 *
 * Context: Entered; the section may be left and entered again. May sleep.
 * Return: 0, -ENOMEM, or -EALREADY if it was called already.
 */
int mheap_finalizer_set(struct mheap_session *session, u32 object, u64 cookie)
{
	struct mheap_heap *heap = session->heap;
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	struct mheap_annex *annex;
	bool tried = false;
	int error;

	mheap_assert_session(session);
	do
		error = mheap_annex_make(&session->lane, object, &annex);
	while (unlikely(error) && mheap_room_make(session, error, &tried));
	if (error)
		return error;
	spin_lock(&chunk->lock[mheap_block(object)]);
	if (annex->flags & MHEAP_ANNEX_FINALIZED) {
		error = -EALREADY;
	} else {
		if (!(annex->flags & MHEAP_ANNEX_FINALIZER))
			atomic64_inc(&heap->finalizers.due);
		annex->flags |= MHEAP_ANNEX_FINALIZER;
		annex->cookie = cookie;
	}
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_finalizer_set);

static int cancel(struct mheap_finalizers *finalizers, struct mheap_annex *annex)
{
	if (!annex || !(annex->flags & MHEAP_ANNEX_FINALIZER))
		return -ENOENT;
	if (annex->flags & MHEAP_ANNEX_FINALIZED)
		return -EALREADY;
	annex->flags &= ~MHEAP_ANNEX_FINALIZER;
	atomic64_dec(&finalizers->due);
	return 0;
}

/**
 * mheap_finalizer_cancel - take an object's finalizer away
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 *
 * Context: Entered.
 * Return: 0, -ENOENT if it has none, or -EALREADY if it was called already.
 */
int mheap_finalizer_cancel(struct mheap_session *session, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&session->heap->table, object);
	int error;

	mheap_assert_session(session);
	spin_lock(&chunk->lock[mheap_block(object)]);
	error = cancel(&session->heap->finalizers, mheap_annex_of(chunk, object));
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_finalizer_cancel);

/* Is there somebody to take one more object out, and room for it? */
static bool reserve(struct mheap_finalizers *finalizers)
{
	bool room;

	spin_lock(&finalizers->lock);
	room = finalizers->listeners && finalizers->waiting < READ_ONCE(finalizers->max);
	if (room)
		WRITE_ONCE(finalizers->waiting, finalizers->waiting + 1);
	spin_unlock(&finalizers->lock);
	return room;
}

/* Of an object in the queue, or about to be put there. */
static struct mheap_annex *annex_of(struct mheap_heap *heap, u32 object)
{
	return mheap_annex_of(mheap_chunk_of(&heap->table, object), object);
}

/**
 * struct chain - objects that are about to be queued
 * @first: linked from here as in the queue; not 0, or there is none
 * @last: the last one
 * @length: how many
 *
 * Each has a place in the queue, and a reference for it.
 */
struct chain {
	u32 first;
	u32 last;
	u32 length;
};

/* The object's annex is the caller's alone. */
static void add_to_chain(struct mheap_heap *heap, struct chain *chain, u32 object)
{
	annex_of(heap, object)->next = 0;
	if (chain->first)
		annex_of(heap, chain->last)->next = object;
	else
		chain->first = object;
	chain->last = object;
	chain->length++;
}

/*
 * Put a chain behind the others in the queue. Return: false if there is nobody any
 * more who would take the objects out.
 */
static bool append(struct mheap_heap *heap, const struct chain *chain)
{
	struct mheap_finalizers *finalizers = &heap->finalizers;
	bool heard;

	spin_lock(&finalizers->lock);
	heard = finalizers->listeners;
	if (heard) {
		if (finalizers->first)
			annex_of(heap, finalizers->last)->next = chain->first;
		else
			WRITE_ONCE(finalizers->first, chain->first);
		finalizers->last = chain->last;
	} else {
		WRITE_ONCE(finalizers->waiting, finalizers->waiting - chain->length);
	}
	spin_unlock(&finalizers->lock);
	return heard;
}

/* The finalizer of an object is being called, or never will be. */
static void settle(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object)
{
	const u32 block = mheap_block(object);

	spin_lock(&chunk->lock[block]);
	mheap_annex_of(chunk, object)->flags |= MHEAP_ANNEX_FINALIZED;
	chunk->dead[block] &= ~mheap_bit(object);
	spin_unlock(&chunk->lock[block]);
	atomic64_dec(&heap->finalizers.due);
}

/*
 * Queue a dead object for which there is a place. Return: false if it is dead after
 * all, and still the caller's alone.
 */
static bool queue(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object)
{
	atomic64_t *count = &chunk->count[mheap_index(object)];
	struct chain chain = {};

	add_to_chain(heap, &chain, object);
	mheap_touch(heap, object);
	atomic64_add(MHEAP_OUTSIDE, count);
	if (unlikely(mheap_is_unreached(chunk, object))) {
		smp_mb(); /* pairs with the one in look() */
		atomic_inc(&heap->upgrades);
	}
	if (likely(append(heap, &chain)))
		return true;
	/* The last who listened has left; somebody else may have upgraded it. */
	atomic64_inc(&heap->finalizers.skipped);
	return !mheap_count_lose(count, MHEAP_OUTSIDE);
}

/**
 * mheap_finalizer_call - have the finalizer of a dead object called
 * @lane: the caller's, entered
 * @object: dead, the caller's alone, and nothing of it is taken apart; its finalizer
 *          is due
 *
 * Context: Entered. Takes the block lock.
 * Return: true if the object is alive again, and the caller's no longer; false if it
 * dies without.
 */
bool mheap_finalizer_call(struct mheap_lane *lane, u32 object)
{
	struct mheap_heap *heap = lane->heap;
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	bool room = reserve(&heap->finalizers);

	mheap_assert_entered(lane);
	settle(heap, chunk, object);
	if (!room) {
		atomic64_inc(&heap->finalizers.skipped);
		return false;
	}
	if (!queue(heap, chunk, object))
		return false;
	heap->ops->event(heap);
	return true;
}

/**
 * mheap_finalizer_skip - an object goes for good
 * @heap: the heap
 * @annex: that it had, or NULL
 *
 * Context: Any.
 */
void mheap_finalizer_skip(struct mheap_heap *heap, const struct mheap_annex *annex)
{
	if (likely(!mheap_annex_is_due(annex)))
		return;
	atomic64_dec(&heap->finalizers.due);
	atomic64_inc(&heap->finalizers.skipped);
}

/* Garbage of a block whose finalizers are due. */
static struct mheap_run find_due(struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = mheap_scope_unreached(chunk, block);
	struct mheap_run due = run;
	u32 object;

	if (likely(!run.left))
		return run;
	due.left = 0;
	spin_lock(&chunk->lock[block]);
	run.left &= chunk->tracked[block] | chunk->dead[block];
	while (run.left) {
		object = mheap_run_next(&run);
		if (mheap_finalizer_is_due(chunk, object))
			due.left |= mheap_bit(object);
	}
	spin_unlock(&chunk->lock[block]);
	return due;
}

static void rescue_block(struct mheap_scope *scope, struct mheap_chunk *chunk, u32 block,
			 struct chain *chain)
{
	struct mheap_heap *heap = scope->heap;
	struct mheap_run due = find_due(chunk, block);
	u32 object;

	while (due.left && !scope->deaf) {
		object = mheap_run_next(&due);
		if (!reserve(&heap->finalizers)) {
			scope->deaf = true;
			break;
		}
		settle(heap, chunk, object);
		mheap_touch(heap, object);
		atomic64_add(MHEAP_OUTSIDE, &chunk->count[mheap_index(object)]);
		add_to_chain(heap, chain, object);
	}
}

/* The last who listened has left. What was dead is so again. */
static void abandon(struct mheap_heap *heap, const struct chain *chain)
{
	u32 object, next;

	for (object = chain->first; object; object = next) {
		next = annex_of(heap, object)->next;
		atomic64_inc(&heap->finalizers.skipped);
		if (mheap_count_lose(mheap_count_of(heap, object), MHEAP_OUTSIDE))
			mheap_release_later(heap, &heap->arena, object);
	}
}

/**
 * mheap_finalizers_rescue - queue the garbage whose finalizers are due
 * @scope: of a collection whose verdict is open, behind its last handshake
 *
 * Where the queue is full or nobody listens, the rest is left to die: not to be
 * asked for again in this collection, or else a reader could draw it out for as long
 * as there are finalizers.
 *
 * Context: A collection, with heap->verdict held. May sleep.
 * Return: true if there was any: what was unreached may be so no longer.
 */
bool mheap_finalizers_rescue(struct mheap_scope *scope)
{
	struct mheap_heap *heap = scope->heap;
	struct mheap_chunk *chunk;
	struct chain chain = {};
	u32 block;

	lockdep_assert_held(&heap->verdict);
	if (!atomic64_read(&heap->finalizers.due))
		return false;
	mheap_scope_begin(scope);
	while (!scope->deaf && (chunk = mheap_scope_next(scope))) {
		/* Pairs with the release in give_array(). */
		if (!smp_load_acquire(&chunk->annex))
			continue;
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			rescue_block(scope, chunk, block, &chain);
	}
	if (!chain.length)
		return false;
	if (likely(append(heap, &chain)))
		heap->ops->event(heap);
	else
		abandon(heap, &chain);
	return true;
}

/**
 * mheap_finalizers_listen - somebody will take objects out of the queue
 * @heap: the heap
 *
 * Context: Any that may take a spinlock.
 */
void mheap_finalizers_listen(struct mheap_heap *heap)
{
	struct mheap_finalizers *finalizers = &heap->finalizers;

	spin_lock(&finalizers->lock);
	WRITE_ONCE(finalizers->listeners, finalizers->listeners + 1);
	spin_unlock(&finalizers->lock);
}
EXPORT_SYMBOL_MHEAP(mheap_finalizers_listen);

/* Take the first object out of the queue. Return: it, or 0. */
static u32 take(struct mheap_heap *heap)
{
	struct mheap_finalizers *finalizers = &heap->finalizers;
	u32 object;

	spin_lock(&finalizers->lock);
	object = finalizers->first;
	if (object) {
		WRITE_ONCE(finalizers->first, annex_of(heap, object)->next);
		WRITE_ONCE(finalizers->waiting, finalizers->waiting - 1);
	}
	spin_unlock(&finalizers->lock);
	return object;
}

/* The same where nobody listens any more. */
static u32 take_unheard(struct mheap_heap *heap)
{
	return READ_ONCE(heap->finalizers.listeners) ? 0 : take(heap);
}

/* One section's work. Return: false if there is nothing left. */
static bool drop_some(struct mheap_session *session)
{
	u32 left = MHEAP_SECTION_OPERATIONS;
	u32 object = 0;

	mheap_session_enter_always(session);
	while (left-- && !mheap_lane_is_tired(&session->lane)) {
		object = take_unheard(session->heap);
		if (!object)
			break;
		atomic64_inc(&session->heap->finalizers.skipped);
		mheap_object_put(session, object);
	}
	mheap_session_leave(session);
	return object;
}

/**
 * mheap_finalizers_unlisten - somebody will not do so any more
 * @session: of the heap
 *
 * Where it was the last, the queue is emptied, and what nobody else holds dies.
 *
 * Context: May sleep; not entered.
 */
void mheap_finalizers_unlisten(struct mheap_session *session)
{
	struct mheap_finalizers *finalizers = &session->heap->finalizers;

	spin_lock(&finalizers->lock);
	WRITE_ONCE(finalizers->listeners, finalizers->listeners - 1);
	spin_unlock(&finalizers->lock);
	while (drop_some(session))
		cond_resched();
}
EXPORT_SYMBOL_MHEAP(mheap_finalizers_unlisten);

/**
 * mheap_finalizers_take - take an object out of the queue
 * @session: entered
 * @object: filled; gives a reference
 * @cookie: filled
 *
 * The reference is from outside and only changes hands: to a collection nothing
 * happens.
 *
 * Context: Entered. Return: false if there is none.
 */
bool mheap_finalizers_take(struct mheap_session *session, u32 *object, u64 *cookie)
{
	mheap_assert_session(session);
	*object = take(session->heap);
	if (!*object)
		return false;
	*cookie = annex_of(session->heap, *object)->cookie;
	return true;
}
EXPORT_SYMBOL_MHEAP(mheap_finalizers_take);

/**
 * mheap_finalizers_put_back - be as if an object had not been taken out of the queue
 * @session: entered
 * @object: the caller's reference goes back to the queue
 *
 * It is the first again, even where the queue is full; where nobody listens any more
 * the reference is dropped.
 *
 * Context: Entered.
 */
void mheap_finalizers_put_back(struct mheap_session *session, u32 object)
{
	struct mheap_finalizers *finalizers = &session->heap->finalizers;
	struct mheap_annex *annex = annex_of(session->heap, object);
	bool heard;

	mheap_assert_session(session);
	spin_lock(&finalizers->lock);
	heard = finalizers->listeners;
	if (heard) {
		if (!finalizers->first)
			finalizers->last = object;
		annex->next = finalizers->first;
		WRITE_ONCE(finalizers->first, object);
		WRITE_ONCE(finalizers->waiting, finalizers->waiting + 1);
	}
	spin_unlock(&finalizers->lock);
	if (heard) {
		session->heap->ops->event(session->heap);
		return;
	}
	atomic64_inc(&finalizers->skipped);
	mheap_object_put(session, object);
}
EXPORT_SYMBOL_MHEAP(mheap_finalizers_put_back);
