// SPDX-License-Identifier: GPL-2.0-only
/*
 * A collection, step by step. It finds the unreachable objects of a set: of
 * generations 0 to N, or in a full collection of the whole heap.
 *
 * Why what it frees is garbage: with the gate held for writing nobody is at
 * work, and every reference is a count from outside, or in the slot of an
 * object, alive or dead and waiting for its release. In a full collection the
 * marking starts from everything that has a count from outside or waits for its
 * release. In a young one it starts from everything whose count is not explained
 * by slots inside the set; slots of objects outside the set, those that wait for
 * their release included, are never subtracted. So what is not reached is
 * referred to by nothing but what is not reached.
 *
 * Why no garbage is left: an unreachable object is not reached by marking, so a
 * full collection frees it, unless it hangs on a dead object that waits for its
 * release. mheap_collect() has those released before it begins.
 */
#include "collect.h"
#include "count.h"
#include "mark.h"
#include "release.h"
#include "scope.h"
#include "sweep.h"
#include "trial.h"

/* Clear the mark bits of the set. Return: how many objects it has. */
static u64 clear_marks(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	u64 visited = 0;
	u64 members;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			members = mheap_scope_block(scope, chunk, block);
			chunk->mark[block] = ~members;
			visited += hweight64(members);
		}
	return visited;
}

static void reach_roots_of(struct mheap_mark *mark, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = {
		.base = chunk->base + block * MHEAP_BLOCK_OBJECTS,
		.left = mheap_scope_unreached(chunk, block),
	};
	u32 object;
	u64 count;

	while (run.left) {
		object = mheap_run_next(&run);
		count = atomic64_read(&chunk->count[mheap_index(object)]);
		if (mheap_count_outside(count) || chunk->dead[block] & mheap_bit(object))
			mheap_mark_reach(mark, object);
	}
	mheap_mark_drain(mark);
}

/* Reach from the exact roots. */
static void mark_from_roots(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	struct mheap_mark mark;
	u32 block;

	mheap_mark_init(&mark, scope);
	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			reach_roots_of(&mark, chunk, block);
	mheap_mark_finish(&mark);
	mheap_mark_fini(&mark);
}

/* Reach from what is held from outside a young set. */
static int mark_from_trial(struct mheap_scope *scope)
{
	struct mheap_mark mark;
	int error;

	error = mheap_trial_begin(scope);
	if (!error) {
		mheap_trial_subtract(scope);
		mheap_mark_init(&mark, scope);
		mheap_trial_reach(scope, &mark);
		mheap_mark_finish(&mark);
		mheap_mark_fini(&mark);
	}
	mheap_trial_end(scope);
	return error;
}

/*
 * Reach what is alive. Trial deletion needs memory for its counts; without it
 * the whole heap is collected instead, which needs none.
 */
static u64 mark_alive(struct mheap_scope *scope)
{
	u64 visited = clear_marks(scope);

	if (scope->generation < MHEAP_OLDEST && mark_from_trial(scope)) {
		scope->generation = MHEAP_OLDEST;
		visited = clear_marks(scope);
	}
	if (scope->generation == MHEAP_OLDEST)
		mark_from_roots(scope);
	return visited;
}

/* With the heap held still. */
static void collect_still(struct mheap_heap *heap, struct mheap_collection *collection)
{
	struct mheap_scope scope = { .heap = heap, .generation = collection->generation };
	struct mheap_tally tally = {};

	collection->visited = mark_alive(&scope);
	collection->generation = scope.generation;
	mheap_generations_begin(&heap->generations, scope.generation);
	mheap_sweep_cut(&scope, &tally);
	collection->freed = mheap_sweep_free(&scope, &tally);
	collection->unreachable = collection->freed;
	collection->promoted = mheap_sweep_promote(&scope);
	mheap_heap_book(heap, &tally);
}

static int collect(struct mheap_heap *heap, u32 generation,
		   struct mheap_collection *collection)
{
	u64 begin;

	lockdep_assert_held(&heap->collecting);
	memset(collection, 0, sizeof(*collection));
	collection->generation = generation;
	if (down_write_killable(&heap->gate))
		return -EINTR;
	begin = ktime_get_ns();
	collect_still(heap, collection);
	up_write(&heap->gate);
	collection->nanoseconds = ktime_get_ns() - begin;
	mheap_generations_end(&heap->generations, collection);
	return 0;
}

/**
 * mheap_collect - collect now
 * @heap: the heap
 * @generation: the oldest one to be collected, 0 to 2; without memory for a
 *              young collection the whole heap is collected
 * @collection: filled with what was done
 *
 * Context: May sleep; not entered.
 * Return: 0, -EINVAL if there is no such generation, or -EINTR if a signal kills
 * the caller, and nothing is collected.
 */
int mheap_collect(struct mheap_heap *heap, u32 generation,
		  struct mheap_collection *collection)
{
	int error;

	if (generation > MHEAP_OLDEST)
		return -EINVAL;
	mheap_release_continue(heap);
	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	error = collect(heap, generation, collection);
	mutex_unlock(&heap->collecting);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_collect);

/**
 * mheap_collect_due - collect the generation that is due, if one is
 * @heap: the heap
 *
 * Context: May sleep; not entered. For the worker, which no signal reaches.
 */
void mheap_collect_due(struct mheap_heap *heap)
{
	struct mheap_collection collection;
	int generation;

	mutex_lock(&heap->collecting);
	generation = mheap_generations_due(&heap->generations);
	if (generation >= 0)
		collect(heap, generation, &collection);
	mutex_unlock(&heap->collecting);
}
EXPORT_SYMBOL_MHEAP(mheap_collect_due);
