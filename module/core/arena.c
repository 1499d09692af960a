// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arenas: segments, and the pools that own them.
 */
#include "arena.h"

/**
 * mheap_arena_pool_init - make an empty pool
 * @pool: to be made
 * @number: see struct mheap_arena_pool
 *
 * Context: Any.
 */
void mheap_arena_pool_init(struct mheap_arena_pool *pool, u32 number)
{
	memset(pool, 0, sizeof(*pool));
	spin_lock_init(&pool->lock);
	pool->number = number;
}

/**
 * mheap_arena_pool_fini - free all memory of a pool
 * @pool: nobody cuts from its segments any more
 *
 * Context: May sleep; takes time in proportion to the segments.
 */
void mheap_arena_pool_fini(struct mheap_arena_pool *pool)
{
	struct mheap_segment *segment;

	while ((segment = pool->first)) {
		pool->first = segment->next;
		kfree(segment);
		cond_resched();
	}
}

/**
 * mheap_arena_refill - give an arena a fresh segment
 * @pool: what the memory is for
 * @arena: the caller's; what was left is given up
 *
 * Context: May sleep, no spinlock held.
 * Return: true, or false for want of memory: then pool->failed is set.
 */
bool mheap_arena_refill(struct mheap_arena_pool *pool, struct mheap_arena *arena)
{
	struct mheap_segment *segment = NULL;

	if (!READ_ONCE(pool->failed))
		segment = kmalloc(MHEAP_ARENA_SEGMENT, MHEAP_GFP_BRIEF);
	if (!segment) {
		WRITE_ONCE(pool->failed, true);
		return false;
	}
	spin_lock(&pool->lock);
	segment->next = pool->first;
	pool->first = segment;
	spin_unlock(&pool->lock);
	arena->pool = pool->number;
	arena->left = MHEAP_ARENA_MAX;
	arena->at = (u8 *)segment->memory;
	return true;
}
