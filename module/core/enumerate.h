/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enumeration: finding objects that nobody has to name, by walking over the table.
 */
#ifndef _MHEAP_CORE_ENUMERATE_H
#define _MHEAP_CORE_ENUMERATE_H

#include "port.h"
#include "session.h"

/**
 * enum mheap_enumerated - what is looked for
 * @MHEAP_ENUMERATED_OBJECTS: tracked objects, by generation
 * @MHEAP_ENUMERATED_REFERRERS: objects with a slot that refers to a certain one
 * @MHEAP_ENUMERATED_GARBAGE: objects in the garbage list
 */
enum mheap_enumerated {
	MHEAP_ENUMERATED_OBJECTS,
	MHEAP_ENUMERATED_REFERRERS,
	MHEAP_ENUMERATED_GARBAGE,
};

/**
 * struct mheap_enumeration - an enumeration, as far as it has come
 * @what: is looked for
 * @generations: OBJECTS: 1 << generation of those that are wanted
 * @object: REFERRERS: a strong handle to what they refer to
 * @ids: give ids instead of handles
 * @found: handles or ids
 * @room: length of @found
 * @count: of it, filled
 * @cursor: the number to go on with; 0 at first, and again at the end
 */
struct mheap_enumeration {
	enum mheap_enumerated what;
	u32 generations;
	u64 object;
	bool ids;
	u64 *found;
	u32 room;
	u32 count;
	u64 cursor;
};

/* All that a cursor can be. */
#define MHEAP_ENUMERATION_CURSOR_MAX	0xffffffffULL

int mheap_enumerate(struct mheap_session *session, struct mheap_enumeration *enumeration);
void mheap_enumerate_undo(struct mheap_session *session,
			  struct mheap_enumeration *enumeration);

#endif /* _MHEAP_CORE_ENUMERATE_H */
