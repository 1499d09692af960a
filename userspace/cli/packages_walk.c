// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
#include "packages_heap.h"

#include <errno.h>

#include "packages_memory.h"

#define SLICE	256	/* slots a batch */

/* An object that was met, with a handle. */
struct met {
	mh_handle handle;
	uint32_t slots;
};

struct walker {
	const struct packages_heap *heap;
	struct packages_walk *walk;
	struct mh_batch *batch;
	struct met *queue;		/* each object once */
	uint32_t queued;
	struct mheap_object_info *info;	/* of each slot of a slice */
	char *read;
};

/* The package that a payload names, or TABLE_NONE where the object is not its. */
static uint32_t recognise(const struct walker *walker, const char *read,
			  int64_t length, uint64_t id)
{
	const struct packages_heap *heap = walker->heap;
	struct span content;
	uint32_t package;

	if (length <= 0 || !memchr(read, 0, length))
		return TABLE_NONE;
	package = table_get(&heap->packages->names, span_of(read));
	if (package == TABLE_NONE || heap->id[package] != id)
		return TABLE_NONE;
	content = payload(heap->payloads, package);
	if ((size_t)length != content.length ||
	    memcmp(read, content.start, content.length))
		return TABLE_NONE;
	return package;
}

/*
 * Queues what @handle names, known by place @at of the slice; false where that
 * was met before, or is a stranger.
 */
static bool meet(struct walker *walker, mh_handle handle, uint32_t at, int64_t length)
{
	const struct mheap_object_info *info = &walker->info[at];
	const char *read = walker->read + at * walker->heap->payloads->longest;
	uint32_t package = recognise(walker, read, length, info->id);

	if (package == TABLE_NONE) {
		walker->walk->strangers++;
		return false;
	}
	if (walker->walk->found[package])
		return false;
	walker->walk->found[package] = true;
	walker->queue[walker->queued++] = (struct met){ handle, info->slots };
	return true;
}

/* Adds what tells of the object at place @at. The READ is the last operation. */
static int ask(struct walker *walker, mh_ref object, uint32_t at)
{
	size_t size = walker->heap->payloads->longest;

	mh_batch_add_info(walker->batch, object, &walker->info[at]);
	return mh_batch_add_read(walker->batch, object, 0,
				 walker->read + at * size, size);
}

/* An operation on an empty slot fails: that is for meet() to see. */
static int submit(struct walker *walker)
{
	int error = mh_batch_submit(walker->heap->session, walker->batch,
				    MHEAP_SUBMIT_CONTINUE);

	return mh_batch_failed(walker->batch) >= 0 ? 0 : error;
}

static int drop(struct walker *walker, const mh_handle *handles, uint32_t count)
{
	mh_batch_reset(walker->batch);
	for (uint32_t i = 0; i < count; i++)
		mh_batch_add_drop(walker->batch, handles[i]);
	return count ? mh_batch_submit(walker->heap->session, walker->batch, 0) : 0;
}

/* Follows @count slots of @from, beginning with @first. */
static int follow(struct walker *walker, struct met from, uint32_t first, uint32_t count)
{
	mh_handle known[SLICE];
	uint32_t knowns = 0;
	int error;

	mh_batch_reset(walker->batch);
	for (uint32_t i = 0; i < count; i++) {
		int load = mh_batch_add_load(walker->batch, from.handle, first + i, 0);

		ask(walker, mh_result(load), i);
	}
	error = submit(walker);
	if (error)
		return error;
	for (uint32_t i = 0; i < count; i++) {
		int64_t handle = mh_batch_result(walker->batch, 3 * i);
		int64_t length = mh_batch_result(walker->batch, 3 * i + 2);

		if (!meet(walker, handle, i, length) && handle > 0)
			known[knowns++] = handle;
	}
	walker->walk->references += count;
	return drop(walker, known, knowns);
}

static int follow_all(struct walker *walker, struct met from)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < from.slots; i += SLICE)
		error = follow(walker, from, i,
			       from.slots - i < SLICE ? from.slots - i : SLICE);
	return error;
}

/* The objects that have a handle, with a handle of the walk's own. */
static int start(struct walker *walker)
{
	const struct packages_heap *heap = walker->heap;
	int error = 0;

	for (uint32_t i = 0; !error && i < heap->packages->count; i++) {
		mh_handle copy;
		int read;

		if (!heap->handle[i])
			continue;
		error = mh_dup(heap->session, heap->handle[i], &copy);
		if (error)
			break;
		mh_batch_reset(walker->batch);
		read = ask(walker, copy, 0);
		error = submit(walker);
		if (!error && !meet(walker, copy, 0, mh_batch_result(walker->batch, read)))
			error = mh_drop(heap->session, copy);
	}
	return error;
}

int packages_walk(const struct packages_heap *heap, struct packages_walk *walk)
{
	struct walker walker = {
		.heap = heap,
		.walk = walk,
		.batch = must(mh_batch_new()),
		.queue = array(heap->packages->count, sizeof(*walker.queue)),
		.info = array(SLICE, sizeof(*walker.info)),
		.read = array(SLICE, heap->payloads->longest),
	};
	int error = start(&walker);

	for (uint32_t i = 0; !error && i < walker.queued; i++)
		error = follow_all(&walker, walker.queue[i]);
	for (uint32_t i = 0; !error && i < walker.queued; i++)
		error = mh_drop(heap->session, walker.queue[i].handle);
	walk->objects = walker.queued;
	mh_batch_free(walker.batch);
	free(walker.queue);
	free(walker.info);
	free(walker.read);
	return error;
}
