// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The collection that is drawn in mheap(7): a cycle goes, what it referred to stays. */

#include <stdio.h>
#include <mheap.h>

enum { A, B, C, D, E, OBJECTS };

/* How many references an object has, and how many of them are handles. */
static void show(struct mh_session *heap, const char *name, mh_handle object)
{
	struct mheap_object_info info;

	if (!mh_info(heap, object, &info))
		printf("%s: %u references, %u from outside\n", name, info.references,
		       info.outside);
}

int main(void)
{
	static const struct { int from, slot, to; } link[] = {
		{ A, 0, B }, { C, 0, D }, { D, 0, B }, { D, 1, E }, { E, 0, C },
	};
	struct mheap_collect result;
	struct mh_session *heap;
	mh_handle object[OBJECTS];
	unsigned int i;

	if (mh_open(&heap))
		return 1;
	for (i = 0; i < OBJECTS; i++)
		if (mh_new(heap, 0, 2, 0, &object[i]))
			return 1;
	for (i = 0; i < sizeof(link) / sizeof(link[0]); i++)
		if (mh_store(heap, object[link[i].from], link[i].slot, object[link[i].to]))
			return 1;
	for (i = C; i < OBJECTS; i++)
		mh_drop(heap, object[i]);
	show(heap, "B before", object[B]);
	if (mh_collect(heap, 0, &result))
		return 1;
	printf("looked at %llu, freed %llu\n", (unsigned long long)result.visited,
	       (unsigned long long)result.freed);
	show(heap, "B behind it", object[B]);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	B before: 3 references, 1 from outside
 *	looked at 5, freed 3
 *	B behind it: 2 references, 1 from outside
 */
