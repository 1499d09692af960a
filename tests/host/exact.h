/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An allocator of bodies that gives exactly what was asked for, so that the
 * sanitizer sees the first byte too many, and asserts that a body is given back
 * with the size it was taken with.
 */
#ifndef _MHEAP_HOST_EXACT_H
#define _MHEAP_HOST_EXACT_H

#include "allocator.h"

struct mheap_allocator *exact_create(void);
void exact_destroy(struct mheap_allocator *allocator);

#endif /* _MHEAP_HOST_EXACT_H */
