// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Tests of libmheap: the batch builder. */

#include <errno.h>
#include <string.h>

#include "library.h"

void test_batch(void)
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

void test_batch_failures(void)
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

void test_names_in_batches(void)
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

void test_slots_in_batches(void)
{
	struct mh_session *heap = open_heap();
	struct mh_batch *batch = mh_batch_new();
	mh_handle object = make(heap, 2, 0), target = make(heap, 0, 0);
	struct mheap_object_info info;
	int wrong, right, old, same, refused;

	mh_batch_add_store(batch, object, 0, target);
	wrong = mh_batch_add_compare_store(batch, object, 1, target, object);
	right = mh_batch_add_compare_store(batch, object, 0, target, object);
	old = mh_batch_add_swap(batch, object, 0, target, MHEAP_OP_TEMP);
	same = mh_batch_add_same(batch, mh_result(old), object);
	mh_batch_add_resize(batch, object, 3, 20);
	refused = mh_batch_add_compare_store(batch, object, 3, 0, 0);
	IS(mh_batch_submit(heap, batch, 0), -EINVAL);
	IS(mh_batch_failed(batch), refused);
	IS(mh_batch_result(batch, wrong), 0);
	IS(mh_batch_result(batch, right), 1);
	IS(mh_batch_result(batch, old), 0);
	IS(mh_batch_result(batch, same), 1);
	IS(mh_info(heap, object, &info), 0);
	IS(info.slots, 3);
	IS(info.length, 20);
	IS(info.references, 1);
	mh_batch_free(batch);
	mh_close(heap);
}

void test_handles_in_batches(void)
{
	struct mh_session *heap = open_heap();
	struct mh_batch *batch = mh_batch_new();
	int object = mh_batch_add_new(batch, 0, 0, 0, MHEAP_OP_TEMP);
	int copy = mh_batch_add_dup(batch, mh_result(object), 0);
	int weak = mh_batch_add_weak(batch, mh_result(object));
	int upgraded = mh_batch_add_upgrade(batch, mh_result(weak), MHEAP_OP_TEMP);
	int same = mh_batch_add_same(batch, mh_result(copy), mh_result(upgraded));
	mh_handle found = 0;

	IS(mh_batch_submit(heap, batch, 0), 0);
	IS(mh_batch_result(batch, same), 1);
	IS(mh_drop(heap, mh_batch_result(batch, copy)), 0);
	IS(mh_upgrade(heap, mh_batch_result(batch, weak), &found), -ENOENT);
	mh_batch_free(batch);
	mh_close(heap);
}

void test_events_in_batches(void)
{
	struct mh_session *heap = open_heap();
	struct mh_batch *batch = mh_batch_new();
	struct mheap_event event;
	int object, silent;

	IS(mh_listen(heap, 1 << MHEAP_EVENT_FINALIZE | 1 << MHEAP_EVENT_DEATH), 0);
	object = mh_batch_add_new(batch, 0, 0, 0, 0);
	silent = mh_batch_add_new(batch, 0, 0, 0, MHEAP_OP_TEMP);
	mh_batch_add_set_finalizer(batch, mh_result(object), 5);
	mh_batch_add_set_finalizer(batch, mh_result(silent), 6);
	mh_batch_add_cancel_finalizer(batch, mh_result(silent));
	mh_batch_add_watch(batch, mh_result(object), 7);
	mh_batch_add_watch(batch, mh_result(silent), 8);
	mh_batch_add_unwatch(batch, mh_result(silent), 8);
	IS(mh_batch_submit(heap, batch, 0), 0);
	IS(objects(heap), 1);
	IS(mh_next_event(heap, &event, 0), 0);
	IS(mh_drop(heap, mh_batch_result(batch, object)), 0);
	IS(mh_next_event(heap, &event, -1), 1);
	IS(event.kind, MHEAP_EVENT_FINALIZE);
	IS(event.cookie, 5);
	mh_batch_reset(batch);
	mh_batch_add_set_finalizer(batch, event.handle, 1);
	mh_batch_add_cancel_finalizer(batch, event.handle);
	mh_batch_add_unwatch(batch, event.handle, 8);
	mh_batch_add_watch(batch, event.handle, 7);
	mh_batch_add_drop(batch, event.handle);
	IS(mh_batch_submit(heap, batch, MHEAP_SUBMIT_CONTINUE), -EALREADY);
	IS(mh_batch_result(batch, 1), -EALREADY);
	IS(mh_batch_result(batch, 2), -ENOENT);
	IS(mh_batch_result(batch, 3), -EALREADY);
	IS(mh_batch_result(batch, 4), 0);
	IS(mh_next_event(heap, &event, -1), 1);
	IS(event.kind, MHEAP_EVENT_DEATH);
	IS(event.cookie, 7);
	mh_batch_free(batch);
	mh_close(heap);
}

void test_ephemerons_in_batches(void)
{
	struct mh_session *heap = open_heap();
	struct mh_batch *batch = mh_batch_new();
	int ephemeron = mh_batch_add_new_ephemeron(batch, 1, 4, 0);
	int key = mh_batch_add_new(batch, 0, 0, 0, 0);
	int value = mh_batch_add_new(batch, 0, 1, 0, MHEAP_OP_TEMP);
	mh_handle found = 0;

	mh_batch_add_store(batch, mh_result(value), 0, mh_result(key));
	mh_batch_add_store(batch, mh_result(ephemeron), 0, mh_result(key));
	mh_batch_add_store(batch, mh_result(ephemeron), 1, mh_result(value));
	IS(mh_batch_submit(heap, batch, 0), 0);
	IS(mh_collect(heap, 2, NULL), 0);
	IS(objects(heap), 3);
	IS(mh_drop(heap, mh_batch_result(batch, key)), 0);
	IS(mh_collect(heap, 2, NULL), 0);
	IS(objects(heap), 1);
	IS(mh_load(heap, mh_batch_result(batch, ephemeron), 0, &found), 0);
	IS(found, 0);
	mh_batch_free(batch);
	mh_close(heap);
}

/* As a program lays it out that has no builder. */
void test_submit(void)
{
	struct mh_session *heap = open_heap();
	struct mheap_op ops[] = {
		{ .opcode = MHEAP_OP_NEW, .flags = MHEAP_OP_TEMP, .slots = 1 },
		{ .opcode = MHEAP_OP_LOAD, .object = MHEAP_RESULT(0), .slot = 1 },
		{ .opcode = MHEAP_OP_DROP, .object = MHEAP_RESULT(0) },
	};

	IS(mh_submit(heap, ops, 3, 0), 2);
	IS(ops[0].result, 0);
	IS(ops[1].result, -EINVAL);
	IS(mh_submit(heap, ops, 3, MHEAP_SUBMIT_CONTINUE), 3);
	IS(ops[2].result, 0);
	IS(mh_submit(heap, ops, MHEAP_BATCH_MAX + 1, 0), -EINVAL);
	IS(mh_submit(heap, NULL, 1, 0), -EFAULT);
	IS(mh_submit(heap, ops, 0, 0), 0);
	mh_close(heap);
}
