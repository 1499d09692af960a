// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scope: walking over the chunks that a collection is about.
 */
#include "scope.h"

static struct mheap_chunk *young_after(struct mheap_heap *heap, struct mheap_chunk *chunk)
{
	struct list_head *head = &heap->table.list[MHEAP_LIST_YOUNG];
	struct list_head *link = chunk ? &chunk->link[MHEAP_LIST_YOUNG] : head;

	if (link->next == head)
		return NULL;
	return list_entry(link->next, struct mheap_chunk, link[MHEAP_LIST_YOUNG]);
}

/**
 * mheap_scope_begin - go to the first chunk
 * @scope: of a collection
 *
 * Context: Gate held for writing.
 */
void mheap_scope_begin(struct mheap_scope *scope)
{
	scope->next = 0;
	scope->chunk = NULL;
	if (scope->generation < MHEAP_OLDEST)
		scope->chunk = young_after(scope->heap, NULL);
}

/**
 * mheap_scope_next - take the next chunk
 * @scope: of a collection, begun
 *
 * The chunk that is returned may be taken off the young list.
 *
 * Context: Gate held for writing, so nobody else changes the young list. May
 * sleep. Return: The chunk, or NULL behind the last one.
 */
struct mheap_chunk *mheap_scope_next(struct mheap_scope *scope)
{
	struct mheap_table *table = &scope->heap->table;
	struct mheap_chunk *chunk;

	cond_resched();
	if (scope->generation < MHEAP_OLDEST) {
		chunk = scope->chunk;
		if (chunk)
			scope->chunk = young_after(scope->heap, chunk);
		return chunk;
	}
	if (scope->next == table->chunks)
		return NULL;
	return table->directory->chunk[scope->next++];
}
