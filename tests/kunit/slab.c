// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slab allocator that the module's heaps use. Its caches have names of their
 * own in sysfs, so a test cannot make a second one: it borrows that of a heap
 * opened for it.
 */
#include <linux/fs.h>
#include <linux/string.h>

#include "fixture.h"
#include "iface/file.h"

#define LARGEST_CLASS	8192U

static int open_heap(struct kunit *test)
{
	struct file *filp;

	if (torture_only())
		kunit_skip(test, "not asked for");
	filp = filp_open("/dev/mheap", O_RDWR, 0);
	if (IS_ERR(filp))
		return PTR_ERR(filp);
	test->priv = filp;
	return 0;
}

static void close_heap(struct kunit *test)
{
	if (test->priv)
		filp_close(test->priv, NULL);
}

static struct mheap_allocator *allocator_of(struct kunit *test)
{
	const struct file *filp = test->priv;
	const struct mheap_file *file = filp->private_data;

	return file->session.heap->allocator;
}

/* Every size that is at the edge of a class, and many that are not. */
static size_t next_size(size_t size)
{
	if (size < 300)
		return size + 1;
	return size % 64 == 1 ? size + 62 : size + 1;
}

static void body_is_zero_and_aligned(struct kunit *test)
{
	struct mheap_allocator *allocator = allocator_of(test);
	size_t size;
	u8 *body;

	for (size = 1; size <= LARGEST_CLASS + 100; size = next_size(size)) {
		body = allocator->ops->alloc(allocator, size);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, body);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)body, 8));
		KUNIT_EXPECT_NULL(test, memchr_inv(body, 0, size));
		memset(body, 0xff, size);
		allocator->ops->free(allocator, body, size);
	}
}

static void bodies_do_not_overlap(struct kunit *test)
{
	struct mheap_allocator *allocator = allocator_of(test);
	u8 *body[64];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(body); i++) {
		body[i] = allocator->ops->alloc(allocator, 40 + i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, body[i]);
		memset(body[i], i, 40 + i);
	}
	for (i = 0; i < ARRAY_SIZE(body); i++) {
		KUNIT_EXPECT_NULL(test, memchr_inv(body[i], i, 40 + i));
		allocator->ops->free(allocator, body[i], 40 + i);
	}
}

static void waste_is_less_than_an_eighth(struct kunit *test)
{
	const struct mheap_allocator *allocator = allocator_of(test);
	size_t size, charge;

	for (size = 1; size <= LARGEST_CLASS; size++) {
		charge = allocator->ops->charge(allocator, size);
		KUNIT_EXPECT_GE(test, charge, size);
		KUNIT_EXPECT_LT(test, charge - size, max_t(size_t, 8, charge / 8));
	}
}

static void larger_bodies_are_whole_pages(struct kunit *test)
{
	struct mheap_allocator *allocator = allocator_of(test);
	const size_t sizes[] = { LARGEST_CLASS + 1, 3 * PAGE_SIZE, 100001, 1 << 20 };
	u8 *body;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, allocator->ops->charge(allocator, sizes[i]),
				PAGE_ALIGN(sizes[i]));
		body = allocator->ops->alloc(allocator, sizes[i]);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, body);
		KUNIT_EXPECT_NULL(test, memchr_inv(body, 0, sizes[i]));
		memset(body, 0xff, sizes[i]);
		allocator->ops->free(allocator, body, sizes[i]);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(body_is_zero_and_aligned),
	KUNIT_CASE(bodies_do_not_overlap),
	KUNIT_CASE(waste_is_less_than_an_eighth),
	KUNIT_CASE(larger_bodies_are_whole_pages),
	{}
};

struct kunit_suite suite_slab = {
	.name = "mheap_slab",
	.init = open_heap,
	.exit = close_heap,
	.test_cases = cases,
};
