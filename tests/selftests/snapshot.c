// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots and the profile, as <linux/mheap.h> has them.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

/**
 * struct shot - a snapshot, read to its end
 * @data: its records
 * @size: bytes of them
 */
struct shot {
	char *data;
	size_t size;
};

static long ask(int heap, __u32 flags, __u32 reserved)
{
	const struct mheap_snapshot request = { flags, reserved };

	return heap_ioctl(heap, MHEAP_IOC_SNAPSHOT, &request);
}

static int begin_snapshot(int heap)
{
	long fd = ask(heap, 0, 0);

	CHECK(fd >= 0);
	return fd;
}

static struct shot read_all(int fd, size_t piece)
{
	struct shot shot = { 0 };
	ssize_t got;

	do {
		shot.data = realloc(shot.data, shot.size + piece);
		CHECK(shot.data);
		got = read(fd, shot.data + shot.size, piece);
		CHECK(got >= 0);
		shot.size += got;
	} while (got);
	return shot;
}

static struct shot take(int heap)
{
	int fd = begin_snapshot(heap);
	struct shot shot = read_all(fd, 1 << 16);

	close(fd);
	return shot;
}

/* The record behind one, or the first; NULL behind the last. Sizes are checked. */
static const struct mheap_record *next(const struct shot *shot, const struct mheap_record *record)
{
	const char *at = record ? (const char *)record + record->size : shot->data;
	size_t left = shot->data + shot->size - at;

	if (!left)
		return NULL;
	record = (const void *)at;
	CHECK(left >= sizeof(*record));
	CHECK(record->size >= sizeof(*record) && record->size % 8 == 0 && record->size <= left);
	return record;
}

/* The @nth record of a kind, from 0, or NULL. */
static const void *find(const struct shot *shot, __u32 kind, unsigned int nth)
{
	const struct mheap_record *record = NULL;

	while ((record = next(shot, record)))
		if (record->kind == kind && !nth--)
			return record;
	return NULL;
}

static unsigned int count(const struct shot *shot, __u32 kind)
{
	unsigned int found = 0;

	while (find(shot, kind, found))
		found++;
	return found;
}

static const struct mheap_snapshot_object *object(const struct shot *shot, __u64 id)
{
	const struct mheap_record *record = NULL;

	while ((record = next(shot, record)))
		if (record->kind == MHEAP_SNAPSHOT_OBJECT &&
		    ((const struct mheap_snapshot_object *)record)->id == id)
			return (const void *)record;
	return NULL;
}

static const __u32 *targets(const struct mheap_snapshot_edges *edges)
{
	return (const __u32 *)(edges + 1);
}

/* What a slot refers to: the number of an object, or 0. */
static __u32 slot(const struct shot *shot, __u64 id, __u32 slot)
{
	const struct mheap_record *record = NULL;
	const struct mheap_snapshot_edges *edges;

	while ((record = next(shot, record))) {
		edges = (const void *)record;
		if (record->kind == MHEAP_SNAPSHOT_EDGES && edges->object == (__u32)id &&
		    slot >= edges->first && slot - edges->first < edges->count)
			return targets(edges)[slot - edges->first];
	}
	CHECK(!"the slot is told");
	return 0;
}

static void set_profile(int heap, __u32 mode, __u32 sample)
{
	const struct mheap_profile profile = { mode, sample };

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_PROFILE, &profile), 0);
}

static __u64 id_of(int heap, __u64 handle)
{
	return heap_info(heap, handle).id;
}

TEST(tells_objects_slots_handles_and_names)
{
	const struct mheap_snapshot_session *session;
	const struct mheap_snapshot_handle *handle;
	const struct mheap_snapshot_object *o;
	const struct mheap_snapshot_head *head;
	const struct mheap_snapshot_root *root;
	const struct mheap_snapshot_end *end;
	struct mheap_object_info info;
	struct mheap_stats stats;
	int heap = heap_open();
	__u64 a, b, weak;
	struct shot shot;

	heap_disable(heap);
	a = heap_get(heap, op_new(1000, 3, 10));
	b = heap_get(heap, op_new(7, 100, 0));
	heap_get(heap, op_new(0, 0, 0));
	weak = heap_get(heap, op_weak(b));
	heap_do(heap, op_store(a, 1, b));
	heap_do(heap, op_store(b, 99, a));
	heap_do(heap, op_publish(b, "the name"));
	info = heap_info(heap, a);
	stats = heap_stats(heap);
	shot = take(heap);

	head = (const void *)next(&shot, NULL);
	CHECK_EQ(head->record.kind, MHEAP_SNAPSHOT_HEAD);
	CHECK_EQ(head->magic, MHEAP_SNAPSHOT_MAGIC);
	CHECK_EQ(head->version, MHEAP_SNAPSHOT_VERSION);
	CHECK(!strcmp(head->name, stats.name));
	CHECK_EQ(count(&shot, MHEAP_SNAPSHOT_OBJECT), 3);
	o = object(&shot, info.id);
	CHECK(o);
	CHECK_EQ(o->type, 1000);
	CHECK_EQ(o->slots, 3);
	CHECK_EQ(o->length, 10);
	CHECK_EQ(o->charged, info.charged);
	CHECK_EQ(o->outside, info.outside);
	CHECK_EQ(o->generation, 0);
	CHECK_EQ(o->flags, MHEAP_OBJECT_TRACKED);
	CHECK_EQ(o->site, 0);
	CHECK_EQ(slot(&shot, info.id, 0), 0);
	CHECK_EQ(slot(&shot, info.id, 1), (__u32)id_of(heap, b));
	CHECK_EQ(slot(&shot, id_of(heap, b), 99), (__u32)info.id);

	CHECK_EQ(count(&shot, MHEAP_SNAPSHOT_SESSION), 1);
	session = find(&shot, MHEAP_SNAPSHOT_SESSION, 0);
	CHECK_EQ(session->process, getpid());
	CHECK(!strcmp(session->name, "snapshot"));
	CHECK_EQ(count(&shot, MHEAP_SNAPSHOT_HANDLE), 4);
	handle = find(&shot, MHEAP_SNAPSHOT_HANDLE, 0);
	CHECK_EQ(handle->handle, a);
	CHECK_EQ(handle->id, info.id);
	CHECK_EQ(handle->session, session->serial);
	CHECK_EQ(handle->flags, 0);
	handle = find(&shot, MHEAP_SNAPSHOT_HANDLE, 3);
	CHECK_EQ(handle->handle, weak);
	CHECK_EQ(handle->flags, MHEAP_SNAPSHOT_WEAK);
	root = find(&shot, MHEAP_SNAPSHOT_ROOT, 0);
	CHECK(!strcmp((const char *)(root + 1), "the name"));
	CHECK_EQ(root->length, 8);
	CHECK_EQ(root->id, id_of(heap, b));
	end = find(&shot, MHEAP_SNAPSHOT_END, 0);
	CHECK_EQ(end->objects, 3);
	CHECK_EQ(end->slots, 103);
	CHECK(!next(&shot, &end->record));
}

TEST(ephemeron_shows_its_value_and_not_its_key)
{
	int heap = heap_open();
	__u64 ephemeron, key, value;
	const struct mheap_snapshot_object *o;
	struct shot shot;
	int fd;

	heap_disable(heap);
	key = heap_get(heap, op_new(0, 0, 0));
	value = heap_get(heap, op_new(0, 0, 0));
	ephemeron = heap_get(heap, op_new_ephemeron(0));
	heap_do(heap, op_store(ephemeron, 0, key));
	heap_do(heap, op_store(ephemeron, 1, value));

	fd = begin_snapshot(heap);
	heap_do(heap, op_drop(key));	/* takes the value from it, by and by */
	CHECK_EQ(heap_objects(heap), 2);
	shot = read_all(fd, 1 << 16);
	o = object(&shot, id_of(heap, ephemeron));
	CHECK(o);
	CHECK_EQ(o->flags, MHEAP_OBJECT_TRACKED | MHEAP_OBJECT_EPHEMERON);
	CHECK_EQ(slot(&shot, o->id, 0), 0);
	CHECK_EQ(slot(&shot, o->id, 1), (__u32)id_of(heap, value));
	close(fd);
	shot = take(heap);
	CHECK_EQ(slot(&shot, o->id, 1), 0);
}

TEST(pieces_of_any_size_make_the_same)
{
	int heap = heap_open();
	struct shot whole, shot;
	int fd, i;

	for (i = 0; i < 200; i++)
		heap_get(heap, op_new(i, i % 70, 3));
	whole = take(heap);
	fd = begin_snapshot(heap);
	shot = read_all(fd, 7);
	/* Behind the head, which has the time. */
	CHECK_EQ(shot.size, whole.size);
	CHECK(!memcmp(shot.data + 56, whole.data + 56, shot.size - 56));
	CHECK_EQ(read(fd, shot.data, 7), 0);
}

TEST(shows_the_instant_and_not_what_comes_behind)
{
	int heap = heap_open();
	__u64 a, b, old, id;
	struct shot shot;
	int fd, i;

	heap_disable(heap);
	a = heap_get(heap, op_new(1, 2000, 0));
	b = heap_get(heap, op_new(2, 1, 0));
	old = heap_get(heap, op_new(3, 0, 8));
	heap_do(heap, op_store(a, 1999, old));
	heap_do(heap, op_store(b, 0, b));
	heap_do(heap, op_store(a, 5, b));
	id = id_of(heap, old);

	fd = begin_snapshot(heap);
	heap_do(heap, op_store(a, 1999, 0));
	heap_do(heap, op_store(a, 5, 0));
	heap_do(heap, op_drop(old));
	heap_do(heap, op_drop(b));
	heap_collect(heap, 2);
	heap_do(heap, op_resize(a, 10, 100));
	for (i = 0; i < 100; i++)
		heap_get(heap, op_new(9, 1, 0));
	shot = read_all(fd, 1 << 16);
	CHECK_EQ(count(&shot, MHEAP_SNAPSHOT_OBJECT), 3);
	CHECK(object(&shot, id));
	CHECK_EQ(object(&shot, id_of(heap, a))->slots, 2000);
	CHECK_EQ(slot(&shot, id_of(heap, a), 1999), (__u32)id);
	CHECK(slot(&shot, id_of(heap, a), 5));
}

/* Tokens are exchanged between cells: at any instant each is in one place. */
#define CELLS		2000
#define TRADERS		3

static struct trade {
	int heap;
	__u64 cell[TRADERS][CELLS];
	int stop;
} trade;

static void *exchange(void *argument)
{
	unsigned int seed = (uintptr_t)argument;
	int heap = heap_open_joined(trade.heap);
	__u64 *cell = trade.cell[seed];
	char name[20];
	__u64 hand, other;
	int i;

	for (i = 0; i < CELLS; i++) {
		sprintf(name, "cell%d", i);
		cell[i] = heap_get(heap, op_lookup(name));
	}
	hand = heap_get(heap, op_new(77, 0, 0));
	while (!__atomic_load_n(&trade.stop, __ATOMIC_RELAXED)) {
		other = heap_get(heap, op_swap(cell[rand_r(&seed) % CELLS], 0, hand));
		heap_do(heap, op_drop(hand));
		hand = other;
	}
	return NULL;
}

static void check_tokens(const struct shot *shot)
{
	const struct mheap_record *record = NULL;
	const struct mheap_snapshot_object *o;
	const struct mheap_snapshot_edges *edges;
	static unsigned char is_token[1 << 20], seen[1 << 20];
	unsigned int on = 0;

	memset(is_token, 0, sizeof(is_token));
	memset(seen, 0, sizeof(seen));
	while ((record = next(shot, record))) {
		o = (const void *)record;
		edges = (const void *)record;
		if (record->kind == MHEAP_SNAPSHOT_OBJECT) {
			CHECK((__u32)o->id < sizeof(is_token));
			is_token[(__u32)o->id] = o->type == 77;
		} else if (record->kind == MHEAP_SNAPSHOT_EDGES) {
			CHECK(targets(edges)[0]);
			CHECK(!seen[targets(edges)[0]]++);
			on++;
		}
	}
	CHECK_EQ(on, CELLS);
	for (on = 0; on < sizeof(seen); on++)
		CHECK(!seen[on] || is_token[on]);
}

TEST(consistent_beside_threads)
{
	unsigned long rounds = tap_number("MHEAP_TEST_ROUNDS", 20);
	pthread_t thread[TRADERS];
	struct shot shot;
	char name[20];
	__u64 cell;
	uintptr_t t;
	int i;

	trade.heap = heap_open();
	for (i = 0; i < CELLS; i++) {
		cell = heap_get(trade.heap, op_new(1, 1, 0));
		sprintf(name, "cell%d", i);
		heap_do(trade.heap, op_publish(cell, name));
		heap_do(trade.heap, op_store(cell, 0, heap_get(trade.heap, op_new(77, 0, 0))));
	}
	for (t = 0; t < TRADERS; t++)
		CHECK(!pthread_create(&thread[t], NULL, exchange, (void *)t));
	while (rounds--) {
		shot = take(trade.heap);
		check_tokens(&shot);
		free(shot.data);
	}
	__atomic_store_n(&trade.stop, 1, __ATOMIC_RELAXED);
	for (t = 0; t < TRADERS; t++)
		pthread_join(thread[t], NULL);
}

TEST(request_errors)
{
	int heap = heap_open();

	CHECK_EQ(ask(heap, 1, 0), -EINVAL);
	CHECK_EQ(ask(heap, 0, 1), -EINVAL);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SNAPSHOT, NULL), -EFAULT);
	close(begin_snapshot(heap));
}

TEST(one_is_read_at_a_time)
{
	int heap = heap_open();
	int first, second;

	heap_get(heap, op_new(1, 1, 1));
	first = begin_snapshot(heap);
	CHECK_EQ(ask(heap, 0, 0), -EBUSY);
	free(read_all(first, 4096).data);
	second = begin_snapshot(heap);
	CHECK_EQ(ask(heap, 0, 0), -EBUSY);
	close(second);
	close(begin_snapshot(heap));
	/* Another heap has nothing to do with it. */
	second = begin_snapshot(heap);
	close(begin_snapshot(heap_open()));
}

TEST(no_descriptor_is_no_harm)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit before;
	int heap = heap_open();

	CHECK(!getrlimit(RLIMIT_NOFILE, &before));
	CHECK(!setrlimit(RLIMIT_NOFILE, &none) || !prlimit(0, RLIMIT_NOFILE, &none, NULL));
	CHECK_EQ(ask(heap, 0, 0), -EMFILE);
	prlimit(0, RLIMIT_NOFILE, &(struct rlimit){ 64, before.rlim_max }, NULL);
}

TEST(read_errors)
{
	int heap = heap_open();
	int fd = begin_snapshot(heap);
	char byte;

	CHECK(syscall(SYS_read, fd, NULL, 100) == -1 && errno == EFAULT);
	CHECK(write(fd, "", 1) == -1 && errno == EBADF);
	CHECK(lseek(fd, 0, SEEK_SET) == -1 && errno == ESPIPE);
	CHECK(ioctl(fd, MHEAP_IOC_SNAPSHOT, &byte) == -1 && errno == ENOTTY);
	/* Nothing was lost by them. */
	CHECK_EQ(read(fd, &byte, 1), 1);
	CHECK_EQ(byte, MHEAP_SNAPSHOT_HEAD);
}

TEST(outlives_the_sessions)
{
	int heap = heap_open();
	struct shot shot;
	int fd;

	heap_get(heap, op_new(1, 1, 1));
	fd = begin_snapshot(heap);
	heap_close(heap);
	shot = read_all(fd, 4096);
	/* The object was there at the instant, its session is not there any more. */
	CHECK_EQ(count(&shot, MHEAP_SNAPSHOT_OBJECT), 1);
	CHECK_EQ(count(&shot, MHEAP_SNAPSHOT_SESSION), 0);
	CHECK(find(&shot, MHEAP_SNAPSHOT_END, 0));
	close(fd);
	CHECK(heap_wait_none());
}

TEST(a_process_that_dies_leaves_none_behind)
{
	int heap = heap_open();
	int status;
	pid_t child;

	heap_get(heap, op_new(1, 1, 1));
	child = fork();
	if (!child) {
		begin_snapshot(heap);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	close(begin_snapshot(heap));
}

static const struct mheap_snapshot_site *site_of(const struct shot *shot, __u64 id)
{
	const struct mheap_snapshot_object *o = object(shot, id);
	const struct mheap_snapshot_site *site;
	unsigned int i;

	CHECK(o);
	for (i = 0; (site = find(shot, MHEAP_SNAPSHOT_SITE, i)); i++)
		if (site->site == o->site)
			return site;
	return NULL;
}

static __u64 new_at(int heap, __u64 tag)
{
	struct mheap_op op = op_new(1, 1, 0);

	op.offset = tag;
	return heap_get(heap, op);
}

TEST(tags_say_where_objects_were_made)
{
	int heap = heap_open();
	__u64 before, a, b, c, behind;
	struct shot shot;

	before = new_at(heap, 5);
	set_profile(heap, MHEAP_PROFILE_TAGS, 0);
	a = new_at(heap, 5);
	b = new_at(heap, ~0ULL);
	c = new_at(heap, 5);
	set_profile(heap, MHEAP_PROFILE_OFF, 0);
	behind = new_at(heap, 5);
	shot = take(heap);
	CHECK_EQ(object(&shot, id_of(heap, before))->site, 0);
	CHECK_EQ(object(&shot, id_of(heap, behind))->site, 0);
	CHECK_EQ(count(&shot, MHEAP_SNAPSHOT_SITE), 2);
	CHECK_EQ(site_of(&shot, id_of(heap, a))->tag, 5);
	CHECK_EQ(site_of(&shot, id_of(heap, a))->depth, 0);
	CHECK_EQ(site_of(&shot, id_of(heap, b))->tag, ~0ULL);
	CHECK(site_of(&shot, id_of(heap, c)) == site_of(&shot, id_of(heap, a)));
}

TEST(a_number_used_again_has_its_own_site)
{
	int heap = heap_open();
	__u64 handle[200];
	struct shot shot;
	int i;

	set_profile(heap, MHEAP_PROFILE_TAGS, 0);
	for (i = 0; i < 200; i++)
		handle[i] = new_at(heap, 5);
	for (i = 0; i < 200; i++)
		heap_do(heap, op_drop(handle[i]));
	heap_settle(heap);
	set_profile(heap, MHEAP_PROFILE_OFF, 0);
	for (i = 0; i < 200; i++)
		handle[i] = new_at(heap, 5);
	shot = take(heap);
	for (i = 0; i < 200; i++)
		CHECK_EQ(object(&shot, id_of(heap, handle[i]))->site, 0);
}

__attribute__((noinline, optimize("no-omit-frame-pointer")))
static __u64 make_here(int heap)
{
	__u64 object = new_at(heap, 9);

	__asm__ volatile ("" ::: "memory");
	return object;
}

TEST(every_so_many_have_a_stack)
{
	int heap = heap_open();
	unsigned int with = 0;
	struct shot shot;
	int i;

	set_profile(heap, MHEAP_PROFILE_STACKS, 10);
	for (i = 0; i < 100; i++)
		make_here(heap);
	shot = take(heap);
	for (i = 0; i < 100; i++) {
		const struct mheap_snapshot_object *o = find(&shot, MHEAP_SNAPSHOT_OBJECT, i);
		const struct mheap_snapshot_site *site = site_of(&shot, o->id);

		CHECK_EQ(site->tag, 9);
		CHECK(site->depth <= MHEAP_SITE_DEPTH);
		with += site->depth > 0;
	}
	CHECK_EQ(with, 10);
	/* All were made in the same place. */
	CHECK_EQ(count(&shot, MHEAP_SNAPSHOT_SITE), 2);
}

/* The frame pointer may be anything: nothing is followed that is not there. */
TEST(a_broken_stack_is_no_harm)
{
	int heap = heap_open();
	struct mheap_op op = op_new(1, 0, 0);
	struct mheap_submit submit = { (uintptr_t)&op, 1, 0 };
	const unsigned long wrong[] = {
		0, 1, 8, ~0UL, ~7UL, 0x7ffffffffff8, 0xffff888000000000, 0x8000000000000000,
		(unsigned long)&op, (unsigned long)&submit + 1,
	};
	unsigned int i;
	long result;

	set_profile(heap, MHEAP_PROFILE_STACKS, 1);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		__asm__ volatile ("push %%rbp\n\tmov %[wrong], %%rbp\n\tsyscall\n\tpop %%rbp"
				  : "=a" (result)
				  : "a" (16L), "D" ((long)heap),
				    "S" ((long)MHEAP_IOC_SUBMIT), "d" (&submit),
				    [wrong] "r" (wrong[i])
				  : "rcx", "r11", "memory");
		CHECK_EQ(result, 1);
		CHECK(op.result > 0);
		op.result = 0;
	}
}

TEST(profile_errors)
{
	const struct mheap_profile wrong = { 3, 5 };
	struct mheap_profile profile;
	int heap = heap_open();

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_PROFILE, &wrong), -EINVAL);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_PROFILE, NULL), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_PROFILE, NULL), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_PROFILE, &profile), 0);
	CHECK_EQ(profile.mode, 0);
	CHECK_EQ(profile.sample, 1);
	set_profile(heap, MHEAP_PROFILE_STACKS, 100);
	set_profile(heap, MHEAP_PROFILE_TAGS, 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_PROFILE, &profile), 0);
	CHECK_EQ(profile.mode, MHEAP_PROFILE_TAGS);
	CHECK_EQ(profile.sample, 100);
}

TEST(profile_in_sysfs)
{
	static const char * const wrong[] = { "3 1", "1", "1 2 3", "x 1", "-1 1", "1 4294967296" };
	int heap = heap_open();
	long long number[3];
	unsigned int i;

	CHECK_EQ(heap_write(heap, "profile", "2 50\n"), 5);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		tap_case("%s", wrong[i]);
		CHECK_EQ(heap_write(heap, "profile", wrong[i]), -EINVAL);
	}
	CHECK_EQ(heap_numbers(heap, "profile", number, 3), 2);
	CHECK_EQ(number[0], 2);
	CHECK_EQ(number[1], 50);
}

/* More sites than there can be are one. */
TEST(too_many_sites_are_other_sites)
{
	struct mheap_op ops[1024];
	int heap = heap_open();
	struct shot shot;
	__u64 tag = 0;
	int i;

	if (tap_number("MHEAP_TEST_OBJECTS", 100000) < 100000)
		tap_skip("takes long");
	set_profile(heap, MHEAP_PROFILE_TAGS, 0);
	while (tag < MHEAP_SITES_MAX) {
		for (i = 0; i < 1024; i++) {
			ops[i] = op_temp(op_new(0, 0, 0));
			ops[i].offset = tag++;
		}
		CHECK_EQ(heap_submit(heap, ops, 1024, 0), 1024);
	}
	tag = new_at(heap, tag);
	shot = take(heap);
	CHECK_EQ(object(&shot, id_of(heap, tag))->site, MHEAP_SITE_UNKNOWN);
}
