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

#define MHEAP_ANNEX_FINALIZER	0x1U	/* the object has a finalizer, see finalizer.h */
#define MHEAP_ANNEX_FINALIZED	0x2U	/* it was called, or will never be */

/**
 * struct mheap_annex - more of an object
 * @flags: B  MHEAP_ANNEX_*
 * @next: the object behind this one in the queue of finalizers, or 0; under the
 *        lock of that, once it is there
 * @cookie: B  of the finalizer; does not change any more once it is FINALIZED
 * @watches: W  struct mheap_watch of those who watch it, see watch.h
 */
struct mheap_annex {
	u32 flags;
	u32 next;
	u64 cookie;
	struct list_head watches;
};

int mheap_annex_make(struct mheap_table *table, u32 object, struct mheap_annex **made);
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
		chunk->annex[mheap_index(object)] = NULL;
	return annex;
}

#endif /* _MHEAP_CORE_ANNEX_H */
