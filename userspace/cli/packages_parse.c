// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_parse.h"

#include <strings.h>

#include "packages_memory.h"

static bool is_named(struct span field, const char *name)
{
	return field.length == strlen(name) &&
	       !strncasecmp(field.start, name, field.length);
}

/* Where the value of @field goes, or NULL when nobody wants it. */
static struct span *place(struct package *package, struct span field)
{
	if (is_named(field, "Package"))
		return &package->name;
	if (is_named(field, "Version"))
		return &package->version;
	if (is_named(field, "Depends"))
		return &package->depends;
	if (is_named(field, "Pre-Depends"))
		return &package->pre_depends;
	if (is_named(field, "Provides"))
		return &package->provides;
	return NULL;
}

static void add(struct packages *packages, struct package package)
{
	uint32_t *index;

	if (!package.name.length)
		return;
	index = table_put(&packages->names, package.name);
	if (*index == TABLE_NONE) {
		if (packages->count == packages->room) {
			packages->room = packages->room ? packages->room * 2 : 1024;
			packages->package = array_resize(packages->package,
				packages->room, sizeof(*packages->package));
		}
		*index = packages->count++;
	}
	packages->package[*index] = package;
}

/*
 * Takes one field and the lines that continue it off @rest, counting lines.
 * False: the line is no field.
 */
static bool parse_field(struct package *package, struct span *rest,
			unsigned long *line)
{
	struct span whole = span_cut(rest, '\n');
	const char *colon = memchr(whole.start, ':', whole.length);
	struct span *value;

	if (!colon || is_blank(*whole.start))
		return false;
	while (rest->length && (*rest->start == ' ' || *rest->start == '\t')) {
		struct span peek = *rest;
		struct span next = span_cut(&peek, '\n');

		if (!span_trim(next).length)
			break;
		whole.length = next.start + next.length - whole.start;
		*rest = peek;
		++*line;
	}
	value = place(package, span(whole.start, colon - whole.start));
	if (value)
		*value = span_trim(span(colon + 1,
				whole.start + whole.length - colon - 1));
	return true;
}

unsigned long packages_parse(struct packages *packages, struct span text)
{
	struct package package = { 0 };
	unsigned long line = 0;

	while (text.length) {
		struct span peek = text;
		unsigned long first = ++line;

		if (!span_trim(span_cut(&peek, '\n')).length) {
			add(packages, package);
			package = (struct package){ 0 };
			text = peek;
		} else if (!parse_field(&package, &text, &line)) {
			return first;
		}
	}
	add(packages, package);
	return 0;
}

void packages_free(struct packages *packages)
{
	free(packages->package);
	table_free(&packages->names);
	*packages = (struct packages){ 0 };
}
