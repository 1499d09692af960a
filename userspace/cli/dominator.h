/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Dominators of a graph, and what each node retains. */
#ifndef DOMINATOR_H
#define DOMINATOR_H

#include "graph.h"

#define DOMINATOR_NONE	UINT32_MAX

/*
 * Writes to @dominator the immediate dominator of each node: the last one that every
 * way from node 0 goes through. DOMINATOR_NONE for node 0, and for nodes that no way
 * leads to. (Lengauer and Tarjan, "A fast algorithm for finding dominators in a
 * flowgraph", 1979; the simple version, without recursion.)
 */
void dominator_find(const struct graph *graph, uint32_t *dominator);

/*
 * What would go with each node: adds to @size of each node, which holds its own size,
 * those of all nodes that it dominates.
 */
void dominator_retained(const struct graph *graph, const uint32_t *dominator,
			uint64_t *size);

#endif
