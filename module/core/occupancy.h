/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Occupancy: what the bodies of a heap are, by size class. It is counted by who
 * wants to know, object by object, so whoever makes and frees objects pays nothing
 * for it.
 */
#ifndef _MHEAP_CORE_OCCUPANCY_H
#define _MHEAP_CORE_OCCUPANCY_H

#include "heap.h"
#include "size_class.h"

/**
 * struct mheap_class_occupancy - one class
 * @used: bodies
 * @asked: bytes of slots and payload, and of headers where there are
 * @held: bytes that the allocator takes for them
 */
struct mheap_class_occupancy {
	u64 used;
	u64 asked;
	u64 held;
};

/**
 * struct mheap_occupancy - of a heap
 * @class: each class; the last one is that of all larger bodies
 */
struct mheap_occupancy {
	struct mheap_class_occupancy class[MHEAP_CLASSES_ALL];
};

size_t mheap_occupancy_size(unsigned int class);
int mheap_occupancy_count(struct mheap_heap *heap, struct mheap_occupancy *occupancy);

#endif /* _MHEAP_CORE_OCCUPANCY_H */
