/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/mheap: the door for programs.
 */
#ifndef _MHEAP_IFACE_CHARDEV_H
#define _MHEAP_IFACE_CHARDEV_H

int mheap_chardev_init(void);
void mheap_chardev_exit(void);

#endif /* _MHEAP_IFACE_CHARDEV_H */
