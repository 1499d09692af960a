// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "setting.h"

#define BOTH		.heap = true, .defaults = true
#define NUMBER(_max)	.least = 1, .most = 1, .max = (_max)

/* Milliseconds: a day. */
#define TRIGGER_MAX	86400000

const struct setting settings[] = {
	{ "allocator", BOTH, .fixed = true },
	{ "collect_on_close", NUMBER(1), BOTH },
	{ "debug", .heap = true },
	{ "enabled", NUMBER(1), BOTH },
	{ "finalizers_max", NUMBER(UINT32_MAX), BOTH },
	{ "garbage_ceiling", NUMBER(1000), BOTH },
	{ "idle_ms", NUMBER(TRIGGER_MAX), BOTH },
	{ "interval_ms", NUMBER(TRIGGER_MAX), BOTH },
	{ "limit_bytes", NUMBER(MHEAP_LIMIT_MAX), BOTH },
	{ "limit_handles", NUMBER(MHEAP_LIMIT_MAX), BOTH },
	{ "limit_objects", NUMBER(MHEAP_LIMIT_MAX), BOTH },
	{ "profile", .least = 1, .most = 2, .max = UINT32_MAX, .heap = true },
	{ "quarantine", NUMBER(UINT32_MAX), .defaults = true },
	{ "shrink", NUMBER(1), BOTH },
	{ "threshold", .least = MHEAP_GENERATIONS, .most = MHEAP_GENERATIONS,
	  .max = MHEAP_THRESHOLD_MAX, BOTH },
	{ "verify", NUMBER(1), BOTH },
	{ 0 }
};

const struct setting *setting_find(const char *name)
{
	for (const struct setting *setting = settings; setting->name; setting++)
		if (!strcmp(setting->name, name))
			return setting;
	return NULL;
}

int setting_read(const struct setting *setting, const char *heap, char text[SETTING_TEXT])
{
	uint64_t numbers[MHEAP_GENERATIONS];
	int length;

	if (setting->most) {
		int error = mh_heap_numbers(heap, setting->name, numbers, setting->most);

		if (error)
			return error;
	}
	length = mh_heap_read(heap, setting->name, text, SETTING_TEXT);
	return length < 0 ? length : 0;
}

struct json_object *setting_json(const struct setting *setting, const char *text)
{
	struct json_object *array;
	char *rest = (char *)text;
	uint64_t number;

	if (setting->max == 1)
		return json_object_new_boolean(*text == '1');
	if (setting->most < 2)
		return cli_number(text, UINT64_MAX, &number) ? json_object_new_uint64(number) :
							       json_object_new_string(text);
	array = json_object_new_array();
	for (unsigned int i = 0; array && i < setting->most; i++)
		json_object_array_add(array, json_object_new_uint64(strtoull(rest, &rest, 10)));
	return array;
}
