// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_heap.h"

#include "packages_memory.h"

#define CHUNK	1024	/* objects or references a batch */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool object_is_right(const struct mheap_object_info *info, uint32_t slots,
			    uint32_t referrers, size_t length)
{
	return info->id && info->type == PACKAGE_TYPE && info->slots == slots &&
	       info->length == length && info->charged >= length &&
	       info->references == referrers + 1 && info->outside == 1 &&
	       !(info->flags & MHEAP_OBJECT_TRACKED) == !slots;
}

static uint32_t *count_referrers(const struct graph *graph)
{
	uint32_t *count = array(graph->nodes, sizeof(*count));

	for (uint32_t e = 0; e < graph->edges; e++)
		count[graph->target[e]]++;
	return count;
}

/* Of one chunk: takes ids and sizes, compares the rest. */
static int verify_objects(struct packages_heap *heap, struct mh_batch *batch,
			  uint32_t first, const uint32_t *referrers,
			  struct packages_verdict *verdict)
{
	uint32_t count = least(CHUNK, heap->graph->nodes - first);
	size_t size = heap->payloads->longest;
	struct mheap_object_info *info = array(count, sizeof(*info));
	char *read = array(count, size);
	int error;

	mh_batch_reset(batch);
	for (uint32_t i = 0; i < count; i++) {
		mh_batch_add_info(batch, heap->handle[first + i], &info[i]);
		mh_batch_add_read(batch, heap->handle[first + i], 0, read + i * size, size);
	}
	error = mh_batch_submit(heap->session, batch, 0);
	for (uint32_t i = 0; !error && i < count; i++) {
		struct span content = payload(heap->payloads, first + i);
		int64_t length = mh_batch_result(batch, 2 * i + 1);

		heap->id[first + i] = info[i].id;
		heap->charged[first + i] = info[i].charged;
		verdict->objects += object_is_right(&info[i],
			graph_degree(heap->graph, first + i), referrers[first + i],
			content.length);
		verdict->payloads += length == (int64_t)content.length &&
			!memcmp(read + i * size, content.start, content.length);
	}
	free(info);
	free(read);
	return error;
}

/*
 * Of one chunk of edges. @from is the node of the first of them, and becomes
 * that of the first one of the next chunk. An empty slot makes INFO fail, so a
 * failed operation is no reason to stop.
 */
static int verify_references(const struct packages_heap *heap, struct mh_batch *batch,
			     uint32_t first, uint32_t *from,
			     struct packages_verdict *verdict)
{
	const struct graph *graph = heap->graph;
	uint32_t count = least(CHUNK, graph->edges - first);
	struct mheap_object_info *info = array(count, sizeof(*info));
	int error;

	mh_batch_reset(batch);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t edge = first + i;
		int load;

		while (edge >= graph->first[*from + 1])
			++*from;
		load = mh_batch_add_load(batch, heap->handle[*from],
					 edge - graph->first[*from], MHEAP_OP_TEMP);
		mh_batch_add_info(batch, mh_result(load), &info[i]);
	}
	error = mh_batch_submit(heap->session, batch, MHEAP_SUBMIT_CONTINUE);
	if (error && mh_batch_failed(batch) >= 0)
		error = 0;
	for (uint32_t i = 0; !error && i < count; i++)
		verdict->references +=
			mh_batch_result(batch, 2 * i + 1) > 0 &&
			info[i].id == heap->id[graph->target[first + i]];
	free(info);
	return error;
}

int packages_verify(struct packages_heap *heap, struct packages_verdict *verdict)
{
	struct mh_batch *batch = must(mh_batch_new());
	uint32_t *referrers = count_referrers(heap->graph);
	uint32_t from = 0;
	int error = 0;

	*verdict = (struct packages_verdict){ 0 };
	for (uint32_t i = 0; !error && i < heap->graph->nodes; i += CHUNK)
		error = verify_objects(heap, batch, i, referrers, verdict);
	for (uint32_t i = 0; !error && i < heap->graph->edges; i += CHUNK)
		error = verify_references(heap, batch, i, &from, verdict);
	mh_batch_free(batch);
	free(referrers);
	return error;
}
