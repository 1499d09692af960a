// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scope: taking down which chunks a collection is about, and walking over them.
 */
#include "scope.h"

/**
 * mheap_scope_init - take down what a collection is about
 * @scope: to be made
 * @heap: the heap
 * @generation: the oldest generation that belongs to it
 *
 * Chunks that get their first young object meanwhile may be left to the next
 * collection.
 *
 * Context: May sleep. Return: 0, or -ENOMEM; never in a full collection.
 */
int mheap_scope_init(struct mheap_scope *scope, struct mheap_heap *heap, u32 generation)
{
	u32 room = READ_ONCE(heap->table.listed[MHEAP_LIST_YOUNG]);

	memset(scope, 0, sizeof(*scope));
	scope->heap = heap;
	scope->generation = generation;
	if (generation == MHEAP_OLDEST) {
		scope->chunks = mheap_table_chunks(&heap->table);
		return 0;
	}
	if (!room)
		return 0;
	scope->chunk = mheap_port_kvcalloc(room, sizeof(scope->chunk[0]), MHEAP_GFP_OWN);
	if (!scope->chunk)
		return -ENOMEM;
	scope->chunks = mheap_table_copy_list(&heap->table, MHEAP_LIST_YOUNG, scope->chunk, room);
	return 0;
}

/**
 * mheap_scope_widen - take in what was added while not everybody touched yet
 * @scope: of a collection, behind the first handshake
 *
 * An object that was made and filled in such a chunk by a section that did not
 * touch yet must be in the set of a full collection: what it refers to is neither
 * touched nor held otherwise. To a young one it is a holder from outside.
 *
 * Context: A collection.
 */
void mheap_scope_widen(struct mheap_scope *scope)
{
	if (scope->generation == MHEAP_OLDEST)
		scope->chunks = mheap_table_chunks(&scope->heap->table);
}

/**
 * mheap_scope_fini - forget it
 * @scope: of a collection
 *
 * Context: May sleep.
 */
void mheap_scope_fini(struct mheap_scope *scope)
{
	kvfree(scope->chunk);
}

/**
 * mheap_scope_next - take the next chunk
 * @scope: of a collection; mheap_scope_begin() goes back to the first one
 *
 * Context: May sleep. Return: The chunk, or NULL behind the last one.
 */
struct mheap_chunk *mheap_scope_next(struct mheap_scope *scope)
{
	cond_resched();
	if (scope->next == scope->chunks)
		return NULL;
	if (scope->generation < MHEAP_OLDEST)
		return scope->chunk[scope->next++];
	return mheap_chunk_of(&scope->heap->table, scope->next++ << MHEAP_CHUNK_SHIFT);
}
