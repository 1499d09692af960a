// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners: beginning and ceasing to listen.
 */
#include "finalizer.h"
#include "limit.h"
#include "listener.h"
#include "session.h"

/* The session is locked. Return: the kinds that it has ceased to listen to. */
static u32 change(struct mheap_session *session, u32 kinds)
{
	struct mheap_listener *listener = &session->listener;
	const u32 ended = listener->kinds & ~kinds;
	const u32 begun = kinds & ~listener->kinds;

	lockdep_assert_held(&session->lock);
	/* Who goes on listening to one kind misses nothing of it for another's sake. */
	if (begun & MHEAP_LISTEN_JOURNAL)
		mheap_journal_begin(&session->heap->journal, begun >> MHEAP_LISTEN_JOURNAL_SHIFT,
				    !(listener->kinds & MHEAP_LISTEN_JOURNAL),
				    &listener->place);
	if (begun & MHEAP_LISTEN_FINALIZERS)
		mheap_finalizers_listen(session->heap);
	if (begun & MHEAP_LISTEN_LIMIT)
		mheap_limits_tell_again(session->heap);
	WRITE_ONCE(listener->kinds, kinds);
	return ended;
}

/**
 * mheap_listen - say what a session wants to be told
 * @session: the session
 * @kinds: MHEAP_LISTEN_*, in place of what it was; 0 for nothing any more
 *
 * Context: May sleep; not entered. Cannot fail where @kinds is 0.
 * Return: 0 or -ENOMEM.
 */
int mheap_listen(struct mheap_session *session, u32 kinds)
{
	struct mheap_heap *heap = session->heap;
	u32 ended;
	int error;

	if (kinds & MHEAP_LISTEN_JOURNAL) {
		error = mheap_journal_open(&heap->journal);
		if (error)
			return error;
	}
	mutex_lock(&session->lock);
	ended = change(session, kinds);
	mutex_unlock(&session->lock);
	if (ended & MHEAP_LISTEN_FINALIZERS)
		mheap_finalizers_unlisten(session);
	/* Whoever waits for something may have nothing to wait for any more. */
	heap->ops->event(heap);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_listen);

/**
 * mheap_listener_is_ready - may there be something to tell a session?
 * @session: the session
 *
 * Context: Any that may take a spinlock.
 * Return: true if there is; somebody else may be faster.
 */
bool mheap_listener_is_ready(struct mheap_session *session)
{
	const u32 kinds = READ_ONCE(session->listener.kinds);
	struct mheap_heap *heap = session->heap;

	if (kinds & MHEAP_LISTEN_FINALIZERS && mheap_finalizers_wait(&heap->finalizers))
		return true;
	if (kinds & MHEAP_LISTEN_DEATHS && mheap_watch_is_ready(session))
		return true;
	return mheap_journal_has(&heap->journal, kinds >> MHEAP_LISTEN_JOURNAL_SHIFT,
				 &session->listener.place);
}
