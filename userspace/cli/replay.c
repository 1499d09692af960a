// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * mheap replay: runs a trace on a heap of its own and checks it.
 *
 * However many references the trace holds to an object, they are one handle and a
 * counter. Which object a slot holds is told by the id that MHEAP_OP_INFO gives,
 * which never repeats; the id of each "new" is asked in its batch.
 *
 * Operations are put in a batch until it is full, or until something has to happen
 * between two of them. The batch runs to its end in any case; the first operation
 * whose result is not as it should be is the one that is reported.
 */

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "trace.h"

#define BATCH_MAX	4096

/* A step takes at most so many operations. */
#define STEP_MAX	2

#define TEXT_MAX	64

/* What an ID stands for. A reference made in the open batch is an MHEAP_RESULT(). */
struct name {
	mh_ref ref;		/* while @held is not 0 */
	mh_ref weak;		/* 0: none yet */
	uint64_t object;	/* id of the object; set when the batch ran */
	uint32_t held;		/* references of the trace */
};

enum purpose {
	PLAIN,			/* must not fail */
	MAKE,			/* gives the name's @ref */
	IDENTIFY,		/* info of the object just made */
	RECOGNIZE,		/* info of what was loaded: must be the name's object */
	REMEMBER,		/* gives the name's @weak */
	UPGRADE,		/* must fail or not, as the step says */
};

struct pending {
	const struct trace_step *step;
	enum purpose purpose;
};

struct failure {
	const struct trace_step *step;	/* NULL: none */
	char expected[TEXT_MAX];	/* empty: it is an error of the system */
	char found[TEXT_MAX];
};

struct replay {
	const struct trace *trace;
	struct mh_session *session;
	struct mh_batch *batch;
	struct name *names;		/* one for each ID */
	struct pending pending[BATCH_MAX];
	struct mheap_object_info infos[BATCH_MAX];
	bool settled;			/* since the last operation that changed anything */
	uint64_t checks;
	struct failure failure;
	struct mheap_stats stats;	/* at the end */
	uint64_t nanoseconds;
};

/*
 * What follows returns false when the replay is over: @failure says why.
 */

__attribute__((format(printf, 4, 5)))
static bool fail(struct replay *replay, const struct trace_step *step, const char *expected,
		 const char *format, ...)
{
	va_list arguments;

	replay->failure.step = step;
	strcpy(replay->failure.expected, expected);
	va_start(arguments, format);
	vsnprintf(replay->failure.found, TEXT_MAX, format, arguments);
	va_end(arguments);
	return false;
}

static bool fail_error(struct replay *replay, const struct trace_step *step, int64_t error)
{
	return fail(replay, step, "", "%s", strerror(-error));
}

static bool check_identity(struct replay *replay, const struct trace_step *step, uint64_t object)
{
	const struct trace *trace = replay->trace;
	char expected[TEXT_MAX];

	if (replay->names[step->id].object == object)
		return true;
	snprintf(expected, TEXT_MAX, "object %" PRIu32, trace->ids[step->id].number);
	if (!object)
		return fail(replay, step, expected, "an empty slot");
	for (uint32_t i = 0; i < trace->id_count; i++)
		if (replay->names[i].object == object)
			return fail(replay, step, expected, "object %" PRIu32,
				    trace->ids[i].number);
	return fail(replay, step, expected, "an object that has no ID any more");
}

static bool check_fate(struct replay *replay, const struct trace_step *step, int64_t result)
{
	bool live = result >= 0;

	if (!live && result != -ENOENT)
		return fail_error(replay, step, result);
	if (step->verb == (live ? TRACE_LIVE : TRACE_DEAD))
		return true;
	return fail(replay, step, live ? "dead" : "alive", "%s", live ? "alive" : "dead");
}

/* Looks at the result of operation @i. */
static bool finish(struct replay *replay, int i)
{
	const struct trace_step *step = replay->pending[i].step;
	struct name *name = &replay->names[step->id];
	int64_t result = mh_batch_result(replay->batch, i);

	if (replay->pending[i].purpose == UPGRADE)
		return check_fate(replay, step, result);
	/* The load before it gave nothing. */
	if (replay->pending[i].purpose == RECOGNIZE && result == -EBADF)
		return check_identity(replay, step, 0);
	if (result < 0)
		return fail_error(replay, step, result);
	switch (replay->pending[i].purpose) {
	case IDENTIFY:
		name->object = replay->infos[i].id;
		return true;
	case RECOGNIZE:
		return check_identity(replay, step, replay->infos[i].id);
	case REMEMBER:
		if (name->weak == mh_result(i))
			name->weak = result;
		return true;
	case MAKE:
		/* Unless it has been dropped again. */
		if (name->ref == mh_result(i))
			name->ref = result;
		return true;
	default:
		return true;
	}
}

static bool flush(struct replay *replay)
{
	unsigned int count = mh_batch_count(replay->batch);
	int error;

	if (!count)
		return true;
	error = mh_batch_submit(replay->session, replay->batch, MHEAP_SUBMIT_CONTINUE);
	for (unsigned int i = 0; i < mh_batch_executed(replay->batch); i++)
		if (!finish(replay, i))
			return false;
	if (error && mh_batch_failed(replay->batch) < 0)
		return fail_error(replay, replay->pending[mh_batch_executed(replay->batch)].step,
				  error);
	mh_batch_reset(replay->batch);
	return true;
}

/* Runs what is pending and waits for what goes on in the background. */
static bool settle(struct replay *replay, const struct trace_step *step)
{
	int error;

	if (!flush(replay))
		return false;
	error = mh_settle(replay->session);
	if (error)
		return fail_error(replay, step, error);
	replay->settled = true;
	return true;
}

/* @index is what mh_batch_add_*() gave. */
static int note(struct replay *replay, int index, const struct trace_step *step,
		enum purpose purpose)
{
	if (index >= 0)
		replay->pending[index] = (struct pending){ step, purpose };
	return index;
}

static void add_info(struct replay *replay, int index, const struct trace_step *step,
		     enum purpose purpose)
{
	unsigned int next = mh_batch_count(replay->batch);

	note(replay, mh_batch_add_info(replay->batch, mh_result(index), &replay->infos[next]),
	     step, purpose);
}

static void add_new(struct replay *replay, const struct trace_step *step)
{
	struct name *name = &replay->names[step->id];
	int index = note(replay, mh_batch_add_new(replay->batch, 0, step->slot, step->value, 0),
			 step, MAKE);

	name->ref = mh_result(index);
	name->held = 1;
	add_info(replay, index, step, IDENTIFY);
}

static void add_load(struct replay *replay, const struct trace_step *step)
{
	struct name *name = &replay->names[step->id];
	mh_ref holder = replay->names[step->value].ref;
	bool held = name->held++;
	int index = mh_batch_add_load(replay->batch, holder, step->slot, held ? MHEAP_OP_TEMP : 0);

	note(replay, index, step, held ? PLAIN : MAKE);
	if (!held)
		name->ref = mh_result(index);
	add_info(replay, index, step, RECOGNIZE);
}

static void add_set(struct replay *replay, const struct trace_step *step)
{
	mh_ref target = step->value == TRACE_NULL ? 0 : replay->names[step->value].ref;

	note(replay, mh_batch_add_store(replay->batch, replay->names[step->id].ref, step->slot,
					target), step, PLAIN);
}

static void add_drop(struct replay *replay, const struct trace_step *step)
{
	struct name *name = &replay->names[step->id];

	if (--name->held)
		return;
	note(replay, mh_batch_add_drop(replay->batch, name->ref), step, PLAIN);
	name->ref = 0;
}

static void add_weak(struct replay *replay, const struct trace_step *step)
{
	struct name *name = &replay->names[step->id];

	if (name->weak)
		note(replay, mh_batch_add_drop(replay->batch, name->weak), step, PLAIN);
	name->weak = mh_result(note(replay, mh_batch_add_weak(replay->batch, name->ref), step,
				    REMEMBER));
}

/* Upgrades share a batch: nothing between them can change what they find. */
static bool add_fate(struct replay *replay, const struct trace_step *step)
{
	if (!replay->settled && !settle(replay, step))
		return false;
	replay->checks++;
	note(replay, mh_batch_add_upgrade(replay->batch, replay->names[step->id].weak,
					  MHEAP_OP_TEMP), step, UPGRADE);
	return true;
}

static bool check_count(struct replay *replay, const struct trace_step *step)
{
	struct mheap_stats stats;
	char expected[TEXT_MAX];
	int error;

	if (!settle(replay, step))
		return false;
	replay->checks++;
	error = mh_stats(replay->session, &stats);
	if (error)
		return fail_error(replay, step, error);
	if (stats.objects == step->value)
		return true;
	snprintf(expected, TEXT_MAX, "%" PRIu64, step->value);
	return fail(replay, step, expected, "%" PRIu64, (uint64_t)stats.objects);
}

/* On a settled heap, so that what it frees does not depend on how fast releases go. */
static bool run_collect(struct replay *replay, const struct trace_step *step)
{
	int error;

	if (!settle(replay, step))
		return false;
	error = mh_collect(replay->session, step->value, NULL);
	if (error)
		return fail_error(replay, step, error);
	replay->settled = false;
	return true;
}

static bool run_auto(struct replay *replay, const struct trace_step *step)
{
	int error;

	if (!flush(replay))
		return false;
	error = step->value ? mh_enable(replay->session) : mh_disable(replay->session);
	return error ? fail_error(replay, step, error) : true;
}

static bool run_step(struct replay *replay, const struct trace_step *step)
{
	static void (* const add[TRACE_VERBS])(struct replay *, const struct trace_step *) = {
		[TRACE_NEW] = add_new,
		[TRACE_SET] = add_set,
		[TRACE_LOAD] = add_load,
		[TRACE_DROP] = add_drop,
		[TRACE_WEAK] = add_weak,
	};

	if (mh_batch_count(replay->batch) > BATCH_MAX - STEP_MAX && !flush(replay))
		return false;
	if (add[step->verb]) {
		replay->settled = false;
		add[step->verb](replay, step);
		return true;
	}
	switch (step->verb) {
	case TRACE_AUTO:
		return run_auto(replay, step);
	case TRACE_COLLECT:
		return run_collect(replay, step);
	case TRACE_COUNT:
		return check_count(replay, step);
	default:
		return add_fate(replay, step);
	}
}

static void run_steps(struct replay *replay)
{
	const struct trace *trace = replay->trace;
	struct cli_progress progress = { .what = "replaying", .total = trace->count };
	const struct trace_step *step;
	uint64_t begin = cli_now();
	bool more = true;

	for (step = trace->steps; more && step < trace->steps + trace->count; step++) {
		more = run_step(replay, step);
		if (!(step->line & 1023))
			cli_progress(&progress, step - trace->steps);
	}
	if (more && flush(replay))
		mh_settle(replay->session);
	replay->nanoseconds = cli_now() - begin;
	mh_stats(replay->session, &replay->stats);
	cli_progress_end(&progress);
}

static const char *step_text(const struct replay *replay, char *buffer)
{
	const struct trace_step *step = replay->failure.step;
	const char *name = trace_verb_name(step->verb);

	switch (step->verb) {
	case TRACE_AUTO:
	case TRACE_COLLECT:
	case TRACE_COUNT:
		snprintf(buffer, TEXT_MAX, "%s", name);
		break;
	case TRACE_LOAD:
		snprintf(buffer, TEXT_MAX, "slot %" PRIu32 " of %" PRIu32, step->slot,
			 replay->trace->ids[step->value].number);
		break;
	default:
		snprintf(buffer, TEXT_MAX, "%s %" PRIu32, name,
			 replay->trace->ids[step->id].number);
	}
	return buffer;
}

static void print_failure(const struct replay *replay)
{
	const struct failure *failure = &replay->failure;
	char text[TEXT_MAX];

	fprintf(stderr, "%s:%" PRIu32 ": %s: ", replay->trace->name, failure->step->line,
		step_text(replay, text));
	if (*failure->expected)
		fprintf(stderr, "expected %s, found %s\n", failure->expected, failure->found);
	else
		fprintf(stderr, "%s\n", failure->found);
}

static struct json_object *failure_json(const struct failure *failure)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "line", json_object_new_uint64(failure->step->line));
	if (*failure->expected) {
		json_object_object_add(object, "expected",
				       json_object_new_string(failure->expected));
		json_object_object_add(object, "found", json_object_new_string(failure->found));
	} else {
		json_object_object_add(object, "error", json_object_new_string(failure->found));
	}
	return object;
}

static int print_json(const struct replay *replay)
{
	const struct failure *failure = &replay->failure;
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{ "lines", replay->trace->lines },
		{ "operations", replay->trace->count },
		{ "checks", replay->checks },
		{ "objects", replay->stats.objects },
		{ "freed_by_count", replay->stats.freed_by_count },
		{ "freed_by_collector", replay->stats.freed_by_collector },
	};
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "passed", json_object_new_boolean(!failure->step));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		json_object_object_add(object, numbers[i].key,
				       json_object_new_uint64(numbers[i].value));
	json_object_object_add(object, "seconds",
			       json_object_new_double(replay->nanoseconds / 1e9));
	if (failure->step)
		json_object_object_add(object, "failure", failure_json(failure));
	return cli_json(object);
}

static void print_summary(const struct replay *replay)
{
	char text[CLI_HUMAN];

	printf("%" PRIu64 " lines, %zu operations, %" PRIu64 " of them checks, in %s\n",
	       replay->trace->lines, replay->trace->count, replay->checks,
	       cli_duration(text, replay->nanoseconds));
	printf("%llu objects alive, %llu freed by count, %llu by the collector\n",
	       replay->stats.objects, replay->stats.freed_by_count,
	       replay->stats.freed_by_collector);
}

struct request {
	const char *file;
	bool dry;
	bool json;
	bool verbose;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'n':
		request->dry = true;
		return 0;
	case 'v':
		request->verbose = true;
		return 0;
	case CLI_OPT_JSON:
		request->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (request->file)
			argp_error(state, "only one FILE");
		request->file = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which FILE?");
		return 0;
	case ARGP_KEY_END:
		if (request->dry && (request->json || request->verbose))
			argp_error(state, "--dry-run has nothing to print");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "dry-run", 'n', NULL, 0, "Only look whether the trace is well-formed", 0 },
	{ "verbose", 'v', NULL, 0, "Print a summary", 0 },
	{ "stats", 'v', NULL, OPTION_ALIAS, NULL, 0 },
	CLI_OPTION_JSON,
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Run the trace in FILE (-: standard input) on a heap of its own and check it."
	       "\v"
	       "The exit status is 0 if every check holds, 1 if one fails, 2 if the trace is "
	       "malformed. mheap(1) describes traces.",
};

static int run(struct replay *replay, const struct request *request)
{
	int status = CLI_OK;

	run_steps(replay);
	if (replay->failure.step) {
		print_failure(replay);
		status = CLI_FAILED;
	}
	if (request->json && print_json(replay))
		status = CLI_FAILED;
	if (request->verbose && !request->json)
		print_summary(replay);
	return status;
}

static int run_trace(const struct trace *trace, const struct request *request)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	struct name *names = calloc(trace->id_count + 1, sizeof(*names));
	struct mh_batch *batch = mh_batch_new();
	struct mh_session *session = NULL;
	int status = CLI_FAILED;

	if (!replay || !names || !batch)
		cli_errno(ENOMEM, "replay");
	else
		session = cli_open();
	if (session) {
		replay->trace = trace;
		replay->session = session;
		replay->batch = batch;
		replay->names = names;
		status = run(replay, request);
	}
	mh_close(session);
	mh_batch_free(batch);
	free(names);
	free(replay);
	return status;
}

int cmd_replay(int argc, char **argv)
{
	struct request request = { 0 };
	struct trace trace;
	int status;

	cli_options(&argp, argc, argv, &request);
	status = trace_read(&trace, request.file);
	if (!status && !request.dry)
		status = run_trace(&trace, &request);
	trace_free(&trace);
	return status;
}
