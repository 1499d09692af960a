// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "export.h"

#include <inttypes.h>
#include <stdlib.h>

#include "packages_memory.h"

static int by_line(const void *a, const void *b)
{
	const struct snapshot_object *const *x = a, *const *y = b;

	if ((*x)->site != (*y)->site)
		return (*x)->site < (*y)->site ? -1 : 1;
	return (*x)->type < (*y)->type ? -1 : (*x)->type > (*y)->type;
}

/* The outermost frame first, as flamegraph.pl wants it; then tag, and type. */
static void put_line(const struct snapshot *s, FILE *out, const struct snapshot_object *object,
		     uint64_t bytes)
{
	const struct snapshot_site *site = snapshot_site(s, object->site);

	fputs(s->heap, out);
	if (!site)
		fputs(object->site ? ";other sites" : ";not profiled", out);
	for (uint32_t i = site ? site->depth : 0; i--;)
		fprintf(out, ";0x%" PRIx64, site->address[i]);
	if (site)
		fprintf(out, ";tag %" PRIu64, site->tag);
	fprintf(out, ";type %" PRIu32 " %" PRIu64 "\n", object->type, bytes);
}

void export_folded(const struct snapshot *s, FILE *out)
{
	const struct snapshot_object **object = array(s->objects, sizeof(*object));
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < s->objects; i++)
		object[i] = &s->object[i];
	qsort(object, s->objects, sizeof(*object), by_line);
	for (uint32_t i = 0; i < s->objects; i++) {
		bytes += object[i]->charged;
		if (i + 1 < s->objects && !by_line(&object[i], &object[i + 1]))
			continue;
		put_line(s, out, object[i], bytes);
		bytes = 0;
	}
	free(object);
}
