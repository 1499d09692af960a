// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/mheap/defaults. The values are CPython's until somebody changes
 * them.
 */
#include <linux/kobject.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>

#include "core/heap.h"
#include "defaults.h"
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
	error = sysfs_create_group(directory, &mheap_settings_of_defaults);
	if (error)
		kobject_put(directory);
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
}
