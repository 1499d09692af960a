// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Tests of libmheap: the collector, and finding objects. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "library.h"

void test_collector(void)
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

void test_permanent(void)
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

void test_garbage(void)
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

void test_finding(void)
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

void test_enumerating(void)
{
	struct mh_session *heap = open_heap();
	mh_handle a = make(heap, 1, 0), b = make(heap, 1, 0);
	struct mheap_object_info info[2];
	uint64_t id[4] = { 0 };
	struct mheap_enumerate request = {
		.what = MHEAP_ENUMERATE_OBJECTS, .generations = 1, .flags = MHEAP_ENUMERATE_IDS,
		.handles = (uintptr_t)id, .count = 4,
	};

	make(heap, 0, 0);
	IS(mh_info(heap, a, &info[0]), 0);
	IS(mh_info(heap, b, &info[1]), 0);
	IS(mh_enumerate(heap, &request), 0);
	IS(request.count, 2);
	IS(request.cursor, 0);
	IS(id[0] + id[1], info[0].id + info[1].id);
	IS(id[0] == info[0].id || id[0] == info[1].id, 1);
	request.count = 0;
	IS(mh_enumerate(heap, &request), -EINVAL);
	IS(objects(heap), 3);
	mh_close(heap);
}

void test_limits(void)
{
	const struct mheap_limits wrong = { 1, 1, MHEAP_LIMIT_MAX + 1 };
	struct mheap_limits limits = { 7, 7, 7 };
	struct mh_session *heap = open_heap();
	mh_handle object, more = 99, *list = NULL;
	struct mheap_stats stats;
	size_t count = 99;

	IS(mh_get_limits(heap, &limits), 0);
	IS(limits.objects || limits.bytes || limits.handles, 0);
	limits = (struct mheap_limits){ .objects = 2, .bytes = 100000, .handles = 4 };
	IS(mh_set_limits(heap, &limits), 0);
	IS(mh_set_limits(heap, &wrong), -EINVAL);
	memset(&limits, 0, sizeof(limits));
	IS(mh_get_limits(heap, &limits), 0);
	IS(limits.objects, 2);
	IS(limits.bytes, 100000);
	IS(limits.handles, 4);
	object = make(heap, 1, 0);
	IS(mh_new(heap, 0, 0, 200000, &more), -ENOMEM);
	IS(mh_resize(heap, object, 1, 200000), -ENOMEM);
	make(heap, 1, 0);
	IS(mh_new(heap, 0, 0, 0, &more), -ENOSPC);
	IS(mh_mem_alloc(heap, 1, &more), -ENOSPC);
	IS(more, 99);
	IS(mh_dup(heap, object, &more), 0);
	/* There is room for one of the two. */
	IS(mh_objects(heap, 7, &list, &count), -ENOSPC);
	IS(count, 99);
	IS(mh_weak(heap, object, &more), 0);
	IS(mh_load(heap, object, 0, &more), 0);
	IS(mh_dup(heap, object, &more), -ENOSPC);
	IS(mh_stats(heap, &stats), 0);
	IS(stats.handles, 4);
	IS(stats.limit_failures >= 5, 1);
	mh_close(heap);
}
