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
#include "table.h"
#include "watch.h"

/**
 * struct mheap_session - a session
 * @lock: guards @handles, @run and @listener; see table.h for the lock order
 * @heap: never changes
 * @lane: what it works through
 * @handles: its names for objects
 * @run: object numbers it has taken to use up
 * @watcher: objects whose death it wants to know of
 * @listener: what it wants to be told
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
	struct mheap_watcher watcher;
	struct mheap_listener listener;
};

void mheap_session_init(struct mheap_session *session, struct mheap_heap *heap,
			u32 serial, u32 first_life);
void mheap_session_fini(struct mheap_session *session);
int mheap_session_enter(struct mheap_session *session);
void mheap_session_enter_always(struct mheap_session *session);
void mheap_session_leave(struct mheap_session *session);

int mheap_session_hold(struct mheap_session *session, u32 object, u64 *handle);
int mheap_session_drop(struct mheap_session *session, u64 handle);
int mheap_session_weak(struct mheap_session *session, u32 object, u64 *handle);
int mheap_session_dup_weak(struct mheap_session *session, u64 handle, u64 *copy);
int mheap_session_revive(struct mheap_session *session, u32 object, u32 tag);
int mheap_session_upgrade(struct mheap_session *session, u64 handle, u32 *object);
int mheap_session_id(struct mheap_session *session, u64 handle, u64 *id);

static inline void mheap_assert_session(const struct mheap_session *session)
{
	lockdep_assert_held(&session->lock);
	mheap_assert_entered(&session->lane);
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
