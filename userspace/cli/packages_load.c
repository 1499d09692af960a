// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_heap.h"

#include <errno.h>

#include "packages_memory.h"

#define BATCH	4096	/* operations */

struct reference {
	uint32_t from;
	uint32_t slot;
	uint32_t to;
};

struct loader {
	struct packages_heap *heap;
	struct mh_batch *batch;
	uint32_t *made;			/* of each object: the operation that makes it */
	uint32_t first;			/* object that has no handle yet */
	uint32_t next;			/* object that has not been added yet */
	uint32_t *ready;		/* of each object: the first of @reference */
	struct reference *reference;	/* in order of the later one of their ends */
	uint32_t stored;
};

static uint32_t later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Sorts the references by counting. */
static void sort_references(struct loader *loader)
{
	const struct graph *graph = loader->heap->graph;
	uint32_t *ready = loader->ready = array((size_t)graph->nodes + 2, sizeof(*ready));

	loader->reference = array(graph->edges, sizeof(*loader->reference));
	for (uint32_t i = 0; i < graph->nodes; i++)
		for (uint32_t e = graph->first[i]; e < graph->first[i + 1]; e++)
			ready[later(i, graph->target[e]) + 2]++;
	for (uint32_t i = 0; i < graph->nodes; i++)
		ready[i + 2] += ready[i + 1];
	for (uint32_t i = 0; i < graph->nodes; i++)
		for (uint32_t e = graph->first[i]; e < graph->first[i + 1]; e++)
			loader->reference[ready[later(i, graph->target[e]) + 1]++] =
				(struct reference){ i, e - graph->first[i],
						    graph->target[e] };
}

static mh_ref object(const struct loader *loader, uint32_t package)
{
	mh_handle handle = loader->heap->handle[package];

	return handle ? handle : mh_result(loader->made[package]);
}

static int flush(struct loader *loader)
{
	int error;

	if (!mh_batch_count(loader->batch))
		return 0;
	error = mh_batch_submit(loader->heap->session, loader->batch, 0);
	for (; loader->first < loader->next; loader->first++) {
		int64_t handle = mh_batch_result(loader->batch,
						 loader->made[loader->first]);

		if (handle <= 0)
			return error ? error : -EPROTO;
		loader->heap->handle[loader->first] = handle;
	}
	mh_batch_reset(loader->batch);
	return error;
}

static int flush_if_full(struct loader *loader)
{
	return mh_batch_count(loader->batch) < BATCH ? 0 : flush(loader);
}

static int add_object(struct loader *loader)
{
	const struct packages_heap *heap = loader->heap;
	struct span content = payload(heap->payloads, loader->next);
	int made = mh_batch_add_new(loader->batch, PACKAGE_TYPE,
				    graph_degree(heap->graph, loader->next),
				    content.length, 0);

	if (made < 0)
		return made;
	loader->made[loader->next++] = made;
	mh_batch_add_write(loader->batch, mh_result(made), 0, content.start,
			   content.length);
	return flush_if_full(loader);
}

/* Those whose later end is the object that was added last. */
static int add_references(struct loader *loader)
{
	uint32_t end = loader->ready[loader->next];
	int error = 0;

	for (; !error && loader->stored < end; loader->stored++) {
		struct reference *r = &loader->reference[loader->stored];

		mh_batch_add_store(loader->batch, object(loader, r->from), r->slot,
				   object(loader, r->to));
		error = flush_if_full(loader);
	}
	return error;
}

int packages_load(struct packages_heap *heap, const struct packages_progress *progress)
{
	uint32_t count = heap->packages->count;
	struct loader loader = {
		.heap = heap,
		.batch = must(mh_batch_new()),
		.made = array(count, sizeof(*loader.made)),
	};
	int error = 0;

	sort_references(&loader);
	while (!error && loader.next < count) {
		error = add_object(&loader);
		if (!error)
			error = add_references(&loader);
		if (!error && progress)
			progress->show(progress->context, loader.next, loader.stored);
	}
	if (!error)
		error = flush(&loader);
	mh_batch_free(loader.batch);
	free(loader.made);
	free(loader.ready);
	free(loader.reference);
	return error;
}

int packages_drop(struct packages_heap *heap, const bool *keep)
{
	struct mh_batch *batch = must(mh_batch_new());
	uint32_t count = heap->packages->count;
	int error = 0;

	for (uint32_t i = 0; !error && i <= count; i++) {
		if (mh_batch_count(batch) == BATCH ||
		    (i == count && mh_batch_count(batch))) {
			error = mh_batch_submit(heap->session, batch, 0);
			mh_batch_reset(batch);
		}
		if (i == count || (keep && keep[i]) || !heap->handle[i])
			continue;
		mh_batch_add_drop(batch, heap->handle[i]);
		heap->handle[i] = 0;
	}
	mh_batch_free(batch);
	return error;
}
