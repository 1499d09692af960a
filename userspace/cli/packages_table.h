/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* A table from names to numbers. The names' text must outlive it. */
#ifndef PACKAGES_TABLE_H
#define PACKAGES_TABLE_H

#include <stdint.h>

#include "packages_span.h"

#define TABLE_NONE	UINT32_MAX	/* no number */

struct table_entry {
	struct span name;
	uint32_t value;
};

struct table {
	struct table_entry *entry;	/* free where name.start is NULL */
	uint32_t size;			/* a power of two, or 0 */
	uint32_t used;
};

/* The number of @name, or TABLE_NONE. */
uint32_t table_get(const struct table *table, struct span name);

/* Where the number of @name is; TABLE_NONE is there when the name is new. */
uint32_t *table_put(struct table *table, struct span name);

void table_free(struct table *table);

#endif
