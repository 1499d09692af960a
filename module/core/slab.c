// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slab allocator of bodies: one cache per size class, and pages for what is
 * larger than the largest class.
 *
 * Classes lie 8 bytes apart up to 128 bytes, from there on eight to each power
 * of two: a body wastes less than an eighth of its class, or less than the 8
 * bytes of its alignment.
 *
 * User memory is never copied from or to a body directly, as that could fault
 * with locks held; the doors copy through memory of their own. So the caches
 * are made without any window for user copies, and hardened usercopy refuses
 * every attempt.
 */
#include "allocator.h"

#define SMALL_STEP	8U
#define SMALL_MAX	128U
#define SMALL_CLASSES	(SMALL_MAX / SMALL_STEP)
#define STEPS		8U		/* classes to a power of two */
#define LARGE_MAX	8192U
#define CLASSES		(SMALL_CLASSES + 6 * STEPS)	/* 128 << 6 is 8192 */

/**
 * struct slab_allocator - the classes' caches
 * @allocator: what a heap sees
 * @cache: of each class, smallest first
 * @name: of each cache; a cache keeps a pointer to it
 */
struct slab_allocator {
	struct mheap_allocator allocator;
	struct kmem_cache *cache[CLASSES];
	char name[CLASSES][16];
};

static unsigned int class_of(size_t size)
{
	unsigned int shift;

	if (size <= SMALL_MAX)
		return (size - 1) / SMALL_STEP;
	shift = fls((int)(size - 1)) - 4;	/* steps of 1 << shift bytes */
	return SMALL_CLASSES + (shift - 4) * STEPS + ((size - 1) >> shift) - STEPS;
}

static size_t class_size(unsigned int class)
{
	unsigned int large = class - SMALL_CLASSES;

	if (class < SMALL_CLASSES)
		return (class + 1) * SMALL_STEP;
	return (size_t)(STEPS + 1 + large % STEPS) << (4 + large / STEPS);
}

static void *slab_alloc(struct mheap_allocator *allocator, size_t size)
{
	struct slab_allocator *slab = container_of(allocator, struct slab_allocator, allocator);

	if (size > LARGE_MAX)
		return mheap_port_vzalloc(size, MHEAP_GFP);
	return kmem_cache_zalloc(slab->cache[class_of(size)], MHEAP_GFP);
}

static void *slab_alloc_now(struct mheap_allocator *allocator, size_t size)
{
	struct slab_allocator *slab = container_of(allocator, struct slab_allocator, allocator);

	if (size > LARGE_MAX)
		return NULL;
	return kmem_cache_zalloc(slab->cache[class_of(size)], MHEAP_GFP_NOW);
}

static void slab_free(struct mheap_allocator *allocator, void *body, size_t size)
{
	struct slab_allocator *slab = container_of(allocator, struct slab_allocator, allocator);

	if (size > LARGE_MAX)
		vfree(body);
	else
		kmem_cache_free(slab->cache[class_of(size)], body);
}

static size_t slab_charge(const struct mheap_allocator *allocator, size_t size)
{
	if (size > LARGE_MAX)
		return PAGE_ALIGN(size);
	return class_size(class_of(size));
}

static const struct mheap_allocator_ops slab_ops = {
	.name = "slab",
	.alloc = slab_alloc,
	.alloc_now = slab_alloc_now,
	.free = slab_free,
	.charge = slab_charge,
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

	for (class = 0; class < CLASSES; class++)
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
	for (class = 0; class < CLASSES; class++) {
		snprintf(slab->name[class], sizeof(slab->name[class]), "mheap-%zu",
			 class_size(class));
		slab->cache[class] = kmem_cache_create(slab->name[class], class_size(class),
						       SMALL_STEP, SLAB_ACCOUNT, NULL);
		if (!slab->cache[class]) {
			mheap_slab_destroy(&slab->allocator);
			return ERR_PTR(-ENOMEM);
		}
	}
	return &slab->allocator;
}
EXPORT_SYMBOL_MHEAP(mheap_slab_create);
