// SPDX-License-Identifier: GPL-2.0-only
/*
 * The garbage list: adding what a collection would free, and clearing it.
 *
 * Objects are added when the verdict is as good as final: everybody has agreed that
 * they were not reached, and who wants to upgrade a weak handle to one of them waits.
 * So nobody else changes their counts, and all of them that are alive have references
 * from slots of each other only, or of the dead that the worker leaves alone. Each
 * gains a reference and is touched; the collection looks again, and reaches them and
 * all that they refer to. Behind that they are objects with a root like any other.
 *
 * Memory is asked for before the verdict. What is unreached only becomes less from
 * then on; where there was no memory the objects are touched, and so live on until a
 * collection that has some finds them again.
 */
#include "count.h"
#include "garbage.h"
#include "heap.h"
#include "object.h"
#include "release.h"
#include "scope.h"

/**
 * mheap_garbage_fini - forget the list
 * @heap: that ends, with all its objects
 *
 * Context: May sleep.
 */
void mheap_garbage_fini(struct mheap_heap *heap)
{
	u32 i;

	for (i = 0; i < heap->table.chunks; i++) {
		kfree(heap->table.directory->chunk[i]->garbage);
		cond_resched();
	}
}

static bool has_unreached(const struct mheap_chunk *chunk)
{
	u32 block;

	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
		if (mheap_unreached(chunk, block))
			return true;
	return false;
}

static void prepare_chunk(struct mheap_chunk *chunk)
{
	u64 *garbage;

	if (chunk->garbage || !has_unreached(chunk))
		return;
	garbage = kcalloc(MHEAP_CHUNK_BLOCKS, sizeof(*garbage), MHEAP_GFP_OWN);
	if (!garbage)
		return;
	/* Pairs with the acquire in mheap_garbage_of(). */
	smp_store_release(&chunk->garbage, garbage);
}

/**
 * mheap_garbage_prepare - make room for what may have to be kept
 * @scope: of a collection; roots have been reached
 *
 * Context: A collection. May sleep.
 */
void mheap_garbage_prepare(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;

	if (likely(!scope->save))
		return;
	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		prepare_chunk(chunk);
}

/*
 * Add objects of a block to the list, as far as there is one. The block is locked. None
 * of them has a reference from outside, so there is room for one in its count. Return:
 * how many were added.
 */
static u32 add(struct mheap_chunk *chunk, u32 block, u64 objects)
{
	struct mheap_run run = { .base = chunk->base + block * MHEAP_BLOCK_OBJECTS };

	lockdep_assert_held(&chunk->lock[block]);
	if (!chunk->garbage)
		return 0;
	for (run.left = objects; run.left;)
		atomic64_add(MHEAP_OUTSIDE, &chunk->count[mheap_index(mheap_run_next(&run))]);
	chunk->garbage[block] |= objects;
	return hweight64(objects);
}

/* Of objects that were not reached, those that are alive. The block is locked. */
static u64 alive_of(struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = mheap_scope_unreached(chunk, block);
	u64 alive = 0;
	u32 object;

	lockdep_assert_held(&chunk->lock[block]);
	run.left &= chunk->tracked[block];
	while (run.left) {
		object = mheap_run_next(&run);
		if (atomic64_read(&chunk->count[mheap_index(object)]))
			alive |= mheap_bit(object);
	}
	return alive;
}

/* Return: how many objects of the block are touched now and will be reached. */
static u32 keep_block(struct mheap_scope *scope, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_garbage *garbage = &scope->heap->garbage;
	u32 kept, added;
	u64 objects;

	if (likely(!mheap_unreached(chunk, block)))
		return 0;
	spin_lock(&chunk->lock[block]);
	objects = alive_of(chunk, block);
	atomic64_or(objects, &chunk->touched[block]);
	added = add(chunk, block, objects);
	spin_unlock(&chunk->lock[block]);
	kept = hweight64(objects);
	scope->kept += added;
	atomic64_add(added, &garbage->count);
	atomic64_add(kept - added, &garbage->pardoned);
	return kept;
}

/**
 * mheap_garbage_keep - keep what would be freed
 * @scope: of a collection whose verdict is as good as final
 *
 * Context: A collection, in MHEAP_PHASE_VERDICT and behind the handshake, with
 * heap->verdict held. May sleep.
 * Return: true if there is something that is touched now and was not reached yet.
 */
bool mheap_garbage_keep(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	bool kept = false;
	u32 block;

	lockdep_assert_held(&scope->heap->verdict);
	if (likely(!scope->save))
		return false;
	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			kept |= keep_block(scope, chunk, block);
	return kept;
}

/* Take some objects of a block off the list. @garbage: that of their chunk. */
static struct mheap_run take_some(struct mheap_chunk *chunk, u64 *garbage, u32 block)
{
	struct mheap_run run = { .base = chunk->base + block * MHEAP_BLOCK_OBJECTS };

	spin_lock(&chunk->lock[block]);
	run.left = garbage[block];
	garbage[block] = 0;
	spin_unlock(&chunk->lock[block]);
	return run;
}

/* Drop references that the list had, in as many sections as it takes. */
static void drop(struct mheap_heap *heap, struct mheap_run *run)
{
	struct mheap_lane *lane = &heap->worker;
	u32 object;

	while (run->left) {
		mheap_lane_enter(lane);
		while (run->left && !mheap_lane_is_tired(lane)) {
			object = mheap_run_next(run);
			if (mheap_count_lose(mheap_count_of(heap, object), MHEAP_OUTSIDE))
				mheap_release(lane, object);
		}
		mheap_lane_leave(lane);
		cond_resched();
	}
}

/*
 * Whoever reads the bitmap has a block locked. So the bits of a block go first, and when
 * all blocks have been locked once behind the store nobody is in the bitmap any more.
 */
static void clear_chunk(struct mheap_heap *heap, struct mheap_chunk *chunk)
{
	u64 *garbage = chunk->garbage;
	struct mheap_run run;
	u32 block;

	if (likely(!garbage))
		return;
	WRITE_ONCE(chunk->garbage, NULL);
	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
		run = take_some(chunk, garbage, block);
		atomic64_sub(hweight64(run.left), &heap->garbage.count);
		drop(heap, &run);
	}
	kfree(garbage);
}

/**
 * mheap_garbage_clear - drop all references that the list has
 * @heap: the heap
 *
 * What is held by nothing else is garbage again, and the next collection's. Waits for
 * a collection that is under way.
 *
 * Context: May sleep; not entered.
 * Return: 0, or -EINTR if a signal kills the caller, and nothing is done.
 */
int mheap_garbage_clear(struct mheap_heap *heap)
{
	u32 i;

	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	for (i = 0; i < mheap_table_chunks(&heap->table); i++) {
		clear_chunk(heap, mheap_chunk_of(&heap->table, i << MHEAP_CHUNK_SHIFT));
		cond_resched();
	}
	mutex_unlock(&heap->collecting);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_garbage_clear);
