// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/mheap/defaults. The values are CPython's until somebody changes
 * them.
 */
#include <linux/kobject.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "core/heap.h"
#include "defaults.h"
#include "kern/allocators.h"
#include "numbers.h"

static struct kobject *directory;
static DEFINE_SPINLOCK(lock);

/* Guarded by @lock. */
static struct mheap_heap_config defaults = {
	.generations = { .threshold = { 700, 10, 10 }, .enabled = true },
	.ceiling = 50,
};

/* Kept; guarded by @lock. */
static struct mheap_allocator *allocator;

/**
 * mheap_defaults_get - what a new heap starts with
 * @config: filled, as it is at one moment, but for the surroundings
 *
 * Context: Any.
 */
void mheap_defaults_get(struct mheap_heap_config *config)
{
	spin_lock(&lock);
	*config = defaults;
	spin_unlock(&lock);
}

static ssize_t threshold_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	struct mheap_heap_config config;

	mheap_defaults_get(&config);
	return sysfs_emit(text, "%u %u %u\n", config.generations.threshold[0],
			  config.generations.threshold[1], config.generations.threshold[2]);
}

static ssize_t threshold_store(struct kobject *kobj, struct kobj_attribute *attribute,
			       const char *text, size_t length)
{
	u32 threshold[MHEAP_GENERATION_COUNT];
	int error;

	error = mheap_numbers_parse(text, length, MHEAP_GENERATION_THRESHOLD_MAX, threshold,
				    MHEAP_GENERATION_COUNT);
	if (error)
		return error;
	spin_lock(&lock);
	memcpy(defaults.generations.threshold, threshold, sizeof(threshold));
	spin_unlock(&lock);
	return length;
}

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	struct mheap_heap_config config;

	mheap_defaults_get(&config);
	return sysfs_emit(text, "%u\n", config.generations.enabled);
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attribute,
			     const char *text, size_t length)
{
	u32 enabled;
	int error;

	error = mheap_numbers_parse(text, length, 1, &enabled, 1);
	if (error)
		return error;
	spin_lock(&lock);
	defaults.generations.enabled = enabled;
	spin_unlock(&lock);
	return length;
}

static ssize_t garbage_ceiling_show(struct kobject *kobj, struct kobj_attribute *attribute,
				    char *text)
{
	struct mheap_heap_config config;

	mheap_defaults_get(&config);
	return sysfs_emit(text, "%u\n", config.ceiling);
}

static ssize_t garbage_ceiling_store(struct kobject *kobj, struct kobj_attribute *attribute,
				     const char *text, size_t length)
{
	u32 percent;
	int error;

	error = mheap_numbers_parse(text, length, MHEAP_CEILING_MAX, &percent, 1);
	if (error)
		return error;
	spin_lock(&lock);
	defaults.ceiling = percent;
	spin_unlock(&lock);
	return length;
}

static ssize_t verify_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	struct mheap_heap_config config;

	mheap_defaults_get(&config);
	return sysfs_emit(text, "%u\n", config.verify);
}

static ssize_t verify_store(struct kobject *kobj, struct kobj_attribute *attribute,
			    const char *text, size_t length)
{
	u32 verify;
	int error;

	error = mheap_numbers_parse(text, length, 1, &verify, 1);
	if (error)
		return error;
	spin_lock(&lock);
	defaults.verify = verify;
	spin_unlock(&lock);
	return length;
}

/**
 * mheap_defaults_allocator - the allocator that a new heap has
 *
 * Context: Any that may take a spinlock.
 * Return: The allocator, for mheap_allocator_put().
 */
struct mheap_allocator *mheap_defaults_allocator(void)
{
	struct mheap_allocator *again;

	spin_lock(&lock);
	again = mheap_allocator_again(allocator);
	spin_unlock(&lock);
	return again;
}

static ssize_t allocator_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	struct mheap_allocator *shown = mheap_defaults_allocator();
	const ssize_t length = sysfs_emit(text, "%s\n", shown->ops->name);

	mheap_allocator_put(shown);
	return length;
}

static ssize_t allocator_store(struct kobject *kobj, struct kobj_attribute *attribute,
			       const char *text, size_t length)
{
	const size_t word = length && text[length - 1] == '\n' ? length - 1 : length;
	char name[MHEAP_ALLOCATOR_NAME_MAX] = "";
	struct mheap_allocator *chosen;

	if (!word || word >= sizeof(name) || memchr(text, 0, word))
		return -EINVAL;
	memcpy(name, text, word);
	chosen = mheap_allocator_get(name);
	if (IS_ERR(chosen))
		return -EINVAL;
	spin_lock(&lock);
	swap(allocator, chosen);
	spin_unlock(&lock);
	mheap_allocator_put(chosen);
	return length;
}

static ssize_t quarantine_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", mheap_allocators_get_quarantine());
}

static ssize_t quarantine_store(struct kobject *kobj, struct kobj_attribute *attribute,
				const char *text, size_t length)
{
	u32 bytes;
	int error;

	error = mheap_numbers_parse(text, length, U32_MAX, &bytes, 1);
	if (error)
		return error;
	mheap_allocators_set_quarantine(bytes);
	return length;
}

static struct kobj_attribute allocator_file = __ATTR_RW(allocator);
static struct kobj_attribute quarantine_file = __ATTR_RW(quarantine);
static struct kobj_attribute threshold_file = __ATTR_RW(threshold);
static struct kobj_attribute enabled_file = __ATTR_RW(enabled);
static struct kobj_attribute garbage_ceiling_file = __ATTR_RW(garbage_ceiling);
static struct kobj_attribute verify_file = __ATTR_RW(verify);

static struct attribute *defaults_attrs[] = {
	&threshold_file.attr,
	&enabled_file.attr,
	&garbage_ceiling_file.attr,
	&verify_file.attr,
	&allocator_file.attr,
	&quarantine_file.attr,
	NULL,
};

static const struct attribute_group group = {
	.attrs = defaults_attrs,
};

/**
 * mheap_defaults_init - make the directory
 * @parent: where
 *
 * Context: May sleep.
 * Return: 0 or -errno.
 */
int mheap_defaults_init(struct kobject *parent)
{
	int error;

	directory = kobject_create_and_add("defaults", parent);
	if (!directory)
		return -ENOMEM;
	allocator = mheap_allocator_get(MHEAP_ALLOCATOR_DEFAULT);
	error = sysfs_create_group(directory, &group);
	if (error) {
		kobject_put(directory);
		mheap_allocator_put(allocator);
	}
	return error;
}

/**
 * mheap_defaults_exit - remove the directory
 *
 * Context: May sleep; waits until nobody is in one of its files.
 */
void mheap_defaults_exit(void)
{
	kobject_del(directory);
	kobject_put(directory);
	mheap_allocator_put(allocator);
}
