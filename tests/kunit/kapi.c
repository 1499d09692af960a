// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface for other modules, as another module uses it.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <linux/mheap_kernel.h>

#include "fixture.h"

MHEAP_KERNEL_IMPORT();

enum { NODE, LEAF, LARGE, FINAL, PHOENIX, TYPES };

/* What finalizers did. Of the test that runs: one does at a time. */
static struct {
	atomic_t called;
	atomic_t wrong;
	u32 last;
} finalized;

static void finalize(struct mheap_kuser *user, struct mheap_ref ref);
static void rise(struct mheap_kuser *user, struct mheap_ref ref);

static const struct mheap_ktype types[TYPES] = {
	[NODE] = { .name = "node", .slots = 2, .length = 16, .owner = THIS_MODULE },
	[LEAF] = { .name = "leaf", .length = 8, .owner = THIS_MODULE },
	[LARGE] = { .name = "large", .slots = 300, .length = 70000, .owner = THIS_MODULE },
	[FINAL] = { .name = "final", .slots = 2, .length = 4, .owner = THIS_MODULE,
		    .finalize = finalize },
	[PHOENIX] = { .name = "phoenix", .slots = 1, .length = 4, .owner = THIS_MODULE,
		      .finalize = rise },
};

static const struct mheap_kheap_params params = {
	.name = "kunit",
	.types = types,
	.type_count = TYPES,
	.owner = THIS_MODULE,
};

/**
 * struct kapi - a heap and two who work on it
 * @heap: the heap, which collects nothing by itself
 * @user: who most tests are in a batch of, from begin() to end()
 * @other: another one
 */
struct kapi {
	struct mheap_kheap *heap;
	struct mheap_kuser *user;
	struct mheap_kuser *other;
};

static int kapi_init(struct kunit *test)
{
	struct kapi *k = kunit_kzalloc(test, sizeof(*k), GFP_KERNEL);

	if (torture_only())
		kunit_skip(test, "not asked for");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k);
	memset(&finalized, 0, sizeof(finalized));
	k->heap = mheap_kheap_create(&params);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k->heap);
	mheap_kheap_enable(k->heap, false);
	test->priv = k;
	k->user = mheap_kuser_create(k->heap);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k->user);
	k->other = mheap_kuser_create(k->heap);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, k->other);
	return 0;
}

static void kapi_exit(struct kunit *test)
{
	struct kapi *k = test->priv;

	if (!k)
		return;
	mheap_kuser_destroy(k->other);
	mheap_kuser_destroy(k->user);
	mheap_kheap_destroy(k->heap);
}

/* What is between these two must not leave the test. */
static struct kapi *begin(struct kunit *test)
{
	struct kapi *k = test->priv;

	KUNIT_ASSERT_EQ(test, mheap_kuser_begin(k->user), 0);
	return k;
}

static void end(struct kunit *test)
{
	struct kapi *k = test->priv;

	mheap_kuser_end(k->user);
}

static struct mheap_ref node(struct kunit *test)
{
	struct kapi *k = test->priv;
	struct mheap_ref ref = MHEAP_NULL;

	KUNIT_EXPECT_EQ(test, mheap_knew(k->user, NODE, &ref), 0);
	return ref;
}

/* Outside of the batch. */
static u64 count_objects(struct kunit *test)
{
	struct kapi *k = test->priv;
	struct mheap_kstats stats;

	mheap_kuser_end(k->user);
	KUNIT_EXPECT_EQ(test, mheap_kheap_settle(k->heap), 0);
	mheap_kheap_stats(k->heap, &stats);
	mheap_kuser_begin_always(k->user);
	return stats.objects;
}

static struct mheap_kcollection collect_all(struct kunit *test)
{
	struct kapi *k = test->priv;
	struct mheap_kcollection collection = {};

	mheap_kuser_end(k->user);
	KUNIT_EXPECT_EQ(test, mheap_kheap_collect(k->heap, 2, &collection), 0);
	mheap_kuser_begin_always(k->user);
	return collection;
}

static long try_create(const char *name, u32 type_count, u32 flags, const char *allocator)
{
	struct mheap_kheap_params tried = params;
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
	struct mheap_kheap_params tried = params;
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
	struct mheap_kheap_params pinned = params;
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
	struct mheap_kheap_params foreign = params;
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
	struct mheap_kheap_params own = params;
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
	struct mheap_kheap_params own = params;
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

static void objects_are_as_their_type_says(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct mheap_kinfo info;
	struct mheap_ref ref;
	u8 byte = 1;
	u32 type;

	for (type = 0; type < FINAL; type++) {
		KUNIT_EXPECT_EQ(test, mheap_knew(k->user, type, &ref), 0);
		mheap_kinfo(k->user, ref, &info);
		KUNIT_EXPECT_EQ(test, info.type, type);
		KUNIT_EXPECT_EQ(test, info.slots, types[type].slots);
		KUNIT_EXPECT_EQ(test, info.length, types[type].length);
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
	KUNIT_EXPECT_EQ(test, count_objects(test), 1ULL);
	mheap_kput(k->user, ref);
	mheap_kput(k->user, MHEAP_NULL);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	end(test);
}

static void last_reference_frees_what_only_it_held(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct mheap_ref a = node(test), b = node(test), c = node(test);

	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, a, 0, b), 0);
	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, b, 1, c), 0);
	KUNIT_EXPECT_EQ(test, mheap_kget(k->user, a), 0);
	mheap_kput(k->user, a);
	mheap_kput(k->user, b);
	mheap_kput(k->user, c);
	KUNIT_EXPECT_EQ(test, count_objects(test), 3ULL);
	mheap_kput(k->user, a);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	end(test);
}

static void slots_are_loaded_stored_and_exchanged(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct mheap_ref a = node(test), b = node(test), c = node(test), found;

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
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	end(test);
}

static void cycle_is_collected_and_weak_references_tell(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct mheap_ref a = node(test), b = node(test), found;
	struct mheap_kcollection collection;
	struct mheap_weak weak;

	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, a, 0, b), 0);
	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, b, 0, a), 0);
	weak = mheap_kweak(k->user, b);
	mheap_kput(k->user, b);
	collection = collect_all(test);
	KUNIT_EXPECT_EQ(test, collection.freed, 0ULL);
	KUNIT_EXPECT_EQ(test, mheap_kupgrade(k->user, weak, &found), 0);
	KUNIT_EXPECT_EQ(test, found.object, b.object);
	mheap_kput(k->user, a);
	collection = collect_all(test);
	KUNIT_EXPECT_EQ(test, collection.freed, 0ULL);
	mheap_kput(k->user, found);
	collection = collect_all(test);
	KUNIT_EXPECT_EQ(test, collection.unreachable, 2ULL);
	KUNIT_EXPECT_EQ(test, collection.freed, 2ULL);
	KUNIT_EXPECT_EQ(test, mheap_kupgrade(k->user, weak, &found), -ENOENT);

	/* Also when the number is another object's. */
	b = node(test);
	KUNIT_EXPECT_EQ(test, mheap_kupgrade(k->user, weak, &found), -ENOENT);
	KUNIT_EXPECT_EQ(test, mheap_kupgrade(k->user, (struct mheap_weak){ 0 }, &found), -ENOENT);
	mheap_kput(k->user, b);
	end(test);
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
	struct kapi *k = begin(test);
	struct mheap_ref ref = node(test);
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
	end(test);
}

static void named_object_stays_until_the_name_is_taken_back(struct kunit *test)
{
	char *name = kunit_kzalloc(test, 257, GFP_KERNEL);
	struct mheap_ref ref, found;
	struct kapi *k;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, name);
	k = begin(test);
	ref = node(test);
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
	collect_all(test);
	KUNIT_EXPECT_EQ(test, mheap_klookup(k->user, "top", &found), 0);
	KUNIT_EXPECT_EQ(test, found.object, ref.object);
	mheap_kput(k->user, found);
	KUNIT_EXPECT_EQ(test, mheap_kunpublish(k->user, "top"), 0);
	KUNIT_EXPECT_EQ(test, mheap_kunpublish(k->user, "top"), -ENOENT);
	KUNIT_EXPECT_EQ(test, mheap_klookup(k->user, "top", &found), -ENOENT);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	end(test);
}

static void thresholds_and_figures_are_those_of_the_heap(struct kunit *test)
{
	static const u32 bad[] = { 1, 2, 0x80000000 };
	static const u32 good[] = { 900, 15, 16 };
	struct kapi *k = begin(test);
	struct mheap_kstats stats;
	u32 threshold[3];

	KUNIT_EXPECT_EQ(test, mheap_kheap_set_threshold(k->heap, good), 0);
	KUNIT_EXPECT_EQ(test, mheap_kheap_set_threshold(k->heap, bad), -EINVAL);
	mheap_kheap_get_threshold(k->heap, threshold);
	KUNIT_EXPECT_EQ(test, memcmp(threshold, good, sizeof(good)), 0);

	mheap_kput(k->user, node(test));
	node(test);
	collect_all(test);
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
	end(test);
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
	begin(test);
	collect_all(test);
	KUNIT_EXPECT_EQ(test, mheap_kwrite(k->user, ref, 0, "x", 1), 0);
	mheap_kput(k->user, ref);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	end(test);
}

/* An object that knows its number, and refers to that in slot 0, if to anything. */
static struct mheap_ref final(struct kunit *test, u32 type, u32 number)
{
	struct kapi *k = test->priv;
	struct mheap_ref ref = MHEAP_NULL;

	KUNIT_EXPECT_EQ(test, mheap_knew(k->user, type, &ref), 0);
	KUNIT_EXPECT_EQ(test, mheap_kwrite(k->user, ref, 0, &number, sizeof(number)), 0);
	return ref;
}

static int look_intact(struct mheap_kuser *user, struct mheap_ref ref)
{
	u32 number = 0, next_number = 0;
	struct mheap_ref next;
	int error;

	error = mheap_kload(user, ref, 0, &next);
	if (error)
		return error;
	if (mheap_kread(user, ref, 0, &number, sizeof(number)) != sizeof(number))
		error = -EUCLEAN;
	if (!mheap_is_null(next) &&
	    (mheap_kread(user, next, 0, &next_number, sizeof(number)) != sizeof(number) ||
	     next_number / 10 != number / 10))
		error = -EUCLEAN;
	mheap_kput(user, next);
	finalized.last = number;
	return error;
}

static void finalize(struct mheap_kuser *user, struct mheap_ref ref)
{
	if (mheap_kuser_begin(user) || look_intact(user, ref))
		atomic_inc(&finalized.wrong);
	mheap_kuser_end(user);
	atomic_inc(&finalized.called);
}

static void rise(struct mheap_kuser *user, struct mheap_ref ref)
{
	if (mheap_kuser_begin(user) || look_intact(user, ref) ||
	    mheap_kpublish(user, "risen", ref))
		atomic_inc(&finalized.wrong);
	mheap_kuser_end(user);
	atomic_inc(&finalized.called);
}

static void finalizer_is_called_when_the_last_reference_goes(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct mheap_ref a = final(test, FINAL, 12), b = final(test, FINAL, 13);

	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, a, 0, b), 0);
	mheap_kput(k->user, b);
	KUNIT_EXPECT_EQ(test, count_objects(test), 2ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.called), 0);
	mheap_kput(k->user, a);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.called), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.wrong), 0);
	/* What held the other went first. */
	KUNIT_EXPECT_EQ(test, finalized.last, 13U);
	end(test);
}

static void cycle_is_finalized_as_it_was_and_then_freed(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct mheap_ref object[3];
	u32 i;

	for (i = 0; i < 3; i++)
		object[i] = final(test, FINAL, 10 + i);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, object[i], 0, object[(i + 1) % 3]),
				0);
	for (i = 0; i < 3; i++)
		mheap_kput(k->user, object[i]);
	KUNIT_EXPECT_EQ(test, count_objects(test), 3ULL);
	KUNIT_EXPECT_EQ(test, collect_all(test).freed, 0ULL);
	KUNIT_EXPECT_EQ(test, count_objects(test), 3ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.called), 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.wrong), 0);
	KUNIT_EXPECT_EQ(test, collect_all(test).freed, 3ULL);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.called), 3);
	end(test);
}

static void finalizer_may_keep_its_object_once(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct mheap_ref ref = final(test, PHOENIX, 7), found;

	mheap_kput(k->user, ref);
	KUNIT_EXPECT_EQ(test, count_objects(test), 1ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.called), 1);
	KUNIT_EXPECT_EQ(test, mheap_klookup(k->user, "risen", &found), 0);
	KUNIT_EXPECT_EQ(test, found.object, ref.object);
	KUNIT_EXPECT_EQ(test, mheap_kunpublish(k->user, "risen"), 0);
	KUNIT_EXPECT_EQ(test, count_objects(test), 1ULL);
	mheap_kput(k->user, found);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.called), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.wrong), 0);
	end(test);
}

/*
 * More than wait in the queue of a heap that a program made; where everything is checked
 * that takes minutes, which the kernel takes for a task that hangs.
 */
static void no_finalizer_is_left_out(struct kunit *test)
{
	const bool slow = IS_ENABLED(CONFIG_KASAN) || IS_ENABLED(CONFIG_KCSAN);
	const int count = slow ? 5000 : 70000;
	struct kapi *k = begin(test);
	struct mheap_ref last = MHEAP_NULL, ref;
	int i;

	for (i = 0; i < count; i++) {
		ref = final(test, FINAL, 1);
		KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, ref, 1, ref), 0);
		KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, ref, 0, last), 0);
		mheap_kput(k->user, last);
		last = ref;
		cond_resched();
	}
	mheap_kput(k->user, last);
	collect_all(test);
	KUNIT_EXPECT_EQ(test, count_objects(test), (u64)count);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.called), count);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.wrong), 0);
	collect_all(test);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	end(test);
}

static void destroying_calls_finalizers_that_are_due(struct kunit *test)
{
	struct kapi *k = begin(test);
	u32 i;

	for (i = 0; i < 20; i++)
		mheap_kput(k->user, final(test, FINAL, i));
	final(test, FINAL, 99);		/* is alive then */
	end(test);
	mheap_kuser_destroy(k->other);
	mheap_kuser_destroy(k->user);
	mheap_kheap_destroy(k->heap);
	test->priv = NULL;
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.called), 20);
	KUNIT_EXPECT_EQ(test, atomic_read(&finalized.wrong), 0);
}

/**
 * struct thread - a thread beside the test
 * @run: what it does
 * @heap: the heap
 * @user: its own
 * @shared: an object that everybody holds
 * @slot: of @shared, its own
 * @stop: set when the test is through
 * @rounds: how often it did it
 * @failed: the first error
 * @done: it is through
 */
struct thread {
	void (*run)(struct thread *thread);
	struct mheap_kheap *heap;
	struct mheap_kuser *user;
	struct mheap_ref shared;
	u32 slot;
	bool stop;
	u32 rounds;
	int failed;
	struct completion done;
};

static int thread_main(void *data)
{
	struct thread *thread = data;

	thread->run(thread);
	kthread_complete_and_exit(&thread->done, 0);
}

static bool start(struct kunit *test, struct thread *thread)
{
	bool started;

	init_completion(&thread->done);
	started = !IS_ERR(kthread_run(thread_main, thread, "mheap_kapi"));
	KUNIT_EXPECT_TRUE(test, started);
	if (!started)
		complete(&thread->done);
	return started;
}

static void collect_often(struct thread *thread)
{
	while (!READ_ONCE(thread->stop) && !thread->failed) {
		thread->failed = mheap_kheap_collect(thread->heap, thread->rounds % 3, NULL);
		WRITE_ONCE(thread->rounds, thread->rounds + 1);
		cond_resched();
	}
}

/* Would never come to its end if the batch did not let the collections through. */
static void collections_end_during_a_long_batch(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct thread collector = { .run = collect_often, .heap = k->heap };

	if (start(test, &collector))
		while (READ_ONCE(collector.rounds) < 3 && !collector.failed) {
			mheap_kput(k->user, node(test));
			cond_resched();
		}
	WRITE_ONCE(collector.stop, true);
	mheap_kuser_end(k->user);
	wait_for_completion(&collector.done);
	mheap_kuser_begin_always(k->user);
	KUNIT_EXPECT_EQ(test, collector.failed, 0);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	end(test);
}

/* A ring of two in the thread's slot of the shared object, with a link to the other's. */
static int ring_once(struct thread *thread)
{
	struct mheap_kuser *user = thread->user;
	struct mheap_ref a = MHEAP_NULL, b = MHEAP_NULL, other = MHEAP_NULL;
	int error;

	error = mheap_knew(user, NODE, &a) ?: mheap_knew(user, NODE, &b) ?:
		mheap_kstore(user, a, 0, b) ?: mheap_kstore(user, b, 0, a) ?:
		mheap_kload(user, thread->shared, !thread->slot, &other) ?:
		mheap_kstore(user, b, 1, other) ?:
		mheap_kstore(user, thread->shared, thread->slot, a);
	mheap_kput(user, other);
	mheap_kput(user, b);
	mheap_kput(user, a);
	return error;
}

static void make_rings(struct thread *thread)
{
	struct mheap_ref found;
	struct mheap_weak weak;

	while (thread->rounds < 1000 && !thread->failed) {
		thread->failed = mheap_kuser_begin(thread->user);
		if (thread->failed)
			return;
		thread->failed = ring_once(thread);
		/* The shared object is held all the time, so this cannot fail. */
		weak = mheap_kweak(thread->user, thread->shared);
		if (!thread->failed)
			thread->failed = mheap_kupgrade(thread->user, weak, &found);
		if (!thread->failed)
			mheap_kput(thread->user, found);
		mheap_kuser_end(thread->user);
		thread->rounds++;
		cond_resched();
	}
}

static void two_threads_work_beside_a_collector(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct thread collector = { .run = collect_often, .heap = k->heap };
	struct thread one = { .run = make_rings, .user = k->user, .shared = node(test) };
	struct thread two = one;

	two.user = k->other;
	two.slot = 1;
	end(test);
	start(test, &collector);
	start(test, &one);
	start(test, &two);
	wait_for_completion(&one.done);
	wait_for_completion(&two.done);
	WRITE_ONCE(collector.stop, true);
	wait_for_completion(&collector.done);
	begin(test);
	KUNIT_EXPECT_EQ(test, one.failed, 0);
	KUNIT_EXPECT_EQ(test, two.failed, 0);
	KUNIT_EXPECT_EQ(test, collector.failed, 0);
	KUNIT_EXPECT_GT(test, collector.rounds, 0U);

	mheap_kput(k->user, one.shared);
	collect_all(test);
	KUNIT_EXPECT_EQ(test, count_objects(test), 0ULL);
	end(test);
}

/* Objects that are alive then, and a cycle, go with the heap. */
static void heap_is_destroyed_with_what_is_in_it(struct kunit *test)
{
	struct kapi *k = begin(test);
	struct mheap_ref last = node(test), next;
	u32 i;

	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, last, 0, last), 0);
	for (i = 0; i < 3000; i++) {
		next = node(test);
		KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, next, 0, last), 0);
		mheap_kput(k->user, last);
		last = next;
	}
	KUNIT_EXPECT_EQ(test, mheap_kpublish(k->user, "last", last), 0);
	KUNIT_EXPECT_EQ(test, count_objects(test), 3001ULL);
	end(test);
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
	KUNIT_CASE(allocator_that_is_incomplete_is_refused),
	KUNIT_CASE(objects_come_from_the_allocator_of_their_heap),
	KUNIT_CASE(every_allocator_makes_a_heap),
	KUNIT_CASE(objects_are_as_their_type_says),
	KUNIT_CASE(last_reference_frees_what_only_it_held),
	KUNIT_CASE(slots_are_loaded_stored_and_exchanged),
	KUNIT_CASE(cycle_is_collected_and_weak_references_tell),
	KUNIT_CASE(payload_is_copied_and_looked_at),
	KUNIT_CASE(named_object_stays_until_the_name_is_taken_back),
	KUNIT_CASE(thresholds_and_figures_are_those_of_the_heap),
	KUNIT_CASE(references_outlive_the_user_that_made_them),
	KUNIT_CASE(finalizer_is_called_when_the_last_reference_goes),
	KUNIT_CASE(cycle_is_finalized_as_it_was_and_then_freed),
	KUNIT_CASE(finalizer_may_keep_its_object_once),
	KUNIT_CASE(no_finalizer_is_left_out),
	KUNIT_CASE(destroying_calls_finalizers_that_are_due),
	KUNIT_CASE(collections_end_during_a_long_batch),
	KUNIT_CASE(two_threads_work_beside_a_collector),
	KUNIT_CASE(heap_is_destroyed_with_what_is_in_it),
	{}
};

struct kunit_suite suite_kapi = {
	.name = "mheap_kapi",
	.init = kapi_init,
	.exit = kapi_exit,
	.test_cases = cases,
};
