/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control: all requests of the device but MHEAP_IOC_SUBMIT and MHEAP_IOC_JOIN.
 */
#ifndef _MHEAP_IFACE_CONTROL_H
#define _MHEAP_IFACE_CONTROL_H

#include <linux/compiler_types.h>

struct mheap_file;

long mheap_control(struct mheap_file *file, unsigned int request, void __user *argument);

#endif /* _MHEAP_IFACE_CONTROL_H */
