/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: somebody who works on a heap. It owns handles, and it is a lane:
 * one batch of it runs at a time. Whoever wants to work on several processors
 * at once opens several sessions.
 */
#ifndef _MHEAP_CORE_SESSION_H
#define _MHEAP_CORE_SESSION_H

#include "handle.h"
#include "heap.h"
#include "listener.h"
#include "port.h"
#include "room.h"
#include "table.h"
#include "watch.h"

#define MHEAP_OWNER_NAME	16U

/**
 * struct mheap_owner - who a session belongs to, for people to read
 * @process: number of the process that opened it; 0 where none did
 * @name: of that process, with 0 behind it
 */
struct mheap_owner {
	s32 process;
	char name[MHEAP_OWNER_NAME];
};

/**
 * struct mheap_session - a session
 * @lock: guards @handles, @run and @listener; see table.h for the lock order
 * @heap: never changes
 * @lane: what it works through
 * @handles: its names for objects
 * @run: object numbers it has taken to use up
 * @listener: what it wants to be told
 * @watcher: objects whose death it wants to know of
 * @owner: set before anybody else knows the session
 *
 * To enter a session is to lock it and to begin a section of its lane. The
 * section may be left and begun again while the session stays locked, where
 * something takes long; references that were held stay held.
 */
struct mheap_session {
	struct mutex lock;	/* see above */
	struct mheap_heap *heap;
	struct mheap_lane lane;
	struct mheap_handles handles;
	struct mheap_run run;
	struct mheap_listener listener;
	struct mheap_watcher watcher;
	struct mheap_owner owner;
};

void mheap_session_init(struct mheap_session *session, struct mheap_heap *heap,
			u32 serial, u32 first_life);
void mheap_session_init_for(struct mheap_session *session, struct mheap_heap *heap,
			    u32 serial, u32 first_life, const struct mheap_owner *owner);
void mheap_session_fini(struct mheap_session *session);
int mheap_session_enter(struct mheap_session *session);
void mheap_session_enter_always(struct mheap_session *session);
void mheap_session_leave(struct mheap_session *session);
void mheap_session_breathe(struct mheap_session *session);

int mheap_session_hold(struct mheap_session *session, u32 object, u64 *handle);
int mheap_session_gain(struct mheap_session *session, struct mheap_chunk *chunk, u32 object);
int mheap_session_let_go(struct mheap_session *session, u64 handle, u32 *object);
int mheap_session_drop(struct mheap_session *session, u64 handle);
int mheap_session_weak(struct mheap_session *session, u32 object, u64 *handle);
int mheap_session_dup_weak(struct mheap_session *session, u64 handle, u64 *copy);
int mheap_session_upgrade_object(struct mheap_session *session, u32 object, u32 tag);
int mheap_session_upgrade(struct mheap_session *session, u64 handle, u32 *object);
int mheap_session_id(struct mheap_session *session, u64 handle, u64 *id);

static inline void mheap_assert_session(const struct mheap_session *session)
{
	lockdep_assert_held(&session->lock);
	mheap_assert_entered(&session->lane);
}

/**
 * mheap_session_reserve - make sure that the next handle can be opened
 * @session: entered; the section may be left and entered again, where the session
 *           needs memory for it or the heap has reached its limit
 *
 * Where the section is left behind it, the heap's limit may be reached meanwhile; then
 * the handle that was to be opened still can fail.
 *
 * Context: Entered. May sleep. Return: 0, -ENOMEM, or -ENOSPC if the session has all
 * its handles or the heap as many as it may.
 */
static inline int mheap_session_reserve(struct mheap_session *session)
{
	mheap_assert_session(session);
	if (likely(mheap_handle_is_reserved(&session->handles) &&
		   mheap_lane_left(&session->lane, MHEAP_LIMIT_HANDLES) >= 1))
		return 0;
	return mheap_room_for_handle(session);
}

int mheap_session_explain(struct mheap_session *session, u64 handle);

/**
 * mheap_session_find - the object that a strong handle names
 * @session: entered
 * @handle: any number
 * @object: filled; alive until the handle is dropped
 *
 * Context: Entered. Return: 0, -EBADF, -ESTALE, or -EINVAL if it is weak.
 */
static inline int mheap_session_find(struct mheap_session *session, u64 handle, u32 *object)
{
	const struct mheap_handle *found;

	mheap_assert_session(session);
	found = mheap_handle_find_strong(&session->handles, handle);
	if (unlikely(!found))
		return mheap_session_explain(session, handle);
	*object = found->object;
	return 0;
}

#endif /* _MHEAP_CORE_SESSION_H */
