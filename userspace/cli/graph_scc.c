// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Strongly connected components: Tarjan's algorithm, with a stack of its own. */
#include "graph.h"

#include <string.h>

#include "packages_memory.h"

#define NOT_SEEN	0
#define NO_COMPONENT	UINT32_MAX

struct walk {
	const struct graph *graph;
	uint32_t *component;
	uint32_t components;
	uint32_t time;
	uint32_t *seen;		/* when a node was entered, or NOT_SEEN */
	uint32_t *low;		/* the earliest open node it is known to reach */
	uint32_t *next;		/* the edge of it that is to be followed next */
	uint32_t *path;		/* nodes entered and not yet left */
	uint32_t depth;
	uint32_t *open;		/* nodes seen that have no component yet */
	uint32_t open_count;
};

static void enter(struct walk *walk, uint32_t node)
{
	walk->seen[node] = walk->low[node] = ++walk->time;
	walk->next[node] = walk->graph->first[node];
	walk->path[walk->depth++] = node;
	walk->open[walk->open_count++] = node;
}

static void lower(struct walk *walk, uint32_t node, uint32_t low)
{
	if (low < walk->low[node])
		walk->low[node] = low;
}

/* All edges of the last node of the path have been followed. */
static void leave(struct walk *walk)
{
	uint32_t node = walk->path[--walk->depth];
	uint32_t member;

	if (walk->low[node] == walk->seen[node]) {
		do {
			member = walk->open[--walk->open_count];
			walk->component[member] = walk->components;
		} while (member != node);
		walk->components++;
	}
	if (walk->depth)
		lower(walk, walk->path[walk->depth - 1], walk->low[node]);
}

static void follow(struct walk *walk, uint32_t start)
{
	enter(walk, start);
	while (walk->depth) {
		uint32_t node = walk->path[walk->depth - 1];
		uint32_t target;

		if (walk->next[node] == walk->graph->first[node + 1]) {
			leave(walk);
			continue;
		}
		target = walk->graph->target[walk->next[node]++];
		if (walk->seen[target] == NOT_SEEN)
			enter(walk, target);
		else if (walk->component[target] == NO_COMPONENT)
			lower(walk, node, walk->seen[target]);
	}
}

uint32_t graph_components(const struct graph *graph, uint32_t *component)
{
	uint32_t n = graph->nodes;
	struct walk walk = {
		.graph = graph,
		.component = component,
		.seen = array(n, sizeof(uint32_t)),
		.low = array(n, sizeof(uint32_t)),
		.next = array(n, sizeof(uint32_t)),
		.path = array(n, sizeof(uint32_t)),
		.open = array(n, sizeof(uint32_t)),
	};

	memset(component, 0xff, n * sizeof(*component));
	for (uint32_t i = 0; i < n; i++)
		if (walk.seen[i] == NOT_SEEN)
			follow(&walk, i);
	free(walk.seen);
	free(walk.low);
	free(walk.next);
	free(walk.path);
	free(walk.open);
	return walk.components;
}

uint32_t graph_cycles(const struct graph *graph, bool *cyclic)
{
	uint32_t *component = array(graph->nodes, sizeof(*component));
	uint32_t components = graph_components(graph, component);
	uint32_t *size = array(components, sizeof(*size));
	uint32_t largest = 0;

	for (uint32_t i = 0; i < graph->nodes; i++)
		if (++size[component[i]] > largest)
			largest = size[component[i]];
	for (uint32_t i = 0; i < graph->nodes; i++) {
		cyclic[i] = size[component[i]] > 1;
		for (uint32_t e = graph->first[i]; e < graph->first[i + 1]; e++)
			if (graph->target[e] == i)
				cyclic[i] = true;
	}
	free(component);
	free(size);
	return largest;
}
