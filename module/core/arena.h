/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arenas: memory for copies that are made with a spinlock held. Each lane cuts
 * pieces off a segment of its own; where that is used up the spinlock is released
 * and another segment allocated. All segments belong to a pool and are freed with
 * it, never one by one.
 */
#ifndef _MHEAP_CORE_ARENA_H
#define _MHEAP_CORE_ARENA_H

#include "port.h"

#define MHEAP_ARENA_SEGMENT	16384U	/* bytes */

/**
 * struct mheap_arena - what is left of a segment
 * @pool: number of the pool that it belongs to; of another one it is stale
 * @left: bytes
 * @at: the first of them
 *
 * Guarded by whatever makes its owner the only one at work: the lock of the lane,
 * heap->collecting, or the lock of the reader of an image.
 */
struct mheap_arena {
	u32 pool;
	u32 left;
	u8 *at;
};

/**
 * struct mheap_segment - memory of a pool
 * @next: another one
 * @memory: the rest of MHEAP_ARENA_SEGMENT bytes
 */
struct mheap_segment {
	struct mheap_segment *next;
	u64 memory[];
};

/* The most that can be cut off a fresh segment. */
#define MHEAP_ARENA_MAX		(MHEAP_ARENA_SEGMENT - sizeof(struct mheap_segment))

/**
 * struct mheap_arena_pool - segments that are freed together
 * @number: not 0, and not that of any pool that its arenas saw before
 * @failed: there was no memory for a segment once; set, never cleared
 * @lock: guards @first; a leaf, never taken with another spinlock held
 * @first: the segments
 */
struct mheap_arena_pool {
	u32 number;
	bool failed;
	spinlock_t lock;	/* see above */
	struct mheap_segment *first;
};

void mheap_arena_pool_init(struct mheap_arena_pool *pool, u32 number);
void mheap_arena_pool_fini(struct mheap_arena_pool *pool);
bool mheap_arena_refill(struct mheap_arena_pool *pool, struct mheap_arena *arena);

/**
 * mheap_arena_cut - take memory out of an arena
 * @pool: what the memory is for
 * @arena: the caller's
 * @size: bytes, at most MHEAP_ARENA_MAX
 *
 * Context: Any. Return: Memory with anything in it, or NULL where as much is not
 * left: mheap_arena_refill() makes room.
 */
static inline void *mheap_arena_cut(const struct mheap_arena_pool *pool,
				    struct mheap_arena *arena, size_t size)
{
	void *memory = arena->at;

	size = (size + 7) & ~(size_t)7;
	if (arena->pool != pool->number || arena->left < size)
		return NULL;
	arena->at += size;
	arena->left -= size;
	return memory;
}

#endif /* _MHEAP_CORE_ARENA_H */
