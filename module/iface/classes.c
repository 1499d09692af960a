// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes: the directory of a heap's directory that tells what its bodies take, by size
 * class.
 */
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "classes.h"
#include "core/fragmentation.h"
#include "core/occupancy.h"
#include "folder.h"

/* One figure of each size class, with one space between them. */
static ssize_t emit_figures(char *text, const u64 figure[MHEAP_CLASSES_ALL])
{
	ssize_t length = 0;
	unsigned int i;

	for (i = 0; i < MHEAP_CLASSES_ALL; i++)
		length += sysfs_emit_at(text, length, "%llu%c", figure[i],
					i < MHEAP_CLASSES_ALL - 1 ? ' ' : '\n');
	return length;
}

static ssize_t emit_classes(struct kobject *kobj, char *text,
			    u64 figure_of(const struct mheap_class_occupancy *class))
{
	struct mheap_occupancy *occupancy = kmalloc(sizeof(*occupancy), GFP_KERNEL);
	u64 figure[MHEAP_CLASSES_ALL];
	ssize_t length = -ENOMEM;
	unsigned int i;

	if (!occupancy)
		return length;
	length = mheap_occupancy_count(mheap_folder_heap(kobj), occupancy);
	if (!length) {
		for (i = 0; i < MHEAP_CLASSES_ALL; i++)
			figure[i] = figure_of(&occupancy->class[i]);
		length = emit_figures(text, figure);
	}
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

static ssize_t slabs_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	u64 *slabs = kmalloc_array(MHEAP_CLASSES_ALL, sizeof(*slabs), GFP_KERNEL);
	ssize_t length = -ENOMEM;

	if (!slabs)
		return length;
	length = mheap_fragmentation_count(mheap_folder_heap(kobj), slabs);
	if (!length)
		length = emit_figures(text, slabs);
	kfree(slabs);
	return length;
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
	u64 size[MHEAP_CLASSES_ALL];
	unsigned int i;

	for (i = 0; i < MHEAP_CLASSES_ALL; i++)
		size[i] = mheap_occupancy_size(i);
	return emit_figures(text, size);
}

static struct kobj_attribute sizes_file = __ATTR_RO(sizes);
static struct kobj_attribute used_file = __ATTR_RO(used);
static struct kobj_attribute asked_file = __ATTR_RO(asked);
static struct kobj_attribute held_file = __ATTR_RO(held);
static struct kobj_attribute wasted_file = __ATTR_RO(wasted);
static struct kobj_attribute slabs_file = __ATTR_RO(slabs);

static struct attribute *classes_attrs[] = {
	&sizes_file.attr,
	&used_file.attr,
	&asked_file.attr,
	&held_file.attr,
	&wasted_file.attr,
	&slabs_file.attr,
	NULL,
};

const struct attribute_group mheap_classes = {
	.name = "classes",
	.attrs = classes_attrs,
};
