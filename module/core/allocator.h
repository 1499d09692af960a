/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where bodies come from. A heap is given one allocator when it is made and
 * knows nothing of what is behind it.
 */
#ifndef _MHEAP_CORE_ALLOCATOR_H
#define _MHEAP_CORE_ALLOCATOR_H

#include "port.h"

struct mheap_allocator;

/**
 * struct mheap_allocator_ops - an allocator of bodies
 * @name: how a heap names it
 * @alloc: @size bytes, zeroed and aligned to 8, or NULL. May sleep.
 * @alloc_now: the same, but does not sleep, and may find less; NULL where @alloc
 *             is to be called instead
 * @free: give back what @alloc gave for the same @size. May sleep.
 * @charge: how many bytes of memory a body of @size bytes takes
 */
struct mheap_allocator_ops {
	const char *name;
	void *(*alloc)(struct mheap_allocator *allocator, size_t size);
	void *(*alloc_now)(struct mheap_allocator *allocator, size_t size);
	void (*free)(struct mheap_allocator *allocator, void *body, size_t size);
	size_t (*charge)(const struct mheap_allocator *allocator, size_t size);
};

struct mheap_allocator {
	const struct mheap_allocator_ops *ops;
};

struct mheap_allocator *mheap_slab_create(void);
void mheap_slab_destroy(struct mheap_allocator *allocator);

#endif /* _MHEAP_CORE_ALLOCATOR_H */
