// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocators: how a heap gets one, what there is to see of it, and memory that goes
 * back to the system.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "heap.h"
#include "memory.h"
#include "tap.h"

#define BATCH	64
#define CLASSES		65
#define DEFAULT		HEAP_SYSFS "/defaults/allocator"
#define QUARANTINE	HEAP_SYSFS "/defaults/quarantine"

/* The numbers that stand in a file of a heap, one for each class. */
static void read_classes(int heap, const char *file, unsigned long long number[CLASSES])
{
	char text[TEXT_MAX], *rest = text;
	int i;

	CHECK(file_read(heap_path(heap, file), text) > 0);
	for (i = 0; i < CLASSES; i++) {
		number[i] = strtoull(rest, &rest, 10);
		CHECK_EQ(*rest++, i < CLASSES - 1 ? ' ' : '\n');
	}
	CHECK(!*rest);
}

static long choose(int heap, const char *name)
{
	struct mheap_allocator_name allocator = {};

	strcpy(allocator.name, name);
	return heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, &allocator);
}

static int open_with(const char *name)
{
	const int heap = heap_open();

	CHECK_EQ(choose(heap, name), 0);
	return heap;
}

static const char * const names[] = { "slab", "page", "debug" };

TEST(allocators_are_listed)
{
	file_check(HEAP_SYSFS "/allocators", "slab page debug\n");
	file_check(DEFAULT, "slab\n");
}

TEST(heap_has_the_allocator_that_it_asked_for)
{
	char expected[40];
	unsigned int i;
	int heap;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		heap = open_with(names[i]);
		sprintf(expected, "%s\n", names[i]);
		file_check(heap_path(heap, "allocator"), "%s", expected);
	}
}

TEST(heap_that_is_given_up_is_gone)
{
	const int heap = heap_open();
	struct mheap_stats before = heap_stats(heap), after;
	char path[200];

	snprintf(path, sizeof(path), HEAP_SYSFS "/%s", before.name);
	CHECK(!access(path, F_OK));
	CHECK_EQ(choose(heap, "page"), 0);
	CHECK(access(path, F_OK));
	after = heap_stats(heap);
	CHECK(strcmp(before.name, after.name));
	CHECK_EQ(after.sessions, 1);
	CHECK_EQ(after.objects, 0);
	/* It is still fresh. */
	CHECK_EQ(choose(heap, "debug"), 0);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
	CHECK_EQ(choose(heap, "debug"), -EBUSY);
}

TEST(defaults_are_for_the_heap_that_is_made_anew)
{
	const int heap = heap_open();
	struct mheap_threshold threshold;

	heap_set_threshold(heap, 1, 2, 3);
	CHECK_EQ(choose(heap, "page"), 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_THRESHOLD, &threshold), 0);
	CHECK_EQ(threshold.value[0], 700);
}

TEST(descriptor_that_is_not_fresh_is_busy)
{
	const int used = heap_open(), joined = heap_open();
	struct mheap_stats before;
	int joiner;

	heap_get(used, op_new(0, 0, 5));
	before = heap_stats(used);
	CHECK_EQ(choose(used, "page"), -EBUSY);
	/* Whatever else is wrong. */
	CHECK_EQ(choose(used, "nobody"), -EBUSY);
	heap_check_same(used, &before);
	file_check(heap_path(used, "allocator"), "slab\n");
	joiner = heap_open_joined(joined);
	CHECK_EQ(choose(joined, "page"), -EBUSY);
	CHECK_EQ(choose(joiner, "page"), -EBUSY);
	CHECK_EQ(heap_stats(joined).sessions, 2);
}

TEST(unknown_allocator_is_not_found)
{
	static const char * const others[] = {
		"", "SLAB", "slab ", " slab", "slabs", "sla", "slab\n", "page,debug",
		"1234567890123456789012345678901",
	};
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		tap_case("%s", others[i]);
		CHECK_EQ(choose(heap, others[i]), -ENOENT);
	}
	heap_check_same(heap, &before);
	heap_get(heap, op_new(0, 0, 1));
}

TEST(malformed_name_is_invalid)
{
	struct mheap_allocator_name allocator = { "slab" };
	const int heap = heap_open();

	allocator.name[6] = 'x';
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, &allocator), -EINVAL);
	allocator.name[6] = 0;
	allocator.name[31] = 1;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, &allocator), -EINVAL);
	memset(&allocator, 'x', sizeof(allocator));
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, &allocator), -EINVAL);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ALLOCATOR, NULL), -EFAULT);
	file_check(heap_path(heap, "allocator"), "slab\n");
}

TEST(default_is_for_new_heaps)
{
	const int old = heap_open();
	int heap;

	CHECK_EQ(file_write(DEFAULT, "page\n"), 5);
	file_check(DEFAULT, "page\n");
	heap = heap_open();
	CHECK_EQ(file_write(DEFAULT, "slab"), 4);
	file_check(heap_path(heap, "allocator"), "page\n");
	file_check(heap_path(old, "allocator"), "slab\n");
}

TEST(malformed_default_is_invalid)
{
	static const char * const others[] = {
		"\n", " ", "slab ", " slab", "slab\n\n", "slab page", "SLAB", "0", "nobody",
		"12345678901234567890123456789012345678901234567890",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		tap_case("%s", others[i]);
		CHECK_EQ(file_write(DEFAULT, others[i]), -EINVAL);
	}
	CHECK_EQ(file_write_bytes(DEFAULT, "page\0x", 6), -EINVAL);
	CHECK_EQ(file_write_bytes(DEFAULT, "page", 5), -EINVAL);
	file_check(DEFAULT, "slab\n");
	CHECK_EQ(file_write(QUARANTINE, "4294967296"), -EINVAL);
	CHECK_EQ(file_write(QUARANTINE, "-1"), -EINVAL);
	CHECK_EQ(file_write(QUARANTINE, "1 2"), -EINVAL);
	file_check(QUARANTINE, "1048576\n");
}

/* Objects of many sizes, linked, read, resized, collected. */
static void use(int heap)
{
	char data[500], found[500];
	__u64 object[40];
	int i;

	memset(data, 0x5a, sizeof(data));
	for (i = 0; i < 40; i++) {
		object[i] = heap_get(heap, op_new(i * 9, i % 4, i * i * 30));
		CHECK_EQ(heap_run(heap, op_read(object[i], 0, found, 500)),
			 i * i * 30 < 500 ? i * i * 30 : 500);
		if (i * i * 30 >= 500)
			CHECK_EQ(heap_run(heap, op_write(object[i], i * i * 30 - 500, data, 500)),
				 500);
	}
	for (i = 0; i < 40; i++)
		if (i % 4)
			heap_do(heap, op_store(object[i], 0, object[39 - i]));
	for (i = 0; i < 40; i++)
		heap_do(heap, op_resize(object[i], i % 3, (40 - i) * 100));
	for (i = 0; i < 40; i += 2)
		heap_do(heap, op_resize(object[i], 70000 * (i % 3), i));
	for (i = 0; i < 40; i++)
		heap_do(heap, op_drop(object[i]));
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).bytes, 0);
}

TEST(objects_are_the_same_with_every_allocator)
{
	unsigned int i;
	int heap;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		tap_case("%s", names[i]);
		heap = open_with(names[i]);
		use(heap);
		use(heap);
		file_check(heap_path(heap, "stats/allocator_errors"), "0 0 0 0 0\n");
	}
}

TEST(debug_allocator_works_with_any_quarantine)
{
	static const char * const bytes[] = { "0", "1", "5000", "100000000" };
	unsigned int i;
	int heap;

	for (i = 0; i < ARRAY_SIZE(bytes); i++) {
		CHECK_EQ(file_write(QUARANTINE, bytes[i]), strlen(bytes[i]));
		heap = open_with("debug");
		CHECK_EQ(file_write(QUARANTINE, "1048576"), 7);
		use(heap);
		file_check(heap_path(heap, "stats/allocator_errors"), "0 0 0 0 0\n");
	}
}

TEST(charge_is_what_the_allocator_takes)
{
	__u64 charged[ARRAY_SIZE(names)];
	unsigned int i;
	int heap;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		heap = open_with(names[i]);
		charged[i] = heap_info(heap, heap_get(heap, op_new(0, 0, 100))).charged;
		CHECK_EQ(heap_stats(heap).bytes, charged[i]);
	}
	CHECK_EQ(charged[0], 104 + 24);
	CHECK_EQ(charged[1], sysconf(_SC_PAGESIZE) + 24);
	CHECK(charged[2] > 100 + 2 * 64 + 24);
}

TEST(classes_count_what_there_is)
{
	unsigned long long sizes[CLASSES], used[CLASSES], asked[CLASSES], held[CLASSES],
		wasted[CLASSES];
	const int heap = heap_open();
	__u64 object[3];
	int i;

	read_classes(heap, "classes/sizes", sizes);
	CHECK_EQ(sizes[0], 8);
	CHECK_EQ(sizes[15], 128);
	CHECK_EQ(sizes[16], 144);
	CHECK_EQ(sizes[63], 8192);
	CHECK_EQ(sizes[64], MHEAP_LENGTH_MAX + 4ULL * MHEAP_SLOTS_MAX + 16);
	for (i = 0; i < 10; i++)
		object[0] = heap_get(heap, op_new(0, 0, 3));	/* 8 */
	object[1] = heap_get(heap, op_new(0, 2, 125));		/* 133: 144 */
	object[2] = heap_get(heap, op_new(0, 0, 10000));	/* pages */
	heap_get(heap, op_new(0, 0, 0));			/* no body */
	read_classes(heap, "classes/used", used);
	read_classes(heap, "classes/asked", asked);
	read_classes(heap, "classes/held", held);
	read_classes(heap, "classes/wasted", wasted);
	for (i = 0; i < CLASSES; i++) {
		tap_case("class %d", i);
		CHECK_EQ(used[i], i == 0 ? 10 : i == 16 || i == 64);
		CHECK_EQ(asked[i], i == 0 ? 30 : i == 16 ? 133 : i == 64 ? 10000 : 0);
		CHECK_EQ(held[i], i == 0 ? 80 : i == 16 ? 144 : i == 64 ? 12288 : 0);
		CHECK_EQ(wasted[i], held[i] - asked[i]);
	}
	CHECK_EQ(heap_stats(heap).bytes, 80 + 144 + 12288 + 13 * 24);
	for (i = 0; i < 3; i++)
		heap_do(heap, op_drop(object[i]));
	read_classes(heap, "classes/used", used);
	CHECK_EQ(used[0], 9);
	CHECK_EQ(used[16], 0);
	CHECK_EQ(used[64], 0);
}

/* One body in each slab keeps all of it. */
TEST(slabs_show_what_fragmentation_costs)
{
	enum { OBJECTS = 20 * BATCH, SIZE = 112, CLASS = SIZE / 8 - 1, LEFT_ONE_OF = 32 };
	unsigned long long held[CLASSES], slabs[CLASSES], full;
	static __u64 object[OBJECTS];
	const int heap = heap_open();
	int i;

	read_classes(heap, "classes/slabs", slabs);
	CHECK_EQ(slabs[CLASS], 0);
	for (i = 0; i < OBJECTS; i++)
		object[i] = heap_get(heap, op_new(0, 0, SIZE));
	read_classes(heap, "classes/held", held);
	read_classes(heap, "classes/slabs", slabs);
	full = slabs[CLASS];
	tap_note("%llu bytes in %llu of slabs", held[CLASS], full);
	CHECK_EQ(held[CLASS], OBJECTS * SIZE);
	CHECK(full >= held[CLASS]);
	CHECK(full < 4 * held[CLASS]);	/* with what a checking kernel adds */
	for (i = 0; i < OBJECTS; i++)
		if (i % LEFT_ONE_OF)
			heap_do(heap, op_drop(object[i]));
	read_classes(heap, "classes/held", held);
	read_classes(heap, "classes/slabs", slabs);
	tap_note("%llu bytes in %llu of slabs", held[CLASS], slabs[CLASS]);
	CHECK_EQ(held[CLASS], OBJECTS / LEFT_ONE_OF * SIZE);
	CHECK(slabs[CLASS] <= full);
	CHECK(slabs[CLASS] > 4 * held[CLASS]);
	for (i = 0; i < OBJECTS; i += LEFT_ONE_OF)
		heap_do(heap, op_drop(object[i]));
	read_classes(heap, "classes/slabs", slabs);
	CHECK_EQ(slabs[CLASS], 0);
	/* Memory of its own is all there is. */
	heap_get(heap, op_new(0, 0, 10000));
	read_classes(heap, "classes/slabs", slabs);
	CHECK_EQ(slabs[CLASSES - 1], 12288);
}

static _Atomic int stop;

static void *make_and_drop(void *data)
{
	struct mheap_op ops[64];
	int i;

	while (!stop) {
		for (i = 0; i < 64; i += 2) {
			ops[i] = op_temp(op_new(0, 1, i * 100));
			ops[i + 1] = op_store(MHEAP_RESULT(i), 0, MHEAP_RESULT(i / 4 * 2));
		}
		heap_do_all(*(int *)data, ops, 64);
	}
	return NULL;
}

TEST(classes_are_read_while_sessions_work_and_the_collector_runs)
{
	const unsigned long rounds = tap_number("MHEAP_TEST_ROUNDS", 50);
	unsigned long long used[CLASSES], held[CLASSES];
	int heap[2] = { heap_open() }, i;
	pthread_t thread[2];
	unsigned long k;

	heap[1] = heap_open_joined(heap[0]);
	for (i = 0; i < 2; i++)
		CHECK(!pthread_create(&thread[i], NULL, make_and_drop, &heap[i]));
	for (k = 0; k < rounds; k++) {
		read_classes(heap[0], "classes/used", used);
		read_classes(heap[0], "classes/held", held);
	}
	stop = 1;
	for (i = 0; i < 2; i++)
		CHECK(!pthread_join(thread[i], NULL));
	heap_settle(heap[0]);
	heap_collect(heap[0], 2);
	read_classes(heap[0], "classes/used", used);
	for (i = 0; i < CLASSES; i++)
		CHECK_EQ(used[i], 0);
}

static void *choose_meanwhile(void *data)
{
	const int heap = *(int *)data;
	long result;
	int i;

	for (i = 0; i < 200; i++) {
		result = choose(heap, names[i % 3]);
		CHECK(!result || result == -EBUSY);
		heap_stats(heap);
	}
	return NULL;
}

TEST(of_requests_at_once_each_finds_a_heap)
{
	pthread_t thread[3];
	int heap = heap_open(), i;

	for (i = 0; i < 3; i++)
		CHECK(!pthread_create(&thread[i], NULL, choose_meanwhile, &heap));
	usleep(20000);
	heap_get(heap, op_new(0, 1, 7));
	for (i = 0; i < 3; i++)
		CHECK(!pthread_join(thread[i], NULL));
	CHECK_EQ(heap_stats(heap).sessions, 1);
	CHECK_EQ(heap_objects(heap), 1);
	CHECK_EQ(choose(heap, "slab"), -EBUSY);
	heap_close(heap);
	CHECK(heap_wait_none());
}

/* KiB of slabs that the kernel has, those for which it has no use included. */
static long slab_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[200];
	long slab = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Slab: %ld kB", &slab) == 1)
			break;
	if (file)
		fclose(file);
	return slab;
}

#define PEAK	(640 * BATCH)	/* KiB */
#define LEFT	8192		/* KiB, with whatever else the kernel does meanwhile */

static int is_returned(void *before)
{
	return slab_memory() - *(long *)before < LEFT;
}

/* Objects of a KiB, that only their handles hold. */
static void make_peak(int heap, __u64 *object)
{
	static struct mheap_op ops[BATCH];
	int i, n;

	for (i = 0; i < PEAK; i += BATCH) {
		for (n = 0; n < BATCH; n++)
			ops[n] = op_new(0, 0, 1024);
		heap_do_all(heap, ops, BATCH);
		for (n = 0; n < BATCH; n++)
			object[i + n] = ops[n].result;
	}
}

static void drop_peak(int heap, const __u64 *object)
{
	static struct mheap_op ops[BATCH];
	int i, n;

	for (i = 0; i < PEAK; i += BATCH) {
		for (n = 0; n < BATCH; n++)
			ops[n] = op_drop(object[i + n]);
		heap_do_all(heap, ops, BATCH);
	}
}

static void check_returned(long before)
{
	CHECK(tap_wait(is_returned, &before));
	tap_note("%ld KiB of slabs before, %ld after", before, slab_memory());
}

TEST(memory_is_returned_when_objects_are_dropped)
{
	__u64 *object = malloc(PEAK * sizeof(*object));
	const int heap = heap_open();
	const long before = slab_memory();
	long long peak;

	CHECK(object && before > 0);
	make_peak(heap, object);
	CHECK(slab_memory() - before >= PEAK * 9 / 10);
	CHECK_EQ(heap_stats(heap).bytes, PEAK * (1024 + 24LL));
	drop_peak(heap, object);
	CHECK_EQ(heap_stats(heap).bytes, 0);
	check_returned(before);
	CHECK_EQ(heap_numbers(heap, "stats/peak_bytes", &peak, 1), 1);
	CHECK(peak <= PEAK * 1024LL && peak > PEAK * 1024LL - 32768);
	/* The table stays, for the next objects: 24 bytes each, and what they are kept in. */
	CHECK(heap_stats(heap).table_bytes >= PEAK * 24ULL);
	CHECK(heap_stats(heap).table_bytes < PEAK * 30ULL + 65536);
}

TEST(memory_is_returned_when_a_collection_frees_it)
{
	const int heap = heap_open();
	const long before = slab_memory();
	static struct mheap_op ops[2 * BATCH];
	int i;

	heap_disable(heap);
	for (i = 0; i < 2 * BATCH; i += 2) {
		ops[i] = op_temp(op_new(0, 1, 1020));
		ops[i + 1] = op_store(MHEAP_RESULT(i), 0, MHEAP_RESULT(i));
	}
	for (i = 0; i < PEAK; i += BATCH)
		heap_do_all(heap, ops, 2 * BATCH);
	CHECK(slab_memory() - before >= PEAK * 9 / 10);
	CHECK_EQ(heap_collect(heap, 2).freed, PEAK);
	check_returned(before);
}

TEST(memory_is_returned_when_a_heap_is_closed)
{
	__u64 *object = malloc(PEAK * sizeof(*object));
	const long before = slab_memory();
	const int heap = heap_open();

	make_peak(heap, object);
	heap_close(heap);
	CHECK(heap_wait_none());
	check_returned(before);
}
