// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* A cache by object: what it knows of a page goes when the page goes, and not before. */

#include <stdio.h>
#include <mheap.h>

/* What is worked out of a page refers to the page: with a strong value in a table with
 * weak keys, neither would ever go.
 */
static int remember(struct mh_session *heap, mh_handle page, mh_handle *entry)
{
	mh_handle summary;

	return mh_new(heap, 2, 1, 0, &summary) || mh_store(heap, summary, 0, page) ||
	       mh_new_ephemeron(heap, 3, page, summary, 0, entry) || mh_drop(heap, summary);
}

static int look(struct mh_session *heap, mh_handle entry, const char *when)
{
	mh_handle summary;

	if (mh_load(heap, entry, 1, &summary))
		return 1;
	printf("%s: %s\n", when, summary ? "remembered" : "forgotten");
	return summary ? mh_drop(heap, summary) : 0;
}

int main(void)
{
	struct mheap_event event;
	struct mh_session *heap;
	mh_handle page, entry;

	if (mh_open(&heap) || mh_listen(heap, 1 << MHEAP_EVENT_DEATH))
		return 1;
	if (mh_new(heap, 1, 1, 0, &page) || mh_watch(heap, page, 42) ||
	    remember(heap, page, &entry))
		return 1;
	if (mh_collect(heap, 2, NULL) || look(heap, entry, "while the page is held"))
		return 1;
	if (mh_drop(heap, page) || mh_collect(heap, 2, NULL) ||
	    look(heap, entry, "when nobody holds it"))
		return 1;
	if (mh_next_event(heap, &event, 10000) != 1)
		return 1;
	printf("page %llu is dead\n", event.cookie);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	while the page is held: remembered
 *	when nobody holds it: forgotten
 *	page 42 is dead
 */
