// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* mheap packages: the packages of a Debian list as a graph of objects. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "packages_graph.h"
#include "packages_job.h"
#include "packages_memory.h"

enum { OPT_DRY = CLI_OPT, OPT_SNAPSHOT };

struct request {
	const char *list;
	const char *keep;
	const char *snapshot;
	bool threshold_given;
	uint32_t threshold[MHEAP_GENERATIONS];
	bool dry;
	bool json;
};

static bool parse_threshold(const char *text, uint32_t *threshold)
{
	char copy[64], *rest = copy, *word;
	unsigned int count = 0;
	uint64_t value;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	while ((word = strsep(&rest, " "))) {
		if (count == MHEAP_GENERATIONS ||
		    !cli_number(word, MHEAP_THRESHOLD_MAX, &value))
			return false;
		threshold[count++] = value;
	}
	return count == MHEAP_GENERATIONS;
}

static error_t take(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'k':
		request->keep = argument;
		return 0;
	case 't':
		request->threshold_given = true;
		if (!parse_threshold(argument, request->threshold))
			argp_error(state, "'%s' is not three thresholds", argument);
		return 0;
	case OPT_SNAPSHOT:
		request->snapshot = argument;
		return 0;
	case OPT_DRY:
		request->dry = true;
		return 0;
	case CLI_OPT_JSON:
		request->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (request->list)
			argp_error(state, "more than one list");
		request->list = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which list?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "keep", 'k', "NAME[,NAME...]", 0, "Keep these packages and what they need", 0 },
	{ "threshold", 't', "\"N N N\"", 0, "Thresholds of the first load", 0 },
	{ "dry-run", OPT_DRY, NULL, 0, "Only compute the graph; needs no heap", 0 },
	{ "snapshot", OPT_SNAPSHOT, "FILE", 0, "Write a snapshot of the loaded heap", 0 },
	CLI_OPTION_JSON,
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = take,
	.args_doc = "LIST",
	.doc = "Loads the dependency graph of LIST, a Debian package list, into a heap, "
	       "drops most of it, and compares every figure with one computed outside "
	       "the heap. A mismatch gives exit status 1.",
};

/* Stays mapped: the packages are pieces of it. */
static int map(const char *path, struct span *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	int error = 0;

	if (fd < 0 || fstat(fd, &status))
		error = -errno;
	*text = span("", 0);
	if (!error && status.st_size) {
		void *at = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (at == MAP_FAILED)
			error = -errno;
		else
			*text = span(at, status.st_size);
	}
	if (fd >= 0)
		close(fd);
	if (error)
		cli_errno(error, "cannot read %s", path);
	return error;
}

static int read_list(struct packages_job *job, const char *path)
{
	struct span text;
	unsigned long line;

	if (map(path, &text))
		return CLI_FAILED;
	line = packages_parse(&job->packages, text);
	if (line) {
		cli_error("%s:%lu: this is no field of a package", path, line);
		return CLI_USAGE;
	}
	if (!job->packages.count) {
		cli_error("%s: there are no packages", path);
		return CLI_USAGE;
	}
	packages_graph(&job->packages, &job->graph);
	payloads_make(&job->payloads, &job->packages);
	return CLI_OK;
}

static int choose(struct packages_job *job, const char *names)
{
	struct span rest = span_of(names ? names : "");

	job->root = array(job->graph.nodes, sizeof(bool));
	while (rest.length) {
		struct span name = span_trim(span_cut(&rest, ','));
		uint32_t package = table_get(&job->packages.names, name);

		if (package == TABLE_NONE) {
			cli_error("there is no package '%.*s' in the list",
				  (int)name.length, name.start);
			return CLI_USAGE;
		}
		job->roots += !job->root[package];
		job->root[package] = true;
	}
	return CLI_OK;
}

/* What must come out, from the graph alone. */
static void expect(struct packages_job *job)
{
	uint32_t nodes = job->graph.nodes;
	bool *all = array(nodes, sizeof(bool)), *none = array(nodes, sizeof(bool));

	memset(all, true, nodes);
	job->closure = array(nodes, sizeof(bool));
	memcpy(job->closure, job->root, nodes);
	graph_reach(&job->graph, job->closure);
	job->fate = graph_fate(&job->graph, all, job->closure);
	job->end = graph_fate(&job->graph, job->closure, none);
	free(all);
	free(none);
}

static void show_graph(struct packages_job *job)
{
	const struct graph *graph = &job->graph;
	bool *cyclic = array(graph->nodes, sizeof(*cyclic));
	uint32_t *component = array(graph->nodes, sizeof(*component));
	uint32_t components = graph_components(graph, component);
	uint32_t largest = graph_cycles(graph, cyclic), leaves = 0, on_cycles = 0;
	struct report *report = &job->report;

	for (uint32_t i = 0; i < graph->nodes; i++) {
		leaves += !graph_degree(graph, i);
		on_cycles += cyclic[i];
	}
	free(cyclic);
	free(component);
	report_section(report, "Graph, computed outside the heap");
	report_value(report, "packages", UNIT_NUMBER, graph->nodes);
	report_value(report, "references", UNIT_NUMBER, graph->edges);
	report_value(report, "packages without references", UNIT_NUMBER, leaves);
	report_value(report, "strongly connected components", UNIT_NUMBER, components);
	report_value(report, "packages in the largest", UNIT_NUMBER, largest);
	report_value(report, "packages on cycles", UNIT_NUMBER, on_cycles);
	report_value(report, "packages to keep and what they need", UNIT_NUMBER,
		     job->fate.kept);
	report_value(report, "to be freed at once", UNIT_NUMBER, job->fate.at_once);
	report_value(report, "to be freed by the collector", UNIT_NUMBER,
		     job->fate.collected);
	report_value(report, "to be freed after those", UNIT_NUMBER, job->fate.leaves);
}

static void job_free(struct packages_job *job)
{
	graph_free(&job->graph);
	packages_free(&job->packages);
	payloads_free(&job->payloads);
	free(job->root);
	free(job->closure);
}

int cmd_packages(int argc, char **argv)
{
	struct packages_job job = { 0 };
	struct request request = { 0 };
	int status, error = 0;

	cli_options(&argp, argc, argv, &request);
	status = read_list(&job, request.list);
	if (status == CLI_OK)
		status = choose(&job, request.keep);
	if (status == CLI_OK) {
		job.retuned = request.threshold_given;
		job.snapshot = request.snapshot;
		memcpy(job.threshold, request.threshold, sizeof(job.threshold));
		report_begin(&job.report, request.json);
		expect(&job);
		show_graph(&job);
		if (!request.dry)
			error = packages_run(&job);
		status = report_end(&job.report, !error);
	}
	job_free(&job);
	return status;
}
