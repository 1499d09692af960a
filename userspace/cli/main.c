// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap: looks at heaps, steers their collectors, replays traces. */

#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct command {
	const char *name;
	const char *title;	/* its argv[0] */
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "diff", "mheap diff", "what has grown from one snapshot to another", cmd_diff },
	{ "events", "mheap events", "what happens to a heap, as it happens", cmd_events },
	{ "export", "mheap export", "write a snapshot as other programs read it", cmd_export },
	{ "gc", "mheap gc", "steer the collector of a heap", cmd_gc },
	{ "objects", "mheap objects", "list the objects of a heap", cmd_objects },
	{ "packages", "mheap packages", "a package database as a graph of objects", cmd_packages },
	{ "path", "mheap path", "why an object is alive", cmd_path },
	{ "replay", "mheap replay", "run a trace of operations and check it", cmd_replay },
	{ "retained", "mheap retained", "what retains most memory", cmd_retained },
	{ "snapshot", "mheap snapshot", "take a snapshot of a heap", cmd_snapshot },
	{ "stat", "mheap stat", "show the heaps", cmd_stat },
	{ "who", "mheap who", "who holds an object", cmd_who },
	{ 0 }
};

const char *argp_program_version = "mheap " VERSION;

/* The first argument and what follows it are the subcommand's. */
static error_t take(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	switch (key) {
	case ARGP_KEY_ARG:
		*(int *)state->input = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which command?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The table of commands follows the options in --help. */
static char *help(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t length = 0;
	FILE *stream;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	stream = open_memstream(&list, &length);
	if (!stream)
		return NULL;
	fputs("Commands:\n", stream);
	for (const struct command *command = commands; command->name; command++)
		fprintf(stream, "  %-10s %s\n", command->name, command->summary);
	fputs("\n\"mheap COMMAND --help\" says more, and so does mheap(1).", stream);
	fclose(stream);
	return list;
}

static const struct argp argp = {
	.parser = take,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Objects with a garbage collector in the kernel.\v",
	.help_filter = help,
};

int main(int argc, char **argv)
{
	int first = 0;

	argp_err_exit_status = CLI_USAGE;
	if (atexit(cli_close_output))
		return CLI_FAILED;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &first);
	for (const struct command *command = commands; command->name; command++) {
		if (strcmp(command->name, argv[first]))
			continue;
		argv[first] = (char *)command->title;
		return command->run(argc - first, argv + first);
	}
	cli_error("there is no command '%s'; see mheap --help", argv[first]);
	return CLI_USAGE;
}
