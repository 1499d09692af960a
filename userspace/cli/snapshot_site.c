// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "snapshot_site.h"

#include <inttypes.h>

const char *snapshot_site_text(const struct snapshot *snapshot, uint32_t number, char *text)
{
	const struct snapshot_site *site = snapshot_site(snapshot, number);
	int length;

	if (!site) {
		snprintf(text, SNAPSHOT_SITE_TEXT, "%s",
			 number ? "other sites" : "not profiled");
		return text;
	}
	length = snprintf(text, SNAPSHOT_SITE_TEXT, "tag %" PRIu64, site->tag);
	for (uint32_t i = 0; i < site->depth; i++)
		length += snprintf(text + length, SNAPSHOT_SITE_TEXT - length, "%s0x%" PRIx64,
				   i ? " < " : " ", site->address[i]);
	return text;
}
