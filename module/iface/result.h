/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results: what the operations of a batch gave to the later ones. That is a
 * handle, a temporary, 0 for nothing, or -ESTALE for a temporary that was
 * dropped. What the operations of the window gave is in @data of their records,
 * what those before it gave in batch->gave.
 */
#ifndef _MHEAP_IFACE_RESULT_H
#define _MHEAP_IFACE_RESULT_H

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/types.h>

#include "batch.h"

/* With the number of an object: a temporary. Handles do not have this bit. */
#define MHEAP_RESULT_TEMPORARY	BIT_ULL(63)

void mheap_result_drop(struct mheap_batch *batch, u64 name);
void mheap_results_remember(struct mheap_batch *batch);
void mheap_results_drop(struct mheap_batch *batch);

static inline bool mheap_result_is_error(u64 gave)
{
	return gave >= (u64)-MAX_ERRNO;
}

static inline bool mheap_result_is_temporary(u64 gave)
{
	return gave & MHEAP_RESULT_TEMPORARY;
}

/**
 * mheap_result_find - what MHEAP_RESULT() names
 * @batch: the batch
 * @op: the operation that names it, in the window
 * @name: has MHEAP_RESULT_FLAG
 *
 * Context: Any.
 * Return: A handle or a temporary, or -EBADF or -ESTALE.
 */
static inline u64 mheap_result_find(const struct mheap_batch *batch, const struct mheap_op *op,
				    u64 name)
{
	const u64 number = name & ~MHEAP_RESULT_FLAG;
	const u64 place = number - batch->first;
	u64 gave = 0;

	if (likely(place < op - batch->ops))
		gave = batch->ops[place].data;
	else if (number < batch->first)
		gave = batch->gave[number];
	return likely(gave) ? gave : -EBADF;
}

#endif /* _MHEAP_IFACE_RESULT_H */
