// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named roots: PUBLISH, LOOKUP and UNPUBLISH, alone and in batches, between
 * sessions of one heap.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

/* What the heap's file of that name in sysfs says. */
static unsigned long roots_of(int heap)
{
	char path[100], text[20] = "";
	int file;

	snprintf(path, sizeof(path), HEAP_SYSFS "/%s/roots", heap_stats(heap).name);
	file = open(path, O_RDONLY);
	CHECK(file >= 0);
	CHECK(read(file, text, sizeof(text) - 1) > 0);
	close(file);
	return strtoul(text, NULL, 10);
}

static void check_names(int heap, const char *name, __u64 object)
{
	const __u64 found = heap_get(heap, op_lookup(name));

	CHECK_EQ(heap_run(heap, op_same(found, object)), 1);
	heap_do(heap, op_drop(found));
}

TEST(object_lives_by_its_name)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	const __u64 weak = heap_get(heap, op_weak(object));

	heap_do(heap, op_publish(object, "name"));
	CHECK_EQ(heap_info(heap, object).outside, 2);
	CHECK_EQ(roots_of(heap), 1);
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	check_names(heap, "name", weak);
	heap_do(heap, op_unpublish("name"));
	CHECK_EQ(roots_of(heap), 0);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_run(heap, op_upgrade(weak)), -ENOENT);
}

TEST(cycle_lives_by_its_name)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));

	heap_do(heap, op_store(object, 0, object));
	heap_do(heap, op_publish(object, "ring"));
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	heap_do(heap, op_unpublish("ring"));
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(heap_collect(heap, 2).freed, 1);
}

TEST(sessions_find_each_others_objects)
{
	const int heap = heap_open();
	const int other = heap_open_joined(heap);
	const __u64 mine = heap_get(heap, op_new(5, 1, 8));
	__u64 theirs;
	char text[8];

	CHECK_EQ(heap_run(heap, op_write(mine, 0, "written", 8)), 8);
	heap_do(heap, op_publish(mine, "shared"));
	theirs = heap_get(other, op_lookup("shared"));
	CHECK_EQ(heap_info(other, theirs).id, heap_info(heap, mine).id);
	CHECK_EQ(heap_run(other, op_read(theirs, 0, text, 8)), 8);
	CHECK(!strcmp(text, "written"));
	heap_do(other, op_store(theirs, 0, heap_get(other, op_new(6, 0, 0))));
	CHECK_EQ(heap_info(heap, heap_get(heap, op_load(mine, 0))).type, 6);
	heap_do(other, op_unpublish("shared"));
	CHECK_EQ(heap_run(heap, op_lookup("shared")), -ENOENT);
}

TEST(root_outlives_the_session_that_published_it)
{
	const int heap = heap_open();
	const int other = heap_open_joined(heap);
	__u64 object = heap_get(other, op_new(0, 1, 0));

	heap_do(other, op_store(object, 0, object));
	heap_do(other, op_publish(object, "left behind"));
	heap_get(other, op_new(0, 1, 0));
	heap_close(other);
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	CHECK_EQ(heap_objects(heap), 1);
	object = heap_get(heap, op_lookup("left behind"));
	CHECK_EQ(heap_info(heap, object).outside, 2);
}

TEST(heaps_have_names_of_their_own)
{
	const int heap = heap_open();
	const int other = heap_open();

	heap_do(heap, op_publish(heap_get(heap, op_new(1, 0, 0)), "name"));
	CHECK_EQ(heap_run(other, op_lookup("name")), -ENOENT);
	heap_do(other, op_publish(heap_get(other, op_new(2, 0, 0)), "name"));
	CHECK_EQ(heap_info(heap, heap_get(heap, op_lookup("name"))).type, 1);
	CHECK_EQ(heap_info(other, heap_get(other, op_lookup("name"))).type, 2);
}

TEST(name_that_is_taken_exists)
{
	const int heap = heap_open();
	const __u64 first = heap_get(heap, op_new(0, 0, 0));
	const __u64 second = heap_get(heap, op_new(0, 0, 0));

	heap_do(heap, op_publish(first, "name"));
	CHECK_EQ(heap_run(heap, op_publish(second, "name")), -EEXIST);
	CHECK_EQ(heap_run(heap, op_publish(first, "name")), -EEXIST);
	CHECK_EQ(heap_info(heap, first).outside, 2);
	CHECK_EQ(heap_info(heap, second).outside, 1);
	check_names(heap, "name", first);
}

TEST(name_is_replaced)
{
	const int heap = heap_open();
	const __u64 first = heap_get(heap, op_new(0, 0, 0));
	const __u64 second = heap_get(heap, op_new(0, 0, 0));

	heap_do(heap, op_replace(first, "name"));
	heap_do(heap, op_replace(first, "name"));
	CHECK_EQ(heap_info(heap, first).outside, 2);
	heap_do(heap, op_drop(first));
	heap_do(heap, op_replace(second, "name"));
	CHECK_EQ(heap_objects(heap), 1);
	check_names(heap, "name", second);
	CHECK_EQ(roots_of(heap), 1);
}

TEST(name_of_nothing_is_no_entry)
{
	static const char * const names[] = { "n", "nam", "names", "Name", "name ", "\xff" };
	const int heap = heap_open();
	unsigned int i;

	CHECK_EQ(heap_run(heap, op_lookup("name")), -ENOENT);
	CHECK_EQ(heap_run(heap, op_unpublish("name")), -ENOENT);
	heap_do(heap, op_publish(heap_get(heap, op_new(0, 0, 0)), "name"));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		tap_case("%s", names[i]);
		CHECK_EQ(heap_run(heap, op_lookup(names[i])), -ENOENT);
		CHECK_EQ(heap_run(heap, op_temp(op_lookup(names[i]))), -ENOENT);
		CHECK_EQ(heap_run(heap, op_unpublish(names[i])), -ENOENT);
	}
	heap_do(heap, op_unpublish("name"));
	CHECK_EQ(heap_run(heap, op_unpublish("name")), -ENOENT);
}

static void check_each(int heap, __u64 object, const char *name, __u64 length, int error)
{
	struct mheap_op ops[] = {
		op_publish(object, ""), op_replace(object, ""), op_lookup(""), op_unpublish(""),
	};
	const struct mheap_stats before = heap_stats(heap);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		ops[i].data = (uintptr_t)name;
		ops[i].length = length;
		tap_case("operation %u", ops[i].opcode);
		CHECK_EQ(heap_run(heap, ops[i]), error);
	}
	CHECK_EQ(heap_submit(heap, ops, ARRAY_SIZE(ops), MHEAP_SUBMIT_CONTINUE),
		 ARRAY_SIZE(ops));
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		CHECK_EQ(ops[i].result, error);
	heap_check_same(heap, &before);
	CHECK_EQ(roots_of(heap), 0);
}

TEST(name_of_no_bytes_or_with_a_zero_is_invalid)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));

	check_each(heap, object, "", 0, -EINVAL);
	check_each(heap, object, NULL, 0, -EINVAL);
	check_each(heap, object, "name", 5, -EINVAL);
	check_each(heap, object, "na\0me", 5, -EINVAL);
	check_each(heap, object, "\0name", 5, -EINVAL);
}

TEST(name_beyond_the_limit_is_too_long)
{
	static char name[70000];
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));

	memset(name, 'n', sizeof(name));
	check_each(heap, object, name, MHEAP_ROOT_NAME_MAX + 1, -ENAMETOOLONG);
	check_each(heap, object, name, 65536, -ENAMETOOLONG);
	check_each(heap, object, name, 65537, -ENAMETOOLONG);
	check_each(heap, object, name, 1ULL << 32, -ENAMETOOLONG);
	check_each(heap, object, name, (1ULL << 32) + 4, -ENAMETOOLONG);
	check_each(heap, object, name, ~0ULL, -ENAMETOOLONG);
}

TEST(name_at_a_bad_address_is_a_fault)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));

	CHECK(page != MAP_FAILED);
	CHECK(!munmap(page + 4096, 4096));
	memset(page, 'n', 4096);
	check_each(heap, object, NULL, 4, -EFAULT);
	check_each(heap, object, (char *)-4096L, 4, -EFAULT);
	check_each(heap, object, page + 4093, 4, -EFAULT);
	check_each(heap, object, page + 4096, 1, -EFAULT);
	CHECK_EQ(heap_run(heap, op_lookup("nnnn")), -ENOENT);
}

TEST(name_is_bytes_of_any_length_up_to_the_limit)
{
	char name[MHEAP_ROOT_NAME_MAX + 1] = "";
	const int heap = heap_open();
	__u64 object[MHEAP_ROOT_NAME_MAX + 1];
	int i;

	for (i = 1; i <= MHEAP_ROOT_NAME_MAX; i++) {
		name[i - 1] = i;
		object[i] = heap_get(heap, op_new(i, 0, 0));
		heap_do(heap, op_publish(object[i], name));
	}
	CHECK_EQ(roots_of(heap), MHEAP_ROOT_NAME_MAX);
	for (; --i; ) {
		check_names(heap, name, object[i]);
		heap_do(heap, op_unpublish(name));
		name[i - 1] = 0;
	}
	CHECK_EQ(roots_of(heap), 0);
}

/* Names numbered from @from on, in one batch. */
#define NAMES	1024U

static void run_names(int heap, __u64 object, __u16 opcode, unsigned int from)
{
	static struct mheap_op ops[NAMES];
	static char names[NAMES][8];
	unsigned int i;

	for (i = 0; i < NAMES; i++) {
		snprintf(names[i], sizeof(names[i]), "%u", from + i);
		ops[i] = op_publish(object, names[i]);
		ops[i].opcode = opcode;
		if (opcode != MHEAP_OP_PUBLISH)
			ops[i].object = 0;
		if (opcode == MHEAP_OP_LOOKUP)
			ops[i] = op_temp(ops[i]);
	}
	heap_do_all(heap, ops, NAMES);
}

TEST(heap_has_as_many_names_as_there_can_be)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	unsigned int i;

	for (i = 0; i < MHEAP_ROOTS_MAX; i += NAMES)
		run_names(heap, object, MHEAP_OP_PUBLISH, i);
	CHECK_EQ(roots_of(heap), MHEAP_ROOTS_MAX);
	CHECK_EQ(heap_info(heap, object).outside, MHEAP_ROOTS_MAX + 1);
	CHECK_EQ(heap_run(heap, op_publish(object, "one more")), -ENOSPC);
	CHECK_EQ(heap_run(heap, op_replace(object, "one more")), -ENOSPC);
	CHECK_EQ(heap_run(heap, op_publish(object, "12345")), -EEXIST);
	heap_do(heap, op_replace(object, "12345"));
	CHECK_EQ(heap_info(heap, object).outside, MHEAP_ROOTS_MAX + 1);
	for (i = 0; i < MHEAP_ROOTS_MAX; i += NAMES)
		run_names(heap, object, MHEAP_OP_LOOKUP, i);
	for (i = 0; i < MHEAP_ROOTS_MAX; i += 2 * NAMES)
		run_names(heap, object, MHEAP_OP_UNPUBLISH, i);
	heap_do(heap, op_publish(object, "one more"));
	CHECK_EQ(roots_of(heap), MHEAP_ROOTS_MAX / 2 + 1);
}

static long list(int heap, struct mheap_root_names *names)
{
	return heap_ioctl(heap, MHEAP_IOC_ROOTS, names);
}

/* List all names in pieces of @size bytes. Returns how many there are; counts each. */
static unsigned int list_all(int heap, __u32 size, unsigned char seen[MHEAP_ROOTS_MAX])
{
	static char text[65536];
	struct mheap_root_names names = {};
	unsigned int count = 0;
	const char *at;
	__u32 i;

	do {
		names.names = (uintptr_t)text;
		names.size = size;
		CHECK_EQ(list(heap, &names), 0);
		CHECK(names.size <= size);
		for (i = 0, at = text; i < names.count; i++, at += strlen(at) + 1)
			seen[atoi(at)]++;
		CHECK_EQ(at - text, names.size);
		count += names.count;
	} while (names.cursor);
	return count;
}

TEST(names_are_listed_once_each)
{
	static const __u32 sizes[] = { 256, 257, 1000, 65536, 65536 };
	static unsigned char seen[MHEAP_ROOTS_MAX];
	const int heap = heap_open();
	const int other = heap_open_joined(heap);
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	unsigned int i, k;

	CHECK_EQ(list_all(heap, 256, seen), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		run_names(heap, object, MHEAP_OP_PUBLISH, i * NAMES);
		memset(seen, 0, sizeof(seen));
		CHECK_EQ(list_all(other, sizes[i], seen), (i + 1) * NAMES);
		for (k = 0; k < MHEAP_ROOTS_MAX; k++)
			CHECK_EQ(seen[k], k < (i + 1) * NAMES);
	}
}

TEST(lists_that_cannot_be)
{
	static char text[256];
	const int heap = heap_open();
	const struct mheap_root_names good = { .names = (uintptr_t)text, .size = 256 };
	struct mheap_root_names names = good;

	heap_do(heap, op_publish(heap_get(heap, op_new(0, 0, 0)), "name"));
	names.size = MHEAP_ROOT_NAME_MAX;
	CHECK_EQ(list(heap, &names), -EINVAL);
	names = good;
	names.cursor = ~0U;
	CHECK_EQ(list(heap, &names), -EINVAL);
	names = good;
	names.reserved = 1;
	CHECK_EQ(list(heap, &names), -EINVAL);
	names = good;
	names.names = 8;
	CHECK_EQ(list(heap, &names), -EFAULT);
	CHECK_EQ(list(heap, NULL), -EFAULT);
	names = good;
	names.size = ~0U;
	CHECK_EQ(list(heap, &names), 0);
	CHECK_EQ(names.count, 1);
	CHECK_EQ(names.size, 5);
	CHECK_EQ(names.cursor, 0);
	CHECK(!strcmp(text, "name"));
}

TEST(list_whose_names_do_not_fit_together_is_too_big)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	char name[MHEAP_ROOT_NAME_MAX + 1], text[256];
	struct mheap_root_names names = {};
	long result;
	int i;

	/* Of so many long names two are somewhere together. */
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (i = 0; i < 5000; i++) {
		name[snprintf(name, 10, "%u", i)] = 'n';
		heap_do(heap, op_publish(object, name));
	}
	do {
		names.names = (uintptr_t)text;
		names.size = sizeof(text);
		result = list(heap, &names);
	} while (!result && names.cursor);
	CHECK_EQ(result, -E2BIG);
}

TEST(names_in_a_batch_are_those_of_their_operations)
{
	const int heap = heap_open();
	char data[8] = "payload", read[8];
	struct mheap_op ops[] = {
		op_temp(op_new(1, 1, 8)),
		op_publish(MHEAP_RESULT(0), "first"),
		op_write(MHEAP_RESULT(0), 0, data, 8),
		op_temp(op_new(2, 0, 0)),
		op_publish(MHEAP_RESULT(3), "second"),
		op_temp(op_lookup("first")),
		op_read(MHEAP_RESULT(5), 0, read, 8),
		op_store(MHEAP_RESULT(5), 0, MHEAP_RESULT(3)),
		op_lookup("second"),
		op_same(MHEAP_RESULT(8), MHEAP_RESULT(3)),
		op_unpublish("second"),
		op_temp(op_lookup("second")),
	};

	CHECK_EQ(heap_submit(heap, ops, ARRAY_SIZE(ops), 0), ARRAY_SIZE(ops));
	CHECK_EQ(ops[1].result, 0);
	CHECK_EQ(ops[5].result, 0);
	CHECK(!strcmp(read, "payload"));
	CHECK(ops[8].result > 0);
	CHECK_EQ(ops[9].result, 1);
	CHECK_EQ(ops[10].result, 0);
	CHECK_EQ(ops[11].result, -ENOENT);
	CHECK_EQ(heap_objects(heap), 2);
	CHECK_EQ(roots_of(heap), 1);
	heap_do(heap, op_unpublish("first"));
	CHECK_EQ(heap_objects(heap), 1);
}

TEST(many_names_among_much_data_arrive)
{
	static char data[60000];
	static char names[100][8];
	static struct mheap_op ops[400];
	const int heap = heap_open();
	unsigned int i;

	for (i = 0; i < 100; i++) {
		snprintf(names[i], sizeof(names[i]), "name %u", i);
		ops[4 * i] = op_temp(op_new(i, 0, 600 * i));
		ops[4 * i + 1] = op_write(MHEAP_RESULT(4 * i), 0, data, 600 * i);
		ops[4 * i + 2] = op_publish(MHEAP_RESULT(4 * i), names[i]);
		ops[4 * i + 3] = op_lookup(names[i]);
	}
	heap_do_all(heap, ops, 400);
	for (i = 0; i < 100; i++) {
		CHECK_EQ(ops[4 * i + 1].result, 600 * i);
		CHECK_EQ(heap_info(heap, ops[4 * i + 3].result).type, i);
	}
}

TEST(only_publish_replaces_and_only_lookup_is_temporary)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	struct mheap_op lookup = op_lookup("name");
	struct mheap_op unpublish = op_unpublish("name");

	heap_do(heap, op_publish(object, "name"));
	lookup.flags = MHEAP_OP_REPLACE;
	unpublish.flags = MHEAP_OP_REPLACE;
	CHECK_EQ(heap_run(heap, lookup), -EINVAL);
	CHECK_EQ(heap_run(heap, unpublish), -EINVAL);
	CHECK_EQ(heap_run(heap, op_temp(op_publish(object, "other"))), -EINVAL);
	CHECK_EQ(heap_run(heap, op_temp(op_unpublish("name"))), -EINVAL);
	CHECK_EQ(heap_run(heap, op_temp(op_lookup("name"))), 0);
	CHECK_EQ(heap_info(heap, object).outside, 2);
}

TEST(roots_go_with_the_heap)
{
	const int heap = heap_open();
	const int other = heap_open_joined(heap);
	unsigned int i;
	char name[20];

	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "name %u", i);
		heap_do(other, op_publish(heap_get(other, op_new(0, i % 2, i)), name));
	}
	heap_close(other);
	CHECK_EQ(roots_of(heap), 5000);
	CHECK_EQ(heap_objects(heap), 5000);
	heap_close(heap);
	CHECK(heap_wait_none());
}
