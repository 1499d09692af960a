/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holders: who refers to objects from outside of the heap's slots, told in pieces
 * while others go on: sessions and their handles here, names of roots in root.h.
 */
#ifndef _MHEAP_CORE_HOLDER_H
#define _MHEAP_CORE_HOLDER_H

#include "port.h"
#include "session.h"

#define MHEAP_HOLDER_PLACES	64U	/* of handles, looked at in one go */

/**
 * struct mheap_holder - a session, and a place in its handles
 * @serial: of the session; 0 before the first one
 * @owner: who it belongs to
 * @place: the place of a handle that comes next
 */
struct mheap_holder {
	u32 serial;
	struct mheap_owner owner;
	u32 place;
};

bool mheap_holder_next(struct mheap_heap *heap, struct mheap_holder *holder);
bool mheap_holder_handles(struct mheap_heap *heap, struct mheap_holder *holder,
			  struct mheap_handle *handle, u32 *count);

#endif /* _MHEAP_CORE_HOLDER_H */
