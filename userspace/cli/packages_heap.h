/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * The packages in a heap: an object for each, with a slot for each edge. Calls
 * return 0 or -errno.
 */
#ifndef PACKAGES_HEAP_H
#define PACKAGES_HEAP_H

#include "graph.h"
#include "mheap.h"
#include "packages_payload.h"

#define PACKAGE_TYPE	1	/* of the objects */

struct packages_heap {
	struct mh_session *session;
	const struct packages *packages;
	const struct graph *graph;
	const struct payloads *payloads;
	mh_handle *handle;	/* of each object, 0: none */
	uint64_t *id;		/* of each object, once packages_verify() has run */
	uint64_t *charged;	/* likewise: the memory it takes */
};

struct packages_progress {
	void (*show)(void *context, uint32_t objects, uint32_t references);
	void *context;
};

/*
 * Makes the objects in the order of the list, and stores each reference as soon
 * as both its ends exist. A handle to each object stays in @handle.
 */
int packages_load(struct packages_heap *heap, const struct packages_progress *progress);

/* Gives all handles back, in the order of the list, but those of @keep (or NULL). */
int packages_drop(struct packages_heap *heap, const bool *keep);

/**
 * struct packages_verdict - how much of a loaded heap is as it should be
 * @objects: whose type, size, number of references and generation flags are right
 * @payloads: that read back as they were written
 * @references: slots that refer to the right object
 */
struct packages_verdict {
	uint32_t objects;
	uint32_t payloads;
	uint32_t references;
};

/* Looks at all objects and slots. */
int packages_verify(struct packages_heap *heap, struct packages_verdict *verdict);

/**
 * struct packages_walk - what a walk came by
 * @found: which packages (an array of the caller's that starts zeroed)
 * @objects: how many
 * @references: slots that were followed
 * @strangers: objects that were not made for a package, or not for the one that
 *	their payload names, and empty slots
 */
struct packages_walk {
	bool *found;
	uint32_t objects;
	uint32_t references;
	uint32_t strangers;
};

/*
 * Goes from those objects that have a handle to all that can be reached through
 * slots, knowing them by nothing but their payload and id.
 */
int packages_walk(const struct packages_heap *heap, struct packages_walk *walk);

#endif
