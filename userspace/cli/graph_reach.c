// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "graph.h"

#include "packages_memory.h"

uint32_t graph_reach(const struct graph *graph, bool *set)
{
	uint32_t *found = array(graph->nodes, sizeof(*found));
	uint32_t count = 0;

	for (uint32_t i = 0; i < graph->nodes; i++)
		if (set[i])
			found[count++] = i;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t end = graph->first[found[i] + 1];

		for (uint32_t e = graph->first[found[i]]; e < end; e++) {
			uint32_t target = graph->target[e];

			if (set[target])
				continue;
			set[target] = true;
			found[count++] = target;
		}
	}
	free(found);
	return count;
}
