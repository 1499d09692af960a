// SPDX-License-Identifier: GPL-2.0-only
/*
 * Annexes: making and freeing them.
 */
#include "annex.h"
#include "heap.h"

#define ARRAY_BYTES	(MHEAP_CHUNK_OBJECTS * sizeof(struct mheap_annex *))

/* Give a chunk its array. Another session may be at it. */
static int give_array(struct mheap_lane *lane, struct mheap_chunk *chunk)
{
	struct mheap_table *table = &lane->heap->table;
	struct mheap_annex **array;

	/* Pairs with the release below. */
	if (likely(smp_load_acquire(&chunk->annex)))
		return 0;
	array = mheap_lane_zalloc(lane, ARRAY_BYTES);
	if (!array)
		return -ENOMEM;
	spin_lock(&table->lock);
	if (!chunk->annex) {
		/* Pairs with the acquires: who sees the array sees it empty. */
		smp_store_release(&chunk->annex, array);
		atomic_long_add(ARRAY_BYTES, &table->bytes);
		array = NULL;
	}
	spin_unlock(&table->lock);
	kvfree(array);
	return 0;
}

/**
 * mheap_annex_make - the annex of an object, which gets one if it has none
 * @lane: the caller's, entered
 * @object: the caller keeps it alive
 * @made: filled; it lives as long as the object
 *
 * Context: Entered; the section may be left and entered again. May sleep.
 * Return: 0 or -ENOMEM.
 */
int mheap_annex_make(struct mheap_lane *lane, u32 object, struct mheap_annex **made)
{
	struct mheap_table *table = &lane->heap->table;
	struct mheap_chunk *chunk = mheap_chunk_of(table, object);
	spinlock_t *lock = &chunk->lock[mheap_block(object)];
	struct mheap_annex *annex;

	if (give_array(lane, chunk))
		return -ENOMEM;
	annex = mheap_lane_zalloc(lane, sizeof(*annex));
	if (!annex)
		return -ENOMEM;
	INIT_LIST_HEAD(&annex->watches);
	INIT_LIST_HEAD(&annex->ephemerons);
	spin_lock(lock);
	*made = mheap_annex_of(chunk, object);
	if (!*made) {
		atomic_long_add(sizeof(*annex), &table->bytes);
		WRITE_ONCE(chunk->annex[mheap_index(object)], annex); /* see ephemerons_of() */
		*made = annex;
		annex = NULL;
	}
	spin_unlock(lock);
	kfree(annex);
	return 0;
}

/**
 * mheap_annex_free - free an annex that no object has any more
 * @table: where the object was
 * @annex: the annex, or NULL
 *
 * Context: Any.
 */
void mheap_annex_free(struct mheap_table *table, struct mheap_annex *annex)
{
	if (likely(!annex))
		return;
	atomic_long_sub(sizeof(*annex), &table->bytes);
	kfree(annex);
}
