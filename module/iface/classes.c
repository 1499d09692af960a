// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes: the directory of a heap's directory that tells what its bodies take, by size
 * class.
 */
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "classes.h"
#include "core/occupancy.h"
#include "folder.h"

/* One figure of each size class, with one space between them. */
static ssize_t emit_classes(struct kobject *kobj, char *text,
			    u64 figure_of(const struct mheap_class_occupancy *class))
{
	struct mheap_occupancy *occupancy = kmalloc(sizeof(*occupancy), GFP_KERNEL);
	ssize_t length = 0;
	unsigned int i;

	if (!occupancy)
		return -ENOMEM;
	if (mheap_occupancy_count(mheap_folder_heap(kobj), occupancy))
		length = -EINTR;
	for (i = 0; length >= 0 && i < MHEAP_CLASSES_ALL; i++)
		length += sysfs_emit_at(text, length, "%llu%c", figure_of(&occupancy->class[i]),
					i < MHEAP_CLASSES_ALL - 1 ? ' ' : '\n');
	kfree(occupancy);
	return length;
}

static u64 used(const struct mheap_class_occupancy *class)
{
	return class->used;
}

static u64 asked(const struct mheap_class_occupancy *class)
{
	return class->asked;
}

static u64 held(const struct mheap_class_occupancy *class)
{
	return class->held;
}

static u64 wasted(const struct mheap_class_occupancy *class)
{
	return class->held - class->asked;
}

static ssize_t used_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return emit_classes(kobj, text, used);
}

static ssize_t asked_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return emit_classes(kobj, text, asked);
}

static ssize_t held_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return emit_classes(kobj, text, held);
}

static ssize_t wasted_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return emit_classes(kobj, text, wasted);
}

static ssize_t sizes_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	ssize_t length = 0;
	unsigned int i;

	for (i = 0; i < MHEAP_CLASSES_ALL; i++)
		length += sysfs_emit_at(text, length, "%zu%c", mheap_occupancy_size(i),
					i < MHEAP_CLASSES_ALL - 1 ? ' ' : '\n');
	return length;
}

static struct kobj_attribute sizes_file = __ATTR_RO(sizes);
static struct kobj_attribute used_file = __ATTR_RO(used);
static struct kobj_attribute asked_file = __ATTR_RO(asked);
static struct kobj_attribute held_file = __ATTR_RO(held);
static struct kobj_attribute wasted_file = __ATTR_RO(wasted);

static struct attribute *classes_attrs[] = {
	&sizes_file.attr,
	&used_file.attr,
	&asked_file.attr,
	&held_file.attr,
	&wasted_file.attr,
	NULL,
};

const struct attribute_group mheap_classes = {
	.name = "classes",
	.attrs = classes_attrs,
};
