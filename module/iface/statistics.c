// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics: files of a heap's directory that only show something.
 */
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "core/heap.h"
#include "core/release.h"
#include "folder.h"
#include "statistics.h"

static ssize_t emit_u32(char *text, const u32 value[MHEAP_GENERATION_COUNT])
{
	return sysfs_emit(text, "%u %u %u\n", value[0], value[1], value[2]);
}

/* Verdicts checked, found wrong, and not checked for want of memory. */
static ssize_t verdicts_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	const struct mheap_verify *verify = &mheap_folder_heap(kobj)->verify;

	return sysfs_emit(text, "%lld %lld %lld\n", atomic64_read(&verify->checked),
			  atomic64_read(&verify->wrong), atomic64_read(&verify->skipped));
}

static ssize_t ceiling_waits_show(struct kobject *kobj, struct kobj_attribute *attribute,
				  char *text)
{
	return sysfs_emit(text, "%lld\n", atomic64_read(&mheap_folder_heap(kobj)->ceiling.waits));
}

static ssize_t garbage_pardoned_show(struct kobject *kobj, struct kobj_attribute *attribute,
				     char *text)
{
	return sysfs_emit(text, "%lld\n",
			  atomic64_read(&mheap_folder_heap(kobj)->garbage.pardoned));
}

static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	u32 count[MHEAP_GENERATION_COUNT];

	mheap_generations_get_count(&mheap_folder_heap(kobj)->generations, count);
	return emit_u32(text, count);
}

static ssize_t allocator_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%s\n", mheap_folder_heap(kobj)->allocator->ops->name);
}

/* How many errors of each kind the allocator has found. */
static ssize_t allocator_errors_show(struct kobject *kobj, struct kobj_attribute *attribute,
				     char *text)
{
	const struct mheap_allocator *allocator = mheap_folder_heap(kobj)->allocator;
	u64 count[MHEAP_ERRORS] = {};

	if (allocator->ops->errors)
		allocator->ops->errors(allocator, count);
	return sysfs_emit(text, "%llu %llu %llu %llu %llu\n", count[MHEAP_ERROR_OVERRUN],
			  count[MHEAP_ERROR_UNDERRUN], count[MHEAP_ERROR_USE_AFTER_FREE],
			  count[MHEAP_ERROR_DOUBLE_FREE], count[MHEAP_ERROR_MISMATCH]);
}

static ssize_t peak_bytes_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%lld\n", READ_ONCE(mheap_folder_heap(kobj)->peak.ever));
}

static struct kobj_attribute verdicts_file = __ATTR_RO(verdicts);
static struct kobj_attribute ceiling_waits_file = __ATTR_RO(ceiling_waits);
static struct kobj_attribute garbage_pardoned_file = __ATTR_RO(garbage_pardoned);
static struct kobj_attribute count_file = __ATTR_RO(count);
static struct kobj_attribute allocator_file = __ATTR_RO(allocator);
static struct kobj_attribute allocator_errors_file = __ATTR_RO(allocator_errors);
static struct kobj_attribute peak_bytes_file = __ATTR_RO(peak_bytes);

static ssize_t sessions_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%d\n", atomic_read(&mheap_folder_heap(kobj)->sessions));
}

static ssize_t pending_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", mheap_release_pending(mheap_folder_heap(kobj)));
}

static ssize_t roots_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(mheap_folder_heap(kobj)->roots.count));
}

static struct kobj_attribute sessions_file = __ATTR_RO(sessions);
static struct kobj_attribute roots_file = __ATTR_RO(roots);
static struct kobj_attribute pending_file = __ATTR_RO(pending);

/**
 * struct figure_file - a file that shows what is in a struct of figures
 * @attribute: the file
 * @offset: of a u64 in struct mheap_heap_figures or mheap_generation_figures
 */
struct figure_file {
	struct kobj_attribute attribute;
	size_t offset;
};

static u64 figure(const struct kobj_attribute *attribute, const void *figures)
{
	return *(const u64 *)(figures + container_of(attribute, const struct figure_file,
						     attribute)->offset);
}

static ssize_t figure_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(mheap_folder_heap(kobj), &figures);
	return sysfs_emit(text, "%llu\n", figure(attribute, &figures));
}

static ssize_t generations_show(struct kobject *kobj, struct kobj_attribute *attribute,
				char *text)
{
	struct mheap_generation_figures figures[MHEAP_GENERATION_COUNT];

	mheap_generations_get_figures(&mheap_folder_heap(kobj)->generations, figures);
	return sysfs_emit(text, "%llu %llu %llu\n", figure(attribute, &figures[0]),
			  figure(attribute, &figures[1]), figure(attribute, &figures[2]));
}

static ssize_t in_generation_show(struct kobject *kobj, struct kobj_attribute *attribute,
				  char *text)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(mheap_folder_heap(kobj), &figures);
	return sysfs_emit(text, "%llu %llu %llu\n", figures.in_generation[0],
			  figures.in_generation[1], figures.in_generation[2]);
}

/* The numbers of all buckets, with one space between them. */
static ssize_t emit_histogram(char *text, const struct mheap_histogram *histogram)
{
	u64 count[MHEAP_HISTOGRAM_BUCKETS];
	ssize_t length = 0;
	u32 bucket;

	mheap_histogram_read(histogram, count);
	for (bucket = 0; bucket < MHEAP_HISTOGRAM_BUCKETS; bucket++)
		length += sysfs_emit_at(text, length, "%llu%c", count[bucket],
					bucket < MHEAP_HISTOGRAM_BUCKETS - 1 ? ' ' : '\n');
	return length;
}

static ssize_t stalls_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return emit_histogram(text, &mheap_folder_heap(kobj)->stalls);
}

/**
 * struct times_file - a file that shows how long the collections of a generation took
 * @attribute: the file
 * @generation: which one
 */
struct times_file {
	struct kobj_attribute attribute;
	u32 generation;
};

static ssize_t times_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	const struct times_file *file = container_of(attribute, struct times_file, attribute);

	return emit_histogram(text, &mheap_folder_heap(kobj)->generations.times[file->generation]);
}

#define FIGURE(file, field) {							\
	.attribute = __ATTR(file, 0444, figure_show, NULL),			\
	.offset = offsetof(struct mheap_heap_figures, field),			\
}

#define GENERATIONS(file, field) {						\
	.attribute = __ATTR(file, 0444, generations_show, NULL),		\
	.offset = offsetof(struct mheap_generation_figures, field),		\
}

static struct figure_file objects_file = FIGURE(objects, objects);
static struct figure_file bytes_file = FIGURE(bytes, bytes);
static struct figure_file handles_file = FIGURE(handles, handles);
static struct figure_file frozen_file = FIGURE(frozen, frozen);
static struct figure_file created_file = FIGURE(created, created);
static struct figure_file by_count_file = FIGURE(freed_by_count, freed_by_count);
static struct figure_file by_collector_file = FIGURE(freed_by_collector, freed_by_collector);
static struct figure_file table_bytes_file = FIGURE(table_bytes, table_bytes);
static struct figure_file finalizing_file = FIGURE(finalizing, finalizing);
static struct figure_file skipped_file = FIGURE(finalizers_skipped, finalizers_skipped);
static struct figure_file collections_file = GENERATIONS(collections, collections);
static struct figure_file visited_file = GENERATIONS(visited, visited);
static struct figure_file collected_file = GENERATIONS(collected, collected);
static struct figure_file uncollectable_file = GENERATIONS(uncollectable, uncollectable);
static struct figure_file nanoseconds_file = GENERATIONS(nanoseconds, nanoseconds);
static struct figure_file longest_file = GENERATIONS(longest, longest);
static struct kobj_attribute stalls_file = __ATTR_RO(stalls);

static struct times_file times_files[MHEAP_GENERATION_COUNT] = {
	{ __ATTR(collection_times_0, 0444, times_show, NULL), 0 },
	{ __ATTR(collection_times_1, 0444, times_show, NULL), 1 },
	{ __ATTR(collection_times_2, 0444, times_show, NULL), 2 },
};

/**
 * struct cause_file - a file that shows how often a heap was collected for a cause
 * @attribute: the file
 * @cause: enum mheap_cause
 */
struct cause_file {
	struct kobj_attribute attribute;
	enum mheap_cause cause;
};

static ssize_t cause_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	const struct cause_file *file = container_of(attribute, struct cause_file, attribute);

	return sysfs_emit(text, "%lld\n",
			  atomic64_read(&mheap_folder_heap(kobj)->causes[file->cause]));
}

static ssize_t limit_failures_show(struct kobject *kobj, struct kobj_attribute *attribute,
				   char *text)
{
	return sysfs_emit(text, "%lld\n",
			  atomic64_read(&mheap_folder_heap(kobj)->quota.failures));
}

static struct kobj_attribute limit_failures_file = __ATTR_RO(limit_failures);

#define CAUSE(name)	__ATTR(collections_by_##name, 0444, cause_show, NULL)

static struct cause_file by_threshold_file = { CAUSE(threshold), MHEAP_CAUSE_THRESHOLD };
static struct cause_file by_ceiling_file = { CAUSE(ceiling), MHEAP_CAUSE_CEILING };
static struct cause_file by_request_file = { CAUSE(request), MHEAP_CAUSE_REQUEST };
static struct cause_file by_interval_file = { CAUSE(interval), MHEAP_CAUSE_INTERVAL };
static struct cause_file by_idle_file = { CAUSE(idle), MHEAP_CAUSE_IDLE };
static struct cause_file by_close_file = { CAUSE(close), MHEAP_CAUSE_CLOSE };
static struct cause_file by_limit_file = { CAUSE(limit), MHEAP_CAUSE_LIMIT };
static struct cause_file by_pressure_file = { CAUSE(pressure), MHEAP_CAUSE_PRESSURE };

static struct kobj_attribute in_generation_file =
	__ATTR(objects, 0444, in_generation_show, NULL);

static struct attribute *figure_attrs[] = {
	&count_file.attr,
	&objects_file.attribute.attr,
	&bytes_file.attribute.attr,
	&handles_file.attribute.attr,
	&sessions_file.attr,
	&roots_file.attr,
	&allocator_file.attr,
	NULL,
};

const struct attribute_group mheap_figures = {
	.attrs = figure_attrs,
};

static struct attribute *stats_attrs[] = {
	&collections_file.attribute.attr,
	&visited_file.attribute.attr,
	&collected_file.attribute.attr,
	&uncollectable_file.attribute.attr,
	&nanoseconds_file.attribute.attr,
	&longest_file.attribute.attr,
	&times_files[0].attribute.attr,
	&times_files[1].attribute.attr,
	&times_files[2].attribute.attr,
	&stalls_file.attr,
	&in_generation_file.attr,
	&frozen_file.attribute.attr,
	&garbage_pardoned_file.attr,
	&created_file.attribute.attr,
	&by_count_file.attribute.attr,
	&by_collector_file.attribute.attr,
	&pending_file.attr,
	&table_bytes_file.attribute.attr,
	&finalizing_file.attribute.attr,
	&skipped_file.attribute.attr,
	&ceiling_waits_file.attr,
	&verdicts_file.attr,
	&allocator_errors_file.attr,
	&peak_bytes_file.attr,
	&limit_failures_file.attr,
	&by_threshold_file.attribute.attr,
	&by_ceiling_file.attribute.attr,
	&by_request_file.attribute.attr,
	&by_interval_file.attribute.attr,
	&by_idle_file.attribute.attr,
	&by_close_file.attribute.attr,
	&by_limit_file.attribute.attr,
	&by_pressure_file.attribute.attr,
	NULL,
};

const struct attribute_group mheap_statistics = {
	.name = "stats",
	.attrs = stats_attrs,
};
