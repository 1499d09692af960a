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

/* Drop one section's worth of temporaries, from the last one on. */
static void drop_some(struct mheap_batch *batch, u32 *end)
{
	struct mheap_session *session = batch->session;
	u32 looked, object;

	for (looked = 0; looked < MHEAP_SECTION_OPERATIONS && *end; looked++) {
		if (mheap_lane_is_tired(&session->lane))
			break;
		object = temporary(batch, --*end);
		if (!object)
			continue;
		batch->temporaries--;
		mheap_object_put(session, object);
	}
}

/**
 * mheap_results_drop - drop all temporaries that are left
 * @batch: at its end
 *
 * Also in a process that is being killed.
 *
 * Context: May sleep; not entered.
 */
void mheap_results_drop(struct mheap_batch *batch)
{
	u32 end = batch->first + batch->at;

	while (batch->temporaries) {
		mheap_session_enter_always(batch->session);
		drop_some(batch, &end);
		mheap_session_leave(batch->session);
		cond_resched();
	}
}
