/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* What the object of each package holds: its name and version, each with a NUL. */
#ifndef PACKAGES_PAYLOAD_H
#define PACKAGES_PAYLOAD_H

#include "packages_parse.h"

struct payloads {
	char *text;
	size_t *at;		/* where each begins; one more at the end */
	size_t longest;
};

void payloads_make(struct payloads *payloads, const struct packages *packages);
void payloads_free(struct payloads *payloads);

static inline struct span payload(const struct payloads *payloads, uint32_t package)
{
	return span(payloads->text + payloads->at[package],
		    payloads->at[package + 1] - payloads->at[package]);
}

#endif
