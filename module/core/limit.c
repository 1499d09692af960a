// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: reservations of lanes, and giving them back.
 */
#include "heap.h"
#include "lane.h"
#include "limit.h"

static const s64 steps[MHEAP_LIMITS] = {
	[MHEAP_LIMIT_OBJECTS] = MHEAP_STEP_OBJECTS,
	[MHEAP_LIMIT_BYTES] = MHEAP_STEP_BYTES,
	[MHEAP_LIMIT_HANDLES] = MHEAP_STEP_HANDLES,
};

/* With less than so many steps left a lane reserves no more than it needs. */
#define NEAR	4

/**
 * mheap_limits_init - the limits of an empty heap
 * @quota: to be made
 * @limit: at most MHEAP_LIMIT_GREATEST each
 *
 * Context: Any.
 */
void mheap_limits_init(struct mheap_quota *quota, const u64 limit[MHEAP_LIMITS])
{
	memset(quota, 0, sizeof(*quota));
	memcpy(quota->limit, limit, sizeof(quota->limit));
}

/**
 * mheap_limits_get - read all limits
 * @heap: the heap
 * @limit: filled, one by one
 *
 * Context: Any.
 */
void mheap_limits_get(const struct mheap_heap *heap, u64 limit[MHEAP_LIMITS])
{
	unsigned int which;

	for (which = 0; which < MHEAP_LIMITS; which++)
		limit[which] = READ_ONCE(heap->quota.limit[which]);
}
EXPORT_SYMBOL_MHEAP(mheap_limits_get);

/* Is there more than a limit allows, or does somebody wait to see room again? */
static bool is_tight(const struct mheap_quota *quota)
{
	unsigned int which;
	s64 limit;

	for (which = 0; which < MHEAP_LIMITS; which++) {
		limit = READ_ONCE(quota->limit[which]);
		if (atomic_read(&quota->told[which]) ||
		    (limit && atomic64_read(&quota->reserved[which]) > limit))
			return true;
	}
	return false;
}

/* Lanes may keep what they have left over. */
static void relax(struct mheap_quota *quota)
{
	if (is_tight(quota))
		return;
	WRITE_ONCE(quota->strict, false);
	/* Pairs with the one in mheap_limits_tell(): its store is the last, or seen here. */
	smp_mb();
	if (is_tight(quota))
		WRITE_ONCE(quota->strict, true);
}

/* The new limit first: who tells of it behind that tells of the new one. */
static void set(struct mheap_quota *quota, enum mheap_limit which, u64 limit)
{
	const bool changes = limit != quota->limit[which];

	WRITE_ONCE(quota->limit[which], limit);
	smp_mb(); /* pairs with the one in mheap_limits_tell() */
	if (changes)
		atomic_set(&quota->told[which], 0);
}

/* Behind the handshake no lane has anything left over that an earlier limit allowed. */
static void enforce(struct mheap_heap *heap)
{
	lockdep_assert_held(&heap->collecting);
	WRITE_ONCE(heap->quota.strict, true);
	mheap_lane_handshake(heap);
	relax(&heap->quota);
}

/**
 * mheap_limit_set - set one limit
 * @heap: the heap
 * @which: of what
 * @limit: at most MHEAP_LIMIT_GREATEST, or 0 for none; what is there already may be more
 *
 * Context: May sleep; waits for a collection that is under way. Not entered.
 * Return: 0, or -EINTR if a signal kills the caller, and nothing is set.
 */
int mheap_limit_set(struct mheap_heap *heap, enum mheap_limit which, u64 limit)
{
	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	set(&heap->quota, which, limit);
	enforce(heap);
	mutex_unlock(&heap->collecting);
	return 0;
}

/**
 * mheap_limits_set - set all limits
 * @heap: the heap
 * @limit: as in mheap_limit_set()
 *
 * Context: May sleep; waits for a collection that is under way. Not entered.
 * Return: 0, -EINVAL if one is larger than MHEAP_LIMIT_GREATEST, or -EINTR if a signal
 * kills the caller; then none is set.
 */
int mheap_limits_set(struct mheap_heap *heap, const u64 limit[MHEAP_LIMITS])
{
	unsigned int which;

	for (which = 0; which < MHEAP_LIMITS; which++)
		if (limit[which] > MHEAP_LIMIT_GREATEST)
			return -EINVAL;
	if (mutex_lock_killable(&heap->collecting))
		return -EINTR;
	for (which = 0; which < MHEAP_LIMITS; which++)
		set(&heap->quota, which, limit[which]);
	enforce(heap);
	mutex_unlock(&heap->collecting);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_limits_set);

/**
 * mheap_limits_free - a collection has freed something
 * @heap: the heap
 * @tally: what, not in any lane's
 *
 * Context: Any.
 */
void mheap_limits_free(struct mheap_heap *heap, const struct mheap_tally *tally)
{
	unsigned int which;

	for (which = 0; which < MHEAP_LIMITS; which++)
		atomic64_add(mheap_tally_use(tally, which), &heap->quota.reserved[which]);
}

/*
 * Where there is room again, reaching the limit once more is worth telling. One that
 * somebody has taken away meanwhile is reached no more.
 */
static void look_for_room(struct mheap_quota *quota)
{
	unsigned int which;
	s64 limit;

	for (which = 0; which < MHEAP_LIMITS; which++) {
		limit = READ_ONCE(quota->limit[which]);
		if (atomic_read(&quota->told[which]) &&
		    (!limit || atomic64_read(&quota->reserved[which]) < limit - limit / 8))
			atomic_set(&quota->told[which], 0);
	}
}

/* How much to reserve, or -1 where what is missing would pass the limit. */
static s64 amount(enum mheap_limit which, s64 missing, s64 limit, s64 reserved)
{
	if (!limit || missing <= 0)
		return missing + steps[which];
	if (missing > limit - reserved)
		return -1;
	if (limit - reserved - missing < NEAR * steps[which])
		return missing;
	return missing + steps[which];
}

/**
 * mheap_limit_reserve - make sure that a lane may use up something
 * @lane: the caller's, entered
 * @which: what
 * @need: how much; less than nothing where something is given back, then this only
 *        fails where the lane has too much already
 *
 * Holds until the section is left.
 *
 * Context: Entered.
 * Return: 0; -ENOSPC, for bytes -ENOMEM, if that would pass the limit, and
 * @lane->short_of says so.
 */
int mheap_limit_reserve(struct mheap_lane *lane, enum mheap_limit which, s64 need)
{
	struct mheap_quota *quota = &lane->heap->quota;
	const s64 missing = need - mheap_lane_left(lane, which);
	const s64 limit = READ_ONCE(quota->limit[which]);
	s64 reserved = atomic64_read(&quota->reserved[which]);
	s64 more;

	mheap_assert_entered(lane);
	if (likely(missing <= 0))
		return 0;
	do {
		more = amount(which, missing, limit, reserved);
		if (unlikely(more < 0)) {
			lane->short_of = which;
			return which == MHEAP_LIMIT_BYTES ? -ENOMEM : -ENOSPC;
		}
	} while (!atomic64_try_cmpxchg_relaxed(&quota->reserved[which], &reserved,
					       reserved + more));
	lane->reserved[which] += more;
	return 0;
}

static void give_back(struct mheap_lane *lane, enum mheap_limit which, s64 left)
{
	atomic64_sub(left, &lane->heap->quota.reserved[which]);
	lane->reserved[which] -= left;
}

/**
 * mheap_limit_trim - give back what is far more than a lane needs, or all of it
 * @lane: the caller's, entered
 *
 * The worker needs nothing: it only frees.
 *
 * Context: Entered, at the end of a section.
 */
void mheap_limit_trim(struct mheap_lane *lane)
{
	struct mheap_quota *quota = &lane->heap->quota;
	unsigned int which;
	s64 left;

	mheap_assert_entered(lane);
	if (lane == &lane->heap->worker)
		mheap_limit_give_back(lane);
	if (unlikely(READ_ONCE(quota->strict))) {
		mheap_limit_give_back(lane);
		look_for_room(quota);
		relax(quota);
		return;
	}
	for (which = 0; which < MHEAP_LIMITS; which++) {
		left = mheap_lane_left(lane, which);
		if (unlikely(left > 2 * steps[which]))
			give_back(lane, which, left - steps[which]);
	}
}

/**
 * mheap_limit_give_back - give back all that a lane does not need
 * @lane: locked
 *
 * Context: Any; the lane is locked, or has ended.
 */
void mheap_limit_give_back(struct mheap_lane *lane)
{
	unsigned int which;
	s64 left;

	for (which = 0; which < MHEAP_LIMITS; which++) {
		left = mheap_lane_left(lane, which);
		if (left > 0)
			give_back(lane, which, left);
	}
}

/**
 * mheap_limits_tell - tell the surroundings that a limit is reached
 * @heap: the heap
 * @which: the limit
 *
 * Once, until there has been room again or somebody begins to listen for it.
 *
 * Context: Any.
 */
void mheap_limits_tell(struct mheap_heap *heap, enum mheap_limit which)
{
	struct mheap_quota *quota = &heap->quota;
	int untold = 0;

	if (!atomic_try_cmpxchg_relaxed(&quota->told[which], &untold, 1))
		return;
	smp_mb(); /* pairs with those in relax() and set() */
	WRITE_ONCE(quota->strict, true);
	if (heap->ops->limit)
		heap->ops->limit(heap, which, atomic64_read(&quota->reserved[which]),
				 READ_ONCE(quota->limit[which]));
}

/**
 * mheap_limits_tell_again - somebody listens who was not told
 * @heap: the heap
 *
 * What fails at a limit from now on tells the surroundings, whoever knows already. The
 * caller has begun to read the journal, under its lock: whoever sees what is cleared
 * here writes there behind it.
 *
 * Context: Any.
 */
void mheap_limits_tell_again(struct mheap_heap *heap)
{
	unsigned int which;

	for (which = 0; which < MHEAP_LIMITS; which++)
		atomic_set(&heap->quota.told[which], 0);
}
