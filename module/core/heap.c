// SPDX-License-Identifier: GPL-2.0-only
/*
 * A heap's beginning and end, and its figures.
 */
#include "annex.h"
#include "body.h"
#include "count.h"
#include "heap.h"

/**
 * mheap_heap_init - make an empty heap
 * @heap: to be made
 * @config: how
 *
 * Context: May sleep. Return: 0 or -ENOMEM.
 */
int mheap_heap_init(struct mheap_heap *heap, const struct mheap_heap_config *config)
{
	int error;

	memset(heap, 0, sizeof(*heap));
	error = mheap_table_init(&heap->table);
	if (error)
		return error;
	mutex_init(&heap->collecting);
	mutex_init(&heap->verdict);
	mutex_init(&heap->moving);
	mheap_lanes_init(&heap->lanes);
	mheap_lane_init(&heap->worker, heap);
	heap->allocator = config->allocator;
	heap->ops = config->ops;
	mheap_generations_init(&heap->generations, &config->generations);
	mheap_ceiling_init(&heap->ceiling, config->ceiling);
	mheap_finalizers_init(&heap->finalizers, config->finalizers_max);
	mheap_limits_init(&heap->quota, config->limit);
	heap->triggers = config->triggers;
	heap->verify.enabled = config->verify;
	mheap_journal_init(&heap->journal);
	mheap_roots_init(&heap->roots);
	mheap_watches_init(&heap->watches);
	mheap_sites_init(&heap->sites);
	mheap_ephemerons_init(&heap->ephemerons);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_heap_init);

static void free_objects(struct mheap_heap *heap, struct mheap_chunk *chunk)
{
	struct mheap_annex *annex;
	struct mheap_shape shape;
	u32 i;

	for (i = 0; i < MHEAP_CHUNK_OBJECTS; i++) {
		annex = mheap_annex_take(chunk, i);
		if (annex)
			mheap_watch_cut(heap, annex);
		mheap_annex_free(&heap->table, annex);
		if (!chunk->body[i])
			continue;
		mheap_body_shape(chunk, i, &shape);
		heap->allocator->ops->free(heap->allocator, chunk->body[i],
					   mheap_shape_size(&shape));
	}
}

/**
 * mheap_heap_fini - free a heap and all its objects
 * @heap: without sessions, and out of reach of its surroundings
 *
 * Nobody can name an object any more, so counts and slots do not matter, and the
 * bodies are freed in the order of the table.
 *
 * Context: May sleep; takes time in proportion to the heap.
 */
void mheap_heap_fini(struct mheap_heap *heap)
{
	u32 i;

	mheap_garbage_fini(heap);
	for (i = 0; i < heap->table.chunks; i++) {
		free_objects(heap, heap->table.directory->chunk[i]);
		cond_resched();
	}
	mheap_lane_fini(&heap->worker);
	mheap_lanes_fini(&heap->lanes);
	mheap_table_fini(&heap->table);
	mutex_destroy(&heap->moving);
	mutex_destroy(&heap->verdict);
	mheap_sites_fini(&heap->sites);
	mheap_roots_fini(&heap->roots);
	mheap_journal_fini(&heap->journal);
	mutex_destroy(&heap->collecting);
}
EXPORT_SYMBOL_MHEAP(mheap_heap_fini);

/*
 * Tracked objects in each generation. A look without locks at words that others
 * change meanwhile, each of them read whole: what comes out is as old as the look.
 */
static __no_kcsan void count_generations(struct mheap_heap *heap,
					 struct mheap_heap_figures *figures)
{
	const u32 chunks = mheap_table_chunks(&heap->table);
	const struct mheap_chunk *chunk;
	unsigned int block;
	u64 young[MHEAP_YOUNG];
	u64 tracked;
	u32 i;

	for (i = 0; i < chunks; i++) {
		chunk = mheap_chunk_of(&heap->table, i << MHEAP_CHUNK_SHIFT);
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			young[0] = READ_ONCE(chunk->young[0][block]);
			young[1] = READ_ONCE(chunk->young[1][block]);
			tracked = READ_ONCE(chunk->tracked[block]);
			figures->in_generation[0] += hweight64(young[0] & ~young[1]);
			figures->in_generation[1] += hweight64(young[1] & ~young[0]);
			figures->in_generation[2] += hweight64(tracked & ~young[0] & ~young[1]);
			figures->frozen += hweight64(young[0] & young[1]);
		}
		cond_resched();
	}
}

/**
 * mheap_heap_figures - a heap as it is now
 * @heap: the heap
 * @figures: filled; they agree with each other when nobody is at work
 *
 * Context: May sleep; looks at two words for every 64 objects.
 */
void mheap_heap_figures(struct mheap_heap *heap, struct mheap_heap_figures *figures)
{
	struct mheap_tally sum;

	mheap_lanes_sum(&heap->lanes, &sum);
	memset(figures, 0, sizeof(*figures));
	/*
	 * What one session made, another may have freed and booked first; and what
	 * is booked together is not read together. Nothing is below zero for that.
	 */
	figures->created = sum.created;
	figures->objects = max(sum.created - sum.freed, 0L);
	figures->freed_by_collector = sum.collected;
	figures->freed_by_count = max(sum.freed - sum.collected, 0L);
	figures->bytes = max(sum.bytes, 0L) + figures->objects * MHEAP_ENTRY_BYTES;
	figures->table_bytes = atomic_long_read(&heap->table.bytes);
	figures->handles = max(sum.handles, 0L);
	figures->finalizing = READ_ONCE(heap->finalizers.waiting);
	figures->finalizers_skipped = atomic64_read(&heap->finalizers.skipped);
	figures->sessions = atomic_read(&heap->sessions);
	figures->pending = mheap_release_pending(heap);
	figures->garbage = atomic64_read(&heap->garbage.count);
	count_generations(heap, figures);
}
EXPORT_SYMBOL_MHEAP(mheap_heap_figures);
