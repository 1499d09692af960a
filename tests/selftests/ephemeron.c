// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ephemerons: a value that lives while its key does.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

static int open_quiet(void)
{
	const int heap = heap_open();

	heap_disable(heap);
	return heap;
}

static __u64 make_pair(int heap, __u64 key, __u64 value)
{
	const __u64 ephemeron = heap_get(heap, op_new_ephemeron(0));

	heap_do(heap, op_store(ephemeron, 0, key));
	heap_do(heap, op_store(ephemeron, 1, value));
	return ephemeron;
}

/* Does a slot refer to something? */
static int has(int heap, __u64 ephemeron, __u32 slot)
{
	const __s64 handle = heap_run(heap, op_load(ephemeron, slot));

	CHECK(handle >= 0);
	if (handle)
		heap_do(heap, op_drop(handle));
	return handle > 0;
}

TEST(an_ephemeron_is_an_object_with_a_key_and_a_value)
{
	const int heap = open_quiet();
	const __u64 key = heap_get(heap, op_new(0, 0, 0));
	const __u64 value = heap_get(heap, op_new(0, 0, 0));
	const __u64 e = heap_get(heap, op_new_ephemeron(9));
	const struct mheap_object_info info = heap_info(heap, e);
	__s64 loaded;

	CHECK_EQ(info.flags, MHEAP_OBJECT_TRACKED | MHEAP_OBJECT_EPHEMERON);
	CHECK_EQ(info.slots, 2);
	CHECK_EQ(info.length, 9);
	heap_do(heap, op_store(e, 0, key));
	heap_do(heap, op_store(e, 1, value));
	loaded = heap_get(heap, op_load(e, 0));
	CHECK_EQ(heap_run(heap, op_same(loaded, key)), 1);
	loaded = heap_get(heap, op_load(e, 1));
	CHECK_EQ(heap_run(heap, op_same(loaded, value)), 1);
	heap_do(heap, op_drop(loaded));
	CHECK_EQ(heap_info(heap, key).references, 2);	/* the handles */
	CHECK_EQ(heap_info(heap, value).references, 2);	/* the ephemeron as well */
	CHECK_EQ(heap_info(heap, key).flags, MHEAP_OBJECT_TRACKED);
	CHECK_EQ(heap_info(heap, value).flags, 0);
	/* A key comes without a value. */
	heap_do(heap, op_store(e, 0, key));
	CHECK(!has(heap, e, 1));
	CHECK_EQ(heap_info(heap, value).references, 1);
}

TEST(every_wrong_use_says_what_is_wrong)
{
	const int heap = open_quiet();
	const __u64 key = heap_get(heap, op_new(0, 0, 0));
	const __u64 e = heap_get(heap, op_new_ephemeron(4));
	struct mheap_op op = op_new_ephemeron(0);
	__u64 other;

	for (op.slots = 0; op.slots < 5; op.slots++)
		if (op.slots != 2)
			CHECK_EQ(heap_run(heap, op), -EINVAL);
	op = op_new_ephemeron(MHEAP_LENGTH_MAX + 1ULL);
	CHECK_EQ(heap_run(heap, op), -E2BIG);
	CHECK_EQ(heap_run(heap, op_store(e, 1, key)), -ENOENT);		/* no key */
	CHECK_EQ(heap_run(heap, op_store(e, 1, 0)), 0);
	CHECK_EQ(heap_run(heap, op_store(e, 2, key)), -EINVAL);
	CHECK_EQ(heap_run(heap, op_load(e, 2)), -EINVAL);
	heap_do(heap, op_store(e, 0, key));
	CHECK_EQ(heap_run(heap, op_swap(e, 0, key)), -EINVAL);
	CHECK_EQ(heap_run(heap, op_swap(e, 1, key)), -EINVAL);
	CHECK_EQ(heap_run(heap, op_compare_store(e, 1, 0, key)), -EINVAL);
	CHECK_EQ(heap_run(heap, op_compare_store(e, 0, key, 0)), -EINVAL);
	op = (struct mheap_op){ .opcode = MHEAP_OP_RESIZE, .object = e, .slots = 2, .length = 4 };
	CHECK_EQ(heap_run(heap, op), -EINVAL);
	other = heap_get(heap, op_new(0, 0, 0));
	heap_do(heap, op_drop(key));
	CHECK_EQ(heap_run(heap, op_store(e, 1, other)), -ENOENT);	/* a dead one */
	CHECK_EQ(heap_run(heap, op_store(e, 0, key)), -ESTALE);
}

TEST(the_value_goes_with_the_key)
{
	const int heap = open_quiet();
	const __u64 key = heap_get(heap, op_new(0, 0, 0));
	const __u64 value = heap_get(heap, op_new(0, 1, 0));
	const __u64 e = make_pair(heap, key, value);

	heap_do(heap, op_drop(value));
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	CHECK(has(heap, e, 0) && has(heap, e, 1));
	heap_do(heap, op_drop(key));
	CHECK(!has(heap, e, 0) && !has(heap, e, 1));
	CHECK_EQ(heap_objects(heap), 1);
}

TEST(a_value_that_refers_to_its_key_does_not_keep_it)
{
	const int heap = open_quiet();
	__u64 key, value, e;
	__u32 generation;

	for (generation = 0; generation < 3; generation++) {
		key = heap_get(heap, op_new(0, generation % 2, 0));
		value = heap_get(heap, op_new(0, 1, 0));
		heap_do(heap, op_store(value, 0, key));
		e = make_pair(heap, key, value);
		heap_do(heap, op_drop(value));
		CHECK_EQ(heap_collect(heap, 0).freed, 0);
		heap_do(heap, op_drop(key));
		CHECK(has(heap, e, 1));
		CHECK_EQ(heap_collect(heap, 2).freed, 2);
		CHECK(!has(heap, e, 0) && !has(heap, e, 1));
		heap_do(heap, op_drop(e));
		CHECK_EQ(heap_objects(heap), 0);
	}
}

#define CHAIN	2000

TEST(a_chain_of_ephemerons_goes_in_one_collection)
{
	static __u64 object[CHAIN + 1];
	const int heap = open_quiet();
	int i;

	for (i = 0; i <= CHAIN; i++)
		object[i] = heap_get(heap, op_new(0, 1, 0));
	/* From the last to the first, and each refers back to its key. */
	for (i = CHAIN - 1; i >= 0; i--) {
		make_pair(heap, object[i], object[i + 1]);
		heap_do(heap, op_store(object[i + 1], 0, object[i]));
	}
	for (i = 1; i <= CHAIN; i++)
		heap_do(heap, op_drop(object[i]));
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	heap_do(heap, op_drop(object[0]));
	CHECK_EQ(heap_collect(heap, 2).freed, CHAIN + 1);
	CHECK_EQ(heap_objects(heap), CHAIN);
}

static int shared;
static int stop;

static void *load_all_the_time(void *unused)
{
	const int heap = heap_open_joined(shared);
	const __u64 e = heap_get(heap, op_lookup("e"));
	__s64 value;
	(void)unused;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		value = heap_run(heap, op_load(e, 1));
		CHECK(value >= 0);
		if (!value)
			continue;
		/* What is loaded is there, and refers to what it always did. */
		CHECK_EQ(heap_info(heap, value).type, 77);
		CHECK_EQ(heap_run(heap, op_same(value, value)), 1);
		heap_do(heap, op_drop(value));
	}
	heap_close(heap);
	return NULL;
}

TEST(values_are_loaded_beside_collections)
{
	const unsigned long rounds = tap_number("MHEAP_TEST_ROUNDS", 300);
	pthread_t thread[2];
	__u64 key, value, e;
	unsigned long i;

	shared = open_quiet();
	e = heap_get(shared, op_new_ephemeron(0));
	heap_do(shared, op_publish(e, "e"));
	pthread_create(&thread[0], NULL, load_all_the_time, NULL);
	pthread_create(&thread[1], NULL, load_all_the_time, NULL);
	for (i = 0; i < rounds; i++) {
		key = heap_get(shared, op_new(1, 1, 0));
		value = heap_get(shared, op_new(77, 2, 8));
		heap_do(shared, op_store(value, 0, value));
		heap_do(shared, op_store(value, 1, key));
		heap_do(shared, op_store(e, 0, key));
		heap_do(shared, op_store(e, 1, value));
		heap_do(shared, op_drop(value));
		heap_do(shared, op_drop(key));
		heap_collect(shared, i % 3);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	heap_collect(shared, 2);
	heap_collect(shared, 2);
	CHECK_EQ(heap_objects(shared), 1);
}
