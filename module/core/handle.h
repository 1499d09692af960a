/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles: how a session names objects. A handle is 64 bits:
 *
 *   bit 63      0; the batch executor uses it for references to results
 *   bits 48-62  serial number of the session, never 0: another session's handle
 *               is recognised
 *   bits 28-47  life: how often the place was used before: a handle that has been
 *               dropped is recognised
 *   bits 0-27   place in the session's array
 *
 * A place whose lives are used up is retired. So a number is, in the life of a
 * session, never a handle twice.
 */
#ifndef _MHEAP_CORE_HANDLE_H
#define _MHEAP_CORE_HANDLE_H

#include "port.h"

#define MHEAP_HANDLE_SERIAL_MAX		0x7fffU
#define MHEAP_HANDLE_SERIAL_SHIFT	48
#define MHEAP_HANDLE_LIFE_MASK		0xfffffU
#define MHEAP_HANDLE_LIFE_SHIFT		28
#define MHEAP_HANDLE_PLACES_MAX		0x10000000U

/**
 * enum mheap_handle_kind - what a handle is
 * @MHEAP_HANDLE_STRONG: counts as a reference from outside
 * @MHEAP_HANDLE_WEAK: does not; the object it names may be dead
 */
enum mheap_handle_kind {
	MHEAP_HANDLE_STRONG,
	MHEAP_HANDLE_WEAK,
};

/* In mheap_handle.name, never in a handle: it is no open strong handle. */
#define MHEAP_HANDLE_OTHER		0x8000000000000000ULL

/**
 * struct mheap_handle - one place
 * @name: of an open strong handle its number, so that one comparison finds it; of
 *        an open weak one the same with MHEAP_HANDLE_OTHER; of a closed place how
 *        often it was used before, with MHEAP_HANDLE_OTHER
 * @object: number of the object; of a closed place the next closed one
 * @tag: the object's tag when the handle was made
 */
struct mheap_handle {
	u64 name;
	u32 object;
	u32 tag;
};

#define MHEAP_HANDLE_SEGMENT	256U	/* handles; one page */

/**
 * struct mheap_handles - the handles of a session
 * @segment: array of arrays of MHEAP_HANDLE_SEGMENT entries
 * @segments: how many there are
 * @capacity: length of @segment
 * @used: places ever used; those behind are untouched memory
 * @closed: first of the closed places, or MHEAP_HANDLE_PLACES_MAX
 * @open: how many handles are open
 * @serial: of the session
 * @first_life: where the lives of a place begin; a random number makes it
 *              unlikely that a program's stale handle from an earlier session
 *              with the same serial fits
 *
 * All guarded by the session's lock, and changed in its sections only: others read
 * them between two of those, see holder.c.
 */
struct mheap_handles {
	struct mheap_handle **segment;
	u32 segments;
	u32 capacity;
	u32 used;
	u32 closed;
	u32 open;
	u32 serial;
	u32 first_life;
};

/**
 * struct mheap_handle_growth - room for more handles
 * @segment: what is added
 * @array: a larger array of segments, or NULL; then the one that it has replaced
 * @capacity: length of @array
 */
struct mheap_handle_growth {
	struct mheap_handle *segment;
	struct mheap_handle **array;
	u32 capacity;
};

void mheap_handles_init(struct mheap_handles *handles, u32 serial, u32 first_life);
void mheap_handles_fini(struct mheap_handles *handles);
int mheap_handle_prepare(const struct mheap_handles *handles, struct mheap_handle_growth *growth);
void mheap_handle_grow(struct mheap_handles *handles, struct mheap_handle_growth *growth);
void mheap_handle_grown(struct mheap_handle_growth *growth);
int mheap_handle_find(const struct mheap_handles *handles, u64 handle,
		      struct mheap_handle **found);
bool mheap_handle_close_any(struct mheap_handles *handles, u32 *cursor, u32 *places,
			    struct mheap_handle *closed);

static inline struct mheap_handle *mheap_handle_entry(const struct mheap_handles *handles,
						      u32 place)
{
	return &handles->segment[place / MHEAP_HANDLE_SEGMENT][place % MHEAP_HANDLE_SEGMENT];
}

static inline u32 mheap_handle_place(u64 handle)
{
	return handle & (MHEAP_HANDLE_PLACES_MAX - 1);
}

/* How often the place was used before the handle was opened. */
static inline u32 mheap_handle_life(const struct mheap_handles *handles, u64 handle)
{
	return ((u32)(handle >> MHEAP_HANDLE_LIFE_SHIFT) - handles->first_life) &
	       MHEAP_HANDLE_LIFE_MASK;
}

static inline bool mheap_handle_is_open(const struct mheap_handle *handle)
{
	return (handle->name & ~MHEAP_HANDLE_OTHER) >> MHEAP_HANDLE_SERIAL_SHIFT;
}

/* Of an open handle. */
static inline enum mheap_handle_kind mheap_handle_kind(const struct mheap_handle *handle)
{
	return handle->name & MHEAP_HANDLE_OTHER ? MHEAP_HANDLE_WEAK : MHEAP_HANDLE_STRONG;
}

/**
 * mheap_handle_find_strong - the entry of an open strong handle
 * @handles: of a session
 * @handle: any number
 *
 * Context: Any. Return: The entry, or NULL; mheap_handle_find() says why.
 */
static inline struct mheap_handle *mheap_handle_find_strong(const struct mheap_handles *handles,
							    u64 handle)
{
	const u32 place = mheap_handle_place(handle);
	struct mheap_handle *entry;

	if (unlikely(place >= handles->used || handle & MHEAP_HANDLE_OTHER))
		return NULL;
	entry = mheap_handle_entry(handles, place);
	return likely(entry->name == handle) ? entry : NULL;
}

/* Is there a place for the next handle? Else mheap_handle_grow() makes some. */
static inline bool mheap_handle_is_reserved(const struct mheap_handles *handles)
{
	return handles->closed != MHEAP_HANDLE_PLACES_MAX ||
	       handles->used < handles->segments * MHEAP_HANDLE_SEGMENT;
}

/**
 * mheap_handle_open - open a handle
 * @handles: of a session; mheap_handle_is_reserved()
 * @kind: strong or weak
 * @object: number of the object
 * @tag: its tag
 *
 * Context: Any. Return: The handle.
 */
static inline u64 mheap_handle_open(struct mheap_handles *handles, enum mheap_handle_kind kind,
				    u32 object, u32 tag)
{
	struct mheap_handle *entry;
	u32 place = handles->closed;
	u64 handle;
	u32 life;

	if (likely(place != MHEAP_HANDLE_PLACES_MAX)) {
		entry = mheap_handle_entry(handles, place);
		handles->closed = entry->object;
	} else {
		place = handles->used++;
		entry = mheap_handle_entry(handles, place);
	}
	life = ((u32)entry->name + handles->first_life) & MHEAP_HANDLE_LIFE_MASK;
	handle = (u64)handles->serial << MHEAP_HANDLE_SERIAL_SHIFT |
		 (u64)life << MHEAP_HANDLE_LIFE_SHIFT | place;
	entry->name = kind == MHEAP_HANDLE_WEAK ? handle | MHEAP_HANDLE_OTHER : handle;
	entry->object = object;
	entry->tag = tag;
	handles->open++;
	return handle;
}

/**
 * mheap_handle_close - close a handle
 * @handles: of a session
 * @entry: of an open handle
 *
 * Context: Any.
 */
static inline void mheap_handle_close(struct mheap_handles *handles, struct mheap_handle *entry)
{
	const u32 lives = mheap_handle_life(handles, entry->name) + 1;
	const u32 place = mheap_handle_place(entry->name);

	entry->name = MHEAP_HANDLE_OTHER | lives;
	handles->open--;
	if (unlikely(lives > MHEAP_HANDLE_LIFE_MASK))
		return;		/* all its numbers have been handles: retired */
	entry->object = handles->closed;
	handles->closed = place;
}

#endif /* _MHEAP_CORE_HANDLE_H */
