// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap export: a snapshot for other programs. */

#include "export.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct format {
	const char *name;
	void (*write)(const struct snapshot *snapshot, FILE *out);
} formats[] = {
	{ "dot", export_dot },
	{ "heapsnapshot", export_heapsnapshot },
	{ "folded", export_folded },
};

#define FORMATS	(sizeof(formats) / sizeof(formats[0]))

struct request {
	const char *name;
	const char *output;
	const struct format *format;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'o':
		request->output = argument;
		return 0;
	case 'f':
		for (size_t i = 0; i < FORMATS; i++)
			if (!strcmp(formats[i].name, argument))
				request->format = &formats[i];
		if (!request->format)
			argp_error(state, "there is no format '%s'", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (request->name)
			return ARGP_ERR_UNKNOWN;
		request->name = argument;
		return 0;
	case ARGP_KEY_END:
		if (!request->name)
			argp_error(state, "which snapshot?");
		if (!request->format)
			argp_error(state, "which format?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "dot, heapsnapshot or folded", 0 },
	{ "output", 'o', "FILE", 0, "Write it there, and not to standard output", 0 },
	{ 0 }
};
static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE|HEAP",
	.doc = "Write a snapshot as others read it: dot for Graphviz, heapsnapshot for the "
	       "developer tools of Chrome, folded for flame graphs.",
};

static int write_file(const struct snapshot *snapshot, const struct request *request)
{
	FILE *out = fopen(request->output, "we");
	bool failed;

	if (!out) {
		cli_errno(errno, "cannot write %s", request->output);
		return CLI_FAILED;
	}
	request->format->write(snapshot, out);
	failed = ferror(out);
	if (!fclose(out) && !failed)
		return CLI_OK;
	cli_errno(errno, "cannot write %s", request->output);
	unlink(request->output);
	return CLI_FAILED;
}

int cmd_export(int argc, char **argv)
{
	struct request request = { 0 };
	struct snapshot snapshot;
	int status;

	cli_options(&argp, argc, argv, &request);
	if (!snapshot_open(request.name, &snapshot, &status))
		return status;
	if (request.output)
		status = write_file(&snapshot, &request);
	else
		request.format->write(&snapshot, stdout), status = CLI_OK;
	snapshot_free(&snapshot);
	return status;
}
