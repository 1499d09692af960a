/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A heap: a set of objects with its own table, allocator, generations and
 * collector. It is embedded in whatever the surroundings keep of a heap. Who
 * works on objects does so through a lane, see lane.h.
 */
#ifndef _MHEAP_CORE_HEAP_H
#define _MHEAP_CORE_HEAP_H

#include "allocator.h"
#include "arena.h"
#include "cause.h"
#include "ceiling.h"
#include "ephemeron.h"
#include "finalizer.h"
#include "garbage.h"
#include "generation.h"
#include "histogram.h"
#include "journal.h"
#include "lane.h"
#include "limit.h"
#include "peak.h"
#include "port.h"
#include "release.h"
#include "root.h"
#include "site.h"
#include "table.h"
#include "verify.h"
#include "watch.h"

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

/**
 * enum mheap_debug_flag - debug flags of a heap, with CPython's values
 * @MHEAP_SAY_STATS: report what each collection did
 * @MHEAP_SAY_COLLECTABLE: report how much it freed, where it did
 * @MHEAP_SAY_UNCOLLECTABLE: report how much it kept, where it did
 * @MHEAP_SAVE_ALL: keep what is unreachable in the garbage list, see garbage.h
 * @MHEAP_SAY_ANY: all that report
 * @MHEAP_DEBUG_ALL: all flags there are
 */
enum mheap_debug_flag {
	MHEAP_SAY_STATS = 1,
	MHEAP_SAY_COLLECTABLE = 2,
	MHEAP_SAY_UNCOLLECTABLE = 4,
	MHEAP_SAVE_ALL = 32,
	MHEAP_SAY_ANY = MHEAP_SAY_STATS | MHEAP_SAY_COLLECTABLE | MHEAP_SAY_UNCOLLECTABLE,
	MHEAP_DEBUG_ALL = MHEAP_SAY_ANY | MHEAP_SAVE_ALL,
};

struct mheap_heap;
struct mheap_image;

/**
 * struct mheap_triggers - what the surroundings ask for a full collection for
 * @interval: milliseconds from one look to the next, whether something was done since
 *            the last full collection; 0 for never
 * @idle: milliseconds without a section, behind some; 0 for never
 * @close: a session is closed, and is not the last
 * @shrink: the kernel is short of memory
 */
struct mheap_triggers {
	u32 interval;
	u32 idle;
	bool close;
	bool shrink;
};

/**
 * struct mheap_heap_ops - what a heap asks of its surroundings
 * @collect: a collection is due; have mheap_collect_due() called soon
 * @release: a release waits to be continued; have mheap_release_continue()
 *           called soon
 * @released: mheap_release_continue() or a collection has come to its end; whoever
 *            waits for mheap_release_pending() to become false should look again
 * @event: there may be something to read for sessions that listen, see listener.h
 * @limit: a limit is reached, of which @used is used or in reserve; once until there was
 *         room again or a session begins to listen for it, see limit.h; may be NULL
 * @collected: a collection has ended, and a debug flag asks for a report; NULL where
 *             nobody reads it. Called with heap->collecting held; may sleep.
 * @shrink: or NULL: much memory became free; have the @shrink of the allocator called
 *
 * The others are called often, from contexts that may not sleep, and only note the
 * request.
 */
struct mheap_heap_ops {
	void (*collect)(struct mheap_heap *heap);
	void (*release)(struct mheap_heap *heap);
	void (*released)(struct mheap_heap *heap);
	void (*event)(struct mheap_heap *heap);
	void (*limit)(struct mheap_heap *heap, enum mheap_limit which, u64 used, u64 limit);
	void (*collected)(struct mheap_heap *heap, const struct mheap_collection *collection);
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
 * @alert: @moved and @imaged in one word, so that whoever locks an object asks for
 *         both at once
 * @moved: the object that is being moved by a resize, or 0; written under
 *         @moving and the lock of the object's block, read under either
 * @imaged: number of the image that is being taken, or 0; set with all lanes held,
 *          cleared before a handshake, both under @collecting
 * @image: the image; there while a section, or the sweep, sees @imaged set
 * @images: number of the last image; under @collecting
 * @arena: of the sweep; under @collecting
 * @upgrades: how often a weak handle was upgraded to an object that a collection
 *            had not reached, or such an object was given to its finalizer (atomic)
 * @upgrades: how often a weak handle was upgraded to, or an enumeration gave, an
 *            object that a collection had not reached (atomic)
 * @lanes: of everybody who works on objects
 * @worker: the lane of mheap_release_continue()
 * @collecting: one collection at a time, and nobody freezes, unfreezes, clears the
 *              garbage list or changes limits meanwhile
 * @verdict: held while it is open whether what was not reached is garbage
 * @moving: one large resize at a time
 * @generations: the collector's settings and figures
 * @roots: objects with names
 * @sites: where objects were made
 * @ceiling: of its garbage
 * @finalizers: objects whose finalizers are to be called
 * @journal: what has happened
 * @quota: its limits
 * @triggers: what the surroundings are to collect for; only kept here. Read and
 *            written by anyone.
 * @causes: collections, by enum mheap_cause (atomic)
 * @asked: bits of enum mheap_cause: the surroundings want a full collection (atomic)
 * @full_begun: full collections that have begun; written by the collection, before
 *              its first handshake
 * @full_sections: sections that had ended before the last of them, likewise
 * @verify: whether verdicts are checked
 * @watches: who wants to know which objects have died
 * @debug: enum mheap_debug_flag; read and written by anyone
 * @garbage: the garbage list
 * @ephemerons: those whose keys have died, and how many there are
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
	union {
		u64 alert;
		struct {
			u32 moved;
			u32 imaged;
		};
	};
	struct mheap_image *image;
	u32 images;
	struct mheap_arena arena;
	atomic_t upgrades;
	struct mheap_lanes lanes;
	struct mheap_lane worker;
	struct mutex collecting;	/* held through a collection */
	struct mutex verdict;		/* see above */
	struct mutex moving;		/* see above */
	struct mheap_generations generations;
	struct mheap_roots roots;
	struct mheap_sites sites;
	struct mheap_ceiling ceiling;
	struct mheap_finalizers finalizers;
	struct mheap_journal journal;
	struct mheap_quota quota;
	struct mheap_triggers triggers;
	atomic64_t causes[MHEAP_CAUSES];
	atomic_t asked;
	u32 full_begun;
	long full_sections;
	struct mheap_verify verify;
	struct mheap_watches watches;
	u32 debug;
	struct mheap_garbage garbage;
	struct mheap_ephemerons ephemerons;
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
 * @finalizing: objects that wait for their finalizers to be called
 * @finalizers_skipped: objects whose finalizers were never called
 * @in_generation: tracked objects in each generation
 * @frozen: tracked objects in the permanent generation
 * @garbage: objects in the garbage list
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
	u64 finalizing;
	u64 finalizers_skipped;
	u64 in_generation[MHEAP_GENERATION_COUNT];
	u64 frozen;
	u64 garbage;
};

/**
 * struct mheap_heap_config - how a heap is made
 * @allocator: of bodies; outlives the heap
 * @ops: its surroundings
 * @generations: the collector's settings
 * @ceiling: percent, see ceiling.h
 * @finalizers_max: how many may wait, see finalizer.h
 * @verify: check each verdict, see verify.h
 * @limit: see limit.h
 * @triggers: see struct mheap_triggers
 */
struct mheap_heap_config {
	struct mheap_allocator *allocator;
	const struct mheap_heap_ops *ops;
	struct mheap_generation_config generations;
	u32 ceiling;
	u32 finalizers_max;
	bool verify;
	u64 limit[MHEAP_LIMITS];
	struct mheap_triggers triggers;
};

int mheap_heap_init(struct mheap_heap *heap, const struct mheap_heap_config *config);
void mheap_heap_fini(struct mheap_heap *heap);
void mheap_heap_figures(struct mheap_heap *heap, struct mheap_heap_figures *figures);

static inline atomic64_t *mheap_count_of(const struct mheap_heap *heap, u32 object)
{
	return &mheap_chunk_of(&heap->table, object)->count[mheap_index(object)];
}

#endif /* _MHEAP_CORE_HEAP_H */
