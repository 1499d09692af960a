// SPDX-License-Identifier: GPL-2.0-only
/*
 * Triggers: time and the end of sessions.
 *
 * Operations know nothing of it: what they do anyway, count the sections of their lane,
 * is summed up at each tick.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>

#include "core/collect.h"
#include "instance.h"
#include "trigger.h"

static bool is_automatic(const struct mheap_heap *heap)
{
	return mheap_generations_is_automatic(&heap->generations);
}

static void interval_work(struct work_struct *work)
{
	struct mheap_instance *instance = container_of(to_delayed_work(work),
						       struct mheap_instance, trigger.interval);
	struct mheap_heap *heap = &instance->heap;
	const u32 milliseconds = READ_ONCE(heap->triggers.interval);
	long sections;

	if (!milliseconds)
		return;
	if (is_automatic(heap) && mheap_collect_is_worthwhile(heap, &sections))
		mheap_collect_ask(heap, MHEAP_CAUSE_INTERVAL);
	mheap_instance_repeat(instance, &instance->trigger.interval, milliseconds);
}

static void idle_work(struct work_struct *work)
{
	struct mheap_instance *instance = container_of(to_delayed_work(work),
						       struct mheap_instance, trigger.idle);
	struct mheap_heap *heap = &instance->heap;
	const u32 milliseconds = READ_ONCE(heap->triggers.idle);
	bool worthwhile;
	long sections;

	if (!milliseconds)
		return;
	worthwhile = mheap_collect_is_worthwhile(heap, &sections);
	if (worthwhile && sections == instance->trigger.sections && is_automatic(heap))
		mheap_collect_ask(heap, MHEAP_CAUSE_IDLE);
	instance->trigger.sections = sections;
	mheap_instance_repeat(instance, &instance->trigger.idle, milliseconds);
}

/**
 * mheap_trigger_init - no trigger is armed
 * @instance: to be made
 *
 * Context: Any.
 */
void mheap_trigger_init(struct mheap_instance *instance)
{
	INIT_DELAYED_WORK(&instance->trigger.interval, interval_work);
	INIT_DELAYED_WORK(&instance->trigger.idle, idle_work);
	instance->trigger.sections = 0;
}

static void arm(struct mheap_instance *instance, struct delayed_work *work, u32 milliseconds)
{
	if (milliseconds)
		mheap_instance_delay(instance, work, milliseconds);
	else
		cancel_delayed_work(work);
}

/**
 * mheap_trigger_start - arm the triggers that are set
 * @instance: made
 *
 * Context: Any.
 */
void mheap_trigger_start(struct mheap_instance *instance)
{
	arm(instance, &instance->trigger.interval, instance->heap.triggers.interval);
	arm(instance, &instance->trigger.idle, instance->heap.triggers.idle);
}

/**
 * mheap_trigger_stop - no trigger looks at the heap any more
 * @instance: nobody can set its triggers any more
 *
 * Context: May sleep; waits for those that do.
 */
void mheap_trigger_stop(struct mheap_instance *instance)
{
	cancel_delayed_work_sync(&instance->trigger.interval);
	cancel_delayed_work_sync(&instance->trigger.idle);
}

/**
 * mheap_trigger_set_interval - set the time from one look at the heap to the next
 * @instance: the caller has a reference
 * @milliseconds: at most MHEAP_TRIGGER_MAX; 0 for never
 *
 * Context: Any.
 */
void mheap_trigger_set_interval(struct mheap_instance *instance, u32 milliseconds)
{
	WRITE_ONCE(instance->heap.triggers.interval, milliseconds);
	arm(instance, &instance->trigger.interval, milliseconds);
}

/**
 * mheap_trigger_set_idle - set how long nobody is to have worked
 * @instance: the caller has a reference
 * @milliseconds: at most MHEAP_TRIGGER_MAX; 0 for never
 *
 * Context: Any.
 */
void mheap_trigger_set_idle(struct mheap_instance *instance, u32 milliseconds)
{
	WRITE_ONCE(instance->heap.triggers.idle, milliseconds);
	arm(instance, &instance->trigger.idle, milliseconds);
}

/**
 * mheap_trigger_closed - a session of the heap is closed
 * @instance: the caller has a reference
 *
 * Context: Any.
 */
void mheap_trigger_closed(struct mheap_instance *instance)
{
	struct mheap_heap *heap = &instance->heap;

	if (READ_ONCE(heap->triggers.close) && atomic_read(&heap->sessions) && is_automatic(heap))
		mheap_collect_ask(heap, MHEAP_CAUSE_CLOSE);
}
