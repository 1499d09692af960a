// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Tests of libmheap: events and what asks for them, ephemerons. */

#include <errno.h>

#include "library.h"

void test_events(void)
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

void test_watching(void)
{
	struct mh_session *heap = open_heap();
	struct mheap_event event = { .kind = 77 };
	mh_handle object = make(heap, 0, 0), other = make(heap, 0, 0), weak = 0;
	struct mheap_object_info info;

	IS(mh_listen(heap, 1 << MHEAP_EVENT_DEATH), 0);
	IS(mh_weak(heap, object, &weak), 0);
	IS(mh_info(heap, object, &info), 0);
	IS(mh_watch(heap, object, 1), 0);
	IS(mh_watch(heap, weak, 2), 0);
	IS(mh_watch(heap, object, 2), -EALREADY);
	IS(mh_watch(heap, mh_result(0), 3), -EBADF);
	IS(mh_unwatch(heap, weak, 1), 0);
	IS(mh_unwatch(heap, object, 1), -ENOENT);
	IS(mh_watch(heap, other, 9), 0);
	IS(mh_next_event(heap, &event, 0), 0);
	IS(mh_drop(heap, object), 0);
	IS(mh_settle(heap), 0);
	IS(mh_next_event(heap, &event, 0), 1);
	IS(event.kind, MHEAP_EVENT_DEATH);
	IS(event.cookie, 2);
	IS(event.id, info.id);
	IS(mh_next_event(heap, &event, 0), 0);
	IS(mh_watch(heap, weak, 4), -ENOENT);
	IS(mh_unwatch(heap, weak, 2), -ENOENT);
	IS(mh_unwatch(heap, object, 2), -ESTALE);
	mh_close(heap);
}

void test_ephemerons(void)
{
	struct mh_session *heap = open_heap();
	mh_handle key = make(heap, 0, 0), value = make(heap, 1, 0), weak = 0;
	mh_handle ephemeron = 99, found = 0;
	struct mheap_object_info info;

	IS(mh_weak(heap, key, &weak), 0);
	IS(mh_new_ephemeron(heap, 5, 0, value, 0, &ephemeron), -ENOENT);
	IS(mh_new_ephemeron(heap, 5, weak, value, 0, &ephemeron), -EINVAL);
	IS(mh_new_ephemeron(heap, 5, key, 12345, 0, &ephemeron), -EBADF);
	IS(mh_new_ephemeron(heap, 5, mh_result(0), value, 0, &ephemeron), -EBADF);
	IS(mh_new_ephemeron(heap, 5, key, mh_result(0), 0, &ephemeron), -EBADF);
	IS(mh_new_ephemeron(heap, 5, key, value, MHEAP_LENGTH_MAX + 1UL, &ephemeron), -E2BIG);
	IS(ephemeron, 99);
	IS(objects(heap), 2);
	IS(mh_new_ephemeron(heap, 5, key, value, 8, &ephemeron), 0);
	IS(mh_info(heap, ephemeron, &info), 0);
	IS(info.flags, MHEAP_OBJECT_TRACKED | MHEAP_OBJECT_EPHEMERON);
	IS(info.length, 8);
	IS(mh_swap(heap, ephemeron, 1, value, &found), -EINVAL);
	IS(mh_compare_store(heap, ephemeron, 1, value, value), -EINVAL);
	IS(mh_resize(heap, ephemeron, 2, 16), -EINVAL);
	IS(mh_load(heap, ephemeron, 0, &found), 0);
	IS(mh_same(heap, found, key), 1);
	IS(mh_drop(heap, found), 0);
	/* The value refers to the key, and nobody else has either. */
	IS(mh_store(heap, value, 0, key), 0);
	IS(mh_drop(heap, value), 0);
	IS(mh_collect(heap, 2, NULL), 0);
	IS(mh_load(heap, ephemeron, 1, &found), 0);
	IS(mh_same(heap, found, key), 0);
	IS(mh_drop(heap, found), 0);
	IS(mh_drop(heap, key), 0);
	IS(mh_collect(heap, 2, NULL), 0);
	IS(mh_load(heap, ephemeron, 1, &found), 0);
	IS(found, 0);
	IS(mh_store(heap, ephemeron, 1, ephemeron), -ENOENT);
	IS(objects(heap), 1);
	mh_close(heap);
}
