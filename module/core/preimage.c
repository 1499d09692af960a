// SPDX-License-Identifier: GPL-2.0-only
/*
 * Before the image: what whoever changes an object does while an image is taken.
 * image.h has the argument.
 */
#include "count.h"
#include "image.h"
#include "object.h"

#define PIECE_BYTES	(MHEAP_IMAGE_PIECE * sizeof(u32))
#define ROW_BYTES	(MHEAP_IMAGE_COLUMNS * sizeof(u32 *))
#define ROWS_BYTES	(MHEAP_IMAGE_ROWS * sizeof(u32 **))

/* The block of an object, or NULL: it was added behind the instant. */
static struct mheap_image_block *block_of(const struct mheap_image *image, u32 object)
{
	const u32 block = object >> MHEAP_BLOCK_SHIFT;

	return block < image->blocks ? &image->block[block] : NULL;
}

static u32 generation_of(const struct mheap_chunk *chunk, u32 object)
{
	const u32 block = mheap_block(object);
	const bool youngest = chunk->young[0][block] & mheap_bit(object);
	const bool younger = chunk->young[1][block] & mheap_bit(object);

	if (youngest)
		return younger ? MHEAP_OLDEST + 1 : 0;
	return younger ? 1 : MHEAP_OLDEST;
}

/**
 * mheap_image_fill - copy what the table knows of an object
 * @copy: filled, but for its slots and what links it
 * @chunk: the object's
 * @object: its number
 *
 * Context: With the lock of its block held.
 */
void mheap_image_fill(struct mheap_image_object *copy, const struct mheap_chunk *chunk,
		      u32 object)
{
	const u32 block = mheap_block(object);
	const u64 count = atomic64_read(&chunk->count[mheap_index(object)]);

	lockdep_assert_held(&chunk->lock[block]);
	copy->large = NULL;
	copy->id = mheap_id(object, mheap_tag(chunk, object));
	mheap_body_shape(chunk, object, &copy->shape);
	copy->outside = mheap_count_outside(count);
	copy->site = mheap_site_of(chunk, object);
	copy->tracked = chunk->tracked[block] & mheap_bit(object);
	copy->generation = copy->tracked ? generation_of(chunk, object) : 0;
	copy->dead = chunk->dead[block] & mheap_bit(object);
}

/**
 * mheap_image_new_large - a copy of a large object, without its slots
 * @image: the image
 * @arena: the caller's
 * @chunk: the object's
 * @object: its number
 *
 * Context: With the lock of its block held. Return: The copy, or NULL where the
 * arena has no memory left.
 */
struct mheap_image_object *mheap_image_new_large(struct mheap_image *image,
						 struct mheap_arena *arena,
						 const struct mheap_chunk *chunk, u32 object)
{
	struct mheap_image_object *copy;

	copy = mheap_arena_cut(&image->pool, arena, sizeof(*copy) + sizeof(*copy->large));
	if (!copy)
		return NULL;
	mheap_image_fill(copy, chunk, object);
	copy->large = (struct mheap_image_large *)(copy + 1);
	memset(copy->large, 0, sizeof(*copy->large));
	return copy;
}

static struct mheap_image_object *new_small(struct mheap_image *image, struct mheap_arena *arena,
					    const struct mheap_chunk *chunk, u32 object)
{
	struct mheap_image_object *copy;
	u32 slots;
	const u32 *slot = mheap_body_slots(chunk, mheap_index(object), &slots);

	copy = mheap_arena_cut(&image->pool, arena, struct_size(copy, slot, slots));
	if (!copy)
		return NULL;
	mheap_image_fill(copy, chunk, object);
	if (slots)
		memcpy(copy->slot, slot, slots * sizeof(*slot));
	return copy;
}

/* Copy an object, if there is one. Return: false for want of memory. */
static bool save_object(struct mheap_image *image, struct mheap_arena *arena,
			struct mheap_chunk *chunk, u32 object)
{
	struct mheap_image_block *block = block_of(image, object);
	struct mheap_image_object *copy;
	u32 slots;

	if (block->saved & mheap_bit(object))
		return true;
	if (mheap_body_exists(chunk, object)) {
		mheap_body_slots(chunk, mheap_index(object), &slots);
		if (slots > MHEAP_BODY_INLINE_SLOTS)
			copy = mheap_image_new_large(image, arena, chunk, object);
		else
			copy = new_small(image, arena, chunk, object);
		if (!copy)
			return false;
		if (copy->large)
			block->large |= mheap_bit(object);
		copy->next = block->first;
		block->first = copy;
	}
	block->saved |= mheap_bit(object);
	return true;
}

/*
 * What is to be kept up of a large object: it has not been read to its end, and the
 * number still has the body that it had at the instant. Else NULL.
 */
static struct mheap_image_large *find_large(const struct mheap_image *image, u32 object)
{
	const struct mheap_image_block *block = block_of(image, object);
	const struct mheap_image_object *copy;

	if (!block || !(block->large & mheap_bit(object)))
		return NULL;
	for (copy = block->first; (u32)copy->id != object; copy = copy->next)
		;
	return copy->large->gone ? NULL : copy->large;
}

static void *cut_zeroed(struct mheap_image *image, struct mheap_arena *arena, size_t size)
{
	void *memory = mheap_arena_cut(&image->pool, arena, size);

	return memory ? memset(memory, 0, size) : NULL;
}

/* Where the pointer to a piece is, or NULL for want of memory. */
static u32 **place_of(struct mheap_image *image, struct mheap_arena *arena,
		      struct mheap_image_large *large, u32 piece)
{
	u32 ***row;

	if (!large->row)
		large->row = cut_zeroed(image, arena, ROWS_BYTES);
	if (!large->row)
		return NULL;
	row = &large->row[piece / MHEAP_IMAGE_COLUMNS];
	if (!*row)
		*row = cut_zeroed(image, arena, ROW_BYTES);
	return *row ? &(*row)[piece % MHEAP_IMAGE_COLUMNS] : NULL;
}

/* Save a piece of the slots of a large object. Return: false for want of memory. */
static bool save_piece(struct mheap_image *image, struct mheap_arena *arena,
		       struct mheap_image_large *large, struct mheap_chunk *chunk, u32 object,
		       u32 piece)
{
	const u32 first = piece * MHEAP_IMAGE_PIECE;
	u32 **place;
	u32 *copy;
	u32 slots;
	const u32 *slot = mheap_body_slots(chunk, mheap_index(object), &slots);

	if (first >= slots || first < large->done)
		return true;
	place = place_of(image, arena, large, piece);
	if (!place)
		return false;
	if (*place)
		return true;
	copy = mheap_arena_cut(&image->pool, arena, PIECE_BYTES);
	if (!copy)
		return false;
	memcpy(copy, slot + first, min(slots - first, MHEAP_IMAGE_PIECE) * sizeof(*slot));
	*place = copy;
	return true;
}

static bool save_slots(struct mheap_image *image, struct mheap_arena *arena,
		       struct mheap_chunk *chunk, u32 object, u32 first, u32 count)
{
	struct mheap_image_large *large = find_large(image, object);
	u32 piece;

	if (!count || !large)
		return true;
	for (piece = first / MHEAP_IMAGE_PIECE;
	     piece <= (first + count - 1) / MHEAP_IMAGE_PIECE; piece++)
		if (!save_piece(image, arena, large, chunk, object, piece))
			return false;
	return true;
}

static bool save(struct mheap_image *image, struct mheap_arena *arena,
		 struct mheap_chunk *chunk, u32 object, u32 first, u32 count)
{
	if (!block_of(image, object) || READ_ONCE(image->pool.failed))
		return true;
	return save_object(image, arena, chunk, object) &&
	       save_slots(image, arena, chunk, object, first, count);
}

/**
 * mheap_image_save_slow - mheap_image_save() while an image is taken
 * @heap: the heap
 * @arena: of the lane that is entered
 * @chunk: the object's
 * @object: its number
 * @first: the first slot that changes
 * @count: how many slots change
 *
 * A fresh segment has room for everything that one call saves, so this comes to an
 * end.
 *
 * Context: With the lock of its block held; may sleep.
 * Return: false if the lock was released meanwhile.
 */
bool mheap_image_save_slow(struct mheap_heap *heap, struct mheap_arena *arena,
			   struct mheap_chunk *chunk, u32 object, u32 first, u32 count)
{
	struct mheap_image *image = heap->image;
	spinlock_t *lock = &chunk->lock[mheap_block(object)];
	bool kept = true;

	BUILD_BUG_ON(sizeof(struct mheap_image_object) + sizeof(struct mheap_image_large) +
		     ROWS_BYTES + 2 * ROW_BYTES + 2 * PIECE_BYTES > MHEAP_ARENA_MAX);
	lockdep_assert_held(lock);
	while (!save(image, arena, chunk, object, first, count)) {
		spin_unlock(lock);
		mheap_arena_refill(&image->pool, arena);
		kept = false;
		spin_lock(lock);
	}
	return kept;
}

/* Whoever takes the list is the last one to look at it, see mheap_image_stop(). */
static void push_kept(struct mheap_image *image, struct mheap_image_large *large)
{
	long first = atomic_long_read(&image->kept);

	do {
		large->next = (struct mheap_image_large *)first;
	} while (!atomic_long_try_cmpxchg(&image->kept, &first, (long)large));
}

/**
 * mheap_image_keep_slow - mheap_image_keep() while an image is taken
 * @heap: the heap
 * @chunk: the object's
 * @object: its number
 * @size: of its body, in bytes
 *
 * Context: With the lock of its block held.
 * Return: true if the body is the image's from now on.
 */
bool mheap_image_keep_slow(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object,
			   size_t size)
{
	struct mheap_image *image = heap->image;
	struct mheap_image_large *large;

	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	large = READ_ONCE(image->pool.failed) ? NULL : find_large(image, object);
	if (!large)
		return false;
	large->gone = true;
	large->body = chunk->body[mheap_index(object)];
	large->size = size;
	push_kept(image, large);
	return true;
}

/**
 * mheap_image_part_slow - mheap_image_part() while an image is taken
 * @heap: the heap
 * @chunk: the object's
 * @object: its number
 *
 * Context: With the lock of its block held.
 */
void mheap_image_part_slow(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object)
{
	struct mheap_image *image = heap->image;
	struct mheap_image_large *large;

	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	large = READ_ONCE(image->pool.failed) ? NULL : find_large(image, object);
	if (large)
		large->gone = true;
}
