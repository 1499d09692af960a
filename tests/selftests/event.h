/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listening, reading, and making what there is an event for.
 */
#ifndef EVENT_H
#define EVENT_H

#include <linux/mheap.h>

#define FINALIZE	(1U << MHEAP_EVENT_FINALIZE)

/* Returns what the request does. */
long event_try_listen(int heap, __u32 kinds);

/* Listens, and does not wait for events from now on. */
void event_listen(int heap, __u32 kinds);

/* Returns how many events were read, or -errno. */
int event_read(int heap, struct mheap_event *event, int room);

/* The next event, which is of that kind. */
struct mheap_event event_next(int heap, __u32 kind);

/* There is no event. */
void event_check_silent(int heap);

/* An object with a finalizer. */
__u64 event_make_final(int heap, __u32 slots, __u64 cookie);

/* Objects with cookies from @first on, each of which nobody refers to any more. */
void event_lose(int heap, __u64 first, int objects);

#endif /* EVENT_H */
