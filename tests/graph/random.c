// SPDX-License-Identifier: GPL-2.0-only
/* The graph algorithms against slow and simple ones, on random graphs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dominator.h"
#include "graph.h"
#include "tap.h"

#define NODES	12
#define ROUNDS	20000
#define LONG	300000

static unsigned long state;

static unsigned int below(unsigned int limit)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (state >> 33) % limit;
}

/* What is known of a graph the slow way: is there a path of one edge or more? */
struct slow {
	bool path[NODES][NODES];
};

static void make(struct graph *graph, struct slow *slow)
{
	unsigned int nodes = 1 + below(NODES), percent = below(40);

	memset(slow, 0, sizeof(*slow));
	for (unsigned int i = 0; i < nodes; i++) {
		graph_add_node(graph);
		for (unsigned int j = 0; j < nodes; j++)
			if (below(100) < percent) {
				graph_add_edge(graph, j);
				slow->path[i][j] = true;
			}
	}
	for (unsigned int k = 0; k < nodes; k++)
		for (unsigned int i = 0; i < nodes; i++)
			for (unsigned int j = 0; j < nodes; j++)
				slow->path[i][j] |= slow->path[i][k] &&
						    slow->path[k][j];
}

static bool components_agree(const struct graph *graph, const struct slow *slow)
{
	uint32_t component[NODES], count = graph_components(graph, component);
	bool used[NODES] = { false };

	for (unsigned int i = 0; i < graph->nodes; i++) {
		if (component[i] >= count)
			return false;
		used[component[i]] = true;
		for (unsigned int j = 0; j < graph->nodes; j++)
			if ((component[i] == component[j]) !=
			    (i == j || (slow->path[i][j] && slow->path[j][i])))
				return false;
	}
	for (unsigned int i = 0; i < count; i++)
		if (!used[i])
			return false;
	return true;
}

static bool cycles_agree(const struct graph *graph, const struct slow *slow)
{
	uint32_t largest = 0, found;
	bool cyclic[NODES];

	found = graph_cycles(graph, cyclic);
	for (unsigned int i = 0; i < graph->nodes; i++) {
		uint32_t size = 0;

		if (cyclic[i] != slow->path[i][i])
			return false;
		for (unsigned int j = 0; j < graph->nodes; j++)
			size += i == j || (slow->path[i][j] && slow->path[j][i]);
		if (size > largest)
			largest = size;
	}
	return found == largest;
}

static bool reach_agrees(const struct graph *graph, const struct slow *slow)
{
	bool from[NODES], set[NODES];
	uint32_t count = 0;

	for (unsigned int i = 0; i < graph->nodes; i++)
		from[i] = set[i] = below(4) == 0;
	if (graph_reach(graph, set) > graph->nodes)
		return false;
	for (unsigned int i = 0; i < graph->nodes; i++) {
		bool expected = from[i];

		for (unsigned int j = 0; j < graph->nodes; j++)
			expected |= from[j] && slow->path[j][i];
		if (set[i] != expected)
			return false;
		count += set[i];
	}
	return graph_reach(graph, set) == count;
}

/* Counting, done: what nothing refers to any more goes, until all is referred to. */
static uint32_t count_down(const struct graph *graph, bool *exists, const bool *kept)
{
	uint32_t freed = 0;
	bool again = true;

	while (again) {
		again = false;
		for (unsigned int i = 0; i < graph->nodes; i++) {
			bool referred = kept[i];

			for (unsigned int j = 0; j < graph->nodes; j++)
				for (uint32_t e = graph->first[j];
				     e < graph->first[j + 1]; e++)
					referred |= exists[j] && graph->target[e] == i;
			if (exists[i] && !referred) {
				exists[i] = false;
				freed++;
				again = true;
			}
		}
	}
	return freed;
}

static bool fate_agrees(const struct graph *graph)
{
	bool exists[NODES] = { false }, left[NODES], kept[NODES] = { false };
	struct graph_fate fate, expected = { 0 };

	for (unsigned int i = 0; i < graph->nodes; i++)
		exists[i] = below(2);
	graph_reach(graph, exists);
	for (unsigned int i = 0; i < graph->nodes; i++)
		kept[i] = exists[i] && below(4) == 0;
	graph_reach(graph, kept);

	memcpy(left, exists, sizeof(left));
	expected.at_once = count_down(graph, left, kept);
	for (unsigned int i = 0; i < graph->nodes; i++) {
		expected.kept += kept[i];
		expected.kept_references += kept[i] ? graph_degree(graph, i) : 0;
		expected.collected += left[i] && !kept[i] && graph_degree(graph, i);
		expected.leaves += left[i] && !kept[i] && !graph_degree(graph, i);
	}
	fate = graph_fate(graph, exists, kept);
	return !memcmp(&fate, &expected, sizeof(fate));
}

/* What can be reached from node 0 on ways that do not go through @without. */
static void reach_without(const struct graph *graph, uint32_t without, bool *reached)
{
	bool again = without != 0;

	memset(reached, 0, NODES * sizeof(*reached));
	reached[0] = again;
	while (again) {
		again = false;
		for (uint32_t i = 0; i < graph->nodes; i++)
			for (uint32_t e = graph->first[i]; e < graph->first[i + 1]; e++) {
				uint32_t target = graph->target[e];

				if (!reached[i] || reached[target] || target == without)
					continue;
				reached[target] = true;
				again = true;
			}
	}
}

/* A node dominates all that cannot be reached without it. */
static bool dominators_agree(const struct graph *graph)
{
	bool reached[NODES + 1][NODES], dominates[NODES][NODES];
	uint32_t found[NODES], n = graph->nodes;
	uint64_t size[NODES], expected[NODES] = { 0 };

	reach_without(graph, NODES, reached[NODES]);
	for (uint32_t i = 0; i < n; i++) {
		reach_without(graph, i, reached[i]);
		size[i] = 1 + i * i;
		for (uint32_t j = 0; j < n; j++)
			dominates[i][j] = reached[NODES][j] && !reached[i][j];
	}
	dominator_find(graph, found);
	dominator_retained(graph, found, size);
	for (uint32_t j = 0; j < n; j++) {
		uint32_t immediate = DOMINATOR_NONE;

		/* Of all others that dominate it, the one that all of them dominate. */
		for (uint32_t i = 0; i < n; i++)
			if (i != j && dominates[i][j] &&
			    (immediate == DOMINATOR_NONE || dominates[immediate][i]))
				immediate = i;
		if (found[j] != immediate)
			return false;
		for (uint32_t i = 0; i < n; i++)
			if (dominates[i][j])
				expected[i] += 1 + j * j;
		if (!reached[NODES][j])
			expected[j] += 1 + j * j;
	}
	return !memcmp(size, expected, n * sizeof(*size));
}

static void test_small(unsigned long first)
{
	unsigned long bad[5] = { 0 };
	const char *names[5] = {
		"components", "cycles", "reachability", "fate", "dominators",
	};
	char name[64];

	for (unsigned long seed = first; seed < first + ROUNDS; seed++) {
		struct graph graph = { 0 };
		struct slow slow;

		state = seed;
		below(1);
		make(&graph, &slow);
		bool ok[5] = { components_agree(&graph, &slow),
			cycles_agree(&graph, &slow),
			reach_agrees(&graph, &slow), fate_agrees(&graph),
			dominators_agree(&graph) };
		for (int i = 0; i < 5; i++)
			if (!ok[i] && !bad[i]++)
				printf("# %s: wrong with seed %lu\n", names[i], seed);
		graph_free(&graph);
	}
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "%s, %d random graphs, seeds from %lu",
			 names[i], ROUNDS, first);
		tap(!bad[i], name);
	}
}

/* A list of @LONG nodes, closed to a ring or not. */
static bool long_list(bool ring)
{
	bool *set = calloc(LONG, sizeof(*set));
	struct graph graph = { 0 };
	uint32_t largest, reached;

	for (uint32_t i = 0; i < LONG; i++) {
		graph_add_node(&graph);
		if (ring || i < LONG - 1)
			graph_add_edge(&graph, (i + 1) % LONG);
	}
	set[0] = true;
	reached = graph_reach(&graph, set);
	largest = graph_cycles(&graph, set);
	graph_free(&graph);
	free(set);
	return reached == LONG && largest == (ring ? LONG : 1);
}

/* A list in which each node refers back to the one before: node 0 retains all. */
static bool long_dominators(void)
{
	uint32_t *dominator = calloc(LONG, sizeof(*dominator));
	uint64_t *size = calloc(LONG, sizeof(*size));
	struct graph graph = { 0 };
	bool right = true;

	for (uint32_t i = 0; i < LONG; i++) {
		graph_add_node(&graph);
		if (i)
			graph_add_edge(&graph, i - 1);
		if (i < LONG - 1)
			graph_add_edge(&graph, i + 1);
		size[i] = 1;
	}
	dominator_find(&graph, dominator);
	dominator_retained(&graph, dominator, size);
	for (uint32_t i = 1; i < LONG; i++)
		right &= dominator[i] == i - 1 && size[i] == LONG - i;
	right &= size[0] == LONG;
	graph_free(&graph);
	free(dominator);
	free(size);
	return right;
}

void test_random(unsigned long seed)
{
	struct graph empty = { 0 };
	bool none[1];

	test_small(seed);
	tap(long_list(false), "a long list");
	tap(long_list(true), "a long ring");
	tap(long_dominators(), "dominators of a long list with links back");
	tap(!graph_cycles(&empty, none) && !graph_reach(&empty, none), "no nodes");
}
