// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap gc: CPython's gc module for any heap, through sysfs. */

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "setting.h"

#define VALUES_MAX	MHEAP_GENERATIONS

struct request {
	const struct verb *verb;
	const char *heap;
	bool all;
	bool defaults;
	bool json;
	bool clear;
	const struct setting *setting;
	char words[SETTING_TEXT];	/* with one space between them */
	uint64_t values[VALUES_MAX];
	unsigned int count;	/* of values */
	bool titled;		/* say which heap the output is about */
	struct json_object *output;
};

/*
 * A verb is called for each heap. Some also make sense for MH_DEFAULTS, and some
 * print, so they know --json.
 */
struct verb {
	const char *name;
	int (*run)(struct request *request, const char *heap);
	unsigned int counts;	/* bit N: takes N values; all: any */
	uint64_t max;		/* of each value */
	bool defaults;
	bool prints;
};

static int failed(const struct request *request, const char *heap, int error)
{
	if (error == -ENOENT && request->defaults)
		cli_error("there is no %s: the module mheap is not loaded", MH_HEAPS);
	else if (error == -ENOENT && request->heap)
		cli_error("gc: there is no heap '%s'", heap);
	else if (error != -ENOENT || !request->all)
		cli_errno(error, "gc: %s of heap '%s'",
			  request->setting ? request->setting->name : request->verb->name, heap);
	else
		return CLI_OK;	/* it ended meanwhile */
	return CLI_FAILED;
}

static int write_value(struct request *request, const char *heap, const char *attribute,
		       const char *text)
{
	int error = mh_heap_write(heap, attribute, text);

	return error ? failed(request, heap, error) : CLI_OK;
}

static int run_collect(struct request *request, const char *heap)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64,
		 request->count ? request->values[0] : MHEAP_GENERATIONS - 1);
	return write_value(request, heap, "collect", text);
}

static int run_enable(struct request *request, const char *heap)
{
	return write_value(request, heap, "enabled", "1");
}

static int run_disable(struct request *request, const char *heap)
{
	return write_value(request, heap, "enabled", "0");
}

/* Prints the numbers of an attribute in one line. */
static int print_numbers(struct request *request, const char *heap, enum heap_field field)
{
	struct heap_view view = { 0 };
	struct heap_row *row = &view.rows[field];
	unsigned int count = heap_field_count(field);
	int error = mh_heap_numbers(heap, heap_field_path(field), row->value, count);

	if (error)
		return failed(request, heap, error);
	row->known = true;
	if (request->output) {
		json_object_object_add(request->output, heap, heap_field_json(&view, field));
		return CLI_OK;
	}
	if (request->titled)
		printf("%s: ", heap);
	if (field == HEAP_ENABLED)
		fputs(row->value[0] ? "yes" : "no", stdout);
	else
		for (unsigned int i = 0; i < count; i++)
			printf("%s%" PRIu64, i ? " " : "", row->value[i]);
	putchar('\n');
	return CLI_OK;
}

static int run_is_enabled(struct request *request, const char *heap)
{
	return print_numbers(request, heap, HEAP_ENABLED);
}

static int run_count(struct request *request, const char *heap)
{
	return print_numbers(request, heap, HEAP_COUNT);
}

static int run_threshold(struct request *request, const char *heap)
{
	char text[72];

	if (!request->count)
		return print_numbers(request, heap, HEAP_THRESHOLD);
	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %" PRIu64, request->values[0],
		 request->values[1], request->values[2]);
	return write_value(request, heap, "threshold", text);
}

static int run_freeze(struct request *request, const char *heap)
{
	return write_value(request, heap, "freeze", "1");
}

static int run_unfreeze(struct request *request, const char *heap)
{
	return write_value(request, heap, "freeze", "0");
}

static int run_frozen(struct request *request, const char *heap)
{
	return print_numbers(request, heap, HEAP_FROZEN);
}

static int run_debug(struct request *request, const char *heap)
{
	if (*request->words)
		return write_value(request, heap, "debug", request->words);
	return print_numbers(request, heap, HEAP_DEBUG);
}

static int run_garbage(struct request *request, const char *heap)
{
	if (request->clear)
		return write_value(request, heap, "garbage", "0");
	return print_numbers(request, heap, HEAP_GARBAGE);
}

static const enum heap_field limits[] = {
	HEAP_LIMIT_OBJECTS, HEAP_LIMIT_BYTES, HEAP_LIMIT_HANDLES,
};

#define LIMITS		(sizeof(limits) / sizeof(*limits))

static int set_limits(struct request *request, const char *heap)
{
	char text[24];

	for (unsigned int i = 0; i < LIMITS; i++) {
		int status;

		snprintf(text, sizeof(text), "%" PRIu64, request->values[i]);
		status = write_value(request, heap, heap_field_name(limits[i]), text);
		if (status != CLI_OK)
			return status;
	}
	return CLI_OK;
}

static int run_limit(struct request *request, const char *heap)
{
	struct json_object *array;
	uint64_t value[LIMITS];

	if (request->count)
		return set_limits(request, heap);
	for (unsigned int i = 0; i < LIMITS; i++) {
		int error = mh_heap_numbers(heap, heap_field_name(limits[i]), &value[i], 1);

		if (error)
			return failed(request, heap, error);
	}
	if (!request->output) {
		printf("%s%s%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", request->titled ? heap : "",
		       request->titled ? ": " : "", value[0], value[1], value[2]);
		return CLI_OK;
	}
	array = json_object_new_array();
	for (unsigned int i = 0; i < LIMITS; i++)
		json_object_array_add(array, json_object_new_uint64(value[i]));
	json_object_object_add(request->output, heap, array);
	return CLI_OK;
}

static const enum heap_field stats_fields[] = {
	HEAP_COLLECTIONS, HEAP_VISITED, HEAP_COLLECTED, HEAP_UNCOLLECTABLE, HEAP_NANOSECONDS,
	HEAP_LONGEST, HEAP_GENERATION_OBJECTS,
};

#define STATS_FIELDS	(sizeof(stats_fields) / sizeof(*stats_fields))

/* One object a generation, as gc.get_stats() has them. */
static struct json_object *stats_json(const struct heap_view *view)
{
	struct json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < MHEAP_GENERATIONS; i++) {
		struct json_object *object = json_object_new_object();

		for (unsigned int n = 0; n < STATS_FIELDS; n++) {
			const struct heap_row *row = &view->rows[stats_fields[n]];

			json_object_object_add(object, heap_field_name(stats_fields[n]),
					       row->known ? json_object_new_uint64(row->value[i]) :
					       NULL);
		}
		json_object_array_add(array, object);
	}
	return array;
}

static void print_stats(const struct heap_view *view)
{
	printf("%-15s %15s %15s %15s\n", "", "generation 0", "1", "2");
	for (unsigned int n = 0; n < STATS_FIELDS; n++) {
		const struct heap_row *row = &view->rows[stats_fields[n]];
		char text[CLI_HUMAN];

		printf("%-15s", stats_fields[n] == HEAP_NANOSECONDS ? "time" :
		       heap_field_name(stats_fields[n]));
		for (unsigned int i = 0; i < MHEAP_GENERATIONS; i++) {
			if (!row->known)
				strcpy(text, "-");
			else if (stats_fields[n] == HEAP_NANOSECONDS ||
				 stats_fields[n] == HEAP_LONGEST)
				cli_duration(text, row->value[i]);
			else
				snprintf(text, sizeof(text), "%" PRIu64, row->value[i]);
			printf(" %15s", text);
		}
		putchar('\n');
	}
}

static int run_stats(struct request *request, const char *heap)
{
	struct heap_view view;
	int error = heap_view_read(heap, &view);

	if (error)
		return failed(request, heap, error);
	if (request->output) {
		json_object_object_add(request->output, heap, stats_json(&view));
		return CLI_OK;
	}
	if (request->titled)
		printf("%s:\n", heap);
	print_stats(&view);
	return CLI_OK;
}

/* Makes the difference between no such heap and a module without that file. */
static int failed_setting(const struct request *request, const char *heap, int error)
{
	char text[SETTING_TEXT];

	if (error != -ENOENT || mh_heap_read(heap, "threshold", text, sizeof(text)) < 0)
		return failed(request, heap, error);
	cli_error("gc: the module has no setting '%s'", request->setting->name);
	return CLI_FAILED;
}

static int run_get_one(struct request *request, const char *heap)
{
	char text[SETTING_TEXT];
	int error = setting_read(request->setting, heap, text);

	if (error)
		return failed_setting(request, heap, error);
	if (request->output)
		json_object_object_add(request->output, heap, setting_json(request->setting, text));
	else
		printf("%s%s%s\n", request->titled ? heap : "", request->titled ? ": " : "", text);
	return CLI_OK;
}

/* What an older module does not have is null, or a dash. */
static int run_get_all(struct request *request, const char *heap)
{
	struct json_object *output = request->output ? json_object_new_object() : NULL;
	char text[SETTING_TEXT];
	int error = mh_heap_read(heap, "threshold", text, sizeof(text));

	if (error < 0)
		return failed(request, heap, error);
	if (request->titled && !output)
		printf("%s:\n", heap);
	for (const struct setting *setting = settings; setting->name; setting++) {
		if (!(request->defaults ? setting->defaults : setting->heap))
			continue;
		error = setting_read(setting, heap, text);
		if (output)
			json_object_object_add(output, setting->name,
					       error ? NULL : setting_json(setting, text));
		else
			printf("%-17s %s\n", setting->name, error ? "-" : text);
	}
	if (output)
		json_object_object_add(request->output, heap, output);
	return CLI_OK;
}

static int run_get(struct request *request, const char *heap)
{
	return request->setting ? run_get_one(request, heap) : run_get_all(request, heap);
}

static int run_set(struct request *request, const char *heap)
{
	int error = mh_heap_write(heap, request->setting->name, request->words);

	if (!error)
		return CLI_OK;
	if (error != -EINVAL)
		return failed_setting(request, heap, error);
	cli_error("gc: '%s' is no value of %s", request->words, request->setting->name);
	return CLI_FAILED;
}

static const struct verb verbs[] = {
	{ "collect", run_collect, 1 << 0 | 1 << 1, MHEAP_GENERATIONS - 1, false, false },
	{ "count", run_count, 1 << 0, 0, false, true },
	{ "debug", run_debug, 1 << 0, 0, false, true },
	{ "disable", run_disable, 1 << 0, 0, true, false },
	{ "enable", run_enable, 1 << 0, 0, true, false },
	{ "freeze", run_freeze, 1 << 0, 0, false, false },
	{ "frozen", run_frozen, 1 << 0, 0, false, true },
	{ "garbage", run_garbage, 1 << 0, 0, false, true },
	{ "get", run_get, 1 << 0, 0, true, true },
	{ "is-enabled", run_is_enabled, 1 << 0, 0, true, true },
	{ "limit", run_limit, 1 << 0 | 1 << 3, MHEAP_LIMIT_MAX, true, true },
	{ "set", run_set, ~0U, 0, true, false },
	{ "stats", run_stats, 1 << 0, 0, false, true },
	{ "threshold", run_threshold, 1 << 0 | 1 << 3, MHEAP_THRESHOLD_MAX, true, true },
	{ "unfreeze", run_unfreeze, 1 << 0, 0, false, false },
	{ 0 }
};

static const struct verb *find_verb(const char *name)
{
	for (const struct verb *verb = verbs; verb->name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

static void take_word(struct request *request, const char *word, struct argp_state *state)
{
	const size_t length = strlen(request->words);

	if (length + strlen(word) + 2 > sizeof(request->words))
		argp_error(state, "%s: too many words", request->verb->name);
	else
		sprintf(request->words + length, "%s%s", length ? " " : "", word);
}

/* Of get and set: the name of a setting, and what it is to be. */
static void take_setting(struct request *request, const char *argument, struct argp_state *state)
{
	const struct setting *setting = request->setting;
	uint64_t value;

	if (!setting) {
		request->setting = setting_find(argument);
		if (!request->setting)
			argp_error(state, "there is no setting '%s'", argument);
	} else if (request->verb->run == run_get ||
		   (setting->most && request->count == setting->most)) {
		argp_error(state, "%s: too many values", setting->name);
	} else if (setting->most && !cli_number(argument, setting->max, &value)) {
		argp_error(state, "%s: '%s' is no number from 0 to %" PRIu64, setting->name,
			   argument, setting->max);
	} else {
		take_word(request, argument, state);
		request->count++;
	}
}

static void check_setting(struct request *request, struct argp_state *state)
{
	const struct setting *setting = request->setting;
	const bool set = request->verb->run == run_set;

	if (!setting && set)
		argp_error(state, "set: which setting?");
	if (!setting)
		return;
	if (request->defaults && !setting->defaults)
		argp_error(state, "%s: there are no defaults for it", setting->name);
	if (!request->defaults && !setting->heap)
		argp_error(state, "%s: no heap has it; use --defaults", setting->name);
	if (set && setting->fixed && !request->defaults)
		argp_error(state, "%s: a heap keeps what it was made with; use --defaults",
			   setting->name);
	if (set && (request->count < setting->least || !*request->words))
		argp_error(state, "%s: too few values", setting->name);
	for (; set && request->count < setting->most; request->count++)
		take_word(request, "0", state);
}

static void take_argument(struct request *request, char *argument, struct argp_state *state)
{
	if (!request->verb) {
		request->verb = find_verb(argument);
		if (!request->verb)
			argp_error(state, "there is no verb '%s'", argument);
		return;
	}
	if (request->verb->run == run_get || request->verb->run == run_set)
		take_setting(request, argument, state);
	else if (request->verb->run == run_debug)
		take_word(request, argument, state);
	else if (request->count == VALUES_MAX || !(request->verb->counts >> (request->count + 1)))
		argp_error(state, "%s: too many values", request->verb->name);
	else if (!cli_number(argument, request->verb->max, &request->values[request->count++]))
		argp_error(state, "%s: '%s' is no number from 0 to %" PRIu64, request->verb->name,
			   argument, request->verb->max);
}

static void check(struct request *request, struct argp_state *state)
{
	const struct verb *verb = request->verb;

	if (!verb)
		argp_error(state, "what to do?");
	else if (verb->counts != ~0U && !(verb->counts & 1 << request->count))
		argp_error(state, "%s: too few values", verb->name);
	else if (!!request->heap + request->all + request->defaults > 1)
		argp_error(state, "only one of --heap, --all and --defaults");
	else if (request->defaults && !verb->defaults)
		argp_error(state, "%s: there are no defaults for it", verb->name);
	else if (request->clear && verb->run != run_garbage)
		argp_error(state, "%s: there is nothing to clear", verb->name);
	else if (request->json && (!verb->prints || request->count || *request->words ||
				   request->clear))
		argp_error(state, "%s: prints nothing that could be JSON", verb->name);
	else if (verb->run == run_get || verb->run == run_set)
		check_setting(request, state);
}

enum { OPTION_ALL = CLI_OPT, OPTION_CLEAR, OPTION_DEFAULTS };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'H':
		request->heap = argument;
		return 0;
	case OPTION_ALL:
		request->all = true;
		return 0;
	case OPTION_CLEAR:
		request->clear = true;
		return 0;
	case OPTION_DEFAULTS:
		request->defaults = true;
		return 0;
	case CLI_OPT_JSON:
		request->json = true;
		return 0;
	case ARGP_KEY_ARG:
		take_argument(request, argument, state);
		return 0;
	case ARGP_KEY_END:
		check(request, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "heap", 'H', "NAME", 0, "This heap", 0 },
	{ "all", OPTION_ALL, NULL, 0, "All heaps", 0 },
	{ "clear", OPTION_CLEAR, NULL, 0, "Clear the garbage list (garbage)", 0 },
	{ "defaults", OPTION_DEFAULTS, NULL, 0, "What new heaps start with", 0 },
	CLI_OPTION_JSON,
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "collect [GENERATION]\ncount\ndebug [FLAG...]\ndisable\nenable\nfreeze\n"
		    "frozen\ngarbage [--clear]\nget [NAME]\nis-enabled\n"
		    "limit [OBJECTS BYTES HANDLES]\nset NAME VALUE...\nstats\nthreshold [T0 T1 T2]\nunfreeze",
	.doc = "Steer the collector of a heap. Where only one heap exists it need not be named."
	       "\v"
	       "collect: collect generations 0 to GENERATION (2) now\n"
	       "count: print how far the generations' counters are\n"
	       "debug: print the debug flags as a number, or set them: a number, or some of\n"
	       "  stats, collectable, uncollectable, saveall, leak\n"
	       "disable, enable: switch automatic collection off or on\n"
	       "freeze, unfreeze: move all objects to the permanent generation, or out of it\n"
	       "frozen: print how many are in it\n"
	       "garbage: print how many objects are in the garbage list, or clear it\n"
	       "get: print a setting, or all of them with their names\n"
	       "is-enabled: print whether it is on\n"
	       "limit: print the limits of the heap, or set them; 0 is none\n"
	       "set: change a setting; mheap(1) says what they are\n"
	       "stats: print what was done per generation\n"
	       "threshold: print the thresholds, or set them",
};

/* The only heap there is; NULL, with a message and *@status, if there is not one. */
static char *only_heap(char **names, int *status)
{
	if (!names[0]) {
		cli_error("gc: there is no heap");
		*status = CLI_FAILED;
		return NULL;
	}
	if (names[1]) {
		cli_error("gc: there are several heaps (%s, %s%s): use --heap NAME or --all",
			  names[0], names[1], names[2] ? ", ..." : "");
		*status = CLI_USAGE;
		return NULL;
	}
	return names[0];
}

static int run_found(struct request *request)
{
	char **names = heap_names();
	int status = CLI_OK;
	char *heap;

	if (!names)
		return CLI_FAILED;
	if (request->all) {
		for (char **name = names; *name; name++)
			if (request->verb->run(request, *name))
				status = CLI_FAILED;
	} else {
		heap = only_heap(names, &status);
		if (heap)
			status = request->verb->run(request, heap);
	}
	mh_heap_names_free(names);
	return status;
}

/* Makes the difference between no such heap and no module. */
static int run_named(struct request *request)
{
	char **names = heap_names();

	if (!names)
		return CLI_FAILED;
	mh_heap_names_free(names);
	if (!strcmp(request->heap, MH_DEFAULTS) || *request->heap == '.' ||
	    !*request->heap || strchr(request->heap, '/'))
		return failed(request, request->heap, -ENOENT);
	return request->verb->run(request, request->heap);
}

int cmd_gc(int argc, char **argv)
{
	struct request request = { 0 };
	int status;

	cli_options(&argp, argc, argv, &request);
	request.titled = request.all;
	if (request.json)
		request.output = json_object_new_object();
	if (request.defaults)
		status = request.verb->run(&request, MH_DEFAULTS);
	else if (request.heap)
		status = run_named(&request);
	else
		status = run_found(&request);
	if (!request.output)
		return status;
	if (status == CLI_OK || request.all)
		return cli_json(request.output) ? CLI_FAILED : status;
	json_object_put(request.output);
	return status;
}
