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
 * enum mheap_handle_kind - what an entry is
 * @MHEAP_HANDLE_CLOSED: nothing; @object is the next closed place
 * @MHEAP_HANDLE_STRONG: counts as a reference from outside
 * @MHEAP_HANDLE_WEAK: does not; the object it names may be dead
 */
enum mheap_handle_kind {
	MHEAP_HANDLE_CLOSED,
	MHEAP_HANDLE_STRONG,
	MHEAP_HANDLE_WEAK,
};

/**
 * struct mheap_handle - one place
 * @object: number of the object
 * @tag: its tag when the handle was made
 * @life: how often the place was used before
 * @kind: enum mheap_handle_kind
 */
struct mheap_handle {
	u32 object;
	u32 tag;
	u32 life;
	u32 kind;
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
 * All guarded by the session's lock.
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

void mheap_handles_init(struct mheap_handles *handles, u32 serial, u32 first_life);
void mheap_handles_fini(struct mheap_handles *handles);
int mheap_handle_reserve(struct mheap_handles *handles);
u64 mheap_handle_open(struct mheap_handles *handles, enum mheap_handle_kind kind,
		      u32 object, u32 tag);
void mheap_handle_close(struct mheap_handles *handles, u64 handle);
bool mheap_handle_close_any(struct mheap_handles *handles, u32 *cursor,
			    struct mheap_handle *closed);

static inline struct mheap_handle *mheap_handle_entry(const struct mheap_handles *handles,
						      u32 place)
{
	return &handles->segment[place / MHEAP_HANDLE_SEGMENT][place % MHEAP_HANDLE_SEGMENT];
}

/**
 * mheap_handle_find - the entry of a handle
 * @handles: of a session
 * @handle: any number
 * @found: filled if it is an open handle
 *
 * Context: Any.
 * Return: 0, -EBADF if it never was a handle of this session, -ESTALE if it was
 * and has been closed.
 */
static inline int mheap_handle_find(const struct mheap_handles *handles, u64 handle,
				    struct mheap_handle **found)
{
	const u32 place = handle & (MHEAP_HANDLE_PLACES_MAX - 1);
	struct mheap_handle *candidate;
	u32 life;

	if (unlikely(handle >> MHEAP_HANDLE_SERIAL_SHIFT != handles->serial ||
		     place >= handles->used))
		return -EBADF;
	candidate = mheap_handle_entry(handles, place);
	life = (u32)(handle >> MHEAP_HANDLE_LIFE_SHIFT) - handles->first_life;
	life &= MHEAP_HANDLE_LIFE_MASK;
	if (unlikely(life != candidate->life || candidate->kind == MHEAP_HANDLE_CLOSED))
		return life < candidate->life ? -ESTALE : -EBADF;
	*found = candidate;
	return 0;
}

#endif /* _MHEAP_CORE_HANDLE_H */
