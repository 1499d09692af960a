// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_report.h"

#include <ctype.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "packages_memory.h"

#define KEY_MAX		64

/* "Freed by counting, then" -> "freed_by_counting_then" */
static const char *key_of(char *key, const char *label)
{
	char *end = key;

	for (; *label && end < key + KEY_MAX - 1; label++)
		if (*label == ' ')
			*end++ = '_';
		else if (isalnum((unsigned char)*label))
			*end++ = tolower((unsigned char)*label);
	*end = 0;
	return key;
}

static void put(struct json_object *object, const char *label,
		struct json_object *value)
{
	char key[KEY_MAX];

	json_object_object_add(object, key_of(key, label), must(value));
}

static const char *human(char *buffer, struct cell cell)
{
	if (cell.unit == UNIT_BYTES)
		return cli_size(buffer, cell.value);
	if (cell.unit == UNIT_TIME)
		return cli_duration(buffer, cell.value);
	snprintf(buffer, CLI_HUMAN, "%" PRIu64, cell.value);
	return buffer;
}

void report_begin(struct report *report, bool json)
{
	*report = (struct report){ .json = json };
	report->root = json ? must(json_object_new_object()) : NULL;
}

void report_section(struct report *report, const char *title)
{
	if (report->json) {
		report->section = json_object_new_object();
		put(report->root, title, report->section);
	} else {
		printf("\n%s\n", title);
	}
}

void report_say(const struct report *report, const char *format, ...)
{
	va_list arguments;

	if (report->json)
		return;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

/* The JSON of a line; NULL where text is wanted. */
static struct json_object *line(struct report *report, const char *label,
				struct cell cell, const char *verdict)
{
	char buffer[CLI_HUMAN];
	struct json_object *object;

	if (!report->json) {
		printf("  %-44s %14s%s%s\n", label, human(buffer, cell),
		       *verdict ? "  " : "", verdict);
		fflush(stdout);
		return NULL;
	}
	object = json_object_new_object();
	put(report->section, label, object);
	put(object, "value", json_object_new_int64(cell.value));
	return object;
}

void report_value(struct report *report, const char *label, enum unit unit,
		  uint64_t value)
{
	line(report, label, (struct cell){ unit, value }, "");
}

static void equal(struct report *report, const char *label, struct cell cell,
		  uint64_t expected)
{
	bool ok = cell.value == expected;
	char verdict[64] = "ok";
	struct json_object *object;

	report->checks++;
	if (!ok) {
		report->mismatches++;
		snprintf(verdict, sizeof(verdict), "MISMATCH, expected %" PRIu64,
			 expected);
	}
	object = line(report, label, cell, verdict);
	if (object) {
		put(object, "expected", json_object_new_int64(expected));
		put(object, "ok", json_object_new_boolean(ok));
	}
}

void report_equal(struct report *report, const char *label, uint64_t value,
		  uint64_t expected)
{
	equal(report, label, (struct cell){ UNIT_NUMBER, value }, expected);
}

void report_equal_bytes(struct report *report, const char *label, uint64_t value,
			uint64_t expected)
{
	equal(report, label, (struct cell){ UNIT_BYTES, value }, expected);
}

void report_rule(struct report *report, const char *label, uint64_t value,
		 bool ok, const char *rule)
{
	char verdict[128];
	struct json_object *object;

	report->checks++;
	report->mismatches += !ok;
	snprintf(verdict, sizeof(verdict), ok ? "ok, %s" : "MISMATCH, expected %s",
		 rule);
	object = line(report, label, (struct cell){ UNIT_NUMBER, value }, verdict);
	if (object) {
		put(object, "expected", json_object_new_string(rule));
		put(object, "ok", json_object_new_boolean(ok));
	}
}

void report_table(struct report *report, const char *title,
		  const char *const *headings, unsigned int columns)
{
	if (report->json) {
		report->section = json_object_new_array();
		put(report->root, title, report->section);
		return;
	}
	printf("\n%-18s", title);
	for (unsigned int i = 0; i < columns; i++)
		printf(" %12s", headings[i]);
	putchar('\n');
}

void report_row(struct report *report, const char *label,
		const char *const *headings, const struct cell *cells,
		unsigned int columns)
{
	struct json_object *row;
	char buffer[CLI_HUMAN];

	if (!report->json) {
		printf("  %-16s", label);
		for (unsigned int i = 0; i < columns; i++)
			printf(" %12s", human(buffer, cells[i]));
		putchar('\n');
		return;
	}
	row = json_object_new_object();
	put(row, "row", json_object_new_string(label));
	for (unsigned int i = 0; i < columns; i++)
		put(row, headings[i], json_object_new_int64(cells[i].value));
	json_object_array_add(report->section, must(row));
}

int report_end(struct report *report, bool complete)
{
	bool ok = complete && !report->mismatches;

	if (report->json) {
		put(report->root, "checks", json_object_new_int64(report->checks));
		put(report->root, "mismatches", json_object_new_int64(report->mismatches));
		put(report->root, "ok", json_object_new_boolean(ok));
		return cli_json(report->root) == CLI_OK && ok ? CLI_OK : CLI_FAILED;
	}
	if (report->checks)
		printf("\n%u checks, %u mismatches%s\n", report->checks,
		       report->mismatches, complete ? "" : ", not finished");
	return ok ? CLI_OK : CLI_FAILED;
}
