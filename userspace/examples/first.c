// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Two objects that refer to each other: only the collector can free them. */

#include <stdio.h>
#include <mheap.h>

int main(void)
{
	struct mh_session *heap;
	struct mheap_collect result;
	mh_handle a, b;

	if (mh_open(&heap) || mh_new(heap, 1, 1, 16, &a) || mh_new(heap, 1, 1, 16, &b))
		return 1;
	if (mh_store(heap, a, 0, b) || mh_store(heap, b, 0, a))
		return 1;
	mh_drop(heap, a);
	mh_drop(heap, b);
	if (mh_collect(heap, 2, &result))
		return 1;
	printf("the collector freed %llu objects\n", result.freed);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	the collector freed 2 objects
 */
