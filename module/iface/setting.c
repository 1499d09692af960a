// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of settings. A setting is one number or a few, each up to the same
 * maximum. Its place in struct mheap_heap_config is what a new heap starts with; of
 * a heap that exists it is a plain word of struct mheap_heap, or it has functions.
 */
#include <linux/kobject.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

#include "core/heap.h"
#include "defaults.h"
#include "folder.h"
#include "kern/instance.h"
#include "numbers.h"
#include "setting.h"

#define NUMBERS_MAX	MHEAP_GENERATION_COUNT

/**
 * struct setting - a row of the table
 * @of_heap: its file in the directory of a heap
 * @of_defaults: its file in defaults/
 * @max: the largest number that is allowed
 * @more: how many numbers there are besides the first one
 * @size: of a number where it is kept: that of a bool, u32 or u64
 * @config: offset of the first number in struct mheap_heap_config
 * @heap: the same in struct mheap_heap, where there is no function
 * @get: reads all numbers from a heap, or NULL
 * @set: writes them, or says -errno; or NULL
 */
struct setting {
	struct kobj_attribute of_heap;
	struct kobj_attribute of_defaults;
	u64 max;
	unsigned int more;
	size_t size;
	size_t config;
	size_t heap;
	void (*get)(struct mheap_heap *heap, u64 *number);
	int (*set)(struct mheap_heap *heap, const u64 *number);
};

static void read_at(const struct setting *setting, const void *at, u64 *number)
{
	unsigned int i;

	for (i = 0; i <= setting->more; i++, at += setting->size) {
		if (setting->size == sizeof(u64))
			number[i] = READ_ONCE(*(const u64 *)at);
		else if (setting->size == sizeof(u32))
			number[i] = READ_ONCE(*(const u32 *)at);
		else
			number[i] = READ_ONCE(*(const bool *)at);
	}
}

static void write_at(const struct setting *setting, void *at, const u64 *number)
{
	unsigned int i;

	for (i = 0; i <= setting->more; i++, at += setting->size) {
		if (setting->size == sizeof(u64))
			WRITE_ONCE(*(u64 *)at, number[i]);
		else if (setting->size == sizeof(u32))
			WRITE_ONCE(*(u32 *)at, number[i]);
		else
			WRITE_ONCE(*(bool *)at, number[i]);
	}
}

static ssize_t emit(char *text, const struct setting *setting, const u64 *number)
{
	ssize_t length = 0;
	unsigned int i;

	for (i = 0; i <= setting->more; i++)
		length += sysfs_emit_at(text, length, "%llu%c", number[i],
					i < setting->more ? ' ' : '\n');
	return length;
}

static ssize_t heap_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	const struct setting *setting = container_of(attribute, struct setting, of_heap);
	struct mheap_heap *heap = mheap_folder_heap(kobj);
	u64 number[NUMBERS_MAX];

	if (setting->get)
		setting->get(heap, number);
	else
		read_at(setting, (void *)heap + setting->heap, number);
	return emit(text, setting, number);
}

static ssize_t heap_store(struct kobject *kobj, struct kobj_attribute *attribute,
			  const char *text, size_t length)
{
	const struct setting *setting = container_of(attribute, struct setting, of_heap);
	struct mheap_heap *heap = mheap_folder_heap(kobj);
	u64 number[NUMBERS_MAX];
	int error;

	error = mheap_numbers_parse(text, length, setting->max, number, setting->more + 1);
	if (error)
		return error;
	if (setting->set)
		error = setting->set(heap, number);
	else
		write_at(setting, (void *)heap + setting->heap, number);
	return error ?: length;
}

static ssize_t defaults_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	const struct setting *setting = container_of(attribute, struct setting, of_defaults);
	struct mheap_heap_config config;
	u64 number[NUMBERS_MAX];

	mheap_defaults_get(&config);
	read_at(setting, (void *)&config + setting->config, number);
	return emit(text, setting, number);
}

static ssize_t defaults_store(struct kobject *kobj, struct kobj_attribute *attribute,
			      const char *text, size_t length)
{
	const struct setting *setting = container_of(attribute, struct setting, of_defaults);
	u64 number[NUMBERS_MAX];
	int error;

	error = mheap_numbers_parse(text, length, setting->max, number, setting->more + 1);
	if (error)
		return error;
	write_at(setting, (void *)mheap_defaults_lock() + setting->config, number);
	mheap_defaults_unlock();
	return length;
}

static void get_threshold(struct mheap_heap *heap, u64 *number)
{
	u32 threshold[MHEAP_GENERATION_COUNT];
	unsigned int i;

	mheap_generations_get_threshold(&heap->generations, threshold);
	for (i = 0; i < MHEAP_GENERATION_COUNT; i++)
		number[i] = threshold[i];
}

static int set_threshold(struct mheap_heap *heap, const u64 *number)
{
	u32 threshold[MHEAP_GENERATION_COUNT];
	unsigned int i;

	for (i = 0; i < MHEAP_GENERATION_COUNT; i++)
		threshold[i] = number[i];
	return mheap_generations_set_threshold(&heap->generations, threshold);
}

static int set_ceiling(struct mheap_heap *heap, const u64 *number)
{
	mheap_ceiling_set(&heap->ceiling, number[0]);
	return 0;
}

static struct mheap_instance *instance_of(struct mheap_heap *heap)
{
	return container_of(heap, struct mheap_instance, heap);
}

static int set_interval(struct mheap_heap *heap, const u64 *number)
{
	mheap_trigger_set_interval(instance_of(heap), number[0]);
	return 0;
}

static int set_idle(struct mheap_heap *heap, const u64 *number)
{
	mheap_trigger_set_idle(instance_of(heap), number[0]);
	return 0;
}

static int set_limit_objects(struct mheap_heap *heap, const u64 *number)
{
	return mheap_limit_set(heap, MHEAP_LIMIT_OBJECTS, number[0]);
}

static int set_limit_bytes(struct mheap_heap *heap, const u64 *number)
{
	return mheap_limit_set(heap, MHEAP_LIMIT_BYTES, number[0]);
}

static int set_limit_handles(struct mheap_heap *heap, const u64 *number)
{
	return mheap_limit_set(heap, MHEAP_LIMIT_HANDLES, number[0]);
}

static void get_profile(struct mheap_heap *heap, u64 *number)
{
	number[0] = READ_ONCE(heap->sites.mode);
	number[1] = READ_ONCE(heap->sites.sample);
}

static int set_profile(struct mheap_heap *heap, const u64 *number)
{
	return mheap_sites_set(heap, number[0], number[1]);
}

#define OF_HEAP(name)		__ATTR(name, 0644, heap_show, heap_store)
#define OF_DEFAULTS(name)	__ATTR(name, 0644, defaults_show, defaults_store)
#define IN_CONFIG(field)	offsetof(struct mheap_heap_config, field)
#define IN_HEAP(field)		offsetof(struct mheap_heap, field)

static struct setting threshold = {
	.of_heap = OF_HEAP(threshold), .of_defaults = OF_DEFAULTS(threshold),
	.max = MHEAP_GENERATION_THRESHOLD_MAX, .more = MHEAP_GENERATION_COUNT - 1,
	.size = sizeof(u32), .config = IN_CONFIG(generations.threshold),
	.get = get_threshold, .set = set_threshold,
};

static struct setting enabled = {
	.of_heap = OF_HEAP(enabled), .of_defaults = OF_DEFAULTS(enabled),
	.max = 1, .size = sizeof(bool),
	.config = IN_CONFIG(generations.enabled), .heap = IN_HEAP(generations.enabled),
};

static struct setting garbage_ceiling = {
	.of_heap = OF_HEAP(garbage_ceiling), .of_defaults = OF_DEFAULTS(garbage_ceiling),
	.max = MHEAP_CEILING_MAX, .size = sizeof(u32),
	.config = IN_CONFIG(ceiling), .heap = IN_HEAP(ceiling.percent), .set = set_ceiling,
};

static struct setting finalizers_max = {
	.of_heap = OF_HEAP(finalizers_max), .of_defaults = OF_DEFAULTS(finalizers_max),
	.max = MHEAP_FINALIZERS_MAX, .size = sizeof(u32),
	.config = IN_CONFIG(finalizers_max), .heap = IN_HEAP(finalizers.max),
};

static struct setting verify = {
	.of_heap = OF_HEAP(verify), .of_defaults = OF_DEFAULTS(verify),
	.max = 1, .size = sizeof(bool),
	.config = IN_CONFIG(verify), .heap = IN_HEAP(verify.enabled),
};

static struct setting interval_ms = {
	.of_heap = OF_HEAP(interval_ms), .of_defaults = OF_DEFAULTS(interval_ms),
	.max = MHEAP_TRIGGER_MAX, .size = sizeof(u32),
	.config = IN_CONFIG(triggers.interval), .heap = IN_HEAP(triggers.interval),
	.set = set_interval,
};

static struct setting idle_ms = {
	.of_heap = OF_HEAP(idle_ms), .of_defaults = OF_DEFAULTS(idle_ms),
	.max = MHEAP_TRIGGER_MAX, .size = sizeof(u32),
	.config = IN_CONFIG(triggers.idle), .heap = IN_HEAP(triggers.idle), .set = set_idle,
};

static struct setting collect_on_close = {
	.of_heap = OF_HEAP(collect_on_close), .of_defaults = OF_DEFAULTS(collect_on_close),
	.max = 1, .size = sizeof(bool),
	.config = IN_CONFIG(triggers.close), .heap = IN_HEAP(triggers.close),
};

static struct setting shrink = {
	.of_heap = OF_HEAP(shrink), .of_defaults = OF_DEFAULTS(shrink),
	.max = 1, .size = sizeof(bool),
	.config = IN_CONFIG(triggers.shrink), .heap = IN_HEAP(triggers.shrink),
};

static struct setting limit_objects = {
	.of_heap = OF_HEAP(limit_objects), .of_defaults = OF_DEFAULTS(limit_objects),
	.max = MHEAP_LIMIT_GREATEST, .size = sizeof(u64),
	.config = IN_CONFIG(limit[MHEAP_LIMIT_OBJECTS]),
	.heap = IN_HEAP(quota.limit[MHEAP_LIMIT_OBJECTS]), .set = set_limit_objects,
};

static struct setting limit_bytes = {
	.of_heap = OF_HEAP(limit_bytes), .of_defaults = OF_DEFAULTS(limit_bytes),
	.max = MHEAP_LIMIT_GREATEST, .size = sizeof(u64),
	.config = IN_CONFIG(limit[MHEAP_LIMIT_BYTES]),
	.heap = IN_HEAP(quota.limit[MHEAP_LIMIT_BYTES]), .set = set_limit_bytes,
};

static struct setting limit_handles = {
	.of_heap = OF_HEAP(limit_handles), .of_defaults = OF_DEFAULTS(limit_handles),
	.max = MHEAP_LIMIT_GREATEST, .size = sizeof(u64),
	.config = IN_CONFIG(limit[MHEAP_LIMIT_HANDLES]),
	.heap = IN_HEAP(quota.limit[MHEAP_LIMIT_HANDLES]), .set = set_limit_handles,
};

/* Of a heap alone: sites are of no use to whoever did not ask for them. */
static struct setting profile = {
	.of_heap = OF_HEAP(profile), .max = U32_MAX, .more = 1, .size = sizeof(u32),
	.get = get_profile, .set = set_profile,
};

static struct attribute *heap_attrs[] = {
	&threshold.of_heap.attr,
	&enabled.of_heap.attr,
	&garbage_ceiling.of_heap.attr,
	&finalizers_max.of_heap.attr,
	&verify.of_heap.attr,
	&interval_ms.of_heap.attr,
	&idle_ms.of_heap.attr,
	&collect_on_close.of_heap.attr,
	&shrink.of_heap.attr,
	&limit_objects.of_heap.attr,
	&limit_bytes.of_heap.attr,
	&limit_handles.of_heap.attr,
	&profile.of_heap.attr,
	NULL,
};

static struct attribute *defaults_attrs[] = {
	&threshold.of_defaults.attr,
	&enabled.of_defaults.attr,
	&garbage_ceiling.of_defaults.attr,
	&finalizers_max.of_defaults.attr,
	&verify.of_defaults.attr,
	&interval_ms.of_defaults.attr,
	&idle_ms.of_defaults.attr,
	&collect_on_close.of_defaults.attr,
	&shrink.of_defaults.attr,
	&limit_objects.of_defaults.attr,
	&limit_bytes.of_defaults.attr,
	&limit_handles.of_defaults.attr,
	NULL,
};

const struct attribute_group mheap_settings_of_heap = {
	.attrs = heap_attrs,
};

const struct attribute_group mheap_settings_of_defaults = {
	.attrs = defaults_attrs,
};
