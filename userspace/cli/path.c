// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap path: why an object is alive. */

#include <inttypes.h>
#include <stdlib.h>

#include "packages_memory.h"
#include "snapshot_id.h"

/* From node 0, breadth first. Returns the node before each on a shortest way. */
static uint32_t *search(const struct graph *graph, uint32_t goal)
{
	uint32_t *before = array(graph->nodes, sizeof(*before));
	uint32_t *queue = array(graph->nodes, sizeof(*queue));
	uint32_t count = 1;

	for (uint32_t i = 0; i < graph->nodes; i++)
		before[i] = SNAPSHOT_NONE;
	before[0] = 0;
	for (uint32_t next = 0; next < count && before[goal] == SNAPSHOT_NONE; next++) {
		uint32_t node = queue[next];

		for (uint32_t e = graph->first[node]; e < graph->first[node + 1]; e++) {
			uint32_t target = graph->target[e];

			if (before[target] != SNAPSHOT_NONE)
				continue;
			before[target] = node;
			queue[count++] = target;
		}
	}
	free(queue);
	return before;
}

/* The first slot of @from that refers to @to. */
static uint32_t slot_of(const struct snapshot *s, uint32_t from, uint32_t to)
{
	const uint32_t *target = s->target + s->object[from].first;
	uint32_t slot = 0;

	while (target[slot] != to)
		slot++;
	return slot;
}

static void print_step(const struct snapshot *s, uint32_t from, uint32_t to)
{
	uint32_t holder = snapshot_node_object(s, from);
	char text[SNAPSHOT_TITLE];

	if (from && holder == SNAPSHOT_NONE)
		printf("-> ");
	else if (from)
		printf("slot %" PRIu32 " -> ",
		       slot_of(s, holder, snapshot_node_object(s, to)));
	else if (snapshot_node_object(s, to) != SNAPSHOT_NONE)
		printf("a batch that was running, or the kernel -> ");
	printf("%s\n", snapshot_title(s, to, text));
}

/* The way is found from its end, and printed from its beginning. */
static void print_way(const struct snapshot *s, const uint32_t *before, uint32_t goal)
{
	uint32_t *way = array(s->graph.nodes, sizeof(*way));
	uint32_t length = 0;

	for (uint32_t node = goal; node; node = before[node])
		way[length++] = node;
	for (uint32_t from = 0; length; from = way[length])
		print_step(s, from, way[--length]);
	free(way);
}

int cmd_path(int argc, char **argv)
{
	struct snapshot snapshot;
	uint32_t *before;
	uint32_t object;
	int status;

	status = snapshot_id_open(argc, argv, "Show a shortest way from a session, and so a "
				  "process, or from a name to an object: why it is alive.",
				  &snapshot, &object);
	if (status != CLI_OK)
		return status;
	object = snapshot_object_node(&snapshot, object);
	before = search(&snapshot.graph, object);
	if (before[object] == SNAPSHOT_NONE)
		printf("no way leads there: it is garbage that waits to be freed\n");
	else
		print_way(&snapshot, before, object);
	free(before);
	snapshot_free(&snapshot);
	return CLI_OK;
}
