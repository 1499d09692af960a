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
#include "setting.h"

static struct kobject *directory;
static DEFINE_SPINLOCK(lock);

/* Guarded by @lock. */
static struct mheap_heap_config defaults = {
	.generations = { .threshold = { 700, 10, 10 }, .enabled = true },
	.ceiling = 50,
	.finalizers_max = MHEAP_FINALIZERS_MAX_DEFAULT,
	.triggers = { .shrink = true },
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

/**
 * mheap_defaults_lock - change what a new heap starts with
 *
 * Context: Any that may take a spinlock; until mheap_defaults_unlock().
 * Return: What may be changed.
 */
struct mheap_heap_config *mheap_defaults_lock(void)
	__acquires(&lock)
{
	spin_lock(&lock);
	return &defaults;
}

/**
 * mheap_defaults_unlock - it has been changed
 *
 * Context: Behind mheap_defaults_lock().
 */
void mheap_defaults_unlock(void)
	__releases(&lock)
{
	spin_unlock(&lock);
}

/**
 * mheap_defaults_allocator - the allocator that a new heap has
 * @name: its name, or NULL for the default
 *
 * Context: Any that may take a spinlock.
 * Return: The allocator, for mheap_allocator_put(), or an ERR_PTR() of -ENOENT if none
 * has that name.
 */
struct mheap_allocator *mheap_defaults_allocator(const char *name)
{
	struct mheap_allocator *again;

	if (name)
		return mheap_allocator_get(name);
	spin_lock(&lock);
	again = mheap_allocator_again(allocator);
	spin_unlock(&lock);
	return again;
}

static ssize_t allocator_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	struct mheap_allocator *shown = mheap_defaults_allocator(NULL);
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
	u64 bytes;
	int error;

	error = mheap_numbers_parse(text, length, U32_MAX, &bytes, 1);
	if (error)
		return error;
	mheap_allocators_set_quarantine(bytes);
	return length;
}

static struct kobj_attribute allocator_file = __ATTR_RW(allocator);
static struct kobj_attribute quarantine_file = __ATTR_RW(quarantine);

/* What is no setting of a heap: it is given its allocator once and for all. */
static struct attribute *allocator_attrs[] = {
	&allocator_file.attr,
	&quarantine_file.attr,
	NULL,
};

static const struct attribute_group allocators = {
	.attrs = allocator_attrs,
};

static const struct attribute_group *groups[] = {
	&mheap_settings_of_defaults,
	&allocators,
	NULL,
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
	error = sysfs_create_groups(directory, groups);
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
