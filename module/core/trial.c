// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trial deletion (Christopher, "Reference count garbage collection", 1984, as
 * CPython does it): take the counts of a set, subtract the references that come
 * from inside the set, and what is left over zero is held from outside. It looks
 * at nothing but the set, so a young collection costs the same in a heap of any
 * size.
 */
#include "body.h"
#include "count.h"
#include "trial.h"

/* Dead objects hold no count, but hold others until the worker has been there. */
static bool waits_for_release(const struct mheap_chunk *chunk, u32 object)
{
	return chunk->dead[mheap_block(object)] & mheap_bit(object);
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

static struct mheap_run scope_run(const struct mheap_scope *scope,
				  const struct mheap_chunk *chunk, u32 block)
{
	return (struct mheap_run){
		.base = chunk->base + block * MHEAP_BLOCK_OBJECTS,
		.left = mheap_scope_block(scope, chunk, block),
	};
}

/**
 * mheap_trial_begin - take the counts of the set
 * @scope: the set
 *
 * Context: Gate held for writing.
 * Return: 0, or -ENOMEM; mheap_trial_end() must follow in any case.
 */
int mheap_trial_begin(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope))) {
		chunk->trial = kmalloc_array(MHEAP_CHUNK_OBJECTS, sizeof(*chunk->trial),
					     GFP_NOWAIT | __GFP_NOWARN);
		if (!chunk->trial)
			return -ENOMEM;
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			take_counts(chunk, scope_run(scope, chunk, block));
	}
	return 0;
}

static void subtract_slots(struct mheap_heap *heap, const struct mheap_chunk *holder, u32 object)
{
	struct mheap_chunk *chunk;
	u32 slots, i;
	const u32 *slot = mheap_body_slots(holder, mheap_index(object), &slots);

	for (i = 0; i < slots; i++) {
		if (!slot[i])
			continue;
		chunk = mheap_chunk_of(&heap->table, slot[i]);
		if (mheap_scope_unreached(chunk, mheap_block(slot[i])) & mheap_bit(slot[i]))
			chunk->trial[mheap_index(slot[i])]--;
	}
}

/**
 * mheap_trial_subtract - take away the references from inside the set
 * @scope: the set; nothing of it has been reached
 *
 * Context: Gate held for writing. May sleep.
 */
void mheap_trial_subtract(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	struct mheap_run run;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			run = scope_run(scope, chunk, block);
			while (run.left)
				subtract_slots(scope->heap, chunk, mheap_run_next(&run));
		}
}

/**
 * mheap_trial_reach - reach from what is held from outside
 * @scope: the set
 * @mark: marking of the set
 *
 * Context: Gate held for writing. May sleep.
 */
void mheap_trial_reach(struct mheap_scope *scope, struct mheap_mark *mark)
{
	struct mheap_chunk *chunk;
	struct mheap_run run;
	u32 block, object;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			run = scope_run(scope, chunk, block);
			while (run.left) {
				object = mheap_run_next(&run);
				if (chunk->trial[mheap_index(object)] ||
				    waits_for_release(chunk, object))
					mheap_mark_reach(mark, object);
			}
			mheap_mark_drain(mark);
		}
}

/**
 * mheap_trial_end - forget the counts
 * @scope: the set
 *
 * Context: Gate held for writing. May sleep.
 */
void mheap_trial_end(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope))) {
		kfree(chunk->trial);
		chunk->trial = NULL;
	}
}
