// SPDX-License-Identifier: GPL-2.0-only
#include "exact.h"

/**
 * struct exact - the allocator
 * @allocator: what a heap sees
 * @live: bodies that are not given back
 */
struct exact {
	struct mheap_allocator allocator;
	long live;
};

/* In front of every body. */
struct exact_header {
	size_t size;
	struct exact *owner;
};

static void *exact_alloc(struct mheap_allocator *allocator, size_t size)
{
	struct exact *exact = container_of(allocator, struct exact, allocator);
	struct exact_header *header;

	assert(size);
	header = kzalloc(sizeof(*header) + size, GFP_KERNEL);
	if (!header)
		return NULL;
	header->size = size;
	header->owner = exact;
	__atomic_add_fetch(&exact->live, 1, __ATOMIC_RELAXED);
	return header + 1;
}

static void exact_free(struct mheap_allocator *allocator, void *body, size_t size)
{
	struct exact *exact = container_of(allocator, struct exact, allocator);
	struct exact_header *header = (struct exact_header *)body - 1;

	assert(header->size == size && header->owner == exact);
	__atomic_sub_fetch(&exact->live, 1, __ATOMIC_RELAXED);
	port_free_mapped(header);
}

static size_t exact_charge(const struct mheap_allocator *allocator, size_t size)
{
	(void)allocator;
	return size + 5;
}

static const struct mheap_allocator_ops exact_ops = {
	.name = "exact",
	.alloc = exact_alloc,
	.free = exact_free,
	.charge = exact_charge,
};

struct mheap_allocator *exact_create(void)
{
	struct exact *exact = calloc(1, sizeof(*exact));

	assert(exact);
	exact->allocator.ops = &exact_ops;
	return &exact->allocator;
}

void exact_destroy(struct mheap_allocator *allocator)
{
	struct exact *exact = container_of(allocator, struct exact, allocator);

	assert(!exact->live);
	free(exact);
}
