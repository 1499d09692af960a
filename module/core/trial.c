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

/* Subtract some references. The block of the holder is locked. */
static void subtract_some(struct mheap_heap *heap, const u32 *slot, u32 slots)
{
	struct mheap_chunk *chunk;
	u32 i;

	for (i = 0; i < slots; i++) {
		if (!slot[i])
			continue;
		chunk = mheap_chunk_of(&heap->table, slot[i]);
		if (mheap_is_unreached(chunk, slot[i]))
			chunk->trial[mheap_index(slot[i])]--;
	}
}

static void subtract_slots(struct mheap_heap *heap, struct mheap_chunk *holder, u32 object)
{
	u32 from = 0;
	u32 slots, some;
	const u32 *slot;

	do {
		spin_lock(&holder->lock[mheap_block(object)]);
		slot = mheap_body_slots(holder, mheap_index(object), &slots);
		some = from < slots ? min(slots - from, PIECE) : 0;
		subtract_some(heap, slot + from, some);
		spin_unlock(&holder->lock[mheap_block(object)]);
		from += some;
	} while (unlikely(some == PIECE));
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
	struct mheap_run run;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			run = mheap_scope_unreached(chunk, block);
			while (run.left)
				subtract_slots(scope->heap, chunk, mheap_run_next(&run));
		}
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
	mheap_mark_drain(mark);
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
