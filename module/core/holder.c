// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holders: sessions in the order of their serial numbers, and their handles in the
 * order of their places. Sessions that are there from the first look to the last are
 * told once, and so are their handles; others may be.
 */
#include "holder.h"

/* The session of a lane, or NULL: the worker has none. */
static struct mheap_session *session_of(struct mheap_heap *heap, struct mheap_lane *lane)
{
	return lane == &heap->worker ? NULL : container_of(lane, struct mheap_session, lane);
}

/* The session with the lowest serial number from @serial on, or NULL. */
static struct mheap_session *find(struct mheap_heap *heap, u32 serial)
{
	struct mheap_session *found = NULL;
	struct mheap_session *session;
	struct mheap_lane *lane;

	lockdep_assert_held(&heap->lanes.lock);
	list_for_each_entry(lane, &heap->lanes.list, link) {
		session = session_of(heap, lane);
		if (session && session->handles.serial >= serial &&
		    (!found || session->handles.serial < found->handles.serial))
			found = session;
	}
	return found;
}

/**
 * mheap_holder_next - go on to the next session
 * @heap: the heap
 * @holder: all zero at first; filled
 *
 * Context: May sleep; not entered. Return: false if there is none any more.
 */
bool mheap_holder_next(struct mheap_heap *heap, struct mheap_holder *holder)
{
	struct mheap_session *session;

	mutex_lock(&heap->lanes.lock);
	session = find(heap, holder->serial + 1);
	if (session) {
		holder->serial = session->handles.serial;
		holder->owner = session->owner;
		holder->place = 0;
	}
	mutex_unlock(&heap->lanes.lock);
	return session;
}

static u32 copy_handles(const struct mheap_handles *handles, u32 first, struct mheap_handle *to)
{
	const u32 end = min(handles->used, first + MHEAP_HOLDER_PLACES);
	const struct mheap_handle *handle;
	u32 count = 0;
	u32 place;

	for (place = first; place < end; place++) {
		handle = mheap_handle_entry(handles, place);
		if (mheap_handle_is_open(handle))
			to[count++] = *handle;
	}
	return count;
}

/**
 * mheap_holder_handles - tell the next handles of a session
 * @heap: the heap
 * @holder: from mheap_holder_next()
 * @handle: room for MHEAP_HOLDER_PLACES; filled with open handles
 * @count: filled with their number, which may be 0
 *
 * Handles, and the array that they are in, change in sections only, so the session's
 * section is waited for, and its next one held up, as in a handshake.
 *
 * Context: May sleep; not entered.
 * Return: false if there are no more, or the session has gone.
 */
bool mheap_holder_handles(struct mheap_heap *heap, struct mheap_holder *holder,
			  struct mheap_handle *handle, u32 *count)
{
	struct mheap_session *session;
	bool more = false;

	*count = 0;
	mutex_lock(&heap->lanes.lock);
	session = find(heap, holder->serial);
	if (session && session->handles.serial == holder->serial) {
		mutex_lock(&session->lane.lock);
		*count = copy_handles(&session->handles, holder->place, handle);
		holder->place += MHEAP_HOLDER_PLACES;
		more = holder->place < session->handles.used;
		mutex_unlock(&session->lane.lock);
	}
	mutex_unlock(&heap->lanes.lock);
	return more;
}
