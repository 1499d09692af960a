// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of chunks. Chunks are linked by their numbers, which take half the room of
 * pointers: a chunk has none to spare.
 */
#include "table.h"

/* The chunk of a number, or NULL for MHEAP_NO_CHUNK. */
static struct mheap_chunk *chunk_at(const struct mheap_table *table, u32 number)
{
	if (number == MHEAP_NO_CHUNK)
		return NULL;
	return mheap_chunk_of(table, number << MHEAP_CHUNK_SHIFT);
}

static void append(struct mheap_table *table, struct mheap_chunk *chunk, enum mheap_list list)
{
	const u32 number = chunk->base >> MHEAP_CHUNK_SHIFT;
	struct mheap_chunk *last = chunk_at(table, table->last[list]);

	lockdep_assert_held(&table->lock);
	chunk->previous[list] = table->last[list];
	chunk->next[list] = MHEAP_NO_CHUNK;
	if (last)
		last->next[list] = number;
	else
		table->first[list] = number;
	table->last[list] = number;
}

static void cut_out(struct mheap_table *table, struct mheap_chunk *chunk, enum mheap_list list)
{
	struct mheap_chunk *previous = chunk_at(table, chunk->previous[list]);
	struct mheap_chunk *next = chunk_at(table, chunk->next[list]);

	lockdep_assert_held(&table->lock);
	if (previous)
		previous->next[list] = chunk->next[list];
	else
		table->first[list] = chunk->next[list];
	if (next)
		next->previous[list] = chunk->previous[list];
	else
		table->last[list] = chunk->previous[list];
}

/**
 * mheap_table_append - put a chunk on a list, unless it is there
 * @table: the table
 * @chunk: the chunk
 * @list: the list
 *
 * Context: Any that may take a spinlock; no block is locked.
 */
void mheap_table_append(struct mheap_table *table, struct mheap_chunk *chunk,
			enum mheap_list list)
{
	spin_lock(&table->lock);
	if (!chunk->listed[list]) {
		WRITE_ONCE(chunk->listed[list], true);
		append(table, chunk, list);
		WRITE_ONCE(table->listed[list], table->listed[list] + 1);
	}
	spin_unlock(&table->lock);
}

/**
 * mheap_table_unlist - take a chunk off a list
 * @table: the table
 * @chunk: the chunk
 * @list: the list
 *
 * Called before the last look at the chunk: see mheap_table_list().
 *
 * Context: Any that may take a spinlock.
 */
void mheap_table_unlist(struct mheap_table *table, struct mheap_chunk *chunk,
			enum mheap_list list)
{
	spin_lock(&table->lock);
	if (chunk->listed[list]) {
		cut_out(table, chunk, list);
		WRITE_ONCE(table->listed[list], table->listed[list] - 1);
		WRITE_ONCE(chunk->listed[list], false);
	}
	spin_unlock(&table->lock);
	smp_mb(); /* pairs with mheap_table_list() */
}

/**
 * mheap_table_first - the first chunk of a list
 * @table: the table
 * @list: the list
 *
 * Context: Any that may take a spinlock. Return: The chunk, or NULL.
 */
struct mheap_chunk *mheap_table_first(struct mheap_table *table, enum mheap_list list)
{
	struct mheap_chunk *chunk;

	spin_lock(&table->lock);
	chunk = chunk_at(table, table->first[list]);
	spin_unlock(&table->lock);
	return chunk;
}

/**
 * mheap_table_rotate - the first chunk of a list, which becomes the last
 * @table: the table
 * @list: the list
 *
 * So the next one who asks gets another.
 *
 * Context: Any that may take a spinlock. Return: The chunk, or NULL.
 */
struct mheap_chunk *mheap_table_rotate(struct mheap_table *table, enum mheap_list list)
{
	struct mheap_chunk *chunk;

	spin_lock(&table->lock);
	chunk = chunk_at(table, table->first[list]);
	if (chunk) {
		cut_out(table, chunk, list);
		append(table, chunk, list);
	}
	spin_unlock(&table->lock);
	return chunk;
}

/**
 * mheap_table_copy_list - take down the chunks of a list
 * @table: the table
 * @list: the list
 * @chunk: filled
 * @room: at most so many
 *
 * Context: Any that may take a spinlock. Return: How many were filled in.
 */
u32 mheap_table_copy_list(struct mheap_table *table, enum mheap_list list,
			  struct mheap_chunk **chunk, u32 room)
{
	struct mheap_chunk *at;
	u32 filled = 0;

	spin_lock(&table->lock);
	for (at = chunk_at(table, table->first[list]); at && filled < room;
	     at = chunk_at(table, at->next[list]))
		chunk[filled++] = at;
	spin_unlock(&table->lock);
	return filled;
}
