// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator of bodies: whole pages for each, which it shares with no
 * other. What runs over a body by more than the rest of its last page, or uses it
 * after it was freed, meets memory that is nobody else's body; and what is large
 * anyway takes no detour.
 */
#include "allocator.h"

static void *page_alloc(struct mheap_allocator *allocator, size_t size)
{
	return mheap_port_alloc_pages(PAGE_ALIGN(size), MHEAP_GFP);
}

static void *page_alloc_now(struct mheap_allocator *allocator, size_t size)
{
	return mheap_port_alloc_pages(PAGE_ALIGN(size), MHEAP_GFP_NOW);
}

static void page_free(struct mheap_allocator *allocator, void *body, size_t size)
{
	mheap_port_free_pages(body, PAGE_ALIGN(size));
}

static size_t page_charge(const struct mheap_allocator *allocator, size_t size)
{
	return PAGE_ALIGN(size);
}

static const struct mheap_allocator_ops page_ops = {
	.name = "page",
	.alloc = page_alloc,
	.alloc_now = page_alloc_now,
	.free = page_free,
	.charge = page_charge,
};

/**
 * mheap_page_create - make the allocator
 *
 * Context: May sleep. Return: The allocator, or an ERR_PTR() of -ENOMEM.
 */
struct mheap_allocator *mheap_page_create(void)
{
	struct mheap_allocator *allocator = kzalloc(sizeof(*allocator), GFP_KERNEL);

	if (!allocator)
		return ERR_PTR(-ENOMEM);
	allocator->ops = &page_ops;
	return allocator;
}
EXPORT_SYMBOL_MHEAP(mheap_page_create);

/**
 * mheap_page_destroy - free the allocator
 * @allocator: made by mheap_page_create(); everything it gave must be back
 *
 * Context: May sleep.
 */
void mheap_page_destroy(struct mheap_allocator *allocator)
{
	kfree(allocator);
}
EXPORT_SYMBOL_MHEAP(mheap_page_destroy);
