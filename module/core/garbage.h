/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The garbage list: objects that a collection found unreachable and that MHEAP_SAVE_ALL
 * keeps all the same. The list holds a reference from outside to each of them, until it
 * is cleared. It is a bitmap in each chunk that has such objects, so it needs no room
 * for each of them, and is read in the order of numbers.
 */
#ifndef _MHEAP_CORE_GARBAGE_H
#define _MHEAP_CORE_GARBAGE_H

#include "port.h"
#include "table.h"

struct mheap_heap;
struct mheap_scope;

/**
 * struct mheap_garbage - of a heap
 * @count: objects in the list (this and the following: atomic)
 * @pardoned: how often there was no memory to list an object, which was left alive
 */
struct mheap_garbage {
	atomic64_t count;
	atomic64_t pardoned;
};

void mheap_garbage_fini(struct mheap_heap *heap);
void mheap_garbage_prepare(struct mheap_scope *scope);
bool mheap_garbage_keep(struct mheap_scope *scope);
int mheap_garbage_clear(struct mheap_heap *heap);

/**
 * mheap_garbage_of - objects of a block that are in the list
 * @chunk: its chunk
 * @block: the block, locked
 *
 * Context: The block is locked. Return: A bit for each.
 */
static inline u64 mheap_garbage_of(const struct mheap_chunk *chunk, u32 block)
{
	/* Pairs with the release in prepare_chunk(). */
	const u64 *garbage = smp_load_acquire(&chunk->garbage);

	lockdep_assert_held(&chunk->lock[block]);
	return unlikely(garbage) ? garbage[block] : 0;
}

#endif /* _MHEAP_CORE_GARBAGE_H */
