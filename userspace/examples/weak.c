// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* A weak handle keeps nothing alive, and tells when the object is dead. */

#include <errno.h>
#include <stdio.h>
#include <mheap.h>

int main(void)
{
	mh_handle object, weak, again;
	struct mh_session *heap;

	if (mh_open(&heap) || mh_new(heap, 0, 0, 8, &object) ||
	    mh_weak(heap, object, &weak) || mh_upgrade(heap, weak, &again))
		return 1;
	printf("the same object: %d\n", mh_same(heap, object, again));
	mh_drop(heap, object);
	mh_drop(heap, again);
	printf("dead: %d\n", mh_upgrade(heap, weak, &again) == -ENOENT);

	/* Its memory and its number may be another object's now. The weak handle is not. */
	if (mh_new(heap, 0, 0, 8, &object))
		return 1;
	printf("still dead: %d\n", mh_upgrade(heap, weak, &again) == -ENOENT);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	the same object: 1
 *	dead: 1
 *	still dead: 1
 */
