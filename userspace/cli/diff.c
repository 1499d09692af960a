// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap diff: what has grown between two snapshots. */

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "packages_memory.h"
#include "snapshot_site.h"

/**
 * struct group - objects of one kind
 * @name: what they have in common
 * @objects: how many there are more in the new snapshot
 * @bytes: likewise
 */
struct group {
	char *name;
	int64_t objects;
	int64_t bytes;
};

struct groups {
	struct group *group;
	size_t count, room;
};

typedef const char *(*naming)(const struct snapshot *snapshot,
			      const struct snapshot_object *object, char *text);

static const char *name_type(const struct snapshot *snapshot,
			     const struct snapshot_object *object, char *text)
{
	(void)snapshot;
	snprintf(text, SNAPSHOT_SITE_TEXT, "type %" PRIu32, object->type);
	return text;
}

static const char *name_site(const struct snapshot *snapshot,
			     const struct snapshot_object *object, char *text)
{
	return snapshot_site_text(snapshot, object->site, text);
}

static void add(struct groups *groups, const char *name, int64_t objects, int64_t bytes)
{
	if (groups->count == groups->room)
		groups->group = array_resize(groups->group,
					     groups->room = groups->room ? groups->room * 2 : 64,
					     sizeof(*groups->group));
	groups->group[groups->count++] = (struct group){ must(strdup(name)), objects, bytes };
}

static int by_key(const void *a, const void *b)
{
	const struct snapshot_object *const *x = a, *const *y = b;

	if ((*x)->site != (*y)->site)
		return (*x)->site < (*y)->site ? -1 : 1;
	return (*x)->type < (*y)->type ? -1 : (*x)->type > (*y)->type;
}

/* Objects that lie together in this order are named once. */
static void add_all(struct groups *groups, const struct snapshot *s, naming name, int sign)
{
	const struct snapshot_object **object = array(s->objects, sizeof(*object));
	char text[SNAPSHOT_SITE_TEXT];
	int64_t count = 0, bytes = 0;

	for (uint32_t i = 0; i < s->objects; i++)
		object[i] = &s->object[i];
	qsort(object, s->objects, sizeof(*object), by_key);
	for (uint32_t i = 0; i < s->objects; i++) {
		count += sign;
		bytes += sign * (int64_t)object[i]->charged;
		if (i + 1 < s->objects && !by_key(&object[i], &object[i + 1]))
			continue;
		add(groups, name(s, object[i], text), count, bytes);
		count = bytes = 0;
	}
	free(object);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct group *)a)->name, ((const struct group *)b)->name);
}

static int by_growth(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->objects != y->objects)
		return x->objects < y->objects ? 1 : -1;
	return by_name(a, b);
}

/* One group for each name. */
static void merge(struct groups *groups)
{
	size_t kept = 0;

	if (!groups->count)
		return;
	qsort(groups->group, groups->count, sizeof(*groups->group), by_name);
	for (size_t i = 0; i < groups->count; i++) {
		struct group *group = &groups->group[i];

		if (kept && !strcmp(groups->group[kept - 1].name, group->name)) {
			groups->group[kept - 1].objects += group->objects;
			groups->group[kept - 1].bytes += group->bytes;
			free(group->name);
		} else {
			groups->group[kept++] = *group;
		}
	}
	groups->count = kept;
	qsort(groups->group, kept, sizeof(*groups->group), by_growth);
}

static struct groups compare(const struct snapshot *old, const struct snapshot *new, naming name)
{
	struct groups groups = { 0 };

	add_all(&groups, old, name, -1);
	add_all(&groups, new, name, 1);
	merge(&groups);
	return groups;
}

static void free_groups(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->group[i].name);
	free(groups->group);
}

static void print(const char *what, const struct groups *groups)
{
	size_t changed = 0;

	printf("%12s %14s  BY %s\n", "OBJECTS", "BYTES", what);
	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->group[i];

		if (!group->objects && !group->bytes)
			continue;
		changed++;
		printf("%+12" PRId64 " %+14" PRId64 "  %s\n", group->objects, group->bytes,
		       group->name);
	}
	if (!changed)
		printf("%12s %14s  nothing has changed\n", "", "");
}

static struct json_object *to_json(const struct groups *groups)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < groups->count; i++) {
		struct json_object *item = must(json_object_new_object());

		json_object_object_add(item, "name",
				       json_object_new_string(groups->group[i].name));
		json_object_object_add(item, "objects",
				       json_object_new_int64(groups->group[i].objects));
		json_object_object_add(item, "bytes",
				       json_object_new_int64(groups->group[i].bytes));
		json_object_array_add(list, item);
	}
	return list;
}

struct request {
	const char *name[2];
	unsigned int names;
	bool json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case CLI_OPT_JSON:
		request->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (request->names == 2)
			return ARGP_ERR_UNKNOWN;
		request->name[request->names++] = argument;
		return 0;
	case ARGP_KEY_END:
		if (request->names < 2)
			argp_error(state, "two snapshots are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = { CLI_OPTION_JSON, { 0 } };
static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "OLD NEW",
	.doc = "Show what has grown from one snapshot to another, by type and by site, most "
	       "bytes first. Either may be a file, or a heap as it is now.",
};

static int show(const struct snapshot *old, const struct snapshot *new, bool json)
{
	struct groups types = compare(old, new, name_type);
	struct groups sites = compare(old, new, name_site);
	struct json_object *object;
	int status = CLI_OK;

	if (json) {
		object = must(json_object_new_object());
		json_object_object_add(object, "types", to_json(&types));
		json_object_object_add(object, "sites", to_json(&sites));
		status = cli_json(object);
	} else {
		print("TYPE", &types);
		printf("\n");
		print("SITE", &sites);
	}
	free_groups(&types);
	free_groups(&sites);
	return status;
}

int cmd_diff(int argc, char **argv)
{
	struct request request = { 0 };
	struct snapshot old, new;
	int status;

	cli_options(&argp, argc, argv, &request);
	if (!snapshot_open(request.name[0], &old, &status))
		return status;
	if (snapshot_open(request.name[1], &new, &status)) {
		status = show(&old, &new, request.json);
		snapshot_free(&new);
	}
	snapshot_free(&old);
	return status;
}
