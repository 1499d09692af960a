// SPDX-License-Identifier: GPL-2.0-only
/*
 * Orphans: ephemerons whose keys have died. The worker drops their values. By its turn
 * an orphan may have another key, or its number be another object's.
 */
#include "ephemeron.h"
#include "heap.h"
#include "image.h"
#include "release.h"

/* Return: an ephemeron whose key has died, or 0. */
static u32 next_orphan(struct mheap_heap *heap)
{
	struct mheap_ephemeron *ephemeron;
	u32 object = 0;

	spin_lock(&heap->watches.lock);
	ephemeron = list_first_entry_or_null(&heap->ephemerons.orphans, struct mheap_ephemeron,
					     link);
	if (ephemeron) {
		list_del_init(&ephemeron->link);
		object = ephemeron->object;
	}
	spin_unlock(&heap->watches.lock);
	return object;
}

/* It may be another object by now, or have another key. Then NULL. */
static u32 *find_orphan(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object)
{
	const struct mheap_ephemeron *ephemeron = mheap_ephemeron_find(chunk, object);

	if (!ephemeron || !mheap_ephemeron_has_no_key(heap, ephemeron))
		return NULL;
	return mheap_ephemeron_value(chunk, object);
}

/* The worker's lane is entered. Return: a value to be dropped, or 0. */
static u32 take_value(struct mheap_heap *heap, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	u32 *place;
	u32 value = 0;

	spin_lock(&chunk->lock[mheap_block(object)]);
	do {
		place = find_orphan(heap, chunk, object);
	} while (place && !mheap_image_save(heap, &heap->worker.arena, chunk, object, 1, 1));
	if (place) {
		value = *place;
		*place = 0;
	}
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return value;
}

/* One section's work. Return: how many orphans there were. */
static u32 clear_some(struct mheap_heap *heap)
{
	struct mheap_lane *lane = &heap->worker;
	u32 object, value;
	u32 some = 0;

	mheap_lane_enter(lane);
	while (READ_ONCE(heap->phase) < MHEAP_PHASE_VERDICT && some < MHEAP_EPHEMERON_PIECE &&
	       !mheap_lane_is_tired(lane)) {
		object = next_orphan(heap);
		if (!object)
			break;
		value = take_value(heap, object);
		mheap_release_targets(lane, &value, 1);
		some++;
	}
	mheap_lane_leave(lane);
	return some;
}

/**
 * mheap_orphans_clear - drop the values of ephemerons whose keys have died
 * @heap: the heap
 *
 * Leaves it to the end of a collection that makes up its mind.
 *
 * Context: May sleep; not entered. For the worker; several may be at it.
 * Return: false if there was nothing to do.
 */
bool mheap_orphans_clear(struct mheap_heap *heap)
{
	bool any = false;

	while (clear_some(heap)) {
		any = true;
		cond_resched();
	}
	return any;
}
