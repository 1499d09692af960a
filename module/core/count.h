/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference counts. One 64-bit word holds two counts: references from slots in
 * the low half, references from outside the heap's slots (handles, batches,
 * users in the kernel) in the high half. The collector needs them apart: the
 * objects with a count from outside are exactly the roots. An object is alive
 * while the word is not zero, and whoever brings it to zero takes it apart.
 *
 * As refcount_t, a count does not wrap: a gain that would pass
 * MHEAP_COUNT_MAX is refused. 2^28 leaves each half room for more gains in
 * flight, before they are refused, than there can be processors.
 */
#ifndef _MHEAP_CORE_COUNT_H
#define _MHEAP_CORE_COUNT_H

#include "port.h"

#define MHEAP_COUNT_MAX		((1U << 28) - 1)
#define MHEAP_INSIDE		1LL
#define MHEAP_OUTSIDE		0x100000000LL

static inline u32 mheap_count_inside(u64 count)
{
	return (u32)count;
}

static inline u32 mheap_count_outside(u64 count)
{
	return count >> 32;
}

static inline bool mheap_count_overflows(u64 count)
{
	return mheap_count_inside(count) > MHEAP_COUNT_MAX ||
	       mheap_count_outside(count) > MHEAP_COUNT_MAX;
}

/**
 * mheap_count_gain - one reference more to an object that is known to be alive
 * @count: its counts
 * @kind: MHEAP_INSIDE or MHEAP_OUTSIDE
 *
 * No ordering: whoever gains a reference already has one, or holds the lock of
 * the block whose slot has one.
 *
 * Context: Any. Return: 0, or -EOVERFLOW and nothing is changed.
 */
static inline int mheap_count_gain(atomic64_t *count, s64 kind)
{
	if (unlikely(mheap_count_overflows(atomic64_add_return_relaxed(kind, count)))) {
		atomic64_sub(kind, count);
		return -EOVERFLOW;
	}
	return 0;
}

/**
 * mheap_count_gain_if_alive - one reference from outside more, unless it is dead
 * @count: its counts
 *
 * Context: Any. Return: 0, -ENOENT if the object is dead, or -EOVERFLOW.
 */
static inline int mheap_count_gain_if_alive(atomic64_t *count)
{
	s64 old = atomic64_read(count);

	do {
		if (!old)
			return -ENOENT;
		if (mheap_count_overflows(old + MHEAP_OUTSIDE))
			return -EOVERFLOW;
	} while (!atomic64_try_cmpxchg_relaxed(count, &old, old + MHEAP_OUTSIDE));
	return 0;
}

/**
 * mheap_count_lose - one reference less
 * @count: its counts
 * @kind: MHEAP_INSIDE or MHEAP_OUTSIDE
 *
 * Fully ordered: what others did with the object before they gave up their
 * references happens before the last one takes it apart.
 *
 * Context: Any. Return: true if it was the last one: the object is dead and the
 * caller's to release.
 */
static inline bool mheap_count_lose(atomic64_t *count, s64 kind)
{
	return atomic64_sub_return(kind, count) == 0;
}

/**
 * mheap_count_convert - turn a reference from a slot into one from outside
 * @count: counts of the object
 *
 * One step, so the object is never seen without it.
 *
 * Context: Any. Return: 0, or -EOVERFLOW and nothing is changed.
 */
static inline int mheap_count_convert(atomic64_t *count)
{
	const s64 change = MHEAP_OUTSIDE - MHEAP_INSIDE;

	if (unlikely(mheap_count_overflows(atomic64_add_return_relaxed(change, count)))) {
		atomic64_sub(change, count);
		return -EOVERFLOW;
	}
	return 0;
}

#endif /* _MHEAP_CORE_COUNT_H */
