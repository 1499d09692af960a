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
 *		trial deletion leaves (mark.c, trial.c); and from permanent objects
 *	H2	handshake: what was touched before is seen
 *	look	reach from what was touched, until there is nothing new (verdict.c)
 *	H3	handshake: nobody has upgraded a weak handle since, else look again;
 *		and nobody owes a reference that was taken out of a slot any more
 *	keep	what is to outlive the collection is touched, then look again
 *		(garbage.c)
 *	cut	what survives loses its references from garbage (sweep.c)
 *	free	garbage goes
 *
 * Why what is freed is garbage. Let w be in S and unreached behind H3, and suppose
 * that a program gains a reference to it in a section behind H2, where nobody has
 * upgraded a weak handle to it nor found it by enumeration; take the first such gain
 * of any such object. It was loaded from a slot of an object v that the program held.
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
 * Permanent objects are no exception. To a young collection they are holders outside
 * of S. A full one has them in S, as one more kind of root: reach comes to each of
 * them that has not died, and scans its slots under their lock, so they are objects v
 * that are reached, and never an object w. What is permanent does not change while a
 * collection runs, as heap->collecting is held for that too; an object that dies, or
 * loses all its slots, ceases to be permanent as it ceases to be tracked.
 *
 * So nobody gains a reference to w. What was gained by an upgrade or by enumeration,
 * which both go through mheap_session_gain(), is touched and counted, and the
 * collection looks again; verdict.c has that argument. A dead object
 * that its releaser gives to the queue of finalizers is, to a collection, the same
 * as one that is upgraded; finalizer.c does the same for it.
 *
 * Rescue: before anything is freed, the garbage that has finalizers gets a reference
 * from the queue of them; where all garbage is to be kept, all of it gets one from the
 * garbage list. All of it is touched before anybody can find any of it there, so a look
 * reaches it, and then H3 is done again. Why is what is unreached then still garbage?
 * Let w be such an object, and take the first gain, behind the rescue, of any such
 * object: it was loaded from a slot of v that the program held. It did not hold v
 * before the rescue if v was unreached then: nobody did, behind H3. So it took v from
 * the queue, or v was gained behind the rescue, and so v is reached by now (or w was
 * not the first), by a look behind the rescue; or v was reached before. The slot was
 * scanned, and where w was not in it any more, or not yet, it goes on as above, with
 * the rescue for H2: nobody held w before. All finalizers of the garbage are found in
 * one rescue, and no unreached object gets one: who gives it one holds the object. So
 * the next time there are none left.
 *
 * An ephemeron in S that is reached may have an unreached value: its slot is one that
 * a program cannot load w from without being counted as for an upgrade, nor empty
 * behind H3; ephemeron.c has that argument, and why the value is reached where the key
 * is.
 *
 * tests/model/ has the same as a model, explored in every interleaving, and what
 * goes wrong where a step is left out; H2 is there for the memory order alone.
 *
 * Why counts are right. A section that overwrote a slot may owe a decrement to what
 * was in it; H3 ends it. Behind H3 the references to an unreached object are in the
 * slots of unreached objects only: alive or dead and left to the worker, who leaves
 * them alone during the sweep. Values of ephemerons are the exception, and are taken
 * out of their slots by the cut. So the sweep may ignore references among them, and
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
 * heap->verdict, which only the upgrade of a weak handle to an unreached object, the
 * load of such a value from an ephemeron, or an enumeration that comes to one, waits
 * for, and which is held until the sections under way have ended.
 *
 * Two cases are not bounded so. While finalizers are due in the set, or with
 * MHEAP_SAVE_ALL, heap->verdict is held for one pass over the chunks of the set, and a
 * step for each object that is rescued. All of them must be before anybody finds one.
 * And where programs have upgraded garbage in each of eight rounds, it is held through
 * the looks of the last one, or they could put the end off for as long as they like.
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

/*
 * Permanent objects of a block. A look without the lock: nothing becomes permanent
 * during a collection, and to reach what has just died does no harm.
 */
static __no_kcsan u64 look_for_frozen(const struct mheap_chunk *chunk, u32 block)
{
	return READ_ONCE(chunk->young[0][block]) & READ_ONCE(chunk->young[1][block]);
}

static void reach_roots_of(struct mheap_mark *mark, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run run = mheap_scope_unreached(chunk, block);
	const u64 frozen = look_for_frozen(chunk, block);
	u32 object;

	while (run.left) {
		object = mheap_run_next(&run);
		if (frozen & mheap_bit(object) ||
		    mheap_count_outside(atomic64_read(&chunk->count[mheap_index(object)])))
			mheap_mark_reach(mark, object);
	}
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
	mheap_mark_drain(&mark);
	mheap_lane_handshake(scope->heap);
	mheap_verdict_reach(scope, &mark);
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
	mheap_limits_free(heap, tally);
	if (tally->tracked)
		mheap_generations_born(&heap->generations, tally->tracked);
}

static void sweep(struct mheap_scope *scope, struct mheap_collection *collection)
{
	struct mheap_tally tally = {};

	mheap_sweep_cut(scope, &tally);
	collection->freed = mheap_sweep_free(scope, &tally);
	collection->uncollectable = scope->kept;
	collection->unreachable = collection->freed + scope->kept;
	if (scope->generation == 1)
		collection->promoted = collection->visited - collection->freed;
	if (scope->generation == MHEAP_OLDEST)
		mheap_ceiling_move(scope->heap, -tally.bytes);
	book(scope->heap, &tally);
}

/* Whoever sees the new number is in a section that H1 waits for, or behind it. */
static void begin_full(struct mheap_heap *heap)
{
	struct mheap_tally sum;

	mheap_lanes_sum(&heap->lanes, &sum);
	WRITE_ONCE(heap->full_sections, sum.sections);
	WRITE_ONCE(heap->full_begun, heap->full_begun + 1);
}

static void collect_scope(struct mheap_scope *scope, struct mheap_collection *collection)
{
	struct mheap_heap *heap = scope->heap;

	collection->generation = scope->generation;
	mheap_generations_begin(&heap->generations, scope->generation);
	if (scope->generation == MHEAP_OLDEST)
		begin_full(heap);
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
	if (mheap_watch_is_pending(heap))
		heap->ops->release(heap);
	heap->ops->released(heap);
}

static void collect(struct mheap_heap *heap, u32 generation, enum mheap_cause cause,
		    struct mheap_collection *collection)
{
	const u64 begin = ktime_get_ns();
	struct mheap_scope scope;

	lockdep_assert_held(&heap->collecting);
	memset(collection, 0, sizeof(*collection));
	begin_scope(&scope, heap, generation);
	scope.save = READ_ONCE(heap->debug) & MHEAP_SAVE_ALL;
	mheap_journal_start(heap, scope.generation);
	collect_scope(&scope, collection);
	end_scope(&scope);
	collection->nanoseconds = ktime_get_ns() - begin;
	mheap_generations_end(&heap->generations, collection);
	atomic64_inc(&heap->causes[cause]);
	mheap_journal_end(heap, collection);
	if (unlikely(READ_ONCE(heap->debug) & MHEAP_SAY_ANY) && heap->ops->collected)
		heap->ops->collected(heap, collection);
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
	collect(heap, generation, MHEAP_CAUSE_REQUEST, collection);
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
		collect(heap, MHEAP_OLDEST, MHEAP_CAUSE_CEILING, &collection);
	mutex_unlock(&heap->collecting);
	return 0;
}

/**
 * mheap_collect_since - have the whole heap collected
 * @heap: the heap
 * @begun: @heap->full_begun, at a moment from which on the collection may begin
 * @cause: why
 *
 * Where somebody else has begun to since, waiting for them is enough.
 *
 * Context: May sleep; not entered. Return: 0, or -EINTR if a signal kills the
 * caller.
 */
int mheap_collect_since(struct mheap_heap *heap, u32 begun, enum mheap_cause cause)
{
	struct mheap_collection collection;

	mheap_release_continue(heap);
	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	if (heap->full_begun == begun)
		collect(heap, MHEAP_OLDEST, cause, &collection);
	mutex_unlock(&heap->collecting);
	mheap_release_continue(heap);
	return 0;
}

/**
 * mheap_collect_ask - have the whole heap collected in the background
 * @heap: the heap
 * @cause: why
 *
 * Does nothing more where that was asked for and has not begun. Where automatic
 * collection is off then, it is not done.
 *
 * Context: Any.
 */
void mheap_collect_ask(struct mheap_heap *heap, enum mheap_cause cause)
{
	atomic_or(1 << cause, &heap->asked);
	heap->ops->collect(heap);
}
EXPORT_SYMBOL_MHEAP(mheap_collect_ask);

/**
 * mheap_collect_is_worthwhile - has anybody worked on the heap since the last full
 * collection began?
 * @heap: the heap
 * @sections: filled with how many sections there have been
 *
 * Context: May sleep; waits for at most one section.
 * Return: false if a full collection would find what the last one found.
 */
bool mheap_collect_is_worthwhile(struct mheap_heap *heap, long *sections)
{
	struct mheap_tally sum;

	mheap_lanes_sum(&heap->lanes, &sum);
	*sections = sum.sections;
	return sum.sections != READ_ONCE(heap->full_sections);
}
EXPORT_SYMBOL_MHEAP(mheap_collect_is_worthwhile);

/* Is a generation due, and why? Return: The generation, or -1 for none. */
static int find_due(struct mheap_heap *heap, enum mheap_cause *cause)
{
	const int asked = atomic_xchg(&heap->asked, 0);

	if (asked && mheap_generations_is_automatic(&heap->generations)) {
		*cause = __ffs64(asked);
		return MHEAP_OLDEST;
	}
	if (mheap_ceiling_is_near(heap)) {
		*cause = MHEAP_CAUSE_CEILING;
		return MHEAP_OLDEST;
	}
	*cause = MHEAP_CAUSE_THRESHOLD;
	return mheap_generations_due(&heap->generations);
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
	enum mheap_cause cause;
	int generation;

	mutex_lock(&heap->collecting);
	generation = find_due(heap, &cause);
	if (generation >= 0)
		collect(heap, generation, cause, &collection);
	mutex_unlock(&heap->collecting);
}
EXPORT_SYMBOL_MHEAP(mheap_collect_due);
