// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/mheap: settings of heaps and defaults for new ones, what they take and
 * what not.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "heap.h"
#include "tap.h"

TEST(threshold_takes_effect_at_once)
{
	const int heap = heap_open();
	struct mheap_threshold threshold;

	file_check_written(heap_path(heap, "threshold"), "1 2 3");
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_THRESHOLD, &threshold), 0);
	CHECK_EQ(threshold.value[0], 1);
	CHECK_EQ(threshold.value[1], 2);
	CHECK_EQ(threshold.value[2], 3);
	file_check(heap_path(heap, "threshold"), "1 2 3\n");
	file_check_written(heap_path(heap, "threshold"), "2147483647 0 2147483647\n");
	file_check(heap_path(heap, "threshold"), "2147483647 0 2147483647\n");
	heap_set_threshold(heap, 4, 5, 6);
	file_check(heap_path(heap, "threshold"), "4 5 6\n");
	file_check_written(heap_path(heap, "threshold"), "0 0 0\n");
	file_check(heap_path(heap, "threshold"), "0 0 0\n");
}

TEST(enabled_takes_effect_at_once)
{
	const int heap = heap_open();

	file_check(heap_path(heap, "enabled"), "1\n");
	file_check_written(heap_path(heap, "enabled"), "0\n");
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_IS_ENABLED, NULL), 0);
	file_check(heap_path(heap, "enabled"), "0\n");
	file_check_written(heap_path(heap, "enabled"), "1");
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_IS_ENABLED, NULL), 1);
	heap_disable(heap);
	file_check(heap_path(heap, "enabled"), "0\n");
}

TEST(collect_collects_the_generation_that_is_written)
{
	const int heap = heap_open();
	char generation[] = "0\n";
	struct mheap_op ops[] = {
		op_temp(op_new(0, 1, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
	};
	int i;

	heap_disable(heap);
	for (i = 0; i < 3; i++) {
		heap_do_all(heap, ops, 2);
		generation[0] = '0' + i;
		file_check_written(heap_path(heap, "collect"), generation);
		CHECK_EQ(heap_stats(heap).objects, 0);
		CHECK_EQ(heap_stats(heap).generation[i].collections, 1);
	}
}

static const char * const malformed[] = {
	"\n", " ", "\t", "-", "x", "700", "700\n", "700 10", "700 10\n", "700 10 ",
	"700 10 10 10", "700 10 10 10\n", "700 10 10 ", " 700 10 10", "\n700 10 10",
	"700  10 10", "700 10  10", "700\t10\t10", "700,10,10", "700, 10, 10", "700;10;10",
	"700\n10\n10", "700 10 10\n\n", "700 10 10\r\n", "700 10 10\r", "700 10 10x",
	"700 10 10 x", "x700 10 10", "700 x 10", "700 1x 10", "-1 10 10", "700 -1 10",
	"700 10 -1", "+700 10 10", "700 +10 10", "700 10 +10", "0x10 10 10", "1e3 10 10",
	"7.0 10 10", "700 10 1_0", "700 10 10 #", "(700 10 10)", "\"700\" 10 10",
	"2147483648 10 10", "700 2147483648 10", "700 10 2147483648", "4294967296 10 10",
	"4294967995 10 10", "700 4294967306 10", "9223372036854775808 10 10",
	"18446744073709551615 10 10", "18446744073709551616 10 10",
	"18446744073709552316 10 10", "99999999999999999999999999999999999999 10 10",
	"700 10 99999999999999999999999999999999999999", "\xc2\xa0 700 10 10",
	"\xd9\xa1 10 10", "700 10 10\x1a", "\xff\xff\xff",
};

/* Everything that @path does not take, be it two or three numbers. */
static void check_malformed(const char *path, const char *otherwise)
{
	char before[TEXT_MAX], text[TEXT_MAX];
	unsigned int i;

	CHECK(file_read(path, before) > 0);
	for (i = 0; i < ARRAY_SIZE(malformed); i++) {
		tap_case("%s to %s", malformed[i], path);
		CHECK_EQ(file_write(path, malformed[i]), -EINVAL);
	}
	tap_case("zero bytes to %s", path);
	CHECK_EQ(file_write_bytes(path, otherwise, strlen(otherwise) + 1), -EINVAL);
	CHECK_EQ(file_write_bytes(path, "\0", 1), -EINVAL);
	tap_case("more than a page to %s", path);
	memset(text, '1', sizeof(text));
	CHECK_EQ(file_write_bytes(path, text, sizeof(text)), -EINVAL);
	memset(text, ' ', sizeof(text));
	CHECK_EQ(file_write_bytes(path, text, sizeof(text)), -EINVAL);
	memcpy(text, otherwise, strlen(otherwise));
	CHECK_EQ(file_write_bytes(path, text, sizeof(text)), -EINVAL);
	file_check(path, "%s", before);
}

TEST(malformed_threshold_is_invalid)
{
	const int heap = heap_open();

	file_check_written(heap_path(heap, "threshold"), "3 4 5\n");
	check_malformed(heap_path(heap, "threshold"), "6 7 8");
	check_malformed(HEAP_SYSFS "/defaults/threshold", "6 7 8");
}

TEST(malformed_enabled_is_invalid)
{
	static const char * const others[] = {
		"2", "10", "-1", "y", "n", "on", "off", "true", "1 1", "0 0 0", " 1", "1 ", "0x1",
	};
	const int heap = heap_open();
	unsigned int i;

	check_malformed(heap_path(heap, "enabled"), "0");
	check_malformed(HEAP_SYSFS "/defaults/enabled", "0");
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		tap_case("%s", others[i]);
		CHECK_EQ(file_write(heap_path(heap, "enabled"), others[i]), -EINVAL);
		CHECK_EQ(file_write(HEAP_SYSFS "/defaults/enabled", others[i]), -EINVAL);
	}
	file_check(heap_path(heap, "enabled"), "1\n");
	file_check(HEAP_SYSFS "/defaults/enabled", "1\n");
}

TEST(malformed_collect_is_invalid)
{
	static const char * const others[] = { "3", "-1", "all", "0 1", "2 2 2", "4294967296" };
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		CHECK_EQ(file_write(heap_path(heap, "collect"), others[i]), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(malformed); i++)
		CHECK_EQ(file_write(heap_path(heap, "collect"), malformed[i]), -EINVAL);
	heap_check_same(heap, &before);
}

static void restore_defaults(void)
{
	file_write(HEAP_SYSFS "/defaults/threshold", "700 10 10");
	file_write(HEAP_SYSFS "/defaults/enabled", "1");
}

TEST(defaults_are_cpythons)
{
	file_check(HEAP_SYSFS "/defaults/threshold", "700 10 10\n");
	file_check(HEAP_SYSFS "/defaults/enabled", "1\n");
}

TEST(defaults_are_for_new_heaps)
{
	const int old = heap_open();
	int heap;

	file_check_written(HEAP_SYSFS "/defaults/threshold", "7 8 9\n");
	file_check_written(HEAP_SYSFS "/defaults/enabled", "0\n");
	heap = heap_open();
	restore_defaults();
	file_check(heap_path(heap, "threshold"), "7 8 9\n");
	file_check(heap_path(heap, "enabled"), "0\n");
	file_check(heap_path(old, "threshold"), "700 10 10\n");
	file_check(heap_path(old, "enabled"), "1\n");
	heap = heap_open();
	file_check(heap_path(heap, "threshold"), "700 10 10\n");
	file_check(heap_path(heap, "enabled"), "1\n");
}
