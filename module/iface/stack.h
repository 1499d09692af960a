/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks of the program that is in the kernel.
 */
#ifndef _MHEAP_IFACE_STACK_H
#define _MHEAP_IFACE_STACK_H

#include <linux/types.h>

u32 mheap_stack_take(u64 *address, u32 room);

#endif /* _MHEAP_IFACE_STACK_H */
