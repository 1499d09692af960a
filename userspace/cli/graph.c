// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "graph.h"

#include "packages_memory.h"

/* Places are numbers of 32 bits: more than those hold is more than there is memory for. */
static uint32_t more(uint32_t room)
{
	if (room > UINT32_MAX / 2)
		must(NULL);
	return room ? room * 2 : 1024;
}

void graph_add_node(struct graph *graph)
{
	if (graph->nodes == graph->node_room) {
		graph->node_room = more(graph->node_room);
		graph->first = array_resize(graph->first,
			(size_t)graph->node_room + 1, sizeof(*graph->first));
	}
	graph->first[graph->nodes++] = graph->edges;
	graph->first[graph->nodes] = graph->edges;
}

void graph_add_edge(struct graph *graph, uint32_t target)
{
	if (graph->edges == graph->edge_room) {
		graph->edge_room = more(graph->edge_room);
		graph->target = array_resize(graph->target,
			graph->edge_room, sizeof(*graph->target));
	}
	graph->target[graph->edges++] = target;
	graph->first[graph->nodes] = graph->edges;
}

void graph_free(struct graph *graph)
{
	free(graph->first);
	free(graph->target);
	*graph = (struct graph){ 0 };
}
