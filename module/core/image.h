/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images: a heap as it was at one instant, read beside programs that go on. What
 * an image shows exactly is the graph: which objects existed, what they were made
 * of, and what each slot referred to. Their counts from outside and their generations
 * are as they were when the object was copied. The key of an ephemeron is none of it.
 *
 * The instant. mheap_image_begin() holds all lanes, and heap->collecting, and sets
 * heap->imaged. So no section and no sweep is under way at that moment: each is
 * before the instant as a whole, or behind it and sees heap->imaged.
 *
 * Before the image. From then on whoever changes something that the image is to
 * show saves it first, in the same hold of the lock of the block: mheap_image_save()
 * copies one object of at most MHEAP_BODY_INLINE_SLOTS slots, or a piece of the slots
 * of a larger one. A bit in the image says which objects of a block have been saved.
 * So an object without that bit is as it was at the instant; this holds at the
 * instant, and everything that would break it sets the bit first. The reader takes
 * what has been saved and, under the lock of the block, what has not, and sets all
 * bits: so it sees each object once, as it was.
 *
 * What changes, and so calls mheap_image_save() or one of the others here:
 *
 *	a slot			mheap_object_store(), _swap(), _compare_store();
 *				ephemeron.c for the value of one
 *	shape			resize.c
 *	birth			give_body(): an object that was not there at the instant
 *				gets its bit, and nothing is copied
 *	death			mheap_release_later(), take_dead(), empty_some(),
 *				detach(); mheap_release_numbers() for what a collection
 *				found
 *
 * That a number has an object is seen from the table alone, under the lock of the
 * block: see mheap_body_exists(). A number that is free, or in a session's run, and is
 * used behind the instant has none before its birth. Numbers of a chunk that was added
 * behind the instant are not in the image at all.
 *
 * Large objects. One with more slots than that is saved without them. From then on
 * it has a struct mheap_image_large, and its slots are saved in pieces of
 * MHEAP_IMAGE_PIECE before one of them changes; the reader takes piece by piece. What
 * happens to its body:
 *
 * - It is replaced by a resize, or freed by a sweep: the image keeps it, as it is,
 *   and the pieces that were not saved are read from it.
 * - The object dies and is emptied slot by slot. All its slots are empty when it is
 *   parted from its body; a piece that was not saved then was never changed since the
 *   instant, so it was empty then.
 *
 * Memory for copies is taken from the arena of the lane before the lock is taken, see
 * arena.h. Where there is none the image fails, for good, and whoever works on the heap
 * goes on without saving. Who skips a save has seen pool->failed under the lock of the
 * block, so the reader sees it under that lock as well, before it believes anything.
 *
 * The end. mheap_image_stop() clears heap->imaged and waits for all sections that may
 * have seen it; heap->collecting keeps the sweep out.
 */
#ifndef _MHEAP_CORE_IMAGE_H
#define _MHEAP_CORE_IMAGE_H

#include "arena.h"
#include "body.h"
#include "heap.h"
#include "port.h"
#include "table.h"

#define MHEAP_IMAGE_PIECE	1024U	/* slots */
#define MHEAP_IMAGE_COLUMNS	256U	/* pieces to a row */
#define MHEAP_IMAGE_ROWS \
	(MHEAP_BODY_SLOTS_MAX / MHEAP_IMAGE_PIECE / MHEAP_IMAGE_COLUMNS)

/**
 * struct mheap_image_large - the slots of a large object
 * @next: another one whose body the image keeps
 * @body: the body, where the image keeps it
 * @size: of the body, in bytes
 * @gone: the table does not have that body any more
 * @done: slots before this one have been read, or need not be
 * @row: saved pieces: an array of MHEAP_IMAGE_ROWS arrays of MHEAP_IMAGE_COLUMNS pointers
 *       to MHEAP_IMAGE_PIECE slots; what nothing was saved for is NULL
 *
 * Guarded by the lock of the object's block; @next only by who keeps the body.
 */
struct mheap_image_large {
	struct mheap_image_large *next;
	void *body;
	size_t size;
	bool gone;
	u32 done;
	u32 ***row;
};

/**
 * struct mheap_image_object - an object as it was
 * @next: another one of its block
 * @large: its slots, where they are not in @slot
 * @id: number and tag
 * @shape: what it was made of
 * @outside: references from outside, when it was copied
 * @site: where it was made, see site.h
 * @generation: when it was copied; 3 is permanent
 * @tracked: the collector knew it, when it was copied
 * @dead: its count was zero, and it waited for the worker
 * @slot: its slots, unless it is large
 */
struct mheap_image_object {
	struct mheap_image_object *next;
	struct mheap_image_large *large;
	u64 id;
	struct mheap_shape shape;
	u32 outside;
	u32 site;
	u8 generation;
	bool tracked;
	bool dead;
	u32 slot[];
};

/**
 * struct mheap_image_block - a block of an image
 * @saved: objects that the table is not to be asked about any more
 * @large: of those, large ones that have not been read to their end
 * @first: copies
 *
 * Guarded by the lock of the block.
 */
struct mheap_image_block {
	u64 saved;
	u64 large;
	struct mheap_image_object *first;
};

/**
 * struct mheap_image - a heap as it was
 * @heap: the heap
 * @pool: memory of the copies
 * @kept: bodies that it keeps: struct mheap_image_large, linked (atomic)
 * @block: its blocks; the array never changes
 * @blocks: how many
 * @on: heap->imaged says so
 * @arena: the reader's
 * @next: the reader's: the block that comes next
 * @object: the reader's: the objects of a block that are not large
 * @large: the reader's: those that are, and have not been read to their end
 * @staging: the reader's: memory for what it copies out of a block
 * @staged: bytes of it in use
 *
 * There is one reader at a time; its caller sees to that.
 */
struct mheap_image {
	struct mheap_heap *heap;
	struct mheap_arena_pool pool;
	atomic_long_t kept;
	struct mheap_image_block *block;
	u32 blocks;
	bool on;
	struct mheap_arena arena;
	u32 next;
	struct mheap_image_object *object;
	const struct mheap_image_object *large;
	u8 *staging;
	u32 staged;
};

/**
 * struct mheap_image_sink - who is told of what an image shows
 * @object: an object; its slots are told next, or not at all where there are none
 * @slots: slots of an object, @count of them from slot @first on
 *
 * Called without locks. In one mheap_image_read() at most MHEAP_BLOCK_OBJECTS objects
 * and as many times MHEAP_BODY_INLINE_SLOTS slots are told.
 */
struct mheap_image_sink {
	void (*object)(struct mheap_image_sink *sink, const struct mheap_image_object *object);
	void (*slots)(struct mheap_image_sink *sink, u32 object, u32 first, u32 count,
		      const u32 *slot);
};

int mheap_image_begin(struct mheap_image *image, struct mheap_heap *heap);
int mheap_image_read(struct mheap_image *image, struct mheap_image_sink *sink);
void mheap_image_stop(struct mheap_image *image);
void mheap_image_end(struct mheap_image *image);

bool mheap_image_save_slow(struct mheap_heap *heap, struct mheap_arena *arena,
			   struct mheap_chunk *chunk, u32 object, u32 first, u32 count);
bool mheap_image_keep_slow(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object,
			   size_t size);
void mheap_image_part_slow(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object);
void mheap_image_fill(struct mheap_image_object *copy, const struct mheap_chunk *chunk,
		      u32 object);
struct mheap_image_object *mheap_image_new_large(struct mheap_image *image,
						 struct mheap_arena *arena,
						 const struct mheap_chunk *chunk, u32 object);

/* Is somebody taking an image? */
static inline bool mheap_image_is_on(const struct mheap_heap *heap)
{
	return unlikely(READ_ONCE(heap->imaged));
}

/**
 * mheap_image_save - an object is going to change
 * @heap: the heap
 * @arena: of the lane that is entered; the heap's own in a sweep
 * @chunk: the object's
 * @object: its number, which may have no object
 * @first: the first slot that changes; anything where none does
 * @count: how many slots change, at most MHEAP_IMAGE_PIECE
 *
 * Context: With the lock of its block held, which is released and taken again where
 * memory is needed.
 * Return: false if the lock was released meanwhile.
 */
static inline bool mheap_image_save(struct mheap_heap *heap, struct mheap_arena *arena,
				    struct mheap_chunk *chunk, u32 object, u32 first, u32 count)
{
	if (likely(!mheap_image_is_on(heap)))
		return true;
	return mheap_image_save_slow(heap, arena, chunk, object, first, count);
}

/**
 * mheap_image_keep - an object is going to lose its body, with what is in its slots
 * @heap: the heap
 * @chunk: the object's
 * @object: its number; it has been saved in this hold of the lock
 * @size: of the body, in bytes
 *
 * Context: With the lock of its block held.
 * Return: true if the body is the image's from now on, and not to be freed.
 */
static inline bool mheap_image_keep(struct mheap_heap *heap, struct mheap_chunk *chunk,
				    u32 object, size_t size)
{
	return mheap_image_is_on(heap) && mheap_image_keep_slow(heap, chunk, object, size);
}

/**
 * mheap_image_part - an object is going to lose its body; if it is large, with
 * nothing in its slots
 * @heap: the heap
 * @chunk: the object's
 * @object: its number; it has been saved in this hold of the lock
 *
 * Context: With the lock of its block held.
 */
static inline void mheap_image_part(struct mheap_heap *heap, struct mheap_chunk *chunk,
				    u32 object)
{
	if (mheap_image_is_on(heap))
		mheap_image_part_slow(heap, chunk, object);
}

#endif /* _MHEAP_CORE_IMAGE_H */
