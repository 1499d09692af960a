// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* From the lines of a trace to its steps. */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "trace.h"

/* The verb and at most three more. */
#define FIELDS_MAX	4

#define WORD_MAX	40

struct reader {
	struct trace *trace;
	uint32_t line;
	char *fields[FIELDS_MAX];
	size_t capacity;	/* of the trace's steps */
};

/*
 * Each fills in what a step holds besides line and verb, from the fields, and sees
 * to it that the step makes sense where it is. Returns an enum cli_status.
 */
typedef int (*parse_t)(struct reader *reader, struct trace_step *step);

__attribute__((format(printf, 2, 3)))
static int malformed(const struct reader *reader, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s:%" PRIu32 ": ", reader->trace->name, reader->line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return CLI_USAGE;
}

static int no_memory(const struct reader *reader)
{
	fprintf(stderr, "%s:%" PRIu32 ": %s\n", reader->trace->name, reader->line,
		strerror(ENOMEM));
	return CLI_FAILED;
}

struct quoted {
	char text[WORD_MAX + 4];
};

/* A word of the trace, fit for a message. */
static const char *quote(const char *word, char *buffer)
{
	size_t length = 0;

	for (; *word && length < WORD_MAX; word++)
		buffer[length++] = isprint((unsigned char)*word) ? *word : '?';
	strcpy(buffer + length, *word ? "..." : "");
	return buffer;
}

#define QUOTE(word)	quote(word, (struct quoted){ }.text)

static int parse_number(const struct reader *reader, const char *what, const char *field,
			uint64_t max, uint64_t *number)
{
	if (cli_number(field, max, number))
		return CLI_OK;
	return malformed(reader, "%s: '%s' is no number from 0 to %" PRIu64, what, QUOTE(field),
			 max);
}

static int parse_id(struct reader *reader, const char *field, uint32_t *index)
{
	uint64_t number;

	if (!cli_number(field, UINT32_MAX, &number) || !number)
		return malformed(reader, "'%s' is no ID: a number from 1 to %" PRIu32,
				 QUOTE(field), UINT32_MAX);
	*index = trace_id_index(reader->trace, number);
	return *index == TRACE_NULL ? no_memory(reader) : CLI_OK;
}

static int parse_held(struct reader *reader, const char *field, uint32_t *index)
{
	int status = parse_id(reader, field, index);

	if (status)
		return status;
	if (!reader->trace->ids[*index].held)
		return malformed(reader, "the trace holds no reference to %s", QUOTE(field));
	return CLI_OK;
}

/* @holder is an index. */
static int parse_slot(const struct reader *reader, const char *field, uint32_t holder,
		      uint32_t *slot)
{
	const struct trace_id *id = &reader->trace->ids[holder];
	uint64_t number;
	int status = parse_number(reader, "slot", field, UINT32_MAX, &number);

	if (status)
		return status;
	if (number >= id->slots)
		return malformed(reader, "there is no slot %" PRIu64 ": %" PRIu32 " has %" PRIu32
				 " slots", number, id->number, id->slots);
	*slot = number;
	return CLI_OK;
}

static int parse_auto(struct reader *reader, struct trace_step *step)
{
	step->value = !strcmp(reader->fields[1], "on");
	if (step->value || !strcmp(reader->fields[1], "off"))
		return CLI_OK;
	return malformed(reader, "auto: '%s' is neither on nor off", QUOTE(reader->fields[1]));
}

static int parse_new(struct reader *reader, struct trace_step *step)
{
	struct trace_id *id;
	uint64_t slots;
	int status = parse_id(reader, reader->fields[1], &step->id);

	if (!status)
		status = parse_number(reader, "slots", reader->fields[2], MHEAP_SLOTS_MAX, &slots);
	if (!status)
		status = parse_number(reader, "bytes", reader->fields[3], MHEAP_LENGTH_MAX,
				      &step->value);
	if (status)
		return status;
	id = &reader->trace->ids[step->id];
	if (id->held)
		return malformed(reader, "the trace still holds a reference to %" PRIu32,
				 id->number);
	step->slot = slots;
	id->slots = slots;
	id->named = true;
	id->held = 1;
	return CLI_OK;
}

static int parse_set(struct reader *reader, struct trace_step *step)
{
	uint32_t target = TRACE_NULL;
	uint64_t number;
	int status = parse_held(reader, reader->fields[1], &step->id);

	if (!status)
		status = parse_slot(reader, reader->fields[2], step->id, &step->slot);
	if (!status && (!cli_number(reader->fields[3], UINT32_MAX, &number) || number))
		status = parse_held(reader, reader->fields[3], &target);
	step->value = target;
	return status;
}

static int parse_load(struct reader *reader, struct trace_step *step)
{
	struct trace_id *id;
	uint32_t holder;
	int status = parse_id(reader, reader->fields[1], &step->id);

	if (!status)
		status = parse_held(reader, reader->fields[2], &holder);
	if (!status)
		status = parse_slot(reader, reader->fields[3], holder, &step->slot);
	if (status)
		return status;
	id = &reader->trace->ids[step->id];
	if (!id->named)
		return malformed(reader, "%" PRIu32 " names no object: there was no new",
				 id->number);
	step->value = holder;
	id->held++;
	return CLI_OK;
}

static int parse_drop(struct reader *reader, struct trace_step *step)
{
	int status = parse_held(reader, reader->fields[1], &step->id);

	if (!status)
		reader->trace->ids[step->id].held--;
	return status;
}

static int parse_weak(struct reader *reader, struct trace_step *step)
{
	int status = parse_held(reader, reader->fields[1], &step->id);

	if (!status)
		reader->trace->ids[step->id].weak = true;
	return status;
}

static int parse_collect(struct reader *reader, struct trace_step *step)
{
	return parse_number(reader, "generation", reader->fields[1], MHEAP_GENERATIONS - 1,
			    &step->value);
}

static int parse_fate(struct reader *reader, struct trace_step *step)
{
	int status = parse_id(reader, reader->fields[1], &step->id);

	if (!status && !reader->trace->ids[step->id].weak)
		return malformed(reader, "%s is not remembered: there was no weak",
				 QUOTE(reader->fields[1]));
	return status;
}

static int parse_count(struct reader *reader, struct trace_step *step)
{
	return parse_number(reader, "count", reader->fields[1], UINT64_MAX, &step->value);
}

static const struct {
	const char *name;
	int fields;		/* besides the verb */
	parse_t parse;
} verbs[TRACE_VERBS] = {
	[TRACE_AUTO]	= { "auto", 1, parse_auto },
	[TRACE_NEW]	= { "new", 3, parse_new },
	[TRACE_SET]	= { "set", 3, parse_set },
	[TRACE_LOAD]	= { "load", 3, parse_load },
	[TRACE_DROP]	= { "drop", 1, parse_drop },
	[TRACE_WEAK]	= { "weak", 1, parse_weak },
	[TRACE_COLLECT]	= { "collect", 1, parse_collect },
	[TRACE_LIVE]	= { "live", 1, parse_fate },
	[TRACE_DEAD]	= { "dead", 1, parse_fate },
	[TRACE_COUNT]	= { "count", 1, parse_count },
};

const char *trace_verb_name(enum trace_verb verb)
{
	return verbs[verb].name;
}

static int parse_step(struct reader *reader, int fields, struct trace_step *step)
{
	for (int verb = 0; verb < TRACE_VERBS; verb++) {
		if (strcmp(reader->fields[0], verbs[verb].name))
			continue;
		if (fields - 1 != verbs[verb].fields)
			return malformed(reader, "%s: too %s fields", verbs[verb].name,
					 fields - 1 < verbs[verb].fields ? "few" : "many");
		step->line = reader->line;
		step->verb = verb;
		return verbs[verb].parse(reader, step);
	}
	return malformed(reader, "there is no operation '%s'", QUOTE(reader->fields[0]));
}

/* Cuts off a comment and the blanks before it. Returns whether anything is left. */
static bool cut_comment(char *line)
{
	char *end = strchr(line, '#');

	if (end) {
		while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = '\0';
	}
	return *line;
}

/* Returns how many fields there are, FIELDS_MAX + 1 for more than that, 0 if malformed. */
static int split(struct reader *reader, char *line)
{
	int count = 0;
	char *field;

	while ((field = strsep(&line, " "))) {
		if (!*field || strchr(field, '\t')) {
			malformed(reader, "fields must be parted by exactly one space");
			return 0;
		}
		if (count == FIELDS_MAX)
			return FIELDS_MAX + 1;
		reader->fields[count++] = field;
	}
	return count;
}

static bool make_room(struct reader *reader)
{
	struct trace *trace = reader->trace;
	size_t capacity = reader->capacity ? reader->capacity * 2 : 1024;
	struct trace_step *steps;

	if (trace->count < reader->capacity)
		return true;
	steps = reallocarray(trace->steps, capacity, sizeof(*steps));
	if (!steps)
		return false;
	trace->steps = steps;
	reader->capacity = capacity;
	return true;
}

static int read_line(struct reader *reader, char *line, size_t length)
{
	struct trace_step step = { 0 };
	int fields, status;

	if (length && line[length - 1] == '\r')
		return malformed(reader, "the line ends with a carriage return");
	if (strlen(line) != length)
		return malformed(reader, "the line contains a NUL");
	if (!cut_comment(line))
		return CLI_OK;
	fields = split(reader, line);
	if (!fields)
		return CLI_USAGE;
	status = parse_step(reader, fields, &step);
	if (status)
		return status;
	if (!make_room(reader))
		return no_memory(reader);
	reader->trace->steps[reader->trace->count++] = step;
	return CLI_OK;
}

static int read_lines(struct reader *reader, struct trace_input *input)
{
	size_t length;
	char *line;
	int more, status;

	while ((more = trace_input_line(input, &line, &length)) > 0) {
		if (++reader->line == UINT32_MAX)
			return malformed(reader, "too many lines");
		status = read_line(reader, line, length);
		if (status)
			return status;
	}
	reader->trace->lines = reader->line++;
	if (more == -E2BIG)
		return malformed(reader, "the line is longer than %d bytes", TRACE_LINE_MAX);
	if (more < 0) {
		cli_errno(more, "cannot read %s", reader->trace->name);
		return CLI_FAILED;
	}
	return CLI_OK;
}

int trace_read(struct trace *trace, const char *file)
{
	struct reader reader = { .trace = trace };
	struct trace_input *input = malloc(sizeof(*input));
	int error, status;

	*trace = (struct trace){ .name = strcmp(file, "-") ? file : "<stdin>" };
	error = input ? trace_input_open(input, file) : -ENOMEM;
	if (error) {
		cli_errno(error, "cannot open %s", trace->name);
		free(input);
		return CLI_FAILED;
	}
	status = read_lines(&reader, input);
	trace_input_close(input);
	free(input);
	return status;
}

void trace_free(struct trace *trace)
{
	free(trace->steps);
	free(trace->ids);
	free(trace->map);
}
