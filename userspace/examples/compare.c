// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Threads push onto one list without a lock: compare-and-store on its slot. */

#include <pthread.h>
#include <stdio.h>
#include <mheap.h>

#define THREADS	4
#define EACH	250

static struct mh_session *heap;
static mh_handle list;

static int push(mh_handle item)
{
	mh_handle head;
	int stored;

	do {
		if (mh_load(heap, list, 0, &head) || mh_store(heap, item, 0, head))
			return -1;
		stored = mh_compare_store(heap, list, 0, head, item);
		if (head)
			mh_drop(heap, head);
	} while (!stored);
	return stored;
}

static void *work(void *failed)
{
	mh_handle item;
	int i;

	for (i = 0; i < EACH; i++) {
		if (mh_new(heap, 0, 1, 0, &item) || push(item) < 0)
			return failed;
		mh_drop(heap, item);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];
	mh_handle here, next;
	int i, items = 0;
	void *failed;

	if (mh_open(&heap) || mh_new(heap, 0, 1, 0, &list) || mh_dup(heap, list, &here))
		return 1;
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, work, heap))
			return 1;
	for (i = 0; i < THREADS; i++)
		if (pthread_join(thread[i], &failed) || failed)
			return 1;
	while (!mh_load(heap, here, 0, &next) && next) {
		mh_drop(heap, here);
		here = next;
		items++;
	}
	printf("%d items\n", items);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	1000 items
 */
