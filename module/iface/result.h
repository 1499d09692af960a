/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results: what an operation gave to the later ones of its batch.
 */
#ifndef _MHEAP_IFACE_RESULT_H
#define _MHEAP_IFACE_RESULT_H

#include <linux/bits.h>
#include <linux/types.h>

struct mheap_batch;
struct mheap_op;

/*
 * What an operation gave: 0 for nothing, a handle, or a temporary, which is this
 * bit and the number of an object. Handles do not have the bit.
 */
#define MHEAP_RESULT_TEMPORARY	BIT_ULL(63)
#define MHEAP_RESULT_DROPPED	(~0ULL)		/* was a temporary */

int mheap_result_find(const struct mheap_batch *batch, const struct mheap_op *op, u64 name,
		      u64 *gave);
void mheap_result_keep(struct mheap_batch *batch, struct mheap_op *op, u32 object);
void mheap_result_drop(struct mheap_batch *batch, u64 name);
void mheap_results_remember(struct mheap_batch *batch);
void mheap_results_drop(struct mheap_batch *batch);

#endif /* _MHEAP_IFACE_RESULT_H */
