// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heaps of other modules: from create to destroy.
 *
 * What a heap needs of other modules - types, an allocator - is used until the
 * instance is freed. So destroying waits for that, and only then lets go of them.
 */
#include <linux/ctype.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/body.h"
#include "core/collect.h"
#include "core/finalizer.h"
#include "defaults.h"
#include "folder.h"
#include "kern/allocators.h"
#include "kern/compat.h"
#include "kern/instance.h"
#include "kernel.h"

static_assert(MHEAP_KERNEL_GENERATIONS == MHEAP_GENERATION_COUNT);

static DEFINE_MUTEX(heaps_lock);
static LIST_HEAD(heaps);	/* guarded by @heaps_lock: no two have the same name */

/* Those of heaps that programs make are "heap" and a number. */
static bool is_reserved(const char *name)
{
	return !strcmp(name, "defaults") || (!strncmp(name, "heap", 4) && isdigit(name[4]));
}

static bool is_name(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (i == MHEAP_KERNEL_NAME_MAX || !isascii(name[i]) ||
		    (!isalnum(name[i]) && name[i] != '-' && name[i] != '_'))
			return false;
	return i && !is_reserved(name);
}

static int check_params(const struct mheap_kheap_params *params)
{
	u32 i;

	if (!params->name || !is_name(params->name) || params->flags & ~MHEAP_KHEAP_PIN ||
	    params->type_count > MHEAP_KERNEL_TYPES_MAX)
		return -EINVAL;
	for (i = 0; i < params->type_count; i++)
		if (params->types[i].slots > MHEAP_BODY_SLOTS_MAX ||
		    params->types[i].length > MHEAP_BODY_LENGTH_MAX)
			return -E2BIG;
	return 0;
}

/* Is this the module that made the heap, and is to destroy it before it goes? */
static bool is_own(const struct mheap_kheap_params *params, const struct module *owner)
{
	return owner == params->owner && !(params->flags & MHEAP_KHEAP_PIN);
}

static void put_modules(const struct mheap_kheap_params *params, u32 types)
{
	while (types--)
		if (!is_own(params, params->types[types].owner))
			module_put(params->types[types].owner);
	if (params->flags & MHEAP_KHEAP_PIN)
		module_put(params->owner);
	module_put(THIS_MODULE);
}

/*
 * The caller uses this module, so it is not on its way out. Whoever makes a heap may
 * be on its way in, and can be held then, but not on its way out.
 */
static int get_modules(const struct mheap_kheap_params *params)
{
	u32 i;

	if (params->flags & MHEAP_KHEAP_PIN && !try_module_get(params->owner))
		return -ENODEV;
	__module_get(THIS_MODULE);
	for (i = 0; i < params->type_count; i++)
		if (!is_own(params, params->types[i].owner) &&
		    !try_module_get(params->types[i].owner)) {
			put_modules(params, i);
			return -ENODEV;
		}
	return 0;
}

/*
 * A heap does not hold the module that is to destroy it, and so not by its allocator
 * either. Return: that module, where the allocator is in it, or NULL.
 */
static struct module *own_allocator(const struct mheap_kheap *heap)
{
	struct module *owner = heap->instance->allocator->ops->owner;

	return is_own(&heap->params, owner) ? owner : NULL;
}

static struct mheap_instance *new_instance(const struct mheap_kheap_params *params)
{
	struct mheap_heap_config config;
	struct mheap_allocator *allocator;
	struct mheap_instance *instance;

	allocator = mheap_defaults_allocator(params->allocator);
	if (IS_ERR(allocator))
		return ERR_CAST(allocator);
	mheap_defaults_get(&config);
	config.finalizers_max = MHEAP_FINALIZERS_MAX;
	config.allocator = allocator;
	instance = mheap_instance_create(&config);
	mheap_allocator_put(allocator);
	return instance;
}

/* The allocator is put with its module, which may be on its way out. */
static void free_instance(struct mheap_kheap *heap)
{
	__module_get(own_allocator(heap));
	mheap_instance_put_and_wait(heap->instance);
}

static int make_heap(struct mheap_kheap *heap)
{
	int error;

	heap->instance = new_instance(&heap->params);
	if (IS_ERR(heap->instance))
		return PTR_ERR(heap->instance);
	module_put(own_allocator(heap));
	error = mheap_kernel_finalizers_start(heap);
	if (error)
		goto err_instance;
	heap->folder = mheap_folder_create(heap->instance, heap->params.name);
	if (!IS_ERR(heap->folder))
		return 0;
	error = PTR_ERR(heap->folder);
	mheap_kernel_finalizers_stop(heap);
err_instance:
	free_instance(heap);
	return error;
}

static bool is_taken(const char *name)
{
	const struct mheap_kheap *heap;

	lockdep_assert_held(&heaps_lock);
	list_for_each_entry(heap, &heaps, link)
		if (!strcmp(heap->params.name, name))
			return true;
	return false;
}

static int claim_name(struct mheap_kheap *heap)
{
	int error = -EEXIST;

	mutex_lock(&heaps_lock);
	if (!is_taken(heap->params.name)) {
		list_add(&heap->link, &heaps);
		error = 0;
	}
	mutex_unlock(&heaps_lock);
	return error;
}

static void give_up_name(struct mheap_kheap *heap)
{
	mutex_lock(&heaps_lock);
	list_del(&heap->link);
	mutex_unlock(&heaps_lock);
}

/**
 * mheap_kheap_create - make a heap
 * @params: how it is to be; copied, but for the array of types and the names
 *
 * Its settings are those of /sys/kernel/mheap/defaults.
 *
 * Context: May sleep.
 * Return: The heap, or an ERR_PTR() of -EINVAL if the name, the flags or the number of
 * types are not allowed, -E2BIG if objects of a type would be too large, -EEXIST if a
 * heap has that name, -ENOENT if there is no such allocator, -ENODEV if a
 * module that is to be held is being unloaded, or -ENOMEM.
 */
struct mheap_kheap *mheap_kheap_create(const struct mheap_kheap_params *params)
{
	struct mheap_kheap *heap;
	int error;

	error = check_params(params);
	if (error)
		return ERR_PTR(error);
	heap = kzalloc(sizeof(*heap), MHEAP_GFP);
	if (!heap)
		return ERR_PTR(-ENOMEM);
	heap->params = *params;
	error = claim_name(heap);
	if (error)
		goto err_heap;
	error = get_modules(params);
	if (error)
		goto err_name;
	error = make_heap(heap);
	if (error)
		goto err_modules;
	return heap;

err_modules:
	put_modules(params, params->type_count);
err_name:
	give_up_name(heap);
err_heap:
	kfree(heap);
	return ERR_PTR(error);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kheap_create);

static bool has_users(const struct mheap_kheap *heap)
{
	return atomic_read(&heap->users) > (heap->finalizer ? 1 : 0);
}

/**
 * mheap_kheap_destroy - destroy a heap with all its objects
 * @heap: without users; an ERR_PTR() or NULL is no heap
 *
 * All references to its objects become void. Finalizers that are due are called
 * first; those of objects that are still alive, and of garbage that was not found
 * yet, are not: who wants them to be drops, collects and waits before, see
 * mheap_kheap_settle(). Nothing of the calling module is in use by the heap any more
 * when this returns. A heap that still has users stays, with a warning, and keeps
 * mheap from being unloaded.
 *
 * Context: May sleep, not in a finalizer of the heap; takes time in proportion to the
 * objects.
 */
void mheap_kheap_destroy(struct mheap_kheap *heap)
{
	if (IS_ERR_OR_NULL(heap))
		return;
	if (WARN(has_users(heap), "mheap: %s has users\n", heap->params.name))
		return;
	mheap_kernel_finalizers_stop(heap);
	mheap_folder_leave(heap->folder);
	free_instance(heap);
	give_up_name(heap);
	put_modules(&heap->params, heap->params.type_count);
	kfree(heap);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kheap_destroy);

/**
 * mheap_kheap_collect - collect now, and wait for the result
 * @heap: the heap
 * @generation: 0 to 2; the younger ones are taken along
 * @collection: filled with what it did, or NULL
 *
 * Also where automatic collection is off. What becomes unreachable meanwhile may be
 * left to the next one.
 *
 * Context: May sleep; the caller is in no batch.
 * Return: 0, -EINVAL if there is no such generation, or -EINTR if a signal kills the
 * process while another collection is under way.
 */
int mheap_kheap_collect(struct mheap_kheap *heap, u32 generation,
			struct mheap_kcollection *collection)
{
	struct mheap_collection result;
	int error;

	if (generation > MHEAP_OLDEST)
		return -EINVAL;
	error = mheap_collect(&heap->instance->heap, generation, &result);
	if (error || !collection)
		return error;
	collection->visited = result.visited;
	collection->unreachable = result.unreachable;
	collection->freed = result.freed;
	collection->uncollectable = result.uncollectable;
	collection->nanoseconds = result.nanoseconds;
	return 0;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kheap_collect);

/**
 * mheap_kheap_settle - wait until nothing is being done in the background
 * @heap: the heap
 *
 * That is, until no release is being continued, and all finalizers that are due have
 * been called and have returned. Garbage is not looked for.
 *
 * Context: May sleep; the caller is in no batch, and in no finalizer of the heap.
 * Return: 0, or -EINTR if a signal kills the process.
 */
int mheap_kheap_settle(struct mheap_kheap *heap)
{
	return mheap_kernel_finalizers_wait(heap);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kheap_settle);

/**
 * mheap_kheap_enable - switch automatic collection on or off
 * @heap: the heap
 * @enabled: on
 *
 * Context: Any.
 */
void mheap_kheap_enable(struct mheap_kheap *heap, bool enabled)
{
	WRITE_ONCE(heap->instance->heap.generations.enabled, enabled);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kheap_enable);

/**
 * mheap_kheap_set_threshold - set all three thresholds
 * @heap: the heap
 * @threshold: 0 to 2147483647 each; 0 for generation 0 switches automatic
 *             collection off
 *
 * Context: Process. Return: 0, or -EINVAL and none is changed.
 */
int mheap_kheap_set_threshold(struct mheap_kheap *heap,
			      const u32 threshold[MHEAP_KERNEL_GENERATIONS])
{
	return mheap_generations_set_threshold(&heap->instance->heap.generations, threshold);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kheap_set_threshold);

/**
 * mheap_kheap_get_threshold - the thresholds of the generations
 * @heap: the heap
 * @threshold: filled
 *
 * Context: Process.
 */
void mheap_kheap_get_threshold(struct mheap_kheap *heap,
			       u32 threshold[MHEAP_KERNEL_GENERATIONS])
{
	mheap_generations_get_threshold(&heap->instance->heap.generations, threshold);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kheap_get_threshold);

/**
 * mheap_kheap_stats - a heap as it is now
 * @heap: the heap
 * @stats: filled
 *
 * Context: May sleep; the caller is in no batch.
 */
void mheap_kheap_stats(struct mheap_kheap *heap, struct mheap_kstats *stats)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(&heap->instance->heap, &figures);
	stats->objects = figures.objects;
	stats->bytes = figures.bytes;
	stats->created = figures.created;
	stats->freed_by_count = figures.freed_by_count;
	stats->freed_by_collector = figures.freed_by_collector;
	stats->finalizing = figures.finalizing;
	memcpy(stats->in_generation, figures.in_generation, sizeof(stats->in_generation));
	stats->pending = figures.pending;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kheap_stats);
