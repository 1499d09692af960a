// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room: collecting before an operation fails.
 */
#include "collect.h"
#include "limit.h"
#include "room.h"
#include "session.h"

/**
 * mheap_room_make - is it worth trying once more?
 * @session: entered; left and entered again if so
 * @error: why it failed, anything
 * @tried: false at first; whether it has been tried again
 *
 * Nobody needs a collection of its own: one that has begun since the operation
 * failed is as good. To tell, the number of full collections is read before the
 * section ends, and one that begins behind that waits for its end (collect.c, H1).
 *
 * Context: Entered. May sleep. Return: false if it is not.
 */
bool mheap_room_make(struct mheap_session *session, int error, bool *tried)
{
	struct mheap_lane *lane = &session->lane;
	struct mheap_heap *heap = session->heap;
	const enum mheap_limit short_of = lane->short_of;
	const u32 begun = READ_ONCE(heap->full_begun);

	mheap_assert_session(session);
	if (error != -ENOMEM && error != -ENOSPC)
		return false;
	lane->short_of = MHEAP_LIMITS;
	if (*tried) {
		if (short_of < MHEAP_LIMITS) {
			atomic64_inc(&heap->quota.failures);
			/* The collection has made room, and another limit is in the way. */
			if (short_of != lane->short_before)
				mheap_limits_tell(heap, short_of);
		}
		return false;
	}
	if (mheap_port_is_killed())
		return false;
	*tried = true;
	lane->short_before = short_of;
	mheap_lane_leave(lane);
	if (short_of < MHEAP_LIMITS)
		mheap_limits_tell(heap, short_of);
	mheap_collect_since(heap, begun, short_of < MHEAP_LIMITS ? MHEAP_CAUSE_LIMIT :
								  MHEAP_CAUSE_PRESSURE);
	mheap_lane_enter(lane);
	return true;
}

/* Memory is waited for outside of a section. */
static noinline int grow_handles(struct mheap_session *session)
{
	struct mheap_handle_growth growth;
	int error;

	mheap_lane_leave(&session->lane);
	error = mheap_handle_prepare(&session->handles, &growth);
	mheap_lane_enter(&session->lane);
	if (error)
		return error;
	mheap_handle_grow(&session->handles, &growth);
	mheap_lane_leave(&session->lane);
	mheap_handle_grown(&growth);
	mheap_lane_enter(&session->lane);
	return 0;
}

/* A place for the handle first, because for that the section may have to be left. */
static int reserve_handle(struct mheap_session *session)
{
	int error = 0;

	if (unlikely(!mheap_handle_is_reserved(&session->handles)))
		error = grow_handles(session);
	return error ?: mheap_limit_reserve(&session->lane, MHEAP_LIMIT_HANDLES, 1);
}

/**
 * mheap_room_for_handle - make sure that the next handle can be opened
 * @session: entered; the section may be left and entered again
 *
 * See mheap_session_reserve().
 *
 * Context: Entered. May sleep. Return: 0, -ENOMEM or -ENOSPC.
 */
int mheap_room_for_handle(struct mheap_session *session)
{
	bool tried = false;
	int error;

	do
		error = reserve_handle(session);
	while (unlikely(error) && mheap_room_make(session, error, &tried));
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_room_for_handle);
