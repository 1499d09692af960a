// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_table.h"

#include "packages_memory.h"

#define FIRST_SIZE	1024

/* FNV-1a */
static uint32_t hash(struct span name)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < name.length; i++)
		h = (h ^ (unsigned char)name.start[i]) * 16777619U;
	return h;
}

/* The entry of @name, or the free one where it belongs. */
static struct table_entry *find(const struct table *table, struct span name)
{
	uint32_t mask = table->size - 1;
	uint32_t i = hash(name) & mask;

	while (table->entry[i].name.start &&
	       span_compare(table->entry[i].name, name))
		i = (i + 1) & mask;
	return &table->entry[i];
}

static void grow(struct table *table)
{
	struct table old = *table;

	table->size = old.size ? old.size * 2 : FIRST_SIZE;
	table->entry = array(table->size, sizeof(*table->entry));
	for (uint32_t i = 0; i < old.size; i++)
		if (old.entry[i].name.start)
			*find(table, old.entry[i].name) = old.entry[i];
	free(old.entry);
}

uint32_t table_get(const struct table *table, struct span name)
{
	struct table_entry *entry;

	if (!table->size)
		return TABLE_NONE;
	entry = find(table, name);
	return entry->name.start ? entry->value : TABLE_NONE;
}

uint32_t *table_put(struct table *table, struct span name)
{
	struct table_entry *entry;

	if (table->used >= table->size / 2)
		grow(table);
	entry = find(table, name);
	if (!entry->name.start) {
		entry->name = name;
		entry->value = TABLE_NONE;
		table->used++;
	}
	return &entry->value;
}

void table_free(struct table *table)
{
	free(table->entry);
	*table = (struct table){ 0 };
}
