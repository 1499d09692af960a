/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stalls: the time that an operation waits for somebody else. All sleeping locks
 * that operations may have to wait for are taken here, but for table->growth, whose
 * holder does what the waiting one would have had to do. The clock is read only
 * where a lock is not to be had at once.
 */
#ifndef _MHEAP_CORE_STALL_H
#define _MHEAP_CORE_STALL_H

#include "heap.h"
#include "port.h"

/**
 * mheap_stall_lock - take a lock, and book the time until it is to be had
 * @heap: the heap
 * @lock: one of its locks
 *
 * Context: May sleep.
 */
static inline void mheap_stall_lock(struct mheap_heap *heap, struct mutex *lock)
{
	u64 begin;

	might_lock(lock);
	if (likely(mutex_trylock(lock)))
		return;
	begin = ktime_get_ns();
	mutex_lock(lock);
	mheap_histogram_add(&heap->stalls, ktime_get_ns() - begin);
}

/**
 * mheap_stall_lock_killable - the same, unless a signal kills the caller
 * @heap: the heap
 * @lock: one of its locks
 *
 * Context: May sleep. Return: 0 or -EINTR.
 */
static inline int mheap_stall_lock_killable(struct mheap_heap *heap, struct mutex *lock)
{
	u64 begin;
	int error;

	might_lock(lock);
	if (likely(mutex_trylock(lock)))
		return 0;
	begin = ktime_get_ns();
	error = mutex_lock_killable(lock) ? -EINTR : 0;
	mheap_histogram_add(&heap->stalls, ktime_get_ns() - begin);
	return error;
}

#endif /* _MHEAP_CORE_STALL_H */
