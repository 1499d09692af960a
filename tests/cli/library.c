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

#include <mheap.h>

static int tests, failures;
static bool good;

/* Notes what is not as it should be; the test goes on. */
#define IS(found, expected) compare(__LINE__, #found, found, expected)

static void compare(int line, const char *what, long long found, long long expected)
{
	if (found == expected)
		return;
	printf("# line %d: %s is %lld, not %lld\n", line, what, found, expected);
	good = false;
}

static struct mh_session *open_heap(void)
{
	struct mh_session *heap = NULL;

	IS(mh_open(&heap), 0);
	if (heap)
		return heap;
	printf("Bail out! cannot open %s\n", MH_DEVICE);
	exit(1);
}

static mh_handle make(struct mh_session *heap, uint32_t slots, size_t length)
{
	mh_handle object = 0;

	IS(mh_new(heap, 7, slots, length, &object), 0);
	return object;
}

static long long objects(struct mh_session *heap)
{
	struct mheap_stats stats;

	IS(mh_settle(heap), 0);
	IS(mh_stats(heap, &stats), 0);
	return stats.objects;
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

static void test_batch(void)
{
	struct mh_session *heap = open_heap();
	struct mh_batch *batch = mh_batch_new();
	struct mheap_object_info info;
	char word[5] = "";
	int root, leaf, load, same, reading;

	root = mh_batch_add_new(batch, 1, 2, 0, 0);
	leaf = mh_batch_add_new(batch, 2, 0, 5, MHEAP_OP_TEMP);
	mh_batch_add_write(batch, mh_result(leaf), 0, "word", 5);
	mh_batch_add_store(batch, mh_result(root), 0, mh_result(leaf));
	load = mh_batch_add_load(batch, mh_result(root), 0, MHEAP_OP_TEMP);
	same = mh_batch_add_same(batch, mh_result(leaf), mh_result(load));
	reading = mh_batch_add_read(batch, mh_result(load), 0, word, 5);
	mh_batch_add_info(batch, mh_result(load), &info);
	IS(mh_batch_count(batch), 8);
	IS(mh_batch_result(batch, root), -ECANCELED);
	IS(mh_batch_submit(heap, batch, 0), 0);
	IS(mh_batch_executed(batch), 8);
	IS(mh_batch_failed(batch), -1);
	IS(mh_batch_result(batch, root) > 0, 1);
	IS(mh_batch_result(batch, leaf), 0);
	IS(mh_batch_result(batch, same), 1);
	IS(mh_batch_result(batch, reading), 5);
	IS(mh_batch_result(batch, 8), -EINVAL);
	IS(mh_batch_result(batch, -1), -EINVAL);
	IS(strcmp(word, "word"), 0);
	IS(info.type, 2);
	IS(info.references, 3);
	IS(objects(heap), 2);
	IS(mh_drop(heap, mh_batch_result(batch, root)), 0);
	IS(objects(heap), 0);
	mh_batch_free(batch);
	mh_batch_free(NULL);
	mh_close(heap);
}

static void test_batch_failures(void)
{
	struct mh_session *heap = open_heap();
	struct mh_batch *batch = mh_batch_new();
	int object = mh_batch_add_new(batch, 0, 1, 0, 0);

	mh_batch_add_load(batch, mh_result(object), 1, 0);
	mh_batch_add_drop(batch, mh_result(object));
	mh_batch_add_drop(batch, mh_result(object));
	IS(mh_batch_submit(heap, batch, 0), -EINVAL);
	IS(mh_batch_executed(batch), 2);
	IS(mh_batch_failed(batch), 1);
	IS(mh_batch_result(batch, 2), -ECANCELED);
	IS(mh_batch_submit(heap, batch, MHEAP_SUBMIT_CONTINUE), -EINVAL);
	IS(mh_batch_executed(batch), 4);
	IS(mh_batch_failed(batch), 1);
	IS(mh_batch_result(batch, 2), 0);
	IS(mh_batch_result(batch, 3), -ESTALE);
	IS(mh_batch_submit(heap, batch, 1U << 31), -EINVAL);
	IS(mh_batch_executed(batch), 0);
	IS(mh_batch_failed(batch), -1);
	mh_batch_reset(batch);
	for (int i = 0; i < MHEAP_BATCH_MAX; i++)
		IS(mh_batch_add_new(batch, 0, 0, 0, MHEAP_OP_TEMP), i);
	IS(mh_batch_submit(heap, batch, 0), 0);
	IS(mh_batch_executed(batch), MHEAP_BATCH_MAX);
	IS(mh_batch_add_drop(batch, 1), -E2BIG);
	IS(mh_batch_submit(heap, batch, 0), -E2BIG);
	IS(mh_batch_executed(batch), 0);
	mh_batch_reset(batch);
	IS(mh_batch_add_drop(batch, mh_result(-E2BIG)), 0);
	IS(mh_batch_submit(heap, batch, 0), -EBADF);
	mh_batch_free(batch);
	mh_close(heap);
}

static void test_collector(void)
{
	static const uint32_t thresholds[] = { 70, 5, MHEAP_THRESHOLD_MAX };
	static const uint32_t wrong[] = { 1, 1, MHEAP_THRESHOLD_MAX + 1 };
	struct mh_session *heap = open_heap();
	struct mheap_collect result;
	uint32_t values[MHEAP_GENERATIONS];
	mh_handle object;

	IS(mh_is_enabled(heap), 1);
	IS(mh_disable(heap), 0);
	IS(mh_is_enabled(heap), 0);
	IS(mh_get_threshold(heap, values), 0);
	IS(values[0], 700);
	IS(mh_set_threshold(heap, thresholds), 0);
	IS(mh_set_threshold(heap, wrong), -EINVAL);
	IS(mh_get_threshold(heap, values), 0);
	IS(memcmp(values, thresholds, sizeof(values)), 0);
	for (int i = 0; i < 10; i++) {
		object = make(heap, 1, 0);
		IS(mh_store(heap, object, 0, object), 0);
		IS(mh_drop(heap, object), 0);
	}
	IS(mh_get_count(heap, values), 0);
	IS(values[0], 10);
	IS(objects(heap), 10);
	IS(mh_collect(heap, 0, &result), 0);
	IS(result.unreachable, 10);
	IS(result.freed, 10);
	IS(objects(heap), 0);
	IS(mh_collect(heap, 3, &result), -EINVAL);
	IS(result.freed, 10);
	IS(mh_collect(heap, 2, NULL), 0);
	IS(mh_enable(heap), 0);
	IS(mh_is_enabled(heap), 1);
	mh_close(heap);
}

static void test_events(void)
{
	struct mh_session *heap = open_heap(), *other = NULL;
	struct mheap_event event = { .kind = 77 };
	mh_handle object = make(heap, 1, 0), weak = 0;

	IS(mh_next_event(heap, &event, -1), -ENODATA);
	IS(mh_listen(heap, 1U << 31), -EINVAL);
	IS(mh_listen(heap, 1 << MHEAP_EVENT_FINALIZE | 1 << MHEAP_EVENT_COLLECTION_END), 0);
	IS(mh_next_event(heap, &event, 0), 0);
	IS(mh_next_event(heap, &event, 1), 0);
	IS(event.kind, 77);
	IS(mh_cancel_finalizer(heap, object), -ENOENT);
	IS(mh_set_finalizer(heap, object, 1), 0);
	IS(mh_cancel_finalizer(heap, object), 0);
	IS(mh_set_finalizer(heap, object, 5), 0);
	IS(mh_weak(heap, object, &weak), 0);
	IS(mh_set_finalizer(heap, weak, 5), -EINVAL);
	IS(mh_set_finalizer(heap, 12345, 5), -EBADF);
	IS(mh_drop(heap, object), 0);
	IS(mh_next_event(heap, &event, -1), 1);
	IS(event.kind, MHEAP_EVENT_FINALIZE);
	IS(event.cookie, 5);
	IS(mh_same(heap, event.handle, weak), 1);
	IS(mh_set_finalizer(heap, event.handle, 6), -EALREADY);
	IS(mh_cancel_finalizer(heap, event.handle), -EALREADY);
	IS(mh_drop(heap, event.handle), 0);
	IS(objects(heap), 0);
	IS(mh_join(mh_fd(heap), &other), 0);
	IS(mh_collect(other, 1, NULL), 0);
	IS(mh_next_event(heap, &event, -1), 1);
	IS(event.kind, MHEAP_EVENT_COLLECTION_END);
	IS(event.generation, 1);
	IS(mh_listen(heap, 0), 0);
	IS(mh_next_event(heap, &event, -1), -ENODATA);
	mh_close(other);
	mh_close(heap);
}

/* Two objects that refer to each other, one of them held. */
static mh_handle make_ring(struct mh_session *heap)
{
	mh_handle a = make(heap, 2, 0), b = make(heap, 2, 0);

	IS(mh_store(heap, a, 0, b), 0);
	IS(mh_store(heap, b, 0, a), 0);
	IS(mh_drop(heap, b), 0);
	return a;
}

static void test_permanent(void)
{
	struct mh_session *heap = open_heap();
	struct mheap_collect result;
	uint64_t frozen = 99;

	IS(mh_disable(heap), 0);
	IS(mh_get_freeze_count(heap, &frozen), 0);
	IS(frozen, 0);
	IS(mh_drop(heap, make_ring(heap)), 0);
	IS(mh_freeze(heap), 0);
	IS(mh_get_freeze_count(heap, &frozen), 0);
	IS(frozen, 2);
	IS(mh_collect(heap, 2, &result), 0);
	IS(result.unreachable, 0);
	IS(mh_unfreeze(heap), 0);
	IS(mh_collect(heap, 2, &result), 0);
	IS(result.freed, 2);
	IS(mh_get_freeze_count(heap, &frozen), 0);
	IS(frozen, 0);
	mh_close(heap);
}

static void test_garbage(void)
{
	struct mh_session *heap = open_heap();
	struct mheap_collect result;
	mh_handle *list = (void *)&result;
	size_t count = 99;
	uint32_t flags = 99;

	IS(mh_disable(heap), 0);
	IS(mh_get_debug(heap, &flags), 0);
	IS(flags, 0);
	IS(mh_set_debug(heap, MHEAP_DEBUG_SAVEALL), 0);
	IS(mh_set_debug(heap, 8), -EINVAL);
	IS(mh_get_debug(heap, &flags), 0);
	IS(flags, MHEAP_DEBUG_SAVEALL);
	IS(mh_garbage(heap, &list, &count), 0);
	IS(count, 0);
	IS(!list, 1);
	IS(mh_drop_list(heap, list, count), 0);
	for (int i = 0; i < 400; i++)
		IS(mh_drop(heap, make_ring(heap)), 0);
	IS(mh_collect(heap, 0, &result), 0);
	IS(result.uncollectable, 800);
	IS(mh_garbage(heap, &list, &count), 0);
	IS(count, 800);
	IS(mh_drop_list(heap, list, count), 0);
	IS(mh_set_debug(heap, 0), 0);
	IS(mh_clear_garbage(heap), 0);
	IS(mh_collect(heap, 2, &result), 0);
	IS(result.freed, 800);
	mh_close(heap);
}

static void test_finding(void)
{
	struct mh_session *heap = open_heap();
	mh_handle leaf = make(heap, 0, 0), holder = make(heap, 700, 0), a, *list, again;
	size_t count;

	for (int i = 0; i < 700; i += 100)
		IS(mh_store(heap, holder, i, leaf), 0);
	a = make_ring(heap);
	IS(mh_store(heap, a, 1, leaf), 0);
	IS(mh_objects(heap, 1 << 0, &list, &count), 0);
	IS(count, 3);
	IS(mh_drop_list(heap, list, count), 0);
	IS(mh_objects(heap, 1 << 2, &list, &count), 0);
	IS(count, 0);
	IS(mh_objects(heap, 1 << 4, &list, &count), -EINVAL);
	IS(mh_objects(heap, 0, &list, &count), -EINVAL);
	IS(mh_referrers(heap, leaf, &list, &count), 0);
	IS(count, 2);
	IS(mh_same(heap, list[0], holder) + mh_same(heap, list[1], holder), 1);
	IS(mh_same(heap, list[0], a) + mh_same(heap, list[1], a), 1);
	IS(mh_drop_list(heap, list, count), 0);
	IS(mh_referents(heap, holder, &list, &count), 0);
	IS(count, 7);
	IS(mh_same(heap, list[6], leaf), 1);
	again = list[3];
	list[3] = 0;
	IS(mh_drop_list(heap, list, count), 0);
	IS(mh_drop(heap, again), 0);
	IS(mh_referents(heap, leaf, &list, &count), 0);
	IS(count, 0);
	IS(mh_referrers(heap, again, &list, &count), -ESTALE);
	IS(mh_referents(heap, again, &list, &count), -ESTALE);
	IS(objects(heap), 4);
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

static void test_names_in_batches(void)
{
	struct mh_session *heap = open_heap();
	struct mh_batch *batch = mh_batch_new();
	int a = mh_batch_add_new(batch, 0, 0, 0, MHEAP_OP_TEMP);
	int published = mh_batch_add_publish(batch, "name", mh_result(a), 0);
	int replaced = mh_batch_add_publish(batch, "name", mh_result(a), MHEAP_OP_REPLACE);
	int found = mh_batch_add_lookup(batch, "name", 0);
	int temporary = mh_batch_add_lookup(batch, "name", MHEAP_OP_TEMP);
	int same = mh_batch_add_same(batch, mh_result(found), mh_result(temporary));
	int taken = mh_batch_add_unpublish(batch, "name");

	IS(mh_batch_submit(heap, batch, 0), 0);
	IS(mh_batch_result(batch, published), 0);
	IS(mh_batch_result(batch, replaced), 0);
	IS(mh_batch_result(batch, found) > 0, 1);
	IS(mh_batch_result(batch, temporary), 0);
	IS(mh_batch_result(batch, same), 1);
	IS(mh_batch_result(batch, taken), 0);
	IS(mh_drop(heap, mh_batch_result(batch, found)), 0);
	IS(objects(heap), 0);
	mh_batch_free(batch);
	mh_close(heap);
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
	run("collector", test_collector);
	run("events", test_events);
	run("permanent generation", test_permanent);
	run("garbage list", test_garbage);
	run("finding objects", test_finding);
	run("directory", test_directory);
	run("threads", test_threads);
	run("sharing", test_sharing);
	run("names in batches", test_names_in_batches);
	run("memory", test_memory);
	run("allocators", test_allocators);
	printf("1..%d\n", tests);
	return failures != 0;
}
