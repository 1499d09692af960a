// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes: entering and leaving sections, and handshakes.
 */
#include "heap.h"
#include "lane.h"
#include "object.h"
#include "stall.h"

/* Bodies that are larger are cleared and freed outside the section. */
#define LARGE_BODY	16384U

/* heap->size is told when a lane has changed by more than this. */
#define SIZE_STEP	16384L

/* How often to look for a moment without sections, see mheap_lanes_hold_idle(). */
#define HOLD_LOOKS	64U

/* The addends may be those of a lane at work; each is read whole. */
static __no_kcsan void add_tally(struct mheap_tally *sum, const struct mheap_tally *tally)
{
	sum->created += READ_ONCE(tally->created);
	sum->freed += READ_ONCE(tally->freed);
	sum->collected += READ_ONCE(tally->collected);
	sum->bytes += READ_ONCE(tally->bytes);
	sum->tracked += READ_ONCE(tally->tracked);
	sum->handles += READ_ONCE(tally->handles);
	sum->sections += READ_ONCE(tally->sections);
}

/**
 * mheap_lanes_book - book changes that were made outside of a section
 * @lanes: of a heap
 * @tally: the changes
 *
 * Context: May sleep; waits for at most one section.
 */
void mheap_lanes_book(struct mheap_lanes *lanes, const struct mheap_tally *tally)
{
	mutex_lock(&lanes->lock);
	add_tally(&lanes->total, tally);
	mutex_unlock(&lanes->lock);
}

/**
 * mheap_lanes_sum - all changes since the heap was made
 * @lanes: of a heap
 * @sum: filled; sections under way may be in it in part
 *
 * Context: May sleep; waits for at most one section.
 */
void mheap_lanes_sum(struct mheap_lanes *lanes, struct mheap_tally *sum)
{
	struct mheap_lane *lane;

	mutex_lock(&lanes->lock);
	*sum = lanes->total;
	list_for_each_entry(lane, &lanes->list, link)
		add_tally(sum, &lane->tally);
	mutex_unlock(&lanes->lock);
}
EXPORT_SYMBOL_MHEAP(mheap_lanes_sum);

/**
 * mheap_lanes_init - no lanes yet
 * @lanes: to be made
 *
 * Context: Any.
 */
void mheap_lanes_init(struct mheap_lanes *lanes)
{
	memset(lanes, 0, sizeof(*lanes));
	mutex_init(&lanes->lock);
	INIT_LIST_HEAD(&lanes->list);
}

/**
 * mheap_lanes_fini - the end of a heap's lanes
 * @lanes: there are none any more
 *
 * Context: May sleep.
 */
void mheap_lanes_fini(struct mheap_lanes *lanes)
{
	mutex_destroy(&lanes->lock);
}

/**
 * mheap_lanes_hold - hold up everybody
 * @lanes: of a heap
 *
 * For verification and mheap_lanes_hold_idle() only: nothing else ever holds two
 * lanes.
 *
 * Context: May sleep.
 */
void mheap_lanes_hold(struct mheap_lanes *lanes)
{
	struct mheap_lane *lane;

	mutex_lock(&lanes->lock);
	list_for_each_entry(lane, &lanes->list, link)
		mutex_lock_nest_lock(&lane->lock, &lanes->lock);
}

/**
 * mheap_lanes_let_go - let them go on
 * @lanes: of a heap, held
 *
 * Context: May sleep.
 */
void mheap_lanes_let_go(struct mheap_lanes *lanes)
{
	struct mheap_lane *lane;

	list_for_each_entry(lane, &lanes->list, link)
		mutex_unlock(&lane->lock);
	mutex_unlock(&lanes->lock);
}

/*
 * Wait for the end of the section that may be under way, and make the lane give back
 * what it has reserved in vain. Where there is no section the lock is not even held
 * for as long as it takes to lose the processor.
 */
static void greet(struct mheap_lane *lane)
{
	bool idle;

	preempt_disable();
	idle = mutex_trylock(&lane->lock);
	if (likely(idle)) {
		mheap_limit_give_back(lane);
		mutex_unlock(&lane->lock);
	}
	preempt_enable();
	if (likely(idle))
		return;
	mutex_lock(&lane->lock);
	mheap_limit_give_back(lane);
	mutex_unlock(&lane->lock);
}

/* A lane with a section under way, or NULL. */
static struct mheap_lane *find_busy(struct mheap_lanes *lanes)
{
	struct mheap_lane *lane;

	lockdep_assert_held(&lanes->lock);
	list_for_each_entry(lane, &lanes->list, link)
		if (mutex_is_locked(&lane->lock))
			return lane;
	return NULL;
}

/**
 * mheap_lanes_hold_idle - hold up everybody for as short a time as can be
 * @lanes: of a heap
 *
 * Where a lane is held and the next one waited for, the first stands still for the
 * sake of the other. So sections that are under way are waited for before, and nobody
 * is held until a look finds all lanes idle. On a heap with many busy lanes that may
 * never be: then they are held one after the other, which takes no longer than
 * the longest section does.
 *
 * Context: May sleep.
 */
void mheap_lanes_hold_idle(struct mheap_lanes *lanes)
{
	unsigned int looks = HOLD_LOOKS;
	struct mheap_lane *busy;

	do {
		mutex_lock(&lanes->lock);
		busy = find_busy(lanes);
		if (busy)
			greet(busy);
		mutex_unlock(&lanes->lock);
	} while (busy && --looks);
	mheap_lanes_hold(lanes);
}

/**
 * mheap_lane_init - make a lane
 * @lane: to be made
 * @heap: what it leads to
 *
 * It takes no part in a handshake that is under way: its first section comes
 * behind the lock that the handshake held, so it sees all that was done before.
 *
 * Context: May sleep.
 */
void mheap_lane_init(struct mheap_lane *lane, struct mheap_heap *heap)
{
	memset(lane, 0, sizeof(*lane));
	mutex_init(&lane->lock);
	lane->heap = heap;
	lane->short_of = MHEAP_LIMITS;
	mutex_lock(&heap->lanes.lock);
	lane->round = heap->lanes.round;
	list_add_tail(&lane->link, &heap->lanes.list);
	heap->lanes.count++;
	mutex_unlock(&heap->lanes.lock);
}

/**
 * mheap_lane_fini - the end of a lane
 * @lane: no section is under way, and none will be
 *
 * Context: May sleep; waits for at most one section of another lane.
 */
void mheap_lane_fini(struct mheap_lane *lane)
{
	struct mheap_heap *heap = lane->heap;

	mutex_lock(&heap->lanes.lock);
	list_del(&lane->link);
	heap->lanes.count--;
	add_tally(&heap->lanes.total, &lane->tally);
	mutex_unlock(&heap->lanes.lock);
	mheap_peak_change(heap, lane->tally.bytes - lane->bytes_told);
	mheap_limit_give_back(lane);
	mutex_destroy(&lane->lock);
}

/**
 * mheap_lane_enter - begin a section
 * @lane: the caller's
 *
 * Context: May sleep.
 */
void mheap_lane_enter(struct mheap_lane *lane)
{
	mheap_stall_lock(lane->heap, &lane->lock);
}

/**
 * mheap_lane_enter_killable - begin a section, unless a signal kills the caller
 * @lane: the caller's
 *
 * Context: May sleep. Return: 0 or -EINTR.
 */
int mheap_lane_enter_killable(struct mheap_lane *lane)
{
	return mheap_stall_lock_killable(lane->heap, &lane->lock);
}

static void free_discarded(struct mheap_allocator *allocator, struct mheap_discard *discard)
{
	struct mheap_discard *next;

	for (; discard; discard = next) {
		next = discard->next;
		allocator->ops->free(allocator, discard, discard->size);
	}
}

/* Tell heap->size, in steps. */
static void tell_bytes(struct mheap_lane *lane)
{
	const long change = lane->tally.bytes - lane->bytes_told;
	struct mheap_heap *heap = lane->heap;

	if (likely(change > -SIZE_STEP && change < SIZE_STEP))
		return;
	lane->bytes_told = lane->tally.bytes;
	mheap_peak_change(heap, change);
	if (change > 0 && mheap_ceiling_is_near(heap))
		heap->ops->collect(heap);
}

/* Tell the counter of generation 0. */
static void tell_tracked(struct mheap_lane *lane)
{
	const long change = lane->tally.tracked - lane->tracked_told;
	struct mheap_heap *heap = lane->heap;

	lane->tracked_told = lane->tally.tracked;
	if (mheap_generations_born(&heap->generations, change))
		heap->ops->collect(heap);
}

/* Tell others what the section did, as far as they need to know. */
static void book(struct mheap_lane *lane)
{
	if (lane->tally.tracked != lane->tracked_told)
		tell_tracked(lane);
	tell_bytes(lane);
	if (lane->allocating)
		mheap_ceiling_book(lane);
	if (unlikely(READ_ONCE(lane->heap->quota.strict) || lane == &lane->heap->worker ||
		     mheap_lane_is_loose(lane)))
		mheap_limit_trim(lane);
	lane->tally.sections++;
}

/**
 * mheap_lane_leave - end a section, and book what it did
 * @lane: the caller's, entered
 *
 * Context: Entered; no longer so behind it. May sleep.
 */
void mheap_lane_leave(struct mheap_lane *lane)
{
	struct mheap_discard *discarded = lane->discarded;

	book(lane);
	lane->work = 0;
	lane->discarded = NULL;
	mutex_unlock(&lane->lock);
	if (unlikely(discarded))
		free_discarded(lane->heap->allocator, discarded);
}

/**
 * mheap_lane_step_aside - wait for somebody, outside the section
 * @lane: the caller's, entered
 * @lock: what somebody holds for as long as it is to be waited for
 *
 * Context: Entered, again behind it. May sleep. The caller must look again at
 * everything that a section protects.
 */
void mheap_lane_step_aside(struct mheap_lane *lane, struct mutex *lock)
{
	mheap_lane_leave(lane);
	mheap_stall_lock(lane->heap, lock);
	mutex_unlock(lock);
	mheap_lane_enter(lane);
}

/* Where waiting for memory holds up nobody. */
static void *alloc_outside(struct mheap_lane *lane, size_t size)
{
	struct mheap_allocator *allocator = lane->heap->allocator;
	void *body;

	mheap_lane_leave(lane);
	body = allocator->ops->alloc(allocator, size);
	mheap_lane_enter(lane);
	return body;
}

/**
 * mheap_lane_zalloc - memory that is not a body
 * @lane: the caller's, entered
 * @size: how many bytes
 *
 * Where there is none without waiting the section is left for it: somebody may be
 * waiting for its end.
 *
 * Context: Entered; the section may be left and entered again. May sleep.
 * Return: Zeroed memory for kvfree(), up to a page also for kfree(); or NULL.
 */
void *mheap_lane_zalloc(struct mheap_lane *lane, size_t size)
{
	void *memory;

	mheap_assert_entered(lane);
	memory = kzalloc(size, MHEAP_GFP_NOW);
	if (likely(memory))
		return memory;
	mheap_lane_leave(lane);
	memory = mheap_port_kvzalloc(size, MHEAP_GFP);
	mheap_lane_enter(lane);
	return memory;
}

static void *alloc_body(struct mheap_lane *lane, size_t size)
{
	struct mheap_allocator *allocator = lane->heap->allocator;
	void *body;

	if (unlikely(size > LARGE_BODY))
		return alloc_outside(lane, size);
	if (!allocator->ops->alloc_now)
		return allocator->ops->alloc(allocator, size);
	body = allocator->ops->alloc_now(allocator, size);
	return likely(body) ? body : alloc_outside(lane, size);
}

/* Tell the allocator whose body it is. */
static noinline void bind(struct mheap_lane *lane, u32 object, void *body)
{
	struct mheap_allocator *allocator = lane->heap->allocator;
	const struct mheap_chunk *chunk = mheap_chunk_of(&lane->heap->table, object);

	allocator->ops->bind(allocator, body, mheap_id(object, mheap_tag(chunk, object)));
}

/**
 * mheap_lane_new_body - allocate a body
 * @lane: the caller's, entered
 * @object: whose body it is to be; the caller has it, or its number
 * @size: how many bytes, at least 1
 *
 * A large one takes long to clear, so the section is left for it; likewise where
 * there is no memory without waiting. It does not count until mheap_lane_book_body().
 *
 * Context: Entered. May sleep. Return: Zeroed memory, or NULL.
 */
void *mheap_lane_new_body(struct mheap_lane *lane, u32 object, size_t size)
{
	void *body;

	mheap_assert_entered(lane);
	body = alloc_body(lane, size);
	if (unlikely(body && lane->heap->allocator->ops->bind))
		bind(lane, object, body);
	return body;
}

/**
 * mheap_lane_discard_body - free a body that was not booked, now or behind the section
 * @lane: the caller's, entered
 * @body: from mheap_lane_new_body()
 * @size: its size in bytes
 *
 * Context: Entered.
 */
void mheap_lane_discard_body(struct mheap_lane *lane, void *body, size_t size)
{
	struct mheap_discard *discard = body;

	mheap_assert_entered(lane);
	if (likely(size <= LARGE_BODY)) {
		lane->heap->allocator->ops->free(lane->heap->allocator, body, size);
		return;
	}
	discard->next = lane->discarded;
	discard->size = size;
	lane->discarded = discard;
}

/**
 * mheap_lane_free_body - free a body, now or behind the section
 * @lane: the caller's, entered
 * @body: nobody else can reach it; may be NULL
 * @size: its size in bytes
 *
 * Context: Entered.
 */
void mheap_lane_free_body(struct mheap_lane *lane, void *body, size_t size)
{
	struct mheap_allocator *allocator = lane->heap->allocator;

	if (!body)
		return;
	lane->tally.bytes -= allocator->ops->charge(allocator, size);
	mheap_lane_discard_body(lane, body, size);
}

/* Take the next lane that has not taken part, and wait for it. */
static bool greet_one(struct mheap_lanes *lanes)
{
	struct mheap_lane *lane;
	bool found = false;

	mutex_lock(&lanes->lock);
	lane = list_first_entry_or_null(&lanes->list, struct mheap_lane, link);
	if (lane && lane->round != lanes->round) {
		found = true;
		lane->round = lanes->round;
		list_move_tail(&lane->link, &lanes->list);
		greet(lane);
	}
	mutex_unlock(&lanes->lock);
	return found;
}

/**
 * mheap_lane_handshake - agree with all lanes, see above
 * @heap: the heap
 *
 * Those that have taken part are at the end of the list, together with those that
 * were made meanwhile.
 *
 * Context: One at a time, by heap->collecting. May sleep.
 */
void mheap_lane_handshake(struct mheap_heap *heap)
{
	struct mheap_lanes *lanes = &heap->lanes;

	lockdep_assert_held(&heap->collecting);
	mutex_lock(&lanes->lock);
	lanes->round++;
	mutex_unlock(&lanes->lock);
	while (greet_one(lanes))
		cond_resched();
}
