// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slab allocator of bodies: one cache per size class, and pages for what is
 * larger than the largest class. All heaps that have it share the caches.
 *
 * User memory is never copied from or to a body directly, as that could fault
 * with locks held; the doors copy through memory of their own. So the caches
 * are made without any window for user copies, and hardened usercopy refuses
 * every attempt.
 */
#include "allocator.h"
#include "size_class.h"

/**
 * struct slab_allocator - the classes' caches
 * @allocator: what a heap sees
 * @cache: of each class, smallest first
 * @name: of each cache; a cache keeps a pointer to it
 */
struct slab_allocator {
	struct mheap_allocator allocator;
	struct kmem_cache *cache[MHEAP_CLASSES];
	char name[MHEAP_CLASSES][16];
};

static void *slab_alloc(struct mheap_allocator *allocator, size_t size)
{
	struct slab_allocator *slab = container_of(allocator, struct slab_allocator, allocator);

	if (size > MHEAP_CLASS_MAX)
		return mheap_port_vzalloc(size, MHEAP_GFP);
	return kmem_cache_zalloc(slab->cache[mheap_class_of(size)], MHEAP_GFP);
}

static void *slab_alloc_now(struct mheap_allocator *allocator, size_t size)
{
	struct slab_allocator *slab = container_of(allocator, struct slab_allocator, allocator);

	if (size > MHEAP_CLASS_MAX)
		return NULL;
	return kmem_cache_zalloc(slab->cache[mheap_class_of(size)], MHEAP_GFP_NOW);
}

static void slab_free(struct mheap_allocator *allocator, void *body, size_t size)
{
	struct slab_allocator *slab = container_of(allocator, struct slab_allocator, allocator);

	if (size > MHEAP_CLASS_MAX)
		vfree(body);
	else
		kmem_cache_free(slab->cache[mheap_class_of(size)], body);
}

static size_t slab_charge(const struct mheap_allocator *allocator, size_t size)
{
	if (size > MHEAP_CLASS_MAX)
		return PAGE_ALIGN(size);
	return mheap_class_size(mheap_class_of(size));
}

static uintptr_t slab_slab(const struct mheap_allocator *allocator, const void *body, size_t size,
			   size_t *bytes)
{
	return size > MHEAP_CLASS_MAX ? 0 : mheap_port_slab_of(body, bytes);
}

/* A cache keeps some slabs that are empty, for the next who asks. */
static void slab_shrink(struct mheap_allocator *allocator)
{
	struct slab_allocator *slab = container_of(allocator, struct slab_allocator, allocator);
	unsigned int class;

	for (class = 0; class < MHEAP_CLASSES; class++) {
		kmem_cache_shrink(slab->cache[class]);
		cond_resched();
	}
}

static const struct mheap_allocator_ops slab_ops = {
	.name = "slab",
	.alloc = slab_alloc,
	.alloc_now = slab_alloc_now,
	.free = slab_free,
	.charge = slab_charge,
	.slab = slab_slab,
	.shrink = slab_shrink,
};

/**
 * mheap_slab_destroy - free the allocator and its caches
 * @allocator: made by mheap_slab_create(); everything it gave must be back
 *
 * Context: May sleep.
 */
void mheap_slab_destroy(struct mheap_allocator *allocator)
{
	struct slab_allocator *slab = container_of(allocator, struct slab_allocator, allocator);
	unsigned int class;

	for (class = 0; class < MHEAP_CLASSES; class++)
		kmem_cache_destroy(slab->cache[class]);
	kfree(slab);
}
EXPORT_SYMBOL_MHEAP(mheap_slab_destroy);

/**
 * mheap_slab_create - make the allocator and its caches
 *
 * Context: May sleep. Return: The allocator, or an ERR_PTR() of -ENOMEM.
 */
struct mheap_allocator *mheap_slab_create(void)
{
	struct slab_allocator *slab;
	unsigned int class;

	slab = kzalloc(sizeof(*slab), GFP_KERNEL);
	if (!slab)
		return ERR_PTR(-ENOMEM);
	slab->allocator.ops = &slab_ops;
	for (class = 0; class < MHEAP_CLASSES; class++) {
		snprintf(slab->name[class], sizeof(slab->name[class]), "mheap-%zu",
			 mheap_class_size(class));
		slab->cache[class] = kmem_cache_create(slab->name[class], mheap_class_size(class),
						       MHEAP_CLASS_STEP, SLAB_ACCOUNT, NULL);
		if (!slab->cache[class]) {
			mheap_slab_destroy(&slab->allocator);
			return ERR_PTR(-ENOMEM);
		}
	}
	return &slab->allocator;
}
EXPORT_SYMBOL_MHEAP(mheap_slab_create);
