// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap snapshot: takes a snapshot of a heap. */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "snapshot_file.h"

enum { OPT_PID = CLI_OPT, OPT_FD, OPT_TOP };

struct request {
	const char *heap;
	const char *output;
	uint64_t process, fd, top;
	bool by_process, by_fd, want_top;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write it there, and not to standard output", 0 },
	{ "pid", OPT_PID, "PID", 0, "The heap behind a descriptor of this process", 0 },
	{ "fd", OPT_FD, "N", 0, "And that is its number", 0 },
	{ "top", OPT_TOP, "N", OPTION_ARG_OPTIONAL,
	  "Write none; show what retains most (10 lines)", 0 },
	{ 0 }
};

static void number(const char *text, uint64_t max, uint64_t *value, struct argp_state *state)
{
	if (!cli_number(text, max, value))
		argp_error(state, "'%s' is no such number", text);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'o':
		request->output = argument;
		return 0;
	case OPT_PID:
		request->by_process = true;
		number(argument, INT32_MAX, &request->process, state);
		return 0;
	case OPT_FD:
		request->by_fd = true;
		number(argument, INT32_MAX, &request->fd, state);
		return 0;
	case OPT_TOP:
		request->want_top = true;
		request->top = 10;
		if (argument)
			number(argument, UINT32_MAX, &request->top, state);
		return 0;
	case ARGP_KEY_ARG:
		if (request->heap)
			return ARGP_ERR_UNKNOWN;
		request->heap = argument;
		return 0;
	case ARGP_KEY_END:
		if (request->by_process != request->by_fd)
			argp_error(state, "--pid and --fd go together");
		if (!request->heap == !request->by_process)
			argp_error(state, "which heap?");
		if (request->want_top && request->output)
			argp_error(state, "--top writes no file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "HEAP\n--pid=PID --fd=N",
	.doc = "Take a snapshot of a heap, beside the programs that use it.",
};

static int show_top(int fd, const struct request *request)
{
	struct snapshot snapshot;
	int status;

	if (!snapshot_read(fd, request->heap ?: "the heap", &snapshot, &status))
		return status;
	retained_print(&snapshot, request->top);
	snapshot_free(&snapshot);
	return CLI_OK;
}

static int save(int fd, const char *output)
{
	int to = STDOUT_FILENO;
	int status;

	if (!output && isatty(to)) {
		cli_error("a snapshot is not for people to read: -o FILE, or --top");
		return CLI_USAGE;
	}
	if (output)
		to = cli_create(output, 0600);
	if (to < 0)
		return CLI_FAILED;
	status = snapshot_copy(fd, to, output ?: "the output");
	return output ? cli_finish(to, output, status) : status;
}

int cmd_snapshot(int argc, char **argv)
{
	struct request request = { 0 };
	int status, fd;

	cli_options(&argp, argc, argv, &request);
	fd = request.heap ? snapshot_take_heap(request.heap) :
			    snapshot_take_process(request.process, request.fd);
	if (fd < 0)
		return CLI_FAILED;
	status = request.want_top ? show_top(fd, &request) : save(fd, request.output);
	close(fd);
	return status;
}
