/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scope: the set of objects that a collection is about. For a young collection
 * these are the young bits of the chunks on the young list, for a full one all
 * tracked objects.
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
 * @next: the chunk that comes next, by number or on the young list
 * @chunk: the same
 */
struct mheap_scope {
	struct mheap_heap *heap;
	u32 generation;
	u32 next;
	struct mheap_chunk *chunk;
};

/* Objects of a block that belong to the scope. */
static inline u64 mheap_scope_block(const struct mheap_scope *scope,
				    const struct mheap_chunk *chunk, u32 block)
{
	switch (scope->generation) {
	case 0:
		return chunk->young[0][block];
	case 1:
		return chunk->young[0][block] | chunk->young[1][block];
	default:
		return chunk->tracked[block];
	}
}

/* Objects of a block that belong to the scope and have not been reached. */
static inline u64 mheap_scope_unreached(const struct mheap_chunk *chunk, u32 block)
{
	return ~chunk->mark[block];
}

void mheap_scope_begin(struct mheap_scope *scope);
struct mheap_chunk *mheap_scope_next(struct mheap_scope *scope);

#endif /* _MHEAP_CORE_SCOPE_H */
