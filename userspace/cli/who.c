// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap who: who holds an object, and what it holds. */

#include <inttypes.h>

#include "snapshot_flags.h"
#include "snapshot_id.h"
#include "snapshot_site.h"

static void print_object(const struct snapshot *s, uint32_t object)
{
	const struct snapshot_object *o = &s->object[object];
	char text[SNAPSHOT_SITE_TEXT], generation[SNAPSHOT_GENERATION_TEXT];

	printf("object %" PRIu64 ": type %" PRIu32 ", generation %s, %" PRIu32 " slots, %" PRIu64
	       " bytes of payload, %" PRIu64 " bytes of memory, made at %s%s%s\n", o->id, o->type,
	       snapshot_generation_text(o, generation), o->slots, o->length, o->charged,
	       snapshot_site_text(s, o->site, text),
	       o->flags & MHEAP_OBJECT_EPHEMERON ? ", ephemeron" : "",
	       o->flags & MHEAP_SNAPSHOT_DEAD ? ", dead" : "");
}

static uint64_t print_holders(const struct snapshot *s, uint32_t object)
{
	uint64_t found = 0;
	char text[SNAPSHOT_TITLE];

	for (uint32_t i = 0; i < s->handles; i++) {
		if (s->handle[i].object != object)
			continue;
		found += !s->handle[i].weak;
		printf("  %s, %s %" PRIu64 "\n",
		       snapshot_title(s, snapshot_session_node(s->handle[i].session), text),
		       s->handle[i].weak ? "weak handle" : "handle", s->handle[i].handle);
	}
	for (uint32_t i = 0; i < s->roots; i++) {
		if (s->root[i].object != object)
			continue;
		found++;
		printf("  %s\n", snapshot_title(s, snapshot_root_node(s, i), text));
	}
	if (s->object[object].outside > s->object[object].held) {
		found++;
		printf("  a batch that was running, or the kernel\n");
	}
	return found;
}

static uint64_t print_referrers(const struct snapshot *s, uint32_t object)
{
	uint64_t found = 0;
	char text[SNAPSHOT_TITLE];

	for (uint32_t i = 0; i < s->objects; i++) {
		const uint32_t *target = s->target + s->object[i].first;

		for (uint32_t j = 0; j < s->object[i].slots; j++) {
			if (target[j] != object)
				continue;
			found++;
			printf("  %s, slot %" PRIu32 "\n",
			       snapshot_title(s, snapshot_object_node(s, i), text), j);
		}
	}
	return found;
}

static void print_referents(const struct snapshot *s, uint32_t object)
{
	const uint32_t *target = s->target + s->object[object].first;
	uint64_t found = 0;
	char text[SNAPSHOT_TITLE];

	printf("refers to\n");
	for (uint32_t i = 0; i < s->object[object].slots; i++) {
		if (target[i] == SNAPSHOT_NONE)
			continue;
		found++;
		printf("  slot %" PRIu32 ": %s\n", i,
		       snapshot_title(s, snapshot_object_node(s, target[i]), text));
	}
	if (!found)
		printf("  nothing\n");
}

int cmd_who(int argc, char **argv)
{
	struct snapshot snapshot;
	uint64_t found;
	uint32_t object;
	int status;

	status = snapshot_id_open(argc, argv, "Show who holds an object: handles of sessions, "
				  "and so processes; names; slots of other objects; and what it "
				  "refers to.",
				  &snapshot, &object);
	if (status != CLI_OK)
		return status;
	print_object(&snapshot, object);
	printf("held by\n");
	found = print_holders(&snapshot, object);
	found += print_referrers(&snapshot, object);
	if (!found)
		printf("  nobody\n");
	print_referents(&snapshot, object);
	snapshot_free(&snapshot);
	return CLI_OK;
}
