// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control: copy in, check, call, copy out.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <linux/mheap.h>

#include "control.h"
#include "core/collect.h"
#include "core/permanent.h"
#include "debug.h"
#include "file.h"
#include "folder.h"
#include "kern/instance.h"
#include "snapshot.h"

static_assert(MHEAP_GENERATIONS == MHEAP_GENERATION_COUNT);
static_assert(MHEAP_THRESHOLD_MAX == MHEAP_GENERATION_THRESHOLD_MAX);
static_assert(offsetof(struct mheap_stats, finalizing) == MHEAP_STATS_SIZE_0);
static_assert(MHEAP_GENERATION_PERMANENT == MHEAP_PERMANENT);
static_assert(MHEAP_LIMIT_MAX == MHEAP_LIMIT_GREATEST);

static long control_collect(struct mheap_heap *heap, struct mheap_collect __user *argument)
{
	struct mheap_collection collection;
	struct mheap_collect collect;
	int error;

	if (copy_from_user(&collect, argument, sizeof(collect)))
		return -EFAULT;
	if (collect.generation >= MHEAP_GENERATIONS || collect.reserved)
		return -EINVAL;
	error = mheap_collect(heap, collect.generation, &collection);
	if (error)
		return error;
	collect.visited = collection.visited;
	collect.unreachable = collection.unreachable;
	collect.freed = collection.freed;
	collect.uncollectable = collection.uncollectable;
	collect.nanoseconds = collection.nanoseconds;
	return copy_to_user(argument, &collect, sizeof(collect)) ? -EFAULT : 0;
}

static long control_get_threshold(struct mheap_heap *heap,
				  struct mheap_threshold __user *argument)
{
	struct mheap_threshold threshold = {};

	mheap_generations_get_threshold(&heap->generations, threshold.value);
	return copy_to_user(argument, &threshold, sizeof(threshold)) ? -EFAULT : 0;
}

static long control_set_threshold(struct mheap_heap *heap,
				  const struct mheap_threshold __user *argument)
{
	struct mheap_threshold threshold;

	if (copy_from_user(&threshold, argument, sizeof(threshold)))
		return -EFAULT;
	if (threshold.reserved)
		return -EINVAL;
	return mheap_generations_set_threshold(&heap->generations, threshold.value);
}

static long control_count(struct mheap_heap *heap, struct mheap_count __user *argument)
{
	struct mheap_count count = {};

	mheap_generations_get_count(&heap->generations, count.value);
	return copy_to_user(argument, &count, sizeof(count)) ? -EFAULT : 0;
}

static long control_get_limits(struct mheap_heap *heap, struct mheap_limits __user *argument)
{
	struct mheap_limits limits = {};
	u64 limit[MHEAP_LIMITS];

	mheap_limits_get(heap, limit);
	limits.objects = limit[MHEAP_LIMIT_OBJECTS];
	limits.bytes = limit[MHEAP_LIMIT_BYTES];
	limits.handles = limit[MHEAP_LIMIT_HANDLES];
	return copy_to_user(argument, &limits, sizeof(limits)) ? -EFAULT : 0;
}

static long control_set_limits(struct mheap_heap *heap,
			       const struct mheap_limits __user *argument)
{
	struct mheap_limits limits;
	u64 limit[MHEAP_LIMITS];

	if (copy_from_user(&limits, argument, sizeof(limits)))
		return -EFAULT;
	limit[MHEAP_LIMIT_OBJECTS] = limits.objects;
	limit[MHEAP_LIMIT_BYTES] = limits.bytes;
	limit[MHEAP_LIMIT_HANDLES] = limits.handles;
	return mheap_limits_set(heap, limit);
}

static void fill_generations(struct mheap_heap *heap, const u64 *objects,
			     struct mheap_generation_stats *stats)
{
	struct mheap_generation_figures figures[MHEAP_GENERATIONS];
	unsigned int i;

	mheap_generations_get_figures(&heap->generations, figures);
	for (i = 0; i < MHEAP_GENERATIONS; i++) {
		stats[i].collections = figures[i].collections;
		stats[i].visited = figures[i].visited;
		stats[i].collected = figures[i].collected;
		stats[i].uncollectable = figures[i].uncollectable;
		stats[i].nanoseconds = figures[i].nanoseconds;
		stats[i].longest = figures[i].longest;
		stats[i].objects = objects[i];
	}
}

static void fill_stats(const struct mheap_folder *folder, struct mheap_stats *stats)
{
	struct mheap_heap *heap = &mheap_folder_instance(folder)->heap;
	struct mheap_heap_figures figures;

	mheap_heap_figures(heap, &figures);
	stats->abi = MHEAP_ABI;
	strscpy_pad(stats->name, mheap_folder_name(folder), sizeof(stats->name));
	stats->objects = figures.objects;
	stats->bytes = figures.bytes;
	stats->handles = figures.handles;
	stats->sessions = figures.sessions;
	stats->pending = figures.pending;
	stats->created = figures.created;
	stats->freed_by_count = figures.freed_by_count;
	stats->freed_by_collector = figures.freed_by_collector;
	stats->table_bytes = figures.table_bytes;
	stats->finalizing = figures.finalizing;
	stats->finalizers_skipped = figures.finalizers_skipped;
	stats->frozen = figures.frozen;
	stats->garbage = figures.garbage;
	stats->limit_failures = atomic64_read(&heap->quota.failures);
	fill_generations(heap, figures.in_generation, stats->generation);
}

static long control_stats(const struct mheap_folder *folder,
			  struct mheap_stats __user *argument)
{
	struct mheap_stats stats = {};
	u32 size;

	if (get_user(size, &argument->size))
		return -EFAULT;
	if (size < MHEAP_STATS_SIZE_0)
		return -EINVAL;
	stats.size = min_t(u32, size, sizeof(stats));
	fill_stats(folder, &stats);
	return copy_to_user(argument, &stats, stats.size) ? -EFAULT : 0;
}

/* At a time; see struct mheap_root_names. */
#define NAMES_SIZE_MAX	65536U

static int list_names(struct mheap_heap *heap, struct mheap_root_names *names)
{
	struct mheap_root_list list = {
		.size = min(names->size, NAMES_SIZE_MAX),
		.bucket = names->cursor,
	};
	int error;

	list.text = mheap_port_kvmalloc(list.size, MHEAP_GFP);
	if (!list.text)
		return -ENOMEM;
	error = mheap_roots_list(heap, &list);
	if (!error && copy_to_user(u64_to_user_ptr(names->names), list.text, list.filled))
		error = -EFAULT;
	kvfree(list.text);
	names->size = list.filled;
	names->count = list.count;
	names->cursor = list.bucket % MHEAP_ROOT_BUCKETS_ALL;
	return error;
}

static long control_roots(struct mheap_heap *heap, struct mheap_root_names __user *argument)
{
	struct mheap_root_names names;
	int error;

	if (copy_from_user(&names, argument, sizeof(names)))
		return -EFAULT;
	if (names.reserved || names.size <= MHEAP_ROOT_NAME_MAX ||
	    names.cursor >= MHEAP_ROOT_BUCKETS_ALL)
		return -EINVAL;
	error = list_names(heap, &names);
	if (error)
		return error;
	return copy_to_user(argument, &names, sizeof(names)) ? -EFAULT : 0;
}

static long control_get_profile(struct mheap_heap *heap, struct mheap_profile __user *argument)
{
	const struct mheap_profile profile = {
		.mode = READ_ONCE(heap->sites.mode),
		.sample = READ_ONCE(heap->sites.sample),
	};

	return copy_to_user(argument, &profile, sizeof(profile)) ? -EFAULT : 0;
}

static long control_set_profile(struct mheap_heap *heap,
				const struct mheap_profile __user *argument)
{
	struct mheap_profile profile;

	if (copy_from_user(&profile, argument, sizeof(profile)))
		return -EFAULT;
	return mheap_sites_set(heap, profile.mode, profile.sample);
}

static long control_get_debug(struct mheap_heap *heap, struct mheap_debug __user *argument)
{
	struct mheap_debug debug = { .flags = READ_ONCE(heap->debug) };

	return copy_to_user(argument, &debug, sizeof(debug)) ? -EFAULT : 0;
}

static long control_set_debug(struct mheap_heap *heap, const struct mheap_debug __user *argument)
{
	struct mheap_debug debug;

	if (copy_from_user(&debug, argument, sizeof(debug)))
		return -EFAULT;
	if (debug.reserved)
		return -EINVAL;
	return mheap_debug_set(heap, debug.flags);
}

static long control(const struct mheap_folder *folder, unsigned int request,
		    void __user *argument)
{
	struct mheap_instance *instance = mheap_folder_instance(folder);
	struct mheap_heap *heap = &instance->heap;

	switch (request) {
	case MHEAP_IOC_COLLECT:
		return control_collect(heap, argument);
	case MHEAP_IOC_ENABLE:
		WRITE_ONCE(heap->generations.enabled, true);
		return 0;
	case MHEAP_IOC_DISABLE:
		WRITE_ONCE(heap->generations.enabled, false);
		return 0;
	case MHEAP_IOC_IS_ENABLED:
		return READ_ONCE(heap->generations.enabled);
	case MHEAP_IOC_GET_THRESHOLD:
		return control_get_threshold(heap, argument);
	case MHEAP_IOC_SET_THRESHOLD:
		return control_set_threshold(heap, argument);
	case MHEAP_IOC_COUNT:
		return control_count(heap, argument);
	case MHEAP_IOC_STATS:
		return control_stats(folder, argument);
	case MHEAP_IOC_SETTLE:
		return mheap_instance_settle(instance);
	case MHEAP_IOC_ROOTS:
		return control_roots(heap, argument);
	case MHEAP_IOC_SNAPSHOT:
		return mheap_snapshot_open(folder, argument);
	case MHEAP_IOC_GET_PROFILE:
		return control_get_profile(heap, argument);
	case MHEAP_IOC_SET_PROFILE:
		return control_set_profile(heap, argument);
	case MHEAP_IOC_GET_DEBUG:
		return control_get_debug(heap, argument);
	case MHEAP_IOC_SET_DEBUG:
		return control_set_debug(heap, argument);
	case MHEAP_IOC_FREEZE:
		return mheap_permanent_freeze(heap);
	case MHEAP_IOC_UNFREEZE:
		return mheap_permanent_unfreeze(heap);
	case MHEAP_IOC_CLEAR_GARBAGE:
		return mheap_garbage_clear(heap);
	case MHEAP_IOC_GET_LIMITS:
		return control_get_limits(heap, argument);
	case MHEAP_IOC_SET_LIMITS:
		return control_set_limits(heap, argument);
	default:
		return -ENOTTY;
	}
}

/**
 * mheap_control - do what a request of the device asks for
 * @file: the open file
 * @request: MHEAP_IOC_*, but not MHEAP_IOC_SUBMIT, JOIN or ENUMERATE
 * @argument: of the request
 *
 * Context: May sleep; in the process whose memory @argument is in.
 * Return: What <linux/mheap.h> says, -ENOTTY for an unknown request.
 */
long mheap_control(struct mheap_file *file, unsigned int request, void __user *argument)
{
	struct mheap_folder *folder = mheap_file_folder(file);
	long result = control(folder, request, argument);

	mheap_folder_put(folder);
	return result;
}
