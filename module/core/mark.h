/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marking: reaching everything in scope from what is known to be alive.
 */
#ifndef _MHEAP_CORE_MARK_H
#define _MHEAP_CORE_MARK_H

#include "port.h"
#include "scope.h"

#define MHEAP_MARK_NONE	U32_MAX

/**
 * struct mheap_mark - marking under way
 * @heap: the heap
 * @first: of the queue of blocks with objects that are reached but not looked into, by
 *         the first number of each; or MHEAP_MARK_NONE
 * @last: likewise
 * @turn: the block that is looked into, which is not in the queue, or MHEAP_MARK_NONE
 * @fetched: the block whose bodies have been fetched last, or MHEAP_MARK_NONE
 * @ephemerons: there are some, so an object may be the key of one
 */
struct mheap_mark {
	struct mheap_heap *heap;
	u32 first;
	u32 last;
	u32 turn;
	u32 fetched;
	bool ephemerons;
};

void mheap_mark_init(struct mheap_mark *mark, struct mheap_heap *heap);
void mheap_mark_reach(struct mheap_mark *mark, u32 object);
void mheap_mark_drain(struct mheap_mark *mark);

#endif /* _MHEAP_CORE_MARK_H */
