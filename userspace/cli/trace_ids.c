// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The IDs of a trace and their indices. */

#include <stdlib.h>

#include "trace.h"

#define MAP_SIZE_MIN	1024

static uint32_t *find(const struct trace *trace, uint32_t *map, uint32_t size, uint32_t number)
{
	uint32_t place = (number * 2654435761U) >> (32 - __builtin_ctz(size));

	while (map[place] && trace->ids[map[place] - 1].number != number)
		place = (place + 1) & (size - 1);
	return &map[place];
}

/* Doubles the map, which is at most half full then, and the array with it. */
static bool grow(struct trace *trace)
{
	uint32_t size = trace->map_size ? trace->map_size * 2 : MAP_SIZE_MIN;
	struct trace_id *ids;
	uint32_t *map;

	/* No further power of two. */
	if (!size)
		return false;
	ids = reallocarray(trace->ids, size / 2, sizeof(*ids));
	if (!ids)
		return false;
	trace->ids = ids;
	map = calloc(size, sizeof(*map));
	if (!map)
		return false;
	for (uint32_t i = 0; i < trace->id_count; i++)
		*find(trace, map, size, ids[i].number) = i + 1;
	free(trace->map);
	trace->map = map;
	trace->map_size = size;
	return true;
}

uint32_t trace_id_index(struct trace *trace, uint32_t number)
{
	uint32_t *place;

	if (trace->id_count == trace->map_size / 2 && !grow(trace))
		return TRACE_NULL;
	place = find(trace, trace->map, trace->map_size, number);
	if (!*place) {
		trace->ids[trace->id_count] = (struct trace_id){ .number = number };
		*place = ++trace->id_count;
	}
	return *place - 1;
}
