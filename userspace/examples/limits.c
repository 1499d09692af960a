// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Limits: what would pass one collects first, then fails, and an event says so. */

#include <errno.h>
#include <stdio.h>
#include <mheap.h>

/* As many rings of one object as there is room for, at most @count; all are garbage. */
static int litter(struct mh_session *heap, int count)
{
	mh_handle object;

	while (count--)
		if (mh_new(heap, 0, 1, 0, &object) || mh_store(heap, object, 0, object) ||
		    mh_drop(heap, object))
			return 1;
	return 0;
}

int main(void)
{
	const struct mheap_limits limits = { .objects = 100, .bytes = 1 << 20 };
	struct mheap_event event;
	struct mh_session *heap;
	mh_handle object;
	int made = 0;

	if (mh_open(&heap) || mh_disable(heap) || mh_set_limits(heap, &limits) ||
	    mh_listen(heap, 1 << MHEAP_EVENT_LIMIT))
		return 1;
	/* Garbage makes room, also with automatic collection off. */
	if (litter(heap, 1000))
		return 1;
	printf("1000 objects in a heap for 100\n");
	while (mh_next_event(heap, &event, 0) == 1)
		;
	if (mh_collect(heap, 2, NULL))
		return 1;
	/* What is held makes none. */
	while (mh_new(heap, 0, 1, 0, &object) == 0)
		made++;
	printf("%d objects are held\n", made);
	if (mh_next_event(heap, &event, 0) != 1)
		return 1;
	printf("limit %u: %llu of %llu\n", event.generation, event.value[0], event.value[1]);
	/* Objects and handles are -ENOSPC, bytes -ENOMEM; nothing has changed. */
	if (mh_new(heap, 0, 1, 0, &object) != -ENOSPC || mh_drop(heap, object) ||
	    mh_new(heap, 0, 0, 2 << 20, &object) != -ENOMEM)
		return 1;
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	1000 objects in a heap for 100
 *	100 objects are held
 *	limit 0: 100 of 100
 */
