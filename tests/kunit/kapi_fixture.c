// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of the interface for other modules have in common.
 */
#include <linux/err.h>
#include <linux/string.h>

#include "kapi_fixture.h"

MHEAP_KERNEL_IMPORT();

const struct mheap_ktype kapi_types[TYPES] = {
	[NODE] = { .name = "node", .slots = 2, .length = 16, .owner = THIS_MODULE },
	[LEAF] = { .name = "leaf", .length = 8, .owner = THIS_MODULE },
	[LARGE] = { .name = "large", .slots = 300, .length = 70000, .owner = THIS_MODULE },
	[FINAL] = { .name = "final", .slots = 2, .length = 4, .owner = THIS_MODULE,
		    .finalize = kapi_finalize },
	[PHOENIX] = { .name = "phoenix", .slots = 1, .length = 4, .owner = THIS_MODULE,
		      .finalize = kapi_rise },
};

const struct mheap_kheap_params kapi_params = {
	.name = "kunit",
	.types = kapi_types,
	.type_count = TYPES,
	.owner = THIS_MODULE,
};

int kapi_init(struct kunit *test)
{
	struct kapi *k = kunit_kzalloc(test, sizeof(*k), GFP_KERNEL);

	if (torture_only())
		kunit_skip(test, "not asked for");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k);
	memset(&kapi_finalized, 0, sizeof(kapi_finalized));
	k->heap = mheap_kheap_create(&kapi_params);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k->heap);
	mheap_kheap_enable(k->heap, false);
	test->priv = k;
	k->user = mheap_kuser_create(k->heap);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k->user);
	k->other = mheap_kuser_create(k->heap);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k->other);
	return 0;
}

void kapi_exit(struct kunit *test)
{
	struct kapi *k = test->priv;

	if (!k)
		return;
	mheap_kuser_destroy(k->other);
	mheap_kuser_destroy(k->user);
	mheap_kheap_destroy(k->heap);
}

/* What is between these two must not leave the test. */
struct kapi *kapi_begin(struct kunit *test)
{
	struct kapi *k = test->priv;

	KUNIT_ASSERT_EQ(test, mheap_kuser_begin(k->user), 0);
	return k;
}

void kapi_end(struct kunit *test)
{
	struct kapi *k = test->priv;

	mheap_kuser_end(k->user);
}

struct mheap_ref kapi_node(struct kunit *test)
{
	struct kapi *k = test->priv;
	struct mheap_ref ref = MHEAP_NULL;

	KUNIT_EXPECT_EQ(test, mheap_knew(k->user, NODE, &ref), 0);
	return ref;
}

/* Outside of the batch. */
u64 kapi_count_objects(struct kunit *test)
{
	struct kapi *k = test->priv;
	struct mheap_kstats stats;

	mheap_kuser_end(k->user);
	KUNIT_EXPECT_EQ(test, mheap_kheap_settle(k->heap), 0);
	mheap_kheap_stats(k->heap, &stats);
	mheap_kuser_begin_always(k->user);
	return stats.objects;
}

struct mheap_kcollection kapi_collect_all(struct kunit *test)
{
	struct kapi *k = test->priv;
	struct mheap_kcollection collection = {};

	mheap_kuser_end(k->user);
	KUNIT_EXPECT_EQ(test, mheap_kheap_collect(k->heap, 2, &collection), 0);
	mheap_kuser_begin_always(k->user);
	return collection;
}
