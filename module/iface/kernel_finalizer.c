// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finalizers of types: a work item of each heap takes objects out of the heap's queue
 * and calls what their type says. It runs whenever the heap has queued something;
 * so nothing of another module is called by who drops a reference, by the collector,
 * or under a lock.
 *
 * The cookie of an object is its type. The queue has no limit: it is made of the
 * objects themselves, and every one is finalized.
 */
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "core/finalizer.h"
#include "core/object.h"
#include "core/release.h"
#include "kern/instance.h"
#include "kernel.h"

/* Of its own: what a finalizer does may wait for what mheap's other work does. */
static struct workqueue_struct *workqueue;

/* One object. Return: false if none was waiting. */
static bool finalize_one(struct mheap_kheap *heap)
{
	struct mheap_kuser *user = heap->finalizer;
	struct mheap_ref ref;
	bool found;
	u64 type;

	mheap_kuser_begin_always(user);
	found = mheap_finalizers_take(&user->session, &ref.object, &type);
	mheap_kuser_end(user);
	if (!found)
		return false;
	user->types[type].finalize(user, ref);
	mheap_kuser_begin_always(user);
	mheap_kput(user, ref);
	mheap_kuser_end(user);
	return true;
}

static void finalize_work(struct work_struct *work)
{
	struct mheap_kheap *heap = container_of(work, struct mheap_kheap, finalize);

	while (finalize_one(heap))
		cond_resched();
}

/* Called under the lock of the queue of instance->events. */
static int wake(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	struct mheap_kheap *heap = container_of(entry, struct mheap_kheap, events);

	queue_work(workqueue, &heap->finalize);
	return 0;
}

static bool has_finalizers(const struct mheap_kheap *heap)
{
	u32 i;

	for (i = 0; i < heap->params.type_count; i++)
		if (heap->params.types[i].finalize)
			return true;
	return false;
}

/**
 * mheap_kernel_finalizers_start - from now on finalizers are called
 * @heap: without objects
 *
 * Context: May sleep. Return: 0 or -ENOMEM.
 */
int mheap_kernel_finalizers_start(struct mheap_kheap *heap)
{
	struct mheap_kuser *user;

	if (!has_finalizers(heap))
		return 0;
	user = mheap_kuser_create(heap);
	if (IS_ERR(user))
		return PTR_ERR(user);
	heap->finalizer = user;
	INIT_WORK(&heap->finalize, finalize_work);
	init_waitqueue_func_entry(&heap->events, wake);
	add_wait_queue(&heap->instance->events, &heap->events);
	mheap_finalizers_listen(&heap->instance->heap);
	return 0;
}

/**
 * mheap_kernel_finalizers_wait - wait until nothing waits to be finalized
 * @heap: the heap
 *
 * An object has its place in the queue before the work item is told of it; until
 * then a section or a collection is under way, which takes no more than that.
 *
 * Context: May sleep; not in a finalizer of the heap. Return: 0, or -EINTR when a
 * signal kills the process.
 */
int mheap_kernel_finalizers_wait(struct mheap_kheap *heap)
{
	struct mheap_heap *core = &heap->instance->heap;
	int error;

	do {
		error = mheap_instance_settle(heap->instance);
		if (error || !heap->finalizer)
			return error;
		flush_work(&heap->finalize);
		cond_resched();
	} while (mheap_release_pending(core) || READ_ONCE(core->finalizers.waiting));
	return 0;
}

/**
 * mheap_kernel_finalizers_stop - from now on no finalizer is called
 * @heap: nobody works on it any more
 *
 * Those that are due by now are called first.
 *
 * Context: May sleep.
 */
void mheap_kernel_finalizers_stop(struct mheap_kheap *heap)
{
	if (!heap->finalizer)
		return;
	remove_wait_queue(&heap->instance->events, &heap->events);
	flush_work(&heap->finalize);
	finalize_work(&heap->finalize);
	mheap_finalizers_unlisten(&heap->finalizer->session);
	mheap_kuser_destroy(heap->finalizer);
}

/**
 * mheap_kernel_init - make it possible that heaps have finalizers
 *
 * Context: May sleep. Return: 0 or -ENOMEM.
 */
int mheap_kernel_init(void)
{
	workqueue = alloc_workqueue("mheap_finalizers", WQ_UNBOUND, 0);
	return workqueue ? 0 : -ENOMEM;
}

/**
 * mheap_kernel_exit - the end of it
 *
 * Context: May sleep. There is no heap.
 */
void mheap_kernel_exit(void)
{
	destroy_workqueue(workqueue);
}
