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
