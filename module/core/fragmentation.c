// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragmentation: a walk through the table, and a set of the slabs that it came by.
 */
#include "body.h"
#include "fragmentation.h"

#define PLACES_FIRST	1024U	/* a power of two, as all that follow */

/**
 * struct spot - where a body lies
 * @slab: of all that is told apart by it, 0: memory of its own
 * @bytes: of the slab, or what is charged for the body
 * @class: of the body
 */
struct spot {
	uintptr_t slab;
	size_t bytes;
	u32 class;
};

/**
 * struct walk - slabs that were found
 * @heap: the heap
 * @place: those, each at the place of its hash or behind; 0 where there is none
 * @places: how many places there are
 * @count: how many are taken, at most half
 * @spot: of the bodies of a block
 * @spots: how many
 */
struct walk {
	struct mheap_heap *heap;
	uintptr_t *place;
	u32 places;
	u32 count;
	struct spot spot[MHEAP_BLOCK_OBJECTS];
	u32 spots;
};

/* Where a slab is, or is to be. */
static uintptr_t *place_of(const struct walk *walk, uintptr_t slab)
{
	u32 i = mheap_port_hash(&slab, sizeof(slab), 0);

	while (walk->place[i & (walk->places - 1)] && walk->place[i & (walk->places - 1)] != slab)
		i++;
	return &walk->place[i & (walk->places - 1)];
}

static int grow(struct walk *walk)
{
	const struct walk old = { .place = walk->place, .places = walk->places };
	u32 i;

	walk->places = old.places ? old.places * 2 : PLACES_FIRST;
	walk->place = mheap_port_kvcalloc(walk->places, sizeof(*walk->place), MHEAP_GFP);
	if (!walk->place) {
		kvfree(old.place);
		return -ENOMEM;
	}
	for (i = 0; i < old.places; i++)
		if (old.place[i])
			*place_of(walk, old.place[i]) = old.place[i];
	kvfree(old.place);
	return 0;
}

/* Return: 1 if the slab is new, 0 or -ENOMEM. */
static int add_slab(struct walk *walk, uintptr_t slab)
{
	uintptr_t *place;

	if (walk->count * 2 >= walk->places && grow(walk))
		return -ENOMEM;
	place = place_of(walk, slab);
	if (*place)
		return 0;
	*place = slab;
	walk->count++;
	return 1;
}

static void find_spot(struct walk *walk, const struct mheap_chunk *chunk, u32 object,
		      const void *body)
{
	struct mheap_allocator *allocator = walk->heap->allocator;
	struct spot *spot = &walk->spot[walk->spots++];
	struct mheap_shape shape;
	size_t size;

	mheap_body_shape(chunk, object, &shape);
	size = mheap_shape_size(&shape);
	spot->class = size > MHEAP_CLASS_MAX ? MHEAP_CLASSES : mheap_class_of(size);
	spot->slab = 0;
	if (allocator->ops->slab)
		spot->slab = allocator->ops->slab(allocator, body, size, &spot->bytes);
	if (!spot->slab)
		spot->bytes = allocator->ops->charge(allocator, size);
}

/* But for a sweep, whoever frees a body has taken it away under the lock of the block. */
static void find_spots(struct walk *walk, struct mheap_chunk *chunk, u32 block)
{
	const u32 begin = block * MHEAP_BLOCK_OBJECTS;
	u32 i;

	lockdep_assert_held(&walk->heap->collecting);
	walk->spots = 0;
	spin_lock(&chunk->lock[block]);
	for (i = begin; i < begin + MHEAP_BLOCK_OBJECTS; i++)
		if (chunk->body[i])
			find_spot(walk, chunk, chunk->base + i, chunk->body[i]);
	spin_unlock(&chunk->lock[block]);
}

static int count_chunk(struct walk *walk, struct mheap_chunk *chunk, u64 *slabs)
{
	const struct spot *spot;
	u32 block, i;
	int added;

	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
		find_spots(walk, chunk, block);
		for (i = 0; i < walk->spots; i++) {
			spot = &walk->spot[i];
			added = spot->slab ? add_slab(walk, spot->slab) : 1;
			if (added < 0)
				return added;
			if (added)
				slabs[spot->class] += spot->bytes;
		}
	}
	return 0;
}

static int count_heap(struct walk *walk, u64 *slabs)
{
	struct mheap_table *table = &walk->heap->table;
	int error = 0;
	u32 i;

	for (i = 0; !error && i < mheap_table_chunks(table); i++) {
		error = count_chunk(walk, mheap_chunk_of(table, i << MHEAP_CHUNK_SHIFT), slabs);
		cond_resched();
	}
	return error;
}

/**
 * mheap_fragmentation_count - the slabs that the bodies of a heap lie in
 * @heap: the heap
 * @slabs: filled with their bytes, by size class; of bodies with memory of their own,
 *	   what is charged for them
 *
 * Context: May sleep; waits for a collection that is under way, and takes time in
 * proportion to the table, and 16 to 32 bytes a slab. Operations wait for no more than
 * 64 bodies of it.
 * Return: 0, -ENOMEM, or -EINTR if a signal kills the caller.
 */
int mheap_fragmentation_count(struct mheap_heap *heap, u64 slabs[MHEAP_CLASSES_ALL])
{
	struct walk *walk = kzalloc(sizeof(*walk), MHEAP_GFP);
	int error;

	if (!walk)
		return -ENOMEM;
	walk->heap = heap;
	memset(slabs, 0, MHEAP_CLASSES_ALL * sizeof(*slabs));
	error = mutex_lock_killable(&heap->collecting) ? -EINTR : 0;
	if (!error) {
		error = count_heap(walk, slabs);
		mutex_unlock(&heap->collecting);
	}
	kvfree(walk->place);
	kfree(walk);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_fragmentation_count);
