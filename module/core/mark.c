// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marking. Bits of objects in scope are clear until they are reached; all other
 * bits are set, so one test of one bit tells whether there is anything to do. Only
 * the collection changes them, so it needs no lock for that; it looks at slots
 * under the lock of their block, at most PIECE of them before it lets it go, and
 * marks what they refer to meanwhile: to copy them first costs more.
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
#include "annex.h"
#include "body.h"
#include "mark.h"

#define PIECE		64U
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
 * @heap: the heap
 *
 * Context: Any.
 */
void mheap_mark_init(struct mheap_mark *mark, struct mheap_heap *heap)
{
	memset(mark, 0, sizeof(*mark));
	mark->heap = heap;
	mark->depth = PAGE_OBJECTS;
	mark->ephemerons = atomic_read(&heap->ephemerons.count);
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

static inline void reach(struct mheap_mark *mark, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, object);
	u64 *word = &chunk->mark[mheap_block(object)];
	const u64 bit = mheap_bit(object);

	if (*word & bit)
		return;
	WRITE_ONCE(*word, *word | bit);
	push(mark, object);
}

/**
 * mheap_mark_reach - an object has been reached
 * @mark: under way
 * @object: any object
 *
 * Context: A collection.
 */
void mheap_mark_reach(struct mheap_mark *mark, u32 object)
{
	reach(mark, object);
}

/*
 * Reach what some slots of an object refer to; its block is locked. An object that
 * died meanwhile has none; one that was resized still has each slot in its place.
 * Return: how many slots were looked at; less than PIECE behind the last.
 */
static u32 reach_some(struct mheap_mark *mark, struct mheap_chunk *chunk, u32 object, u32 from)
{
	u32 slots, some, i;
	const u32 *slot;

	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	slot = mheap_body_slots(chunk, mheap_index(object), &slots);
	some = from < slots ? min(slots - from, PIECE) : 0;
	for (i = from; i < from + some; i++)
		if (slot[i])
			reach(mark, slot[i]);
	return some;
}

/* Reach the value of an ephemeron, if its key is reached. Return: 0, no more slots. */
static u32 reach_if_key(struct mheap_mark *mark, struct mheap_chunk *chunk, u32 object)
{
	const u32 value = mheap_ephemeron_holds(mark->heap, chunk, object);

	if (value)
		reach(mark, value);
	return 0;
}

/* Is it the key of an ephemeron? Its block is locked. Return: its bit, or 0. */
static inline u64 key_bit(const struct mheap_mark *mark, const struct mheap_chunk *chunk,
			  u32 object)
{
	const struct mheap_annex *annex;

	if (likely(!mark->ephemerons))
		return 0;
	annex = mheap_annex_of(chunk, object);
	return annex && annex->flags & MHEAP_ANNEX_KEY ? mheap_bit(object) : 0;
}

/* An ephemeron whose key is reached by now. */
static void reach_value(struct mheap_mark *mark, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, object);

	spin_lock(&chunk->lock[mheap_block(object)]);
	if (!mheap_is_unreached(chunk, object) &&
	    mheap_body_is_ephemeron(chunk, mheap_index(object)))
		reach_if_key(mark, chunk, object);
	spin_unlock(&chunk->lock[mheap_block(object)]);
}

/* Reach the values that reached ephemerons have for the keys of a block. */
static void reach_values(struct mheap_mark *mark, struct mheap_run keys)
{
	u32 found[MHEAP_EPHEMERON_PIECE] __uninitialized;
	u32 key, some, i;
	u64 round;

	while (keys.left) {
		key = mheap_run_next(&keys);
		round = mheap_ephemerons_begin(mark->heap);
		while ((some = mheap_ephemerons_of(mark->heap, key, round, found)))
			for (i = 0; i < some; i++)
				reach_value(mark, found[i]);
	}
}

static void look_into(struct mheap_mark *mark, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, object);
	struct mheap_run key = { .base = object & ~(MHEAP_BLOCK_OBJECTS - 1) };
	u32 from = 0;
	u32 some;

	do {
		spin_lock(&chunk->lock[mheap_block(object)]);
		key.left = key_bit(mark, chunk, object);
		if (unlikely(mheap_body_is_ephemeron(chunk, mheap_index(object))))
			some = reach_if_key(mark, chunk, object);
		else
			some = reach_some(mark, chunk, object, from);
		spin_unlock(&chunk->lock[mheap_block(object)]);
		from += some;
	} while (unlikely(some == PIECE));
	if (unlikely(key.left))
		reach_values(mark, key);
}

static void fetch_entry(struct mheap_mark *mark, u32 object)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, object);

	prefetch(&chunk->body[mheap_index(object)]);
	prefetch(&chunk->slots[mheap_index(object)]);
}

/* Without the lock: what it finds may be gone, and is not looked at. */
static void fetch_body(struct mheap_mark *mark, u32 object)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, object);

	prefetch(READ_ONCE(chunk->body[mheap_index(object)]));
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

static u32 next_object(const struct mheap_mark *mark)
{
	return mark->ahead[mark->out % MHEAP_MARK_AHEAD];
}

static bool is_neighbour(u32 object, u32 other)
{
	return (object ^ other) < MHEAP_BLOCK_OBJECTS;
}

/* Does it fit between @looked slots and PIECE? An object costs as much as a slot. */
static bool fits(const struct mheap_chunk *chunk, u32 object, u32 looked)
{
	const u32 slots = chunk->slots[mheap_index(object)];

	return looked + slots < PIECE && slots != MHEAP_BODY_EXTENDED;
}

/*
 * Look into the next object of the ring, and into those behind it that are in the
 * same block, as they often are, as long as it all is no more than PIECE slots:
 * taking the lock costs as much as looking into two or three objects. Return: how
 * many objects there were.
 */
static u32 look_into_next(struct mheap_mark *mark)
{
	const u32 first = next_object(mark);
	struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, first);
	struct mheap_run keys = { .base = first & ~(MHEAP_BLOCK_OBJECTS - 1) };
	u32 object = first;
	u32 objects = 0;
	u32 looked = 0;

	spin_lock(&chunk->lock[mheap_block(first)]);
	while (is_neighbour(object, first) && fits(chunk, object, looked)) {
		looked += 1 + reach_some(mark, chunk, object, 0);
		keys.left |= key_bit(mark, chunk, object);
		mark->out++;
		objects++;
		/* What has just been reached may be the next neighbour. */
		if (mark->out == mark->in && !fetch_ahead(mark))
			break;
		object = next_object(mark);
	}
	spin_unlock(&chunk->lock[mheap_block(first)]);
	if (unlikely(!objects)) {
		mark->out++;
		look_into(mark, first);
		objects++;
	}
	if (unlikely(keys.left))
		reach_values(mark, keys);
	return objects;
}

/**
 * mheap_mark_drain - reach everything from what is on the stack
 * @mark: under way
 *
 * Context: A collection. May sleep.
 */
void mheap_mark_drain(struct mheap_mark *mark)
{
	u32 looked = 0;

	while (fetch_ahead(mark)) {
		looked += look_into_next(mark);
		if (unlikely(looked >= 1024)) {
			looked = 0;
			cond_resched();
		}
	}
}

/*
 * Look once more into everything of a block that is not unreached: what has been
 * marked, and some that the collection is not about, which does no harm.
 */
static void look_again(struct mheap_mark *mark, struct mheap_chunk *chunk, u32 block)
{
	struct mheap_run reached = {
		.base = chunk->base + block * MHEAP_BLOCK_OBJECTS,
	};

	spin_lock(&chunk->lock[block]);
	reached.left = chunk->tracked[block] & ~mheap_unreached(chunk, block);
	spin_unlock(&chunk->lock[block]);
	while (reached.left) {
		look_into(mark, mheap_run_next(&reached));
		mheap_mark_drain(mark);
	}
}

/**
 * mheap_mark_finish - reach what is left
 * @mark: under way; all that is known to be alive has been reached
 * @scope: what the collection is about
 *
 * Context: A collection. May sleep.
 */
void mheap_mark_finish(struct mheap_mark *mark, struct mheap_scope *scope)
{
	struct mheap_chunk *chunk;
	u32 block;

	mheap_mark_drain(mark);
	while (mark->overflowed) {
		mark->overflowed = false;
		mheap_scope_begin(scope);
		while ((chunk = mheap_scope_next(scope)))
			for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
				look_again(mark, chunk, block);
	}
}
