// SPDX-License-Identifier: GPL-2.0-only
/*
 * The permanent generation: moving objects into it and out of it. That is done
 * between collections, so none ever sees an object change sides; programs go on, and
 * what they make meanwhile is young or permanent.
 */
#include "permanent.h"

static void freeze_chunk(struct mheap_heap *heap, struct mheap_chunk *chunk)
{
	u32 block;

	/* Behind this whoever makes a young object lists the chunk again. */
	mheap_table_unlist(&heap->table, chunk, MHEAP_LIST_YOUNG);
	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
		spin_lock(&chunk->lock[block]);
		chunk->young[0][block] = chunk->tracked[block];
		chunk->young[1][block] = chunk->tracked[block];
		spin_unlock(&chunk->lock[block]);
	}
}

static void unfreeze_chunk(struct mheap_chunk *chunk)
{
	u64 frozen;
	u32 block;

	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
		spin_lock(&chunk->lock[block]);
		frozen = mheap_frozen(chunk, block);
		chunk->young[0][block] &= ~frozen;
		chunk->young[1][block] &= ~frozen;
		spin_unlock(&chunk->lock[block]);
	}
}

/**
 * mheap_permanent_freeze - move all tracked objects to the permanent generation
 * @heap: the heap
 *
 * Waits for a collection that is under way.
 *
 * Context: May sleep; not entered.
 * Return: 0, or -EINTR if a signal kills the caller, and nothing is done.
 */
int mheap_permanent_freeze(struct mheap_heap *heap)
{
	u32 i;

	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	for (i = 0; i < mheap_table_chunks(&heap->table); i++) {
		freeze_chunk(heap, mheap_chunk_of(&heap->table, i << MHEAP_CHUNK_SHIFT));
		cond_resched();
	}
	mheap_generations_emptied(&heap->generations);
	mutex_unlock(&heap->collecting);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_permanent_freeze);

/**
 * mheap_permanent_unfreeze - move all permanent objects to generation 2
 * @heap: the heap
 *
 * Waits for a collection that is under way.
 *
 * Context: May sleep; not entered.
 * Return: 0, or -EINTR if a signal kills the caller, and nothing is done.
 */
int mheap_permanent_unfreeze(struct mheap_heap *heap)
{
	u32 i;

	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	for (i = 0; i < mheap_table_chunks(&heap->table); i++) {
		unfreeze_chunk(mheap_chunk_of(&heap->table, i << MHEAP_CHUNK_SHIFT));
		cond_resched();
	}
	mutex_unlock(&heap->collecting);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_permanent_unfreeze);
