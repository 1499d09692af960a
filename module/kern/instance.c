// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances and their work items, all on one workqueue.
 *
 * An instance ends in this order:
 *
 * 1. Its sessions are over and its directory in sysfs is gone, so nobody but its
 *    own work items knows it; the last reference queues @destroy. It is freed
 *    there because a heap may be large and whoever closes it should not wait.
 * 2. @destroy sets @dying and waits for the others, see quiesce().
 * 3. Nobody knows it any more: it is freed.
 *
 * A module is not unloaded while a session is open. So by then every @destroy
 * has been queued, and destroy_workqueue() waits for all of them.
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "core/collect.h"
#include "core/release.h"
#include "allocators.h"
#include "instance.h"

static struct workqueue_struct *workqueue;

static void request(struct mheap_instance *instance, struct work_struct *work)
{
	if (!READ_ONCE(instance->dying))
		queue_work(workqueue, work);
}

static void request_collect(struct mheap_heap *heap)
{
	struct mheap_instance *instance = container_of(heap, struct mheap_instance, heap);

	request(instance, &instance->collect);
}

static void request_release(struct mheap_heap *heap)
{
	struct mheap_instance *instance = container_of(heap, struct mheap_instance, heap);

	request(instance, &instance->release);
}

static void wake_settlers(struct mheap_heap *heap)
{
	struct mheap_instance *instance = container_of(heap, struct mheap_instance, heap);

	wake_up_all(&instance->settled);
}

static void request_shrink(struct mheap_heap *heap)
{
	struct mheap_instance *instance = container_of(heap, struct mheap_instance, heap);

	request(instance, &instance->shrink);
}

static const struct mheap_heap_ops heap_ops = {
	.collect = request_collect,
	.release = request_release,
	.released = wake_settlers,
	.shrink = request_shrink,
};

static void collect_work(struct work_struct *work)
{
	struct mheap_instance *instance = container_of(work, struct mheap_instance, collect);

	mheap_collect_due(&instance->heap);
}

static void release_work(struct work_struct *work)
{
	struct mheap_instance *instance = container_of(work, struct mheap_instance, release);

	mheap_release_continue(&instance->heap);
}

static void shrink(struct mheap_allocator *allocator)
{
	if (allocator->ops->shrink)
		allocator->ops->shrink(allocator);
}

static void shrink_work(struct work_struct *work)
{
	struct mheap_instance *instance = container_of(work, struct mheap_instance, shrink);

	shrink(instance->heap.allocator);
}

/*
 * Only the work items themselves can still request each other. One that
 * starts after @dying was set requests nothing, and the first cancellation leaves
 * @collect idle; so what can be queued behind its back comes from a @release that
 * started before, and that one has ended when the second cancellation returns.
 * @shrink requests nothing and is requested by the other two.
 */
static void quiesce(struct mheap_instance *instance)
{
	WRITE_ONCE(instance->dying, true);
	cancel_work_sync(&instance->collect);
	cancel_work_sync(&instance->release);
	cancel_work_sync(&instance->collect);
	cancel_work_sync(&instance->shrink);
}

/* The heap is gone; what it leaves is empty, and may be much. */
static void end_allocator(struct mheap_instance *instance, bool much)
{
	if (much)
		shrink(instance->heap.allocator);
	mheap_allocator_close(instance->allocator, instance->heap.allocator);
	mheap_allocator_put(instance->allocator);
}

static void destroy_work(struct work_struct *work)
{
	struct mheap_instance *instance = container_of(work, struct mheap_instance, destroy);

	bool much;

	quiesce(instance);
	much = atomic64_read(&instance->heap.size) >= MHEAP_PEAK_DROP;
	mheap_heap_fini(&instance->heap);
	end_allocator(instance, much);
	kfree(instance);
}

/* Return: what config->allocator stands for, kept, or an ERR_PTR(). */
static struct mheap_allocator *choose_allocator(const struct mheap_heap_config *config)
{
	if (!config->allocator)
		return mheap_allocator_get(MHEAP_ALLOCATOR_DEFAULT);
	return mheap_allocator_again(config->allocator);
}

/* Return: 0 or -errno. */
static int init_heap(struct mheap_instance *instance, const struct mheap_heap_config *config)
{
	struct mheap_heap_config heap_config = *config;
	int error;

	heap_config.ops = &heap_ops;
	instance->allocator = choose_allocator(config);
	if (IS_ERR(instance->allocator))
		return PTR_ERR(instance->allocator);
	heap_config.allocator = mheap_allocator_open(instance->allocator);
	if (IS_ERR(heap_config.allocator)) {
		mheap_allocator_put(instance->allocator);
		return PTR_ERR(heap_config.allocator);
	}
	error = mheap_heap_init(&instance->heap, &heap_config);
	if (error) {
		mheap_allocator_close(instance->allocator, heap_config.allocator);
		mheap_allocator_put(instance->allocator);
	}
	return error;
}

/**
 * mheap_instance_create - make an empty heap
 * @config: how it is to be, but for its surroundings; the allocator, if there is one,
 *          is registered and kept by the caller
 *
 * Context: May sleep.
 * Return: The instance, with one reference, or an ERR_PTR() of -ENOMEM, or of what the
 * allocator's @open says.
 */
struct mheap_instance *mheap_instance_create(const struct mheap_heap_config *config)
{
	struct mheap_instance *instance;
	int error;

	instance = kzalloc(sizeof(*instance), MHEAP_GFP);
	if (!instance)
		return ERR_PTR(-ENOMEM);
	error = init_heap(instance, config);
	if (error) {
		kfree(instance);
		return ERR_PTR(error);
	}
	refcount_set(&instance->references, 1);
	INIT_WORK(&instance->collect, collect_work);
	INIT_WORK(&instance->release, release_work);
	INIT_WORK(&instance->shrink, shrink_work);
	INIT_WORK(&instance->destroy, destroy_work);
	init_waitqueue_head(&instance->settled);
	return instance;
}

/**
 * mheap_instance_get - one reference more
 * @instance: the caller has one
 *
 * Context: Any.
 * Return: @instance.
 */
struct mheap_instance *mheap_instance_get(struct mheap_instance *instance)
{
	refcount_inc(&instance->references);
	return instance;
}

/**
 * mheap_instance_put - one reference less
 * @instance: to be forgotten by the caller; with the last reference it is freed,
 *            in the background
 *
 * Context: Any.
 */
void mheap_instance_put(struct mheap_instance *instance)
{
	if (refcount_dec_and_test(&instance->references))
		queue_work(workqueue, &instance->destroy);
}

/**
 * mheap_instance_settle - wait until no release is under way
 * @instance: the caller has a reference
 *
 * Context: May sleep, and is frozen at suspend. No locks held.
 * Return: 0, or -EINTR when a signal kills the process.
 */
int mheap_instance_settle(struct mheap_instance *instance)
{
	if (wait_event_state(instance->settled, !mheap_release_pending(&instance->heap),
			     (TASK_KILLABLE | TASK_FREEZABLE)))
		return -EINTR;
	return 0;
}

/**
 * mheap_instances_init - make it possible to create instances
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int mheap_instances_init(void)
{
	workqueue = alloc_workqueue("mheap", WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_FREEZABLE | WQ_SYSFS,
				    0);
	if (!workqueue)
		return -ENOMEM;
	return 0;
}

/**
 * mheap_instances_exit - wait until all instances are freed
 *
 * Context: May sleep. The last reference to each has been put.
 */
void mheap_instances_exit(void)
{
	destroy_workqueue(workqueue);
}
