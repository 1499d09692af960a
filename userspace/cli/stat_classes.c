// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap stat --classes: what the objects of a heap take, by size class. */

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "heap.h"

#define TEXT_MAX	4096

enum figure { SIZES, USED, ASKED, HELD, WASTED, SLABS, FIGURES };

static const struct {
	const char *file;
	const char *name;	/* in JSON */
} figures[FIGURES] = {
	{ "classes/sizes", "size" },
	{ "classes/used", "used" },
	{ "classes/asked", "asked" },
	{ "classes/held", "held" },
	{ "classes/wasted", "wasted" },
	{ "classes/slabs", "slabs" },
};

/* One file after the other, so that objects may come and go between. */
struct heap_classes {
	uint64_t value[FIGURES][HEAP_CLASSES];
	unsigned int count;	/* of classes */
};

/* Returns how many numbers there are, or -EPROTO, or what mh_heap_read() says. */
static int read_figure(const char *heap, const char *file, uint64_t value[HEAP_CLASSES])
{
	char text[TEXT_MAX], *rest = text, *end;
	int length = mh_heap_read(heap, file, text, sizeof(text)), count = 0;

	if (length < 0)
		return length;
	while (*rest && count < HEAP_CLASSES) {
		value[count++] = strtoull(rest, &end, 10);
		if (end == rest)
			return -EPROTO;
		rest = end + (*end == ' ');
	}
	return *rest || !count ? -EPROTO : count;
}

static int read_classes(const char *heap, struct heap_classes *classes)
{
	for (int figure = 0; figure < FIGURES; figure++) {
		int count = read_figure(heap, figures[figure].file, classes->value[figure]);

		if (count < 0)
			return count;
		if (figure && (unsigned int)count != classes->count)
			return -EPROTO;
		classes->count = count;
	}
	return 0;
}

/* Both may be 0. */
static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

/* Of the slabs: what is no body's of this heap. Objects may have come between the files. */
static double fragmentation(const uint64_t value[FIGURES])
{
	return value[SLABS] > value[HELD] ? percent(value[SLABS] - value[HELD], value[SLABS]) : 0;
}

static void print_line(const char *heap, const char *size, const uint64_t value[FIGURES])
{
	char asked[CLI_HUMAN], held[CLI_HUMAN], wasted[CLI_HUMAN], slabs[CLI_HUMAN];

	printf("%-10s  %10s  %10" PRIu64 "  %10s  %10s  %10s  %5.1f%%  %10s  %5.1f%%\n", heap,
	       size, value[USED], cli_size(asked, value[ASKED]), cli_size(held, value[HELD]),
	       cli_size(wasted, value[WASTED]), percent(value[WASTED], value[HELD]),
	       cli_size(slabs, value[SLABS]), fragmentation(value));
}

void heap_classes_head(void)
{
	printf("%-10s  %10s  %10s  %10s  %10s  %10s  %6s  %10s  %6s\n", "NAME", "CLASS", "OBJECTS",
	       "ASKED", "HELD", "WASTED", "WASTE", "SLABS", "FREE");
}

int heap_classes_print(const char *heap)
{
	struct heap_classes classes;
	uint64_t sum[FIGURES] = { 0 };
	int error = read_classes(heap, &classes);

	if (error)
		return error;
	for (unsigned int i = 0; i < classes.count; i++) {
		uint64_t value[FIGURES];
		char size[CLI_HUMAN] = "larger";

		for (int figure = 0; figure < FIGURES; figure++) {
			value[figure] = classes.value[figure][i];
			sum[figure] += value[figure];
		}
		if (i < classes.count - 1)
			snprintf(size, sizeof(size), "%" PRIu64, value[SIZES]);
		if (value[USED])
			print_line(heap, size, value);
	}
	print_line(heap, "all", sum);
	return 0;
}

struct json_object *heap_classes_json(const char *heap)
{
	struct json_object *array;
	struct heap_classes classes;

	if (read_classes(heap, &classes))
		return NULL;
	array = json_object_new_array();
	for (unsigned int i = 0; array && i < classes.count; i++) {
		struct json_object *object = json_object_new_object();

		for (int figure = 0; figure < FIGURES; figure++)
			json_object_object_add(object, figures[figure].name,
					       json_object_new_int64(classes.value[figure][i]));
		json_object_array_add(array, object);
	}
	return array;
}
