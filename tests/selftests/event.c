// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening, reading, and making what there is an event for.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "heap.h"
#include "tap.h"

long event_try_listen(int heap, __u32 kinds)
{
	const struct mheap_listen listen = { .kinds = kinds };

	return heap_ioctl(heap, MHEAP_IOC_LISTEN, &listen);
}

void event_listen(int heap, __u32 kinds)
{
	CHECK_EQ(event_try_listen(heap, kinds), 0);
	CHECK(fcntl(heap, F_SETFL, O_NONBLOCK) == 0);
}

int event_read(int heap, struct mheap_event *event, int room)
{
	const ssize_t size = read(heap, event, room * sizeof(*event));

	if (size < 0)
		return -errno;
	CHECK_EQ(size % sizeof(*event), 0);
	return size / sizeof(*event);
}

struct mheap_event event_next(int heap, __u32 kind)
{
	struct mheap_event event;

	memset(&event, 0xee, sizeof(event));
	CHECK_EQ(event_read(heap, &event, 1), 1);
	CHECK_EQ(event.kind, kind);
	return event;
}

void event_check_silent(int heap)
{
	struct pollfd poll_fd = { .fd = heap, .events = POLLIN };
	struct mheap_event event;

	CHECK_EQ(poll(&poll_fd, 1, 0), 0);
	CHECK_EQ(event_read(heap, &event, 1), -EAGAIN);
}

__u64 event_make_final(int heap, __u32 slots, __u64 cookie)
{
	const __u64 object = heap_get(heap, op_new(0, slots, 8));

	heap_do(heap, op_finalizer(object, cookie));
	return object;
}

void event_lose(int heap, __u64 first, int objects)
{
	while (objects--)
		heap_do(heap, op_drop(event_make_final(heap, 0, first++)));
}
