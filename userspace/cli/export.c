// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap export: a snapshot for other programs. */

#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

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

/* What went wrong is told by the last write; before it, that something did. */
static int write_stream(const struct snapshot *snapshot, const struct request *request, FILE *out)
{
	int error;

	request->format->write(snapshot, out);
	error = ferror(out) ? EIO : 0;
	if (fclose(out))
		error = errno;
	if (!error)
		return CLI_OK;
	cli_errno(error, "cannot write %s", request->output);
	return CLI_FAILED;
}

/* The stream has a descriptor of its own: the other one outlives it. */
static int write_file(const struct snapshot *snapshot, const struct request *request)
{
	int fd = cli_create(request->output, 0666);
	int status = CLI_FAILED;
	FILE *out;

	if (fd < 0)
		return CLI_FAILED;
	out = fdopen(fcntl(fd, F_DUPFD_CLOEXEC, 0), "w");
	if (out)
		status = write_stream(snapshot, request, out);
	else
		cli_errno(errno, "cannot write %s", request->output);
	return cli_finish(fd, request->output, status);
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
