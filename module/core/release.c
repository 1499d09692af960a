// SPDX-License-Identifier: GPL-2.0-only
/*
 * Release of dead objects, without recursion and without asking for memory.
 *
 * A dead object belongs to whoever took its last reference. Dead objects wait on
 * a short stack; to release one is to empty its slots, which puts what dies of
 * it on the stack, and to free its body and number. Where the stack is full or
 * the budget used up, the dead are left to the worker: each has a bit in its
 * chunk for that, so there is always room. An object with a header remembers in
 * it how far the emptying of its slots has come; one without has less than 255
 * slots, and they are emptied in one go.
 *
 * So a drop looks at no more than MHEAP_RELEASE_BUDGET objects and slots, and
 * the rest of one object's slots, however much hangs on it.
 */
#include "body.h"
#include "count.h"
#include "heap.h"
#include "release.h"

#define STACK_OBJECTS	64
#define WORKER_BUDGET	256	/* between two looks at the gate */

/**
 * struct release - a release under way
 * @heap: the heap
 * @tally: where to count what is freed
 * @budget: objects and slots that may still be looked at
 * @depth: objects on the stack
 * @object: dead objects, the caller's alone
 */
struct release {
	struct mheap_heap *heap;
	struct mheap_tally *tally;
	long budget;
	unsigned int depth;
	u32 object[STACK_OBJECTS];
};

/**
 * mheap_release_later - leave a dead object to the worker
 * @heap: the heap
 * @object: dead, and the caller's alone
 *
 * Context: Entered, or gate held for writing. Takes the block lock.
 */
void mheap_release_later(struct mheap_heap *heap, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	const u32 block = mheap_block(object);

	mheap_assert_entered(heap);
	spin_lock(&chunk->lock[block]);
	chunk->dead[block] |= mheap_bit(object);
	spin_unlock(&chunk->lock[block]);
	mheap_table_list(&heap->table, chunk, MHEAP_LIST_DEAD);
	heap->ops->release(heap);
}

static void add_dead(struct release *release, u32 object)
{
	if (likely(release->depth < STACK_OBJECTS))
		release->object[release->depth++] = object;
	else
		mheap_release_later(release->heap, object);
}

/*
 * Free the body of a dead object and give its number a new tag. Return: its bit
 * if the number can be used again, 0 if its tags are used up.
 */
static u64 free_object(struct mheap_heap *heap, struct mheap_tally *tally,
		       struct mheap_chunk *chunk, u32 object)
{
	const u32 index = mheap_index(object);
	const u32 tag = mheap_tag(chunk, object);
	void *body = chunk->body[index];
	struct mheap_shape shape;
	size_t size;

	if (body) {
		mheap_body_shape(chunk, object, &shape);
		size = mheap_shape_size(&shape);
		chunk->body[index] = NULL;
		tally->bytes -= heap->allocator->ops->charge(heap->allocator, size);
		heap->allocator->ops->free(heap->allocator, body, size);
		if (shape.slots)
			tally->tracked--;
	}
	tally->freed++;
	if (unlikely(tag == MHEAP_TAG_MAX))
		return 0;
	WRITE_ONCE(chunk->identity[index], (tag + 1) << MHEAP_TAG_SHIFT);
	return mheap_bit(object);
}

/**
 * mheap_release_numbers - free bodies and numbers of objects of one block
 * @heap: the heap
 * @tally: where to count them
 * @chunk: their chunk
 * @run: the objects, dead, their slots without references; emptied
 *
 * A tag goes up before its number is free, and a number becomes free under the
 * block lock. So an upgrade, which looks at tag and count under that lock, sees
 * the old tag only together with the count of the dead object, which is zero.
 *
 * Context: Entered, or gate held for writing. Takes the block lock.
 */
void mheap_release_numbers(struct mheap_heap *heap, struct mheap_tally *tally,
			   struct mheap_chunk *chunk, struct mheap_run *run)
{
	const u32 block = mheap_block(run->base);
	const u64 dead = run->left;
	u64 free = 0;

	while (run->left)
		free |= free_object(heap, tally, chunk, mheap_run_next(run));
	spin_lock(&chunk->lock[block]);
	chunk->tracked[block] &= ~dead;
	chunk->young[0][block] &= ~dead;
	chunk->young[1][block] &= ~dead;
	chunk->free[block] |= free;
	spin_unlock(&chunk->lock[block]);
	mheap_table_list(&heap->table, chunk, MHEAP_LIST_FREE);
}

static void release_number(struct mheap_heap *heap, struct mheap_tally *tally,
			   struct mheap_chunk *chunk, u32 object)
{
	struct mheap_run run = {
		.base = object & ~(MHEAP_BLOCK_OBJECTS - 1),
		.left = mheap_bit(object),
	};

	mheap_release_numbers(heap, tally, chunk, &run);
}

static void empty_slot(struct release *release, u32 *slot)
{
	const u32 target = *slot;

	release->budget--;
	*slot = 0;
	if (target && mheap_count_lose(mheap_count_of(release->heap, target), MHEAP_INSIDE))
		add_dead(release, target);
}

/* Empty the slots while the budget lasts. Return: true if none is left. */
static bool empty_extended(struct release *release, struct mheap_body_header *header)
{
	u32 *slot = (u32 *)(header + 1);

	while (header->cursor && release->budget > 0)
		empty_slot(release, &slot[--header->cursor]);
	return !header->cursor;
}

static void empty_inline(struct release *release, struct mheap_chunk *chunk, u32 index)
{
	u32 slots;
	u32 *slot = mheap_body_slots(chunk, index, &slots);

	while (slots)
		empty_slot(release, &slot[--slots]);
}

static void release_one(struct release *release, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&release->heap->table, object);
	const u32 index = mheap_index(object);

	release->budget--;
	if (unlikely(mheap_body_extended(chunk, index))) {
		if (!empty_extended(release, chunk->body[index])) {
			mheap_release_later(release->heap, object);
			return;
		}
	} else {
		empty_inline(release, chunk, index);
	}
	release_number(release->heap, release->tally, chunk, object);
}

static void release_some(struct release *release)
{
	while (release->depth && release->budget > 0)
		release_one(release, release->object[--release->depth]);
	while (release->depth)
		mheap_release_later(release->heap, release->object[--release->depth]);
}

/* Not by an initialiser, which would clear the stack each time. */
static void begin(struct release *release, struct mheap_heap *heap, struct mheap_tally *tally,
		  long budget)
{
	release->heap = heap;
	release->tally = tally;
	release->budget = budget;
	release->depth = 0;
}

static void release_within(struct mheap_heap *heap, struct mheap_tally *tally, u32 object,
			   long budget)
{
	struct release release;

	begin(&release, heap, tally, budget);
	add_dead(&release, object);
	release_some(&release);
}

/**
 * mheap_release - release an object whose last reference went
 * @heap: the heap
 * @tally: where to count what is freed
 * @object: dead, and the caller's alone
 *
 * Context: Entered. Work is bounded; the rest is left to the worker.
 */
void mheap_release(struct mheap_heap *heap, struct mheap_tally *tally, u32 object)
{
	mheap_assert_entered(heap);
	release_within(heap, tally, object, MHEAP_RELEASE_BUDGET);
}

/**
 * mheap_release_slots - empty slots that an object has lost
 * @heap: the heap
 * @tally: where to count what is freed
 * @slot: the first of them, the caller's alone
 * @slots: how many
 *
 * Context: Entered. Work is bounded beyond looking at each slot; the rest is left
 * to the worker.
 */
void mheap_release_slots(struct mheap_heap *heap, struct mheap_tally *tally, u32 *slot,
			 u32 slots)
{
	struct release release;

	mheap_assert_entered(heap);
	begin(&release, heap, tally, (long)slots + MHEAP_RELEASE_BUDGET);
	while (slots)
		empty_slot(&release, &slot[--slots]);
	release_some(&release);
}

/*
 * Take one dead object of a block. Within the gate: a dead object is either
 * marked as such, or on the stack of somebody who has entered, so a collection
 * sees them all.
 */
static u32 take_dead(struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run dead = { .base = chunk->base + block * MHEAP_BLOCK_OBJECTS };
	u32 object = 0;

	spin_lock(&chunk->lock[block]);
	dead.left = chunk->dead[block];
	if (dead.left) {
		object = mheap_run_next(&dead);
		chunk->dead[block] = dead.left;
	}
	spin_unlock(&chunk->lock[block]);
	return object;
}

/* Release one dead object of a block. Return: false if there is none. */
static bool continue_block(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_tally tally = {};
	u32 object;

	mheap_heap_enter(heap);
	object = take_dead(chunk, block);
	if (object)
		release_within(heap, &tally, object, WORKER_BUDGET);
	mheap_heap_leave(heap);
	mheap_heap_book(heap, &tally);
	return object;
}

static bool has_dead(struct mheap_chunk *chunk, u32 block)
{
	bool dead;

	spin_lock(&chunk->lock[block]);
	dead = chunk->dead[block];
	spin_unlock(&chunk->lock[block]);
	return dead;
}

/**
 * mheap_release_continue - go on with the releases that were left to the worker
 * @heap: the heap
 *
 * Context: May sleep; not entered. Several may be at it.
 */
void mheap_release_continue(struct mheap_heap *heap)
{
	struct mheap_chunk *chunk;
	u32 block;

	atomic_inc(&heap->releasing);
	while ((chunk = mheap_table_first(&heap->table, MHEAP_LIST_DEAD))) {
		mheap_table_unlist(&heap->table, chunk, MHEAP_LIST_DEAD);
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			while (has_dead(chunk, block) && continue_block(heap, chunk, block))
				cond_resched();
	}
	atomic_dec(&heap->releasing);
	heap->ops->released(heap);
}
EXPORT_SYMBOL_MHEAP(mheap_release_continue);

/**
 * mheap_release_pending - is a release waiting or being continued?
 * @heap: the heap
 *
 * Context: Any that may take a spinlock.
 * Return: true if objects are dead and not all of them are freed.
 */
bool mheap_release_pending(struct mheap_heap *heap)
{
	/* mheap_release_continue() counts itself before it empties the list. */
	return mheap_table_first(&heap->table, MHEAP_LIST_DEAD) ||
	       atomic_read(&heap->releasing);
}
EXPORT_SYMBOL_MHEAP(mheap_release_pending);
