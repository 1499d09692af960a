/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* One load of the packages into a heap of its own. */
#ifndef PACKAGES_TRIAL_H
#define PACKAGES_TRIAL_H

#include "packages_heap.h"
#include "packages_job.h"

struct trial {
	struct packages_job *job;
	struct packages_heap heap;
	char name[MHEAP_NAME_MAX];		/* of the heap in sysfs */
	uint32_t threshold[MHEAP_GENERATIONS];	/* as the heap has them */
	uint32_t tracked;			/* objects with slots */
	uint64_t elapsed;			/* by loading */
	struct mheap_stats stats;		/* after loading */
	struct packages_verdict verdict;	/* on what was read back then */
	uint32_t shown;				/* objects at the last progress line */
};

/* 0, or @error after a message. */
int trial_failed(int error, const char *what);

/*
 * Opens a heap and sets its thresholds, through sysfs, unless @threshold is NULL.
 * trial_close() must follow, also if that failed.
 */
int trial_open(struct trial *trial, struct packages_job *job, const uint32_t *threshold);

/* Loads, shows progress, waits until the collector has kept up with it. */
int trial_load(struct trial *trial, bool progress);

/* Adds what can be checked then to the report. */
void trial_check_load(struct trial *trial);

/* Settles; then the heap as it is. */
int trial_stats(const struct trial *trial, struct mheap_stats *stats);

/* Of all generations. */
uint64_t trial_collections(const struct mheap_stats *stats);

/* Collections that the threshold allows for this load, at most. */
uint64_t trial_most_collections(const struct trial *trial);

void trial_close(struct trial *trial);

#endif
