// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Objects that say good-bye: each is handed out once before it dies. */

#include <stdio.h>
#include <mheap.h>

enum { FILE_NUMBER = 7 };

/* An object that stands for something outside of the heap. */
static int make(struct mh_session *heap, mh_handle *object)
{
	return mh_new(heap, 1, 1, 0, object) || mh_set_finalizer(heap, *object, FILE_NUMBER);
}

static int say_good_bye(struct mh_session *heap, const char *why)
{
	struct mheap_event event;

	if (mh_next_event(heap, &event, 10000) != 1)
		return 1;
	printf("%s: close file %llu\n", why, event.cookie);
	return mh_drop(heap, event.handle);
}

int main(void)
{
	struct mh_session *heap;
	mh_handle object;

	if (mh_open(&heap) || mh_listen(heap, 1 << MHEAP_EVENT_FINALIZE))
		return 1;
	/* Nothing refers to it any more. */
	if (make(heap, &object) || mh_drop(heap, object) || say_good_bye(heap, "dropped"))
		return 1;
	/* It refers to itself, so it takes a collection to find it. */
	if (make(heap, &object) || mh_store(heap, object, 0, object) ||
	    mh_drop(heap, object) || mh_collect(heap, 2, NULL) ||
	    say_good_bye(heap, "collected"))
		return 1;
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	dropped: close file 7
 *	collected: close file 7
 */
