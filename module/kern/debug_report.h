/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the debug allocator takes from the kernel: stacks, and the log.
 */
#ifndef _MHEAP_KERN_DEBUG_REPORT_H
#define _MHEAP_KERN_DEBUG_REPORT_H

#include "core/debug_allocator.h"

extern const struct mheap_debug_hooks mheap_debug_kernel_hooks;

void mheap_debug_kernel_site(struct mheap_debug_site *site);

#endif /* _MHEAP_KERN_DEBUG_REPORT_H */
