// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trial deletion (Christopher, "Reference count garbage collection", 1984, as
 * CPython does it): take the counts of a set, subtract the references that come
 * from inside the set, and what is left over zero is held from outside. It looks
 * at nothing but the set, so a young collection costs the same in a heap of any
 * size.
 *
 * Programs go on meanwhile. The count of an object is read first, and slots later.
 * References that come between are touched; those that go between are subtracted
 * too seldom. So the count that is left of an object that is not touched is never
 * less than the references it has from outside the set; that of a touched one may
 * be anything, and it is reached all the same.
 */
#include "body.h"
#include "count.h"
#include "trial.h"

#define PIECE		64U	/* slots looked at under one lock */

/**
 * mheap_trial_init - make room for the counts
 * @scope: of a young collection
 *
 * Context: A collection. May sleep.
 * Return: 0, or -ENOMEM; mheap_trial_fini() must follow in any case.
 */
int mheap_trial_init(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope))) {
		chunk->trial = kmalloc_array(MHEAP_CHUNK_OBJECTS, sizeof(*chunk->trial),
					     GFP_NOWAIT | __GFP_NOWARN);
		if (!chunk->trial)
			return -ENOMEM;
	}
	return 0;
}

/**
 * mheap_trial_fini - forget the counts
 * @scope: of a young collection
 *
 * Context: A collection. May sleep.
 */
void mheap_trial_fini(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope))) {
		kfree(chunk->trial);
		chunk->trial = NULL;
	}
}

static void take_counts(struct mheap_chunk *chunk, struct mheap_run run)
{
	u32 object;
	u64 count;

	while (run.left) {
		object = mheap_run_next(&run);
		count = atomic64_read(&chunk->count[mheap_index(object)]);
		chunk->trial[mheap_index(object)] = mheap_count_inside(count) +
						    mheap_count_outside(count);
	}
}

static void subtract_reference(struct mheap_heap *heap, u32 target)
{
	struct mheap_chunk *chunk;

	if (!target)
		return;
	chunk = mheap_chunk_of(&heap->table, target);
	if (mheap_is_unreached(chunk, target))
		chunk->trial[mheap_index(target)]--;
}

/*
 * Subtract references from inside a block, which is locked, up to PIECE slots.
 * @run: holders; emptied of those that are done with. @from: the slot to begin
 * with, of the first of them; set to where to go on.
 */
static void subtract_some(struct mheap_heap *heap, struct mheap_chunk *chunk,
			  struct mheap_run *run, u32 *from)
{
	const u32 *slot;
	u32 left = PIECE;
	u32 slots;

	while (run->left) {
		slot = mheap_body_slots(chunk, __ffs64(run->left) + mheap_index(run->base),
					&slots);
		for (; *from < slots && left; left--)
			subtract_reference(heap, slot[(*from)++]);
		if (*from < slots)
			return;
		mheap_run_next(run);
		*from = 0;
	}
}

static void subtract_block(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = mheap_scope_unreached(chunk, block);
	u32 from = 0;

	while (run.left) {
		spin_lock(&chunk->lock[block]);
		subtract_some(heap, chunk, &run, &from);
		spin_unlock(&chunk->lock[block]);
	}
}

static void take_all_counts(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			take_counts(chunk, mheap_scope_unreached(chunk, block));
}

static void subtract_all(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			subtract_block(scope->heap, chunk, block);
}

static void reach_block(struct mheap_mark *mark, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = mheap_scope_unreached(chunk, block);
	u32 object;

	while (run.left) {
		object = mheap_run_next(&run);
		if (chunk->trial[mheap_index(object)])
			mheap_mark_reach(mark, object);
	}
}

/**
 * mheap_trial_reach - reach from what is held from outside the set
 * @scope: of a young collection; nothing of it has been reached
 * @mark: marking of it
 *
 * Context: A collection. May sleep.
 */
void mheap_trial_reach(struct mheap_scope *scope, struct mheap_mark *mark)
{
	struct mheap_chunk *chunk;
	u32 block;

	take_all_counts(scope);
	subtract_all(scope);
	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			reach_block(mark, chunk, block);
}
