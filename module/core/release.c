// SPDX-License-Identifier: GPL-2.0-only
/*
 * Release of dead objects, without recursion and without asking for memory.
 *
 * A dead object belongs to whoever took its last reference. Dead objects wait on
 * a short stack; to release one is to take its number and its body away from
 * each other, and then to empty the slots, which puts what dies of it on the
 * stack, and to free the body. Where the stack is full or the budget used up, the
 * dead are left to the worker: each has a bit in its chunk for that, so there is
 * always room. What has a header has many slots, and is emptied piece by piece
 * before it loses its number, so that the worker finds the rest; the header says
 * how far it has come.
 *
 * An object with a finalizer that has not been called is not released: it is given
 * to the queue of finalizers, with a reference, before anything of it is taken
 * apart, see finalizer.c.
 *
 * A collection may be looking at a dead object at any time. So what it can see
 * changes under the lock of the block only; and a reference that was taken out of
 * a slot is given up in the same section, see collect.c for why.
 */
#include "annex.h"
#include "body.h"
#include "count.h"
#include "finalizer.h"
#include "heap.h"
#include "image.h"
#include "release.h"
#include "watch.h"

#define STACK_OBJECTS	MHEAP_RELEASE_BUDGET
#define PIECE		MHEAP_BODY_INLINE_SLOTS	/* slots emptied in one go */
#define CORPSES		16U			/* bodies freed in one go */

/**
 * struct release - a release under way
 * @lane: who releases
 * @budget: objects and slots that may still be looked at; less than none after
 *          the last object's
 * @depth: objects on the stack
 * @object: dead objects, the caller's alone
 */
struct release {
	struct mheap_lane *lane;
	int budget;
	unsigned int depth;
	u32 object[STACK_OBJECTS];
};

/**
 * mheap_release_later - leave a dead object to the worker
 * @heap: the heap
 * @arena: of the lane, or of the sweep
 * @object: dead, and the caller's alone
 *
 * Context: In a section, or in the sweep of a collection. Takes the block lock.
 */
void mheap_release_later(struct mheap_heap *heap, struct mheap_arena *arena, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	const u32 block = mheap_block(object);

	spin_lock(&chunk->lock[block]);
	mheap_image_save(heap, arena, chunk, object, 0, 0);
	chunk->dead[block] |= mheap_bit(object);
	spin_unlock(&chunk->lock[block]);
	mheap_table_list(&heap->table, chunk, MHEAP_LIST_DEAD);
	heap->ops->release(heap);
}

static void release_later(struct release *release, u32 object)
{
	mheap_release_later(release->lane->heap, &release->lane->arena, object);
}

static void add_dead(struct release *release, u32 object)
{
	if (likely(release->depth < STACK_OBJECTS))
		release->object[release->depth++] = object;
	else
		release_later(release, object);
}

/* The number has had this tag for the last time. Return: its bit, if it can be reused. */
static u64 raise_tag(struct mheap_chunk *chunk, u32 object)
{
	const u32 tag = mheap_tag(chunk, object);

	if (unlikely(tag == MHEAP_TAG_MAX))
		return 0;
	WRITE_ONCE(chunk->identity[mheap_index(object)], (tag + 1) << MHEAP_TAG_SHIFT);
	return mheap_bit(object);
}

/* No collection and no worker finds them any more. The block is locked. */
static void forget(struct mheap_chunk *chunk, u32 block, u64 objects)
{
	lockdep_assert_held(&chunk->lock[block]);
	chunk->tracked[block] &= ~objects;
	chunk->young[0][block] &= ~objects;
	chunk->young[1][block] &= ~objects;
	chunk->dead[block] &= ~objects;
}

/*
 * Part a dead object's number from its body. The tag goes up and the number
 * becomes free under the block lock: an upgrade, which looks at tag and count
 * under it, sees the old tag only together with the count of the dead object,
 * which is zero.
 *
 * Where a collection still means the dead object, nobody may take the number, and
 * the chunk is listed by the sweep: or else whoever wants a number would look into
 * all such chunks in one operation.
 */
static void *detach(struct mheap_lane *lane, u32 object, struct mheap_shape *shape)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&lane->heap->table, object);
	const u32 block = mheap_block(object);
	const u32 index = mheap_index(object);
	struct mheap_annex *annex;
	bool tracked;
	u64 usable;
	void *body;

	spin_lock(&chunk->lock[block]);
	mheap_image_save(lane->heap, &lane->arena, chunk, object, 0, 0);
	mheap_image_part(lane->heap, chunk, object);
	body = chunk->body[index];
	mheap_body_shape(chunk, object, shape);
	mheap_body_part(chunk, object);
	annex = mheap_annex_take(chunk, object);
	tracked = chunk->tracked[block] & mheap_bit(object);
	forget(chunk, block, mheap_bit(object));
	chunk->free[block] |= raise_tag(chunk, object);
	usable = chunk->free[block] & ~mheap_unreached(chunk, block);
	spin_unlock(&chunk->lock[block]);
	if (unlikely(annex)) {
		mheap_watch_fire(lane->heap, annex);
		mheap_annex_free(&lane->heap->table, annex);
	}
	if (likely(usable))
		mheap_table_list(&lane->heap->table, chunk, MHEAP_LIST_FREE);
	lane->tally.freed++;
	if (tracked)
		lane->tally.tracked--;
	return body;
}

static void lose(struct release *release, u32 target)
{
	if (mheap_count_lose(mheap_count_of(release->lane->heap, target), MHEAP_INSIDE))
		add_dead(release, target);
}

/*
 * Take the next references out of the slots of a dead object that keeps its body.
 * @target: filled. Return: how many slots were looked at; 0 if none was left.
 */
static u32 empty_some(struct mheap_lane *lane, u32 object, u32 target[PIECE])
{
	struct mheap_chunk *chunk = mheap_chunk_of(&lane->heap->table, object);
	struct mheap_body_header *header = chunk->body[mheap_index(object)];
	const u32 most = min(header->cursor, PIECE);
	u32 *slot = (u32 *)(header + 1);
	u32 looked;

	spin_lock(&chunk->lock[mheap_block(object)]);
	mheap_image_save(lane->heap, &lane->arena, chunk, object, header->cursor - most, most);
	for (looked = 0; looked < most; looked++) {
		target[looked] = slot[--header->cursor];
		slot[header->cursor] = 0;
	}
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return looked;
}

static void lose_all(struct release *release, const u32 *target, u32 targets)
{
	u32 i;

	release->budget -= targets;
	for (i = 0; i < targets; i++)
		if (target[i])
			lose(release, target[i]);
}

/* Empty the slots while the budget lasts. Return: true if none is left. */
static bool empty_extended(struct release *release, u32 object)
{
	u32 target[PIECE] __uninitialized;
	u32 looked;

	do {
		looked = empty_some(release->lane, object, target);
		lose_all(release, target, looked);
	} while (looked && release->budget > 0);
	return !looked;
}

/* The value of an ephemeron may be garbage of a collection, see ephemeron.c. */
static bool waits(struct mheap_heap *heap, u32 object)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	bool waits;

	spin_lock(&chunk->lock[mheap_block(object)]);
	waits = mheap_ephemeron_waits(heap, chunk, object);
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return waits;
}

/* Nobody but its owner changes the shape, or the annex, of a dead object. */
static void release_one(struct release *release, u32 object)
{
	struct mheap_lane *lane = release->lane;
	const struct mheap_chunk *chunk = mheap_chunk_of(&lane->heap->table, object);
	struct mheap_shape shape;
	void *body;

	release->budget--;
	if (unlikely(mheap_finalizer_is_due(chunk, object)) &&
	    mheap_finalizer_call(lane, object))
		return;
	if (unlikely(mheap_body_extended(chunk, mheap_index(object)))) {
		if (waits(lane->heap, object) || !empty_extended(release, object)) {
			release_later(release, object);
			return;
		}
		body = detach(lane, object, &shape);
	} else {
		body = detach(lane, object, &shape);
		lose_all(release, body, shape.slots);
	}
	mheap_lane_free_body(lane, body, mheap_shape_size(&shape));
}

static void release_some(struct release *release)
{
	const int budget = release->budget;

	while (release->depth && release->budget > 0)
		release_one(release, release->object[--release->depth]);
	while (release->depth)
		release_later(release, release->object[--release->depth]);
	release->lane->work += budget - release->budget;
}

/* Not by an initialiser, which would clear the stack each time. */
static void begin(struct release *release, struct mheap_lane *lane)
{
	release->lane = lane;
	release->budget = MHEAP_RELEASE_BUDGET;
	release->depth = 0;
}

/**
 * mheap_release - release an object whose last reference went
 * @lane: the caller's, entered
 * @object: dead, and the caller's alone
 *
 * Context: Entered. Work is bounded; the rest is left to the worker.
 */
void mheap_release(struct mheap_lane *lane, u32 object)
{
	struct release release __uninitialized;

	mheap_assert_entered(lane);
	begin(&release, lane);
	add_dead(&release, object);
	release_some(&release);
}

/**
 * mheap_release_targets - drop references that slots have lost
 * @lane: the caller's, entered
 * @target: objects, each of which loses a reference from a slot; or 0
 * @targets: how many, at most MHEAP_RELEASE_BUDGET
 *
 * Context: Entered. Work is bounded; the rest is left to the worker.
 */
void mheap_release_targets(struct mheap_lane *lane, const u32 *target, u32 targets)
{
	struct release release __uninitialized;

	mheap_assert_entered(lane);
	begin(&release, lane);
	lose_all(&release, target, targets);
	release_some(&release);
}

/**
 * struct corpses - bodies of dead objects of one block
 * @heap: the heap
 * @tally: where to count them
 * @count: how many
 * @body: bodies, which nobody else can reach
 * @size: of each, in bytes
 * @annexes: how many
 * @annex: likewise, to be freed
 */
struct corpses {
	struct mheap_heap *heap;
	struct mheap_tally *tally;
	u32 count;
	void *body[CORPSES];
	u32 size[CORPSES];
	u32 annexes;
	struct mheap_annex *annex[CORPSES];
};

/* Part a dead object, whose block is locked, from its body. Return: its bit, or 0. */
static u64 take_corpse(struct corpses *corpses, struct mheap_chunk *chunk, u32 object)
{
	struct mheap_heap *heap = corpses->heap;
	void *body = chunk->body[mheap_index(object)];
	struct mheap_annex *annex;
	struct mheap_shape shape;
	size_t size;

	mheap_image_save(heap, &heap->arena, chunk, object, 0, 0);
	if (body) {
		mheap_body_shape(chunk, object, &shape);
		size = mheap_shape_size(&shape);
		corpses->tally->bytes -= heap->allocator->ops->charge(heap->allocator, size);
		if (likely(!mheap_image_keep(heap, chunk, object, size))) {
			corpses->body[corpses->count] = body;
			corpses->size[corpses->count++] = size;
		}
	}
	mheap_body_part(chunk, object);
	annex = mheap_annex_take(chunk, object);
	if (unlikely(annex))
		corpses->annex[corpses->annexes++] = annex;
	corpses->tally->freed++;
	return raise_tag(chunk, object);
}

static void free_annex(struct mheap_heap *heap, struct mheap_annex *annex)
{
	mheap_finalizer_skip(heap, annex);
	mheap_watch_fire(heap, annex);
	mheap_annex_free(&heap->table, annex);
}

static void free_corpses(struct corpses *corpses)
{
	struct mheap_allocator *allocator = corpses->heap->allocator;

	while (corpses->annexes)
		free_annex(corpses->heap, corpses->annex[--corpses->annexes]);
	while (corpses->count) {
		corpses->count--;
		allocator->ops->free(allocator, corpses->body[corpses->count],
				     corpses->size[corpses->count]);
	}
}

/* As many as there is room for. */
static void release_numbers(struct corpses *corpses, struct mheap_chunk *chunk,
			    struct mheap_run *run)
{
	const u32 block = mheap_block(run->base);
	const u64 before = run->left;
	u64 free = 0;
	u64 dead;
	u32 taken;

	spin_lock(&chunk->lock[block]);
	for (taken = 0; run->left && taken < CORPSES; taken++)
		free |= take_corpse(corpses, chunk, mheap_run_next(run));
	dead = before & ~run->left;
	corpses->tally->tracked -= hweight64(chunk->tracked[block] & dead);
	forget(chunk, block, dead);
	chunk->free[block] |= free;
	WRITE_ONCE(chunk->mark[block], chunk->mark[block] | dead);
	spin_unlock(&chunk->lock[block]);
	free_corpses(corpses);
}

/**
 * mheap_release_numbers - free bodies and numbers of objects of one block
 * @heap: the heap
 * @tally: where to count them
 * @chunk: their chunk
 * @run: the objects, dead, their slots without references that anybody is to lose, and
 *       out of reach of everybody but the caller, and an image; emptied
 *
 * A body is freed when the table does not have it any more: whoever reads an image may
 * look at it until then, under the lock of the block.
 *
 * Context: The sweep of a collection. Takes the block lock.
 */
void mheap_release_numbers(struct mheap_heap *heap, struct mheap_tally *tally,
			   struct mheap_chunk *chunk, struct mheap_run *run)
{
	struct corpses corpses __uninitialized;

	corpses.heap = heap;
	corpses.tally = tally;
	corpses.count = 0;
	corpses.annexes = 0;
	while (run->left)
		release_numbers(&corpses, chunk, run);
	mheap_table_list(&heap->table, chunk, MHEAP_LIST_FREE);
}

/*
 * A dead object of a block that is locked, or 0. What a collection has not reached is
 * its own to free once the verdict is asked for: behind that handshake nobody else may
 * take references out of it. The sweep lists the chunk again. An ephemeron may be none
 * of the sweep's where it has a value that will yet be reached: @open is set then.
 */
static u32 find_dead(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 block, bool *open)
{
	struct mheap_run dead = {
		.base = chunk->base + block * MHEAP_BLOCK_OBJECTS,
		.left = chunk->dead[block],
	};
	u32 object;

	lockdep_assert_held(&chunk->lock[block]);
	if (READ_ONCE(heap->phase) >= MHEAP_PHASE_VERDICT)
		dead.left &= ~mheap_unreached(chunk, block);
	while (dead.left) {
		object = mheap_run_next(&dead);
		if (likely(!mheap_ephemeron_waits(heap, chunk, object)))
			return object;
		*open |= READ_ONCE(heap->phase) == MHEAP_PHASE_VERDICT;
	}
	return 0;
}

static u32 take_dead(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 block, bool *open)
{
	u32 object;

	spin_lock(&chunk->lock[block]);
	do {
		object = find_dead(heap, chunk, block, open);
		/* Others are at it as well where the lock was released. */
	} while (object &&
		 !mheap_image_save(heap, &heap->worker.arena, chunk, object, 0, 0));
	if (object)
		chunk->dead[block] &= ~mheap_bit(object);
	spin_unlock(&chunk->lock[block]);
	return object;
}

/* One section's work at a block. Return: false if there is no dead object in it. */
static bool continue_block(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 block,
			   bool *open)
{
	struct mheap_lane *lane = &heap->worker;
	u32 object;

	mheap_lane_enter(lane);
	do {
		object = take_dead(heap, chunk, block, open);
		if (object)
			mheap_release(lane, object);
	} while (object && !mheap_lane_is_tired(lane));
	mheap_lane_leave(lane);
	return object;
}

static bool has_dead(struct mheap_chunk *chunk, u32 block)
{
	bool dead;

	spin_lock(&chunk->lock[block]);
	dead = chunk->dead[block];
	spin_unlock(&chunk->lock[block]);
	return dead;
}

/* Return: true if there are dead objects left that wait for a verdict. */
static bool continue_chunk(struct mheap_heap *heap, struct mheap_chunk *chunk)
{
	bool open = false;
	u32 block;

	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++)
		while (has_dead(chunk, block) && continue_block(heap, chunk, block, &open))
			cond_resched();
	return open;
}

static void release_dead(struct mheap_heap *heap)
{
	struct mheap_chunk *chunk;

	while ((chunk = mheap_table_first(&heap->table, MHEAP_LIST_DEAD))) {
		mheap_table_unlist(&heap->table, chunk, MHEAP_LIST_DEAD);
		if (likely(!continue_chunk(heap, chunk)))
			continue;
		mheap_table_list(&heap->table, chunk, MHEAP_LIST_DEAD);
		mutex_lock(&heap->verdict);
		mutex_unlock(&heap->verdict);
	}
}

/**
 * mheap_release_continue - go on with the releases that were left to the worker
 * @heap: the heap
 *
 * And with what deaths entail: events, and the values of ephemerons.
 *
 * Context: May sleep; not entered. Several may be at it.
 */
void mheap_release_continue(struct mheap_heap *heap)
{
	atomic_inc(&heap->releasing);
	do {
		release_dead(heap);
		mheap_watch_deliver(heap);
	} while (mheap_orphans_clear(heap));
	atomic_dec(&heap->releasing);
	heap->ops->released(heap);
}
EXPORT_SYMBOL_MHEAP(mheap_release_continue);

/**
 * mheap_release_pending - is a release waiting or being continued?
 * @heap: the heap
 *
 * Context: Any that may take a spinlock.
 * Return: true if objects are dead and not all of them are freed.
 */
bool mheap_release_pending(struct mheap_heap *heap)
{
	/*
	 * mheap_release_continue() counts itself before it empties the list. What
	 * it leaves to a collection is freed when that ends.
	 */
	return mheap_table_first(&heap->table, MHEAP_LIST_DEAD) ||
	       mheap_watch_is_pending(heap) || atomic_read(&heap->releasing) ||
	       READ_ONCE(heap->phase) >= MHEAP_PHASE_VERDICT;
}
EXPORT_SYMBOL_MHEAP(mheap_release_pending);
