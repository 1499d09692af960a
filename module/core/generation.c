// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generations: when to collect which.
 */
#include "generation.h"

/**
 * mheap_generations_init - counters at zero, settings as given
 * @generations: to be made
 * @config: the settings
 *
 * Context: Any.
 */
void mheap_generations_init(struct mheap_generations *generations,
			    const struct mheap_generation_config *config)
{
	memset(generations, 0, sizeof(*generations));
	spin_lock_init(&generations->lock);
	generations->enabled = config->enabled;
	memcpy(generations->threshold, config->threshold, sizeof(generations->threshold));
}

/**
 * mheap_generations_set_threshold - set all thresholds
 * @generations: of a heap
 * @threshold: of each generation; 0 for the first switches automatic collection
 *             off
 *
 * Context: Any. Return: 0, or -EINVAL where one is too large and none is set.
 */
int mheap_generations_set_threshold(struct mheap_generations *generations,
				    const u32 threshold[MHEAP_GENERATION_COUNT])
{
	unsigned int i;

	for (i = 0; i < MHEAP_GENERATION_COUNT; i++)
		if (threshold[i] > MHEAP_GENERATION_THRESHOLD_MAX)
			return -EINVAL;
	spin_lock(&generations->lock);
	for (i = 0; i < MHEAP_GENERATION_COUNT; i++)
		WRITE_ONCE(generations->threshold[i], threshold[i]);
	spin_unlock(&generations->lock);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_generations_set_threshold);

/**
 * mheap_generations_get_threshold - read all thresholds
 * @generations: of a heap
 * @threshold: filled, as they were at one moment
 *
 * Context: Any.
 */
void mheap_generations_get_threshold(struct mheap_generations *generations,
				     u32 threshold[MHEAP_GENERATION_COUNT])
{
	spin_lock(&generations->lock);
	memcpy(threshold, generations->threshold, sizeof(generations->threshold));
	spin_unlock(&generations->lock);
}
EXPORT_SYMBOL_MHEAP(mheap_generations_get_threshold);

static u32 born(struct mheap_generations *generations)
{
	long count = atomic_long_read(&generations->born);

	return clamp(count, 0L, (long)MHEAP_GENERATION_THRESHOLD_MAX);
}

/**
 * mheap_generations_get_count - read all counters
 * @generations: of a heap
 * @count: filled
 *
 * Context: Any.
 */
void mheap_generations_get_count(struct mheap_generations *generations,
				 u32 count[MHEAP_GENERATION_COUNT])
{
	spin_lock(&generations->lock);
	memcpy(count, generations->count, sizeof(generations->count));
	spin_unlock(&generations->lock);
	count[0] = born(generations);
}
EXPORT_SYMBOL_MHEAP(mheap_generations_get_count);

/**
 * mheap_generations_get_figures - read all statistics
 * @generations: of a heap
 * @figures: filled
 *
 * Context: Any.
 */
void mheap_generations_get_figures(struct mheap_generations *generations,
				   struct mheap_generation_figures figures[MHEAP_GENERATION_COUNT])
{
	spin_lock(&generations->lock);
	memcpy(figures, generations->figures, sizeof(generations->figures));
	spin_unlock(&generations->lock);
}
EXPORT_SYMBOL_MHEAP(mheap_generations_get_figures);

/**
 * mheap_generations_born - tracked objects have been made or freed
 * @generations: of a heap
 * @change: made minus freed
 *
 * As in CPython the counter never goes below zero: freeing objects that have
 * survived a collection earns no delay of the next one.
 *
 * Context: Any. Return: true if a collection is due.
 */
bool mheap_generations_born(struct mheap_generations *generations, long change)
{
	const u32 threshold = READ_ONCE(generations->threshold[0]);
	long count = atomic_long_add_return(change, &generations->born);

	while (unlikely(count < 0))
		if (atomic_long_try_cmpxchg(&generations->born, &count, 0))
			return false;
	return READ_ONCE(generations->enabled) && threshold && count > threshold;
}

/**
 * mheap_generations_due - which generation should be collected now?
 * @generations: of a heap
 *
 * The oldest one whose counter exceeds its threshold; but generation 2 only when
 * what has come into it since the last full collection is at least a quarter of
 * what survived that one, so that the work of full collections stays linear in
 * the number of objects made.
 *
 * Context: Any. Return: A generation, or -1 for none.
 */
int mheap_generations_due(struct mheap_generations *generations)
{
	int due = -1;

	spin_lock(&generations->lock);
	if (mheap_generations_is_automatic(generations) &&
	    born(generations) > generations->threshold[0]) {
		due = 0;
		if (generations->count[1] > generations->threshold[1])
			due = 1;
		if (generations->count[2] > generations->threshold[2] &&
		    generations->old_pending >= generations->old_total / 4)
			due = 2;
	}
	spin_unlock(&generations->lock);
	return due;
}

/**
 * mheap_generations_emptied - all objects have left for the permanent generation
 * @generations: of a heap
 *
 * As in CPython the counters begin anew, and what full collections found stays: a
 * full one still looks at the slots of what is permanent.
 *
 * Context: heap->collecting held.
 */
void mheap_generations_emptied(struct mheap_generations *generations)
{
	unsigned int i;

	spin_lock(&generations->lock);
	atomic_long_set(&generations->born, 0);
	for (i = 1; i < MHEAP_GENERATION_COUNT; i++)
		generations->count[i] = 0;
	spin_unlock(&generations->lock);
}

/**
 * mheap_generations_begin - a collection begins
 * @generations: of a heap
 * @generation: the oldest one collected
 *
 * Context: Gate held for writing.
 */
void mheap_generations_begin(struct mheap_generations *generations, u32 generation)
{
	unsigned int i;

	spin_lock(&generations->lock);
	atomic_long_set(&generations->born, 0);
	for (i = 1; i <= generation; i++)
		generations->count[i] = 0;
	if (generation < MHEAP_OLDEST)
		generations->count[generation + 1]++;
	spin_unlock(&generations->lock);
}

/**
 * mheap_generations_end - book what a collection did
 * @generations: of a heap
 * @collection: the collection
 *
 * Context: Any.
 */
void mheap_generations_end(struct mheap_generations *generations,
			   const struct mheap_collection *collection)
{
	struct mheap_generation_figures *figures = &generations->figures[collection->generation];

	spin_lock(&generations->lock);
	figures->collections++;
	figures->visited += collection->visited;
	figures->collected += collection->freed;
	figures->uncollectable += collection->uncollectable;
	figures->nanoseconds += collection->nanoseconds;
	figures->longest = max(figures->longest, collection->nanoseconds);
	if (collection->generation == MHEAP_OLDEST) {
		generations->old_pending = 0;
		generations->old_total = collection->visited - collection->freed;
	} else {
		generations->old_pending += collection->promoted;
	}
	spin_unlock(&generations->lock);
	mheap_histogram_add(&generations->times[collection->generation],
			    collection->nanoseconds);
}
