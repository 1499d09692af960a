// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ceiling: when a heap is near it or has reached it, and who is to wait.
 */
#include "ceiling.h"
#include "heap.h"
#include "lane.h"

/* Who has allocated less than this share of what the largest has does not wait. */
#define INNOCENT	4

static void set_limits(struct mheap_ceiling *ceiling)
{
	const s64 alive = atomic64_read(&ceiling->alive);
	const s64 share = alive / 100 * READ_ONCE(ceiling->percent);
	const s64 allowed = max(share, MHEAP_CEILING_LEAST);

	atomic64_set(&ceiling->soft, alive + allowed / 2);
	atomic64_set(&ceiling->limit, alive + allowed);
}

/**
 * mheap_ceiling_init - the ceiling of an empty heap
 * @ceiling: to be made
 * @percent: at most MHEAP_CEILING_MAX, or 0 for none
 *
 * Context: Any.
 */
void mheap_ceiling_init(struct mheap_ceiling *ceiling, u32 percent)
{
	memset(ceiling, 0, sizeof(*ceiling));
	ceiling->percent = percent;
	set_limits(ceiling);
}

/**
 * mheap_ceiling_set - set the ceiling
 * @ceiling: of a heap
 * @percent: at most MHEAP_CEILING_MAX, or 0 for none
 *
 * Context: Any.
 */
void mheap_ceiling_set(struct mheap_ceiling *ceiling, u32 percent)
{
	WRITE_ONCE(ceiling->percent, percent);
	set_limits(ceiling);
}
EXPORT_SYMBOL_MHEAP(mheap_ceiling_set);

/**
 * mheap_ceiling_census - a full collection takes its census
 * @heap: the heap
 *
 * Context: A collection.
 */
void mheap_ceiling_census(struct mheap_heap *heap)
{
	struct mheap_ceiling *ceiling = &heap->ceiling;

	ceiling->census = atomic64_read(&heap->size);
	WRITE_ONCE(ceiling->round, ceiling->round + 1);
	atomic64_set(&ceiling->most, 0);
}

/**
 * mheap_ceiling_move - a full collection has ended
 * @heap: the heap
 * @freed: bytes of bodies that it freed
 *
 * What was freed by count meanwhile makes room for as much. What was allocated
 * meanwhile counts as garbage until the next one.
 *
 * Context: A collection.
 */
void mheap_ceiling_move(struct mheap_heap *heap, s64 freed)
{
	struct mheap_ceiling *ceiling = &heap->ceiling;

	atomic64_set(&ceiling->alive, max(ceiling->census - freed, 0LL));
	set_limits(ceiling);
}

/**
 * mheap_ceiling_book - note what a lane has allocated
 * @lane: the caller's, entered
 *
 * Context: Entered.
 */
void mheap_ceiling_book(struct mheap_lane *lane)
{
	struct mheap_ceiling *ceiling = &lane->heap->ceiling;
	const u32 round = READ_ONCE(ceiling->round);
	s64 most = atomic64_read(&ceiling->most);

	mheap_assert_entered(lane);
	if (unlikely(lane->round_allocated != round)) {
		lane->round_allocated = round;
		lane->allocated = 0;
	}
	lane->allocated += lane->allocating;
	lane->allocating = 0;
	while (lane->allocated > most &&
	       !atomic64_try_cmpxchg_relaxed(&ceiling->most, &most, lane->allocated))
		;
}

static bool has_passed(const struct mheap_heap *heap, const atomic64_t *limit)
{
	return unlikely(atomic64_read(&heap->size) > atomic64_read(limit)) &&
	       READ_ONCE(heap->ceiling.percent) &&
	       mheap_generations_is_automatic(&heap->generations);
}

/**
 * mheap_ceiling_is_near - should the whole heap be collected?
 * @heap: the heap
 *
 * Context: Any. Return: true if it should.
 */
bool mheap_ceiling_is_near(const struct mheap_heap *heap)
{
	return has_passed(heap, &heap->ceiling.soft);
}

/**
 * mheap_ceiling_is_reached - must somebody wait until it has been?
 * @heap: the heap
 *
 * Context: Any. Return: true if somebody must.
 */
bool mheap_ceiling_is_reached(const struct mheap_heap *heap)
{
	return has_passed(heap, &heap->ceiling.limit);
}

/**
 * mheap_ceiling_is_due_to - is it this lane that must wait?
 * @lane: the caller's; no section is under way
 *
 * Those that have allocated little since the last full collection go on. They are
 * stopped when they have caught up with a quarter of the largest, so all of them
 * together can pass the ceiling by no more than that quarter each.
 *
 * Context: Whoever enters the lane, not entered. Return: true if it must.
 */
bool mheap_ceiling_is_due_to(struct mheap_lane *lane)
{
	const struct mheap_ceiling *ceiling = &lane->heap->ceiling;

	return lane->round_allocated == READ_ONCE(ceiling->round) &&
	       lane->allocated > atomic64_read(&ceiling->most) / INNOCENT;
}
