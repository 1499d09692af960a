// SPDX-License-Identifier: GPL-2.0-only
/*
 * Census. The mark bits of the objects that belong to the set are cleared, block
 * by block, and the objects move up a generation at the same moment: what is
 * born from then on is told from what survives. What turns out to be garbage has
 * no generation for long.
 */
#include "census.h"

/**
 * mheap_census_prepare - forget what was touched before
 * @scope: of a collection
 *
 * Must be followed by a handshake before the census: only then is every touch of
 * a reference that the census does not see still there.
 *
 * Context: A collection. May sleep.
 */
void mheap_census_prepare(struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope)))
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			atomic64_set(&chunk->touched[block], 0);
}

/*
 * Take the objects of the set out of their generations. The block is locked. What is
 * permanent stays so; it belongs to the set of a full collection, which does not
 * count it.
 */
static u64 take_members(u32 generation, struct mheap_chunk *chunk, u32 block)
{
	const u64 frozen = mheap_frozen(chunk, block);
	const u64 youngest = chunk->young[0][block] & ~frozen;
	const u64 younger = chunk->young[1][block] & ~frozen;

	chunk->young[0][block] = frozen;
	if (generation == 0) {
		chunk->young[1][block] = frozen | younger | youngest;
		return youngest;
	}
	chunk->young[1][block] = frozen;
	return generation == 1 ? younger | youngest : chunk->tracked[block];
}

/* Return: how many objects of the block belong to the set and are not permanent. */
static u32 take_block(u32 generation, struct mheap_chunk *chunk, u32 block, bool *young)
{
	u64 members, frozen;

	spin_lock(&chunk->lock[block]);
	members = take_members(generation, chunk, block);
	frozen = mheap_frozen(chunk, block);
	WRITE_ONCE(chunk->mark[block], ~members);
	*young |= chunk->young[1][block] & ~frozen;
	spin_unlock(&chunk->lock[block]);
	return hweight64(members & ~frozen);
}

/**
 * mheap_census_take - clear the mark bits of the set
 * @scope: of a collection
 *
 * Context: A collection. May sleep.
 * Return: How many objects belong to the set, the permanent ones not counted.
 */
u64 mheap_census_take(struct mheap_scope *scope)
{
	struct mheap_table *table = &scope->heap->table;
	struct mheap_chunk *chunk;
	u64 members = 0;
	bool young;
	u32 block;

	mheap_scope_begin(scope);
	while ((chunk = mheap_scope_next(scope))) {
		young = false;
		mheap_table_unlist(table, chunk, MHEAP_LIST_YOUNG);
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
			members += take_block(scope->generation, chunk, block, &young);
		if (young)
			mheap_table_list(table, chunk, MHEAP_LIST_YOUNG);
	}
	return members;
}
