// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "export.h"

#include <inttypes.h>

/* What it is given can be printed. */
static void put_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void put_node(const struct snapshot *s, FILE *out, uint32_t node)
{
	uint32_t object = snapshot_node_object(s, node);
	char text[SNAPSHOT_TITLE];

	fprintf(out, "\tn%" PRIu32 " [label=", node);
	if (object == SNAPSHOT_NONE) {
		put_quoted(out, snapshot_title(s, node, text));
		fprintf(out, ", shape=%s", node && node <= s->sessions ? "box" : "note");
	} else {
		const struct snapshot_object *o = &s->object[object];

		fprintf(out, "\"%" PRIu64 "\\ntype %" PRIu32 "\\n%" PRIu64 " B\"", o->id, o->type,
			o->charged);
		if (o->flags & MHEAP_SNAPSHOT_DEAD)
			fputs(", style=dotted", out);
	}
	fputs("];\n", out);
}

/* Edges of objects say which slot they are. */
static void put_object_edges(const struct snapshot *s, FILE *out, uint32_t object)
{
	for (uint32_t i = 0; i < s->object[object].slots; i++) {
		uint32_t target = s->target[s->object[object].first + i];

		if (target != SNAPSHOT_NONE)
			fprintf(out, "\tn%" PRIu32 " -> n%" PRIu32 " [label=%" PRIu32 "];\n",
				snapshot_object_node(s, object),
				snapshot_object_node(s, target), i);
	}
}

static void put_holder_edges(const struct snapshot *s, FILE *out, uint32_t node)
{
	const struct graph *graph = &s->graph;

	for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++)
		fprintf(out, "\tn%" PRIu32 " -> n%" PRIu32 ";\n", node, graph->target[e]);
}

void export_dot(const struct snapshot *s, FILE *out)
{
	fputs("digraph ", out);
	put_quoted(out, s->heap);
	fputs(" {\n\tnode [shape=ellipse];\n", out);
	for (uint32_t node = 0; node < s->graph.nodes; node++)
		put_node(s, out, node);
	for (uint32_t node = 0; node < snapshot_object_node(s, 0); node++)
		put_holder_edges(s, out, node);
	for (uint32_t object = 0; object < s->objects; object++)
		put_object_edges(s, out, object);
	fputs("}\n", out);
}
