/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * What the subcommands of mheap share.
 *
 * A subcommand is int cmd_NAME(int argc, char **argv): argv[0] is "mheap NAME"
 * and it returns one of enum cli_status, which becomes the exit status. Results
 * go to stdout, everything else to stderr.
 */
#ifndef CLI_H
#define CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "mheap.h"

struct json_object;

enum cli_status {
	CLI_OK = 0,
	CLI_FAILED = 1,		/* it did not work, or a check did not hold */
	CLI_USAGE = 2,		/* the request or the input makes no sense */
};

int cmd_diff(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_gc(int argc, char **argv);
int cmd_objects(int argc, char **argv);
int cmd_packages(int argc, char **argv);
int cmd_path(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_retained(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_who(int argc, char **argv);

/*
 * Options (options.c). Keys of options without a letter start at CLI_OPT; those
 * from CLI_OPT + 200 on are taken.
 */
#define CLI_OPT		0x100
#define CLI_OPT_JSON	(CLI_OPT + 200)
#define CLI_OPTION_JSON	{ "json", CLI_OPT_JSON, NULL, 0, "Print JSON", 0 }

/* argp_parse() for a subcommand; a usage error ends the program with CLI_USAGE. */
void cli_options(const struct argp *argp, int argc, char **argv, void *input);

/*
 * All of @text must be one decimal number of at most @max, without sign or space.
 * Returns false, and leaves @value alone, if it is not.
 */
bool cli_number(const char *text, uint64_t max, uint64_t *value);

/* Messages (message.c): "mheap NAME: ..." and a newline, to stderr. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same followed by ": " and what @error (errno or -errno) means. */
void cli_errno(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* mh_open() with a message where it fails; NULL then. */
struct mh_session *cli_open(void);

/*
 * Output (output.c). cli_close_output() runs at exit: output that could not be
 * written makes the program fail.
 */
void cli_close_output(void);

/*
 * A file that output goes to, made where there is none. Return: a descriptor, or -1 with
 * a message.
 *
 * cli_finish() closes it. Where @status is not CLI_OK, or closing fails, which has a
 * message, the output is not complete: it is removed if it is a regular file that still
 * has that name. What is a device, a pipe or a link was there before, and stays. Return:
 * @status, or CLI_FAILED.
 */
int cli_create(const char *name, unsigned int mode);
int cli_finish(int fd, const char *name, int status);

/*
 * The human forms need a buffer of CLI_HUMAN bytes and return
 * it: "812 B", "1.5 MiB"; "812 ns", "1.5 ms", "2 min 5 s".
 */
#define CLI_HUMAN	32
const char *cli_size(char *buffer, uint64_t bytes);
const char *cli_duration(char *buffer, uint64_t nanoseconds);

/* Monotonic time in nanoseconds. */
uint64_t cli_now(void);

/*
 * Prints @value to stdout, indented, with a newline, and drops the reference.
 * NULL (no memory) gives a message. Returns CLI_OK or CLI_FAILED.
 */
int cli_json(struct json_object *value);

/*
 * A line on stderr that is rewritten as work goes on: only where stderr is a
 * terminal, at most ten times a second, so it may be called for every item.
 * cli_progress_end() wipes it; so must every path that prints something else.
 * @total may be 0 (not known).
 */
struct cli_progress {
	const char *what;	/* "reading", ... */
	uint64_t total;
	uint64_t shown;		/* when it was last written; 0 to begin with */
};

void cli_progress(struct cli_progress *progress, uint64_t done);
void cli_progress_end(struct cli_progress *progress);

#endif /* CLI_H */
