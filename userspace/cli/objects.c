// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap objects: what is in a heap, by generation. */

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "packages_memory.h"
#include "snapshot_flags.h"

enum { OPT_GENERATION = 'g' };

struct request {
	const char *name;
	uint64_t generation;
	bool chosen;		/* only those in @generation */
	bool json;
};

static const struct argp_option options[] = {
	{ "generation", OPT_GENERATION, "N", 0, "Only those of it; 3 is the permanent one", 0 },
	CLI_OPTION_JSON,
	{ 0 }
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case OPT_GENERATION:
		request->chosen = true;
		if (!cli_number(argument, MHEAP_GENERATION_PERMANENT, &request->generation))
			argp_error(state, "'%s' is no generation", argument);
		return 0;
	case CLI_OPT_JSON:
		request->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (request->name)
			return ARGP_ERR_UNKNOWN;
		request->name = argument;
		return 0;
	case ARGP_KEY_END:
		if (!request->name)
			argp_error(state, "which heap?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE|HEAP",
	.doc = "Show the objects of a heap, by generation. Those without slots are in none.",
};

/* Those in no generation come last. */
static uint32_t rank(const struct snapshot_object *object)
{
	return object->flags & MHEAP_OBJECT_TRACKED ? object->generation : UINT32_MAX;
}

static int compare(const void *a, const void *b)
{
	const struct snapshot_object *const *x = a, *const *y = b;

	if (rank(*x) != rank(*y))
		return rank(*x) < rank(*y) ? -1 : 1;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* Those that are asked for, in order. */
static const struct snapshot_object **choose(const struct snapshot *snapshot,
					     const struct request *request, uint32_t *count)
{
	const struct snapshot_object **list = array(snapshot->objects, sizeof(*list));

	*count = 0;
	for (uint32_t i = 0; i < snapshot->objects; i++)
		if (!request->chosen || rank(&snapshot->object[i]) == request->generation)
			list[(*count)++] = &snapshot->object[i];
	qsort(list, *count, sizeof(*list), compare);
	return list;
}

static void print(const struct snapshot_object *object)
{
	char generation[SNAPSHOT_GENERATION_TEXT], flags[SNAPSHOT_FLAGS_TEXT];

	printf("%20" PRIu64 " %10s %10" PRIu32 " %8" PRIu32 " %10" PRIu64 " %10" PRIu64
	       " %8" PRIu32 "  %s\n", object->id, snapshot_generation_text(object, generation),
	       object->type, object->slots, object->length, object->charged, object->outside,
	       snapshot_flags_text(object, flags));
}

static struct json_object *to_json(const struct snapshot_object *object)
{
	struct json_object *json = json_object_new_object();
	const bool tracked = object->flags & MHEAP_OBJECT_TRACKED;
	const bool ephemeron = object->flags & MHEAP_OBJECT_EPHEMERON;
	const bool dead = object->flags & MHEAP_SNAPSHOT_DEAD;

	json_object_object_add(json, "id", json_object_new_uint64(object->id));
	json_object_object_add(json, "generation",
			       tracked ? json_object_new_uint64(object->generation) : NULL);
	json_object_object_add(json, "type", json_object_new_uint64(object->type));
	json_object_object_add(json, "slots", json_object_new_uint64(object->slots));
	json_object_object_add(json, "payload", json_object_new_uint64(object->length));
	json_object_object_add(json, "memory", json_object_new_uint64(object->charged));
	json_object_object_add(json, "outside", json_object_new_uint64(object->outside));
	json_object_object_add(json, "tracked", json_object_new_boolean(tracked));
	json_object_object_add(json, "ephemeron", json_object_new_boolean(ephemeron));
	json_object_object_add(json, "dead", json_object_new_boolean(dead));
	return json;
}

int cmd_objects(int argc, char **argv)
{
	const struct snapshot_object **list;
	struct request request = { 0 };
	struct json_object *json;
	struct snapshot snapshot;
	uint32_t count;
	int status;

	cli_options(&argp, argc, argv, &request);
	if (!snapshot_open(request.name, &snapshot, &status))
		return status;
	list = choose(&snapshot, &request, &count);
	json = request.json ? json_object_new_array() : NULL;
	if (!json)
		printf("%20s %10s %10s %8s %10s %10s %8s  %s\n", "ID", "GENERATION", "TYPE",
		       "SLOTS", "PAYLOAD", "MEMORY", "OUTSIDE", "FLAGS");
	for (uint32_t i = 0; i < count; i++) {
		if (json)
			json_object_array_add(json, to_json(list[i]));
		else
			print(list[i]);
	}
	status = request.json ? cli_json(json) : CLI_OK;
	free(list);
	snapshot_free(&snapshot);
	return status;
}
