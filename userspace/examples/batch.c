// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* A ring of a hundred objects in one call, and one handle for all of it. */

#include <stdio.h>
#include <mheap.h>

#define OBJECTS	100

int main(void)
{
	struct mh_batch *batch = mh_batch_new();
	int i, first, last, next, handle;
	struct mheap_stats stats;
	struct mh_session *heap;

	if (!batch || mh_open(&heap))
		return 1;
	/* Temporary: held until the batch ends, without a handle. */
	first = last = mh_batch_add_new(batch, 0, 1, 0, MHEAP_OP_TEMP);
	for (i = 1; i < OBJECTS; i++) {
		next = mh_batch_add_new(batch, 0, 1, 0, MHEAP_OP_TEMP);
		mh_batch_add_store(batch, mh_result(last), 0, mh_result(next));
		last = next;
	}
	mh_batch_add_store(batch, mh_result(last), 0, mh_result(first));
	handle = mh_batch_add_dup(batch, mh_result(first), 0);
	/* What went wrong while it was built, or ran, is told here. */
	if (mh_batch_submit(heap, batch, 0) || mh_stats(heap, &stats))
		return 1;
	printf("%u operations, %llu objects, %llu handle\n", mh_batch_count(batch),
	       (unsigned long long)stats.objects, (unsigned long long)stats.handles);
	mh_drop(heap, mh_batch_result(batch, handle));
	mh_batch_free(batch);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	201 operations, 100 objects, 1 handle
 */
