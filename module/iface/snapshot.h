/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots: descriptors that an image of a heap is read from.
 */
#ifndef _MHEAP_IFACE_SNAPSHOT_H
#define _MHEAP_IFACE_SNAPSHOT_H

#include <linux/mheap.h>

struct mheap_folder;

long mheap_snapshot_open(const struct mheap_folder *folder,
			 const struct mheap_snapshot __user *argument);

#endif /* _MHEAP_IFACE_SNAPSHOT_H */
