/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* What "mheap packages" works on and what it wants to see. */
#ifndef PACKAGES_JOB_H
#define PACKAGES_JOB_H

#include "graph.h"
#include "mheap.h"
#include "packages_parse.h"
#include "packages_payload.h"
#include "packages_report.h"

struct packages_job {
	struct packages packages;
	struct graph graph;
	struct payloads payloads;
	bool *root;			/* packages to keep */
	bool *closure;			/* and all that they need */
	uint32_t roots;
	struct graph_fate fate;		/* of all, when only the roots are held */
	struct graph_fate end;		/* of the closure, when nothing is */
	bool retuned;			/* @threshold is to be set */
	uint32_t threshold[MHEAP_GENERATIONS];
	const char *snapshot;		/* where one is to be written, or NULL */
	struct report report;
};

/*
 * Loads the packages, keeps the closure, loads them again with other thresholds,
 * drops everything; compares all that can be computed. Figures go to the report.
 * Returns 0, or -errno after a message.
 */
int packages_run(struct packages_job *job);

#endif
