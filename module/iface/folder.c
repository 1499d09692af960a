// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/mheap/heapN.
 *
 * The last session to leave removes the directory. Who is in a file's show or
 * store function keeps the removal waiting, so nothing that these functions wait
 * for may be held across mheap_folder_leave(). The kobject's own reference to the
 * instance lasts until the kobject is released.
 */
#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/kobject.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/wait_bit.h>

#include "core/collect.h"
#include "core/occupancy.h"
#include "core/release.h"
#include "folder.h"
#include "kern/instance.h"
#include "numbers.h"

/**
 * struct mheap_folder - the directory of a heap
 * @kobj: as sysfs knows it
 * @instance: the heap
 * @sessions: that have not left
 * @uid: who owns the files
 * @gid: likewise
 */
struct mheap_folder {
	struct kobject kobj;
	struct mheap_instance *instance;
	refcount_t sessions;
	kuid_t uid;
	kgid_t gid;
};

static struct kobject *parent;
static atomic64_t created = ATOMIC64_INIT(0);	/* never goes down: names are not reused */
static atomic_t existing = ATOMIC_INIT(0);

static struct mheap_heap *heap_of(struct kobject *kobj)
{
	return &container_of(kobj, struct mheap_folder, kobj)->instance->heap;
}

static ssize_t emit_u32(char *text, const u32 value[MHEAP_GENERATION_COUNT])
{
	return sysfs_emit(text, "%u %u %u\n", value[0], value[1], value[2]);
}

static ssize_t threshold_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	u32 threshold[MHEAP_GENERATION_COUNT];

	mheap_generations_get_threshold(&heap_of(kobj)->generations, threshold);
	return emit_u32(text, threshold);
}

static ssize_t threshold_store(struct kobject *kobj, struct kobj_attribute *attribute,
			       const char *text, size_t length)
{
	u32 threshold[MHEAP_GENERATION_COUNT];
	int error;

	error = mheap_numbers_parse(text, length, MHEAP_GENERATION_THRESHOLD_MAX, threshold,
				    MHEAP_GENERATION_COUNT);
	if (!error)
		error = mheap_generations_set_threshold(&heap_of(kobj)->generations, threshold);
	return error ?: length;
}

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(heap_of(kobj)->generations.enabled));
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attribute,
			     const char *text, size_t length)
{
	u32 enabled;
	int error;

	error = mheap_numbers_parse(text, length, 1, &enabled, 1);
	if (error)
		return error;
	WRITE_ONCE(heap_of(kobj)->generations.enabled, enabled);
	return length;
}

static ssize_t garbage_ceiling_show(struct kobject *kobj, struct kobj_attribute *attribute,
				    char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(heap_of(kobj)->ceiling.percent));
}

static ssize_t garbage_ceiling_store(struct kobject *kobj, struct kobj_attribute *attribute,
				     const char *text, size_t length)
{
	u32 percent;
	int error;

	error = mheap_numbers_parse(text, length, MHEAP_CEILING_MAX, &percent, 1);
	if (error)
		return error;
	mheap_ceiling_set(&heap_of(kobj)->ceiling, percent);
	return length;
}

static ssize_t verify_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(heap_of(kobj)->verify.enabled));
}

static ssize_t verify_store(struct kobject *kobj, struct kobj_attribute *attribute,
			    const char *text, size_t length)
{
	u32 verify;
	int error;

	error = mheap_numbers_parse(text, length, 1, &verify, 1);
	if (error)
		return error;
	WRITE_ONCE(heap_of(kobj)->verify.enabled, verify);
	return length;
}

/* Verdicts checked, found wrong, and not checked for want of memory. */
static ssize_t verdicts_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	const struct mheap_verify *verify = &heap_of(kobj)->verify;

	return sysfs_emit(text, "%lld %lld %lld\n", atomic64_read(&verify->checked),
			  atomic64_read(&verify->wrong), atomic64_read(&verify->skipped));
}

static ssize_t ceiling_waits_show(struct kobject *kobj, struct kobj_attribute *attribute,
				  char *text)
{
	return sysfs_emit(text, "%lld\n", atomic64_read(&heap_of(kobj)->ceiling.waits));
}

static ssize_t collect_store(struct kobject *kobj, struct kobj_attribute *attribute,
			     const char *text, size_t length)
{
	struct mheap_collection collection;
	u32 generation;
	int error;

	error = mheap_numbers_parse(text, length, MHEAP_OLDEST, &generation, 1);
	if (!error)
		error = mheap_collect(heap_of(kobj), generation, &collection);
	return error ?: length;
}

static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	u32 count[MHEAP_GENERATION_COUNT];

	mheap_generations_get_count(&heap_of(kobj)->generations, count);
	return emit_u32(text, count);
}

static ssize_t allocator_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%s\n", heap_of(kobj)->allocator->ops->name);
}

/* How many errors of each kind the allocator has found. */
static ssize_t allocator_errors_show(struct kobject *kobj, struct kobj_attribute *attribute,
				     char *text)
{
	const struct mheap_allocator *allocator = heap_of(kobj)->allocator;
	u64 count[MHEAP_ERRORS] = {};

	if (allocator->ops->errors)
		allocator->ops->errors(allocator, count);
	return sysfs_emit(text, "%llu %llu %llu %llu %llu\n", count[MHEAP_ERROR_OVERRUN],
			  count[MHEAP_ERROR_UNDERRUN], count[MHEAP_ERROR_USE_AFTER_FREE],
			  count[MHEAP_ERROR_DOUBLE_FREE], count[MHEAP_ERROR_MISMATCH]);
}

static ssize_t peak_bytes_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%lld\n", READ_ONCE(heap_of(kobj)->peak.ever));
}

static struct kobj_attribute allocator_errors_file = __ATTR_RO(allocator_errors);
static struct kobj_attribute peak_bytes_file = __ATTR_RO(peak_bytes);
static struct kobj_attribute threshold_file = __ATTR_RW(threshold);
static struct kobj_attribute enabled_file = __ATTR_RW(enabled);
static struct kobj_attribute garbage_ceiling_file = __ATTR_RW(garbage_ceiling);
static struct kobj_attribute verify_file = __ATTR_RW(verify);
static struct kobj_attribute verdicts_file = __ATTR_RO(verdicts);
static struct kobj_attribute ceiling_waits_file = __ATTR_RO(ceiling_waits);
static struct kobj_attribute collect_file = __ATTR_WO(collect);
static struct kobj_attribute count_file = __ATTR_RO(count);
static struct kobj_attribute allocator_file = __ATTR_RO(allocator);

static ssize_t sessions_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%d\n", atomic_read(&heap_of(kobj)->sessions));
}

static ssize_t pending_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", mheap_release_pending(heap_of(kobj)));
}

static ssize_t roots_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(heap_of(kobj)->roots.count));
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

	mheap_heap_figures(heap_of(kobj), &figures);
	return sysfs_emit(text, "%llu\n", figure(attribute, &figures));
}

static ssize_t generations_show(struct kobject *kobj, struct kobj_attribute *attribute,
				char *text)
{
	struct mheap_generation_figures figures[MHEAP_GENERATION_COUNT];

	mheap_generations_get_figures(&heap_of(kobj)->generations, figures);
	return sysfs_emit(text, "%llu %llu %llu\n", figure(attribute, &figures[0]),
			  figure(attribute, &figures[1]), figure(attribute, &figures[2]));
}

static ssize_t in_generation_show(struct kobject *kobj, struct kobj_attribute *attribute,
				  char *text)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(heap_of(kobj), &figures);
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
	return emit_histogram(text, &heap_of(kobj)->stalls);
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

	return emit_histogram(text, &heap_of(kobj)->generations.times[file->generation]);
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
static struct figure_file created_file = FIGURE(created, created);
static struct figure_file by_count_file = FIGURE(freed_by_count, freed_by_count);
static struct figure_file by_collector_file = FIGURE(freed_by_collector, freed_by_collector);
static struct figure_file table_bytes_file = FIGURE(table_bytes, table_bytes);
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

static struct kobj_attribute in_generation_file =
	__ATTR(objects, 0444, in_generation_show, NULL);

static struct attribute *folder_attrs[] = {
	&threshold_file.attr,
	&enabled_file.attr,
	&garbage_ceiling_file.attr,
	&verify_file.attr,
	&collect_file.attr,
	&count_file.attr,
	&objects_file.attribute.attr,
	&bytes_file.attribute.attr,
	&handles_file.attribute.attr,
	&sessions_file.attr,
	&roots_file.attr,
	&allocator_file.attr,
	NULL,
};

static const struct attribute_group folder_group = {
	.attrs = folder_attrs,
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
	&created_file.attribute.attr,
	&by_count_file.attribute.attr,
	&by_collector_file.attribute.attr,
	&pending_file.attr,
	&table_bytes_file.attribute.attr,
	&ceiling_waits_file.attr,
	&verdicts_file.attr,
	&allocator_errors_file.attr,
	&peak_bytes_file.attr,
	NULL,
};

static const struct attribute_group stats_group = {
	.name = "stats",
	.attrs = stats_attrs,
};

/* One figure of each size class, with one space between them. */
static ssize_t emit_classes(struct kobject *kobj, char *text,
			    u64 figure_of(const struct mheap_class_occupancy *class))
{
	struct mheap_occupancy *occupancy = kmalloc(sizeof(*occupancy), GFP_KERNEL);
	ssize_t length = 0;
	unsigned int i;

	if (!occupancy)
		return -ENOMEM;
	if (mheap_occupancy_count(heap_of(kobj), occupancy))
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

static const struct attribute_group classes_group = {
	.name = "classes",
	.attrs = classes_attrs,
};

static const struct attribute_group *folder_groups[] = {
	&folder_group,
	&stats_group,
	&classes_group,
	NULL,
};

static void get_ownership(mheap_ownership_const struct kobject *kobj, kuid_t *uid, kgid_t *gid)
{
	const struct mheap_folder *folder = container_of(kobj, struct mheap_folder, kobj);

	*uid = folder->uid;
	*gid = folder->gid;
}

static void release(struct kobject *kobj)
{
	struct mheap_folder *folder = container_of(kobj, struct mheap_folder, kobj);

	mheap_instance_put(folder->instance);
	kfree(folder);
	if (atomic_dec_and_test(&existing))
		wake_up_var(&existing);
}

static const struct kobj_type folder_type = {
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = folder_groups,
	.get_ownership = get_ownership,
	.release = release,
};

/**
 * mheap_folder_create - make the directory of a heap
 * @instance: the heap; the directory takes a reference of its own
 *
 * Context: May sleep.
 * Return: The directory, for the heap's first session, which is to leave it with
 * mheap_folder_leave(); or an ERR_PTR().
 */
struct mheap_folder *mheap_folder_create(struct mheap_instance *instance)
{
	struct mheap_folder *folder;
	int error;

	folder = kzalloc(sizeof(*folder), MHEAP_GFP);
	if (!folder)
		return ERR_PTR(-ENOMEM);
	folder->instance = mheap_instance_get(instance);
	refcount_set(&folder->sessions, 1);
	current_fsuid_fsgid(&folder->uid, &folder->gid);
	atomic_inc(&existing);
	error = kobject_init_and_add(&folder->kobj, &folder_type, parent, "heap%lld",
				     atomic64_fetch_inc(&created));
	if (error) {
		kobject_put(&folder->kobj);
		return ERR_PTR(error);
	}
	return folder;
}

/**
 * mheap_folder_join - one session more
 * @folder: the directory, which a session has that does not leave meanwhile
 *
 * Context: Any.
 */
void mheap_folder_join(struct mheap_folder *folder)
{
	refcount_inc(&folder->sessions);
}

/**
 * mheap_folder_leave - one session less; the last one removes the directory
 * @folder: to be forgotten by the session
 *
 * Context: May sleep; waits until nobody is in one of its files, so the caller
 * holds no lock.
 */
void mheap_folder_leave(struct mheap_folder *folder)
{
	if (!refcount_dec_and_test(&folder->sessions))
		return;
	kobject_del(&folder->kobj);
	kobject_put(&folder->kobj);
}

/**
 * mheap_folder_get - keep what is known of a directory, even if it is removed
 * @folder: the directory; some session has not left it
 *
 * Context: Any.
 * Return: @folder, for mheap_folder_put().
 */
struct mheap_folder *mheap_folder_get(struct mheap_folder *folder)
{
	kobject_get(&folder->kobj);
	return folder;
}

/**
 * mheap_folder_put - the opposite
 * @folder: from mheap_folder_get()
 *
 * Context: May sleep.
 */
void mheap_folder_put(struct mheap_folder *folder)
{
	kobject_put(&folder->kobj);
}

/**
 * mheap_folder_instance - the heap of a directory
 * @folder: the directory
 *
 * Context: Any.
 * Return: The instance, which lives as long as @folder.
 */
struct mheap_instance *mheap_folder_instance(const struct mheap_folder *folder)
{
	return folder->instance;
}

/**
 * mheap_folder_name - the name of a heap's directory
 * @folder: the directory
 *
 * Context: Any.
 * Return: At most 31 characters.
 */
const char *mheap_folder_name(const struct mheap_folder *folder)
{
	return kobject_name(&folder->kobj);
}

/**
 * mheap_folders_init - say where the directories of heaps are to be
 * @directory: their parent
 *
 * Context: Any.
 */
void mheap_folders_init(struct kobject *directory)
{
	parent = directory;
}

/**
 * mheap_folders_exit - wait until all directories are released
 *
 * Context: May sleep. They have been removed.
 */
void mheap_folders_exit(void)
{
	/* A kobject may be released later (it is, with DEBUG_KOBJECT_RELEASE). */
	wait_var_event(&existing, !atomic_read(&existing));
}
