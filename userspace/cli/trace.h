/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * A trace, read and found well-formed.
 *
 * Whether a trace is well-formed does not depend on what a heap does with it, so
 * all of it is known before the first operation runs. What the grammar in mheap(1)
 * leaves open is decided so:
 *
 *   - A comment may begin anywhere; blanks before it belong to it. Empty lines and
 *     lines with nothing but a comment are skipped.
 *   - "new ID" needs an ID to which the trace holds no reference. The ID then names
 *     the new object; what it named before can no longer be loaded, but a weak
 *     reference that the trace remembered under ID goes on naming the old object.
 *   - Wherever else an ID is to name an object to work on (set, drop, weak, the
 *     holder of load), the trace must hold a reference to it.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest line, in bytes. */
#define TRACE_LINE_MAX	65535

/* In the place of an ID's index: none. */
#define TRACE_NULL	UINT32_MAX

enum trace_verb {
	TRACE_AUTO,	/* value: on? */
	TRACE_NEW,	/* id, slot: how many, value: bytes */
	TRACE_SET,	/* id, slot, value: index of the target, or TRACE_NULL */
	TRACE_LOAD,	/* id, slot, value: index of the holder */
	TRACE_DROP,	/* id */
	TRACE_WEAK,	/* id */
	TRACE_COLLECT,	/* value: generation */
	TRACE_LIVE,	/* id */
	TRACE_DEAD,	/* id */
	TRACE_COUNT,	/* value: objects */
	TRACE_VERBS,
};

/* One line. IDs are indices into struct trace, @ids. */
struct trace_step {
	uint32_t line;
	uint32_t verb;
	uint32_t id;
	uint32_t slot;
	uint64_t value;
};

struct trace_id {
	uint32_t number;	/* as in the trace */
	/* The rest is where the reader is; nothing to the user of a trace. */
	uint32_t slots;		/* of the object it names */
	uint32_t held;		/* references that the trace holds to it */
	bool named;		/* there was a "new" */
	bool weak;		/* there was a "weak" */
};

struct trace {
	const char *name;	/* for messages */
	struct trace_step *steps;
	size_t count;
	struct trace_id *ids;
	uint32_t id_count;
	uint64_t lines;
	/* ID to index + 1: open addressing, 0 is free, a power of two. */
	uint32_t *map;
	uint32_t map_size;
};

/*
 * Reads @file ("-": stdin). Returns an enum cli_status: where it is not CLI_OK a
 * message has been printed. trace_free() in any case.
 */
int trace_read(struct trace *trace, const char *file);
void trace_free(struct trace *trace);

/* "new", ... */
const char *trace_verb_name(enum trace_verb verb);

/* Index of the ID @number, which becomes known thereby; TRACE_NULL: no memory. */
uint32_t trace_id_index(struct trace *trace, uint32_t number);

/* Lines of a file (trace_input.c). */
struct trace_input {
	int fd;
	bool ended;
	size_t begin, end;	/* of what has been read, in @buffer */
	char buffer[2 * (TRACE_LINE_MAX + 1)];
};

int trace_input_open(struct trace_input *input, const char *file);
void trace_input_close(struct trace_input *input);

/*
 * Gives the next line, without the newline, with a NUL, until the next call.
 * Returns 1, 0 at the end, -E2BIG for a line that is too long, or -errno.
 */
int trace_input_line(struct trace_input *input, char **line, size_t *length);

#endif /* TRACE_H */
