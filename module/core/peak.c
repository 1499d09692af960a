// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peak of a heap's memory.
 */
#include "heap.h"
#include "peak.h"

/* Return: true if so much is gone that it should be given back. */
static bool has_dropped(struct mheap_peak *peak, s64 size)
{
	const s64 recent = READ_ONCE(peak->recent);
	const s64 drop = recent - size;

	return unlikely(drop >= MHEAP_PEAK_DROP && drop >= recent / 2);
}

/**
 * mheap_peak_change - change heap->size, and note how high it is
 * @heap: the heap
 * @change: bytes, up or down
 *
 * Context: Any.
 */
void mheap_peak_change(struct mheap_heap *heap, s64 change)
{
	const s64 size = atomic64_add_return(change, &heap->size);
	struct mheap_peak *peak = &heap->peak;

	if (size > READ_ONCE(peak->recent))
		WRITE_ONCE(peak->recent, size);
	if (size > READ_ONCE(peak->ever))
		WRITE_ONCE(peak->ever, size);
	if (change < 0 && has_dropped(peak, size)) {
		WRITE_ONCE(peak->recent, size);
		if (heap->ops->shrink)
			heap->ops->shrink(heap);
	}
}
