// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sweep. First all counts are put right, then everything is freed: freeing as we
 * go would give a number away that a later object of the sweep still refers to,
 * and the new owner would lose a reference that was never its own.
 *
 * Nobody but the collection can get at garbage, so it needs no lock to look into
 * it. Its bits in the table are shared with its neighbours.
 */
#include "annex.h"
#include "body.h"
#include "count.h"
#include "release.h"
#include "sweep.h"

/* What is to be freed: garbage, and the dead that the worker leaves to the sweep. */
static struct mheap_run garbage_run(struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = mheap_scope_unreached(chunk, block);

	if (likely(!run.left))
		return run;
	spin_lock(&chunk->lock[block]);
	run.left &= chunk->tracked[block] | chunk->dead[block];
	spin_unlock(&chunk->lock[block]);
	return run;
}

/*
 * An object that survives loses a reference from garbage. If that was the last, and
 * there is more to it than its number and body, the worker takes it apart.
 */
static void lose(struct mheap_heap *heap, struct mheap_tally *tally,
		 struct mheap_chunk *chunk, u32 object)
{
	struct mheap_run run = {
		.base = object & ~(MHEAP_BLOCK_OBJECTS - 1),
		.left = mheap_bit(object),
	};

	if (!mheap_count_lose(&chunk->count[mheap_index(object)], MHEAP_INSIDE))
		return;
	if (chunk->slots[mheap_index(object)] || mheap_annex_of(chunk, object))
		mheap_release_later(heap, &heap->arena, object);
	else
		mheap_release_numbers(heap, tally, chunk, &run);
}

static void cut_object(struct mheap_heap *heap, struct mheap_tally *tally,
		       struct mheap_chunk *holder, u32 object)
{
	struct mheap_chunk *chunk;
	u32 slots, i;
	const u32 *slot = mheap_body_slots(holder, mheap_index(object), &slots);

	atomic64_set(&holder->count[mheap_index(object)], 0);
	for (i = 0; i < slots; i++) {
		if (!slot[i])
			continue;
		chunk = mheap_chunk_of(&heap->table, slot[i]);
		if (!mheap_is_unreached(chunk, slot[i]))
			lose(heap, tally, chunk, slot[i]);
	}
}

/**
 * mheap_sweep_cut - cut garbage off from everything else
 * @scope: of a collection; the verdict is final
 * @tally: where to count leaves that die of it
 *
 * Context: A collection. May sleep.
 */
void mheap_sweep_cut(struct mheap_scope *scope, struct mheap_tally *tally)
{
	struct mheap_chunk *chunk;
	struct mheap_run run;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			if (unlikely(READ_ONCE(chunk->annex)))
				mheap_ephemeron_cut(scope->heap, chunk, block);
			run = garbage_run(chunk, block);
			while (run.left)
				cut_object(scope->heap, tally, chunk, mheap_run_next(&run));
		}
}

/* How many objects of a run had died before the verdict. */
static u64 count_dead(struct mheap_chunk *chunk, u32 block, struct mheap_run run)
{
	u64 dead;

	spin_lock(&chunk->lock[block]);
	dead = chunk->dead[block] & run.left;
	spin_unlock(&chunk->lock[block]);
	return hweight64(dead);
}

/* All mark bits are set again. Return: are there free numbers? */
static bool set_marks(struct mheap_chunk *chunk, u32 block)
{
	bool free;

	spin_lock(&chunk->lock[block]);
	WRITE_ONCE(chunk->mark[block], ~0ULL);
	free = chunk->free[block];
	spin_unlock(&chunk->lock[block]);
	return free;
}

/* Return: how many objects of a block were garbage. */
static u64 free_block(struct mheap_heap *heap, struct mheap_tally *tally,
		      struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = garbage_run(chunk, block);
	u64 garbage;

	if (!run.left)
		return 0;
	garbage = hweight64(run.left) - count_dead(chunk, block, run);
	mheap_release_numbers(heap, tally, chunk, &run);
	return garbage;
}

/*
 * Dead objects that the worker has left to the collection, and that it reached. A
 * look without locks: who adds another one meanwhile lists the chunk as well.
 */
static __no_kcsan bool has_dead(const struct mheap_chunk *chunk)
{
	u32 block;

	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
		if (READ_ONCE(chunk->dead[block]))
			return true;
	return false;
}

/*
 * Free numbers of a block that nobody has listed, although the mark bits are set
 * by now: their objects died first and were touched before. A look without locks:
 * behind the last handshake whoever frees another one sees the mark bits.
 */
static __no_kcsan bool has_free(const struct mheap_chunk *chunk, u32 block)
{
	return READ_ONCE(chunk->free[block]);
}

/* What waited for the sweep of a chunk. */
static void list_again(struct mheap_heap *heap, struct mheap_chunk *chunk, bool free)
{
	if (free)
		mheap_table_list(&heap->table, chunk, MHEAP_LIST_FREE);
	if (has_dead(chunk)) {
		mheap_table_list(&heap->table, chunk, MHEAP_LIST_DEAD);
		heap->ops->release(heap);
	}
}

/**
 * mheap_sweep_free - free bodies and numbers of garbage
 * @scope: of a collection; garbage is cut off
 * @tally: where to count it
 *
 * Sets all mark bits again. Numbers that became free while the collection ran can
 * be taken from then on.
 *
 * Context: A collection. May sleep.
 * Return: How many objects were garbage.
 */
u64 mheap_sweep_free(struct mheap_scope *scope, struct mheap_tally *tally)
{
	struct mheap_chunk *chunk;
	u64 garbage = 0;
	bool free;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope))) {
		free = false;
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			if (likely(!mheap_unreached(chunk, block))) {
				free |= has_free(chunk, block);
				continue;
			}
			garbage += free_block(scope->heap, tally, chunk, block);
			free |= set_marks(chunk, block);
		}
		list_again(scope->heap, chunk, free);
	}
	tally->collected += garbage;
	return garbage;
}

/**
 * mheap_sweep_pardon - let everything live
 * @scope: of a collection
 *
 * Sets all mark bits again, and leaves the dead to the worker.
 *
 * Context: A collection. May sleep.
 */
void mheap_sweep_pardon(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	bool free;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope))) {
		free = false;
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			if (mheap_unreached(chunk, block))
				free |= set_marks(chunk, block);
		list_again(scope->heap, chunk, free);
	}
}
