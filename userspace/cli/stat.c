// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap stat: what the heaps hold and what their collectors did. */

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

enum column {
	NAME, OBJECTS, BYTES, SESSIONS, HANDLES, THRESHOLD, COUNT, ENABLED, COLLECTIONS,
	COLLECTED, LONGEST, COLUMNS,
};

#define CELL_MAX	72

struct line {
	char cells[COLUMNS][CELL_MAX];
};

struct request {
	char **heaps;		/* into argv; ends with NULL; empty: all */
	bool json;
	bool times;
	bool classes;
};

struct table {
	struct line *lines;
	struct json_object *json;	/* an array, instead of lines */
	bool times;			/* printed at once, instead of lines */
	bool classes;			/* likewise; more in JSON */
	size_t count;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	(void)argument;
	switch (key) {
	case CLI_OPT_JSON:
		request->json = true;
		return 0;
	case 't':
		request->times = true;
		return 0;
	case 'c':
		request->classes = true;
		return 0;
	case ARGP_KEY_END:
		if (request->times && request->classes)
			argp_error(state, "--times or --classes, not both");
		return 0;
	case ARGP_KEY_ARGS:
		request->heaps = state->argv + state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "classes", 'c', NULL, 0, "Show what objects take, by size class", 0 },
	{ "times", 't', NULL, 0, "Show how long operations waited and collections took", 0 },
	CLI_OPTION_JSON,
	{ 0 }
};
static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[HEAP...]",
	.doc = "Show heaps: all of them, or those that are named.",
};

static void put_numbers(char *cell, const struct heap_view *view, enum heap_field field)
{
	const struct heap_row *row = &view->rows[field];
	size_t length = 0;

	if (!row->known)
		strcpy(cell, "-");
	for (unsigned int i = 0; row->known && i < heap_field_count(field); i++)
		length += snprintf(cell + length, CELL_MAX - length, "%s%" PRIu64, i ? "," : "",
				   row->value[i]);
}

static void put_sum(char *cell, const struct heap_row *row)
{
	uint64_t sum = row->value[0] + row->value[1] + row->value[2];

	if (row->known)
		snprintf(cell, CELL_MAX, "%" PRIu64, sum);
	else
		strcpy(cell, "-");
}

static void put_longest(char *cell, const struct heap_row *row)
{
	uint64_t longest = 0;

	for (int i = 0; i < MHEAP_GENERATIONS; i++)
		if (row->value[i] > longest)
			longest = row->value[i];
	if (row->known)
		cli_duration(cell, longest);
	else
		strcpy(cell, "-");
}

static void fill_line(struct line *line, const char *heap, const struct heap_view *view)
{
	const struct heap_row *rows = view->rows;

	snprintf(line->cells[NAME], CELL_MAX, "%s", heap);
	put_numbers(line->cells[OBJECTS], view, HEAP_OBJECTS);
	put_numbers(line->cells[SESSIONS], view, HEAP_SESSIONS);
	put_numbers(line->cells[HANDLES], view, HEAP_HANDLES);
	put_numbers(line->cells[THRESHOLD], view, HEAP_THRESHOLD);
	put_numbers(line->cells[COUNT], view, HEAP_COUNT);
	put_numbers(line->cells[COLLECTIONS], view, HEAP_COLLECTIONS);
	put_sum(line->cells[COLLECTED], &rows[HEAP_COLLECTED]);
	put_longest(line->cells[LONGEST], &rows[HEAP_LONGEST]);
	strcpy(line->cells[BYTES], "-");
	if (rows[HEAP_BYTES].known)
		cli_size(line->cells[BYTES], rows[HEAP_BYTES].value[0]);
	strcpy(line->cells[ENABLED], "-");
	if (rows[HEAP_ENABLED].known)
		strcpy(line->cells[ENABLED], rows[HEAP_ENABLED].value[0] ? "yes" : "no");
}

static struct json_object *make_json(const char *heap, const struct heap_view *view)
{
	struct json_object *object = json_object_new_object();
	struct json_object *stats = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(heap));
	json_object_object_add(object, "allocator",
			       *view->allocator ? json_object_new_string(view->allocator) : NULL);
	for (int field = 0; field < HEAP_FIELDS; field++)
		json_object_object_add(field < HEAP_STATS ? object : stats, heap_field_name(field),
				       heap_field_json(view, field));
	json_object_object_add(object, "stats", stats);
	return object;
}

static void print_table(const struct line *lines, size_t count)
{
	static const struct line head = {{
		"NAME", "OBJECTS", "BYTES", "SESSIONS", "HANDLES", "THRESHOLD", "COUNT",
		"ENABLED", "COLLECTIONS", "COLLECTED", "LONGEST",
	}};
	int widths[COLUMNS];

	for (int column = 0; column < COLUMNS; column++) {
		widths[column] = strlen(head.cells[column]);
		for (size_t i = 0; i < count; i++)
			if ((int)strlen(lines[i].cells[column]) > widths[column])
				widths[column] = strlen(lines[i].cells[column]);
	}
	for (size_t i = 0; i <= count; i++) {
		const struct line *line = i ? &lines[i - 1] : &head;

		printf("%-*s", widths[NAME], line->cells[NAME]);
		for (int column = 1; column < COLUMNS; column++)
			printf("  %*s", widths[column], line->cells[column]);
		putchar('\n');
	}
}

/* A heap that ends meanwhile is an error only if it was asked for. */
static int show(struct table *table, char **heaps, bool named)
{
	int status = CLI_OK;

	for (char **heap = heaps; *heap; heap++) {
		struct heap_view view;
		int error = heap_view_read(*heap, &view);

		if (error == -ENOENT && !named)
			continue;
		if (error) {
			if (error == -ENOENT || error == -EINVAL)
				cli_error("stat: there is no heap '%s'", *heap);
			else
				cli_errno(error, "stat: cannot read heap '%s'", *heap);
			status = CLI_FAILED;
		} else if (table->json) {
			struct json_object *object = make_json(*heap, &view);

			if (table->classes)
				json_object_object_add(object, "classes", heap_classes_json(*heap));
			json_object_array_add(table->json, object);
		} else if (table->classes) {
			error = heap_classes_print(*heap);
			if (error && (error != -ENOENT || named)) {
				cli_errno(error, "stat: cannot read the classes of '%s'", *heap);
				status = CLI_FAILED;
			}
		} else if (table->times) {
			heap_times_print(*heap, &view);
		} else {
			fill_line(&table->lines[table->count++], *heap, &view);
		}
	}
	return status;
}

int cmd_stat(int argc, char **argv)
{
	struct request request = { 0 };
	struct table table = { 0 };
	char **names, **heaps;
	size_t count = 0;
	int status;

	cli_options(&argp, argc, argv, &request);
	names = heap_names();
	if (!names)
		return CLI_FAILED;
	heaps = request.heaps ? request.heaps : names;
	while (heaps[count])
		count++;
	table.lines = calloc(count + 1, sizeof(*table.lines));
	if (request.json)
		table.json = json_object_new_array();
	if (!table.lines || (request.json && !table.json)) {
		cli_errno(ENOMEM, "stat");
		mh_heap_names_free(names);
		free(table.lines);
		return CLI_FAILED;
	}
	table.times = request.times;
	table.classes = request.classes;
	if (table.times && !table.json)
		heap_times_head();
	if (table.classes && !table.json)
		heap_classes_head();
	status = show(&table, heaps, request.heaps);
	if (!table.json && !table.times && !table.classes)
		print_table(table.lines, table.count);
	else if (table.json && cli_json(table.json))
		status = CLI_FAILED;
	mh_heap_names_free(names);
	free(table.lines);
	return status;
}
