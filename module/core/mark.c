// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marking. Bits of objects in scope are clear until they are reached; all other
 * bits are set, so one test of one bit tells whether there is anything to do. Only
 * the collection changes them, so it needs no lock for that; it looks at slots
 * under the lock of their block, at most PIECE of them before it lets it go, and
 * marks what they refer to meanwhile: to copy them first costs more.
 *
 * Objects that are reached and not looked into are grey, a second bit. Blocks with
 * grey objects stand in a queue, each of them once. While one waits for its turn,
 * references from others add to what is grey in it, so in a wide graph most blocks
 * have many grey objects by then, which lie side by side in table and memory. No
 * stack can overflow, and no memory is needed. (Knyszek and Clements, Go's "Green
 * Tea" garbage collector, 2025, which does so with spans of objects of one size.)
 * What the next block of the queue will need is fetched into the cache meanwhile.
 */
#include "annex.h"
#include "body.h"
#include "mark.h"

#define PIECE		64U

/**
 * mheap_mark_init - nothing is reached yet
 * @mark: to be made
 * @heap: the heap
 *
 * Context: A collection.
 */
void mheap_mark_init(struct mheap_mark *mark, struct mheap_heap *heap)
{
	memset(mark, 0, sizeof(*mark));
	mark->heap = heap;
	mark->first = MHEAP_MARK_NONE;
	mark->turn = MHEAP_MARK_NONE;
	mark->fetched = MHEAP_MARK_NONE;
	mark->ephemerons = atomic_read(&heap->ephemerons.count);
}

static u32 first_of_block(u32 object)
{
	return object & ~(MHEAP_BLOCK_OBJECTS - 1);
}

/* Its block has got its first grey object. */
static noinline void queue_block(struct mheap_mark *mark, u32 object)
{
	const u32 first = first_of_block(object);
	struct mheap_chunk *chunk;

	if (mark->first == MHEAP_MARK_NONE) {
		mark->first = first;
	} else {
		chunk = mheap_chunk_of(&mark->heap->table, mark->last);
		chunk->behind[mheap_block(mark->last)] = first;
	}
	mark->last = first;
}

/* The block behind one that is in the queue, or MHEAP_MARK_NONE. */
static u32 block_behind(const struct mheap_mark *mark, u32 first)
{
	if (first == mark->last)
		return MHEAP_MARK_NONE;
	return mheap_chunk_of(&mark->heap->table, first)->behind[mheap_block(first)];
}

/* It is the turn of the first block of the queue. Return: false if there is none. */
static bool next_block(struct mheap_mark *mark)
{
	mark->turn = mark->first;
	if (mark->turn == MHEAP_MARK_NONE)
		return false;
	mark->first = block_behind(mark, mark->first);
	return true;
}

/*
 * Behind this, as before, a block is in the queue exactly if it has grey objects and it
 * is not its turn: the one whose turn it is keeps it until it has none.
 */
static inline void reach(struct mheap_mark *mark, u32 object)
{
	struct mheap_marks *marks = mheap_marks_of(&mark->heap->table, object);
	const u32 block = mheap_marks_block(object);
	const u64 bit = mheap_bit(object);
	u64 grey, new;

	/* No branch on whether it is new: in most graphs that cannot be foretold. */
	new = ~marks->mark[block] & bit;
	grey = marks->grey[block];
	if (unlikely(!grey) && new && first_of_block(object) != mark->turn)
		queue_block(mark, object);
	WRITE_ONCE(marks->mark[block], marks->mark[block] | bit);
	marks->grey[block] = grey | new;
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
	struct mheap_run key = { .base = first_of_block(object) };
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

/* What a block needs until its bodies can be fetched. */
static void fetch_entries(const struct mheap_mark *mark, u32 first)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, first);
	const u32 index = mheap_index(first);
	u32 i;

	prefetchw(&chunk->lock[mheap_block(first)]);
	prefetch(&chunk->slots[index]);
	for (i = 0; i < MHEAP_BLOCK_OBJECTS; i += L1_CACHE_BYTES / sizeof(chunk->body[0]))
		prefetch(&chunk->body[index + i]);
}

/* Bodies of what is grey. No lock: what it finds may be gone, and is not looked at. */
static void fetch_bodies(const struct mheap_mark *mark, u32 first)
{
	const struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, first);
	struct mheap_run run = {
		.base = first,
		.left = mheap_marks_of(&mark->heap->table, first)->grey[mheap_marks_block(first)],
	};

	while (run.left)
		prefetch(READ_ONCE(chunk->body[mheap_index(mheap_run_next(&run))]));
}

/* Fetch what the next blocks need while another one is looked into. */
static void fetch_ahead(struct mheap_mark *mark)
{
	u32 second;

	if (mark->fetched != mark->turn)
		fetch_bodies(mark, mark->turn);
	mark->fetched = mark->first;
	if (mark->first == MHEAP_MARK_NONE)
		return;
	fetch_bodies(mark, mark->first);
	second = block_behind(mark, mark->first);
	if (second != MHEAP_MARK_NONE)
		fetch_entries(mark, second);
}

/* Does it fit between @looked slots and PIECE? An object costs as much as a slot. */
static bool fits(const struct mheap_chunk *chunk, u32 object, u32 looked)
{
	const u32 slots = chunk->slots[mheap_index(object)];

	return looked + slots < PIECE && slots != MHEAP_BODY_EXTENDED;
}

/*
 * Look into some grey objects of the block whose turn it is, and into those that turn
 * grey in it by that, as long as it all is no more than PIECE slots; or into one that
 * has more. Return: how many objects that was.
 */
static u32 look_into_some(struct mheap_mark *mark, struct mheap_chunk *chunk, u64 *grey)
{
	const u32 block = mheap_block(mark->turn);
	struct mheap_run keys = { .base = mark->turn };
	u32 objects = 0;
	u32 looked = 0;
	u32 object = 0;

	spin_lock(&chunk->lock[block]);
	while (*grey) {
		object = mark->turn + __ffs64(*grey);
		if (!fits(chunk, object, looked))
			break;
		*grey &= *grey - 1;
		looked += 1 + reach_some(mark, chunk, object, 0);
		keys.left |= key_bit(mark, chunk, object);
		objects++;
	}
	spin_unlock(&chunk->lock[block]);
	if (unlikely(!objects)) {
		*grey &= *grey - 1;
		look_into(mark, object);
		objects++;
	}
	if (unlikely(keys.left))
		reach_values(mark, keys);
	return objects;
}

/* Look into the block whose turn it is. Return: how many objects were grey. */
static u32 look_into_block(struct mheap_mark *mark)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&mark->heap->table, mark->turn);
	struct mheap_marks *marks = mheap_marks_of(&mark->heap->table, mark->turn);
	u64 *grey = &marks->grey[mheap_marks_block(mark->turn)];
	u32 objects = 0;

	fetch_ahead(mark);
	while (*grey)
		objects += look_into_some(mark, chunk, grey);
	return objects;
}

/**
 * mheap_mark_drain - reach everything from what is grey
 * @mark: under way
 *
 * Context: A collection. May sleep.
 */
void mheap_mark_drain(struct mheap_mark *mark)
{
	u32 looked = 0;

	while (next_block(mark)) {
		looked += look_into_block(mark);
		if (unlikely(looked >= 1024)) {
			looked = 0;
			cond_resched();
		}
	}
}
