/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The permanent generation: objects that no collection looks for garbage among. They
 * die by count as all others do.
 */
#ifndef _MHEAP_CORE_PERMANENT_H
#define _MHEAP_CORE_PERMANENT_H

#include "heap.h"
#include "port.h"

int mheap_permanent_freeze(struct mheap_heap *heap);
int mheap_permanent_unfreeze(struct mheap_heap *heap);

#endif /* _MHEAP_CORE_PERMANENT_H */
