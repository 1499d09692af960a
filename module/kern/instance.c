// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances and their work items, all on one workqueue.
 *
 * An instance ends in this order:
 *
 * 1. Its sessions are over and its directory in sysfs is gone, so nobody but its
 *    own work items knows it; the last reference queues @destroy. It is freed
 *    there because a heap may be large and whoever closes it should not wait.
 * 2. @destroy takes it off the shrinker's list, sets @dying and waits for the other
 *    work items, see quiesce().
 * 3. Nobody knows it any more but who may still be counting for the shrinker, and
 *    reads a few words of it: the heap's objects and tables are freed, and the
 *    instance itself behind an RCU grace period.
 *
 * A module is not unloaded while a session is open. So by then every @destroy
 * has been queued, and destroy_workqueue() waits for all of them.
 */
#include <linux/completion.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "allocators.h"
#include "core/collect.h"
#include "core/release.h"
#include "core/session.h"
#include "instance.h"
#include "shrinker.h"

/* A heap reports so many collections in so many jiffies. */
#define REPORT_BURST		10
#define REPORT_INTERVAL		(5 * HZ)

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

static void wake_readers(struct mheap_heap *heap)
{
	struct mheap_instance *instance = container_of(heap, struct mheap_instance, heap);

	wake_up_all(&instance->events);
}

static void note_limit(struct mheap_heap *heap, enum mheap_limit which, u64 used, u64 limit)
{
	mheap_journal_limit(heap, which, used, limit);
}

/* Say in the kernel's log what a collection did, as far as the debug flags ask for it. */
static void report(struct mheap_heap *heap, const struct mheap_collection *collection)
{
	struct mheap_instance *instance = container_of(heap, struct mheap_instance, heap);
	const u32 debug = READ_ONCE(heap->debug);

	if (!(debug & MHEAP_SAY_STATS) &&
	    !(debug & MHEAP_SAY_COLLECTABLE && collection->freed) &&
	    !(debug & MHEAP_SAY_UNCOLLECTABLE && collection->uncollectable))
		return;
	if (!__ratelimit(&instance->reports))
		return;
	if (debug & MHEAP_SAY_STATS)
		pr_info("mheap: %s: collected generation %u: %llu visited, %llu unreachable, %llu ns\n",
			instance->name, collection->generation, collection->visited,
			collection->unreachable, collection->nanoseconds);
	if (debug & MHEAP_SAY_COLLECTABLE && collection->freed)
		pr_info("mheap: %s: generation %u: %llu collectable, freed\n", instance->name,
			collection->generation, collection->freed);
	if (debug & MHEAP_SAY_UNCOLLECTABLE && collection->uncollectable)
		pr_info("mheap: %s: generation %u: %llu unreachable, kept\n", instance->name,
			collection->generation, collection->uncollectable);
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
	.event = wake_readers,
	.limit = note_limit,
	.collected = report,
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
 * The shrinker asks no more once its list is left. The triggers re-arm only themselves,
 * which ends with their cancellation; what they have asked for is the first of the
 * following. Then only the two other work items can still request each other. One that
 * starts after @dying was set requests nothing, and the first cancellation leaves
 * @collect idle; so what can be queued behind its back comes from a @release that
 * started before, and that one has ended when the second cancellation returns.
 * @shrink requests nothing and is requested by the other two.
 */
static void quiesce(struct mheap_instance *instance)
{
	mheap_shrinker_remove(instance);
	WRITE_ONCE(instance->dying, true);
	mheap_trigger_stop(instance);
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
	struct completion *gone = instance->gone;
	bool much;

	quiesce(instance);
	much = atomic64_read(&instance->heap.size) >= MHEAP_PEAK_DROP;
	mheap_heap_fini(&instance->heap);
	end_allocator(instance, much);
	kfree_rcu(instance, rcu);
	if (gone)
		complete(gone);
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
	init_waitqueue_head(&instance->events);
	mheap_trigger_init(instance);
	mheap_trigger_start(instance);
	mheap_shrinker_add(instance);
	ratelimit_state_init(&instance->reports, REPORT_INTERVAL, REPORT_BURST);
	ratelimit_set_flags(&instance->reports, RATELIMIT_MSG_ON_RELEASE);
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
 * mheap_instance_put_and_wait - one reference less, and wait until it is freed
 * @instance: to be forgotten by the caller, who alone does this
 *
 * Context: May sleep; whoever else has a reference is going to put it. No locks
 * held.
 */
void mheap_instance_put_and_wait(struct mheap_instance *instance)
{
	DECLARE_COMPLETION_ONSTACK(gone);

	/* Seen by destroy_work(), which begins behind the last put. */
	instance->gone = &gone;
	mheap_instance_put(instance);
	wait_for_completion(&gone);
}

/**
 * mheap_instance_delay - have something done for a heap later
 * @instance: the heap
 * @work: of the instance; where it waits already, it waits anew
 * @milliseconds: how long
 *
 * Context: Any.
 */
void mheap_instance_delay(struct mheap_instance *instance, struct delayed_work *work,
			  u32 milliseconds)
{
	if (!READ_ONCE(instance->dying))
		mod_delayed_work(workqueue, work, msecs_to_jiffies(milliseconds));
}

/**
 * mheap_instance_repeat - do the same again later
 * @instance: the heap
 * @work: of the instance, at work; where somebody has it wait meanwhile, that counts
 * @milliseconds: how long
 *
 * Context: Any.
 */
void mheap_instance_repeat(struct mheap_instance *instance, struct delayed_work *work,
			   u32 milliseconds)
{
	if (!READ_ONCE(instance->dying))
		queue_delayed_work(workqueue, work, msecs_to_jiffies(milliseconds));
}

/**
 * mheap_instance_name - say how a heap is called
 * @instance: a new one, on which nothing was done yet
 * @name: of the heap
 *
 * Context: Any.
 */
void mheap_instance_name(struct mheap_instance *instance, const char *name)
{
	strscpy(instance->name, name, sizeof(instance->name));
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
 * mheap_instance_listen - wait until there is something to tell a session
 * @instance: the caller has a reference
 * @session: of it
 *
 * Context: May sleep, and is frozen at suspend. No locks held.
 * Return: 0, also if the session listens to nothing, or -ERESTARTSYS when a signal
 * comes.
 */
int mheap_instance_listen(struct mheap_instance *instance, struct mheap_session *session)
{
	return wait_event_state(instance->events,
				!READ_ONCE(session->listener.kinds) ||
				mheap_listener_is_ready(session),
				(TASK_INTERRUPTIBLE | TASK_FREEZABLE));
}

/**
 * mheap_instances_init - make it possible to create instances
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int mheap_instances_init(void)
{
	int error;

	workqueue = alloc_workqueue("mheap", WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_FREEZABLE | WQ_SYSFS,
				    0);
	if (!workqueue)
		return -ENOMEM;
	error = mheap_shrinker_init();
	if (error)
		destroy_workqueue(workqueue);
	return error;
}

/**
 * mheap_instances_exit - wait until all instances are freed
 *
 * Context: May sleep. The last reference to each has been put.
 */
void mheap_instances_exit(void)
{
	destroy_workqueue(workqueue);
	mheap_shrinker_exit();
}
