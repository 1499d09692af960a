/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debug flags of a heap, as numbers and as words.
 */
#ifndef _MHEAP_IFACE_DEBUG_H
#define _MHEAP_IFACE_DEBUG_H

#include <linux/types.h>

struct mheap_heap;

int mheap_debug_set(struct mheap_heap *heap, u32 flags);
int mheap_debug_parse(const char *text, size_t length, u32 *flags);

#endif /* _MHEAP_IFACE_DEBUG_H */
