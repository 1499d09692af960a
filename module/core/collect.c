// SPDX-License-Identifier: GPL-2.0-only
/*
 * A collection, step by step, beside programs that go on. It finds the
 * unreachable objects of a set S: the objects that were in generations 0 to N, or
 * in a full collection all objects with slots, when the census came to them.
 *
 *	touch	programs mark what they gain references to (touch.h)
 *	H1	handshake (lane.h): everybody does
 *	census	S is fixed (census.c)
 *	reach	from the objects of S with references from outside of it: in a full
 *		collection those are the counts from outside, in a young one what
 *		trial deletion leaves (mark.c, trial.c)
 *	H2	handshake: what was touched before is seen
 *	look	reach from what was touched, until there is nothing new (verdict.c)
 *	H3	handshake: nobody has upgraded a weak handle since, else look again;
 *		and nobody owes a reference that was taken out of a slot any more
 *	cut	what survives loses its references from garbage (sweep.c)
 *	free	garbage goes
 *
 * Why what is freed is garbage. Let w be in S and unreached behind H3, and suppose
 * that a program gains a reference to it in a section behind H2, where nobody has
 * upgraded a weak handle to it; take the first such gain of any such object. It
 * was loaded from a slot of an object v that the program held.
 *
 * - v is in S and unreached. The program's reference to v was not gained behind
 *   H2, as this is the first gain. It was not gained between H1 and H2 either: v
 *   would be touched, visibly behind H2, and look would have reached it. So it was
 *   held since before H1, and v was a root when reach read its count.
 * - v is in S and reached. Its slots were scanned, each under the lock of v's
 *   block. Where w was in the slot, w was reached. Where it was loaded and the slot
 *   overwritten before the scan, its touch mark was set under that lock before the
 *   scan, and a look followed. Where it was stored behind the scan, the storing
 *   section held w and touched it: before H2, then look has seen that; or behind
 *   H2, then w was gained before H2 and touched, or held from before H1 until then
 *   and a root.
 * - v is not in S. A reference that its slot had before H1 is one from outside of S
 *   to a young collection, and v has none in a full one: what is born before H1 is
 *   in S (mheap_scope_widen()). One that was stored later is as in the case before.
 *
 * An object of S that loses all its slots is no tracked object any more, but it is
 * touched then, so it is reached unless it has died.
 *
 * So nobody gains a reference to w. What was gained by an upgrade is touched and
 * counted, and the collection looks again; verdict.c has that argument.
 *
 * tests/model/ has the same as a model, explored in every interleaving, and what
 * goes wrong where a step is left out; H2 is there for the memory order alone.
 *
 * Why counts are right. A section that overwrote a slot may owe a decrement to what
 * was in it; H3 ends it. Behind H3 the references to an unreached object are in the
 * slots of unreached objects only: alive or dead and left to the worker, who leaves
 * them alone during the sweep. So the sweep may ignore references among them, and
 * nobody else ever looks at them. A number of S that was not reached is not given
 * out before all mark bits of its block are set again, so a clear mark bit never
 * speaks of a newer object.
 *
 * Why no garbage is left. What is unreachable when a full collection begins is
 * touched by nobody and not reached, unless a reference to it was in flight; so it
 * is freed by that collection or the next. An unreachable object that hangs on a
 * dead one is freed with it.
 *
 * What programs may have to wait for: the lock of a block, held by a collection for
 * 64 bits, 64 counts or 64 slots; the lock of their lane, held for no work at all;
 * heap->verdict, which only the upgrade of a weak handle to an unreached object
 * waits for, and which is held until the sections under way have ended.
 */
#include "census.h"
#include "collect.h"
#include "count.h"
#include "mark.h"
#include "release.h"
#include "scope.h"
#include "sweep.h"
#include "trial.h"
#include "verdict.h"

static void reach_roots_of(struct mheap_mark *mark, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = mheap_scope_unreached(chunk, block);
	u32 object;

	while (run.left) {
		object = mheap_run_next(&run);
		if (mheap_count_outside(atomic64_read(&chunk->count[mheap_index(object)])))
			mheap_mark_reach(mark, object);
	}
	mheap_mark_drain(mark);
}

/* Reach from the exact roots. */
static void reach_roots(struct mheap_scope *scope, struct mheap_mark *mark)
{
	struct mheap_chunk *chunk;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			reach_roots_of(mark, chunk, block);
}

/* Reach what is alive. */
static void reach(struct mheap_scope *scope)
{
	struct mheap_mark mark;

	mheap_mark_init(&mark, scope->heap);
	if (scope->generation == MHEAP_OLDEST)
		reach_roots(scope, &mark);
	else
		mheap_trial_reach(scope, &mark);
	mheap_mark_finish(&mark, scope);
	mheap_lane_handshake(scope->heap);
	mheap_verdict_reach(scope, &mark);
	mheap_mark_fini(&mark);
}

static void end_scope(struct mheap_scope *scope)
{
	if (scope->generation < MHEAP_OLDEST)
		mheap_trial_fini(scope);
	mheap_scope_fini(scope);
}

/*
 * A young collection needs memory for its counts; without it the whole heap is
 * collected instead, which needs none.
 */
static void begin_scope(struct mheap_scope *scope, struct mheap_heap *heap, u32 generation)
{
	int error = mheap_scope_init(scope, heap, generation);

	if (!error && generation < MHEAP_OLDEST)
		error = mheap_trial_init(scope);
	if (error) {
		end_scope(scope);
		mheap_scope_init(scope, heap, MHEAP_OLDEST);
	}
}

static void book(struct mheap_heap *heap, const struct mheap_tally *tally)
{
	mheap_lanes_book(&heap->lanes, tally);
	mheap_peak_change(heap, tally->bytes);
	if (tally->tracked)
		mheap_generations_born(&heap->generations, tally->tracked);
}

static void sweep(struct mheap_scope *scope, struct mheap_collection *collection)
{
	struct mheap_tally tally = {};

	mheap_sweep_cut(scope, &tally);
	collection->freed = mheap_sweep_free(scope, &tally);
	collection->unreachable = collection->freed;
	if (scope->generation == 1)
		collection->promoted = collection->visited - collection->freed;
	if (scope->generation == MHEAP_OLDEST)
		mheap_ceiling_move(scope->heap, -tally.bytes);
	book(scope->heap, &tally);
}

static void collect_scope(struct mheap_scope *scope, struct mheap_collection *collection)
{
	struct mheap_heap *heap = scope->heap;

	collection->generation = scope->generation;
	mheap_generations_begin(&heap->generations, scope->generation);
	WRITE_ONCE(heap->phase, MHEAP_PHASE_MARK);
	mheap_census_prepare(scope);
	mheap_lane_handshake(heap);
	mheap_scope_widen(scope);
	if (scope->generation == MHEAP_OLDEST)
		mheap_ceiling_census(heap);
	collection->visited = mheap_census_take(scope);
	reach(scope);
	sweep(scope, collection);
	WRITE_ONCE(heap->phase, MHEAP_PHASE_IDLE);
	heap->ops->released(heap);
}

static void collect(struct mheap_heap *heap, u32 generation,
		    struct mheap_collection *collection)
{
	const u64 begin = ktime_get_ns();
	struct mheap_scope scope;

	lockdep_assert_held(&heap->collecting);
	memset(collection, 0, sizeof(*collection));
	begin_scope(&scope, heap, generation);
	collect_scope(&scope, collection);
	end_scope(&scope);
	collection->nanoseconds = ktime_get_ns() - begin;
	mheap_generations_end(&heap->generations, collection);
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
	if (generation > MHEAP_OLDEST)
		return -EINVAL;
	mheap_release_continue(heap);
	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	collect(heap, generation, collection);
	mutex_unlock(&heap->collecting);
	mheap_release_continue(heap);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_collect);

/**
 * mheap_collect_over_ceiling - collect the whole heap, if it has too much garbage
 * @heap: the heap
 *
 * Where somebody else is at it already, waiting for them may be enough.
 *
 * Context: May sleep; not entered. Return: 0, or -EINTR if a signal kills the
 * caller.
 */
int mheap_collect_over_ceiling(struct mheap_heap *heap)
{
	struct mheap_collection collection;

	mheap_release_continue(heap);
	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	if (mheap_ceiling_is_reached(heap))
		collect(heap, MHEAP_OLDEST, &collection);
	mutex_unlock(&heap->collecting);
	return 0;
}

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
	generation = mheap_ceiling_is_near(heap) ? (int)MHEAP_OLDEST :
						  mheap_generations_due(&heap->generations);
	if (generation >= 0)
		collect(heap, generation, &collection);
	mutex_unlock(&heap->collecting);
}
EXPORT_SYMBOL_MHEAP(mheap_collect_due);
