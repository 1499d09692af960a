// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sweep. First all counts are put right, then everything is freed: freeing as we
 * go would give a number away that a later object of the sweep still refers to,
 * and the new owner would lose a reference that was never its own.
 */
#include "body.h"
#include "count.h"
#include "release.h"
#include "sweep.h"

static struct mheap_run garbage_run(const struct mheap_chunk *chunk, u32 block)
{
	return (struct mheap_run){
		.base = chunk->base + block * MHEAP_BLOCK_OBJECTS,
		.left = mheap_scope_unreached(chunk, block),
	};
}

/* An object that survives loses a reference from garbage. */
static void lose(struct mheap_heap *heap, struct mheap_tally *tally,
		 struct mheap_chunk *chunk, u32 object)
{
	struct mheap_run run = {
		.base = object & ~(MHEAP_BLOCK_OBJECTS - 1),
		.left = mheap_bit(object),
	};

	if (!mheap_count_lose(&chunk->count[mheap_index(object)], MHEAP_INSIDE))
		return;
	if (chunk->tracked[mheap_block(object)] & mheap_bit(object))
		mheap_release_later(heap, object);
	else
		mheap_release_numbers(heap, tally, chunk, &run);
}

static void cut_object(struct mheap_heap *heap, struct mheap_tally *tally,
		       struct mheap_chunk *holder, u32 object)
{
	struct mheap_chunk *chunk;
	u32 slots, i;
	u32 *slot = mheap_body_slots(holder, mheap_index(object), &slots);

	/* From now on no weak reference to it can be upgraded. */
	atomic64_set(&holder->count[mheap_index(object)], 0);
	for (i = 0; i < slots; i++) {
		if (!slot[i])
			continue;
		chunk = mheap_chunk_of(&heap->table, slot[i]);
		if (!(mheap_scope_unreached(chunk, mheap_block(slot[i])) & mheap_bit(slot[i])))
			lose(heap, tally, chunk, slot[i]);
	}
}

/**
 * mheap_sweep_cut - cut garbage off from everything else
 * @scope: what was collected; marking is finished
 * @tally: where to count leaves that die of it
 *
 * Context: Gate held for writing. May sleep.
 */
void mheap_sweep_cut(struct mheap_scope *scope, struct mheap_tally *tally)
{
	struct mheap_chunk *chunk;
	struct mheap_run run;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			run = garbage_run(chunk, block);
			while (run.left)
				cut_object(scope->heap, tally, chunk, mheap_run_next(&run));
		}
}

/**
 * mheap_sweep_free - free bodies and numbers of garbage
 * @scope: what was collected; garbage is cut off
 * @tally: where to count it
 *
 * Sets the mark bits of garbage, so that all are set again behind it.
 *
 * Context: Gate held for writing. May sleep.
 * Return: How many objects were freed.
 */
u64 mheap_sweep_free(struct mheap_scope *scope, struct mheap_tally *tally)
{
	struct mheap_chunk *chunk;
	struct mheap_run run;
	u64 freed = 0;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			run = garbage_run(chunk, block);
			freed += hweight64(run.left);
			if (run.left)
				mheap_release_numbers(scope->heap, tally, chunk, &run);
			chunk->mark[block] = ~0ULL;
		}
	tally->collected += freed;
	return freed;
}

/* Move the survivors of a chunk up. Return: how many came into generation 2. */
static u64 promote_chunk(struct mheap_scope *scope, struct mheap_chunk *chunk)
{
	u64 promoted = 0;
	u64 left = 0;
	u32 block;

	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
		if (scope->generation == 0) {
			chunk->young[1][block] |= chunk->young[0][block];
		} else {
			promoted += hweight64(chunk->young[0][block] |
					      chunk->young[1][block]);
			chunk->young[1][block] = 0;
		}
		chunk->young[0][block] = 0;
		left |= chunk->young[1][block];
	}
	if (!left)
		mheap_table_unlist(&scope->heap->table, chunk, MHEAP_LIST_YOUNG);
	return promoted;
}

/**
 * mheap_sweep_promote - move survivors up to the next generation
 * @scope: what was collected; garbage is freed
 *
 * Context: Gate held for writing. May sleep.
 * Return: How many objects came into generation 2.
 */
u64 mheap_sweep_promote(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	u64 promoted = 0;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		promoted += promote_chunk(scope, chunk);
	return promoted;
}
