// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each operation does where nothing is wrong.
 */
#include <errno.h>
#include <string.h>

#include "heap.h"
#include "tap.h"

TEST(new_object_is_empty_and_zero)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(7, 3, 100));
	char data[100];
	__u32 slot;
	int i;

	for (slot = 0; slot < 3; slot++)
		CHECK_EQ(heap_run(heap, op_load(object, slot)), 0);
	memset(data, 0xee, sizeof(data));
	CHECK_EQ(heap_run(heap, op_read(object, 0, data, sizeof(data))), sizeof(data));
	for (i = 0; i < 100; i++)
		CHECK_EQ(data[i], 0);
}

TEST(reused_memory_is_zero_again)
{
	const int heap = heap_open();
	char data[256];
	__u64 object;
	int round, i;

	for (round = 0; round < 50; round++) {
		object = heap_get(heap, op_new(0, 0, sizeof(data)));
		CHECK_EQ(heap_run(heap, op_read(object, 0, data, sizeof(data))), sizeof(data));
		for (i = 0; i < (int)sizeof(data); i++)
			CHECK_EQ(data[i], 0);
		memset(data, 0xff, sizeof(data));
		CHECK_EQ(heap_run(heap, op_write(object, 0, data, sizeof(data))),
			 sizeof(data));
		heap_do(heap, op_drop(object));
	}
}

TEST(info_tells_what_new_was_given)
{
	static const struct {
		__u32 type, slots;
		__u64 length;
	} shapes[] = {
		{ 0, 0, 0 }, { 0, 0, 1 }, { 0, 1, 0 }, { 255, 254, 65535 },
		{ 256, 1, 1 }, { ~0U, 0, 0 }, { 1, 255, 0 }, { 1, 256, 0 },
		{ 1, 0, 65536 }, { 1, 1000, 100000 }, { 1 << 31, 5, 5 },
	};
	const int heap = heap_open();
	struct mheap_object_info info;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		tap_case("type %u, slots %u, length %llu", shapes[i].type, shapes[i].slots,
			 shapes[i].length);
		info = heap_info(heap, heap_get(heap, op_new(shapes[i].type, shapes[i].slots,
							     shapes[i].length)));
		CHECK_EQ(info.type, shapes[i].type);
		CHECK_EQ(info.slots, shapes[i].slots);
		CHECK_EQ(info.length, shapes[i].length);
		CHECK_EQ(info.references, 1);
		CHECK_EQ(info.outside, 1);
		CHECK_EQ(info.generation, 0);
		CHECK_EQ(info.flags, shapes[i].slots ? MHEAP_OBJECT_TRACKED : 0);
		CHECK(info.charged >= shapes[i].slots * 4 + shapes[i].length);
	}
}

TEST(info_counts_references)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 4, 0));
	const __u64 b = heap_get(heap, op_new(0, 0, 0));
	__u32 slot;

	heap_get(heap, op_dup(b));
	for (slot = 0; slot < 3; slot++)
		heap_do(heap, op_store(a, slot, b));
	heap_get(heap, op_weak(b));
	CHECK_EQ(heap_info(heap, b).references, 5);
	CHECK_EQ(heap_info(heap, b).outside, 2);
	heap_do(heap, op_store(a, 0, 0));
	CHECK_EQ(heap_info(heap, b).references, 4);
	CHECK_EQ(heap_info(heap, b).outside, 2);
}

TEST(info_fills_what_the_program_knows)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	unsigned char room[MHEAP_OBJECT_INFO_SIZE_0 + 100];
	struct mheap_op op = op_info(object, (void *)room);
	unsigned int i;

	op.length = sizeof(room);
	memset(room, 0xee, sizeof(room));
	CHECK_EQ(heap_run(heap, op), sizeof(struct mheap_object_info));
	for (i = sizeof(struct mheap_object_info); i < sizeof(room); i++)
		CHECK_EQ(room[i], 0xee);
	op.length = ~0ULL;
	CHECK_EQ(heap_run(heap, op), sizeof(struct mheap_object_info));
}

TEST(id_is_never_seen_twice)
{
	const int heap = heap_open();
	__u64 id[200], object;
	int i, j;

	for (i = 0; i < 200; i++) {
		object = heap_get(heap, op_new(0, 0, 0));
		id[i] = heap_info(heap, object).id;
		for (j = 0; j < i; j++)
			CHECK(id[j] != id[i]);
		heap_do(heap, op_drop(object));
	}
}

TEST(last_drop_frees)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 10));
	const __u64 copy = heap_get(heap, op_dup(object));
	struct mheap_stats stats;

	CHECK(object != copy);
	CHECK_EQ(heap_run(heap, op_same(object, copy)), 1);
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(heap_info(heap, copy).references, 1);
	heap_do(heap, op_drop(copy));
	stats = heap_stats(heap);
	CHECK_EQ(stats.objects, 0);
	CHECK_EQ(stats.bytes, 0);
	CHECK_EQ(stats.handles, 0);
	CHECK_EQ(stats.freed_by_count, 1);
	CHECK_EQ(stats.freed_by_collector, 0);
}

TEST(what_only_it_held_goes_with_it)
{
	const int heap = heap_open();
	const __u64 parent = heap_get(heap, op_new(0, 2, 0));
	const __u64 child = heap_get(heap, op_new(0, 1, 0));
	const __u64 kept = heap_get(heap, op_new(0, 0, 8));

	heap_do(heap, op_store(parent, 0, child));
	heap_do(heap, op_store(parent, 1, kept));
	heap_do(heap, op_store(child, 0, kept));
	heap_do(heap, op_drop(child));
	CHECK_EQ(heap_objects(heap), 3);
	heap_do(heap, op_drop(parent));
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(heap_info(heap, kept).references, 1);
}

TEST(load_gives_a_handle_or_zero)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 2, 0));
	const __u64 b = heap_get(heap, op_new(0, 0, 0));
	__u64 loaded;

	heap_do(heap, op_store(a, 1, b));
	CHECK_EQ(heap_run(heap, op_load(a, 0)), 0);
	loaded = heap_get(heap, op_load(a, 1));
	CHECK(loaded != b);
	CHECK_EQ(heap_run(heap, op_same(loaded, b)), 1);
	CHECK_EQ(heap_info(heap, b).outside, 2);
}

TEST(store_drops_what_was_there)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 1, 0));
	const __u64 b = heap_get(heap, op_new(0, 0, 0));
	const __u64 c = heap_get(heap, op_new(0, 0, 0));

	heap_do(heap, op_store(a, 0, b));
	heap_do(heap, op_drop(b));
	CHECK_EQ(heap_objects(heap), 3);
	heap_do(heap, op_store(a, 0, c));
	CHECK_EQ(heap_objects(heap), 2);
	heap_do(heap, op_store(a, 0, c));
	CHECK_EQ(heap_info(heap, c).references, 2);
	heap_do(heap, op_store(a, 0, 0));
	CHECK_EQ(heap_info(heap, c).references, 1);
}

TEST(object_can_refer_to_itself)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 1, 0));

	heap_do(heap, op_store(a, 0, a));
	CHECK_EQ(heap_info(heap, a).references, 2);
	CHECK_EQ(heap_info(heap, a).outside, 1);
	heap_do(heap, op_store(a, 0, 0));
	heap_do(heap, op_drop(a));
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(swap_gives_what_was_there)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 1, 0));
	const __u64 b = heap_get(heap, op_new(0, 0, 0));
	const __u64 c = heap_get(heap, op_new(0, 0, 0));
	__u64 old;

	CHECK_EQ(heap_run(heap, op_swap(a, 0, b)), 0);
	CHECK_EQ(heap_info(heap, b).references, 2);
	old = heap_get(heap, op_swap(a, 0, c));
	CHECK_EQ(heap_run(heap, op_same(old, b)), 1);
	CHECK_EQ(heap_info(heap, b).references, 2);
	CHECK_EQ(heap_info(heap, b).outside, 2);
	old = heap_get(heap, op_swap(a, 0, c));
	CHECK_EQ(heap_run(heap, op_same(old, c)), 1);
	CHECK_EQ(heap_info(heap, c).references, 3);
	old = heap_get(heap, op_swap(a, 0, 0));
	CHECK_EQ(heap_run(heap, op_same(old, c)), 1);
	CHECK_EQ(heap_run(heap, op_load(a, 0)), 0);
	CHECK_EQ(heap_info(heap, c).outside, 3);
}

TEST(compare_store_stores_where_expected)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 1, 0));
	const __u64 b = heap_get(heap, op_new(0, 0, 0));
	const __u64 c = heap_get(heap, op_new(0, 0, 0));
	const __u64 copy = heap_get(heap, op_dup(b));

	CHECK_EQ(heap_run(heap, op_compare_store(a, 0, b, c)), 0);
	CHECK_EQ(heap_run(heap, op_load(a, 0)), 0);
	CHECK_EQ(heap_run(heap, op_compare_store(a, 0, 0, b)), 1);
	CHECK_EQ(heap_run(heap, op_compare_store(a, 0, 0, c)), 0);
	CHECK_EQ(heap_run(heap, op_compare_store(a, 0, c, 0)), 0);
	CHECK_EQ(heap_info(heap, b).references, 3);
	CHECK_EQ(heap_run(heap, op_compare_store(a, 0, copy, c)), 1);
	CHECK_EQ(heap_info(heap, b).references, 2);
	CHECK_EQ(heap_info(heap, c).references, 2);
	CHECK_EQ(heap_run(heap, op_compare_store(a, 0, c, c)), 1);
	CHECK_EQ(heap_info(heap, c).references, 2);
	CHECK_EQ(heap_run(heap, op_compare_store(a, 0, c, 0)), 1);
	CHECK_EQ(heap_info(heap, c).references, 1);
}

TEST(payload_comes_back)
{
	static const unsigned int lengths[] = {
		1, 7, 8, 100, 4095, 4096, 4097, 8192, 65535, 65536,
	};
	static unsigned char in[65536], out[65536];
	const int heap = heap_open();
	unsigned int i, k;
	__u64 object, loaded;

	for (i = 0; i < sizeof(in); i++)
		in[i] = i * 7 + i / 256;
	for (k = 0; k < ARRAY_SIZE(lengths); k++) {
		tap_case("length %u", lengths[k]);
		object = heap_get(heap, op_new(0, 1, lengths[k]));
		heap_do(heap, op_store(object, 0, object));
		CHECK_EQ(heap_run(heap, op_write(object, 0, in, lengths[k])), lengths[k]);
		memset(out, 0xee, sizeof(out));
		CHECK_EQ(heap_run(heap, op_read(object, 0, out, lengths[k])), lengths[k]);
		CHECK(!memcmp(in, out, lengths[k]));
		loaded = heap_get(heap, op_load(object, 0));
		CHECK_EQ(heap_run(heap, op_same(loaded, object)), 1);
	}
}

TEST(read_ends_with_the_payload)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 10));
	char data[20];

	CHECK_EQ(heap_run(heap, op_write(object, 0, "0123456789", 10)), 10);
	memset(data, 'x', sizeof(data));
	CHECK_EQ(heap_run(heap, op_read(object, 0, data, 20)), 10);
	CHECK(!memcmp(data, "0123456789xxxxxxxxxx", 20));
	memset(data, 'x', sizeof(data));
	CHECK_EQ(heap_run(heap, op_read(object, 7, data, 20)), 3);
	CHECK(!memcmp(data, "789xxxxxxxxxxxxxxxxx", 20));
	memset(data, 'x', sizeof(data));
	CHECK_EQ(heap_run(heap, op_read(object, 3, data, 4)), 4);
	CHECK(!memcmp(data, "3456xxxx", 8));
	CHECK_EQ(heap_run(heap, op_read(object, 9, data, 1)), 1);
	CHECK_EQ(heap_run(heap, op_read(object, 10, data, 1)), 0);
	CHECK_EQ(heap_run(heap, op_read(object, 11, data, 20)), 0);
	CHECK_EQ(heap_run(heap, op_read(object, 1ULL << 32, data, 20)), 0);
	CHECK_EQ(heap_run(heap, op_read(object, ~0ULL, data, 20)), 0);
	CHECK_EQ(heap_run(heap, op_read(object, 0, data, 0)), 0);
}

TEST(write_goes_where_it_is_told)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 10));
	char data[10];

	CHECK_EQ(heap_run(heap, op_write(object, 3, "abc", 3)), 3);
	CHECK_EQ(heap_run(heap, op_write(object, 9, "z", 1)), 1);
	CHECK_EQ(heap_run(heap, op_write(object, 10, "y", 0)), 0);
	CHECK_EQ(heap_run(heap, op_read(object, 0, data, 10)), 10);
	CHECK(!memcmp(data, "\0\0\0abc\0\0\0z", 10));
}

TEST(resize_keeps_what_fits)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(3, 2, 6));
	const __u64 target = heap_get(heap, op_new(0, 0, 0));
	char data[12];

	heap_do(heap, op_store(object, 0, target));
	heap_do(heap, op_store(object, 1, target));
	CHECK_EQ(heap_run(heap, op_write(object, 0, "abcdef", 6)), 6);
	heap_do(heap, op_resize(object, 4, 12));
	CHECK_EQ(heap_run(heap, op_read(object, 0, data, 12)), 12);
	CHECK(!memcmp(data, "abcdef\0\0\0\0\0\0", 12));
	heap_get(heap, op_load(object, 1));
	CHECK_EQ(heap_run(heap, op_load(object, 2)), 0);
	CHECK_EQ(heap_info(heap, target).references, 4);
	heap_do(heap, op_resize(object, 1, 3));
	CHECK_EQ(heap_info(heap, target).references, 3);
	CHECK_EQ(heap_run(heap, op_read(object, 0, data, 12)), 3);
	CHECK(!memcmp(data, "abc", 3));
	heap_do(heap, op_resize(object, 1, 6));
	CHECK_EQ(heap_run(heap, op_read(object, 0, data, 12)), 6);
	CHECK(!memcmp(data, "abc\0\0\0", 6));
	CHECK_EQ(heap_info(heap, object).type, 3);
}

TEST(resize_makes_leaf_and_container)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 6));

	CHECK_EQ(heap_info(heap, object).flags, 0);
	CHECK_EQ(heap_count(heap).value[0], 0);
	heap_do(heap, op_resize(object, 1, 6));
	CHECK_EQ(heap_info(heap, object).flags, MHEAP_OBJECT_TRACKED);
	CHECK_EQ(heap_count(heap).value[0], 1);
	heap_do(heap, op_store(object, 0, object));
	heap_do(heap, op_resize(object, 0, 6));
	CHECK_EQ(heap_info(heap, object).flags, 0);
	CHECK_EQ(heap_info(heap, object).references, 1);
	CHECK_EQ(heap_count(heap).value[0], 0);
	heap_do(heap, op_resize(object, 0, 0));
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).bytes, 0);
}

TEST(resize_through_every_form)
{
	static const struct {
		__u32 slots;
		__u64 length;
	} shapes[] = {
		{ 1, 1 }, { 254, 65535 }, { 255, 1 }, { 1, 65536 }, { 300, 70000 },
		{ 1, 3000 }, { 5000, 1 }, { 1, 1 }, { 20000, 200000 }, { 2, 17 },
	};
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(9, 1, 1));
	unsigned int i;
	char byte;

	heap_do(heap, op_store(object, 0, object));
	CHECK_EQ(heap_run(heap, op_write(object, 0, "!", 1)), 1);
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		tap_case("slots %u, length %llu", shapes[i].slots, shapes[i].length);
		heap_do(heap, op_resize(object, shapes[i].slots, shapes[i].length));
		CHECK_EQ(heap_info(heap, object).slots, shapes[i].slots);
		CHECK_EQ(heap_info(heap, object).length, shapes[i].length);
		CHECK_EQ(heap_info(heap, object).type, 9);
		CHECK_EQ(heap_info(heap, object).references, 2);
		CHECK_EQ(heap_run(heap, op_read(object, 0, &byte, 1)), 1);
		CHECK_EQ(byte, '!');
		if (shapes[i].slots > 1)
			CHECK_EQ(heap_run(heap, op_load(object, shapes[i].slots - 1)), 0);
	}
}

TEST(same_compares_objects)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 0, 0));
	const __u64 b = heap_get(heap, op_new(0, 0, 0));
	const __u64 weak = heap_get(heap, op_weak(a));

	CHECK_EQ(heap_run(heap, op_same(a, a)), 1);
	CHECK_EQ(heap_run(heap, op_same(a, b)), 0);
	CHECK_EQ(heap_run(heap, op_same(a, weak)), 1);
	CHECK_EQ(heap_run(heap, op_same(weak, weak)), 1);
	CHECK_EQ(heap_run(heap, op_same(weak, b)), 0);
	heap_do(heap, op_drop(a));
	CHECK_EQ(heap_run(heap, op_same(weak, weak)), 1);
	/* The number of the dead object is used again; the object is another. */
	CHECK_EQ(heap_run(heap, op_same(weak, heap_get(heap, op_new(0, 0, 0)))), 0);
}

TEST(weak_handle_does_not_hold)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	const __u64 weak = heap_get(heap, op_weak(object));
	const __u64 copy = heap_get(heap, op_dup(weak));
	__u64 strong;

	CHECK_EQ(heap_info(heap, object).references, 1);
	strong = heap_get(heap, op_upgrade(copy));
	CHECK_EQ(heap_run(heap, op_same(strong, object)), 1);
	CHECK_EQ(heap_info(heap, object).references, 2);
	heap_do(heap, op_drop(object));
	heap_do(heap, op_drop(strong));
	CHECK_EQ(heap_run(heap, op_upgrade(weak)), -ENOENT);
	CHECK_EQ(heap_run(heap, op_upgrade(copy)), -ENOENT);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).handles, 2);
	heap_do(heap, op_drop(weak));
	CHECK_EQ(heap_run(heap, op_upgrade(copy)), -ENOENT);
	heap_do(heap, op_drop(copy));
	CHECK_EQ(heap_stats(heap).handles, 0);
}

TEST(upgrade_sees_what_slots_hold)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 1, 0));
	const __u64 b = heap_get(heap, op_new(0, 0, 0));
	const __u64 weak = heap_get(heap, op_weak(b));

	heap_do(heap, op_store(a, 0, b));
	heap_do(heap, op_drop(b));
	heap_do(heap, op_drop(heap_get(heap, op_upgrade(weak))));
	heap_do(heap, op_store(a, 0, 0));
	CHECK_EQ(heap_run(heap, op_upgrade(weak)), -ENOENT);
}

TEST(temporaries_give_no_handles)
{
	const int heap = heap_open();
	struct mheap_op ops[] = {
		op_temp(op_new(0, 2, 0)),
		op_temp(op_new(0, 0, 4)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(1)),
		op_temp(op_load(MHEAP_RESULT(0), 0)),
		op_same(MHEAP_RESULT(1), MHEAP_RESULT(3)),
		op_temp(op_dup(MHEAP_RESULT(1))),
		op_temp(op_swap(MHEAP_RESULT(0), 0, MHEAP_RESULT(0))),
		op_same(MHEAP_RESULT(6), MHEAP_RESULT(5)),
		op_weak(MHEAP_RESULT(1)),
		op_temp(op_upgrade(MHEAP_RESULT(8))),
		op_same(MHEAP_RESULT(9), MHEAP_RESULT(1)),
		op_store(MHEAP_RESULT(0), 0, 0),
		op_write(MHEAP_RESULT(1), 0, "abcd", 4),
	};
	static const int results[] = { 0, 0, 0, 0, 1, 0, 0, 1, -1, 0, 1, 0, 4 };
	unsigned int i;

	heap_do_all(heap, ops, ARRAY_SIZE(ops));
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (results[i] >= 0)
			CHECK_EQ(ops[i].result, results[i]);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).handles, 1);
	CHECK_EQ(heap_run(heap, op_upgrade(ops[8].result)), -ENOENT);
}

TEST(result_of_an_empty_slot_is_none)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	struct mheap_op ops[] = {
		op_temp(op_load(object, 0)),
		op_store(object, 0, MHEAP_RESULT(0)),
		op_load(object, 0),
		op_store(object, 0, MHEAP_RESULT(2)),
	};

	CHECK_EQ(heap_submit(heap, ops, 4, MHEAP_SUBMIT_CONTINUE), 4);
	CHECK_EQ(ops[0].result, 0);
	CHECK_EQ(ops[1].result, -EBADF);
	CHECK_EQ(ops[2].result, 0);
	CHECK_EQ(ops[3].result, -EBADF);
}

TEST(result_names_a_handle_too)
{
	const int heap = heap_open();
	struct mheap_op ops[] = {
		op_new(0, 1, 0),
		op_new(0, 1, 0),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(1)),
		op_drop(MHEAP_RESULT(1)),
		op_load(MHEAP_RESULT(0), 0),
		op_same(MHEAP_RESULT(4), MHEAP_RESULT(0)),
	};

	heap_do_all(heap, ops, ARRAY_SIZE(ops));
	CHECK_EQ(ops[5].result, 0);
	CHECK_EQ(heap_objects(heap), 2);
	CHECK_EQ(heap_stats(heap).handles, 2);
	heap_do(heap, op_drop(ops[0].result));
	heap_do(heap, op_drop(ops[4].result));
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(whole_graph_in_one_call)
{
	enum { NODES = 1000 };
	static struct mheap_op ops[2 * NODES + 1];
	const int heap = heap_open();
	__u64 at, next;
	int i;

	for (i = 0; i < NODES; i++)
		ops[i] = op_temp(op_new(1, 2, 8));
	for (i = 0; i < NODES; i++)
		ops[NODES + i] = op_store(MHEAP_RESULT(i), 0, MHEAP_RESULT((i + 1) % NODES));
	ops[2 * NODES] = op_dup(MHEAP_RESULT(0));
	heap_do_all(heap, ops, ARRAY_SIZE(ops));
	CHECK_EQ(heap_stats(heap).handles, 1);
	CHECK_EQ(heap_objects(heap), NODES);

	at = ops[2 * NODES].result;
	for (i = 0; i < NODES; i++) {
		next = heap_get(heap, op_load(at, 0));
		heap_do(heap, op_drop(at));
		at = next;
	}
	CHECK_EQ(heap_info(heap, at).references, 2);
}
