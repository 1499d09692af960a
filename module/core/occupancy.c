// SPDX-License-Identifier: GPL-2.0-only
/*
 * Occupancy: a walk through the table.
 */
#include "body.h"
#include "occupancy.h"

static void count_body(struct mheap_occupancy *occupancy,
		       const struct mheap_allocator *allocator, size_t size)
{
	const unsigned int class = size > MHEAP_CLASS_MAX ? MHEAP_CLASSES : mheap_class_of(size);

	occupancy->class[class].used++;
	occupancy->class[class].asked += size;
	occupancy->class[class].held += allocator->ops->charge(allocator, size);
}

/* But for a sweep, whoever frees a body has taken it away under the lock of the block. */
static void count_block(struct mheap_occupancy *occupancy, struct mheap_heap *heap,
			struct mheap_chunk *chunk, u32 block)
{
	const u32 begin = block * MHEAP_BLOCK_OBJECTS;
	struct mheap_shape shape;
	u32 i;

	lockdep_assert_held(&heap->collecting);
	spin_lock(&chunk->lock[block]);
	for (i = begin; i < begin + MHEAP_BLOCK_OBJECTS; i++) {
		if (!chunk->body[i])
			continue;
		mheap_body_shape(chunk, chunk->base + i, &shape);
		count_body(occupancy, heap->allocator, mheap_shape_size(&shape));
	}
	spin_unlock(&chunk->lock[block]);
}

/**
 * mheap_occupancy_size - the largest body of a class
 * @class: less than MHEAP_CLASSES_ALL
 *
 * Context: Any. Return: Bytes.
 */
size_t mheap_occupancy_size(unsigned int class)
{
	const struct mheap_shape largest = {
		.slots = MHEAP_BODY_SLOTS_MAX,
		.length = MHEAP_BODY_LENGTH_MAX,
	};

	return class < MHEAP_CLASSES ? mheap_class_size(class) : mheap_shape_size(&largest);
}

/**
 * mheap_occupancy_count - count all bodies of a heap
 * @heap: the heap
 * @occupancy: filled; exact if nobody is at work
 *
 * Context: May sleep; waits for a collection that is under way, and takes time in
 * proportion to the table. Operations wait for no more than 64 bodies of it.
 * Return: 0, or -EINTR if a signal kills the caller.
 */
int mheap_occupancy_count(struct mheap_heap *heap, struct mheap_occupancy *occupancy)
{
	struct mheap_chunk *chunk;
	u32 i, block;

	memset(occupancy, 0, sizeof(*occupancy));
	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	for (i = 0; i < mheap_table_chunks(&heap->table); i++) {
		chunk = mheap_chunk_of(&heap->table, i << MHEAP_CHUNK_SHIFT);
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			count_block(occupancy, heap, chunk, block);
		cond_resched();
	}
	mutex_unlock(&heap->collecting);
	return 0;
}
