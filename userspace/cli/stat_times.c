// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap stat --times: how long operations waited and collections took. */

#include <inttypes.h>
#include <stdio.h>

#include "heap.h"

#define COLUMNS	(1 + MHEAP_GENERATIONS)

static const enum heap_field columns[COLUMNS] = {
	HEAP_STALLS, HEAP_COLLECTION_TIMES, HEAP_COLLECTION_TIMES + 1, HEAP_COLLECTION_TIMES + 2,
};

static bool is_empty(const struct heap_view *view, int bucket)
{
	for (int column = 0; column < COLUMNS; column++)
		if (view->rows[columns[column]].value[bucket])
			return false;
	return true;
}

static void print_line(const char *heap, const struct heap_view *view, int bucket)
{
	char limit[CLI_HUMAN] = "longer";

	if (bucket < HEAP_BUCKETS - 1)
		cli_duration(limit, 1ULL << bucket);
	printf("%-10s  %10s", heap, limit);
	for (int column = 0; column < COLUMNS; column++) {
		const struct heap_row *row = &view->rows[columns[column]];

		if (row->known)
			printf("  %10" PRIu64, row->value[bucket]);
		else
			printf("  %10s", "-");
	}
	putchar('\n');
}

void heap_times_head(void)
{
	printf("%-10s  %10s  %10s  %10s  %10s  %10s\n", "NAME", "BELOW", "STALLS",
	       "COLLECT 0", "COLLECT 1", "COLLECT 2");
}

void heap_times_print(const char *heap, const struct heap_view *view)
{
	int first = 0, last = HEAP_BUCKETS - 1;

	while (first <= last && is_empty(view, first))
		first++;
	while (last > first && is_empty(view, last))
		last--;
	for (int bucket = first; bucket <= last; bucket++)
		print_line(heap, view, bucket);
}
