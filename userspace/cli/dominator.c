// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "dominator.h"

#include <stdlib.h>

#include "packages_memory.h"

#define NONE	DOMINATOR_NONE

/**
 * struct search - the state of the algorithm; all by number in the depth-first search,
 *	but for @number
 * @graph: the graph
 * @number: of each node, or NONE
 * @node: of each number
 * @found: how many nodes were found
 * @parent: in the tree of the search
 * @semi: semidominator
 * @best: the one with the least semidominator on the way to the root of its tree
 * @ancestor: in the forest, or NONE at a root
 * @bucket: first of those that this is the semidominator of
 * @next: behind it in its bucket
 * @dominator: immediate dominator
 * @stack: for what would be recursive
 * @first_before: where the predecessors of each begin in @before
 * @before: predecessors
 */
struct search {
	const struct graph *graph;
	uint32_t *number, *node;
	uint32_t found;
	uint32_t *parent, *semi, *best, *ancestor, *bucket, *next, *dominator, *stack;
	uint32_t *first_before, *before;
};

static uint32_t *new_array(size_t count)
{
	return array_resize(NULL, count + 1, sizeof(uint32_t));
}

static uint32_t *new_filled(size_t count)
{
	uint32_t *array = new_array(count);

	for (size_t i = 0; i < count; i++)
		array[i] = NONE;
	return array;
}

static void find(struct search *s, uint32_t node, uint32_t parent)
{
	s->number[node] = s->found;
	s->node[s->found] = node;
	s->parent[s->found++] = parent;
}

/* @at and @stack: the nodes on the way, and the edge that comes next in each. */
static void walk(struct search *s, uint32_t *at)
{
	uint32_t depth = 1;

	find(s, 0, NONE);
	s->stack[0] = 0;
	at[0] = s->graph->first[0];
	while (depth) {
		uint32_t node = s->stack[depth - 1];
		uint32_t target;

		if (at[depth - 1] == s->graph->first[node + 1]) {
			depth--;
			continue;
		}
		target = s->graph->target[at[depth - 1]++];
		if (s->number[target] != NONE)
			continue;
		find(s, target, s->number[node]);
		s->stack[depth] = target;
		at[depth++] = s->graph->first[target];
	}
}

/* Predecessors of what was found, by number. */
static void turn_edges(struct search *s)
{
	const struct graph *graph = s->graph;
	uint32_t *end = s->first_before;

	for (uint32_t i = 0; i <= s->found; i++)
		end[i] = 0;
	for (uint32_t i = 0; i < s->found; i++)
		for (uint32_t e = graph->first[s->node[i]]; e < graph->first[s->node[i] + 1]; e++)
			end[s->number[graph->target[e]]]++;
	for (uint32_t i = 1; i <= s->found; i++)
		end[i] += end[i - 1];
	for (uint32_t i = 0; i < s->found; i++)
		for (uint32_t e = graph->first[s->node[i]]; e < graph->first[s->node[i] + 1]; e++)
			s->before[--end[s->number[graph->target[e]]]] = i;
}

/* The one with the least semidominator on the way to the root; the way is shortened. */
static uint32_t evaluate(struct search *s, uint32_t v)
{
	uint32_t depth = 0;

	if (s->ancestor[v] == NONE)
		return v;
	for (; s->ancestor[s->ancestor[v]] != NONE; v = s->ancestor[v])
		s->stack[depth++] = v;
	while (depth) {
		uint32_t above = s->ancestor[s->stack[depth - 1]];

		v = s->stack[--depth];
		if (s->semi[s->best[above]] < s->semi[s->best[v]])
			s->best[v] = s->best[above];
		s->ancestor[v] = s->ancestor[above];
	}
	return s->best[v];
}

static void dominate(struct search *s)
{
	for (uint32_t i = 0; i < s->found; i++)
		s->semi[i] = s->best[i] = i;
	for (uint32_t w = s->found; --w > 0;) {
		uint32_t parent = s->parent[w];

		for (uint32_t e = s->first_before[w]; e < s->first_before[w + 1]; e++) {
			uint32_t u = evaluate(s, s->before[e]);

			if (s->semi[u] < s->semi[w])
				s->semi[w] = s->semi[u];
		}
		s->next[w] = s->bucket[s->semi[w]];
		s->bucket[s->semi[w]] = w;
		s->ancestor[w] = parent;
		for (uint32_t v = s->bucket[parent]; v != NONE; v = s->next[v]) {
			uint32_t u = evaluate(s, v);

			s->dominator[v] = s->semi[u] < s->semi[v] ? u : parent;
		}
		s->bucket[parent] = NONE;
	}
	for (uint32_t w = 1; w < s->found; w++)
		if (s->dominator[w] != s->semi[w])
			s->dominator[w] = s->dominator[s->dominator[w]];
}

void dominator_find(const struct graph *graph, uint32_t *dominator)
{
	const uint32_t n = graph->nodes;
	uint32_t *at = new_array(n);
	struct search s = {
		.graph = graph,
		.number = new_filled(n), .node = new_array(n), .parent = new_array(n),
		.semi = new_array(n), .best = new_array(n), .ancestor = new_filled(n),
		.bucket = new_filled(n), .next = new_array(n), .dominator = new_array(n),
		.stack = new_array(n), .first_before = new_array(n + 1),
		.before = new_array(graph->edges),
	};
	uint32_t **arrays[] = {
		&s.number, &s.node, &s.parent, &s.semi, &s.best, &s.ancestor, &s.bucket,
		&s.next, &s.dominator, &s.stack, &s.first_before, &s.before, &at,
	};

	walk(&s, at);
	turn_edges(&s);
	dominate(&s);
	for (uint32_t i = 0; i < n; i++)
		dominator[i] = s.number[i] == NONE || !s.number[i] ? NONE :
			       s.node[s.dominator[s.number[i]]];
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		free(*arrays[i]);
}

/* From the leaves of the tree upwards: whose children are all done is next. */
void dominator_retained(const struct graph *graph, const uint32_t *dominator, uint64_t *size)
{
	const uint32_t n = graph->nodes;
	uint32_t *children = new_array(n);
	uint32_t *ready = new_array(n);
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		children[i] = 0;
	for (uint32_t i = 0; i < n; i++)
		if (dominator[i] != NONE)
			children[dominator[i]]++;
	for (uint32_t i = 0; i < n; i++)
		if (!children[i])
			ready[count++] = i;
	for (uint32_t next = 0; next < count; next++) {
		uint32_t above = dominator[ready[next]];

		if (above == NONE)
			continue;
		size[above] += size[ready[next]];
		if (!--children[above])
			ready[count++] = above;
	}
	free(children);
	free(ready);
}
