// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: take one from where it comes from, copy it to the program, and where that
 * fails put it back. One reader of a file is at it at a time, so what is put back is
 * where it was. A file that is listened on, read from or polled stays with its heap.
 */
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include <linux/mheap.h>

#include "core/listener.h"
#include "core/object.h"
#include "event.h"
#include "file.h"
#include "kern/instance.h"

/* The kind of event that an entry of the journal is. */
#define KIND(entry)	((int)(entry) + MHEAP_LISTEN_JOURNAL_SHIFT)

static_assert(MHEAP_LISTEN_FINALIZERS == 1 << MHEAP_EVENT_FINALIZE);
static_assert(MHEAP_LISTEN_DEATHS == 1 << MHEAP_EVENT_DEATH);
static_assert(MHEAP_LISTEN_LIMIT == 1 << MHEAP_EVENT_LIMIT);
static_assert(KIND(MHEAP_JOURNAL_START) == MHEAP_EVENT_COLLECTION_START);
static_assert(KIND(MHEAP_JOURNAL_END) == MHEAP_EVENT_COLLECTION_END);
static_assert(KIND(MHEAP_JOURNAL_LIMIT) == MHEAP_EVENT_LIMIT);
static_assert(KIND(MHEAP_JOURNAL_LOST) == MHEAP_EVENT_LOST);
static_assert(sizeof(struct mheap_event) == 64);

static void settle(struct mheap_file *file)
{
	if (unlikely(!mheap_file_is_settled(file)))
		mheap_file_settle(file);
}

/**
 * mheap_events_listen - MHEAP_IOC_LISTEN
 * @file: the open file
 * @argument: of the request
 *
 * Context: May sleep; in the process whose memory @argument is in.
 * Return: 0, -EFAULT, -EINVAL or -ENOMEM.
 */
long mheap_events_listen(struct mheap_file *file, const struct mheap_listen __user *argument)
{
	struct mheap_listen listen;

	if (copy_from_user(&listen, argument, sizeof(listen)))
		return -EFAULT;
	if (listen.reserved || listen.kinds & ~MHEAP_LISTEN_ALL)
		return -EINVAL;
	settle(file);
	return mheap_listen(&file->session, listen.kinds);
}

/* An object from the queue. The session is entered. */
static int take_object(struct mheap_session *session, struct mheap_event *event)
{
	u32 object;
	int error;

	/* Before it is taken out: it should not have to be put back. */
	error = mheap_session_reserve(session);
	if (error)
		return error;
	if (!mheap_finalizers_take(session, &object, &event->cookie))
		return 0;
	mheap_session_hold(session, object, &event->handle);
	mheap_session_id(session, event->handle, &event->id);
	event->kind = MHEAP_EVENT_FINALIZE;
	event->time = ktime_get_ns();
	return 1;
}

/* Return: 1, 0 if there is none, or -errno. */
static int take_finalizer(struct mheap_session *session, struct mheap_event *event)
{
	int taken = 0;

	if (!(READ_ONCE(session->listener.kinds) & MHEAP_LISTEN_FINALIZERS) ||
	    !mheap_finalizers_wait(&session->heap->finalizers))
		return 0;
	if (mheap_session_enter(session))
		return -EINTR;
	if (session->listener.kinds & MHEAP_LISTEN_FINALIZERS)
		taken = take_object(session, event);
	mheap_session_leave(session);
	return taken;
}

static bool take_death(struct mheap_session *session, struct mheap_event *event,
		       struct mheap_watch **watch)
{
	*watch = mheap_watch_take(session);
	if (!*watch)
		return false;
	event->kind = MHEAP_EVENT_DEATH;
	event->id = (*watch)->id;
	event->cookie = (*watch)->cookie;
	event->time = (*watch)->time;
	return true;
}

static bool take_entry(struct mheap_session *session, struct mheap_event *event)
{
	struct mheap_journal_entry entry;

	if (!mheap_journal_read(&session->heap->journal,
				session->listener.kinds >> MHEAP_LISTEN_JOURNAL_SHIFT,
				&session->listener.place, &entry))
		return false;
	event->kind = KIND(entry.kind);
	event->generation = entry.which;
	event->id = entry.took;
	event->time = entry.time;
	memcpy(event->value, entry.value, sizeof(event->value));
	return true;
}

/**
 * struct taken - an event on its way to the program
 * @event: what it gets
 * @watch: of a death; to be done with, or put back
 * @place: where the journal was
 * @refused: why there was no handle for an object: this read() asks for none again
 */
struct taken {
	struct mheap_event event;
	struct mheap_watch *watch;
	struct mheap_journal_place place;
	int refused;
};

/*
 * What needs no handle. The session is locked and not entered: to be told of a collection
 * is no work on the heap that would be worth another one.
 */
static int take_word(struct mheap_session *session, struct taken *taken)
{
	u32 kinds;
	int got;

	if (mutex_lock_killable(&session->lock))
		return -EINTR;
	kinds = session->listener.kinds;
	taken->place = session->listener.place;
	got = (kinds & MHEAP_LISTEN_DEATHS && take_death(session, &taken->event, &taken->watch)) ||
	      (kinds & MHEAP_LISTEN_JOURNAL && take_entry(session, &taken->event));
	mutex_unlock(&session->lock);
	return got;
}

/*
 * The next event, in the order of core/listener.h. What needs no handle is not held up
 * for want of one.
 */
static int take(struct mheap_session *session, struct taken *taken)
{
	int got = 0;

	memset(&taken->event, 0, sizeof(taken->event));
	taken->watch = NULL;
	if (!taken->refused)
		got = take_finalizer(session, &taken->event);
	if (got > 0)
		return got;
	taken->refused = got ?: taken->refused;
	got = take_word(session, taken);
	return got ?: taken->refused;
}

/* The program may have guessed the handle and dropped it: then there is nothing to do. */
static void put_object_back(struct mheap_session *session, u64 handle)
{
	u32 object;

	mheap_session_enter_always(session);
	if (!mheap_session_let_go(session, handle, &object))
		mheap_finalizers_put_back(session, object);
	mheap_session_leave(session);
}

/* Be as if an event had not been taken, also to those who looked meanwhile. */
static void put_back(struct mheap_session *session, const struct taken *taken)
{
	if (taken->event.kind == MHEAP_EVENT_FINALIZE) {
		put_object_back(session, taken->event.handle);
	} else if (taken->event.kind == MHEAP_EVENT_DEATH) {
		mheap_watch_put_back(session, taken->watch);
	} else {
		mutex_lock(&session->lock);
		session->listener.place = taken->place;
		mutex_unlock(&session->lock);
		session->heap->ops->event(session->heap);
	}
}

/* Give one event to the program. Return: 1, 0 if there is none, or -errno. */
static int give(struct mheap_session *session, struct taken *taken,
		struct mheap_event __user *to)
{
	const int got = take(session, taken);

	if (got <= 0)
		return got;
	if (copy_to_user(to, &taken->event, sizeof(taken->event))) {
		put_back(session, taken);
		return -EFAULT;
	}
	if (taken->watch)
		mheap_watch_done(session, taken->watch);
	return got;
}

/* Return: how many events were given, or -errno. */
static ssize_t give_some(struct mheap_file *file, struct mheap_event __user *to, size_t room)
{
	struct taken taken = {};
	size_t given = 0;
	int got = 1;

	if (mutex_lock_interruptible(&file->reading))
		return -ERESTARTSYS;
	while (given < room && !(given && signal_pending(current))) {
		got = give(&file->session, &taken, to + given);
		if (got <= 0)
			break;
		given++;
		cond_resched();
	}
	mutex_unlock(&file->reading);
	return given ?: got;
}

/**
 * mheap_events_read - read() on the device
 * @file: the open file
 * @buffer: the program's memory
 * @size: how many bytes of it
 * @nonblocking: do not wait
 *
 * Context: May sleep; in the process whose memory @buffer is in.
 * Return: How many bytes were filled, all of whole events, or -errno.
 */
ssize_t mheap_events_read(struct mheap_file *file, char __user *buffer, size_t size,
			  bool nonblocking)
{
	struct mheap_event __user *to = (struct mheap_event __user *)buffer;
	const size_t room = size / sizeof(*to);
	ssize_t given;
	int error;

	if (!room)
		return -EINVAL;
	settle(file);
	for (;;) {
		given = give_some(file, to, room);
		if (given)
			return given > 0 ? given * sizeof(*to) : given;
		if (!READ_ONCE(file->session.listener.kinds))
			return 0;
		if (nonblocking)
			return -EAGAIN;
		error = mheap_instance_listen(file->instance, &file->session);
		if (error)
			return error;
	}
}

/**
 * mheap_events_poll - poll() on the device
 * @file: the open file
 * @filp: likewise
 * @table: whoever waits
 *
 * Context: May sleep.
 * Return: EPOLLIN if there is something to read, EPOLLHUP if the session listens to
 * nothing.
 */
__poll_t mheap_events_poll(struct mheap_file *file, struct file *filp,
			   struct poll_table_struct *table)
{
	settle(file);
	poll_wait(filp, &file->instance->events, table);
	if (!READ_ONCE(file->session.listener.kinds))
		return EPOLLHUP;
	return mheap_listener_is_ready(&file->session) ? EPOLLIN | EPOLLRDNORM : 0;
}
