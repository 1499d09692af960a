// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict. What programs touched while others were reached is reached as
 * well, until a look at all touch marks finds nothing new. From then on only the
 * upgrade of a weak handle, or an enumeration, can bring an object that was not
 * reached back to a program; a last handshake makes sure that nobody has done so
 * unseen. Both gain their reference in mheap_session_gain() and are called upgrades
 * here.
 */
#include "finalizer.h"
#include "garbage.h"
#include "sweep.h"
#include "verdict.h"
#include "verify.h"

#define ROUNDS	8U

/*
 * Look at all touch marks, and reach from new ones. @upgrades: set to how many
 * upgrades it is sure to have seen the marks of: the barrier pairs with the one
 * in mheap_session_gain(), where the mark is set before the upgrade is counted. Return:
 * false if there was nothing new.
 */
static bool look(struct mheap_scope *scope, struct mheap_mark *mark, int *upgrades)
{
	struct mheap_chunk *chunk;
	struct mheap_run run;
	bool found = false;
	u32 block;

	*upgrades = atomic_read(&scope->heap->upgrades);
	smp_mb(); /* pairs with the one in mheap_session_gain() */
	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			run = mheap_scope_unreached(chunk, block);
			if (likely(!run.left))
				continue;
			run.left &= atomic64_read(&chunk->touched[block]);
			found |= run.left;
			while (run.left)
				mheap_mark_reach(mark, mheap_run_next(&run));
		}
	mheap_mark_drain(mark);
	return found;
}

/* Where the verdict proves wrong, nothing is garbage. */
static void check(struct mheap_scope *scope)
{
	if (unlikely(READ_ONCE(scope->heap->verify.enabled)) && !mheap_verify(scope))
		mheap_sweep_pardon(scope);
}

/*
 * Before the verdict is final: take out of the garbage what is not to be freed. All
 * that is unreached is the collection's alone here. What is taken out is touched,
 * and has a reference; so the next look reaches it, and what it refers to. Return:
 * true if there was any, and the verdict must be asked for once more.
 *
 * Programs that want to upgrade a weak handle to garbage wait while it is looked
 * for; that takes time only in chunks where objects have annexes.
 */
static bool rescue(struct mheap_scope *scope)
{
	lockdep_assert_held(&scope->heap->verdict);
	return mheap_finalizers_rescue(scope) || mheap_garbage_keep(scope);
}

/*
 * Ask whether anybody has upgraded a weak handle since the last look. Whoever
 * wants to upgrade one to an object that was not reached waits meanwhile, which
 * takes no longer than the sections that are under way, and the rescue. Return: true
 * if nobody has, and then nobody can any more.
 */
static bool close_verdict(struct mheap_scope *scope, int upgrades)
{
	struct mheap_heap *heap = scope->heap;
	bool final;

	mutex_lock(&heap->verdict);
	WRITE_ONCE(heap->phase, MHEAP_PHASE_VERDICT);
	mheap_lane_handshake(heap);
	final = atomic_read(&heap->upgrades) == upgrades && !rescue(scope);
	if (final)
		check(scope);
	WRITE_ONCE(heap->phase, final ? MHEAP_PHASE_SWEEP : MHEAP_PHASE_MARK);
	mutex_unlock(&heap->verdict);
	return final;
}

/*
 * The same without asking: upgrades wait through the last look. The second
 * handshake is for references that were taken out of slots before it. What is
 * rescued can be found by programs at once, so all that is looked for again.
 */
static void insist(struct mheap_scope *scope, struct mheap_mark *mark)
{
	struct mheap_heap *heap = scope->heap;
	int upgrades;

	mutex_lock(&heap->verdict);
	WRITE_ONCE(heap->phase, MHEAP_PHASE_VERDICT);
	mheap_lane_handshake(heap);
	do {
		while (look(scope, mark, &upgrades))
			;
		mheap_lane_handshake(heap);
	} while (rescue(scope));
	check(scope);
	WRITE_ONCE(heap->phase, MHEAP_PHASE_SWEEP);
	mutex_unlock(&heap->verdict);
}

/**
 * mheap_verdict_reach - reach what programs touched, until there is no more
 * @scope: of a collection
 * @mark: marking of it; all roots have been reached, and a handshake behind that
 *
 * A program with many weak handles to garbage can upgrade one after the other, and
 * so could put the end of the collection off for as long as it likes: after some
 * rounds that is no longer waited for.
 *
 * Context: A collection. May sleep. What is unreached behind it is garbage.
 */
void mheap_verdict_reach(struct mheap_scope *scope, struct mheap_mark *mark)
{
	unsigned int round;
	int upgrades;

	mheap_garbage_prepare(scope);
	for (round = 0; round < ROUNDS; round++) {
		while (look(scope, mark, &upgrades))
			;
		if (close_verdict(scope, upgrades))
			return;
	}
	insist(scope, mark);
}
