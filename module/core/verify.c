// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verification. With all lanes held, the references in all slots of the heap are
 * counted once more and compared with the counts, and what programs can reach is
 * found once more, by a breadth-first walk over the whole heap that believes no
 * mark, no touch and no generation but the permanent one, and that is repeated for
 * ephemerons until they hold nothing new. What the verdict calls garbage must not be
 * among it, and whatever is must have the count that was found.
 *
 * This takes long, holds up everybody and needs 9 bytes an object. It is for
 * tests, and for whoever suspects the collector.
 */
#include "body.h"
#include "count.h"
#include "heap.h"
#include "scope.h"
#include "verify.h"

/**
 * struct audit - a heap, computed again
 * @heap: the heap
 * @numbers: how many numbers it has
 * @inside: references from slots, by number
 * @seen: programs can reach it, by number
 * @queue: numbers that are reached, in the order they were
 * @found: length of @queue
 * @walked: of those, how many were looked into
 * @complaints: what was found wrong
 */
struct audit {
	struct mheap_heap *heap;
	u64 numbers;
	u32 *inside;
	bool *seen;
	u32 *queue;
	u32 found;
	u32 walked;
	u32 complaints;
};

static void free_audit(struct audit *audit)
{
	kvfree(audit->inside);
	kvfree(audit->seen);
	kvfree(audit->queue);
}

static bool alloc_audit(struct audit *audit, struct mheap_heap *heap)
{
	memset(audit, 0, sizeof(*audit));
	audit->heap = heap;
	audit->numbers = (u64)mheap_table_chunks(&heap->table) << MHEAP_CHUNK_SHIFT;
	if (!audit->numbers)
		return true;
	audit->inside = mheap_port_kvcalloc(audit->numbers, sizeof(*audit->inside), MHEAP_GFP_OWN);
	audit->seen = mheap_port_kvcalloc(audit->numbers, sizeof(*audit->seen), MHEAP_GFP_OWN);
	audit->queue = mheap_port_kvcalloc(audit->numbers, sizeof(*audit->queue), MHEAP_GFP_OWN);
	return audit->inside && audit->seen && audit->queue;
}

static void complain(struct audit *audit, const char *what, u32 object, u64 count)
{
	if (audit->complaints++ < 10)
		mheap_port_alarm("object %u %s: from slots %u counted, %u found, %u from outside\n",
				 object, what, mheap_count_inside(count), audit->inside[object],
				 mheap_count_outside(count));
}

static u64 count_of(struct audit *audit, u32 object)
{
	return atomic64_read(mheap_count_of(audit->heap, object));
}

static void reach(struct audit *audit, u32 object)
{
	if (!object || audit->seen[object])
		return;
	audit->seen[object] = true;
	audit->queue[audit->found++] = object;
}

/* All slots of an object; nobody changes them. */
static const u32 *slots_of(struct audit *audit, u32 object, u32 *slots)
{
	return mheap_body_slots(mheap_chunk_of(&audit->heap->table, object), mheap_index(object),
				slots);
}

/* The dead that wait for their release still hold what is in their slots. */
static void count_references(struct audit *audit)
{
	const u32 *slot;
	u64 object;
	u32 slots, i;

	for (object = 0; object < audit->numbers; object++) {
		slot = slots_of(audit, object, &slots);
		for (i = 0; i < slots; i++)
			audit->inside[slot[i]]++;
		if (object % MHEAP_CHUNK_OBJECTS == 0)
			cond_resched();
	}
}

/* Is it alive and permanent? Then it holds what it refers to, whoever holds it. */
static bool is_frozen(struct audit *audit, u32 object)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&audit->heap->table, object);
	const u32 block = mheap_block(object);

	return chunk->young[0][block] & chunk->young[1][block] & mheap_bit(object) &&
	       count_of(audit, object);
}

static bool is_ephemeron(struct audit *audit, u32 object)
{
	return mheap_body_is_ephemeron(mheap_chunk_of(&audit->heap->table, object),
				       mheap_index(object));
}

/* From what is on the queue, but not through ephemerons. */
static void walk_on(struct audit *audit)
{
	const u32 *slot;
	u32 slots, i;

	for (; audit->walked < audit->found; audit->walked++) {
		if (audit->walked % MHEAP_CHUNK_OBJECTS == 0)
			cond_resched();
		if (is_ephemeron(audit, audit->queue[audit->walked]))
			continue;
		slot = slots_of(audit, audit->queue[audit->walked], &slots);
		for (i = 0; i < slots; i++)
			reach(audit, slot[i]);
	}
}

/* The value of an ephemeron that is reached, and its key as well. */
static void reach_value(struct audit *audit, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&audit->heap->table, object);
	u32 value;
	u32 key = 0;

	spin_lock(&chunk->lock[mheap_block(object)]);
	value = mheap_ephemeron_may_hold(audit->heap, chunk, object, &key);
	spin_unlock(&chunk->lock[mheap_block(object)]);
	if (value && audit->seen[key])
		reach(audit, value);
}

/* All ephemerons that are reached, again and again until that finds nothing new. */
static void walk(struct audit *audit)
{
	u64 object;
	u32 i, found;

	for (object = 0; object < audit->numbers; object++)
		if (mheap_count_outside(count_of(audit, object)) || is_frozen(audit, object))
			reach(audit, object);
	do {
		walk_on(audit);
		found = audit->found;
		for (i = 0; i < found; i++)
			if (is_ephemeron(audit, audit->queue[i]))
				reach_value(audit, audit->queue[i]);
	} while (audit->found > found);
}

/* What of the set was not reached is about to be freed. */
static void compare(struct audit *audit)
{
	struct mheap_chunk *chunk;
	u64 object, count;

	for (object = 1; object < audit->numbers; object++) {
		chunk = mheap_chunk_of(&audit->heap->table, object);
		count = count_of(audit, object);
		if (mheap_count_inside(count) != audit->inside[object])
			complain(audit, "is counted wrong", object, count);
		if (audit->seen[object] && mheap_is_unreached(chunk, object))
			complain(audit, "is called garbage and can be reached", object, count);
	}
}

static void plant(struct mheap_heap *heap)
{
	const u32 object = heap->verify.plant;
	struct mheap_chunk *chunk;
	u32 block;

	if (!object)
		return;
	heap->verify.plant = 0;
	chunk = mheap_chunk_of(&heap->table, object);
	block = mheap_block(object);
	WRITE_ONCE(chunk->mark[block], chunk->mark[block] & ~mheap_bit(object));
}

/* Return: true if nothing is wrong. */
static bool audit_held_heap(struct mheap_heap *heap)
{
	struct audit audit;

	plant(heap);
	if (!alloc_audit(&audit, heap)) {
		free_audit(&audit);
		atomic64_inc(&heap->verify.skipped);
		return false;
	}
	count_references(&audit);
	walk(&audit);
	compare(&audit);
	free_audit(&audit);
	atomic64_inc(&heap->verify.checked);
	if (audit.complaints)
		atomic64_inc(&heap->verify.wrong);
	return !audit.complaints;
}

/**
 * mheap_verify - check a verdict
 * @scope: of the collection; the verdict is asked for, and final
 *
 * Context: A collection, with heap->verdict held. May sleep; holds all lanes.
 * Return: true if what was not reached may be freed.
 */
bool mheap_verify(struct mheap_scope *scope)
{
	struct mheap_heap *heap = scope->heap;
	bool right;

	lockdep_assert_held(&heap->verdict);
	mheap_lanes_hold(&heap->lanes);
	right = audit_held_heap(heap);
	mheap_lanes_let_go(&heap->lanes);
	return right;
}
