// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "packages_memory.h"
#include "packages_snapshot.h"
#include "packages_trial.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void show_generations(struct report *report, const char *title,
			     const struct mheap_stats *stats)
{
	static const char *const headings[] = {
		"objects", "collections", "visited", "collected", "longest", "time",
	};
	static const char *const rows[] = { "generation 0", "generation 1", "generation 2" };

	report_table(report, title, headings, COUNT(headings));
	for (unsigned int i = 0; i < MHEAP_GENERATIONS; i++) {
		const struct mheap_generation_stats *g = &stats->generation[i];
		const struct cell cells[] = {
			{ UNIT_NUMBER, g->objects }, { UNIT_NUMBER, g->collections },
			{ UNIT_NUMBER, g->visited }, { UNIT_NUMBER, g->collected },
			{ UNIT_TIME, g->longest }, { UNIT_TIME, g->nanoseconds },
		};

		report_row(report, rows[i], headings, cells, COUNT(cells));
	}
}

/* With automatic collection on, as a heap is from the start. */
static int load(struct trial *trial)
{
	struct report *report = &trial->job->report;
	int error;

	report_section(report, "Loading");
	report_say(report, "  heap %s, thresholds %" PRIu32 " %" PRIu32 " %" PRIu32,
		   trial->name, trial->threshold[0], trial->threshold[1],
		   trial->threshold[2]);
	error = trial_load(trial, true);
	if (error)
		return error;
	trial_check_load(trial);
	show_generations(report, "After loading", &trial->stats);
	return 0;
}

static int verify(struct trial *trial)
{
	struct report *report = &trial->job->report;
	const struct packages_verdict *verdict = &trial->verdict;
	int error = trial_failed(packages_verify(&trial->heap, &trial->verdict),
				 "cannot read the packages back");

	if (error)
		return error;
	report_section(report, "Read back");
	report_equal(report, "objects as they were made", verdict->objects,
		     trial->heap.graph->nodes);
	report_equal(report, "payloads as they were written", verdict->payloads,
		     trial->heap.graph->nodes);
	report_equal(report, "references to the right object", verdict->references,
		     trial->heap.graph->edges);
	return 0;
}

/*
 * Everything is held, so nothing may go. Afterwards all are in generation 2, so
 * that no automatic collection can take parts of cycles apart from the rest:
 * only then is it computable what counting frees and what the collector does.
 */
static int collect_nothing(struct trial *trial)
{
	struct report *report = &trial->job->report;
	struct mheap_collect result = { 0 };
	struct mheap_stats stats;
	int error = trial_failed(mh_collect(trial->heap.session, 2, &result),
				 "cannot collect");

	if (!error)
		error = trial_stats(trial, &stats);
	if (error)
		return error;
	report_section(report, "Full collection while all are held");
	report_equal(report, "found unreachable", result.unreachable, 0);
	report_equal(report, "freed", result.freed, 0);
	report_equal(report, "objects", stats.objects, trial->heap.graph->nodes);
	report_equal(report, "in generation 2", stats.generation[2].objects, trial->tracked);
	report_value(report, "time", UNIT_TIME, result.nanoseconds);
	return 0;
}

struct release {
	uint64_t at_once;		/* freed by counting when handles were dropped */
	uint64_t leaves;		/* freed by counting when the collector ran */
	struct mheap_collect collect;
	struct mheap_stats stats;	/* afterwards */
};

static int release(struct trial *trial, const bool *keep, struct release *release)
{
	struct mheap_stats before, dropped;
	int error = trial_stats(trial, &before);

	if (!error)
		error = trial_failed(packages_drop(&trial->heap, keep), "cannot drop handles");
	if (!error)
		error = trial_stats(trial, &dropped);
	if (!error)
		error = trial_failed(mh_collect(trial->heap.session, 2, &release->collect),
				     "cannot collect");
	if (!error)
		error = trial_stats(trial, &release->stats);
	if (error)
		return error;
	release->at_once = dropped.freed_by_count - before.freed_by_count;
	release->leaves = release->stats.freed_by_count - dropped.freed_by_count;
	return 0;
}

static void check_release(struct report *report, const struct release *release,
			  const struct graph_fate *fate)
{
	report_equal(report, "freed by counting, when handles were dropped",
		     release->at_once, fate->at_once);
	report_equal(report, "found unreachable by the collector",
		     release->collect.unreachable, fate->collected);
	report_equal(report, "freed by the collector", release->collect.freed,
		     fate->collected);
	report_equal(report, "uncollectable", release->collect.uncollectable, 0);
	report_equal(report, "freed by counting, held by those", release->leaves,
		     fate->leaves);
	report_equal(report, "objects left", release->stats.objects, fate->kept);
}

static int keep_closure(struct trial *trial, struct release *kept)
{
	struct packages_job *job = trial->job;
	int error = release(trial, job->root, kept);

	if (error)
		return error;
	report_section(&job->report, "All handles dropped but those to keep");
	check_release(&job->report, kept, &job->fate);
	report_equal(&job->report, "handles", kept->stats.handles, job->roots);
	return 0;
}

/* The closure as the heap has it. */
static int walk(struct trial *trial)
{
	struct packages_job *job = trial->job;
	uint32_t count = job->packages.count, right = 0;
	struct packages_walk walk = { .found = array(count, sizeof(bool)) };
	int error = trial_failed(packages_walk(&trial->heap, &walk),
				 "cannot walk through the heap");

	for (uint32_t i = 0; i < count; i++)
		right += walk.found[i] == job->closure[i];
	free(walk.found);
	if (error)
		return error;
	report_section(&job->report, "Walk from the handles kept");
	report_equal(&job->report, "objects met", walk.objects, job->fate.kept);
	report_equal(&job->report, "references followed", walk.references,
		     job->fate.kept_references);
	report_equal(&job->report, "objects that are no package", walk.strangers, 0);
	report_equal(&job->report, "packages rightly met or not met", right, count);
	return 0;
}

/* The memory of all objects of @set, or of all (NULL), one by one. */
static uint64_t charged(const struct packages_heap *heap, const bool *set)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < heap->graph->nodes; i++)
		sum += !set || set[i] ? heap->charged[i] : 0;
	return sum;
}

/* The main table. */
static void show_result(struct trial *trial, const struct release *kept)
{
	static const char *const labels[] = {
		"collections of generation 0", "collections of generation 1",
		"collections of generation 2",
	};
	struct packages_job *job = trial->job;
	struct report *report = &job->report;
	const struct mheap_stats *stats = &kept->stats;
	uint64_t longest = 0;

	report_section(report, "Result");
	report_equal(report, "objects", stats->created, job->graph.nodes);
	report_equal(report, "references", trial->verdict.references, job->graph.edges);
	report_equal(report, "freed by counting alone", stats->freed_by_count,
		     job->fate.at_once + job->fate.leaves);
	report_equal(report, "freed by the collector", stats->freed_by_collector,
		     job->fate.collected);
	report_equal(report, "still alive", stats->objects, job->fate.kept);
	report_equal_bytes(report, "bytes when all were loaded", trial->stats.bytes,
			   charged(&trial->heap, NULL));
	report_equal_bytes(report, "bytes still in use", stats->bytes,
			   charged(&trial->heap, job->closure));
	for (unsigned int i = 0; i < MHEAP_GENERATIONS; i++) {
		report_value(report, labels[i], UNIT_NUMBER,
			     stats->generation[i].collections);
		if (stats->generation[i].longest > longest)
			longest = stats->generation[i].longest;
	}
	report_value(report, "longest collection", UNIT_TIME, longest);
}

/* The same load in a fresh heap. The heap is gone afterwards. */
static int load_again(struct packages_job *job, const uint32_t *threshold,
		      struct trial *trial, uint64_t *left)
{
	struct release all;
	int error;

	error = trial_open(trial, job, threshold);
	if (!error)
		error = trial_load(trial, false);
	if (!error)
		error = release(trial, NULL, &all);
	if (!error)
		*left = all.stats.objects;
	trial_close(trial);
	return error;
}

static const char *const effect_headings[] = {
	"generation 0", "generation 1", "generation 2", "visited", "longest",
	"collecting", "loading",
};

static void show_effect(struct report *report, const struct trial *trial)
{
	const struct mheap_generation_stats *g = trial->stats.generation;
	uint64_t visited = 0, longest = 0, time = 0;
	char label[64];

	for (unsigned int i = 0; i < MHEAP_GENERATIONS; i++) {
		visited += g[i].visited;
		time += g[i].nanoseconds;
		if (g[i].longest > longest)
			longest = g[i].longest;
	}
	const struct cell cells[] = {
		{ UNIT_NUMBER, g[0].collections }, { UNIT_NUMBER, g[1].collections },
		{ UNIT_NUMBER, g[2].collections }, { UNIT_NUMBER, visited },
		{ UNIT_TIME, longest }, { UNIT_TIME, time }, { UNIT_TIME, trial->elapsed },
	};
	snprintf(label, sizeof(label), "%" PRIu32 " %" PRIu32 " %" PRIu32,
		 trial->threshold[0], trial->threshold[1], trial->threshold[2]);
	report_row(report, label, effect_headings, cells, COUNT(cells));
}

/* How often it collected depends on the moment; how often at most, does not. */
static void check_effect(struct report *report, const struct trial *many,
			 const struct trial *few)
{
	uint64_t more = trial_collections(&many->stats);
	uint64_t fewer = trial_collections(&few->stats);
	uint64_t most = trial_most_collections(few);
	char rule[64];

	report_section(report, "Effect of the thresholds");
	snprintf(rule, sizeof(rule), "at most %" PRIu64, most);
	report_rule(report, "collections with large thresholds", fewer, fewer <= most, rule);
	snprintf(rule, sizeof(rule), "more than %" PRIu64 ", at most %" PRIu64, fewer,
		 trial_most_collections(many));
	report_rule(report, "collections with small thresholds", more,
		    (more > fewer || !trial_most_collections(many)) &&
		    more <= trial_most_collections(many), rule);
}

static int retune(struct trial *first)
{
	static const uint32_t few[] = { 7000, 10, 10 }, many[] = { 100, 5, 5 };
	struct packages_job *job = first->job;
	struct report *report = &job->report;
	struct trial large, small;
	uint64_t large_left, small_left;
	int error;

	report_say(report, "\nThe same load with other thresholds, set through sysfs");
	error = load_again(job, few, &large, &large_left);
	if (!error)
		error = load_again(job, many, &small, &small_left);
	if (error)
		return error;
	report_table(report, "Thresholds", effect_headings, COUNT(effect_headings));
	show_effect(report, &large);
	show_effect(report, first);
	show_effect(report, &small);
	check_effect(report, &small, &large);
	report_equal(report, "objects left of the second load", large_left, 0);
	report_equal(report, "objects left of the third load", small_left, 0);
	return 0;
}

static int drop_all(struct trial *trial)
{
	struct report *report = &trial->job->report;
	struct release end;
	int error = release(trial, NULL, &end);

	if (error)
		return error;
	report_section(report, "Everything dropped");
	check_release(report, &end, &trial->job->end);
	report_equal(report, "handles", end.stats.handles, 0);
	report_equal(report, "bytes", end.stats.bytes, 0);
	return 0;
}

/* A heap goes with its last session; sysfs may take a moment to show it. */
static int close_heap(struct trial *trial)
{
	uint64_t end = cli_now() + 5000000000ULL;
	char text[64];
	int result;

	trial_close(trial);
	do {
		result = mh_heap_read(trial->name, "threshold", text, sizeof(text));
	} while (result >= 0 && cli_now() < end && !usleep(10000));
	report_equal(&trial->job->report, "heaps of that name after closing",
		     result != -ENOENT, 0);
	return 0;
}

int packages_run(struct packages_job *job)
{
	struct release kept;
	struct trial trial;
	int error;

	error = trial_open(&trial, job, job->retuned ? job->threshold : NULL);
	if (!error)
		error = load(&trial);
	if (!error)
		error = verify(&trial);
	if (!error)
		error = collect_nothing(&trial);
	if (!error && job->snapshot)
		error = packages_snapshot(&trial, job->snapshot);
	if (!error)
		error = keep_closure(&trial, &kept);
	if (!error)
		error = walk(&trial);
	if (!error)
		show_result(&trial, &kept);
	if (!error)
		error = retune(&trial);
	if (!error)
		error = drop_all(&trial);
	if (!error)
		return close_heap(&trial);
	trial_close(&trial);
	return error;
}
