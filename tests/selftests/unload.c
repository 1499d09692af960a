// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unloading the module and loading it again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "heap.h"
#include "memory.h"
#include "tap.h"

static int unload(void)
{
	return syscall(SYS_delete_module, "mheap", O_NONBLOCK) ? -errno : 0;
}

static int load(void)
{
	const char *directory = getenv("MHEAP_MODULE_DIR");
	char path[400];
	int file, result;

	if (!directory)
		tap_skip("MHEAP_MODULE_DIR is not set");
	snprintf(path, sizeof(path), "%s/mheap.ko", directory);
	file = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(file >= 0);
	result = syscall(SYS_finit_module, file, "", 0) ? -errno : 0;
	close(file);
	return result;
}

static int is_unloaded(void *data)
{
	*(int *)data = unload();
	return !*(int *)data;
}

/* The file of a process that has just ended may be a moment behind. */
static void check_unload(void)
{
	int result;

	tap_wait(is_unloaded, &result);
	CHECK_EQ(result, 0);
}

static void check_nothing_left(void)
{
	CHECK_EQ(memory_module_users(), -1);
	CHECK_EQ(memory_caches(), 0);
	CHECK(access(HEAP_SYSFS, F_OK));
	CHECK(access("/sys/class/misc/mheap", F_OK));
	CHECK(access("/sys/devices/virtual/misc/mheap", F_OK));
	CHECK(access("/sys/devices/virtual/workqueue/mheap", F_OK));
	CHECK(open(HEAP_DEVICE, O_RDWR) < 0);
}

TEST(unloading_is_refused_while_a_heap_is_open)
{
	const int heap = heap_open();
	const int other = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));

	CHECK_EQ(memory_module_users(), 2);
	CHECK_EQ(unload(), -EWOULDBLOCK);
	heap_close(other);
	CHECK_EQ(unload(), -EWOULDBLOCK);
	heap_do(heap, op_drop(object));
	CHECK_EQ(unload(), -EWOULDBLOCK);
	heap_close(heap);
}

TEST(nothing_is_left_of_an_unloaded_module)
{
	check_unload();
	check_nothing_left();
	CHECK_EQ(unload(), -ENOENT);
	CHECK_EQ(load(), 0);
	CHECK_EQ(load(), -EEXIST);
	CHECK_EQ(memory_module_users(), 0);
	heap_close(heap_open());
}

TEST(a_module_that_is_loaded_again_has_its_own_defaults)
{
	CHECK(file_write(HEAP_SYSFS "/defaults/threshold", "1 2 3") > 0);
	CHECK(file_write(HEAP_SYSFS "/defaults/enabled", "0") > 0);
	CHECK(file_write(HEAP_SYSFS "/defaults/interval_ms", "1000") > 0);
	CHECK(file_write(HEAP_SYSFS "/defaults/shrink", "0") > 0);
	check_unload();
	CHECK_EQ(load(), 0);
	file_check(HEAP_SYSFS "/defaults/threshold", "700 10 10\n");
	file_check(HEAP_SYSFS "/defaults/enabled", "1\n");
	file_check(HEAP_SYSFS "/defaults/interval_ms", "0\n");
	file_check(HEAP_SYSFS "/defaults/shrink", "1\n");
}

/* More than is freed in an instant. */
static void make_garbage(int heap)
{
	static struct mheap_op ops[60000];
	unsigned int count = tap_number("MHEAP_TEST_OBJECTS", 200000) / 10 * 2;
	unsigned int i;

	count = count < ARRAY_SIZE(ops) ? count : ARRAY_SIZE(ops);
	for (i = 0; i < count; i += 2) {
		ops[i] = op_temp(op_new(0, 1, 100));
		ops[i + 1] = op_store(MHEAP_RESULT(i), 0, i ? MHEAP_RESULT(i - 2) :
							   MHEAP_RESULT(i));
	}
	heap_do_all(heap, ops, count);
}

TEST(unloading_waits_for_heaps_that_are_being_freed)
{
	unsigned long i, rounds = 1 + tap_number("MHEAP_TEST_ROUNDS", 50) / 10;
	int heaps[3], k;

	for (i = 0; i < rounds; i++) {
		for (k = 0; k < 3; k++) {
			heaps[k] = heap_open();
			make_garbage(heaps[k]);
		}
		for (k = 0; k < 3; k++)
			heap_close(heaps[k]);
		check_unload();
		check_nothing_left();
		CHECK_EQ(load(), 0);
	}
}

TEST(file_in_sysfs_does_not_keep_the_module)
{
	const int heap = heap_open();
	char path[100], byte;
	int file, defaults;

	snprintf(path, sizeof(path), HEAP_SYSFS "/%s/objects", heap_stats(heap).name);
	file = open(path, O_RDONLY);
	defaults = open(HEAP_SYSFS "/defaults/threshold", O_RDWR);
	CHECK(file >= 0 && defaults >= 0);
	heap_close(heap);
	check_unload();
	CHECK_EQ(read(file, &byte, 1), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(read(defaults, &byte, 1), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(write(defaults, "1 1 1", 5), -1);
	CHECK_EQ(load(), 0);
	CHECK_EQ(read(file, &byte, 1), -1);
	CHECK_EQ(read(defaults, &byte, 1), -1);
}

TEST(defaults_are_as_before_after_loading)
{
	const int file = open(HEAP_SYSFS "/defaults/threshold", O_WRONLY);
	struct mheap_threshold threshold;

	CHECK_EQ(write(file, "1 2 3", 5), 5);
	close(file);
	check_unload();
	CHECK_EQ(load(), 0);
	CHECK_EQ(heap_ioctl(heap_open(), MHEAP_IOC_GET_THRESHOLD, &threshold), 0);
	CHECK_EQ(threshold.value[0], 700);
}

TEST(loading_again_and_again_leaks_nothing)
{
	const unsigned long rounds = tap_number("MHEAP_TEST_ROUNDS", 50);
	long before = 0, difference;
	unsigned long i;
	int heap;

	for (i = 0; i < rounds; i++) {
		/* What the kernel itself keeps of the first ones does not count. */
		if (i == rounds / 5)
			before = memory_available();
		heap = heap_open();
		heap_get(heap, op_new(0, 1, 1000));
		heap_close(heap);
		check_unload();
		check_nothing_left();
		CHECK_EQ(load(), 0);
	}
	difference = memory_available() - before;
	tap_note("memory available: %+ld KiB in %lu rounds", difference, rounds - rounds / 5);
	CHECK(difference > -20000);
}
