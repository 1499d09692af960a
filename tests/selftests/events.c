// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what a session reads, and what becomes of it where nobody does.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event.h"
#include "heap.h"
#include "tap.h"

#define COLLECTIONS	(1U << MHEAP_EVENT_COLLECTION_START | 1U << MHEAP_EVENT_COLLECTION_END)
#define JOURNAL		256	/* events that a heap keeps */

static void lose_ring(int heap, __u64 cookie)
{
	const __u64 object = event_make_final(heap, 1, cookie);

	heap_do(heap, op_store(object, 0, object));
	heap_do(heap, op_drop(object));
}

/* An object that only refers to itself. */
static void lose_loop(int heap)
{
	const __u64 object = heap_get(heap, op_new(0, 1, 0));

	heap_do(heap, op_store(object, 0, object));
	heap_do(heap, op_drop(object));
}

TEST(listening_to_unknown_kinds_is_invalid)
{
	const int heap = heap_open();
	struct mheap_listen listen = {};
	int bit;

	for (bit = 0; bit < 32; bit++) {
		if (bit >= MHEAP_EVENT_FINALIZE && bit <= MHEAP_EVENT_LIMIT)
			continue;
		tap_case("kind %d", bit);
		CHECK_EQ(event_try_listen(heap, 1U << bit), -EINVAL);
		CHECK_EQ(event_try_listen(heap, 1U << bit | FINALIZE), -EINVAL);
	}
	listen.reserved = 1;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_LISTEN, &listen), -EINVAL);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_LISTEN, NULL), -EFAULT);
	/* It has not settled the session, and none of it is listened to. */
	CHECK_EQ(heap_join(heap, heap_open()), 0);
	event_lose(heap, 1, 1);
	CHECK_EQ(heap_stats(heap).finalizers_skipped, 1);
}

TEST(room_for_less_than_an_event_is_invalid)
{
	const int heap = heap_open();
	struct mheap_event event[2];
	size_t size;

	event_listen(heap, FINALIZE);
	event_lose(heap, 1, 2);
	for (size = 0; size < sizeof(event[0]); size++) {
		CHECK_EQ(read(heap, event, size), -1);
		CHECK_EQ(errno, EINVAL);
	}
	CHECK_EQ(read(heap, event, sizeof(event[0]) + 1), sizeof(event[0]));
}

TEST(who_listens_to_nothing_reads_nothing)
{
	const int heap = heap_open();
	struct mheap_event event;

	CHECK_EQ(event_read(heap, &event, 1), 0);
	CHECK_EQ(event_try_listen(heap, FINALIZE), 0);
	CHECK_EQ(event_try_listen(heap, 0), 0);
	CHECK_EQ(event_read(heap, &event, 1), 0);
}

TEST(a_finalizer_is_called_when_the_last_reference_goes)
{
	const int heap = heap_open();
	const __u64 object = event_make_final(heap, 1, 77);
	const struct mheap_object_info before = heap_info(heap, object);
	struct mheap_object_info info;
	struct mheap_event event;

	CHECK_EQ(before.flags, MHEAP_OBJECT_TRACKED | MHEAP_OBJECT_FINALIZER);
	event_listen(heap, FINALIZE);
	event_check_silent(heap);
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_stats(heap).finalizing, 1);
	CHECK_EQ(heap_number(heap, "stats/finalizing"), 1);
	event = event_next(heap, MHEAP_EVENT_FINALIZE);
	CHECK_EQ(event.cookie, 77);
	CHECK_EQ(event.id, before.id);
	CHECK(event.time);
	CHECK(!event.generation && !event.value[0] && !event.value[1] && !event.value[2]);
	info = heap_info(heap, event.handle);
	CHECK_EQ(info.id, before.id);
	CHECK_EQ(info.references, 1);
	CHECK_EQ(info.flags, before.flags | MHEAP_OBJECT_FINALIZED);
	CHECK_EQ(heap_run(heap, op_finalizer(event.handle, 5)), -EALREADY);
	heap_do(heap, op_drop(event.handle));
	event_check_silent(heap);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).finalizers_skipped, 0);
}

TEST(a_finalizer_is_called_when_a_cycle_is_found)
{
	const int heap = heap_open();
	struct mheap_event event;
	int generation;

	heap_disable(heap);
	event_listen(heap, FINALIZE);
	for (generation = 0; generation < 3; generation++) {
		lose_ring(heap, 7 + generation);
		CHECK_EQ(heap_collect(heap, generation).freed, 0);
		event = event_next(heap, MHEAP_EVENT_FINALIZE);
		CHECK_EQ(event.cookie, 7 + generation);
		heap_do(heap, op_drop(event.handle));
		CHECK_EQ(heap_collect(heap, 2).freed, 1);
		event_check_silent(heap);
	}
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(a_finalizer_is_cancelled)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 0));
	struct mheap_op cancel = op_finalizer(object, 0);

	event_listen(heap, FINALIZE);
	cancel.flags = MHEAP_OP_CANCEL;
	CHECK_EQ(heap_run(heap, cancel), -ENOENT);
	heap_do(heap, op_finalizer(object, 1));
	cancel.offset = 1;
	CHECK_EQ(heap_run(heap, cancel), -EINVAL);
	cancel.offset = 0;
	heap_do(heap, cancel);
	CHECK_EQ(heap_info(heap, object).flags, 0);
	heap_do(heap, op_drop(object));
	event_check_silent(heap);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(as_many_events_are_read_as_fit)
{
	const int heap = heap_open();
	struct mheap_event event[8];
	int i, done;

	event_listen(heap, FINALIZE);
	event_lose(heap, 0, 20);
	for (done = 0; done < 20; done += 8) {
		CHECK_EQ(event_read(heap, event, 8), done < 16 ? 8 : 4);
		for (i = 0; i < 8 && done + i < 20; i++) {
			CHECK_EQ(event[i].cookie, done + i);
			heap_do(heap, op_drop(event[i].handle));
		}
	}
	event_check_silent(heap);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(collections_are_told)
{
	const int heap = heap_open();
	struct mheap_event start, end;
	int generation;

	heap_disable(heap);
	event_listen(heap, COLLECTIONS);
	event_check_silent(heap);
	for (generation = 0; generation < 3; generation++) {
		lose_ring(heap, 1);
		heap_collect(heap, generation);
		start = event_next(heap, MHEAP_EVENT_COLLECTION_START);
		end = event_next(heap, MHEAP_EVENT_COLLECTION_END);
		CHECK_EQ(start.generation, generation);
		CHECK_EQ(end.generation, generation);
		CHECK(end.time >= start.time && end.id && end.id <= end.time);
		CHECK_EQ(end.value[0], 1);
		CHECK_EQ(end.value[1], 1);
		CHECK_EQ(end.value[2], 0);
		event_check_silent(heap);
	}
	CHECK_EQ(event_try_listen(heap, 1U << MHEAP_EVENT_COLLECTION_END), 0);
	heap_collect(heap, 0);
	event_next(heap, MHEAP_EVENT_COLLECTION_END);
	event_check_silent(heap);
}

static void set_limits(int heap, __u64 objects, __u64 bytes, __u64 handles)
{
	const struct mheap_limits limits = { objects, bytes, handles };

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_LIMITS, &limits), 0);
}

static void check_limit_told(int heap, __u32 which, __u64 used, __u64 limit)
{
	const struct mheap_event event = event_next(heap, MHEAP_EVENT_LIMIT);

	CHECK_EQ(event.generation, which);
	CHECK_EQ(event.value[0], used);
	CHECK_EQ(event.value[1], limit);
	CHECK_EQ(event.value[2], 0);
	CHECK(event.time);
	CHECK(!event.handle && !event.id && !event.cookie);
	event_check_silent(heap);
}

TEST(each_limit_that_is_reached_is_told)
{
	const int heap = heap_open(), other = heap_open_joined(heap);
	const __u64 object = heap_get(heap, op_new(0, 1, 100));
	const __u64 bytes = heap_stats(heap).bytes;

	heap_disable(heap);
	event_listen(heap, 1U << MHEAP_EVENT_LIMIT);
	event_listen(other, COLLECTIONS);
	set_limits(heap, 1, 0, 0);
	CHECK_EQ(heap_run(heap, op_new(0, 0, 0)), -ENOSPC);
	check_limit_told(heap, 0, 1, 1);
	set_limits(heap, 0, bytes + 50, 0);
	CHECK_EQ(heap_run(heap, op_new(0, 0, 100)), -ENOMEM);
	check_limit_told(heap, 1, bytes, bytes + 50);
	set_limits(heap, 0, 0, 3);
	heap_get(heap, op_dup(object));
	heap_get(other, op_new(0, 0, 0));
	event_check_silent(heap);
	CHECK_EQ(heap_run(heap, op_weak(object)), -ENOSPC);
	check_limit_told(heap, 2, 3, 3);
	/* Who listens to collections is told of those that were to make room. */
	event_next(other, MHEAP_EVENT_COLLECTION_START);
	event_next(other, MHEAP_EVENT_COLLECTION_END);
}

TEST(a_limit_is_told_again_when_there_was_room)
{
	const int heap = heap_open();
	__u64 object[8];
	int i;

	heap_disable(heap);
	event_listen(heap, 1U << MHEAP_EVENT_LIMIT);
	set_limits(heap, 8, 0, 0);
	for (i = 0; i < 8; i++)
		object[i] = heap_get(heap, op_new(0, 1, 0));
	event_check_silent(heap);
	CHECK_EQ(heap_run(heap, op_new(0, 1, 0)), -ENOSPC);
	check_limit_told(heap, 0, 8, 8);
	CHECK_EQ(heap_run(heap, op_new(0, 1, 0)), -ENOSPC);
	event_check_silent(heap);
	/* Also where a collection makes room, which nobody sees otherwise. */
	for (i = 0; i < 2; i++)
		heap_do(heap, op_drop(object[i]));
	heap_collect(heap, 2);
	lose_loop(heap);
	lose_loop(heap);
	event_check_silent(heap);
	heap_get(heap, op_new(0, 1, 0));
	check_limit_told(heap, 0, 8, 8);
}

TEST(a_limit_is_told_to_who_listens_later)
{
	const int heap = heap_open(), other = heap_open_joined(heap);

	heap_disable(heap);
	set_limits(heap, 1, 0, 0);
	heap_get(heap, op_new(0, 1, 0));
	CHECK_EQ(heap_run(heap, op_new(0, 1, 0)), -ENOSPC);
	event_listen(heap, 1U << MHEAP_EVENT_LIMIT);
	event_check_silent(heap);
	CHECK_EQ(heap_run(heap, op_new(0, 1, 0)), -ENOSPC);
	check_limit_told(heap, 0, 1, 1);
	/* To listen to something else makes nothing new of it. */
	event_listen(heap, 1U << MHEAP_EVENT_LIMIT | 1U << MHEAP_EVENT_DEATH);
	event_listen(other, 1U << MHEAP_EVENT_DEATH);
	CHECK_EQ(heap_run(heap, op_new(0, 1, 0)), -ENOSPC);
	event_check_silent(heap);
	event_listen(other, 1U << MHEAP_EVENT_LIMIT);
	CHECK_EQ(heap_run(heap, op_new(0, 1, 0)), -ENOSPC);
	check_limit_told(other, 0, 1, 1);
}

TEST(at_the_limit_of_handles_what_needs_none_is_told)
{
	const int heap = heap_open();
	const __u64 held = heap_get(heap, op_new(0, 0, 0));
	const __u64 watched = heap_get(heap, op_new(0, 0, 0));
	struct mheap_event event;

	heap_disable(heap);
	event_listen(heap, FINALIZE | 1U << MHEAP_EVENT_DEATH | 1U << MHEAP_EVENT_LIMIT);
	heap_do(heap, op_watch(watched, 5));
	event_lose(heap, 7, 1);
	heap_do(heap, op_drop(watched));
	heap_settle(heap);
	set_limits(heap, 0, 0, 1);
	CHECK_EQ(heap_run(heap, op_dup(held)), -ENOSPC);
	event = event_next(heap, MHEAP_EVENT_DEATH);
	CHECK_EQ(event.cookie, 5);
	event = event_next(heap, MHEAP_EVENT_LIMIT);
	CHECK_EQ(event.generation, 2);
	CHECK_EQ(event_read(heap, &event, 1), -ENOSPC);
	heap_do(heap, op_drop(held));
	event = event_next(heap, MHEAP_EVENT_FINALIZE);
	CHECK_EQ(event.cookie, 7);
	heap_do(heap, op_drop(event.handle));
	CHECK_EQ(heap_objects(heap), 0);
}

/* What a read() itself has collected is not told to it again and again. */
TEST(at_the_limit_of_handles_a_read_asks_for_one_once)
{
	const int heap = heap_open();
	const __u64 held = heap_get(heap, op_new(0, 0, 0));
	struct mheap_event events[16];

	heap_disable(heap);
	event_listen(heap, FINALIZE | COLLECTIONS);
	event_lose(heap, 7, 1);
	heap_settle(heap);
	set_limits(heap, 0, 0, 1);
	CHECK_EQ(event_read(heap, events, 16), 2);
	CHECK_EQ(events[0].kind, MHEAP_EVENT_COLLECTION_START);
	CHECK_EQ(events[1].kind, MHEAP_EVENT_COLLECTION_END);
	CHECK_EQ(heap_number(heap, "stats/collections_by_limit"), 1);
	heap_do(heap, op_drop(held));
	events[0] = event_next(heap, MHEAP_EVENT_FINALIZE);
	CHECK_EQ(events[0].cookie, 7);
}

TEST(who_is_slow_is_told_how_much_is_lost)
{
	const int heap = heap_open(), other = heap_open_joined(heap);
	struct mheap_event event;
	int i;

	heap_disable(heap);
	event_listen(heap, COLLECTIONS);
	event_listen(other, 1U << MHEAP_EVENT_COLLECTION_END);
	for (i = 0; i < JOURNAL; i++)
		heap_collect(heap, 0);
	event = event_next(heap, MHEAP_EVENT_LOST);
	CHECK_EQ(event.value[0], JOURNAL);
	CHECK_EQ(event_next(other, MHEAP_EVENT_LOST).value[0], JOURNAL / 2);
	for (i = 0; i < JOURNAL / 2; i++) {
		event_next(heap, MHEAP_EVENT_COLLECTION_START);
		event_next(heap, MHEAP_EVENT_COLLECTION_END);
		event_next(other, MHEAP_EVENT_COLLECTION_END);
	}
	event_check_silent(heap);
	event_check_silent(other);
}

TEST(each_object_goes_to_one_listener_and_each_collection_to_all)
{
	const int heap = heap_open(), other = heap_open_joined(heap);
	struct mheap_event event;
	unsigned int seen = 0;
	int i;

	heap_disable(heap);
	event_listen(heap, FINALIZE | COLLECTIONS);
	event_listen(other, FINALIZE | COLLECTIONS);
	event_lose(heap, 0, 10);
	for (i = 0; i < 10; i++) {
		event = event_next(i % 3 ? heap : other, MHEAP_EVENT_FINALIZE);
		CHECK(!(seen & 1U << event.cookie));
		seen |= 1U << event.cookie;
		heap_do(i % 3 ? heap : other, op_drop(event.handle));
	}
	CHECK_EQ(seen, 0x3ff);
	heap_collect(heap, 2);
	for (i = 0; i < 2; i++) {
		event_next(i ? heap : other, MHEAP_EVENT_COLLECTION_START);
		event_next(i ? heap : other, MHEAP_EVENT_COLLECTION_END);
		event_check_silent(i ? heap : other);
	}
	CHECK_EQ(heap_objects(heap), 0);
}

/* Two pages, of which the second cannot be written. */
static char *two_pages(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	CHECK(!mprotect(page + 4096, 4096, PROT_READ));
	return page;
}

TEST(what_cannot_be_written_is_not_lost)
{
	const int heap = heap_open();
	char *page = two_pages();
	struct mheap_event *event = (void *)(page + 4096 - sizeof(*event));
	__u64 handles;
	int i;

	heap_disable(heap);
	event_listen(heap, FINALIZE | COLLECTIONS);
	event_lose(heap, 0, 4);
	handles = heap_stats(heap).handles;
	for (i = 0; i < 3; i++) {
		CHECK_EQ(event_read(heap, (void *)(page + 4096), 3), -EFAULT);
		CHECK_EQ(heap_stats(heap).handles, handles);
		CHECK_EQ(heap_stats(heap).finalizing, 4);
	}
	for (i = 0; i < 4; i++) {
		CHECK_EQ(event_read(heap, event, 3), 1);
		CHECK_EQ(event->kind, MHEAP_EVENT_FINALIZE);
		CHECK_EQ(event->cookie, i);
		heap_do(heap, op_drop(event->handle));
	}
	heap_collect(heap, 0);
	CHECK_EQ(event_read(heap, (void *)(page + 4096), 3), -EFAULT);
	CHECK_EQ(event_read(heap, event, 3), 1);
	CHECK_EQ(event->kind, MHEAP_EVENT_COLLECTION_START);
	CHECK_EQ(event_read(heap, event, 3), 1);
	CHECK_EQ(event->kind, MHEAP_EVENT_COLLECTION_END);
	event_check_silent(heap);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(poll_says_when_there_is_something)
{
	const int heap = heap_open();
	struct pollfd fd = { .fd = heap, .events = POLLIN };

	CHECK_EQ(poll(&fd, 1, 0), 1);
	CHECK_EQ(fd.revents, POLLHUP);
	event_listen(heap, FINALIZE);
	CHECK_EQ(poll(&fd, 1, 0), 0);
	event_lose(heap, 1, 1);
	CHECK_EQ(poll(&fd, 1, 0), 1);
	CHECK_EQ(fd.revents, POLLIN);
	heap_do(heap, op_drop(event_next(heap, MHEAP_EVENT_FINALIZE).handle));
	CHECK_EQ(poll(&fd, 1, 0), 0);
	/* What others would read is nothing to this session. */
	heap_collect(heap, 0);
	CHECK_EQ(poll(&fd, 1, 0), 0);
}

TEST(where_nobody_listens_objects_just_die)
{
	const int heap = heap_open();

	heap_disable(heap);
	event_lose(heap, 0, 3);
	lose_ring(heap, 3);
	CHECK_EQ(heap_collect(heap, 2).freed, 1);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).finalizers_skipped, 4);
	CHECK_EQ(heap_number(heap, "stats/finalizers_skipped"), 4);
}

TEST(when_the_last_listener_leaves_what_waits_dies)
{
	const int heap = heap_open(), other = heap_open_joined(heap);

	event_listen(heap, FINALIZE);
	event_listen(other, FINALIZE);
	event_lose(heap, 0, 100);
	CHECK_EQ(event_try_listen(heap, COLLECTIONS), 0);
	CHECK_EQ(heap_stats(heap).finalizing, 100);
	heap_close(other);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).finalizing, 0);
	CHECK_EQ(heap_stats(heap).finalizers_skipped, 100);
}

TEST(a_slow_reader_holds_up_nobody)
{
	const int heap = heap_open();
	int i;

	heap_disable(heap);
	event_listen(heap, FINALIZE);
	CHECK_EQ(heap_number(heap, "finalizers_max"), 65536);
	CHECK_EQ(heap_write(heap, "finalizers_max", "10\n"), 3);
	event_lose(heap, 0, 100);
	CHECK_EQ(heap_objects(heap), 10);
	for (i = 0; i < 100; i++)
		lose_ring(heap, 100 + i);
	CHECK_EQ(heap_collect(heap, 2).freed, 100);
	CHECK_EQ(heap_objects(heap), 10);
	CHECK_EQ(heap_stats(heap).finalizers_skipped, 190);
	for (i = 0; i < 10; i++)
		heap_do(heap, op_drop(event_next(heap, MHEAP_EVENT_FINALIZE).handle));
	event_check_silent(heap);
}

TEST(finalizers_max_takes_numbers_only)
{
	static const char * const wrong[] = { "", "\n", "-1", "4294967296", "x", "1 2", "1x" };
	const int heap = heap_open();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK(heap_write(heap, "finalizers_max", wrong[i]) <= 0);
	CHECK_EQ(heap_number(heap, "finalizers_max"), 65536);
	CHECK_EQ(heap_write(heap, "finalizers_max", "4294967295"), 10);
	CHECK_EQ(heap_number(heap, "finalizers_max"), 4294967295);
}

TEST(who_listens_or_reads_stays_with_its_heap)
{
	const int target = heap_open();
	struct mheap_event event;
	struct pollfd fd = { .events = POLLIN };
	int heap;

	heap = heap_open();
	CHECK_EQ(event_try_listen(heap, FINALIZE), 0);
	CHECK_EQ(heap_join(heap, target), -EBUSY);
	heap = heap_open();
	CHECK_EQ(event_read(heap, &event, 1), 0);
	CHECK_EQ(heap_join(heap, target), -EBUSY);
	fd.fd = heap_open();
	CHECK_EQ(poll(&fd, 1, 0), 1);
	CHECK_EQ(heap_join(fd.fd, target), -EBUSY);
}
