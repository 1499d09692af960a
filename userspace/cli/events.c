// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap events: what happens to a heap, as it happens. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "descriptor.h"
#include "event_print.h"
#include "packages_memory.h"

/* Objects that are looked at by one request. */
#define OBJECTS		1024

#define ALL_GENERATIONS	(1U << MHEAP_GENERATIONS | ((1U << MHEAP_GENERATIONS) - 1))

enum { OPT_PID = CLI_OPT, OPT_FD, OPT_TIMEOUT, OPT_WATCH };

struct request {
	const char *heap;
	uint64_t process, fd;
	bool by_process, by_fd, json;
	uint64_t count;			/* 0: without end */
	uint64_t seconds;
	bool limited;			/* by @seconds */
	uint64_t *watched;		/* ids */
	unsigned int watches;
};

static const struct argp_option options[] = {
	{ "count", 'n', "N", 0, "End after so many", 0 },
	{ "timeout", OPT_TIMEOUT, "SECONDS", 0, "End when that time is over", 0 },
	{ "watch", OPT_WATCH, "ID", 0, "Tell when this object dies (repeatable)", 0 },
	{ "pid", OPT_PID, "PID", 0, "The heap behind a descriptor of this process", 0 },
	{ "fd", OPT_FD, "N", 0, "And that is its number", 0 },
	{ "json", CLI_OPT_JSON, NULL, 0, "Print a JSON object in each line", 0 },
	{ 0 }
};

static void number(const char *text, uint64_t max, uint64_t *value, struct argp_state *state)
{
	if (!cli_number(text, max, value))
		argp_error(state, "'%s' is no such number", text);
}

static void add_watch(struct request *request, const char *text, struct argp_state *state)
{
	request->watched = array_resize(request->watched, request->watches + 1,
					sizeof(*request->watched));
	number(text, UINT64_MAX, &request->watched[request->watches++], state);
}

static void check(const struct request *request, struct argp_state *state)
{
	if (request->by_process != request->by_fd)
		argp_error(state, "--pid and --fd go together");
	if (!request->heap == !request->by_process)
		argp_error(state, "which heap?");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'n':
		number(argument, UINT32_MAX, &request->count, state);
		if (!request->count)
			argp_error(state, "nothing to wait for");
		return 0;
	case OPT_TIMEOUT:
		request->limited = true;
		number(argument, INT32_MAX / 1000, &request->seconds, state);
		return 0;
	case OPT_WATCH:
		add_watch(request, argument, state);
		return 0;
	case OPT_PID:
		request->by_process = true;
		number(argument, INT32_MAX, &request->process, state);
		return 0;
	case OPT_FD:
		request->by_fd = true;
		number(argument, INT32_MAX, &request->fd, state);
		return 0;
	case CLI_OPT_JSON:
		request->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (request->heap)
			return ARGP_ERR_UNKNOWN;
		request->heap = argument;
		return 0;
	case ARGP_KEY_END:
		check(request, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "HEAP\n--pid=PID --fd=N",
	.doc = "Print what happens to a heap, as it happens: collections, limits that are "
	       "reached, and deaths of objects that are watched.",
};

/*
 * A session of one's own in the heap. The descriptor that led there is closed at once:
 * what its session holds is to go when the other process closes it.
 */
static struct mh_session *join(const struct request *request)
{
	struct mh_session *session = NULL;
	int fd, error;

	fd = request->heap ? descriptor_of_heap(request->heap) :
			     descriptor_of_process(request->process, request->fd);
	if (fd < 0 && request->heap)
		descriptor_error(fd, request->heap, "");
	else if (fd < 0)
		cli_errno(fd, "cannot get at descriptor %" PRIu64 " of process %" PRIu64,
			  request->fd, request->process);
	if (fd < 0)
		return NULL;
	error = mh_join(fd, &session);
	close(fd);
	if (error) {
		cli_errno(error, "cannot join the heap");
		return NULL;
	}
	return session;
}

/* 1 if @handle is what is looked for, and watched now. The handle is dropped. */
static int watch_one(struct mh_session *session, mh_handle handle, uint64_t id)
{
	struct mheap_object_info info;
	int error = mh_info(session, handle, &info);
	int found = 0;

	if (!error && info.id == id) {
		error = mh_watch(session, handle, id);
		found = !error || error == -EALREADY;
	}
	mh_drop(session, handle);
	return found ?: error;
}

static int watch(struct mh_session *session, uint64_t id)
{
	static uint64_t handles[OBJECTS];
	struct mheap_enumerate enumerate = {
		.what = MHEAP_ENUMERATE_OBJECTS,
		.generations = ALL_GENERATIONS,
		.handles = (uintptr_t)handles,
	};
	int found = 0;

	do {
		int error;

		enumerate.count = OBJECTS;
		error = mh_enumerate(session, &enumerate);
		if (error)
			return error;
		for (uint32_t i = 0; i < enumerate.count; i++) {
			if (found)
				mh_drop(session, handles[i]);
			else
				found = watch_one(session, handles[i], id);
		}
	} while (!found && enumerate.cursor);
	return found ? (found > 0 ? 0 : found) : -ENOENT;
}

static bool listen_and_watch(struct mh_session *session, const struct request *request)
{
	uint32_t kinds = 1U << MHEAP_EVENT_COLLECTION_START | 1U << MHEAP_EVENT_COLLECTION_END |
			 1U << MHEAP_EVENT_LIMIT;
	int error;

	/* Finalizers are for the heap's programs: who listens takes them away. */
	if (request->watches)
		kinds |= 1U << MHEAP_EVENT_DEATH;
	error = mh_listen(session, kinds);
	if (error) {
		cli_errno(error, "cannot listen to the heap");
		return false;
	}
	for (unsigned int i = 0; i < request->watches; i++) {
		error = watch(session, request->watched[i]);
		if (!error)
			continue;
		if (error == -ENOENT)
			cli_error("the heap has no object %" PRIu64 " with slots",
				  request->watched[i]);
		else
			cli_errno(error, "cannot watch object %" PRIu64, request->watched[i]);
		return false;
	}
	return true;
}

static int left(const struct request *request, uint64_t end)
{
	const uint64_t now = cli_now();

	if (!request->limited)
		return -1;
	return now < end ? (end - now + 999999) / 1000000 : 0;
}

static int follow(struct mh_session *session, const struct request *request)
{
	const uint64_t end = cli_now() + request->seconds * 1000000000;
	struct mheap_event event;
	uint64_t count = 0;
	int got;

	while (!request->count || count < request->count) {
		got = mh_next_event(session, &event, left(request, end));
		if (got < 0) {
			cli_errno(got, "events");
			return CLI_FAILED;
		}
		if (!got)
			break;
		count++;
		if (request->json)
			event_print_json(&event);
		else
			event_print(&event);
		if (fflush(stdout))
			return CLI_FAILED;
	}
	if (count >= request->count)
		return CLI_OK;
	cli_error("events: the time is over after %" PRIu64 " of %" PRIu64, count,
		  request->count);
	return CLI_FAILED;
}

int cmd_events(int argc, char **argv)
{
	struct request request = { 0 };
	struct mh_session *session;
	int status = CLI_FAILED;

	cli_options(&argp, argc, argv, &request);
	session = join(&request);
	if (session && listen_and_watch(session, &request))
		status = follow(session, &request);
	mh_close(session);
	free(request.watched);
	return status;
}
