// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Watching: a cache of names forgets those whose objects have died. */

#include <stdio.h>
#include <mheap.h>

#define NAMES	3

static const char *names[NAMES] = { "red", "green", "blue" };

/* The cookie is the place in the cache; it takes no handle to keep it. */
static int make(struct mh_session *heap, int place, mh_handle *object)
{
	return mh_new(heap, 0, 1, 0, object) || mh_watch(heap, *object, place);
}

/* Takes what events there are; none is lost, however late somebody looks. */
static int forget(struct mh_session *heap, const char *why)
{
	struct mheap_event event;
	int told;

	/* Events come behind the deaths: this waits for them. */
	if (mh_settle(heap))
		return 1;
	while ((told = mh_next_event(heap, &event, 0)) == 1)
		printf("%s: %s is dead\n", why, names[event.cookie]);
	return told;
}

int main(void)
{
	mh_handle object[NAMES];
	struct mh_session *heap;
	int i;

	if (mh_open(&heap) || mh_disable(heap) || mh_listen(heap, 1 << MHEAP_EVENT_DEATH))
		return 1;
	for (i = 0; i < NAMES; i++)
		if (make(heap, i, &object[i]))
			return 1;
	if (mh_drop(heap, object[0]) || forget(heap, "dropped"))
		return 1;
	/* In a cycle it is not dead before a collection has found it. */
	if (mh_store(heap, object[1], 0, object[1]) || mh_drop(heap, object[1]) ||
	    forget(heap, "not collected") || mh_collect(heap, 2, NULL) ||
	    forget(heap, "collected"))
		return 1;
	/* Who takes a watch back is told nothing. */
	if (mh_unwatch(heap, object[2], 2) || mh_drop(heap, object[2]) ||
	    forget(heap, "not watched"))
		return 1;
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	dropped: red is dead
 *	collected: green is dead
 */
