// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "event_print.h"

#include <inttypes.h>
#include <json-c/json.h>

#include "cli.h"
#include "packages_memory.h"

static const char *const limits[] = { "objects", "bytes", "handles" };

static const char *limit_name(const struct mheap_event *event)
{
	return event->generation < 3 ? limits[event->generation] : "unknown";
}

void event_print(const struct mheap_event *event)
{
	const uint64_t *value = (const uint64_t *)event->value;
	char text[CLI_HUMAN];

	printf("%5" PRIu64 ".%06" PRIu64 " ", (uint64_t)event->time / 1000000000,
	       (uint64_t)event->time / 1000 % 1000000);
	switch (event->kind) {
	case MHEAP_EVENT_DEATH:
		printf("death: object %" PRIu64 "\n", (uint64_t)event->id);
		return;
	case MHEAP_EVENT_COLLECTION_START:
		printf("start: generation %" PRIu32 "\n", event->generation);
		return;
	case MHEAP_EVENT_COLLECTION_END:
		printf("end: generation %" PRIu32 ", visited %" PRIu64 ", freed %" PRIu64
		       ", uncollectable %" PRIu64 ", took %s\n", event->generation, value[0],
		       value[1], value[2], cli_duration(text, event->id));
		return;
	case MHEAP_EVENT_LIMIT:
		printf("limit: %s, %" PRIu64 " of %" PRIu64 "\n", limit_name(event), value[0],
		       value[1]);
		return;
	case MHEAP_EVENT_LOST:
		printf("lost: %" PRIu64 " events\n", value[0]);
		return;
	default:
		printf("unknown: %" PRIu32 "\n", event->kind);
	}
}

static const char *kind_name(const struct mheap_event *event)
{
	static const char *const names[] = {
		[MHEAP_EVENT_FINALIZE] = "finalize",
		[MHEAP_EVENT_DEATH] = "death",
		[MHEAP_EVENT_COLLECTION_START] = "start",
		[MHEAP_EVENT_COLLECTION_END] = "end",
		[MHEAP_EVENT_LIMIT] = "limit",
		[MHEAP_EVENT_LOST] = "lost",
	};
	const char *name = NULL;

	if (event->kind < sizeof(names) / sizeof(*names))
		name = names[event->kind];
	return name ?: "unknown";
}

static void add(struct json_object *json, const char *name, uint64_t value)
{
	json_object_object_add(json, name, json_object_new_uint64(value));
}

void event_print_json(const struct mheap_event *event)
{
	struct json_object *json = must(json_object_new_object());

	json_object_object_add(json, "kind", json_object_new_string(kind_name(event)));
	add(json, "time", event->time);
	if (event->kind == MHEAP_EVENT_COLLECTION_START ||
	    event->kind == MHEAP_EVENT_COLLECTION_END)
		add(json, "generation", event->generation);
	if (event->kind == MHEAP_EVENT_COLLECTION_END) {
		add(json, "visited", event->value[0]);
		add(json, "freed", event->value[1]);
		add(json, "uncollectable", event->value[2]);
		add(json, "nanoseconds", event->id);
	} else if (event->kind == MHEAP_EVENT_LIMIT) {
		json_object_object_add(json, "limit", json_object_new_string(limit_name(event)));
		add(json, "used", event->value[0]);
		add(json, "most", event->value[1]);
	} else if (event->kind == MHEAP_EVENT_DEATH) {
		add(json, "id", event->id);
	} else if (event->kind == MHEAP_EVENT_LOST) {
		add(json, "events", event->value[0]);
	}
	puts(must((void *)json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN)));
	json_object_put(json);
}
