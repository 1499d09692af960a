/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A heap: a set of objects with its own table, allocator, generations and
 * collector. It is embedded in whatever the surroundings keep of a heap.
 *
 * Who works on objects holds the gate for reading, through a session
 * (session.h) or on behalf of the heap (mheap_heap_enter()), for at most
 * MHEAP_SLICE operations at a time. A collection holds it for writing. The gate
 * orders operations only against collections; among each other they rely on
 * block locks and counts alone.
 */
#ifndef _MHEAP_CORE_HEAP_H
#define _MHEAP_CORE_HEAP_H

#include "allocator.h"
#include "generation.h"
#include "port.h"
#include "release.h"
#include "table.h"

#define MHEAP_SLICE		64	/* operations */

struct mheap_heap;

/**
 * struct mheap_heap_ops - what a heap asks of its surroundings
 * @collect: a collection is due; have mheap_collect_due() called soon
 * @release: a release waits to be continued; have mheap_release_continue()
 *           called soon
 * @released: mheap_release_continue() has come to its end; whoever waits for
 *            mheap_release_pending() to become false should look again
 *
 * All are called often, from contexts that may not sleep, and only note the
 * request.
 */
struct mheap_heap_ops {
	void (*collect)(struct mheap_heap *heap);
	void (*release)(struct mheap_heap *heap);
	void (*released)(struct mheap_heap *heap);
};

/**
 * struct mheap_tally - changes to a heap's figures that are not booked yet
 * @created: objects made
 * @freed: objects freed
 * @collected: of those, by a collection
 * @bytes: memory of bodies, up or down
 * @tracked: tracked objects made minus freed
 * @handles: handles opened minus closed
 *
 * Kept by whoever is at work, and booked at the end of its slice, so that
 * processors do not meet at the heap's counters for every operation.
 */
struct mheap_tally {
	long created;
	long freed;
	long collected;
	long bytes;
	long tracked;
	long handles;
};

/**
 * struct mheap_heap - a heap
 * @gate: see above
 * @collecting: one collection at a time
 * @table: the objects
 * @allocator: of their bodies
 * @generations: the collector's settings and figures
 * @releasing: mheap_release_continue() is at work
 * @ops: its surroundings
 * @created: objects ever made
 * @freed: objects freed
 * @collected: of those, by the collector
 * @bytes: memory of bodies
 * @handles: open in all sessions
 * @sessions: how many there are
 */
struct mheap_heap {
	struct rw_semaphore gate;
	struct mutex collecting;	/* held through a collection */
	struct mheap_table table;
	struct mheap_allocator *allocator;
	struct mheap_generations generations;
	atomic_t releasing;
	const struct mheap_heap_ops *ops;
	atomic64_t created;
	atomic64_t freed;
	atomic64_t collected;
	atomic64_t bytes;
	atomic64_t handles;
	atomic_t sessions;
};

/**
 * struct mheap_heap_figures - a heap as it is now
 * @objects: that exist
 * @bytes: memory of their bodies and of their entries in the table
 * @table_bytes: memory of the table, its unused entries included
 * @handles: open
 * @sessions: open
 * @pending: a release is being continued
 * @created: objects ever made
 * @freed_by_count: objects freed because their last reference went
 * @freed_by_collector: objects freed by a collection
 * @in_generation: tracked objects in each generation
 */
struct mheap_heap_figures {
	u64 objects;
	u64 bytes;
	u64 table_bytes;
	u64 handles;
	u32 sessions;
	bool pending;
	u64 created;
	u64 freed_by_count;
	u64 freed_by_collector;
	u64 in_generation[MHEAP_GENERATION_COUNT];
};

/**
 * struct mheap_heap_config - how a heap is made
 * @allocator: of bodies; outlives the heap
 * @ops: its surroundings
 * @generations: the collector's settings
 */
struct mheap_heap_config {
	struct mheap_allocator *allocator;
	const struct mheap_heap_ops *ops;
	struct mheap_generation_config generations;
};

int mheap_heap_init(struct mheap_heap *heap, const struct mheap_heap_config *config);
void mheap_heap_fini(struct mheap_heap *heap);
void mheap_heap_enter(struct mheap_heap *heap);
void mheap_heap_leave(struct mheap_heap *heap);
void mheap_heap_book(struct mheap_heap *heap, struct mheap_tally *tally);
void mheap_heap_figures(struct mheap_heap *heap, struct mheap_heap_figures *figures);

static inline void mheap_assert_entered(const struct mheap_heap *heap)
{
	lockdep_assert_held(&heap->gate);
}

static inline atomic64_t *mheap_count_of(const struct mheap_heap *heap, u32 object)
{
	return &mheap_chunk_of(&heap->table, object)->count[mheap_index(object)];
}

#endif /* _MHEAP_CORE_HEAP_H */
