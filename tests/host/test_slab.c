// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes of the slab allocator: large enough, not much larger, aligned, zeroed.
 */
#include "allocator.h"
#include "harness.h"
#include "oracle.h"

#define CLASS_MAX	8192U	/* larger bodies are made of pages */

static size_t charge(struct mheap_allocator *slab, size_t size)
{
	return slab->ops->charge(slab, size);
}

static void large_enough(void)
{
	struct mheap_allocator *slab = mheap_slab_create();
	size_t size;

	for (size = 1; size <= 70000; size++)
		if (!check(charge(slab, size) >= size) ||
		    !check(charge(slab, size) >= charge(slab, size - (size > 1))))
			break;
	mheap_slab_destroy(slab);
}

/* Under an eighth, or under the 8 bytes of the alignment. */
static void little_waste(void)
{
	struct mheap_allocator *slab = mheap_slab_create();
	size_t size, waste;

	for (size = 1; size <= CLASS_MAX; size++) {
		waste = charge(slab, size) - size;
		if (!check(waste < 8 || waste * 8 < charge(slab, size)))
			break;
	}
	for (; size <= 70000; size++)
		if (!check(charge(slab, size) - size < 4096))
			break;
	mheap_slab_destroy(slab);
}

static void classes_as_stated(void)
{
	struct mheap_allocator *slab = mheap_slab_create();
	size_t size;

	for (size = 1; size <= 70000; size++)
		if (!check_equal(charge(slab, size), oracle_slab_charge(size)))
			break;
	mheap_slab_destroy(slab);
}

/* Every byte of the class is there, and zero when it comes again. */
static void zeroed_and_aligned(void)
{
	struct mheap_allocator *slab = mheap_slab_create();
	size_t size, i, class;
	u8 *body;

	for (size = 1; size <= 70000; size += size < 300 ? 1 : 97) {
		class = charge(slab, size);
		body = slab->ops->alloc(slab, size);
		check(body && (uintptr_t)body % 8 == 0);
		for (i = 0; i < size; i++)
			if (body[i])
				break;
		check_equal(i, size);
		memset(body, 0xff, size <= CLASS_MAX ? class : size);
		slab->ops->free(slab, body, size);
	}
	mheap_slab_destroy(slab);
}

/* A body may be freed as any size of its class, and no other is disturbed. */
static void neighbours_in_a_class(void)
{
	struct mheap_allocator *slab = mheap_slab_create();
	u8 *body[64];
	unsigned int i, k;

	for (i = 0; i < 64; i++) {
		body[i] = slab->ops->alloc(slab, 9 + i % 8);
		memset(body[i], i + 1, 9 + i % 8);
	}
	for (i = 0; i < 64; i++)
		for (k = 0; k < 9 + i % 8; k++)
			check_equal(body[i][k], i + 1);
	for (i = 0; i < 64; i++)
		slab->ops->free(slab, body[i], 9 + i % 8);
	mheap_slab_destroy(slab);
}

static void no_memory_for_the_caches(void)
{
	struct mheap_allocator *slab;
	long n;

	for (n = 1;; n++) {
		port_fail_at = port_allocations + n;
		slab = mheap_slab_create();
		port_fail_at = 0;
		if (!IS_ERR(slab))
			break;
		check_equal(PTR_ERR(slab), -ENOMEM);
	}
	check(n > 2);
	mheap_slab_destroy(slab);
}

static const struct test tests[] = {
	{ "every size from 1 to 70000 fits its class", large_enough },
	{ "a class wastes less than an eighth", little_waste },
	{ "classes are those that are documented", classes_as_stated },
	{ "bodies are zeroed and aligned", zeroed_and_aligned },
	{ "neighbours in a class", neighbours_in_a_class },
	{ "no memory for the caches", no_memory_for_the_caches },
	{}
};

const struct suite suite_slab = { "slab", tests };
