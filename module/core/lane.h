/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lanes and sections. Whoever works on the objects of a heap does so through a
 * lane of its own, inside a section: from mheap_lane_enter() to
 * mheap_lane_leave(). Sections of different lanes run side by side and share no
 * lock; what they do to one object is ordered by the lock of its block and by
 * its count.
 *
 * A section is short: it executes at most MHEAP_SECTION_OPERATIONS operations
 * and releases at most MHEAP_SECTION_OBJECTS objects, never touches user memory
 * and waits for no other section. Its end is what a collection waits for.
 *
 * A handshake is a collection's way to agree with all lanes: it locks and
 * unlocks the lock of each in turn. Behind it every section that was under way
 * before has ended, and all that it did is visible to the collection; and every
 * later section sees all that the collection did before. No other barrier is
 * needed for either, and no two lanes are ever held up together. (Doligez and
 * Gonthier, "Portable, unobtrusive garbage collection for multiprocessor
 * systems", 1994, call it a soft handshake.)
 */
#ifndef _MHEAP_CORE_LANE_H
#define _MHEAP_CORE_LANE_H

#include "limit.h"
#include "arena.h"
#include "port.h"
#include "table.h"

struct mheap_heap;

#define MHEAP_SECTION_OPERATIONS	64
#define MHEAP_SECTION_OBJECTS		64

/**
 * struct mheap_tally - changes to a heap's figures
 * @created: objects made
 * @freed: objects freed
 * @collected: of those, by a collection
 * @bytes: memory of bodies, up or down
 * @tracked: tracked objects made minus freed
 * @handles: handles opened minus closed
 * @sections: ended
 *
 * Kept by whoever is at work, so that processors do not meet at counters of the
 * heap.
 */
struct mheap_tally {
	long created;
	long freed;
	long collected;
	long bytes;
	long tracked;
	long handles;
	long sections;
};

/**
 * struct mheap_discard - a large body that nobody can reach any more
 * @next: another one
 * @size: of the body, in bytes
 *
 * Written into the body itself.
 */
struct mheap_discard {
	struct mheap_discard *next;
	size_t size;
};

/**
 * struct mheap_lane - a lane
 * @lock: held through a section; guards everything below but @heap, @link and
 *        @round. Only who enters the lane writes, and reads without it.
 * @heap: never changes
 * @link: on heap->lanes.list, under heap->lanes.lock
 * @round: the last handshake that it took part in, likewise
 * @tally: what its sections have changed; read by anyone
 * @tracked_told: of @tally, what the counter of generation 0 knows
 * @bytes_told: of @tally, what heap->size knows
 * @reserved: by enum mheap_limit: how far @tally may go, see limit.h
 * @short_of: enum mheap_limit: the limit that an operation would have passed, or
 *            MHEAP_LIMITS
 * @short_before: the same of its first attempt, see room.c
 * @work: objects that this section has released
 * @discarded: large bodies, to be freed behind the section: that takes long
 * @allocating: bytes of bodies that this section has allocated
 * @allocated: the same in all sections of a round of the ceiling, see ceiling.h
 * @round_allocated: which round
 * @arena: for what an image needs to know
 */
struct mheap_lane {
	struct mutex lock;	/* a section */
	struct mheap_heap *heap;
	struct list_head link;
	u32 round;
	struct mheap_tally tally;
	long tracked_told;
	long bytes_told;
	s64 reserved[MHEAP_LIMITS];
	u32 short_of;
	u32 short_before;
	unsigned int work;
	struct mheap_discard *discarded;
	s64 allocating;
	s64 allocated;
	u32 round_allocated;
	struct mheap_arena arena;
};

/**
 * struct mheap_lanes - all lanes of a heap
 * @lock: guards everything below, and is held while one lane is waited for
 * @list: the lanes
 * @round: handshakes so far
 * @count: how many lanes there are
 * @total: changes that no lane's tally has: those by collections and by lanes that
 *         have ended
 */
struct mheap_lanes {
	struct mutex lock;	/* the list */
	struct list_head list;
	u32 round;
	u32 count;
	struct mheap_tally total;
};

void mheap_lanes_init(struct mheap_lanes *lanes);
void mheap_lanes_fini(struct mheap_lanes *lanes);
void mheap_lanes_book(struct mheap_lanes *lanes, const struct mheap_tally *tally);
void mheap_lanes_sum(struct mheap_lanes *lanes, struct mheap_tally *sum);
void mheap_lanes_hold(struct mheap_lanes *lanes);
void mheap_lanes_hold_idle(struct mheap_lanes *lanes);
void mheap_lanes_let_go(struct mheap_lanes *lanes);
void mheap_lane_init(struct mheap_lane *lane, struct mheap_heap *heap);
void mheap_lane_fini(struct mheap_lane *lane);
void mheap_lane_enter(struct mheap_lane *lane);
int mheap_lane_enter_killable(struct mheap_lane *lane);
void mheap_lane_leave(struct mheap_lane *lane);
void mheap_lane_step_aside(struct mheap_lane *lane, struct mutex *lock);
void *mheap_lane_zalloc(struct mheap_lane *lane, size_t size);
void *mheap_lane_new_body(struct mheap_lane *lane, u32 object, size_t size);
void mheap_lane_discard_body(struct mheap_lane *lane, void *body, size_t size);
void mheap_lane_free_body(struct mheap_lane *lane, void *body, size_t size);
void mheap_lane_handshake(struct mheap_heap *heap);

static inline void mheap_assert_entered(const struct mheap_lane *lane)
{
	lockdep_assert_held(&lane->lock);
}

/* What a tally adds to what is limited. */
static inline s64 mheap_tally_use(const struct mheap_tally *tally, enum mheap_limit which)
{
	const s64 objects = tally->created - tally->freed;

	switch (which) {
	case MHEAP_LIMIT_OBJECTS:
		return objects;
	case MHEAP_LIMIT_BYTES:
		return tally->bytes + objects * (s64)MHEAP_ENTRY_BYTES;
	default:
		return tally->handles;
	}
}

/* What a lane has reserved and does not use. */
static inline s64 mheap_lane_left(const struct mheap_lane *lane, enum mheap_limit which)
{
	return lane->reserved[which] - mheap_tally_use(&lane->tally, which);
}

/* Should some of it be given back? */
static inline bool mheap_lane_is_loose(const struct mheap_lane *lane)
{
	return mheap_lane_left(lane, MHEAP_LIMIT_OBJECTS) > 2 * MHEAP_STEP_OBJECTS ||
	       mheap_lane_left(lane, MHEAP_LIMIT_BYTES) > 2 * MHEAP_STEP_BYTES ||
	       mheap_lane_left(lane, MHEAP_LIMIT_HANDLES) > 2 * MHEAP_STEP_HANDLES;
}

/* A body from mheap_lane_new_body() is in use. @charge: what it takes. */
static inline void mheap_lane_book_body(struct mheap_lane *lane, size_t size, size_t charge)
{
	mheap_assert_entered(lane);
	lane->tally.bytes += charge;
	lane->allocating += size;
}

/* Should the section end, for the sake of those who wait for its end? */
static inline bool mheap_lane_is_tired(const struct mheap_lane *lane)
{
	return lane->work >= MHEAP_SECTION_OBJECTS / 2;
}

#endif /* _MHEAP_CORE_LANE_H */
