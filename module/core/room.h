/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room: what an operation does that found no memory, or that would pass a limit of
 * the heap (limit.h). It leaves its section, has the whole heap collected, and tries
 * once more:
 *
 *	bool tried = false;
 *
 *	do
 *		error = try();
 *	while (unlikely(error) && mheap_room_make(session, error, &tried));
 *
 * where try() changes nothing if it fails. Also with automatic collection off: the
 * alternative is failure, while garbage is there.
 */
#ifndef _MHEAP_CORE_ROOM_H
#define _MHEAP_CORE_ROOM_H

#include "port.h"

struct mheap_session;

bool mheap_room_make(struct mheap_session *session, int error, bool *tried);
int mheap_room_for_handle(struct mheap_session *session);

#endif /* _MHEAP_CORE_ROOM_H */
