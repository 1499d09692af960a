// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "graph.h"

#include "packages_memory.h"

struct graph_fate graph_fate(const struct graph *graph, const bool *exists,
			     const bool *kept)
{
	bool *held = array(graph->nodes, sizeof(*held));
	struct graph_fate fate = { 0 };

	graph_cycles(graph, held);
	for (uint32_t i = 0; i < graph->nodes; i++)
		held[i] = held[i] && exists[i] && !kept[i];
	graph_reach(graph, held);
	for (uint32_t i = 0; i < graph->nodes; i++) {
		if (kept[i]) {
			fate.kept++;
			fate.kept_references += graph_degree(graph, i);
		} else if (!exists[i]) {
			continue;
		} else if (!held[i]) {
			fate.at_once++;
		} else if (graph_degree(graph, i)) {
			fate.collected++;
		} else {
			fate.leaves++;
		}
	}
	free(held);
	return fate;
}
