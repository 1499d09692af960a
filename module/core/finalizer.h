/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finalizers. An object that has one is not released when it is about to die, but
 * put into a queue, once in its life, with everything it refers to as it was. The
 * queue holds a reference to it, which goes to whoever takes it out and does what
 * the program wants to be done. When the object is about to die again it is
 * released as any other. It is PEP 442's idea of a safe finalizer.
 *
 * The queue goes through the annexes of the objects, so no memory is asked for where
 * something dies. An object dies without its finalizer being called where nobody
 * listens, where the queue is full, and where the last who listened leaves it.
 */
#ifndef _MHEAP_CORE_FINALIZER_H
#define _MHEAP_CORE_FINALIZER_H

#include "annex.h"
#include "port.h"
#include "table.h"

#define MHEAP_FINALIZERS_MAX_DEFAULT	65536U
#define MHEAP_FINALIZERS_MAX		0xffffffffU

struct mheap_heap;
struct mheap_lane;
struct mheap_scope;
struct mheap_session;

/**
 * struct mheap_finalizers - of a heap
 * @lock: guards what is marked F, and mheap_annex.next; a leaf
 * @first: F  the object that was queued first, or 0; read without the lock
 * @last: F  the one that was queued last
 * @waiting: F  objects in the queue, or about to be; read without the lock
 * @listeners: F  who would take objects out; read without the lock
 * @max: how many may wait; read and written by anyone
 * @due: objects that have a finalizer which has not been called (atomic)
 * @skipped: objects whose finalizer never will be (atomic)
 */
struct mheap_finalizers {
	spinlock_t lock;	/* F */
	u32 first;
	u32 last;
	u32 waiting;
	u32 listeners;
	u32 max;
	atomic64_t due;
	atomic64_t skipped;
};

void mheap_finalizers_init(struct mheap_finalizers *finalizers, u32 max);
int mheap_finalizer_set(struct mheap_session *session, u32 object, u64 cookie);
int mheap_finalizer_cancel(struct mheap_session *session, u32 object);
bool mheap_finalizer_call(struct mheap_lane *lane, u32 object);
void mheap_finalizer_skip(struct mheap_heap *heap, const struct mheap_annex *annex);
bool mheap_finalizers_rescue(struct mheap_scope *scope);
void mheap_finalizers_listen(struct mheap_heap *heap);
void mheap_finalizers_unlisten(struct mheap_session *session);
bool mheap_finalizers_take(struct mheap_session *session, u32 *object, u64 *cookie);
void mheap_finalizers_put_back(struct mheap_session *session, u32 object);

/* Has an object a finalizer that has not been called? */
static inline bool mheap_annex_is_due(const struct mheap_annex *annex)
{
	return annex && (annex->flags & (MHEAP_ANNEX_FINALIZER | MHEAP_ANNEX_FINALIZED)) ==
			MHEAP_ANNEX_FINALIZER;
}

/**
 * mheap_finalizer_is_due - has an object a finalizer that has not been called?
 * @chunk: its chunk
 * @object: its number
 *
 * Context: The lock of its block, or it is the caller's alone. Return: true or false.
 */
static inline bool mheap_finalizer_is_due(const struct mheap_chunk *chunk, u32 object)
{
	return mheap_annex_is_due(mheap_annex_of(chunk, object));
}

/* Is there something to take? A look without the lock. */
static inline bool mheap_finalizers_wait(const struct mheap_finalizers *finalizers)
{
	return READ_ONCE(finalizers->first);
}

#endif /* _MHEAP_CORE_FINALIZER_H */
