// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "snapshot_id.h"

#include <inttypes.h>

struct request {
	const char *name;
	const char *id_text;
	uint64_t id;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (request->id_text)
			return ARGP_ERR_UNKNOWN;
		if (!request->name) {
			request->name = argument;
			return 0;
		}
		request->id_text = argument;
		if (!cli_number(argument, UINT64_MAX, &request->id))
			argp_error(state, "'%s' is no id of an object", argument);
		return 0;
	case ARGP_KEY_END:
		if (!request->id_text)
			argp_error(state, "which object?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int snapshot_id_open(int argc, char **argv, const char *doc, struct snapshot *snapshot,
		     uint32_t *object)
{
	const struct argp argp = { .parser = parse, .args_doc = "FILE|HEAP ID", .doc = doc };
	struct request request = { 0 };
	int status;

	cli_options(&argp, argc, argv, &request);
	if (!snapshot_open(request.name, snapshot, &status))
		return status;
	*object = snapshot_find(snapshot, request.id);
	if (*object != SNAPSHOT_NONE)
		return CLI_OK;
	cli_error("%s has no object %" PRIu64, request.name, request.id);
	snapshot_free(snapshot);
	return CLI_FAILED;
}
