/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* A list of packages, as Debian writes it: stanzas of fields. */
#ifndef PACKAGES_PARSE_H
#define PACKAGES_PARSE_H

#include <stdint.h>

#include "packages_span.h"
#include "packages_table.h"

struct package {
	struct span name;
	struct span version;
	struct span depends;
	struct span pre_depends;
	struct span provides;
};

struct packages {
	struct package *package;
	uint32_t count;
	uint32_t room;
	struct table names;	/* to index in @package */
};

/*
 * Fills @packages, which starts zeroed, with pieces of @text. The last stanza
 * of a name wins; one without a name is passed over. Returns 0, or the number
 * of a line that is no part of a stanza.
 */
unsigned long packages_parse(struct packages *packages, struct span text);

void packages_free(struct packages *packages);

#endif
