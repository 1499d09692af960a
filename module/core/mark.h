/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marking: reaching everything in scope from what is known to be alive.
 */
#ifndef _MHEAP_CORE_MARK_H
#define _MHEAP_CORE_MARK_H

#include "port.h"
#include "scope.h"

struct mheap_mark_page;

#define MHEAP_MARK_AHEAD	32U	/* objects that are being fetched */
#define MHEAP_MARK_ENTRIES	16U	/* of those, whose entries come first */

/**
 * struct mheap_mark - marking under way
 * @heap: the heap
 * @top: topmost page of the stack of objects that are reached but not looked
 *       into
 * @spare: a page that was emptied last
 * @depth: objects on the topmost page
 * @ephemerons: there are some, so an object may be the key of one
 * @overflowed: an object was marked but found no room on the stack
 * @ahead: ring of objects taken off the stack that are on their way into the cache
 * @in: how many have entered the ring
 * @fetched: of those, how many have their bodies fetched
 * @out: of those, how many have left
 */
struct mheap_mark {
	struct mheap_heap *heap;
	struct mheap_mark_page *top;
	struct mheap_mark_page *spare;
	u32 depth;
	bool ephemerons;
	bool overflowed;
	u32 ahead[MHEAP_MARK_AHEAD];
	u32 in;
	u32 fetched;
	u32 out;
};

void mheap_mark_init(struct mheap_mark *mark, struct mheap_heap *heap);
void mheap_mark_fini(struct mheap_mark *mark);
void mheap_mark_reach(struct mheap_mark *mark, u32 object);
void mheap_mark_drain(struct mheap_mark *mark);
void mheap_mark_finish(struct mheap_mark *mark, struct mheap_scope *scope);

#endif /* _MHEAP_CORE_MARK_H */
