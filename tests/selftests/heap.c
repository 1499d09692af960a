// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the device.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

int heap_open(void)
{
	int heap = open(HEAP_DEVICE, O_RDWR | O_CLOEXEC);

	CHECK(heap >= 0);
	return heap;
}

void heap_close(int heap)
{
	CHECK(!close(heap));
}

long heap_ioctl(int heap, unsigned long request, const void *argument)
{
	int result = ioctl(heap, request, argument);

	return result < 0 ? -errno : result;
}

long heap_submit(int heap, struct mheap_op *ops, __u32 count, __u32 flags)
{
	const struct mheap_submit submit = {
		.ops = (uintptr_t)ops, .count = count, .flags = flags,
	};

	return heap_ioctl(heap, MHEAP_IOC_SUBMIT, &submit);
}

/* One operation; its result. */
__s64 heap_run(int heap, struct mheap_op op)
{
	CHECK_EQ(heap_submit(heap, &op, 1, 0), 1);
	return op.result;
}

__u64 heap_get_at(int heap, struct mheap_op op, const char *file, int line)
{
	tap_check_equal(file, line, "SUBMIT", heap_submit(heap, &op, 1, 0), 1);
	if (op.result <= 0)
		tap_check_equal(file, line, "the result, a handle,", op.result, 1);
	return op.result;
}

void heap_do_at(int heap, struct mheap_op op, const char *file, int line)
{
	tap_check_equal(file, line, "SUBMIT", heap_submit(heap, &op, 1, 0), 1);
	tap_check_equal(file, line, "the result", op.result, 0);
}

void heap_do_all_at(int heap, struct mheap_op *ops, __u32 count, const char *file, int line)
{
	__u32 i;

	tap_check_equal(file, line, "SUBMIT", heap_submit(heap, ops, count, 0), count);
	for (i = 0; i < count; i++)
		if (ops[i].result < 0)
			tap_check_equal(file, line, "the result", ops[i].result, 0);
}

struct mheap_collect heap_collect(int heap, __u32 generation)
{
	struct mheap_collect collect = { .generation = generation };

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect), 0);
	return collect;
}

struct mheap_stats heap_stats(int heap)
{
	struct mheap_stats stats = { .size = sizeof(stats) };

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_STATS, &stats), 0);
	return stats;
}

struct mheap_object_info heap_info(int heap, __u64 object)
{
	struct mheap_object_info info;

	memset(&info, 0xee, sizeof(info));
	CHECK_EQ(heap_run(heap, op_info(object, &info)), sizeof(info));
	return info;
}

struct mheap_count heap_count(int heap)
{
	struct mheap_count count;

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_COUNT, &count), 0);
	return count;
}

void heap_set_threshold(int heap, __u32 zero, __u32 one, __u32 two)
{
	const struct mheap_threshold threshold = { .value = { zero, one, two } };

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_THRESHOLD, &threshold), 0);
}

void heap_disable(int heap)
{
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_DISABLE, NULL), 0);
}

void heap_settle(int heap)
{
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SETTLE, NULL), 0);
}

long heap_join(int heap, int target)
{
	const struct mheap_join join = { .fd = target };

	return heap_ioctl(heap, MHEAP_IOC_JOIN, &join);
}

int heap_open_joined(int target)
{
	const int heap = heap_open();

	CHECK_EQ(heap_join(heap, target), 0);
	return heap;
}

__u64 heap_objects(int heap)
{
	heap_settle(heap);
	return heap_stats(heap).objects;
}

void heap_check_same(int heap, const struct mheap_stats *before)
{
	const struct mheap_stats after = heap_stats(heap);

	CHECK_EQ(after.objects, before->objects);
	CHECK_EQ(after.bytes, before->bytes);
	CHECK_EQ(after.handles, before->handles);
	CHECK_EQ(after.created, before->created);
	CHECK(!memcmp(&after, before, sizeof(after)));
}

int heap_is_none(void *unused)
{
	DIR *directory = opendir(HEAP_SYSFS);
	const struct dirent *entry;
	int heaps = 0;

	(void)unused;
	if (!directory)
		return 1;
	while ((entry = readdir(directory)))
		heaps += !strncmp(entry->d_name, "heap", 4);
	closedir(directory);
	return !heaps;
}

int heap_wait_none(void)
{
	return tap_wait(heap_is_none, NULL);
}

const char *heap_path(int heap, const char *file)
{
	static __thread char path[200];

	snprintf(path, sizeof(path), HEAP_SYSFS "/%s/%s", heap_stats(heap).name, file);
	return path;
}

long heap_write(int heap, const char *file, const char *text)
{
	const int fd = open(heap_path(heap, file), O_WRONLY);
	long written;

	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	written = written < 0 ? -errno : written;
	close(fd);
	return written;
}

int heap_numbers(int heap, const char *file, long long *number, int count)
{
	const int fd = open(heap_path(heap, file), O_RDONLY);
	char text[400] = "";
	char *at = text;
	char *end;
	int i;

	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	for (i = 0; i < count; i++, at = end) {
		number[i] = strtoll(at, &end, 10);
		if (end == at)
			break;
	}
	return i;
}

long long heap_number(int heap, const char *file)
{
	long long number;

	CHECK_EQ(heap_numbers(heap, file, &number, 1), 1);
	return number;
}
