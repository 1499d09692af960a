/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Annexes: what only few objects have, and the table has no room for. A chunk whose
 * objects have some has an array of pointers to them, which stays while the chunk
 * does; an annex goes with its object.
 */
#ifndef _MHEAP_CORE_ANNEX_H
#define _MHEAP_CORE_ANNEX_H

#include "port.h"
#include "table.h"

struct mheap_ephemeron;
struct mheap_lane;

#define MHEAP_ANNEX_FINALIZER	0x1U	/* the object has a finalizer, see finalizer.h */
#define MHEAP_ANNEX_FINALIZED	0x2U	/* it was called, or will never be */
#define MHEAP_ANNEX_KEY		0x10U	/* the object is or was the key of an ephemeron */

/**
 * struct mheap_annex - more of an object
 * @flags: B  MHEAP_ANNEX_*
 * @next: the object behind this one in the queue of finalizers, or 0; under the
 *        lock of that, once it is there
 * @cookie: B  of the finalizer; does not change any more once it is FINALIZED
 * @watches: W  struct mheap_watch of those who watch it, see watch.h
 * @ephemerons: W  struct mheap_ephemeron of those that have it for a key
 * @ephemeron: B  what it has of an ephemeron, if it is one
 *
 * Whoever takes one from its object takes heap->watches.lock before it is freed, in
 * mheap_watch_fire(): so an annex that is found under that lock stays while it is held.
 */
struct mheap_annex {
	u32 flags;
	u32 next;
	u64 cookie;
	struct list_head watches;
	struct list_head ephemerons;
	struct mheap_ephemeron *ephemeron;
};

int mheap_annex_make(struct mheap_lane *lane, u32 object, struct mheap_annex **made);
void mheap_annex_free(struct mheap_table *table, struct mheap_annex *annex);

/**
 * mheap_annex_of - the annex of an object
 * @chunk: its chunk
 * @object: its number
 *
 * Context: The lock of its block, or it is the caller's alone.
 * Return: The annex, or NULL: it has none.
 */
static inline struct mheap_annex *mheap_annex_of(const struct mheap_chunk *chunk, u32 object)
{
	/* Pairs with the release in give_array(). */
	struct mheap_annex **annex = smp_load_acquire(&chunk->annex);

	return unlikely(annex) ? annex[mheap_index(object)] : NULL;
}

/**
 * mheap_annex_take - part an object from its annex
 * @chunk: its chunk
 * @object: dead
 *
 * Context: As mheap_annex_of().
 * Return: What it was, for mheap_watch_fire() and then mheap_annex_free(), or NULL.
 */
static inline struct mheap_annex *mheap_annex_take(struct mheap_chunk *chunk, u32 object)
{
	struct mheap_annex *annex = mheap_annex_of(chunk, object);

	if (unlikely(annex))
		WRITE_ONCE(chunk->annex[mheap_index(object)], NULL); /* see ephemerons_of() */
	return annex;
}

#endif /* _MHEAP_CORE_ANNEX_H */
