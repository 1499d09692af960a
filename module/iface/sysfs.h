/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/kernel/mheap; Documentation/ABI/testing/sysfs-kernel-mheap says what is
 * in it.
 */
#ifndef _MHEAP_IFACE_SYSFS_H
#define _MHEAP_IFACE_SYSFS_H

int mheap_sysfs_init(void);
void mheap_sysfs_exit(void);

#endif /* _MHEAP_IFACE_SYSFS_H */
