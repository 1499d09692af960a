/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ephemerons: objects of two slots, a key and a value, where the value is kept only
 * while the key is alive, and the ephemeron does not keep the key. ephemeron.c says
 * what that takes.
 */
#ifndef _MHEAP_CORE_EPHEMERON_H
#define _MHEAP_CORE_EPHEMERON_H

#include "port.h"

struct mheap_annex;
struct mheap_chunk;
struct mheap_heap;
struct mheap_lane;
struct mheap_session;

#define MHEAP_EPHEMERON_SLOTS	2U
#define MHEAP_EPHEMERON_PIECE	64U	/* ephemerons that are looked at in one go */

/**
 * struct mheap_ephemeron - what the annex of an ephemeron has of it
 * @link: W  on the list of the annex of the key while that lives, then on
 *        heap->ephemerons.orphans until the worker has been there
 * @seen: W  the last round of mheap_ephemerons_of() that came by
 * @object: the ephemeron; never changes
 * @key: B  another object, or 0
 * @tag: B  of @key
 * @version: B  how often @key was set
 * @linked: W  of those, which one @link belongs to
 *
 * The block is that of the ephemeron.
 */
struct mheap_ephemeron {
	struct list_head link;
	u64 seen;
	u32 object;
	u32 key;
	u32 tag;
	u32 version;
	u32 linked;
};

/**
 * struct mheap_ephemerons - the ephemerons of a heap
 * @orphans: W  those whose keys have died and whose values wait to be dropped
 * @round: W  of mheap_ephemerons_of()
 * @count: how many there are (atomic)
 */
struct mheap_ephemerons {
	struct list_head orphans;
	u64 round;
	atomic_t count;
};

void mheap_ephemerons_init(struct mheap_ephemerons *ephemerons);
int mheap_ephemeron_prepare(struct mheap_lane *lane, u32 object);
void mheap_ephemeron_discard(struct mheap_heap *heap, u32 object);
void mheap_ephemeron_unlink(struct mheap_heap *heap, struct mheap_annex *annex);
void mheap_ephemeron_free(struct mheap_heap *heap, struct mheap_annex *annex);
int mheap_ephemeron_load(struct mheap_session *session, u32 object, u32 slot, u32 *target);
int mheap_ephemeron_store(struct mheap_session *session, u32 object, u32 slot, u32 target);
u32 mheap_ephemeron_holds(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object);
u32 mheap_ephemeron_may_hold(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object,
			     u32 *key);
u64 mheap_ephemerons_begin(struct mheap_heap *heap);
u32 mheap_ephemerons_of(struct mheap_heap *heap, u32 key, u64 round,
			u32 found[MHEAP_EPHEMERON_PIECE]);
bool mheap_ephemeron_waits(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 object);
void mheap_ephemeron_cut(struct mheap_heap *heap, struct mheap_chunk *chunk, u32 block);
struct mheap_ephemeron *mheap_ephemeron_find(const struct mheap_chunk *chunk, u32 object);
u32 *mheap_ephemeron_value(const struct mheap_chunk *chunk, u32 object);
bool mheap_ephemeron_has_no_key(const struct mheap_heap *heap,
				const struct mheap_ephemeron *ephemeron);

/* orphan.c */
bool mheap_orphans_clear(struct mheap_heap *heap);

#endif /* _MHEAP_CORE_EPHEMERON_H */
