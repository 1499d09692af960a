// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "heap.h"

static const struct {
	const char *path;
	unsigned int count;
} fields[HEAP_FIELDS] = {
	[HEAP_OBJECTS]		= { "objects", 1 },
	[HEAP_BYTES]		= { "bytes", 1 },
	[HEAP_SESSIONS]		= { "sessions", 1 },
	[HEAP_HANDLES]		= { "handles", 1 },
	[HEAP_ENABLED]		= { "enabled", 1 },
	[HEAP_THRESHOLD]	= { "threshold", MHEAP_GENERATIONS },
	[HEAP_COUNT]		= { "count", MHEAP_GENERATIONS },
	[HEAP_DEBUG]		= { "debug", 1 },
	[HEAP_GARBAGE]		= { "garbage", 1 },
	[HEAP_LIMIT_OBJECTS]	= { "limit_objects", 1 },
	[HEAP_LIMIT_BYTES]	= { "limit_bytes", 1 },
	[HEAP_LIMIT_HANDLES]	= { "limit_handles", 1 },
	[HEAP_GARBAGE_CEILING]	= { "garbage_ceiling", 1 },
	[HEAP_FINALIZERS_MAX]	= { "finalizers_max", 1 },
	[HEAP_VERIFY]		= { "verify", 1 },
	[HEAP_INTERVAL]		= { "interval_ms", 1 },
	[HEAP_IDLE]		= { "idle_ms", 1 },
	[HEAP_COLLECT_ON_CLOSE]	= { "collect_on_close", 1 },
	[HEAP_SHRINK]		= { "shrink", 1 },
	[HEAP_PROFILE]		= { "profile", 2 },
	[HEAP_ROOTS]		= { "roots", 1 },
	[HEAP_COLLECTIONS]	= { "stats/collections", MHEAP_GENERATIONS },
	[HEAP_VISITED]		= { "stats/visited", MHEAP_GENERATIONS },
	[HEAP_COLLECTED]	= { "stats/collected", MHEAP_GENERATIONS },
	[HEAP_UNCOLLECTABLE]	= { "stats/uncollectable", MHEAP_GENERATIONS },
	[HEAP_NANOSECONDS]	= { "stats/nanoseconds", MHEAP_GENERATIONS },
	[HEAP_LONGEST]		= { "stats/longest", MHEAP_GENERATIONS },
	[HEAP_COLLECTION_TIMES]	= { "stats/collection_times_0", HEAP_BUCKETS },
	[HEAP_COLLECTION_TIMES + 1] = { "stats/collection_times_1", HEAP_BUCKETS },
	[HEAP_COLLECTION_TIMES + 2] = { "stats/collection_times_2", HEAP_BUCKETS },
	[HEAP_STALLS]		= { "stats/stalls", HEAP_BUCKETS },
	[HEAP_GENERATION_OBJECTS] = { "stats/objects", MHEAP_GENERATIONS },
	[HEAP_FROZEN]		= { "stats/frozen", 1 },
	[HEAP_GARBAGE_PARDONED]	= { "stats/garbage_pardoned", 1 },
	[HEAP_CREATED]		= { "stats/created", 1 },
	[HEAP_FREED_BY_COUNT]	= { "stats/freed_by_count", 1 },
	[HEAP_FREED_BY_COLLECTOR] = { "stats/freed_by_collector", 1 },
	[HEAP_PENDING]		= { "stats/pending", 1 },
	[HEAP_FINALIZING]	= { "stats/finalizing", 1 },
	[HEAP_FINALIZERS_SKIPPED] = { "stats/finalizers_skipped", 1 },
	[HEAP_TABLE_BYTES]	= { "stats/table_bytes", 1 },
	[HEAP_PEAK_BYTES]	= { "stats/peak_bytes", 1 },
	[HEAP_CEILING_WAITS]	= { "stats/ceiling_waits", 1 },
	[HEAP_VERDICTS]		= { "stats/verdicts", 3 },
	[HEAP_ALLOCATOR_ERRORS]	= { "stats/allocator_errors", 5 },
	[HEAP_LIMIT_FAILURES]	= { "stats/limit_failures", 1 },
	[HEAP_BY_THRESHOLD]	= { "stats/collections_by_threshold", 1 },
	[HEAP_BY_CEILING]	= { "stats/collections_by_ceiling", 1 },
	[HEAP_BY_REQUEST]	= { "stats/collections_by_request", 1 },
	[HEAP_BY_INTERVAL]	= { "stats/collections_by_interval", 1 },
	[HEAP_BY_IDLE]		= { "stats/collections_by_idle", 1 },
	[HEAP_BY_CLOSE]		= { "stats/collections_by_close", 1 },
	[HEAP_BY_LIMIT]		= { "stats/collections_by_limit", 1 },
	[HEAP_BY_PRESSURE]	= { "stats/collections_by_pressure", 1 },
};

const char *heap_field_name(enum heap_field field)
{
	return fields[field].path + (field >= HEAP_STATS ? strlen("stats/") : 0);
}

const char *heap_field_path(enum heap_field field)
{
	return fields[field].path;
}

unsigned int heap_field_count(enum heap_field field)
{
	return fields[field].count;
}

int heap_view_read(const char *heap, struct heap_view *view)
{
	int error;

	memset(view, 0, sizeof(*view));
	for (int field = 0; field < HEAP_FIELDS; field++) {
		struct heap_row *row = &view->rows[field];

		error = mh_heap_numbers(heap, fields[field].path, row->value, fields[field].count);
		if (error && (error != -ENOENT || !field))
			return error;
		row->known = !error;
	}
	if (mh_heap_read(heap, "allocator", view->allocator, sizeof(view->allocator)) < 0)
		view->allocator[0] = '\0';
	/* The heap may have gone meanwhile, and with it the files. */
	return mh_heap_numbers(heap, fields[0].path, view->rows[0].value, 1);
}

/* 0 and 1 are no and yes. */
static bool is_boolean(enum heap_field field)
{
	return field == HEAP_ENABLED || field == HEAP_VERIFY || field == HEAP_SHRINK ||
	       field == HEAP_COLLECT_ON_CLOSE;
}

struct json_object *heap_field_json(const struct heap_view *view, enum heap_field field)
{
	const struct heap_row *row = &view->rows[field];
	struct json_object *array;

	if (!row->known)
		return NULL;
	if (is_boolean(field))
		return json_object_new_boolean(row->value[0] != 0);
	if (fields[field].count == 1)
		return json_object_new_uint64(row->value[0]);
	array = json_object_new_array_ext(fields[field].count);
	for (unsigned int i = 0; array && i < fields[field].count; i++)
		json_object_array_add(array, json_object_new_uint64(row->value[i]));
	return array;
}

char **heap_names(void)
{
	char **names;
	int count = mh_heap_names(&names);

	if (count >= 0)
		return names;
	if (count == -ENOENT)
		cli_error("there is no %s: the module mheap is not loaded", MH_HEAPS);
	else
		cli_errno(count, "cannot read %s", MH_HEAPS);
	return NULL;
}
