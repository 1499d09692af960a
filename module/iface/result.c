// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results: dropping temporaries, and remembering what a window gave.
 */
#include <linux/sched.h>

#include "core/count.h"
#include "core/object.h"
#include "core/release.h"
#include "result.h"

/**
 * mheap_result_drop - the batch drops a temporary
 * @batch: the batch, its session entered
 * @name: what mheap_result_find() found to be a temporary
 *
 * Context: Entered.
 */
void mheap_result_drop(struct mheap_batch *batch, u64 name)
{
	const u32 number = name;
	u64 *gave = number < batch->first ? &batch->gave[number] :
					    &batch->ops[number - batch->first].data;

	mheap_object_put(batch->session, *gave);
	*gave = -ESTALE;
	batch->temporaries--;
}

/**
 * mheap_results_remember - keep what the window gave when it moves on
 * @batch: all records of the window have been executed
 *
 * Context: Any.
 */
void mheap_results_remember(struct mheap_batch *batch)
{
	u32 i;

	for (i = 0; i < batch->filled; i++)
		batch->gave[batch->first + i] = batch->ops[i].data;
}

/* Return: the number of the temporary, or 0 where it is none any more. */
static u32 temporary(const struct mheap_batch *batch, u32 number)
{
	const u64 gave = number < batch->first ? batch->gave[number] :
						 batch->ops[number - batch->first].data;

	return mheap_result_is_temporary(gave) && !mheap_result_is_error(gave) ? gave : 0;
}

/* Drop up to a slice of temporaries, from the last one on. */
static void drop_some(struct mheap_batch *batch, struct mheap_tally *tally, u32 *end)
{
	struct mheap_heap *heap = batch->session->heap;
	u32 looked, object;

	for (looked = 0; looked < MHEAP_SLICE && *end; looked++) {
		object = temporary(batch, --*end);
		if (!object)
			continue;
		batch->temporaries--;
		if (mheap_count_lose(mheap_count_of(heap, object), MHEAP_OUTSIDE))
			mheap_release(heap, tally, object);
	}
}

/**
 * mheap_results_drop - drop all temporaries that are left
 * @batch: at its end
 *
 * Not through the session: a process that is being killed could not enter it,
 * and the references are the batch's own.
 *
 * Context: May sleep; not entered.
 */
void mheap_results_drop(struct mheap_batch *batch)
{
	struct mheap_heap *heap = batch->session->heap;
	struct mheap_tally tally = {};
	u32 end = batch->first + batch->at;

	while (batch->temporaries) {
		mheap_heap_enter(heap);
		drop_some(batch, &tally, &end);
		mheap_heap_leave(heap);
		mheap_heap_book(heap, &tally);
		cond_resched();
	}
}
