/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocators by name. Three of them are the module's own; other modules register
 * theirs. Whoever keeps an allocator keeps the module that it is in.
 */
#ifndef _MHEAP_KERN_ALLOCATORS_H
#define _MHEAP_KERN_ALLOCATORS_H

#include "core/allocator.h"

#define MHEAP_ALLOCATOR_DEFAULT		"slab"
#define MHEAP_ALLOCATOR_NAME_MAX	32	/* with the 0 at the end */

int mheap_allocators_init(void);
void mheap_allocators_exit(void);

int mheap_allocator_register(struct mheap_allocator *allocator);
int mheap_allocator_unregister(struct mheap_allocator *allocator);

struct mheap_allocator *mheap_allocator_get(const char *name);
struct mheap_allocator *mheap_allocator_again(struct mheap_allocator *allocator);
void mheap_allocator_put(struct mheap_allocator *allocator);
int mheap_allocator_name(unsigned int number, char name[MHEAP_ALLOCATOR_NAME_MAX]);

struct mheap_allocator *mheap_allocator_open(struct mheap_allocator *allocator);
void mheap_allocator_close(struct mheap_allocator *allocator, struct mheap_allocator *opened);

u32 mheap_allocators_get_quarantine(void);
void mheap_allocators_set_quarantine(u32 bytes);

#endif /* _MHEAP_KERN_ALLOCATORS_H */
