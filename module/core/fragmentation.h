/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragmentation: the slabs that the bodies of a heap lie in, by size class. Each counts
 * as a whole, also where one body is all that is left in it, or where bodies of other
 * heaps lie beside: so much memory this heap keeps from being given back. It is counted
 * by who wants to know.
 */
#ifndef _MHEAP_CORE_FRAGMENTATION_H
#define _MHEAP_CORE_FRAGMENTATION_H

#include "heap.h"
#include "size_class.h"

int mheap_fragmentation_count(struct mheap_heap *heap, u64 slabs[MHEAP_CLASSES_ALL]);

#endif /* _MHEAP_CORE_FRAGMENTATION_H */
