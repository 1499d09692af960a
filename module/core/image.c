// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images: taking one, and reading it. What others do meanwhile is in preimage.c,
 * and the argument in image.h.
 */
#include "image.h"
#include "object.h"

#define BLOCKS_MORE	1024U	/* room for chunks that are added meanwhile */
#define STAGING_BYTES \
	(MHEAP_BLOCK_OBJECTS * (sizeof(struct mheap_image_object) + \
				MHEAP_BODY_INLINE_SLOTS * sizeof(u32)))

static u32 blocks_of(const struct mheap_heap *heap)
{
	return mheap_table_chunks(&heap->table) * MHEAP_CHUNK_BLOCKS;
}

static int alloc_blocks(struct mheap_image *image)
{
	image->blocks = blocks_of(image->heap) + BLOCKS_MORE;
	image->block = mheap_port_kvcalloc(image->blocks, sizeof(*image->block), MHEAP_GFP);
	return image->block ? 0 : -ENOMEM;
}

/* All lanes are held. Return: false if there is no room for all blocks. */
static bool set_instant(struct mheap_image *image)
{
	struct mheap_heap *heap = image->heap;

	if (blocks_of(heap) > image->blocks)
		return false;
	image->blocks = blocks_of(heap);
	heap->image = image;
	WRITE_ONCE(heap->imaged, image->pool.number);
	image->on = true;
	return true;
}

static int begin(struct mheap_image *image)
{
	struct mheap_heap *heap = image->heap;

	lockdep_assert_held(&heap->collecting);
	if (heap->image)
		return -EBUSY;
	if (!++heap->images)
		heap->images = 1;
	mheap_arena_pool_init(&image->pool, heap->images);
	while (!image->on) {
		kvfree(image->block);
		if (alloc_blocks(image))
			return -ENOMEM;
		mheap_lanes_hold_idle(&heap->lanes);
		set_instant(image);
		mheap_lanes_let_go(&heap->lanes);
	}
	return 0;
}

/**
 * mheap_image_begin - take an image
 * @image: to be made; for mheap_image_end()
 * @heap: the heap; it outlives the image
 *
 * A collection that is under way is waited for. Then everybody is held up, for as
 * long as it takes to say so.
 *
 * Context: May sleep; not entered.
 * Return: 0, -EBUSY if another image is being taken, -ENOMEM, or -EINTR if a signal
 * kills the caller.
 */
int mheap_image_begin(struct mheap_image *image, struct mheap_heap *heap)
{
	int error;

	BUILD_BUG_ON(MHEAP_IMAGE_PIECE * sizeof(u32) > STAGING_BYTES);
	memset(image, 0, sizeof(*image));
	image->heap = heap;
	image->staging = mheap_port_kvmalloc(STAGING_BYTES, MHEAP_GFP);
	if (!image->staging)
		return -ENOMEM;
	error = mutex_lock_killable(&heap->collecting);
	if (!error) {
		error = begin(image);
		mutex_unlock(&heap->collecting);
	} else {
		error = -EINTR;
	}
	if (error)
		mheap_image_end(image);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_image_begin);

static void free_kept(struct mheap_image *image)
{
	struct mheap_allocator *allocator = image->heap->allocator;
	struct mheap_image_large *large;

	large = (struct mheap_image_large *)atomic_long_read(&image->kept);
	for (; large; large = large->next) {
		allocator->ops->free(allocator, large->body, large->size);
		cond_resched();
	}
	atomic_long_set(&image->kept, 0);
}

/**
 * mheap_image_stop - nothing more is to be read
 * @image: the image
 *
 * Context: May sleep; not entered. Waits for a collection that is under way.
 */
void mheap_image_stop(struct mheap_image *image)
{
	struct mheap_heap *heap = image->heap;

	if (!image->on)
		return;
	mutex_lock(&heap->collecting);
	WRITE_ONCE(heap->imaged, 0);
	mheap_lane_handshake(heap);
	heap->image = NULL;
	mutex_unlock(&heap->collecting);
	image->on = false;
	free_kept(image);
	mheap_arena_pool_fini(&image->pool);
}
EXPORT_SYMBOL_MHEAP(mheap_image_stop);

/**
 * mheap_image_end - forget an image
 * @image: the image
 *
 * Context: May sleep; not entered. Waits for a collection that is under way.
 */
void mheap_image_end(struct mheap_image *image)
{
	mheap_image_stop(image);
	kvfree(image->block);
	kvfree(image->staging);
}
EXPORT_SYMBOL_MHEAP(mheap_image_end);

static struct mheap_chunk *chunk_of(struct mheap_image *image, u32 block)
{
	return mheap_chunk_of(&image->heap->table, block << MHEAP_BLOCK_SHIFT);
}

/* A small object that nobody has saved, into the reader's memory. */
static struct mheap_image_object *stage(struct mheap_image *image, struct mheap_chunk *chunk,
					u32 object)
{
	struct mheap_image_object *copy = (void *)(image->staging + image->staged);
	u32 slots;
	const u32 *slot = mheap_body_slots(chunk, mheap_index(object), &slots);

	mheap_image_fill(copy, chunk, object);
	if (slots)
		memcpy(copy->slot, slot, slots * sizeof(*slot));
	image->staged += (struct_size(copy, slot, slots) + 7) & ~7U;
	return copy;
}

/* Return: false where the arena has no memory left. */
static bool take_object(struct mheap_image *image, struct mheap_chunk *chunk, u32 object)
{
	struct mheap_image_block *block = &image->block[object >> MHEAP_BLOCK_SHIFT];
	struct mheap_image_object *copy;
	u32 slots;

	mheap_body_slots(chunk, mheap_index(object), &slots);
	if (slots > MHEAP_BODY_INLINE_SLOTS) {
		copy = mheap_image_new_large(image, &image->arena, chunk, object);
		if (!copy)
			return false;
		block->large |= mheap_bit(object);
	} else {
		copy = stage(image, chunk, object);
	}
	copy->next = block->first;
	block->first = copy;
	return true;
}

/* Take what nobody has saved. The block is locked. Return: as take_object(). */
static bool take_rest(struct mheap_image *image, struct mheap_chunk *chunk, u32 number)
{
	struct mheap_image_block *block = &image->block[number];
	struct mheap_run rest = {
		.base = number << MHEAP_BLOCK_SHIFT,
		.left = ~block->saved,
	};
	u32 object;

	lockdep_assert_held(&chunk->lock[mheap_block(rest.base)]);
	while (rest.left) {
		object = mheap_run_next(&rest);
		if (mheap_body_exists(chunk, object) && !take_object(image, chunk, object))
			return false;
		block->saved |= mheap_bit(object);
	}
	return true;
}

/* Has the image failed? Asked with a block locked, or it says nothing of the block. */
static int check(const struct mheap_image *image)
{
	return READ_ONCE(image->pool.failed) ? -ENOMEM : 0;
}

/*
 * Part large objects, which stay known as such until they are read, from the others,
 * which may lie in the reader's memory. The block is locked.
 */
static void part_large(struct mheap_image *image, struct mheap_image_block *block)
{
	struct mheap_image_object *copy = block->first;
	struct mheap_image_object *next;

	block->first = NULL;
	image->object = NULL;
	for (; copy; copy = next) {
		next = copy->next;
		if (copy->large) {
			copy->next = block->first;
			block->first = copy;
		} else {
			copy->next = image->object;
			image->object = copy;
		}
	}
	image->large = block->first;
}

/* Take a block. From here on nobody adds to its objects. Return: 0 or -ENOMEM. */
static int take_block(struct mheap_image *image, u32 number)
{
	struct mheap_chunk *chunk = chunk_of(image, number);
	spinlock_t *lock = &chunk->lock[number % MHEAP_CHUNK_BLOCKS];
	bool complete;
	int error;

	image->staged = 0;
	for (;;) {
		spin_lock(lock);
		error = check(image);
		complete = error || take_rest(image, chunk, number);
		if (complete && !error)
			part_large(image, &image->block[number]);
		spin_unlock(lock);
		if (complete)
			return error;
		mheap_arena_refill(&image->pool, &image->arena);
	}
}

/* Tell of all objects of a block. The slots of large ones are still to be read. */
static void tell_block(struct mheap_image *image, struct mheap_image_sink *sink)
{
	const struct mheap_image_object *copy;

	for (copy = image->large; copy; copy = copy->next)
		sink->object(sink, copy);
	for (copy = image->object; copy; copy = copy->next) {
		sink->object(sink, copy);
		if (copy->shape.slots)
			sink->slots(sink, copy->id, 0, copy->shape.slots, copy->slot);
	}
}

static u32 *saved_piece(const struct mheap_image_large *large, u32 piece)
{
	u32 **row = large->row ? large->row[piece / MHEAP_IMAGE_COLUMNS] : NULL;

	return row ? row[piece % MHEAP_IMAGE_COLUMNS] : NULL;
}

/* The next slots of a large object, whose block is locked. They stay as they are. */
static const u32 *take_slots(struct mheap_image *image, struct mheap_chunk *chunk,
			     const struct mheap_image_object *copy, u32 count)
{
	struct mheap_image_large *large = copy->large;
	const u32 *slot = saved_piece(large, large->done / MHEAP_IMAGE_PIECE);
	u32 slots;

	if (slot)
		return slot;
	if (large->body)
		return mheap_body_first_slot(large->body, &copy->shape) + large->done;
	if (large->gone)
		return memset(image->staging, 0, count * sizeof(*slot));
	slot = mheap_body_slots(chunk, mheap_index(copy->id), &slots) + large->done;
	return memcpy(image->staging, slot, count * sizeof(*slot));
}

/* Return: 0 or -ENOMEM. */
static int read_slots(struct mheap_image *image, struct mheap_image_sink *sink)
{
	const struct mheap_image_object *copy = image->large;
	const u32 object = copy->id;
	struct mheap_image_large *large = copy->large;
	const u32 first = large->done;
	const u32 count = min(copy->shape.slots - first, MHEAP_IMAGE_PIECE);
	struct mheap_chunk *chunk = mheap_chunk_of(&image->heap->table, object);
	const u32 *slot = NULL;
	int error;

	spin_lock(&chunk->lock[mheap_block(object)]);
	error = check(image);
	if (!error) {
		slot = take_slots(image, chunk, copy, count);
		large->done += count;
		if (large->done == copy->shape.slots)
			image->block[object >> MHEAP_BLOCK_SHIFT].large &= ~mheap_bit(object);
	}
	spin_unlock(&chunk->lock[mheap_block(object)]);
	if (error)
		return error;
	sink->slots(sink, object, first, count, slot);
	if (large->done == copy->shape.slots)
		image->large = copy->next;
	return 0;
}

/**
 * mheap_image_read - read a piece of an image
 * @image: the image
 * @sink: told of it
 *
 * A piece is a block, or MHEAP_IMAGE_PIECE slots of a large object; the slots of those
 * of a block come directly behind it.
 *
 * Context: May sleep; not entered. One reader at a time.
 * Return: 1, 0 if there is nothing left, and the image has been stopped, or -ENOMEM
 * where the image is lost.
 */
int mheap_image_read(struct mheap_image *image, struct mheap_image_sink *sink)
{
	int error;

	if (image->large)
		return read_slots(image, sink) ?: 1;
	if (image->next == image->blocks) {
		mheap_image_stop(image);
		return 0;
	}
	error = take_block(image, image->next);
	if (error)
		return error;
	image->next++;
	tell_block(image, sink);
	return 1;
}
EXPORT_SYMBOL_MHEAP(mheap_image_read);
