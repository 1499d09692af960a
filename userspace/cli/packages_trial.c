// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "packages_memory.h"

#define PATIENCE	30000000000ULL	/* nanoseconds */
#define PAUSE		10000		/* microseconds */

int trial_failed(int error, const char *what)
{
	if (error)
		cli_errno(error, "%s", what);
	return error;
}

static int retune(const struct trial *trial, const uint32_t *threshold)
{
	uint32_t now[MHEAP_GENERATIONS] = { 0 };
	char text[64];
	int error;

	snprintf(text, sizeof(text), "%" PRIu32 " %" PRIu32 " %" PRIu32,
		 threshold[0], threshold[1], threshold[2]);
	error = mh_heap_write(trial->name, "threshold", text);
	if (!error)
		error = mh_get_threshold(trial->heap.session, now);
	if (!error && memcmp(now, threshold, sizeof(now)))
		error = -EPROTO;
	return trial_failed(error, "cannot set the thresholds through sysfs");
}

int trial_open(struct trial *trial, struct packages_job *job, const uint32_t *threshold)
{
	struct mheap_stats stats;
	int error;

	*trial = (struct trial){
		.job = job,
		.heap = {
			.packages = &job->packages,
			.graph = &job->graph,
			.payloads = &job->payloads,
			.handle = array(job->packages.count, sizeof(mh_handle)),
			.id = array(job->packages.count, sizeof(uint64_t)),
			.charged = array(job->packages.count, sizeof(uint64_t)),
		},
	};
	for (uint32_t i = 0; i < job->graph.nodes; i++)
		trial->tracked += graph_degree(&job->graph, i) > 0;
	trial->heap.session = cli_open();
	if (!trial->heap.session)
		return -ENODEV;
	error = trial_stats(trial, &stats);
	if (error)
		return error;
	memcpy(trial->name, stats.name, sizeof(trial->name));
	if (threshold)
		error = retune(trial, threshold);
	if (error)
		return error;
	return trial_failed(mh_get_threshold(trial->heap.session, trial->threshold),
			    "cannot read the thresholds");
}

void trial_close(struct trial *trial)
{
	mh_close(trial->heap.session);
	free(trial->heap.handle);
	free(trial->heap.id);
	free(trial->heap.charged);
	trial->heap = (struct packages_heap){ 0 };
}

/* A line for each tenth of the packages. */
static void show(void *context, uint32_t objects, uint32_t references)
{
	struct trial *trial = context;
	const struct mheap_generation_stats *g;
	struct mheap_stats stats;

	if ((objects - trial->shown) < (trial->job->packages.count + 9) / 10 &&
	    objects < trial->job->packages.count)
		return;
	trial->shown = objects;
	if (mh_stats(trial->heap.session, &stats))
		return;
	g = stats.generation;
	report_say(&trial->job->report,
		   "  %6" PRIu32 " packages, %6" PRIu32 " references; in generations "
		   "%" PRIu64 ", %" PRIu64 ", %" PRIu64 "; collections "
		   "%" PRIu64 ", %" PRIu64 ", %" PRIu64, objects, references,
		   (uint64_t)g[0].objects, (uint64_t)g[1].objects, (uint64_t)g[2].objects,
		   (uint64_t)g[0].collections, (uint64_t)g[1].collections,
		   (uint64_t)g[2].collections);
}

static uint64_t in_generations(const struct mheap_stats *stats)
{
	return stats->generation[0].objects + stats->generation[1].objects +
	       stats->generation[2].objects;
}

/*
 * The collector runs beside the program, so it may be behind, or on its way. Only
 * the figures of a heap at rest agree. Those that never do are for the checks.
 */
static int catch_up(struct trial *trial)
{
	uint64_t end = cli_now() + PATIENCE;
	bool some = trial_most_collections(trial) > 0;
	uint32_t count[MHEAP_GENERATIONS];
	int error;

	do {
		error = mh_get_count(trial->heap.session, count);
		if (!error)
			error = trial_stats(trial, &trial->stats);
		if (error)
			return error;
		if ((!some || count[0] <= trial->threshold[0]) &&
		    in_generations(&trial->stats) == trial->tracked &&
		    trial_collections(&trial->stats) >= some)
			return 0;
	} while (cli_now() < end && !usleep(PAUSE));
	return 0;
}

int trial_load(struct trial *trial, bool progress)
{
	struct packages_progress shown = { show, trial };
	uint64_t start = cli_now();
	int error;

	error = trial_failed(packages_load(&trial->heap, progress ? &shown : NULL),
			     "cannot load the packages");
	trial->elapsed = cli_now() - start;
	if (!error)
		error = trial_failed(catch_up(trial), "cannot read the counters");
	return error;
}

uint64_t trial_collections(const struct mheap_stats *stats)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < MHEAP_GENERATIONS; i++)
		sum += stats->generation[i].collections;
	return sum;
}

/* Each of them needs more than the threshold of new objects with slots. */
uint64_t trial_most_collections(const struct trial *trial)
{
	return trial->threshold[0] ?
	       trial->tracked / ((uint64_t)trial->threshold[0] + 1) : 0;
}

void trial_check_load(struct trial *trial)
{
	struct report *report = &trial->job->report;
	const struct mheap_stats *stats = &trial->stats;
	uint64_t most = trial_most_collections(trial);
	uint64_t collections = trial_collections(stats);
	uint32_t packages = trial->job->packages.count;
	char rule[64];

	report_equal(report, "objects", stats->objects, packages);
	report_equal(report, "handles", stats->handles, packages);
	report_equal(report, "objects ever made", stats->created, packages);
	report_equal(report, "freed by counting", stats->freed_by_count, 0);
	report_equal(report, "freed by the collector", stats->freed_by_collector, 0);
	report_equal(report, "in generations", in_generations(stats), trial->tracked);
	snprintf(rule, sizeof(rule), "%d to %" PRIu64, most > 0, most);
	report_rule(report, "automatic collections", collections,
		    collections >= (most > 0) && collections <= most, rule);
	report_value(report, "bytes", UNIT_BYTES, stats->bytes);
	report_value(report, "bytes of the object table", UNIT_BYTES, stats->table_bytes);
	report_value(report, "time to load", UNIT_TIME, trial->elapsed);
}

int trial_stats(const struct trial *trial, struct mheap_stats *stats)
{
	int error = mh_settle(trial->heap.session);

	if (!error)
		error = mh_stats(trial->heap.session, stats);
	return trial_failed(error, "cannot read the statistics");
}
