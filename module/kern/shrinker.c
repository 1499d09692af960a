// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shrinker and its list of heaps.
 *
 * Whoever counts goes through the list under RCU. Whoever asks takes the lock, or does
 * not ask: the lock is what a heap that ends waits for, so that nothing is queued for
 * it behind its back.
 */
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "core/collect.h"
#include "instance.h"
#include "shrinker.h"

static struct shrinker *shrinker;
static LIST_HEAD(heaps);
static DEFINE_SPINLOCK(lock);	/* guards @heaps */

/*
 * What may be garbage: all that was allocated since the census of the last full
 * collection, and is still there, in pages.
 */
static unsigned long estimate(const struct mheap_heap *heap)
{
	const s64 growth = atomic64_read(&heap->size) - atomic64_read(&heap->ceiling.alive);

	if (growth <= 0 || !READ_ONCE(heap->triggers.shrink) ||
	    !mheap_generations_is_automatic(&heap->generations))
		return 0;
	return DIV_ROUND_UP_ULL(growth, PAGE_SIZE);
}

static unsigned long count(struct shrinker *unused, struct shrink_control *control)
{
	struct mheap_instance *instance;
	unsigned long pages = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(instance, &heaps, shrinkable)
		pages += estimate(&instance->heap);
	rcu_read_unlock();
	return pages;
}

/* Nothing is free when this returns, so it never says that something is. */
static unsigned long scan(struct shrinker *unused, struct shrink_control *control)
{
	struct mheap_instance *instance;

	if (!spin_trylock(&lock))
		return SHRINK_STOP;
	list_for_each_entry(instance, &heaps, shrinkable)
		if (estimate(&instance->heap))
			mheap_collect_ask(&instance->heap, MHEAP_CAUSE_PRESSURE);
	spin_unlock(&lock);
	return SHRINK_STOP;
}

/**
 * mheap_shrinker_add - from now on a heap may be asked to shrink
 * @instance: made
 *
 * Context: Any that may take a spinlock.
 */
void mheap_shrinker_add(struct mheap_instance *instance)
{
	spin_lock(&lock);
	list_add_tail_rcu(&instance->shrinkable, &heaps);
	spin_unlock(&lock);
}

/**
 * mheap_shrinker_remove - from now on nobody asks it any more
 * @instance: added; may be counted until an RCU grace period has passed
 *
 * Context: Any that may take a spinlock.
 */
void mheap_shrinker_remove(struct mheap_instance *instance)
{
	spin_lock(&lock);
	list_del_rcu(&instance->shrinkable);
	spin_unlock(&lock);
}

/**
 * mheap_shrinker_init - tell the kernel of the shrinker
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int mheap_shrinker_init(void)
{
	int error;

	shrinker = shrinker_alloc(0, "mheap");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->seeks = DEFAULT_SEEKS;
	error = mheap_shrinker_register(shrinker);
	if (error)
		shrinker_free(shrinker);
	return error;
}

/**
 * mheap_shrinker_exit - take it back
 *
 * Context: May sleep; waits until nobody is in it.
 */
void mheap_shrinker_exit(void)
{
	shrinker_free(shrinker);
}
