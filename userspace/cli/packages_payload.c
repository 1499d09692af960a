// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_payload.h"

#include "packages_memory.h"

/* The text starts zeroed, so the NULs are there already. */
static size_t copy(char *to, struct span from)
{
	if (from.length)
		memcpy(to, from.start, from.length);
	return from.length + 1;
}

void payloads_make(struct payloads *payloads, const struct packages *packages)
{
	size_t total = 0;

	for (uint32_t i = 0; i < packages->count; i++)
		total += packages->package[i].name.length + 1 +
			 packages->package[i].version.length + 1;
	payloads->text = array(total, 1);
	payloads->at = array((size_t)packages->count + 1, sizeof(*payloads->at));
	payloads->longest = 0;

	total = 0;
	for (uint32_t i = 0; i < packages->count; i++) {
		payloads->at[i] = total;
		total += copy(payloads->text + total, packages->package[i].name);
		total += copy(payloads->text + total, packages->package[i].version);
		if (total - payloads->at[i] > payloads->longest)
			payloads->longest = total - payloads->at[i];
	}
	payloads->at[packages->count] = total;
}

void payloads_free(struct payloads *payloads)
{
	free(payloads->text);
	free(payloads->at);
	*payloads = (struct payloads){ 0 };
}
