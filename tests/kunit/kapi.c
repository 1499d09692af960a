// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface for other modules, as another module uses it: heaps and objects.
 */
#include <linux/err.h>
#include <linux/string.h>

#include "kapi_fixture.h"

static long try_create(const char *name, u32 type_count, u32 flags, const char *allocator)
{
	struct mheap_kheap_params tried = kapi_params;
	struct mheap_kheap *heap;

	tried.name = name;
	tried.type_count = type_count;
	tried.flags = flags;
	tried.allocator = allocator;
	heap = mheap_kheap_create(&tried);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	mheap_kheap_destroy(heap);
	return 0;
}

static void bad_parameters_are_refused(struct kunit *test)
{
	static const char * const bad[] = {
		"", "defaults", "heap0", "heap9x", "a/b", ".", "..", "a b", "\303\244",
		"a2345678901234567890123456789012",
	};
	u32 i;

	KUNIT_EXPECT_EQ(test, try_create(NULL, TYPES, 0, NULL), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, try_create(bad[i], TYPES, 0, NULL), -EINVAL, "%s",
				    bad[i]);
	KUNIT_EXPECT_EQ(test, try_create("a", MHEAP_KERNEL_TYPES_MAX + 1, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create("a", TYPES, 2, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, try_create("a", TYPES, 0, "no such"), -ENOENT);
	KUNIT_EXPECT_EQ(test, try_create("a", TYPES, 0, "slab"), 0);
	KUNIT_EXPECT_EQ(test, try_create("a", 0, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, try_create("heap_A-9", TYPES, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, try_create("a234567890123456789012345678901", TYPES, 0, NULL), 0);
}

static void type_that_is_too_large_is_refused(struct kunit *test)
{
	static const struct mheap_ktype large[] = {
		{ .name = "slots", .slots = 0x4000001 },
		{ .name = "payload", .length = 0x40000001 },
	};
	struct mheap_kheap_params tried = kapi_params;
	u32 i;

	tried.name = "a";
	tried.type_count = 1;
	for (i = 0; i < ARRAY_SIZE(large); i++) {
		tried.types = &large[i];
		KUNIT_EXPECT_EQ(test, PTR_ERR(mheap_kheap_create(&tried)), -E2BIG);
	}
}

static void name_is_free_again_when_the_heap_is_destroyed(struct kunit *test)
{
	struct kapi *k = test->priv;
	u32 i;

	KUNIT_EXPECT_EQ(test, try_create("kunit", TYPES, 0, NULL), -EEXIST);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, try_create("again", TYPES, 0, NULL), 0);
	mheap_kuser_destroy(k->other);
	mheap_kuser_destroy(k->user);
	mheap_kheap_destroy(k->heap);
	test->priv = NULL;
	KUNIT_EXPECT_EQ(test, try_create("kunit", TYPES, 0, NULL), 0);
}

/* kunit's own module is in use by whoever runs it, so only the difference counts. */
static void heap_holds_its_module_if_it_says_so(struct kunit *test)
{
	const int before = module_refcount(THIS_MODULE);
	struct mheap_kheap_params pinned = kapi_params;
	struct mheap_kheap *heap;

	pinned.name = "pinned";
	heap = mheap_kheap_create(&pinned);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, heap);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
	mheap_kheap_destroy(heap);

	pinned.flags = MHEAP_KHEAP_PIN;
	heap = mheap_kheap_create(&pinned);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, heap);
	KUNIT_EXPECT_GT(test, module_refcount(THIS_MODULE), before);
	KUNIT_EXPECT_EQ(test, PTR_ERR(mheap_kheap_create(&pinned)), -EEXIST);
	mheap_kheap_destroy(heap);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
}

static void heap_holds_the_modules_of_its_types(struct kunit *test)
{
	const int before = module_refcount(THIS_MODULE);
	struct mheap_kheap_params foreign = kapi_params;
	struct mheap_kheap *heap;

	foreign.name = "foreign";
	foreign.owner = NULL;
	heap = mheap_kheap_create(&foreign);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, heap);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + TYPES);
	mheap_kheap_destroy(heap);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);

	foreign.allocator = "no such";
	KUNIT_EXPECT_EQ(test, PTR_ERR(mheap_kheap_create(&foreign)), -ENOENT);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
}

static void objects_are_as_their_type_says(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_kinfo info;
	struct mheap_ref ref;
	u8 byte = 1;
	u32 type;

	for (type = 0; type < FINAL; type++) {
		KUNIT_EXPECT_EQ(test, mheap_knew(k->user, type, &ref), 0);
		mheap_kinfo(k->user, ref, &info);
		KUNIT_EXPECT_EQ(test, info.type, type);
		KUNIT_EXPECT_EQ(test, info.slots, kapi_types[type].slots);
		KUNIT_EXPECT_EQ(test, info.length, kapi_types[type].length);
		KUNIT_EXPECT_EQ(test, info.outside, 1U);
		KUNIT_EXPECT_EQ(test, info.inside, 0U);
		KUNIT_EXPECT_EQ(test, mheap_kread(k->user, ref, info.length - 1, &byte, 2), 1L);
		KUNIT_EXPECT_EQ(test, byte, 0);
		mheap_kput(k->user, ref);
	}
	KUNIT_EXPECT_EQ(test, mheap_knew(k->user, TYPES, &ref), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_knew_sized(k->user, TYPES, 1, 1, &ref), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_knew_sized(k->user, NODE, 0x4000001, 0, &ref), -E2BIG);
	KUNIT_EXPECT_EQ(test, mheap_knew_sized(k->user, NODE, 5, 3, &ref), 0);
	mheap_kinfo(k->user, ref, &info);
	KUNIT_EXPECT_EQ(test, info.slots, 5U);
	KUNIT_EXPECT_EQ(test, info.length, 3U);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 1ULL);
	mheap_kput(k->user, ref);
	mheap_kput(k->user, MHEAP_NULL);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	kapi_end(test);
}

static void last_reference_frees_what_only_it_held(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_ref a = kapi_node(test), b = kapi_node(test), c = kapi_node(test);

	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, a, 0, b), 0);
	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, b, 1, c), 0);
	KUNIT_EXPECT_EQ(test, mheap_kget(k->user, a), 0);
	mheap_kput(k->user, a);
	mheap_kput(k->user, b);
	mheap_kput(k->user, c);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 3ULL);
	mheap_kput(k->user, a);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	kapi_end(test);
}

static void slots_are_loaded_stored_and_exchanged(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_ref a = kapi_node(test), b = kapi_node(test), c = kapi_node(test), found;

	KUNIT_EXPECT_EQ(test, mheap_kload(k->user, a, 0, &found), 0);
	KUNIT_EXPECT_TRUE(test, mheap_is_null(found));
	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, a, 0, b), 0);
	KUNIT_EXPECT_EQ(test, mheap_kload(k->user, a, 0, &found), 0);
	KUNIT_EXPECT_EQ(test, found.object, b.object);
	mheap_kput(k->user, found);

	KUNIT_EXPECT_EQ(test, mheap_kcompare_store(k->user, a, 0, c, a), 0);
	KUNIT_EXPECT_EQ(test, mheap_kcompare_store(k->user, a, 0, b, c), 1);
	KUNIT_EXPECT_EQ(test, mheap_kswap(k->user, a, 0, MHEAP_NULL, &found), 0);
	KUNIT_EXPECT_EQ(test, found.object, c.object);
	mheap_kput(k->user, found);

	KUNIT_EXPECT_EQ(test, mheap_kload(k->user, a, 2, &found), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, a, 2, b), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_kswap(k->user, a, 2, b, &found), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_kcompare_store(k->user, a, 2, b, c), -EINVAL);
	mheap_kput(k->user, a);
	mheap_kput(k->user, b);
	mheap_kput(k->user, c);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	kapi_end(test);
}

static void cycle_is_collected_and_weak_references_tell(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_ref a = kapi_node(test), b = kapi_node(test), found;
	struct mheap_kcollection collection;
	struct mheap_weak weak;

	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, a, 0, b), 0);
	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, b, 0, a), 0);
	weak = mheap_kweak(k->user, b);
	mheap_kput(k->user, b);
	collection = kapi_collect_all(test);
	KUNIT_EXPECT_EQ(test, collection.freed, 0ULL);
	KUNIT_EXPECT_EQ(test, mheap_kupgrade(k->user, weak, &found), 0);
	KUNIT_EXPECT_EQ(test, found.object, b.object);
	mheap_kput(k->user, a);
	collection = kapi_collect_all(test);
	KUNIT_EXPECT_EQ(test, collection.freed, 0ULL);
	mheap_kput(k->user, found);
	collection = kapi_collect_all(test);
	KUNIT_EXPECT_EQ(test, collection.unreachable, 2ULL);
	KUNIT_EXPECT_EQ(test, collection.freed, 2ULL);
	KUNIT_EXPECT_EQ(test, mheap_kupgrade(k->user, weak, &found), -ENOENT);

	/* Also when the number is another object's. */
	b = kapi_node(test);
	KUNIT_EXPECT_EQ(test, mheap_kupgrade(k->user, weak, &found), -ENOENT);
	KUNIT_EXPECT_EQ(test, mheap_kupgrade(k->user, (struct mheap_weak){ 0 }, &found), -ENOENT);
	mheap_kput(k->user, b);
	kapi_end(test);
}

struct look {
	u32 length;
	u8 first;
};

static int look_at(void *payload, u32 length, void *data)
{
	struct look *look = data;

	look->length = length;
	look->first = *(u8 *)payload;
	*(u8 *)payload = 77;
	return -EAGAIN;
}

static void payload_is_copied_and_looked_at(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_ref ref = kapi_node(test);
	struct look look;
	u8 data[32] = {};

	KUNIT_EXPECT_EQ(test, mheap_kwrite(k->user, ref, 0, "0123456789abcdef", 16), 0);
	KUNIT_EXPECT_EQ(test, mheap_kwrite(k->user, ref, 1, "0123456789abcdef", 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_kpayload(k->user, ref, look_at, &look), -EAGAIN);
	KUNIT_EXPECT_EQ(test, look.length, 16U);
	KUNIT_EXPECT_EQ(test, look.first, '0');
	KUNIT_EXPECT_EQ(test, mheap_kresize(k->user, ref, 1, 20), 0);
	KUNIT_EXPECT_EQ(test, mheap_kresize(k->user, ref, 0x4000001, 20), -E2BIG);
	KUNIT_EXPECT_EQ(test, mheap_kread(k->user, ref, 0, data, sizeof(data)), 20L);
	KUNIT_EXPECT_EQ(test, data[0], 77);
	KUNIT_EXPECT_EQ(test, memcmp(data + 1, "123456789abcdef\0\0\0\0", 19), 0);
	KUNIT_EXPECT_EQ(test, mheap_kread(k->user, ref, 20, data, 1), 0L);
	mheap_kput(k->user, ref);
	kapi_end(test);
}

static void named_object_stays_until_the_name_is_taken_back(struct kunit *test)
{
	char *name = kunit_kzalloc(test, 257, GFP_KERNEL);
	struct mheap_ref ref, found;
	struct kapi *k;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, name);
	k = kapi_begin(test);
	ref = kapi_node(test);
	memset(name, 'x', 256);
	KUNIT_EXPECT_EQ(test, mheap_kpublish(k->user, "top", ref), 0);
	KUNIT_EXPECT_EQ(test, mheap_kpublish(k->user, "top", ref), -EEXIST);
	KUNIT_EXPECT_EQ(test, mheap_kpublish(k->user, "", ref), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_kpublish(k->user, name, ref), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, mheap_klookup(k->user, name, &found), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, mheap_klookup(k->user, "", &found), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_kunpublish(k->user, ""), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_kunpublish(k->user, name), -ENAMETOOLONG);
	mheap_kput(k->user, ref);
	kapi_collect_all(test);
	KUNIT_EXPECT_EQ(test, mheap_klookup(k->user, "top", &found), 0);
	KUNIT_EXPECT_EQ(test, found.object, ref.object);
	mheap_kput(k->user, found);
	KUNIT_EXPECT_EQ(test, mheap_kunpublish(k->user, "top"), 0);
	KUNIT_EXPECT_EQ(test, mheap_kunpublish(k->user, "top"), -ENOENT);
	KUNIT_EXPECT_EQ(test, mheap_klookup(k->user, "top", &found), -ENOENT);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	kapi_end(test);
}

static void thresholds_and_figures_are_those_of_the_heap(struct kunit *test)
{
	static const u32 bad[] = { 1, 2, 0x80000000 };
	static const u32 good[] = { 900, 15, 16 };
	struct kapi *k = kapi_begin(test);
	struct mheap_kstats stats;
	u32 threshold[3];

	KUNIT_EXPECT_EQ(test, mheap_kheap_set_threshold(k->heap, good), 0);
	KUNIT_EXPECT_EQ(test, mheap_kheap_set_threshold(k->heap, bad), -EINVAL);
	mheap_kheap_get_threshold(k->heap, threshold);
	KUNIT_EXPECT_EQ(test, memcmp(threshold, good, sizeof(good)), 0);

	mheap_kput(k->user, kapi_node(test));
	kapi_node(test);
	kapi_collect_all(test);
	mheap_kuser_end(k->user);
	KUNIT_EXPECT_EQ(test, mheap_kheap_collect(k->heap, 3, NULL), -EINVAL);
	mheap_kheap_stats(k->heap, &stats);
	mheap_kuser_begin_always(k->user);
	KUNIT_EXPECT_EQ(test, stats.objects, 1ULL);
	KUNIT_EXPECT_EQ(test, stats.created, 2ULL);
	KUNIT_EXPECT_EQ(test, stats.freed_by_count, 1ULL);
	KUNIT_EXPECT_EQ(test, stats.freed_by_collector, 0ULL);
	KUNIT_EXPECT_EQ(test, stats.in_generation[2], 1ULL);
	KUNIT_EXPECT_GT(test, stats.bytes, 24ULL);
	kapi_end(test);
}

static void references_outlive_the_user_that_made_them(struct kunit *test)
{
	struct kapi *k = test->priv;
	struct mheap_ref ref;

	KUNIT_ASSERT_EQ(test, mheap_kuser_begin(k->other), 0);
	KUNIT_EXPECT_EQ(test, mheap_knew(k->other, NODE, &ref), 0);
	mheap_kuser_end(k->other);
	mheap_kuser_destroy(k->other);
	k->other = mheap_kuser_create(k->heap);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k->other);
	kapi_begin(test);
	kapi_collect_all(test);
	KUNIT_EXPECT_EQ(test, mheap_kwrite(k->user, ref, 0, "x", 1), 0);
	mheap_kput(k->user, ref);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	kapi_end(test);
}

/* Objects that are alive then, and a cycle, go with the heap. */
static void heap_is_destroyed_with_what_is_in_it(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_ref last = kapi_node(test), next;
	u32 i;

	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, last, 0, last), 0);
	for (i = 0; i < 3000; i++) {
		next = kapi_node(test);
		KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, next, 0, last), 0);
		mheap_kput(k->user, last);
		last = next;
	}
	KUNIT_EXPECT_EQ(test, mheap_kpublish(k->user, "last", last), 0);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 3001ULL);
	kapi_end(test);
	mheap_kuser_destroy(k->other);
	mheap_kuser_destroy(k->user);
	mheap_kheap_destroy(k->heap);
	test->priv = NULL;
	mheap_kheap_destroy(NULL);
	mheap_kheap_destroy(ERR_PTR(-ENOMEM));
	mheap_kuser_destroy(NULL);
	mheap_kuser_destroy(ERR_PTR(-ENOMEM));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(bad_parameters_are_refused),
	KUNIT_CASE(type_that_is_too_large_is_refused),
	KUNIT_CASE(name_is_free_again_when_the_heap_is_destroyed),
	KUNIT_CASE(heap_holds_its_module_if_it_says_so),
	KUNIT_CASE(heap_holds_the_modules_of_its_types),
	KUNIT_CASE(objects_are_as_their_type_says),
	KUNIT_CASE(last_reference_frees_what_only_it_held),
	KUNIT_CASE(slots_are_loaded_stored_and_exchanged),
	KUNIT_CASE(cycle_is_collected_and_weak_references_tell),
	KUNIT_CASE(payload_is_copied_and_looked_at),
	KUNIT_CASE(named_object_stays_until_the_name_is_taken_back),
	KUNIT_CASE(thresholds_and_figures_are_those_of_the_heap),
	KUNIT_CASE(references_outlive_the_user_that_made_them),
	KUNIT_CASE(heap_is_destroyed_with_what_is_in_it),
	{}
};

struct kunit_suite suite_kapi = {
	.name = "mheap_kapi",
	.init = kapi_init,
	.exit = kapi_exit,
	.test_cases = cases,
};
