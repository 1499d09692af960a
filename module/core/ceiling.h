/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ceiling: how much garbage may wait to be collected.
 *
 * What a full collection found alive is alive or has become garbage since; what
 * has been allocated since may all be garbage. So the garbage that came up since
 * that collection took its census is at most what bodies have grown by. At half of
 * what the ceiling allows a full collection is asked for; at the ceiling the
 * sessions that allocated most wait until one has ended, and lend it their
 * processor. What is alive moves the ceiling up, so a heap that grows for good is
 * collected in full each time it has grown by a share of itself.
 */
#ifndef _MHEAP_CORE_CEILING_H
#define _MHEAP_CORE_CEILING_H

#include "port.h"

struct mheap_heap;
struct mheap_lane;

#define MHEAP_CEILING_MAX	1000U		/* percent */
#define MHEAP_CEILING_LEAST	(8LL << 20)	/* bytes that are always allowed */

/**
 * struct mheap_ceiling - of a heap
 * @percent: of what is alive, that may wait as garbage; 0 for no ceiling. Read
 *           and written by anyone.
 * @alive: bytes of bodies that the last full collection found alive (atomic)
 * @round: full collections so far; written by the collection, read by anyone
 * @census: bytes of bodies when the last full collection took its census; the
 *          collection's
 * @soft: bytes from which on a full collection is asked for (atomic)
 * @limit: bytes from which on sessions wait (atomic)
 * @most: bytes that one session has allocated in this round, the largest of all
 *        (atomic)
 * @waits: how often a session had to wait (atomic)
 */
struct mheap_ceiling {
	u32 percent;
	u32 round;
	s64 census;
	atomic64_t alive;
	atomic64_t soft;
	atomic64_t limit;
	atomic64_t most;
	atomic64_t waits;
};

void mheap_ceiling_init(struct mheap_ceiling *ceiling, u32 percent);
void mheap_ceiling_set(struct mheap_ceiling *ceiling, u32 percent);
void mheap_ceiling_census(struct mheap_heap *heap);
void mheap_ceiling_move(struct mheap_heap *heap, s64 freed);
void mheap_ceiling_book(struct mheap_lane *lane);
bool mheap_ceiling_is_near(const struct mheap_heap *heap);
bool mheap_ceiling_is_reached(const struct mheap_heap *heap);
bool mheap_ceiling_is_due_to(struct mheap_lane *lane);

#endif /* _MHEAP_CORE_CEILING_H */
