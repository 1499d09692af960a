// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Tests of libmheap that need /dev/mheap. KTAP on stdout; device.sh runs it. */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "library.h"

static int tests, failures;
static bool good;

void compare(const char *file, int line, const char *what, long long found,
	     long long expected)
{
	const char *name = strrchr(file, '/');

	if (found == expected)
		return;
	printf("# %s:%d: %s is %lld, not %lld\n", name ? name + 1 : file, line, what, found,
	       expected);
	good = false;
}

struct mh_session *open_heap(void)
{
	struct mh_session *heap = NULL;

	IS(mh_open(&heap), 0);
	if (heap)
		return heap;
	printf("Bail out! cannot open %s\n", MH_DEVICE);
	exit(1);
}

mh_handle make(struct mh_session *heap, uint32_t slots, size_t length)
{
	mh_handle object = 0;

	IS(mh_new(heap, 7, slots, length, &object), 0);
	return object;
}

long long objects(struct mh_session *heap)
{
	struct mheap_stats stats;

	IS(mh_settle(heap), 0);
	IS(mh_stats(heap, &stats), 0);
	return stats.objects;
}

mh_handle make_ring(struct mh_session *heap)
{
	mh_handle a = make(heap, 2, 0), b = make(heap, 2, 0);

	IS(mh_store(heap, a, 0, b), 0);
	IS(mh_store(heap, b, 0, a), 0);
	IS(mh_drop(heap, b), 0);
	return a;
}

static void test_sessions(void)
{
	struct mh_session *heap = open_heap(), *other = NULL;
	int pair[2], fd;

	IS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	IS(mh_open_fd(pair[0], &other) < 0, 1);
	IS(close(pair[0]) || close(pair[1]), 0);
	IS(mh_open_fd(-1, &other), -EBADF);
	IS(!other, 1);
	fd = dup(mh_fd(heap));
	IS(mh_open_fd(fd, &other), 0);
	IS(mh_fd(other), fd);
	/* The same session: its handles are valid here. */
	IS(mh_drop(other, make(heap, 0, 0)), 0);
	mh_close(other);
	IS(mh_drop(heap, make(heap, 0, 0)), 0);
	mh_close(heap);
	mh_close(NULL);
}

static void test_handles(void)
{
	struct mh_session *heap = open_heap();
	mh_handle object = make(heap, 1, 8), copy = 0, weak = 0, strong = 99;

	IS(mh_dup(heap, object, &copy), 0);
	IS(copy == object, 0);
	IS(mh_same(heap, object, copy), 1);
	IS(mh_same(heap, object, make(heap, 0, 0)), 0);
	IS(mh_weak(heap, object, &weak), 0);
	IS(mh_same(heap, object, weak), 1);
	IS(mh_upgrade(heap, object, &strong), -EINVAL);
	IS(strong, 99);
	IS(mh_upgrade(heap, weak, &strong), 0);
	IS(mh_drop(heap, strong), 0);
	IS(mh_drop(heap, copy), 0);
	IS(mh_drop(heap, copy), -ESTALE);
	IS(mh_drop(heap, object), 0);
	IS(mh_upgrade(heap, weak, &strong), -ENOENT);
	IS(mh_drop(heap, 0), -EBADF);
	IS(mh_drop(heap, MHEAP_RESULT(0)), -EBADF);
	IS(mh_drop(heap, weak), 0);
	mh_close(heap);
}

static void test_slots(void)
{
	struct mh_session *heap = open_heap();
	mh_handle a = make(heap, 2, 0), b = make(heap, 0, 8), c = make(heap, 0, 8);
	mh_handle found = 99;

	IS(mh_load(heap, a, 1, &found), 0);
	IS(found, 0);
	IS(mh_load(heap, a, 2, &found), -EINVAL);
	IS(mh_store(heap, a, 1, b), 0);
	IS(mh_load(heap, a, 1, &found), 0);
	IS(mh_same(heap, b, found), 1);
	IS(mh_swap(heap, a, 1, c, &found), 0);
	IS(mh_same(heap, b, found), 1);
	IS(mh_compare_store(heap, a, 1, b, 0), 0);
	IS(mh_compare_store(heap, a, 1, c, 0), 1);
	IS(mh_compare_store(heap, a, 1, 0, b), 1);
	IS(mh_swap(heap, a, 0, 0, &found), 0);
	IS(found, 0);
	mh_close(heap);
}

static void test_payload(void)
{
	enum { SIZE = 3 * MHEAP_IO_MAX + 100 };
	struct mh_session *heap = open_heap();
	mh_handle object = make(heap, 0, SIZE);
	unsigned char *out = malloc(SIZE), *in = calloc(1, SIZE + 1);

	for (int i = 0; i < SIZE; i++)
		out[i] = i * 7 + i / 251;
	IS(mh_write(heap, object, 1, out, SIZE), -EINVAL);
	IS(mh_read(heap, object, 0, in, SIZE), SIZE);
	for (int i = 0; i < SIZE; i++)
		if (in[i])
			IS(in[i], 0);
	IS(mh_write(heap, object, 0, out, SIZE), 0);
	IS(mh_read(heap, object, 0, in, SIZE + 1), SIZE);
	IS(memcmp(in, out, SIZE), 0);
	IS(mh_read(heap, object, SIZE - 2 * MHEAP_IO_MAX, in, 2 * MHEAP_IO_MAX), 2 * MHEAP_IO_MAX);
	IS(memcmp(in, out + SIZE - 2 * MHEAP_IO_MAX, 2 * MHEAP_IO_MAX), 0);
	IS(mh_read(heap, object, SIZE - 3, in, 10), 3);
	IS(mh_read(heap, object, SIZE, in, 10), 0);
	IS(mh_read(heap, object, UINT64_MAX, in, 10), 0);
	IS(mh_read(heap, object, 0, in, 0), 0);
	IS(mh_write(heap, object, SIZE, out, 0), 0);
	IS(mh_write(heap, object, UINT64_MAX, out, 2), -EINVAL);
	IS(mh_read(heap, object, 0, NULL, SIZE), -EFAULT);
	IS(mh_write(heap, object, 0, NULL, SIZE), -EFAULT);
	IS(mh_resize(heap, object, 1, 10), 0);
	IS(mh_read(heap, object, 0, in, SIZE), 10);
	IS(memcmp(in, out, 10), 0);
	free(out);
	free(in);
	mh_close(heap);
}

static void test_info(void)
{
	struct mh_session *heap = open_heap();
	mh_handle a = make(heap, 3, 10), b = make(heap, 0, 0);
	struct mheap_object_info info;
	uint64_t id;

	IS(mh_store(heap, a, 0, a), 0);
	IS(mh_info(heap, a, &info), 0);
	IS(info.type, 7);
	IS(info.slots, 3);
	IS(info.length, 10);
	IS(info.references, 2);
	IS(info.outside, 1);
	IS(info.flags, MHEAP_OBJECT_TRACKED);
	id = info.id;
	IS(mh_info(heap, b, &info), 0);
	IS(info.id == id, 0);
	IS(info.flags, 0);
	IS(mh_new(heap, 0, MHEAP_SLOTS_MAX + 1, 0, &b), -E2BIG);
	IS(mh_new(heap, 0, 0, (size_t)MHEAP_LENGTH_MAX + 1, &b), -E2BIG);
	mh_close(heap);
}

static void test_directory(void)
{
	struct mh_session *heap = open_heap();
	struct mheap_stats stats;
	uint64_t values[MHEAP_GENERATIONS];
	char **names = NULL, text[64];
	int count, found = 0;

	IS(mh_stats(heap, &stats), 0);
	count = mh_heap_names(&names);
	IS(count >= 1, 1);
	for (int i = 0; i < count; i++)
		found += !strcmp(names[i], stats.name);
	IS(found, 1);
	IS(!names[count], 1);
	mh_heap_names_free(names);
	IS(mh_heap_numbers(stats.name, "threshold", values, 3), 0);
	IS(values[0], 700);
	IS(mh_heap_numbers(stats.name, "threshold", values, 2), -EPROTO);
	IS(mh_heap_write(stats.name, "threshold", "5 6 7"), 0);
	IS(mh_heap_write(stats.name, "threshold", "5 6"), -EINVAL);
	IS(mh_heap_read(stats.name, "threshold", text, sizeof(text)), 5);
	IS(strcmp(text, "5 6 7"), 0);
	IS(mh_heap_read(stats.name, "threshold", text, 5), -E2BIG);
	IS(mh_heap_read(stats.name, "nothing", text, sizeof(text)), -ENOENT);
	IS(mh_heap_read("..", "threshold", text, sizeof(text)), -EINVAL);
	IS(mh_heap_read(stats.name, "../defaults/threshold", text, sizeof(text)), -EINVAL);
	mh_close(heap);
	IS(mh_heap_read(stats.name, "threshold", text, sizeof(text)), -ENOENT);
}

/* Threads that share a session, each with a builder and rings of its own. */
static void *make_rings(void *argument)
{
	struct mh_session *heap = argument;
	struct mh_batch *batch = mh_batch_new();
	long bad = 0;

	for (int round = 0; round < 200; round++) {
		int a = mh_batch_add_new(batch, 0, 1, 0, MHEAP_OP_TEMP);
		int b = mh_batch_add_new(batch, 0, 1, 0, MHEAP_OP_TEMP);

		mh_batch_add_store(batch, mh_result(a), 0, mh_result(b));
		mh_batch_add_store(batch, mh_result(b), 0, mh_result(a));
		bad += mh_batch_submit(heap, batch, 0) != 0;
		mh_batch_reset(batch);
	}
	mh_batch_free(batch);
	return (void *)bad;
}

static void test_threads(void)
{
	struct mh_session *heap = open_heap();
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		IS(pthread_create(&threads[i], NULL, make_rings, heap), 0);
	for (int i = 0; i < 4; i++) {
		void *bad = NULL;

		IS(pthread_join(threads[i], &bad), 0);
		IS((long)bad, 0);
	}
	IS(mh_collect(heap, 2, NULL), 0);
	IS(objects(heap), 0);
	mh_close(heap);
}

static void test_sharing(void)
{
	struct mh_session *heap = open_heap(), *other = NULL;
	char name[MHEAP_ROOT_NAME_MAX + 2];
	mh_handle object = make(heap, 1, 0), found = 77;
	struct mheap_stats stats;
	char **names = NULL;

	IS(mh_root_names(heap, &names), 0);
	IS(names && !names[0], 1);
	mh_root_names_free(names);
	mh_root_names_free(NULL);
	IS(mh_join(-1, &other), -EBADF);
	IS(mh_join(0, &other), -EINVAL);
	IS(!other, 1);
	IS(mh_join(mh_fd(heap), &other), 0);
	IS(mh_stats(heap, &stats), 0);
	IS(stats.sessions, 2);
	IS(mh_lookup(other, "name", &found), -ENOENT);
	IS(mh_unpublish(other, "name"), -ENOENT);
	IS(found, 77);
	IS(mh_publish(heap, "name", object, 0), 0);
	IS(mh_publish(heap, "name", object, 0), -EEXIST);
	IS(mh_publish(heap, "name", object, MHEAP_OP_REPLACE), 0);
	IS(mh_publish(heap, "name", object, MHEAP_OP_TEMP), -EINVAL);
	IS(mh_publish(other, "name", object, MHEAP_OP_REPLACE), -EBADF);
	IS(mh_publish(heap, "", object, 0), -EINVAL);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	IS(mh_publish(heap, name, object, 0), -ENAMETOOLONG);
	IS(mh_lookup(heap, name + 1, &found), -ENOENT);
	IS(mh_publish(heap, name + 1, object, 0), 0);
	IS(mh_root_names(other, &names), 2);
	IS(names && !strcmp(names[!strcmp(names[0], "name")], name + 1), 1);
	IS(names && !names[2], 1);
	mh_root_names_free(names);
	IS(mh_unpublish(heap, name + 1), 0);
	mh_close(heap);
	IS(mh_lookup(other, "name", &found), 0);
	IS(mh_store(other, found, 0, found), 0);
	IS(mh_unpublish(other, "name"), 0);
	IS(objects(other), 1);
	mh_close(other);
}

static void test_memory(void)
{
	struct mh_session *heap = open_heap();
	mh_handle block = 0, other = 0, object = make(heap, 2, 8), weak = 0;
	struct mheap_object_info info;
	char data[8];

	IS(mh_mem_alloc(heap, 0, &block), 0);
	IS(mh_mem_alloc(heap, 0, &other), 0);
	IS(mh_same(heap, block, other), 0);
	IS(mh_mem_free(heap, other), 0);
	IS(mh_mem_free(heap, other), -ESTALE);
	IS(mh_mem_free(heap, 0), 0);
	IS(mh_mem_realloc(heap, &block, 6), 0);
	IS(mh_write(heap, block, 0, "memory", 6), 0);
	other = block;
	IS(mh_mem_realloc(heap, &block, 8), 0);
	IS(block, other);
	IS(mh_read(heap, block, 0, data, 8), 8);
	IS(memcmp(data, "memory\0\0", 8), 0);
	IS(mh_mem_realloc(heap, &block, 0), 0);
	IS(mh_read(heap, block, 0, data, 8), 0);
	IS(mh_info(heap, block, &info), 0);
	IS(info.flags & MHEAP_OBJECT_TRACKED, 0);
	IS(info.type, MH_MEM_TYPE);

	other = 0;
	IS(mh_mem_realloc(heap, &other, 5), 0);
	IS(mh_info(heap, other, &info), 0);
	IS(info.length, 5);
	IS(mh_mem_free(heap, other), 0);
	IS(mh_mem_calloc(heap, 3, 4, &other), 0);
	IS(mh_info(heap, other, &info), 0);
	IS(info.length, 12);
	IS(mh_read(heap, other, 4, data, 8), 8);
	IS(memcmp(data, "\0\0\0\0\0\0\0\0", 8), 0);
	IS(mh_mem_free(heap, other), 0);

	other = 77;
	IS(mh_mem_calloc(heap, SIZE_MAX / 2, 3, &other), -EOVERFLOW);
	IS(mh_mem_calloc(heap, MHEAP_LENGTH_MAX, 2, &other), -E2BIG);
	IS(mh_mem_alloc(heap, MHEAP_LENGTH_MAX + 1UL, &other), -E2BIG);
	IS(mh_mem_realloc(heap, &block, MHEAP_LENGTH_MAX + 1UL), -E2BIG);
	IS(other, 77);
	IS(mh_mem_realloc(heap, &other, 1), -EBADF);
	IS(mh_mem_free(heap, other), -EBADF);
	/* Not of this domain. */
	IS(mh_mem_realloc(heap, &object, 1), -EINVAL);
	IS(mh_mem_free(heap, object), -EINVAL);
	IS(mh_weak(heap, block, &weak), 0);
	IS(mh_mem_realloc(heap, &weak, 1), -EINVAL);
	IS(mh_mem_free(heap, weak), -EINVAL);

	IS(mh_store(heap, object, 1, block), 0);
	IS(mh_mem_free(heap, block), 0);
	IS(objects(heap), 2);
	IS(mh_drop(heap, object), 0);
	IS(objects(heap), 0);
	mh_close(heap);
}

static void test_allocators(void)
{
	static const char *const names[] = { "slab", "page", "debug" };
	struct mh_session *heap = NULL;
	struct mheap_stats stats;
	char text[64];

	for (int i = 0; i < 3; i++) {
		IS(mh_open_with(names[i], &heap), 0);
		IS(mh_drop(heap, make(heap, 3, 3000)), 0);
		IS(mh_stats(heap, &stats), 0);
		IS(mh_heap_read(stats.name, "allocator", text, sizeof(text)), (int)strlen(names[i]));
		IS(strcmp(text, names[i]), 0);
		mh_close(heap);
	}
	heap = NULL;
	IS(mh_open_with("nobody", &heap), -ENOENT);
	IS(mh_open_with("", &heap), -ENOENT);
	IS(mh_open_with("a name that is longer than any that there can be", &heap), -ENAMETOOLONG);
	IS(heap == NULL, 1);
}

static void run(const char *name, void (*test)(void))
{
	good = true;
	test();
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++tests, name);
	failures += !good;
	fflush(stdout);
}

int main(void)
{
	puts("KTAP version 1");
	run("sessions", test_sessions);
	run("handles", test_handles);
	run("slots", test_slots);
	run("payload", test_payload);
	run("info", test_info);
	run("batch", test_batch);
	run("batches that fail", test_batch_failures);
	run("batches without a builder", test_submit);
	run("slots in batches", test_slots_in_batches);
	run("handles in batches", test_handles_in_batches);
	run("events in batches", test_events_in_batches);
	run("ephemerons in batches", test_ephemerons_in_batches);
	run("collector", test_collector);
	run("limits", test_limits);
	run("events", test_events);
	run("watching", test_watching);
	run("ephemerons", test_ephemerons);
	run("permanent generation", test_permanent);
	run("garbage list", test_garbage);
	run("finding objects", test_finding);
	run("enumerating", test_enumerating);
	run("sites", test_sites);
	run("sites in batches", test_sites_in_batches);
	run("one snapshot at a time", test_one_snapshot_at_a_time);
	run("directory", test_directory);
	run("threads", test_threads);
	run("sharing", test_sharing);
	run("names in batches", test_names_in_batches);
	run("memory", test_memory);
	run("allocators", test_allocators);
	printf("1..%d\n", tests);
	return failures != 0;
}
