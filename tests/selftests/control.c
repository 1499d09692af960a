// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests other than SUBMIT.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

TEST(unknown_request_is_no_request)
{
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);
	char argument[4096] = {};
	unsigned int number;

	for (number = 0; number < 256; number++) {
		tap_case("number %u", number);
		CHECK_EQ(heap_ioctl(heap, _IO('m', number), argument), -ENOTTY);
		if (number > 9)
			CHECK_EQ(heap_ioctl(heap, _IO(MHEAP_IOC_MAGIC, number), argument),
				 -ENOTTY);
		CHECK_EQ(heap_ioctl(heap, _IOWR(MHEAP_IOC_MAGIC, number, char[100]), argument),
			 -ENOTTY);
	}
	heap_check_same(heap, &before);
}

TEST(device_does_nothing_else)
{
	const int heap = heap_open();
	char byte = 0;

	CHECK_EQ(read(heap, &byte, 1), -1);
	CHECK_EQ(write(heap, &byte, 1), -1);
	CHECK_EQ(lseek(heap, 0, SEEK_SET), -1);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, heap, 0) == MAP_FAILED);
}

TEST(argument_that_is_not_there_is_a_fault)
{
	static const unsigned long requests[] = {
		MHEAP_IOC_SUBMIT, MHEAP_IOC_COLLECT, MHEAP_IOC_GET_THRESHOLD,
		MHEAP_IOC_SET_THRESHOLD, MHEAP_IOC_COUNT, MHEAP_IOC_STATS,
	};
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		tap_case("request %u", i);
		CHECK_EQ(heap_ioctl(heap, requests[i], NULL), -EFAULT);
		CHECK_EQ(heap_ioctl(heap, requests[i], (void *)-8L), -EFAULT);
		CHECK_EQ(heap_ioctl(heap, requests[i], (void *)-4096L), -EFAULT);
	}
	heap_check_same(heap, &before);
}

TEST(argument_that_cannot_be_written_is_a_fault)
{
	static const unsigned long requests[] = {
		MHEAP_IOC_COLLECT, MHEAP_IOC_GET_THRESHOLD, MHEAP_IOC_COUNT, MHEAP_IOC_STATS,
	};
	const int heap = heap_open();
	__u32 *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		tap_case("request %u", i);
		CHECK(!mprotect(page, 4096, PROT_READ | PROT_WRITE));
		page[0] = requests[i] == MHEAP_IOC_STATS ? sizeof(struct mheap_stats) : 0;
		CHECK(!mprotect(page, 4096, PROT_READ));
		CHECK_EQ(heap_ioctl(heap, requests[i], page), -EFAULT);
	}
}

TEST(collect_of_another_generation_is_invalid)
{
	static const __u32 generations[] = { 3, 4, 255, 1U << 31, ~0U };
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);
	struct mheap_collect collect = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(generations); i++) {
		collect.generation = generations[i];
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect), -EINVAL);
	}
	collect.generation = 0;
	collect.reserved = 1;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect), -EINVAL);
	heap_check_same(heap, &before);
}

TEST(collect_tells_what_it_did)
{
	const int heap = heap_open();
	const __u64 live = heap_get(heap, op_new(0, 1, 0));
	const __u64 ring = heap_get(heap, op_new(0, 1, 0));
	struct mheap_collect collect;

	heap_disable(heap);
	heap_get(heap, op_new(0, 0, 100));
	heap_do(heap, op_store(live, 0, live));
	heap_do(heap, op_store(ring, 0, ring));
	heap_do(heap, op_drop(ring));
	memset(&collect, 0xee, sizeof(collect));
	collect.generation = 2;
	collect.reserved = 0;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_COLLECT, &collect), 0);
	CHECK_EQ(collect.generation, 2);
	CHECK_EQ(collect.reserved, 0);
	CHECK_EQ(collect.visited, 2);
	CHECK_EQ(collect.unreachable, 1);
	CHECK_EQ(collect.freed, 1);
	CHECK_EQ(collect.uncollectable, 0);
	CHECK(collect.nanoseconds > 0);
	CHECK(collect.nanoseconds < 10000000000ULL);
}

TEST(enable_and_disable)
{
	const int heap = heap_open();
	const int other = heap_open();

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_IS_ENABLED, NULL), 1);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_DISABLE, NULL), 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_DISABLE, NULL), 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_IS_ENABLED, NULL), 0);
	CHECK_EQ(heap_ioctl(other, MHEAP_IOC_IS_ENABLED, NULL), 1);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENABLE, NULL), 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENABLE, NULL), 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_IS_ENABLED, NULL), 1);
}

static void check_threshold(int heap, __u32 zero, __u32 one, __u32 two)
{
	struct mheap_threshold threshold;

	memset(&threshold, 0xee, sizeof(threshold));
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_THRESHOLD, &threshold), 0);
	CHECK_EQ(threshold.value[0], zero);
	CHECK_EQ(threshold.value[1], one);
	CHECK_EQ(threshold.value[2], two);
	CHECK_EQ(threshold.reserved, 0);
}

TEST(thresholds_are_set_all_at_once)
{
	const int heap = heap_open();

	check_threshold(heap, 700, 10, 10);
	heap_set_threshold(heap, 1, 2, 3);
	check_threshold(heap, 1, 2, 3);
	heap_set_threshold(heap, 0, 0, 0);
	check_threshold(heap, 0, 0, 0);
	heap_set_threshold(heap, MHEAP_THRESHOLD_MAX, MHEAP_THRESHOLD_MAX, MHEAP_THRESHOLD_MAX);
	check_threshold(heap, MHEAP_THRESHOLD_MAX, MHEAP_THRESHOLD_MAX, MHEAP_THRESHOLD_MAX);
}

TEST(thresholds_are_set_all_or_none)
{
	const int heap = heap_open();
	struct mheap_threshold threshold = { .value = { 1, 2, 3 } };
	int i;

	for (i = 0; i < 3; i++) {
		threshold.value[i] = MHEAP_THRESHOLD_MAX + 1;
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_THRESHOLD, &threshold), -EINVAL);
		check_threshold(heap, 700, 10, 10);
		threshold.value[i] = ~0U;
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_THRESHOLD, &threshold), -EINVAL);
		threshold.value[i] = i + 1;
	}
	threshold.reserved = 1;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_THRESHOLD, &threshold), -EINVAL);
	check_threshold(heap, 700, 10, 10);
}

TEST(count_counts_objects_with_slots)
{
	const int heap = heap_open();
	struct mheap_count count;
	__u64 object;
	int i;

	for (i = 0; i < 5; i++)
		object = heap_get(heap, op_new(0, 1, 0));
	heap_get(heap, op_new(0, 0, 9));
	heap_do(heap, op_drop(object));
	memset(&count, 0xee, sizeof(count));
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_COUNT, &count), 0);
	CHECK_EQ(count.value[0], 4);
	CHECK_EQ(count.value[1], 0);
	CHECK_EQ(count.value[2], 0);
	CHECK_EQ(count.reserved, 0);
}

TEST(stats_of_a_new_heap_are_zero)
{
	const int heap = heap_open();
	struct mheap_stats stats = heap_stats(heap), zero = { .size = sizeof(stats) };

	CHECK_EQ(stats.size, sizeof(stats));
	CHECK_EQ(stats.abi, MHEAP_ABI);
	CHECK(!strncmp(stats.name, "heap", 4));
	CHECK(memchr(stats.name, 0, sizeof(stats.name)));
	CHECK_EQ(stats.sessions, 1);
	CHECK(stats.table_bytes > 0);
	zero.abi = stats.abi;
	memcpy(zero.name, stats.name, sizeof(zero.name));
	zero.sessions = 1;
	zero.table_bytes = stats.table_bytes;
	CHECK(!memcmp(&stats, &zero, sizeof(stats)));
}

TEST(stats_fill_what_the_program_knows)
{
	const int heap = heap_open();
	struct {
		struct mheap_stats stats;
		unsigned char behind[100];
	} room;
	unsigned int i;
	__u32 size;

	for (size = 0; size < MHEAP_STATS_SIZE_0; size++) {
		room.stats.size = size;
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_STATS, &room), -EINVAL);
		CHECK_EQ(room.stats.size, size);
	}
	memset(&room, 0xee, sizeof(room));
	room.stats.size = sizeof(room);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_STATS, &room), 0);
	CHECK_EQ(room.stats.size, sizeof(struct mheap_stats));
	for (i = 0; i < sizeof(room.behind); i++)
		CHECK_EQ(room.behind[i], 0xee);
	room.stats.size = ~0U;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_STATS, &room), 0);
}

TEST(stats_agree_on_a_heap_at_rest)
{
	const int heap = heap_open();
	struct mheap_object_info info;
	struct mheap_stats stats;
	__u64 bytes = 0;
	__u64 object;
	int i;

	heap_disable(heap);
	for (i = 0; i < 300; i++) {
		object = heap_get(heap, op_new(i, i % 3, i * 3));
		info = heap_info(heap, object);
		bytes += info.charged;
		if (i % 5)
			continue;
		if (info.slots)
			heap_do(heap, op_store(object, 0, object));
		heap_do(heap, op_drop(object));
		if (!info.slots)
			bytes -= info.charged;
	}
	stats = heap_stats(heap);
	CHECK_EQ(stats.created, 300);
	CHECK_EQ(stats.objects, 280);
	CHECK_EQ(stats.handles, 240);
	CHECK_EQ(stats.bytes, bytes);
	CHECK_EQ(stats.freed_by_count, 20);
	CHECK_EQ(stats.generation[0].objects, 200);
	CHECK_EQ(heap_collect(heap, 0).freed, 40);
	stats = heap_stats(heap);
	CHECK_EQ(stats.objects, 240);
	CHECK_EQ(stats.freed_by_collector, 40);
	CHECK_EQ(stats.generation[0].objects, 0);
	CHECK_EQ(stats.generation[1].objects, 160);
	CHECK_EQ(stats.generation[0].collections, 1);
	CHECK_EQ(stats.generation[0].visited, 200);
	CHECK_EQ(stats.generation[0].collected, 40);
	CHECK(stats.generation[0].nanoseconds >= stats.generation[0].longest);
	CHECK(stats.generation[0].longest > 0);
}

TEST(settle_of_a_heap_at_rest_returns)
{
	const int heap = heap_open();

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SETTLE, NULL), 0);
	CHECK_EQ(heap_stats(heap).pending, 0);
}

TEST(heaps_do_not_share)
{
	const int a = heap_open(), b = heap_open();
	const __u64 object = heap_get(a, op_new(0, 1, 0));

	CHECK(strcmp(heap_stats(a).name, heap_stats(b).name));
	CHECK_EQ(heap_run(b, op_drop(object)), -EBADF);
	CHECK_EQ(heap_stats(b).objects, 0);
	heap_close(a);
	CHECK_EQ(heap_stats(b).objects, 0);
}

TEST(heap_opened_for_reading_only_is_one)
{
	const int heap = open(HEAP_DEVICE, O_RDONLY);

	CHECK(heap >= 0);
	heap_get(heap, op_new(0, 0, 0));
}
