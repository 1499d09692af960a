// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "snapshot_flags.h"

#include <inttypes.h>

const char *snapshot_generation_text(const struct snapshot_object *object, char *text)
{
	if (!(object->flags & MHEAP_OBJECT_TRACKED))
		return "-";
	if (object->generation == MHEAP_GENERATION_PERMANENT)
		return "permanent";
	snprintf(text, SNAPSHOT_GENERATION_TEXT, "%" PRIu32, object->generation);
	return text;
}

const char *snapshot_flags_text(const struct snapshot_object *object, char *text)
{
	const bool ephemeron = object->flags & MHEAP_OBJECT_EPHEMERON;
	const bool dead = object->flags & MHEAP_SNAPSHOT_DEAD;

	snprintf(text, SNAPSHOT_FLAGS_TEXT, "%s%s%s%s", ephemeron ? "ephemeron" : "",
		 ephemeron && dead ? "," : "", dead ? "dead" : "",
		 ephemeron || dead ? "" : "-");
	return text;
}
