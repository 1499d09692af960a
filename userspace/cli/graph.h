/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* A directed graph in arrays, and what can be found out about one. */
#ifndef GRAPH_H
#define GRAPH_H

#include <stdbool.h>
#include <stdint.h>

struct graph {
	uint32_t nodes;
	uint32_t edges;
	uint32_t *first;	/* of each node: its first edge; one more at the end */
	uint32_t *target;	/* of each edge */
	uint32_t node_room;
	uint32_t edge_room;
};

/* A graph starts zeroed. Edges are added to the node that was added last. */
void graph_add_node(struct graph *graph);
void graph_add_edge(struct graph *graph, uint32_t target);
void graph_free(struct graph *graph);

static inline uint32_t graph_degree(const struct graph *graph, uint32_t node)
{
	return graph->first[node + 1] - graph->first[node];
}

/*
 * Numbers the strongly connected components from 0 and writes the one of each
 * node to @component. Returns how many there are.
 */
uint32_t graph_components(const struct graph *graph, uint32_t *component);

/*
 * Writes to @cyclic which nodes lie on a cycle: those of components of more
 * than one node, and those with an edge to themselves. Returns the size of the
 * largest component.
 */
uint32_t graph_cycles(const struct graph *graph, bool *cyclic);

/* Adds to @set everything that can be reached from it. Returns its size. */
uint32_t graph_reach(const struct graph *graph, bool *set);

/**
 * struct graph_fate - what becomes of the objects of a heap that looks like a
 *	graph, when nothing but some roots is held any longer
 * @kept: reachable from the roots
 * @kept_references: of those
 * @at_once: freed by counting alone: no cycle leads to them
 * @collected: on a cycle or behind one, with references: the collector frees them
 * @leaves: behind a cycle, without references: counting frees them, once the
 *	collector has freed what held them
 */
struct graph_fate {
	uint32_t kept;
	uint32_t kept_references;
	uint32_t at_once;
	uint32_t collected;
	uint32_t leaves;
};

/*
 * The fate of the nodes in @exists when of these only those in @kept stay. What
 * a member of a set refers to must be in the set.
 */
struct graph_fate graph_fate(const struct graph *graph, const bool *exists,
			     const bool *kept);

#endif
