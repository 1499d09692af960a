// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_graph.h"

#include "packages_memory.h"

/* "name:any (>= 1) [amd64] | other" -> "name" */
static struct span relation_name(struct span relation)
{
	struct span name = span_trim(span_cut(&relation, '|'));

	for (size_t i = 0; i < name.length; i++)
		if (is_blank(name.start[i]) || strchr(":([<", name.start[i]))
			name.length = i;
	return name;
}

/* From a name that is provided to the first package that provides it. */
static void find_providers(const struct packages *packages, struct table *table)
{
	for (uint32_t i = 0; i < packages->count; i++) {
		struct span rest = packages->package[i].provides;

		while (rest.length) {
			struct span name = relation_name(span_cut(&rest, ','));
			uint32_t *best;

			if (!name.length)
				continue;
			best = table_put(table, name);
			if (*best == TABLE_NONE ||
			    span_compare(packages->package[i].name,
					 packages->package[*best].name) < 0)
				*best = i;
		}
	}
}

struct resolver {
	const struct packages *packages;
	struct table providers;
	uint32_t *last;		/* of each package: the last one with an edge to it, + 1 */
};

static void add_edges(struct resolver *resolver, struct graph *graph,
		      uint32_t from, struct span relations)
{
	while (relations.length) {
		struct span name = relation_name(span_cut(&relations, ','));
		uint32_t to = table_get(&resolver->packages->names, name);

		if (to == TABLE_NONE)
			to = table_get(&resolver->providers, name);
		if (to == TABLE_NONE || resolver->last[to] == from + 1)
			continue;
		resolver->last[to] = from + 1;
		graph_add_edge(graph, to);
	}
}

void packages_graph(const struct packages *packages, struct graph *graph)
{
	struct resolver resolver = { .packages = packages };

	resolver.last = array(packages->count, sizeof(*resolver.last));
	find_providers(packages, &resolver.providers);
	for (uint32_t i = 0; i < packages->count; i++) {
		graph_add_node(graph);
		add_edges(&resolver, graph, i, packages->package[i].pre_depends);
		add_edges(&resolver, graph, i, packages->package[i].depends);
	}
	table_free(&resolver.providers);
	free(resolver.last);
}
