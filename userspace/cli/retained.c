// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap retained: what would go with each object, if it went. */

#include <inttypes.h>
#include <stdlib.h>

#include "dominator.h"
#include "packages_memory.h"
#include "snapshot_file.h"

struct line {
	uint32_t node;
	uint64_t bytes;
};

static int compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void print_lines(const struct snapshot *s, const struct line *line, uint64_t lines,
			const uint64_t *objects)
{
	char title[SNAPSHOT_TITLE], size[CLI_HUMAN];

	printf("%12s %10s  %s\n", "RETAINED", "OBJECTS", "BY");
	for (uint64_t i = 0; i < lines; i++)
		printf("%12s %10" PRIu64 "  %s\n", cli_size(size, line[i].bytes),
		       objects[line[i].node], snapshot_title(s, line[i].node, title));
}

/* What nothing reaches is garbage, and nobody retains it. */
static void print_garbage(const struct snapshot *s, const uint32_t *dominator)
{
	uint64_t bytes = 0, count = 0;
	char size[CLI_HUMAN];

	for (uint32_t i = 0; i < s->objects; i++)
		if (dominator[snapshot_object_node(s, i)] == DOMINATOR_NONE) {
			bytes += s->object[i].charged;
			count++;
		}
	if (count)
		printf("%12s %10" PRIu64 "  nobody: garbage that waits to be freed\n",
		       cli_size(size, bytes), count);
}

void retained_print(const struct snapshot *s, uint64_t lines)
{
	const uint32_t nodes = s->graph.nodes;
	uint32_t *dominator = array(nodes, sizeof(*dominator));
	uint64_t *bytes = array(nodes, sizeof(*bytes));
	uint64_t *objects = array(nodes, sizeof(*objects));
	struct line *line = array(nodes, sizeof(*line));
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->objects; i++) {
		bytes[snapshot_object_node(s, i)] = s->object[i].charged;
		objects[snapshot_object_node(s, i)] = 1;
	}
	dominator_find(&s->graph, dominator);
	dominator_retained(&s->graph, dominator, bytes);
	dominator_retained(&s->graph, dominator, objects);
	for (uint32_t i = 1; i < nodes; i++)
		if (dominator[i] != DOMINATOR_NONE)
			line[count++] = (struct line){ i, bytes[i] };
	qsort(line, count, sizeof(*line), compare);
	print_lines(s, line, lines < count ? lines : count, objects);
	print_garbage(s, dominator);
	free(line);
	free(objects);
	free(bytes);
	free(dominator);
}

struct request {
	const char *name;
	uint64_t lines;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'n':
		if (!cli_number(argument, UINT32_MAX, &request->lines))
			argp_error(state, "'%s' is no number of lines", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (request->name)
			return ARGP_ERR_UNKNOWN;
		request->name = argument;
		return 0;
	case ARGP_KEY_END:
		if (!request->name)
			argp_error(state, "which snapshot?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "lines", 'n', "N", 0, "Show so many (20)", 0 },
	{ 0 }
};
static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE|HEAP",
	.doc = "Show which sessions, names and objects retain most memory: their own, and "
	       "that of all that can only be reached through them.",
};

int cmd_retained(int argc, char **argv)
{
	struct request request = { .lines = 20 };
	struct snapshot snapshot;
	int status;

	cli_options(&argp, argc, argv, &request);
	if (!snapshot_open(request.name, &snapshot, &status))
		return status;
	retained_print(&snapshot, request.lines);
	snapshot_free(&snapshot);
	return CLI_OK;
}
