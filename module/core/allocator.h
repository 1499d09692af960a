/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where bodies come from. A heap is given one allocator when it is made and
 * knows nothing of what is behind it.
 */
#ifndef _MHEAP_CORE_ALLOCATOR_H
#define _MHEAP_CORE_ALLOCATOR_H

#include "port.h"

struct mheap_allocator;
struct module;

/**
 * enum mheap_allocator_error - what an allocator can find out about its users
 * @MHEAP_ERROR_OVERRUN: somebody wrote behind a body
 * @MHEAP_ERROR_UNDERRUN: somebody wrote before a body
 * @MHEAP_ERROR_USE_AFTER_FREE: somebody wrote into a body that was freed
 * @MHEAP_ERROR_DOUBLE_FREE: a body was freed that had been freed before
 * @MHEAP_ERROR_MISMATCH: a body was freed as one of another heap or another size
 * @MHEAP_ERRORS: how many kinds there are
 */
enum mheap_allocator_error {
	MHEAP_ERROR_OVERRUN,
	MHEAP_ERROR_UNDERRUN,
	MHEAP_ERROR_USE_AFTER_FREE,
	MHEAP_ERROR_DOUBLE_FREE,
	MHEAP_ERROR_MISMATCH,
	MHEAP_ERRORS,
};

/**
 * struct mheap_allocator_ops - an allocator of bodies
 * @name: how a heap names it
 * @owner: the module that @alloc and the others are in, which is kept as long as a
 *         heap has the allocator; NULL if that is the heap's own
 * @alloc: @size bytes, zeroed and aligned to 8, or NULL. May sleep.
 * @alloc_now: the same, but does not sleep, and may find less; NULL where @alloc
 *             is to be called instead
 * @free: give back what @alloc gave for the same @size. May sleep.
 * @charge: how many bytes of memory a body of @size bytes takes
 * @slab: or NULL: a number that is the same for all bodies that lie in one piece of
 *        memory, which can only be given back as a whole, and the @bytes of that; 0
 *        where @charge says it all. May not sleep.
 * @open: or NULL: an allocator for one heap alone, made after the pattern of
 *        @allocator; or an ERR_PTR(). May sleep.
 * @close: with @open: the end of that one, to which everything was given back. May
 *         sleep.
 * @bind: or NULL: @body is to be that of an object. May not sleep.
 * @shrink: or NULL: give empty memory back to the system. May sleep.
 * @errors: or NULL: how many errors of each kind were found
 */
struct mheap_allocator_ops {
	const char *name;
	struct module *owner;
	void *(*alloc)(struct mheap_allocator *allocator, size_t size);
	void *(*alloc_now)(struct mheap_allocator *allocator, size_t size);
	void (*free)(struct mheap_allocator *allocator, void *body, size_t size);
	size_t (*charge)(const struct mheap_allocator *allocator, size_t size);
	uintptr_t (*slab)(const struct mheap_allocator *allocator, const void *body, size_t size,
			  size_t *bytes);
	struct mheap_allocator *(*open)(struct mheap_allocator *allocator);
	void (*close)(struct mheap_allocator *allocator);
	void (*bind)(struct mheap_allocator *allocator, void *body, u64 id);
	void (*shrink)(struct mheap_allocator *allocator);
	void (*errors)(const struct mheap_allocator *allocator, u64 count[MHEAP_ERRORS]);
};

/**
 * struct mheap_allocator - an allocator
 * @ops: what it does
 * @link: among all that are registered; the registry's, like @users
 * @users: heaps, and who else keeps it
 */
struct mheap_allocator {
	const struct mheap_allocator_ops *ops;
	struct list_head link;
	unsigned int users;
};

struct mheap_allocator *mheap_slab_create(void);
void mheap_slab_destroy(struct mheap_allocator *allocator);

struct mheap_allocator *mheap_page_create(void);
void mheap_page_destroy(struct mheap_allocator *allocator);

#endif /* _MHEAP_CORE_ALLOCATOR_H */
