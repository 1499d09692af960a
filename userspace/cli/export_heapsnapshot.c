// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * The format is one of numbers in flat arrays that refer to each other by place; its
 * fields and their types stand at its beginning. Chrome keeps all numbers in 32 bits.
 * A name is an index of a string; strings are written at the end.
 */

#include "export.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "packages_memory.h"

#define NODE_FIELDS	7	/* see meta */

/* Places of types in meta. */
enum { NODE_OBJECT = 3, NODE_SYNTHETIC = 9 };
enum { EDGE_ELEMENT = 1, EDGE_PROPERTY = 2 };

static const char meta[] =
	"{\"snapshot\":{\"meta\":{"
	"\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\","
	"\"trace_node_id\",\"detachedness\"],"
	"\"node_types\":[[\"hidden\",\"array\",\"string\",\"object\",\"code\",\"closure\","
	"\"regexp\",\"number\",\"native\",\"synthetic\",\"concatenated string\","
	"\"sliced string\",\"symbol\",\"bigint\",\"object shape\"],"
	"\"string\",\"number\",\"number\",\"number\",\"number\",\"number\"],"
	"\"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],"
	"\"edge_types\":[[\"context\",\"element\",\"property\",\"internal\",\"hidden\","
	"\"shortcut\",\"weak\"],\"string_or_number\",\"node\"],"
	"\"trace_function_info_fields\":[\"function_id\",\"name\",\"script_name\",\"script_id\","
	"\"line\",\"column\"],"
	"\"trace_node_fields\":[\"id\",\"function_info_index\",\"count\",\"size\",\"children\"],"
	"\"sample_fields\":[\"timestamp_us\",\"last_assigned_id\"],"
	"\"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]}";

/**
 * struct writer - an export under way
 * @s: the snapshot
 * @out: where to
 * @type: types that occur, in order; the string of a type is behind those of the nodes
 *	that are no objects
 */
struct writer {
	const struct snapshot *s;
	FILE *out;
	uint32_t *type;
	uint32_t types;
};

static int compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void find_types(struct writer *w)
{
	uint32_t kept = 0;

	w->type = array(w->s->objects, sizeof(*w->type));
	for (uint32_t i = 0; i < w->s->objects; i++)
		w->type[i] = w->s->object[i].type;
	qsort(w->type, w->s->objects, sizeof(*w->type), compare);
	for (uint32_t i = 0; i < w->s->objects; i++)
		if (!kept || w->type[kept - 1] != w->type[i])
			w->type[kept++] = w->type[i];
	w->types = kept;
}

static uint32_t name_of(const struct writer *w, uint32_t node)
{
	uint32_t object = snapshot_node_object(w->s, node);
	const uint32_t *found;

	if (object == SNAPSHOT_NONE)
		return node;
	found = bsearch(&w->s->object[object].type, w->type, w->types, sizeof(*w->type), compare);
	return snapshot_object_node(w->s, 0) + (found - w->type);
}

/* Objects have even ids, the same in each snapshot; everything else has odd ones. */
static uint32_t id_of(const struct writer *w, uint32_t node)
{
	uint32_t object = snapshot_node_object(w->s, node);

	return object == SNAPSHOT_NONE ? 2 * node + 1 : 2 * (uint32_t)w->s->object[object].id;
}

static void put_nodes(const struct writer *w)
{
	const struct graph *graph = &w->s->graph;

	for (uint32_t node = 0; node < graph->nodes; node++) {
		uint32_t object = snapshot_node_object(w->s, node);

		fprintf(w->out, "%s%d,%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%" PRIu32 ",0,0\n",
			node ? "," : "", object == SNAPSHOT_NONE ? NODE_SYNTHETIC : NODE_OBJECT,
			name_of(w, node), id_of(w, node),
			object == SNAPSHOT_NONE ? 0 : w->s->object[object].charged,
			graph_degree(graph, node));
	}
}

static void put_edge(const struct writer *w, bool *first, int type, uint32_t name, uint32_t node)
{
	fprintf(w->out, "%s%d,%" PRIu32 ",%" PRIu64 "\n", *first ? "" : ",", type, name,
		(uint64_t)node * NODE_FIELDS);
	*first = false;
}

/* In the order of the nodes, as many as each said. */
static void put_edges(const struct writer *w)
{
	const struct graph *graph = &w->s->graph;
	const uint32_t objects = snapshot_object_node(w->s, 0);
	bool first = true;

	for (uint32_t node = 0; node < objects; node++)
		for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++)
			if (node)
				put_edge(w, &first, EDGE_ELEMENT, e - graph->first[node],
					 graph->target[e]);
			else
				put_edge(w, &first, EDGE_PROPERTY,
					 name_of(w, graph->target[e]), graph->target[e]);
	for (uint32_t i = 0; i < w->s->objects; i++)
		for (uint32_t j = 0; j < w->s->object[i].slots; j++) {
			uint32_t target = w->s->target[w->s->object[i].first + j];

			if (target != SNAPSHOT_NONE)
				put_edge(w, &first, EDGE_ELEMENT, j, objects + target);
		}
}

static void put_string(const struct writer *w, const char *text)
{
	struct json_object *string = must(json_object_new_string(text));

	fputs(json_object_to_json_string(string), w->out);
	json_object_put(string);
}

static void put_strings(const struct writer *w)
{
	char text[SNAPSHOT_TITLE];

	for (uint32_t node = 0; node < snapshot_object_node(w->s, 0); node++) {
		fputs(node ? ",\n" : "", w->out);
		put_string(w, snapshot_title(w->s, node, text));
	}
	for (uint32_t i = 0; i < w->types; i++)
		fprintf(w->out, ",\n\"type %" PRIu32 "\"", w->type[i]);
}

void export_heapsnapshot(const struct snapshot *s, FILE *out)
{
	struct writer w = { .s = s, .out = out };

	find_types(&w);
	fprintf(out, "%s,\"node_count\":%" PRIu32 ",\"edge_count\":%" PRIu32
		",\"trace_function_count\":0},\n\"nodes\":[", meta, s->graph.nodes, s->graph.edges);
	put_nodes(&w);
	fputs("],\n\"edges\":[", out);
	put_edges(&w);
	fputs("],\n\"trace_function_infos\":[],\"trace_tree\":[],\"samples\":[],"
	      "\"locations\":[],\n\"strings\":[", out);
	put_strings(&w);
	fputs("]}\n", out);
	free(w.type);
}
