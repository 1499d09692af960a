// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Mistakes with handles are errors, and never hit somebody else's object. */

#include <errno.h>
#include <stdio.h>
#include <mheap.h>

int main(void)
{
	struct mh_session *heap, *other;
	mh_handle object, next;

	if (mh_open(&heap) || mh_open(&other) || mh_new(heap, 0, 1, 0, &object))
		return 1;
	printf("another heap's: %d\n", mh_store(other, object, 0, 0) == -EBADF);
	mh_drop(heap, object);
	printf("dropped: %d\n", mh_store(heap, object, 0, 0) == -ESTALE);
	if (mh_new(heap, 0, 1, 0, &next))
		return 1;
	printf("dropped, and its place is used again: %d\n",
	       mh_store(heap, object, 0, 0) == -ESTALE);
	printf("dropped twice: %d\n", mh_drop(heap, object) == -ESTALE);
	printf("never a handle: %d\n", mh_drop(heap, 12345) == -EBADF);
	mh_close(other);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	another heap's: 1
 *	dropped: 1
 *	dropped, and its place is used again: 1
 *	dropped twice: 1
 *	never a handle: 1
 */
