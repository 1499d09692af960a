// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marking. Bits of objects in scope are clear until they are reached; all other
 * bits are set, so one test of one bit tells whether there is anything to do.
 *
 * Objects that are reached wait on a stack. On their way off it they go through
 * a ring: their entries in the table are fetched when they enter it, their
 * bodies, which the entries point to, half way through, and by the time they
 * leave it their slots are in the cache. (Cher, Hosking and Vitek, "Software
 * prefetching for mark-sweep garbage collection", 2004.)
 *
 * The stack grows by pages. Where there is no memory for one, the object stays
 * marked but is not looked into, and at the end everything that is marked is
 * looked into once more, until nothing new is found.
 */
#include "body.h"
#include "mark.h"

#define PAGE_OBJECTS	((PAGE_SIZE - sizeof(struct mheap_mark_page *)) / sizeof(u32))

/**
 * struct mheap_mark_page - a page of the stack
 * @below: the page below, full
 * @object: objects that are reached
 */
struct mheap_mark_page {
	struct mheap_mark_page *below;
	u32 object[PAGE_OBJECTS];
};

/**
 * mheap_mark_init - nothing is reached yet
 * @mark: to be made
 * @scope: what it is about; the bits of its objects are clear
 *
 * Context: Any.
 */
void mheap_mark_init(struct mheap_mark *mark, const struct mheap_scope *scope)
{
	memset(mark, 0, sizeof(*mark));
	mark->scope = *scope;
	mark->depth = PAGE_OBJECTS;
}

/**
 * mheap_mark_fini - free the stack
 * @mark: finished
 *
 * Context: May sleep.
 */
void mheap_mark_fini(struct mheap_mark *mark)
{
	kfree(mark->spare);
	kfree(mark->top);
}

static bool add_page(struct mheap_mark *mark)
{
	struct mheap_mark_page *page = mark->spare;

	BUILD_BUG_ON(sizeof(struct mheap_mark_page) != PAGE_SIZE);
	mark->spare = NULL;
	if (!page)
		page = kmalloc(sizeof(*page), GFP_NOWAIT | __GFP_NOWARN);
	if (!page)
		return false;
	page->below = mark->top;
	mark->top = page;
	mark->depth = 0;
	return true;
}

static void push(struct mheap_mark *mark, u32 object)
{
	if (unlikely(mark->depth == PAGE_OBJECTS) && !add_page(mark)) {
		mark->overflowed = true;
		return;
	}
	mark->top->object[mark->depth++] = object;
}

static bool pop(struct mheap_mark *mark, u32 *object)
{
	struct mheap_mark_page *page = mark->top;

	if (unlikely(!page))
		return false;
	if (unlikely(!mark->depth)) {
		if (!page->below)
			return false;
		mark->top = page->below;
		mark->depth = PAGE_OBJECTS;
		kfree(mark->spare);
		mark->spare = page;
		page = mark->top;
	}
	*object = page->object[--mark->depth];
	return true;
}

/**
 * mheap_mark_reach - an object has been reached
 * @mark: under way
 * @object: any object
 *
 * Context: Gate held for writing.
 */
void mheap_mark_reach(struct mheap_mark *mark, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&mark->scope.heap->table, object);
	u64 *word = &chunk->mark[mheap_block(object)];
	const u64 bit = mheap_bit(object);

	if (*word & bit)
		return;
	*word |= bit;
	push(mark, object);
}

static void look_into(struct mheap_mark *mark, u32 object)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&mark->scope.heap->table, object);
	u32 slots, i;
	const u32 *slot = mheap_body_slots(chunk, mheap_index(object), &slots);

	for (i = 0; i < slots; i++)
		if (slot[i])
			mheap_mark_reach(mark, slot[i]);
}

static void fetch_entry(struct mheap_mark *mark, u32 object)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&mark->scope.heap->table, object);

	prefetch(&chunk->body[mheap_index(object)]);
	prefetch(&chunk->slots[mheap_index(object)]);
}

static void fetch_body(struct mheap_mark *mark, u32 object)
{
	prefetch(mheap_chunk_of(&mark->scope.heap->table, object)->body[mheap_index(object)]);
}

/* Move the ring on as far as it goes. Return: false if ring and stack are empty. */
static bool fetch_ahead(struct mheap_mark *mark)
{
	u32 object;

	while (mark->in - mark->out < MHEAP_MARK_AHEAD && pop(mark, &object)) {
		fetch_entry(mark, object);
		mark->ahead[mark->in++ % MHEAP_MARK_AHEAD] = object;
	}
	while (mark->fetched - mark->out < MHEAP_MARK_AHEAD - MHEAP_MARK_ENTRIES &&
	       mark->fetched != mark->in)
		fetch_body(mark, mark->ahead[mark->fetched++ % MHEAP_MARK_AHEAD]);
	return mark->in != mark->out;
}

/**
 * mheap_mark_drain - reach everything from what is on the stack
 * @mark: under way
 *
 * Context: Gate held for writing. May sleep.
 */
void mheap_mark_drain(struct mheap_mark *mark)
{
	u32 object;
	u32 looked = 0;

	while (fetch_ahead(mark)) {
		object = mark->ahead[mark->out++ % MHEAP_MARK_AHEAD];
		look_into(mark, object);
		if (unlikely(++looked % 1024 == 0))
			cond_resched();
	}
}

/* Look into everything in a block that is in scope and marked. */
static void look_again(struct mheap_mark *mark, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run reached = {
		.base = chunk->base + block * MHEAP_BLOCK_OBJECTS,
		.left = mheap_scope_block(&mark->scope, chunk, block) & chunk->mark[block],
	};

	while (reached.left) {
		look_into(mark, mheap_run_next(&reached));
		mheap_mark_drain(mark);
	}
}

/**
 * mheap_mark_finish - reach what is left
 * @mark: under way; all that is known to be alive has been reached
 *
 * Context: Gate held for writing. May sleep.
 */
void mheap_mark_finish(struct mheap_mark *mark)
{
	struct mheap_chunk *chunk;
	u32 block;

	mheap_mark_drain(mark);
	while (mark->overflowed) {
		mark->overflowed = false;
		mheap_scope_begin(&mark->scope);
		while ((chunk = mheap_scope_next(&mark->scope)))
			for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
				look_again(mark, chunk, block);
	}
}
