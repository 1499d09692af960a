/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scope: the chunks that a collection is about. For a young collection these are
 * the chunks that had young objects when it began, for a full one all chunks that
 * there were. Which of their objects belong to the set that is collected is said
 * by their mark bits, from the census on.
 */
#ifndef _MHEAP_CORE_SCOPE_H
#define _MHEAP_CORE_SCOPE_H

#include "generation.h"
#include "heap.h"
#include "port.h"
#include "table.h"

/**
 * struct mheap_scope - what a collection is about, and a place in it
 * @heap: the heap
 * @generation: the oldest generation that belongs to it
 * @chunk: chunks of a young collection; unused in a full one
 * @chunks: how many chunks there are
 * @next: the one that comes next
 * @deaf: no finalizer is called any more, as nobody listens or the queue is full
 */
struct mheap_scope {
	struct mheap_heap *heap;
	u32 generation;
	struct mheap_chunk **chunk;
	u32 chunks;
	u32 next;
	bool deaf;
};

int mheap_scope_init(struct mheap_scope *scope, struct mheap_heap *heap, u32 generation);
void mheap_scope_widen(struct mheap_scope *scope);
void mheap_scope_fini(struct mheap_scope *scope);
struct mheap_chunk *mheap_scope_next(struct mheap_scope *scope);

static inline void mheap_scope_begin(struct mheap_scope *scope)
{
	scope->next = 0;
}

/* Objects of a block that have not been reached, in the order of their numbers. */
static inline struct mheap_run mheap_scope_unreached(const struct mheap_chunk *chunk,
						     u32 block)
{
	return (struct mheap_run){
		.base = chunk->base + block * MHEAP_BLOCK_OBJECTS,
		.left = mheap_unreached(chunk, block),
	};
}

#endif /* _MHEAP_CORE_SCOPE_H */
