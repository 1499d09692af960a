/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what a session reads.
 */
#ifndef _MHEAP_IFACE_EVENT_H
#define _MHEAP_IFACE_EVENT_H

#include <linux/compiler_types.h>
#include <linux/poll.h>
#include <linux/types.h>

struct file;
struct mheap_file;
struct mheap_listen;

long mheap_events_listen(struct mheap_file *file, const struct mheap_listen __user *argument);
ssize_t mheap_events_read(struct mheap_file *file, char __user *buffer, size_t size,
			  bool nonblocking);
__poll_t mheap_events_poll(struct mheap_file *file, struct file *filp,
			   struct poll_table_struct *table);

#endif /* _MHEAP_IFACE_EVENT_H */
