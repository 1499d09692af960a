/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generations: counters, thresholds, statistics, and the rule that says which
 * generation to collect. The rule is CPython's (Modules/gcmodule.c, 3.11).
 */
#ifndef _MHEAP_CORE_GENERATION_H
#define _MHEAP_CORE_GENERATION_H

#include "histogram.h"
#include "port.h"

#define MHEAP_GENERATION_COUNT	3
#define MHEAP_OLDEST		(MHEAP_GENERATION_COUNT - 1)
#define MHEAP_PERMANENT		MHEAP_GENERATION_COUNT	/* never collected */

/**
 * struct mheap_generation_figures - one generation since the heap was made
 * @collections: how often it was the oldest one collected
 * @visited: objects looked at
 * @collected: unreachable and freed
 * @uncollectable: unreachable and kept
 * @nanoseconds: time spent
 * @longest: the longest collection, in nanoseconds
 */
struct mheap_generation_figures {
	u64 collections;
	u64 visited;
	u64 collected;
	u64 uncollectable;
	u64 nanoseconds;
	u64 longest;
};

/**
 * struct mheap_collection - what one collection did
 * @generation: the oldest one collected
 * @visited: objects looked at
 * @unreachable: of those, found unreachable
 * @freed: of those, freed
 * @uncollectable: of those, kept
 * @promoted: survivors that moved to generation 2
 * @nanoseconds: from the first look to the last object freed
 */
struct mheap_collection {
	u32 generation;
	u64 visited;
	u64 unreachable;
	u64 freed;
	u64 uncollectable;
	u64 promoted;
	u64 nanoseconds;
};

/**
 * struct mheap_generations - the collector's settings and what it has done
 * @lock: guards what is marked L; a leaf
 * @enabled: automatic collection is on (read without the lock)
 * @threshold: L, read without it one by one
 * @born: tracked objects made minus freed since the last collection (atomic);
 *        the counter of generation 0
 * @count: L  counters of generations 1 and 2; [0] is unused
 * @old_pending: L  came into generation 2 since the last full collection
 * @old_total: L  were in generation 2 after the last full collection
 * @figures: L
 * @times: of the collections of each generation
 */
struct mheap_generations {
	spinlock_t lock;	/* L */
	bool enabled;
	u32 threshold[MHEAP_GENERATION_COUNT];
	atomic_long_t born;
	u32 count[MHEAP_GENERATION_COUNT];
	u64 old_pending;
	u64 old_total;
	struct mheap_generation_figures figures[MHEAP_GENERATION_COUNT];
	struct mheap_histogram times[MHEAP_GENERATION_COUNT];
};

/**
 * struct mheap_generation_config - what a heap starts with
 * @threshold: of each generation, at most MHEAP_GENERATION_THRESHOLD_MAX
 * @enabled: automatic collection is on
 */
struct mheap_generation_config {
	u32 threshold[MHEAP_GENERATION_COUNT];
	bool enabled;
};

#define MHEAP_GENERATION_THRESHOLD_MAX	0x7fffffffU

/* Is automatic collection on? As in CPython there are two ways to switch it off. */
static inline bool mheap_generations_is_automatic(const struct mheap_generations *generations)
{
	return READ_ONCE(generations->enabled) && READ_ONCE(generations->threshold[0]);
}

void mheap_generations_init(struct mheap_generations *generations,
			    const struct mheap_generation_config *config);
int mheap_generations_set_threshold(struct mheap_generations *generations,
				    const u32 threshold[MHEAP_GENERATION_COUNT]);
void mheap_generations_get_threshold(struct mheap_generations *generations,
				     u32 threshold[MHEAP_GENERATION_COUNT]);
void mheap_generations_get_count(struct mheap_generations *generations,
				 u32 count[MHEAP_GENERATION_COUNT]);
void mheap_generations_get_figures(struct mheap_generations *generations,
				   struct mheap_generation_figures figures[MHEAP_GENERATION_COUNT]);
bool mheap_generations_born(struct mheap_generations *generations, long change);
int mheap_generations_due(struct mheap_generations *generations);
void mheap_generations_emptied(struct mheap_generations *generations);
void mheap_generations_begin(struct mheap_generations *generations, u32 generation);
void mheap_generations_end(struct mheap_generations *generations,
			   const struct mheap_collection *collection);

#endif /* _MHEAP_CORE_GENERATION_H */
