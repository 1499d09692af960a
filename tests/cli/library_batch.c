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
