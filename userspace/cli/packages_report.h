/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Figures and checks, as text or as JSON. */
#ifndef PACKAGES_REPORT_H
#define PACKAGES_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;

struct report {
	bool json;
	unsigned int checks;
	unsigned int mismatches;
	struct json_object *root;
	struct json_object *section;
};

enum unit { UNIT_NUMBER, UNIT_BYTES, UNIT_TIME };

struct cell {
	enum unit unit;
	uint64_t value;
};

void report_begin(struct report *report, bool json);

/* What follows belongs to @title. */
void report_section(struct report *report, const char *title);

/* What is going on; not part of the JSON. */
void report_say(const struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void report_value(struct report *report, const char *label, enum unit unit,
		  uint64_t value);

/* A figure that must be @expected. */
void report_equal(struct report *report, const char *label, uint64_t value,
		  uint64_t expected);

/* The same of an amount of memory. */
void report_equal_bytes(struct report *report, const char *label, uint64_t value,
			uint64_t expected);

/* A figure of which something else must hold: @rule, in words. */
void report_rule(struct report *report, const char *label, uint64_t value,
		 bool ok, const char *rule);

/* A section that is a table: @columns cells a row. */
void report_table(struct report *report, const char *title,
		  const char *const *headings, unsigned int columns);
void report_row(struct report *report, const char *label,
		const char *const *headings, const struct cell *cells,
		unsigned int columns);

/*
 * Sums up; @complete: nothing kept the checks from being made. Returns CLI_OK, or
 * CLI_FAILED when that is not so or something did not match.
 */
int report_end(struct report *report, bool complete);

#endif
