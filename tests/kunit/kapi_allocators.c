// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocators that other modules bring, and heaps that choose theirs.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "kapi_fixture.h"

/* An allocator that counts what it gave and did not get back. */
static atomic_t bodies;
static atomic64_t body_bytes;
static atomic_t without_waiting;

static void *count_alloc(void *data, size_t size)
{
	void *memory = kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL);

	if (!memory)
		return NULL;
	atomic_inc(data);
	atomic64_add(size, &body_bytes);
	return memory;
}

static void *count_alloc_now(void *data, size_t size)
{
	void *memory = kzalloc(size, GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT);

	if (!memory)
		return NULL;
	atomic_inc(&without_waiting);
	atomic_inc(data);
	atomic64_add(size, &body_bytes);
	return memory;
}

static void count_free(void *data, void *memory, size_t size)
{
	atomic_dec(data);
	atomic64_sub(size, &body_bytes);
	kvfree(memory);
}

static size_t count_charge(void *data, size_t size)
{
	return 2 * size;
}

static const struct mheap_kallocator_params counting = {
	.name = "kapi-counting",
	.owner = THIS_MODULE,
	.data = &bodies,
	.alloc = count_alloc,
	.alloc_now = count_alloc_now,
	.free = count_free,
	.charge = count_charge,
};

static long try_register(const struct mheap_kallocator_params *tried)
{
	struct mheap_kallocator *allocator = mheap_kallocator_register(tried);

	return IS_ERR(allocator) ? PTR_ERR(allocator) : mheap_kallocator_unregister(allocator);
}

static void allocator_that_is_incomplete_is_refused(struct kunit *test)
{
	struct mheap_kallocator_params tried = counting;

	KUNIT_EXPECT_EQ(test, try_register(&tried), 0L);
	tried.name = NULL;
	KUNIT_EXPECT_EQ(test, try_register(&tried), (long)-EINVAL);
	tried.name = "two words";
	KUNIT_EXPECT_EQ(test, try_register(&tried), (long)-EINVAL);
	tried.name = "slab";
	KUNIT_EXPECT_EQ(test, try_register(&tried), (long)-EEXIST);
	tried = counting;
	tried.free = NULL;
	KUNIT_EXPECT_EQ(test, try_register(&tried), (long)-EINVAL);
	tried = counting;
	tried.charge = NULL;
	KUNIT_EXPECT_EQ(test, try_register(&tried), (long)-EINVAL);
	tried = counting;
	tried.alloc_now = NULL;
	KUNIT_EXPECT_EQ(test, try_register(&tried), 0L);
	KUNIT_EXPECT_EQ(test, mheap_kallocator_unregister(NULL), 0);
	KUNIT_EXPECT_EQ(test, mheap_kallocator_unregister(ERR_PTR(-ENOMEM)), 0);
}

/* A node that refers to itself, a leaf, and a large one. */
static void use_counting_heap(struct kunit *test, struct mheap_kheap *heap)
{
	struct mheap_kuser *user = mheap_kuser_create(heap);
	struct mheap_kstats before, stats;
	struct mheap_ref ref[3];
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, user);
	mheap_kheap_stats(heap, &before);
	mheap_kuser_begin_always(user);
	KUNIT_EXPECT_EQ(test, mheap_knew(user, NODE, &ref[0]), 0);
	KUNIT_EXPECT_EQ(test, mheap_knew(user, LEAF, &ref[1]), 0);
	KUNIT_EXPECT_EQ(test, mheap_knew(user, LARGE, &ref[2]), 0);
	KUNIT_EXPECT_EQ(test, mheap_kstore(user, ref[0], 0, ref[0]), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&bodies), 3);
	mheap_kuser_end(user);
	mheap_kheap_stats(heap, &stats);
	KUNIT_EXPECT_EQ(test, stats.objects, before.objects + 3);
	KUNIT_EXPECT_GE(test, stats.bytes - before.bytes, 2 * (u64)atomic64_read(&body_bytes));
	mheap_kuser_begin_always(user);
	for (i = 0; i < ARRAY_SIZE(ref); i++)
		mheap_kput(user, ref[i]);
	mheap_kuser_end(user);
	/* One with so many slots is released in the background. */
	KUNIT_EXPECT_EQ(test, mheap_kheap_settle(heap), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&bodies), 1);
	KUNIT_EXPECT_GT(test, atomic_read(&without_waiting), 0);
	mheap_kuser_destroy(user);
}

/* The node is part of a cycle that nobody collects, so it is freed with the heap. */
static void objects_come_from_the_allocator_of_their_heap(struct kunit *test)
{
	const int before = module_refcount(THIS_MODULE);
	struct mheap_kheap_params own = kapi_params;
	struct mheap_kallocator *allocator;
	struct mheap_kheap *heap;

	own.name = "kunit-own";
	own.allocator = counting.name;
	KUNIT_EXPECT_EQ(test, PTR_ERR(mheap_kheap_create(&own)), (long)-ENOENT);
	allocator = mheap_kallocator_register(&counting);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, allocator);
	heap = mheap_kheap_create(&own);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, heap);
	mheap_kheap_enable(heap, false);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
	KUNIT_EXPECT_EQ(test, mheap_kallocator_unregister(allocator), -EBUSY);
	use_counting_heap(test, heap);
	mheap_kheap_destroy(heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&bodies), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&body_bytes), 0LL);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);

	own.flags = MHEAP_KHEAP_PIN;
	heap = mheap_kheap_create(&own);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, heap);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + TYPES + 2);
	mheap_kheap_destroy(heap);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
	KUNIT_EXPECT_EQ(test, mheap_kallocator_unregister(allocator), 0);
}

/* None of them is the module's own. */
static void every_allocator_makes_a_heap(struct kunit *test)
{
	static const char *const names[] = { "slab", "page", "debug" };
	struct mheap_kheap_params own = kapi_params;
	struct mheap_kuser *user;
	struct mheap_kheap *heap;
	struct mheap_ref ref;
	u32 i;

	own.name = "kunit-own";
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		own.allocator = names[i];
		heap = mheap_kheap_create(&own);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, heap);
		user = mheap_kuser_create(heap);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, user);
		mheap_kuser_begin_always(user);
		KUNIT_EXPECT_EQ(test, mheap_knew(user, LARGE, &ref), 0);
		KUNIT_EXPECT_EQ(test, mheap_kresize(user, ref, 1, 1), 0);
		mheap_kput(user, ref);
		mheap_kuser_end(user);
		mheap_kuser_destroy(user);
		mheap_kheap_destroy(heap);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(allocator_that_is_incomplete_is_refused),
	KUNIT_CASE(objects_come_from_the_allocator_of_their_heap),
	KUNIT_CASE(every_allocator_makes_a_heap),
	{}
};

struct kunit_suite suite_kapi_allocators = {
	.name = "mheap_kapi_allocators",
	.init = kapi_init,
	.exit = kapi_exit,
	.test_cases = cases,
};
