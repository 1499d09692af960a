/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The peak: how much memory bodies have taken. Behind one there may be much that
 * the allocator keeps and that nobody needs: when half of it is gone, and no less
 * than MHEAP_PEAK_DROP, the surroundings are asked to have it given back.
 *
 * Lanes tell heap->size in steps, so both figures are as exact as that.
 */
#ifndef _MHEAP_CORE_PEAK_H
#define _MHEAP_CORE_PEAK_H

#include "port.h"

#define MHEAP_PEAK_DROP		0x800000	/* bytes */

struct mheap_heap;

/**
 * struct mheap_peak - of a heap
 * @ever: most bytes since the heap was made
 * @recent: most bytes since memory was given back
 *
 * Written without a lock: of two peaks at one moment the lower one may be noted.
 */
struct mheap_peak {
	s64 ever;
	s64 recent;
};

void mheap_peak_change(struct mheap_heap *heap, s64 change);

#endif /* _MHEAP_CORE_PEAK_H */
