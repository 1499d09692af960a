// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's directory in sysfs.
 */
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "defaults.h"
#include "folder.h"
#include "kern/allocators.h"
#include "sysfs.h"

static struct kobject *root;

/* Names with one space between them. */
static ssize_t allocators_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	char name[MHEAP_ALLOCATOR_NAME_MAX];
	ssize_t length = 0;
	unsigned int i;

	for (i = 0; !mheap_allocator_name(i, name); i++)
		length += sysfs_emit_at(text, length, "%s%s", i ? " " : "", name);
	length += sysfs_emit_at(text, length, "\n");
	return length;
}

static const struct kobj_attribute allocators_file = __ATTR_RO(allocators);

/**
 * mheap_sysfs_init - make /sys/kernel/mheap
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int mheap_sysfs_init(void)
{
	int error;

	root = kobject_create_and_add("mheap", kernel_kobj);
	if (!root)
		return -ENOMEM;
	error = mheap_defaults_init(root);
	if (error) {
		kobject_put(root);
		return error;
	}
	error = sysfs_create_file(root, &allocators_file.attr);
	if (error) {
		mheap_defaults_exit();
		kobject_put(root);
		return error;
	}
	mheap_folders_init(root);
	return 0;
}

/**
 * mheap_sysfs_exit - remove /sys/kernel/mheap
 *
 * Context: May sleep. The directories of all heaps have been removed.
 */
void mheap_sysfs_exit(void)
{
	mheap_folders_exit();
	mheap_defaults_exit();
	kobject_del(root);
	kobject_put(root);
}
