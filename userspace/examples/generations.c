// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* An object that survives collections grows old, and young ones pass it by. */

#include <stdio.h>
#include <mheap.h>

static void collect(struct mh_session *heap, mh_handle object, unsigned int generation)
{
	struct mheap_object_info info;
	struct mheap_collect result;

	if (mh_collect(heap, generation, &result) || mh_info(heap, object, &info))
		return;
	printf("collect %u: looked at %llu, the object is in generation %u\n", generation,
	       (unsigned long long)result.visited, info.generation);
}

int main(void)
{
	struct mh_session *heap;
	mh_handle object;

	if (mh_open(&heap) || mh_disable(heap) || mh_new(heap, 0, 1, 0, &object))
		return 1;
	collect(heap, object, 0);
	collect(heap, object, 0);
	collect(heap, object, 1);
	collect(heap, object, 2);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	collect 0: looked at 1, the object is in generation 1
 *	collect 0: looked at 0, the object is in generation 1
 *	collect 1: looked at 1, the object is in generation 2
 *	collect 2: looked at 1, the object is in generation 2
 */
