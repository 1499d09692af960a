// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results. Those of the window are in its records, those of the records before
 * it in batch->gave.
 */
#include <linux/sched.h>

#include "batch.h"
#include "command.h"
#include "core/count.h"
#include "core/object.h"
#include "core/release.h"
#include "result.h"

static u64 gave_in_window(const struct mheap_op *op)
{
	if (op->result < 0)
		return 0;
	if (op->flags & MHEAP_OP_TEMP)
		return op->object;
	return mheap_command_gives(op->opcode) ? op->result : 0;
}

/**
 * mheap_result_find - what MHEAP_RESULT() names
 * @batch: the batch
 * @op: the operation that names it, in the window
 * @name: has MHEAP_RESULT_FLAG
 * @gave: filled: a handle or a temporary
 *
 * Context: Any.
 * Return: 0, -EBADF where there is no such thing, or -ESTALE.
 */
int mheap_result_find(const struct mheap_batch *batch, const struct mheap_op *op, u64 name,
		      u64 *gave)
{
	const u64 number = name & ~MHEAP_RESULT_FLAG;

	if (number >= batch->first + (op - batch->ops))
		return -EBADF;
	if (number >= batch->first)
		*gave = gave_in_window(&batch->ops[number - batch->first]);
	else
		*gave = batch->gave[number];
	if (!*gave)
		return -EBADF;
	return *gave == MHEAP_RESULT_DROPPED ? -ESTALE : 0;
}

/**
 * mheap_result_keep - an operation gives an object to the later ones
 * @batch: the batch
 * @op: the operation, with MHEAP_OP_TEMP
 * @object: the caller's reference to it becomes the batch's; or 0
 *
 * Context: Any.
 */
void mheap_result_keep(struct mheap_batch *batch, struct mheap_op *op, u32 object)
{
	op->object = 0;
	if (object) {
		op->object = MHEAP_RESULT_TEMPORARY | object;
		batch->temporaries++;
	}
}

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
					    &batch->ops[number - batch->first].object;

	mheap_object_put(batch->session, *gave);
	*gave = MHEAP_RESULT_DROPPED;
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
		batch->gave[batch->first + i] = gave_in_window(&batch->ops[i]);
}

/* Return: the number of the temporary, or 0 where it is none any more. */
static u32 temporary(const struct mheap_batch *batch, u32 number)
{
	const u64 gave = number < batch->first ? batch->gave[number] :
				gave_in_window(&batch->ops[number - batch->first]);

	if (gave == MHEAP_RESULT_DROPPED || !(gave & MHEAP_RESULT_TEMPORARY))
		return 0;
	return gave;
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
