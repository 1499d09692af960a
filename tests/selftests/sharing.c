// SPDX-License-Identifier: GPL-2.0-only
/* What tests of heaps with several sessions need. */
#include <string.h>
#include <unistd.h>

#include "sharing.h"
#include "tap.h"

/* Is there a directory of the heap in sysfs? */
int has_folder(const struct mheap_stats *stats)
{
	char path[100] = HEAP_SYSFS "/";

	strcat(path, stats->name);
	return !access(path, F_OK);
}

void check_same_heap(int a, int b)
{
	CHECK(!strcmp(heap_stats(a).name, heap_stats(b).name));
}

/* A closed ring of two objects that nothing refers to. */
void make_ring(int heap)
{
	struct mheap_op ops[] = {
		op_temp(op_new(0, 1, 0)),
		op_temp(op_new(0, 1, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(1)),
		op_store(MHEAP_RESULT(1), 0, MHEAP_RESULT(0)),
	};

	heap_do_all(heap, ops, ARRAY_SIZE(ops));
}
