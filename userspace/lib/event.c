// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Events of a session, and what asks for them. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

int mh_listen(struct mh_session *session, uint32_t kinds)
{
	struct mheap_listen listen = { .kinds = kinds };
	const int flags = fcntl(session->fd, F_GETFL);

	/* Somebody else may take the event that poll(2) saw. */
	if (flags < 0 || fcntl(session->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return mh_request(session, MHEAP_IOC_LISTEN, &listen);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* 1 when there may be something to read, 0 when the time is up. */
static int wait_until(int fd, long long end)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	long long left = -1;
	int ready;

	if (end >= 0) {
		left = end - now_ms();
		if (left < 0)
			left = 0;
	}
	ready = poll(&poll_fd, 1, left);
	return ready < 0 ? -errno : ready;
}

int mh_next_event(struct mh_session *session, struct mheap_event *event, int timeout_ms)
{
	const long long end = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	struct mheap_event found;
	ssize_t size;
	int ready;

	for (;;) {
		size = read(session->fd, &found, sizeof(found));
		if (size == sizeof(found))
			break;
		if (!size)
			return -ENODATA;
		if (size > 0)
			return -EPROTO;
		if (errno != EAGAIN)
			return -errno;
		ready = wait_until(session->fd, end);
		if (ready <= 0)
			return ready;
	}
	*event = found;
	return 1;
}

static int finalizer(struct mh_session *session, mh_handle object, uint64_t cookie, uint16_t flags)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_FINALIZER,
		.flags = flags,
		.object = object,
		.offset = cookie,
	};

	return mh_run(session, &op);
}

int mh_set_finalizer(struct mh_session *session, mh_handle object, uint64_t cookie)
{
	return finalizer(session, object, cookie, 0);
}

int mh_cancel_finalizer(struct mh_session *session, mh_handle object)
{
	return finalizer(session, object, 0, MHEAP_OP_CANCEL);
}

static int watch(struct mh_session *session, mh_handle object, uint64_t cookie, uint16_t opcode)
{
	struct mheap_op op = {
		.opcode = opcode,
		.object = object,
		.offset = cookie,
	};

	return mh_run(session, &op);
}

int mh_watch(struct mh_session *session, mh_handle object, uint64_t cookie)
{
	return watch(session, object, cookie, MHEAP_OP_WATCH);
}

int mh_unwatch(struct mh_session *session, mh_handle object, uint64_t cookie)
{
	return watch(session, object, cookie, MHEAP_OP_UNWATCH);
}
