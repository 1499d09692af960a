// SPDX-License-Identifier: GPL-2.0-only
/* Several sessions of one heap: MHEAP_IOC_JOIN, its rules and its errors. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "heap.h"
#include "sharing.h"
#include "tap.h"

TEST(fresh_descriptor_becomes_a_session_of_the_other_heap)
{
	const int heap = heap_open();
	const int other = heap_open();
	const struct mheap_stats given_up = heap_stats(other);

	CHECK(has_folder(&given_up));
	CHECK_EQ(heap_join(other, heap), 0);
	check_same_heap(other, heap);
	CHECK_EQ(heap_stats(heap).sessions, 2);
	CHECK_EQ(heap_stats(other).sessions, 2);
	CHECK(!has_folder(&given_up));
	make_ring(other);
	CHECK_EQ(heap_stats(heap).objects, 2);
	CHECK_EQ(heap_collect(heap, 2).freed, 2);
}

TEST(session_that_joined_has_handles_of_its_own)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	const int other = heap_open_joined(heap);
	const __u64 mine = heap_get(other, op_new(0, 1, 0));

	CHECK_EQ(heap_run(other, op_drop(object)), -EBADF);
	CHECK_EQ(heap_run(heap, op_drop(mine)), -EBADF);
	CHECK_EQ(heap_stats(heap).handles, 2);
	CHECK_EQ(heap_stats(heap).objects, 2);
	heap_close(other);
	CHECK_EQ(heap_stats(heap).sessions, 1);
	CHECK_EQ(heap_stats(heap).handles, 1);
	CHECK_EQ(heap_objects(heap), 1);
}

TEST(heap_lives_until_its_last_session_ends)
{
	const int heap = heap_open();
	const int second = heap_open_joined(heap);
	const struct mheap_stats stats = heap_stats(heap);
	__u64 object;
	int third;

	heap_get(heap, op_new(0, 1, 0));
	object = heap_get(second, op_new(0, 1, 0));
	heap_close(heap);
	CHECK(has_folder(&stats));
	CHECK_EQ(heap_objects(second), 1);
	CHECK_EQ(heap_stats(second).sessions, 1);
	heap_do(second, op_store(object, 0, object));
	third = heap_open_joined(second);
	heap_close(second);
	CHECK(has_folder(&stats));
	CHECK_EQ(heap_collect(third, 2).freed, 1);
	heap_close(third);
	CHECK(!has_folder(&stats));
}

TEST(every_session_counts)
{
	const int heap = heap_open();
	int others[100];
	int i;

	for (i = 0; i < 100; i++) {
		others[i] = heap_open_joined(i ? others[i - 1] : heap);
		heap_get(others[i], op_new(0, 1, 0));
		CHECK_EQ(heap_stats(heap).sessions, i + 2);
	}
	CHECK_EQ(heap_objects(heap), 100);
	for (i = 0; i < 100; i++) {
		heap_close(others[i]);
		CHECK_EQ(heap_objects(heap), 99 - i);
	}
	CHECK_EQ(heap_stats(heap).sessions, 1);
}

TEST(other_requests_leave_a_descriptor_fresh)
{
	const int heap = heap_open();
	const int other = heap_open();

	heap_disable(other);
	heap_set_threshold(other, 1, 2, 3);
	heap_collect(other, 2);
	heap_settle(other);
	heap_stats(other);
	heap_count(other);
	CHECK_EQ(heap_join(other, heap), 0);
	CHECK_EQ(heap_ioctl(other, MHEAP_IOC_IS_ENABLED, NULL), 1);
}

TEST(what_is_no_descriptor_is_bad)
{
	const int heap = heap_open();
	const int closed = heap_open();
	const int path = open(HEAP_DEVICE, O_PATH | O_CLOEXEC);
	const struct mheap_stats before = heap_stats(heap);
	const int bad[] = { -1, closed, path, 1000000, 1 << 30, (int)(1U << 31), -100 };
	unsigned int i;

	CHECK(path >= 0);
	heap_close(closed);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		tap_case("descriptor %d", bad[i]);
		CHECK_EQ(heap_join(heap, bad[i]), -EBADF);
	}
	heap_check_same(heap, &before);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
}

TEST(descriptor_of_something_else_is_invalid)
{
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);
	int pipes[2], sockets[2];
	unsigned int i;

	CHECK(!pipe(pipes));
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	{
		const int others[] = {
			open("/dev/null", O_RDWR), open("/", O_RDONLY), pipes[0], sockets[0],
		};

		for (i = 0; i < ARRAY_SIZE(others); i++) {
			tap_case("descriptor %d", others[i]);
			CHECK(others[i] >= 0);
			CHECK_EQ(heap_join(heap, others[i]), -EINVAL);
		}
	}
	heap_check_same(heap, &before);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
}

TEST(session_does_not_join_itself)
{
	const int heap = heap_open();
	const struct mheap_stats before = heap_stats(heap);

	CHECK_EQ(heap_join(heap, heap), -EINVAL);
	CHECK_EQ(heap_join(heap, dup(heap)), -EINVAL);
	heap_check_same(heap, &before);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
	CHECK_EQ(heap_join(heap, heap), -EINVAL);
}

TEST(reserved_field_must_be_zero)
{
	const int heap = heap_open();
	const int other = heap_open();
	int i, bit;

	for (i = 0; i < 3; i++)
		for (bit = 0; bit < 32; bit++) {
			struct mheap_join join = { .fd = heap };

			join.reserved[i] = 1U << bit;
			CHECK_EQ(heap_ioctl(other, MHEAP_IOC_JOIN, &join), -EINVAL);
		}
	CHECK_EQ(heap_stats(heap).sessions, 1);
	CHECK_EQ(heap_join(other, heap), 0);
}

TEST(unreadable_argument_is_a_fault)
{
	const int heap = heap_open();

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_JOIN, NULL), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_JOIN, (void *)-4096L), -EFAULT);
	CHECK_EQ(heap_join(heap, heap_open()), 0);
}

/* It fails, and nothing has changed anywhere. */
static void check_busy(int heap, int target)
{
	const struct mheap_stats before = heap_stats(heap);
	const struct mheap_stats target_before = heap_stats(target);

	CHECK_EQ(heap_join(heap, target), -EBUSY);
	heap_check_same(heap, &before);
	heap_check_same(target, &target_before);
}

TEST(descriptor_with_objects_is_busy)
{
	const int heap = heap_open();
	const int other = heap_open();

	heap_get(other, op_new(0, 1, 0));
	check_busy(other, heap);
	CHECK_EQ(heap_join(heap, other), 0);
}

TEST(descriptor_is_busy_after_any_submission)
{
	const int heap = heap_open();
	const int failed = heap_open();
	const int empty = heap_open();
	const int dropped = heap_open();

	CHECK_EQ(heap_run(failed, op_drop(1)), -EBADF);
	check_busy(failed, heap);
	CHECK_EQ(heap_submit(empty, NULL, 0, 0), 0);
	check_busy(empty, heap);
	heap_do(dropped, op_drop(heap_get(dropped, op_new(0, 1, 0))));
	check_busy(dropped, heap);
}

TEST(descriptor_that_has_joined_is_busy)
{
	const int heap = heap_open();
	const int other = heap_open_joined(heap);

	check_busy(other, heap);
	check_busy(other, heap_open());
}

TEST(descriptor_that_was_joined_is_busy)
{
	const int heap = heap_open();
	const int other = heap_open_joined(heap);

	check_busy(heap, other);
	check_busy(heap, heap_open());
	heap_close(other);
	check_busy(heap, heap_open());
}
