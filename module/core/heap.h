/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A heap: a set of objects with its own table, allocator, generations and
 * collector. It is embedded in whatever the surroundings keep of a heap. Who
 * works on objects does so through a lane, see lane.h.
 */
#ifndef _MHEAP_CORE_HEAP_H
#define _MHEAP_CORE_HEAP_H

#include "allocator.h"
#include "ceiling.h"
#include "generation.h"
#include "histogram.h"
#include "lane.h"
#include "peak.h"
#include "port.h"
#include "release.h"
#include "root.h"
#include "table.h"
#include "verify.h"

/**
 * enum mheap_phase - what the collector is about
 * @MHEAP_PHASE_IDLE: nothing
 * @MHEAP_PHASE_MARK: finding out what can be reached
 * @MHEAP_PHASE_VERDICT: deciding that what was not reached is garbage
 * @MHEAP_PHASE_SWEEP: taking it apart
 */
enum mheap_phase {
	MHEAP_PHASE_IDLE,
	MHEAP_PHASE_MARK,
	MHEAP_PHASE_VERDICT,
	MHEAP_PHASE_SWEEP,
};

struct mheap_heap;

/**
 * struct mheap_heap_ops - what a heap asks of its surroundings
 * @collect: a collection is due; have mheap_collect_due() called soon
 * @release: a release waits to be continued; have mheap_release_continue()
 *           called soon
 * @released: mheap_release_continue() or a collection has come to its end; whoever
 *            waits for mheap_release_pending() to become false should look again
 * @shrink: or NULL: much memory became free; have the @shrink of the allocator called
 *
 * All are called often, from contexts that may not sleep, and only note the
 * request.
 */
struct mheap_heap_ops {
	void (*collect)(struct mheap_heap *heap);
	void (*release)(struct mheap_heap *heap);
	void (*released)(struct mheap_heap *heap);
	void (*shrink)(struct mheap_heap *heap);
};

/**
 * struct mheap_heap - a heap
 * @table: the objects
 * @allocator: of their bodies
 * @ops: its surroundings
 * @phase: enum mheap_phase; written by the collection, under @verdict where it
 *         goes to or from MHEAP_PHASE_VERDICT; read by anyone in a section.
 *         A section that began behind a handshake sees what was set before it.
 * @moved: the object that is being moved by a resize, or 0; written under
 *         @moving and the lock of the object's block, read under either
 * @upgrades: how often a weak handle was upgraded to an object that a collection
 *            had not reached (atomic)
 * @lanes: of everybody who works on objects
 * @worker: the lane of mheap_release_continue()
 * @collecting: one collection at a time
 * @verdict: held while it is open whether what was not reached is garbage
 * @moving: one large resize at a time
 * @generations: the collector's settings and figures
 * @roots: objects with names
 * @ceiling: of its garbage
 * @verify: whether verdicts are checked
 * @releasing: mheap_release_continue() is at work (atomic)
 * @size: memory of bodies, but for what lanes owe it (atomic)
 * @peak: of @size
 * @sessions: how many there are (atomic)
 * @stalls: times that operations waited for others, see stall.h
 */
struct mheap_heap {
	struct mheap_table table;
	struct mheap_allocator *allocator;
	const struct mheap_heap_ops *ops;
	u32 phase;
	u32 moved;
	atomic_t upgrades;
	struct mheap_lanes lanes;
	struct mheap_lane worker;
	struct mutex collecting;	/* held through a collection */
	struct mutex verdict;		/* see above */
	struct mutex moving;		/* see above */
	struct mheap_generations generations;
	struct mheap_roots roots;
	struct mheap_ceiling ceiling;
	struct mheap_verify verify;
	atomic_t releasing;
	atomic64_t size;
	struct mheap_peak peak;
	atomic_t sessions;
	struct mheap_histogram stalls;
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
 * @ceiling: percent, see ceiling.h
 * @verify: check each verdict, see verify.h
 */
struct mheap_heap_config {
	struct mheap_allocator *allocator;
	const struct mheap_heap_ops *ops;
	struct mheap_generation_config generations;
	u32 ceiling;
	bool verify;
};

int mheap_heap_init(struct mheap_heap *heap, const struct mheap_heap_config *config);
void mheap_heap_fini(struct mheap_heap *heap);
void mheap_heap_figures(struct mheap_heap *heap, struct mheap_heap_figures *figures);

static inline atomic64_t *mheap_count_of(const struct mheap_heap *heap, u32 object)
{
	return &mheap_chunk_of(&heap->table, object)->count[mheap_index(object)];
}

#endif /* _MHEAP_CORE_HEAP_H */
