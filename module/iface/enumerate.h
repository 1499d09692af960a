/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enumeration, as programs ask for it.
 */
#ifndef _MHEAP_IFACE_ENUMERATE_H
#define _MHEAP_IFACE_ENUMERATE_H

#include <linux/compiler_types.h>

struct mheap_file;

long mheap_enumerate_for_user(struct mheap_file *file, void __user *argument);

#endif /* _MHEAP_IFACE_ENUMERATE_H */
