/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits: how many objects, bytes and handles a heap may have. What would pass one
 * makes room first, see room.h, and then fails.
 *
 * Lanes do not meet at counters of the heap for that. A lane reserves in steps, out
 * of what the limit leaves, and uses that up alone; it gives back what it has left
 * over when that is more than two steps. What all lanes have reserved is never more
 * than the limit, so what there is never is. Near the limit a lane reserves no more
 * than it needs, and a handshake (lane.h) makes every lane give back what it has left
 * over: so behind a collection nobody fails for what another one hoards.
 *
 * Where there is more than a limit allows when it is set, that is not taken away; but
 * what is given up does not come back: a lane that leaves a section keeps no reserve.
 * Nor does it where a limit was reached, until there is room again, which could not be
 * seen otherwise.
 *
 * What a collection frees is in no lane's tally and goes back at once. A lane that
 * frees what others have made has less than nothing, and reserves less than nothing.
 */
#ifndef _MHEAP_CORE_LIMIT_H
#define _MHEAP_CORE_LIMIT_H

#include "port.h"

struct mheap_heap;
struct mheap_lane;
struct mheap_tally;

/**
 * enum mheap_limit - what is limited
 * @MHEAP_LIMIT_OBJECTS: objects
 * @MHEAP_LIMIT_BYTES: memory of bodies, and of the objects' entries in the table
 * @MHEAP_LIMIT_HANDLES: handles of all sessions, strong and weak
 * @MHEAP_LIMITS: how many there are
 */
enum mheap_limit {
	MHEAP_LIMIT_OBJECTS,
	MHEAP_LIMIT_BYTES,
	MHEAP_LIMIT_HANDLES,
	MHEAP_LIMITS,
};

/* How much a lane reserves beyond what it needs. */
#define MHEAP_STEP_OBJECTS	512
#define MHEAP_STEP_BYTES	65536
#define MHEAP_STEP_HANDLES	512

#define MHEAP_LIMIT_GREATEST	0x7fffffffffffffffULL

/**
 * struct mheap_quota - the limits of a heap
 * @limit: by enum mheap_limit; 0 for none. Changed under heap->collecting, read by
 *         anyone.
 * @reserved: by all lanes (atomic)
 * @told: the surroundings know that the limit is reached, until a lane has seen
 *        that an eighth of it is free again, or a session begins to listen (atomic)
 * @strict: lanes keep nothing in reserve when they leave a section: there was more than
 *          a limit allows when it was set, or something is in @told. Set and cleared
 *          by anyone, see relax().
 * @failures: operations that failed because of a limit (atomic)
 */
struct mheap_quota {
	u64 limit[MHEAP_LIMITS];
	atomic64_t reserved[MHEAP_LIMITS];
	atomic_t told[MHEAP_LIMITS];
	bool strict;
	atomic64_t failures;
};

void mheap_limits_init(struct mheap_quota *quota, const u64 limit[MHEAP_LIMITS]);
void mheap_limits_get(const struct mheap_heap *heap, u64 limit[MHEAP_LIMITS]);
int mheap_limit_set(struct mheap_heap *heap, enum mheap_limit which, u64 limit);
int mheap_limits_set(struct mheap_heap *heap, const u64 limit[MHEAP_LIMITS]);
void mheap_limits_free(struct mheap_heap *heap, const struct mheap_tally *tally);
void mheap_limits_tell(struct mheap_heap *heap, enum mheap_limit which);
void mheap_limits_tell_again(struct mheap_heap *heap);
int mheap_limit_reserve(struct mheap_lane *lane, enum mheap_limit which, s64 need);
void mheap_limit_trim(struct mheap_lane *lane);
void mheap_limit_give_back(struct mheap_lane *lane);

#endif /* _MHEAP_CORE_LIMIT_H */
