// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a gc module offers: the permanent generation, debug flags, the garbage list and
 * enumeration.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

static void request(int heap, unsigned long number)
{
	CHECK_EQ(heap_ioctl(heap, number, NULL), 0);
}

static void set_debug(int heap, __u32 flags)
{
	const struct mheap_debug debug = { .flags = flags };

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_DEBUG, &debug), 0);
}

static __u32 get_debug(int heap)
{
	struct mheap_debug debug;

	memset(&debug, 0xee, sizeof(debug));
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_DEBUG, &debug), 0);
	CHECK_EQ(debug.reserved, 0);
	return debug.flags;
}

/* Two objects with two slots each that refer to each other; one of them is held. */
static __u64 ring(int heap)
{
	const __u64 a = heap_get(heap, op_new(1, 2, 0));
	const __u64 b = heap_get(heap, op_new(2, 2, 0));

	heap_do(heap, op_store(a, 0, b));
	heap_do(heap, op_store(b, 0, a));
	heap_do(heap, op_drop(b));
	return a;
}

static void lose_ring(int heap)
{
	heap_do(heap, op_drop(ring(heap)));
}

static __u64 found[MHEAP_ENUMERATE_MAX + 1];

/* One call. Returns how many were found; @cursor goes on. */
static __u32 enumerate(int heap, __u32 what, __u32 generations, __u64 object, __u32 room,
		       __u32 flags, __u64 *cursor)
{
	struct mheap_enumerate e = {
		.what = what, .generations = generations, .cursor = *cursor, .object = object,
		.handles = (uintptr_t)found, .count = room, .flags = flags,
	};

	found[room] = 0x5eed;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENUMERATE, &e), 0);
	CHECK(e.count <= room);
	CHECK_EQ(found[room], 0x5eed);
	CHECK_EQ(e.what, what);
	CHECK_EQ(e.object, object);
	*cursor = e.cursor;
	return e.count;
}

/* All there are, whose handles are dropped again. Returns how many. */
static __u32 count(int heap, __u32 what, __u32 generations, __u64 object, __u32 room)
{
	__u64 cursor = 0;
	__u32 all = 0, some, i;

	do {
		some = enumerate(heap, what, generations, object, room, 0, &cursor);
		for (i = 0; i < some; i++)
			heap_do(heap, op_drop(found[i]));
		all += some;
	} while (cursor);
	return all;
}

TEST(freeze_moves_all_and_unfreeze_to_generation_2)
{
	const int heap = heap_open();
	__u64 object[3], leaf;
	struct mheap_stats stats;
	int i;

	heap_disable(heap);
	object[2] = heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 2);
	object[1] = heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 0);
	object[0] = heap_get(heap, op_new(0, 1, 0));
	leaf = heap_get(heap, op_new(0, 0, 0));
	CHECK_EQ(heap_stats(heap).frozen, 0);
	request(heap, MHEAP_IOC_FREEZE);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(heap_info(heap, object[i]).generation, MHEAP_GENERATION_PERMANENT);
		CHECK_EQ(heap_info(heap, object[i]).flags,
			 MHEAP_OBJECT_TRACKED | MHEAP_OBJECT_FROZEN);
		CHECK_EQ(heap_stats(heap).generation[i].objects, 0);
		CHECK_EQ(heap_count(heap).value[i], 0);
	}
	CHECK_EQ(heap_info(heap, leaf).flags, 0);
	CHECK_EQ(heap_stats(heap).frozen, 3);
	request(heap, MHEAP_IOC_UNFREEZE);
	stats = heap_stats(heap);
	CHECK_EQ(stats.frozen, 0);
	CHECK_EQ(stats.generation[2].objects, 3);
	CHECK_EQ(heap_info(heap, object[0]).generation, 2);
	CHECK_EQ(heap_info(heap, object[0]).flags, MHEAP_OBJECT_TRACKED);
}

TEST(frozen_garbage_is_not_looked_for_and_holds_what_it_refers_to)
{
	const int heap = heap_open();
	const __u64 a = ring(heap), young = ring(heap);
	const __u64 weak = heap_get(heap, op_weak(young));
	int generation;

	heap_disable(heap);
	request(heap, MHEAP_IOC_FREEZE);
	request(heap, MHEAP_IOC_UNFREEZE);
	request(heap, MHEAP_IOC_FREEZE);
	heap_do(heap, op_store(a, 1, young));
	heap_do(heap, op_drop(a));
	heap_do(heap, op_drop(young));
	for (generation = 0; generation < 3; generation++) {
		CHECK_EQ(heap_collect(heap, generation).visited, 0);
		CHECK_EQ(heap_collect(heap, generation).unreachable, 0);
	}
	heap_do(heap, op_drop(heap_get(heap, op_upgrade(weak))));
	request(heap, MHEAP_IOC_UNFREEZE);
	CHECK_EQ(heap_collect(heap, 2).freed, 4);
	CHECK_EQ(heap_run(heap, op_upgrade(weak)), -ENOENT);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(frozen_objects_die_with_their_last_reference)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 1, 0));

	request(heap, MHEAP_IOC_FREEZE);
	heap_do(heap, op_drop(a));
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).frozen, 0);
}

TEST(debug_flags_are_kept_and_others_are_invalid)
{
	static const __u32 bad[] = { 8, 16, 64, 40, 1U << 31, ~0U };
	const int heap = heap_open(), other = heap_open();
	struct mheap_debug debug = {};
	unsigned int i;

	CHECK_EQ(get_debug(heap), 0);
	CHECK_EQ(MHEAP_DEBUG_LEAK, MHEAP_DEBUG_COLLECTABLE | MHEAP_DEBUG_UNCOLLECTABLE |
		 MHEAP_DEBUG_SAVEALL);
	set_debug(heap, MHEAP_DEBUG_LEAK);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		debug.flags = bad[i];
		CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_DEBUG, &debug), -EINVAL);
	}
	debug.flags = 1;
	debug.reserved = 1;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_DEBUG, &debug), -EINVAL);
	CHECK_EQ(get_debug(heap), MHEAP_DEBUG_LEAK);
	CHECK_EQ(get_debug(other), 0);
}

TEST(saveall_keeps_what_is_unreachable)
{
	const int heap = heap_open();
	const __u64 held = ring(heap);
	struct mheap_collect collect;
	struct mheap_stats stats;
	__u64 cursor = 0;
	int i;

	heap_disable(heap);
	set_debug(heap, MHEAP_DEBUG_SAVEALL);
	for (i = 0; i < 3; i++)
		lose_ring(heap);
	collect = heap_collect(heap, 1);
	CHECK_EQ(collect.visited, 8);
	CHECK_EQ(collect.unreachable, 6);
	CHECK_EQ(collect.uncollectable, 6);
	CHECK_EQ(collect.freed, 0);
	stats = heap_stats(heap);
	CHECK_EQ(stats.garbage, 6);
	CHECK_EQ(stats.generation[1].uncollectable, 6);
	CHECK_EQ(stats.generation[1].collected, 0);
	CHECK_EQ(heap_collect(heap, 2).unreachable, 0);
	CHECK_EQ(enumerate(heap, MHEAP_ENUMERATE_GARBAGE, 0, 0, 10, 0, &cursor), 6);
	CHECK_EQ(cursor, 0);
	for (i = 0; i < 6; i++) {
		CHECK_EQ(heap_info(heap, found[i]).flags,
			 MHEAP_OBJECT_TRACKED | MHEAP_OBJECT_GARBAGE);
		heap_do(heap, op_drop(found[i]));
	}
	CHECK_EQ(heap_info(heap, held).flags, MHEAP_OBJECT_TRACKED);
	CHECK_EQ(heap_objects(heap), 8);
}

TEST(cleared_garbage_is_garbage_again)
{
	const int heap = heap_open();

	heap_disable(heap);
	request(heap, MHEAP_IOC_CLEAR_GARBAGE);
	set_debug(heap, MHEAP_DEBUG_SAVEALL);
	lose_ring(heap);
	CHECK_EQ(heap_collect(heap, 2).uncollectable, 2);
	request(heap, MHEAP_IOC_CLEAR_GARBAGE);
	CHECK_EQ(heap_stats(heap).garbage, 0);
	CHECK_EQ(count(heap, MHEAP_ENUMERATE_GARBAGE, 0, 0, 5), 0);
	CHECK_EQ(heap_objects(heap), 2);
	CHECK_EQ(heap_collect(heap, 2).uncollectable, 2);
	set_debug(heap, 0);
	CHECK_EQ(heap_collect(heap, 2).unreachable, 0);
	request(heap, MHEAP_IOC_CLEAR_GARBAGE);
	CHECK_EQ(heap_collect(heap, 2).freed, 2);
	CHECK_EQ(heap_objects(heap), 0);
}

/* Lines of the kernel's log from now on that name a heap. */
static int open_log(void)
{
	const int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	if (log < 0)
		tap_skip("the kernel's log cannot be read");
	lseek(log, 0, SEEK_END);
	return log;
}

static int count_lines(int log, const char *name, const char *what)
{
	char line[2000], key[80];
	int lines = 0;
	long length;

	snprintf(key, sizeof(key), "mheap: %s: ", name);
	while ((length = read(log, line, sizeof(line) - 1)) > 0 || (length < 0 && errno == EPIPE)) {
		line[length > 0 ? length : 0] = 0;
		lines += strstr(line, key) && strstr(line, what);
	}
	return lines;
}

static void check_log(__u32 flags, int stats, int collectable, int uncollectable)
{
	const int heap = heap_open();
	const struct mheap_stats s = heap_stats(heap);
	int log = open_log();

	tap_case("flags %u", flags);
	heap_disable(heap);
	set_debug(heap, flags);
	heap_collect(heap, 0);
	lose_ring(heap);
	heap_collect(heap, 1);
	CHECK_EQ(count_lines(log, s.name, "collected generation"), stats);
	CHECK(!close(log));
	log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	CHECK_EQ(count_lines(log, s.name, "generation 1: 2 collectable, freed"), collectable);
	CHECK(!close(log));
	log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	CHECK_EQ(count_lines(log, s.name, "generation 1: 2 unreachable, kept"), uncollectable);
	CHECK(!close(log));
	heap_close(heap);
}

TEST(the_log_says_what_the_flags_ask_for)
{
	check_log(0, 0, 0, 0);
	check_log(MHEAP_DEBUG_STATS, 2, 0, 0);
	check_log(MHEAP_DEBUG_COLLECTABLE, 0, 1, 0);
	check_log(MHEAP_DEBUG_UNCOLLECTABLE, 0, 0, 0);
	check_log(MHEAP_DEBUG_LEAK, 0, 0, 1);
	check_log(MHEAP_DEBUG_LEAK | MHEAP_DEBUG_STATS, 2, 0, 1);
}

TEST(the_log_is_limited)
{
	const int heap = heap_open();
	const struct mheap_stats s = heap_stats(heap);
	const int log = open_log();
	int lines, i;

	set_debug(heap, MHEAP_DEBUG_STATS);
	for (i = 0; i < 200; i++)
		heap_collect(heap, 0);
	lines = count_lines(log, s.name, "collected generation");
	CHECK(lines >= 10);
	CHECK(lines < 200);
}

TEST(objects_are_found_by_generation)
{
	static const __u32 age[] = { 3, 200, 65, 1100 };	/* of each generation */
	const int heap = heap_open();
	__u32 mask, should, room, generation, i;

	heap_disable(heap);
	for (generation = 4; generation--;) {
		for (i = 0; i < age[generation]; i++) {
			heap_get(heap, op_new(0, 1, 0));
			heap_get(heap, op_new(0, 0, 1));
		}
		if (generation == 3)
			request(heap, MHEAP_IOC_FREEZE);
		else if (generation)
			heap_collect(heap, generation == 2 ? 2 : 0);
	}
	for (mask = 1; mask < 16; mask++) {
		for (should = 0, i = 0; i < 4; i++)
			should += mask & 1 << i ? age[i] : 0;
		for (room = 4; room <= 4096; room *= 32)
			CHECK_EQ(count(heap, MHEAP_ENUMERATE_OBJECTS, mask, 0, room), should);
	}
}

TEST(each_object_is_found_once_and_is_a_handle)
{
	const int heap = heap_open();
	__u64 object[300], cursor = 0;
	__u8 seen[300] = {};
	__u32 some, i;

	for (i = 0; i < 300; i++) {
		object[i] = heap_get(heap, op_new(i, 1, 0));
		if (i % 3 == 0)
			heap_do(heap, op_drop(heap_get(heap, op_new(9, 1, 0))));
	}
	do {
		some = enumerate(heap, MHEAP_ENUMERATE_OBJECTS, 15, 0, 7, 0, &cursor);
		for (i = 0; i < some; i++) {
			const __u32 type = heap_info(heap, found[i]).type;

			CHECK_EQ(heap_run(heap, op_same(found[i], object[type])), 1);
			CHECK_EQ(heap_info(heap, found[i]).outside, 2);
			CHECK_EQ(seen[type]++, 0);
			heap_do(heap, op_drop(found[i]));
		}
	} while (cursor);
	CHECK(!memchr(seen, 0, sizeof(seen)));
}

TEST(ids_are_those_of_info_and_no_handles)
{
	const int heap = heap_open();
	const __u64 a = heap_get(heap, op_new(0, 1, 0));
	__u64 cursor = 0;

	CHECK_EQ(enumerate(heap, MHEAP_ENUMERATE_OBJECTS, 1, 0, 5, MHEAP_ENUMERATE_IDS, &cursor), 1);
	CHECK_EQ(found[0], heap_info(heap, a).id);
	CHECK_EQ(heap_stats(heap).handles, 1);
	CHECK_EQ(heap_info(heap, a).references, 1);
}

TEST(referrers_are_found_once_each)
{
	const int heap = heap_open();
	const __u64 leaf = heap_get(heap, op_new(0, 0, 0));
	const __u64 self = heap_get(heap, op_new(0, 1, 0));
	__u32 i;

	heap_do(heap, op_store(self, 0, self));
	CHECK_EQ(count(heap, MHEAP_ENUMERATE_REFERRERS, 0, leaf, 9), 0);
	CHECK_EQ(count(heap, MHEAP_ENUMERATE_REFERRERS, 0, self, 9), 1);
	for (i = 1; i <= 100; i++) {
		const __u64 holder = heap_get(heap, op_new(0, 3 * i, 0));

		heap_do(heap, op_store(holder, 3 * i - 1, leaf));
		heap_do(heap, op_store(holder, i - 1, leaf));
	}
	CHECK_EQ(count(heap, MHEAP_ENUMERATE_REFERRERS, 0, leaf, 9), 100);
	CHECK_EQ(count(heap, MHEAP_ENUMERATE_REFERRERS, 0, leaf, 4096), 100);
	CHECK_EQ(heap_info(heap, leaf).outside, 1);
}

TEST(a_referrer_may_have_millions_of_slots)
{
	const __u32 slots = 3000000;
	const int heap = heap_open();
	const __u64 leaf = heap_get(heap, op_new(0, 0, 0));
	const __u64 holder = heap_get(heap, op_new(0, slots, 0));
	__u64 cursor = 0;

	heap_do(heap, op_store(holder, slots - 1, leaf));
	CHECK_EQ(enumerate(heap, MHEAP_ENUMERATE_REFERRERS, 0, leaf, 1, 0, &cursor), 1);
	CHECK_EQ(heap_run(heap, op_same(found[0], holder)), 1);
}

TEST(what_is_found_unreachable_lives_while_it_is_held)
{
	const int heap = heap_open(), other = heap_open_joined(heap);
	__u64 cursor = 0;

	heap_disable(heap);
	lose_ring(heap);
	CHECK_EQ(enumerate(other, MHEAP_ENUMERATE_OBJECTS, 1, 0, 1, 0, &cursor), 1);
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	CHECK_EQ(heap_info(other, found[0]).slots, 2);
	heap_close(other);
	CHECK_EQ(heap_collect(heap, 2).freed, 2);
}

TEST(enumeration_that_is_not_as_described_is_invalid)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	const struct mheap_enumerate good = {
		.what = MHEAP_ENUMERATE_OBJECTS, .generations = 1,
		.handles = (uintptr_t)found, .count = 1,
	};
	const struct mheap_stats before = heap_stats(heap);
	struct mheap_enumerate e;

#define BAD(what, error) do {							\
	e = good;								\
	what;									\
	tap_case("%s", #what);							\
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENUMERATE, &e), error);		\
} while (0)
	BAD(e.what = 0, -EINVAL);
	BAD(e.what = 4, -EINVAL);
	BAD(e.what = ~0U, -EINVAL);
	BAD(e.generations = 0, -EINVAL);
	BAD(e.generations = 16, -EINVAL);
	BAD(e.generations = ~0U, -EINVAL);
	BAD(e.object = object, -EINVAL);
	BAD(e.count = 0, -EINVAL);
	BAD(e.count = MHEAP_ENUMERATE_MAX + 1, -EINVAL);
	BAD(e.count = ~0U, -EINVAL);
	BAD(e.flags = 2, -EINVAL);
	BAD(e.flags = ~0U, -EINVAL);
	BAD(e.cursor = 1ULL << 32, -EINVAL);
	BAD(e.cursor = ~0ULL, -EINVAL);
	BAD(e.what = MHEAP_ENUMERATE_GARBAGE, -EINVAL);
	BAD(e.what = MHEAP_ENUMERATE_GARBAGE; e.generations = 0; e.object = object, -EINVAL);
	BAD(e.what = MHEAP_ENUMERATE_REFERRERS; e.object = object, -EINVAL);
	BAD(e.what = MHEAP_ENUMERATE_REFERRERS; e.generations = 0, -EBADF);
	BAD(e.handles = 0, -EFAULT);
	BAD(e.handles = 1ULL << 63, -EFAULT);
#undef BAD
	tap_case("%s", "");
	heap_check_same(heap, &before);
}

TEST(referrers_want_a_strong_handle)
{
	const int heap = heap_open(), foreign = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 1, 0));
	const __u64 closed = heap_get(heap, op_dup(object));
	struct mheap_enumerate e = {
		.what = MHEAP_ENUMERATE_REFERRERS, .handles = (uintptr_t)found, .count = 1,
	};

	heap_do(heap, op_drop(closed));
	e.object = closed;
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENUMERATE, &e), -ESTALE);
	e.object = heap_get(heap, op_weak(object));
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENUMERATE, &e), -EINVAL);
	e.object = heap_get(foreign, op_new(0, 1, 0));
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENUMERATE, &e), -EBADF);
	e.object = MHEAP_RESULT(0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENUMERATE, &e), -EBADF);
}

TEST(a_fault_closes_the_handles_again)
{
	const int heap = heap_open();
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mheap_enumerate *e = (struct mheap_enumerate *)pages;
	struct mheap_stats before;
	int i;

	for (i = 0; i < 200; i++)
		heap_get(heap, op_new(0, 1, 0));
	before = heap_stats(heap);
	CHECK(!mprotect(pages + 4096, 4096, PROT_NONE));
	/* Some of the array can be written. */
	*e = (struct mheap_enumerate){
		.what = MHEAP_ENUMERATE_OBJECTS, .generations = 1,
		.handles = (uintptr_t)pages + 4096 - 80, .count = 200,
	};
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENUMERATE, e), -EFAULT);
	heap_check_same(heap, &before);
	/* The array can be written, the record only be read. */
	e->handles = (uintptr_t)found;
	CHECK(!mprotect(pages, 4096, PROT_READ));
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENUMERATE, e), -EFAULT);
	heap_check_same(heap, &before);
	CHECK_EQ(e->cursor, 0);
}

TEST(a_descriptor_that_enumerated_is_not_fresh)
{
	const int heap = heap_open(), other = heap_open();
	__u64 cursor = 0;

	CHECK_EQ(enumerate(other, MHEAP_ENUMERATE_OBJECTS, 1, 0, 1, 0, &cursor), 0);
	CHECK_EQ(heap_join(other, heap), -EBUSY);
}

TEST(arguments_that_are_not_there_are_faults)
{
	static const unsigned long requests[] = {
		MHEAP_IOC_GET_DEBUG, MHEAP_IOC_SET_DEBUG, MHEAP_IOC_ENUMERATE,
	};
	const int heap = heap_open();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		CHECK_EQ(heap_ioctl(heap, requests[i], NULL), -EFAULT);
		CHECK_EQ(heap_ioctl(heap, requests[i], (void *)-4096L), -EFAULT);
	}
}

static void check_file(int heap, const char *file, long long expected)
{
	long long number = -1;

	tap_case("%s", file);
	CHECK_EQ(heap_numbers(heap, file, &number, 1), 1);
	CHECK_EQ(number, expected);
}

TEST(files_freeze_and_unfreeze)
{
	static const char * const bad[] = { "", "2", "-1", "yes", "1 0", " 1" };
	const int heap = heap_open();
	unsigned int i;

	heap_get(heap, op_new(0, 1, 0));
	CHECK_EQ(heap_write(heap, "freeze", "1\n"), 2);
	check_file(heap, "stats/frozen", 1);
	for (i = 1; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(heap_write(heap, "freeze", bad[i]), -EINVAL);
	check_file(heap, "stats/frozen", 1);
	CHECK_EQ(heap_write(heap, "freeze", "0"), 1);
	check_file(heap, "stats/frozen", 0);
}

TEST(file_debug_takes_numbers_and_names)
{
	static const struct {
		const char *text;
		__u32 flags;
	} good[] = {
		{ "39", 39 }, { "0\n", 0 }, { "stats", 1 }, { "leak\n", 38 }, { "saveall", 32 },
		{ "stats uncollectable\n", 5 }, { "collectable", 2 }, { "stats leak", 39 },
	};
	static const char * const bad[] = {
		"8", "40", "64", "-1", "stat", "statss", "stats,leak", "stats  leak", " stats",
		"stats ", "\n", "leak\n\n", "1 2", "0x1",
	};
	const int heap = heap_open();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_EQ(heap_write(heap, "debug", good[i].text), strlen(good[i].text));
		CHECK_EQ(get_debug(heap), good[i].flags);
		check_file(heap, "debug", good[i].flags);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		tap_case("'%s'", bad[i]);
		CHECK_EQ(heap_write(heap, "debug", bad[i]), -EINVAL);
	}
	CHECK_EQ(get_debug(heap), 39);
}

TEST(file_garbage_counts_and_clears)
{
	const int heap = heap_open();

	heap_disable(heap);
	check_file(heap, "garbage", 0);
	CHECK_EQ(heap_write(heap, "debug", "saveall"), 7);
	lose_ring(heap);
	heap_collect(heap, 2);
	check_file(heap, "garbage", 2);
	check_file(heap, "stats/garbage_pardoned", 0);
	CHECK_EQ(heap_write(heap, "garbage", "1"), -EINVAL);
	CHECK_EQ(heap_write(heap, "garbage", "all"), -EINVAL);
	check_file(heap, "garbage", 2);
	CHECK_EQ(heap_write(heap, "garbage", "0\n"), 2);
	check_file(heap, "garbage", 0);
}

static _Atomic int stop;

static void *make_garbage(void *data)
{
	const int heap = heap_open_joined(*(int *)data);

	while (!stop)
		lose_ring(heap);
	heap_close(heap);
	return NULL;
}

static void *keep_collecting(void *data)
{
	const int heap = *(int *)data;
	__u32 generation = 0;

	while (!stop)
		heap_collect(heap, generation++ % 3);
	return NULL;
}

static void look_at_ring(int heap, __u64 object)
{
	const __s64 other = heap_run(heap, op_load(object, 0));

	/* One that is just being made has an empty slot. */
	if (other) {
		CHECK(other > 0);
		CHECK_EQ(heap_info(heap, other).slots, 2);
		heap_do(heap, op_drop(other));
	}
	heap_do(heap, op_drop(object));
}

/* Beside somebody who makes garbage and somebody who collects it. */
TEST(what_is_found_while_collections_run_is_whole)
{
	const unsigned long rounds = 4 * tap_number("MHEAP_TEST_ROUNDS", 50);
	int heap = heap_open();
	pthread_t maker, collector;
	unsigned long round;
	__u64 cursor = 0;
	__u32 some, i;

	CHECK(!pthread_create(&maker, NULL, make_garbage, &heap));
	CHECK(!pthread_create(&collector, NULL, keep_collecting, &heap));
	for (round = 0; round < rounds; round++) {
		some = enumerate(heap, MHEAP_ENUMERATE_OBJECTS, 15, 0, 64, 0, &cursor);
		for (i = 0; i < some; i++)
			look_at_ring(heap, found[i]);
		if (round % 16 == 3)
			request(heap, MHEAP_IOC_FREEZE);
		if (round % 16 == 5)
			request(heap, MHEAP_IOC_UNFREEZE);
		if (round % 16 == 7)
			set_debug(heap, MHEAP_DEBUG_SAVEALL);
		if (round % 16 == 9) {
			set_debug(heap, 0);
			request(heap, MHEAP_IOC_CLEAR_GARBAGE);
		}
	}
	stop = 1;
	CHECK(!pthread_join(maker, NULL));
	CHECK(!pthread_join(collector, NULL));
	set_debug(heap, 0);
	request(heap, MHEAP_IOC_UNFREEZE);
	request(heap, MHEAP_IOC_CLEAR_GARBAGE);
	heap_collect(heap, 2);
	CHECK_EQ(heap_objects(heap), 0);
}
