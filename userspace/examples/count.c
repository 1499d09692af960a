// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Counting alone frees a chain of any length with its head. */

#include <stdio.h>
#include <mheap.h>

static unsigned long long objects(struct mh_session *heap)
{
	struct mheap_stats stats;

	return mh_settle(heap) || mh_stats(heap, &stats) ? 0 : stats.objects;
}

int main(void)
{
	struct mh_session *heap;
	mh_handle head, next;
	int i;

	if (mh_open(&heap) || mh_disable(heap) || mh_new(heap, 1, 1, 0, &head))
		return 1;
	for (i = 1; i < 10000; i++) {
		if (mh_new(heap, 1, 1, 0, &next) || mh_store(heap, next, 0, head))
			return 1;
		mh_drop(heap, head);	/* the next one holds it */
		head = next;
	}
	printf("%llu objects, one handle\n", objects(heap));
	mh_drop(heap, head);
	printf("%llu objects when it is dropped\n", objects(heap));
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	10000 objects, one handle
 *	0 objects when it is dropped
 */
