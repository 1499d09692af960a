// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Thresholds, counters, and a collection that comes by itself. */

#include <stdio.h>
#include <unistd.h>
#include <mheap.h>

static void show(const char *what, const uint32_t value[MHEAP_GENERATIONS])
{
	printf("%s %u %u %u\n", what, value[0], value[1], value[2]);
}

int main(void)
{
	const uint32_t mine[MHEAP_GENERATIONS] = { 900, 15, 15 };
	uint32_t value[MHEAP_GENERATIONS];
	struct mheap_stats stats;
	struct mh_session *heap;
	mh_handle object;
	int i;

	if (mh_open(&heap) || mh_get_threshold(heap, value))
		return 1;
	show("thresholds", value);
	if (mh_set_threshold(heap, mine) || mh_get_threshold(heap, value))
		return 1;
	show("thresholds", value);

	/* 900 are not more than 900: nothing happens yet. */
	for (i = 0; i < 900; i++)
		if (mh_new(heap, 0, 1, 0, &object))
			return 1;
	if (mh_get_count(heap, value))
		return 1;
	show("count", value);
	if (mh_new(heap, 0, 1, 0, &object))
		return 1;
	/* It runs in the background, when it gets round to it. */
	do {
		usleep(1000);
		if (mh_stats(heap, &stats))
			return 1;
	} while (!stats.generation[0].collections);
	if (mh_get_count(heap, value))
		return 1;
	show("count", value);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	thresholds 700 10 10
 *	thresholds 900 15 15
 *	count 900 0 0
 *	count 0 1 0
 */
