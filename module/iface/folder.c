// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/mheap/heapN, and for heaps of other modules by name.
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

#include "classes.h"
#include "core/collect.h"
#include "core/permanent.h"
#include "debug.h"
#include "folder.h"
#include "kern/instance.h"
#include "numbers.h"
#include "setting.h"
#include "statistics.h"

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

/**
 * mheap_folder_heap - the heap that a directory in sysfs is about
 * @kobj: of the directory
 *
 * Context: Any.
 * Return: The heap; it lives as long as the directory.
 */
struct mheap_heap *mheap_folder_heap(struct kobject *kobj)
{
	return &container_of(kobj, struct mheap_folder, kobj)->instance->heap;
}

static ssize_t collect_store(struct kobject *kobj, struct kobj_attribute *attribute,
			     const char *text, size_t length)
{
	struct mheap_collection collection;
	u64 generation;
	int error;

	error = mheap_numbers_parse(text, length, MHEAP_OLDEST, &generation, 1);
	if (!error)
		error = mheap_collect(mheap_folder_heap(kobj), generation, &collection);
	return error ?: length;
}

static ssize_t freeze_store(struct kobject *kobj, struct kobj_attribute *attribute,
			    const char *text, size_t length)
{
	struct mheap_heap *heap = mheap_folder_heap(kobj);
	u64 freeze;
	int error;

	error = mheap_numbers_parse(text, length, 1, &freeze, 1);
	if (!error)
		error = freeze ? mheap_permanent_freeze(heap) : mheap_permanent_unfreeze(heap);
	return error ?: length;
}

static ssize_t debug_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(mheap_folder_heap(kobj)->debug));
}

static ssize_t debug_store(struct kobject *kobj, struct kobj_attribute *attribute,
			   const char *text, size_t length)
{
	u32 flags;
	int error;

	error = mheap_debug_parse(text, length, &flags);
	if (!error)
		error = mheap_debug_set(mheap_folder_heap(kobj), flags);
	return error ?: length;
}

static ssize_t garbage_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%lld\n",
			  atomic64_read(&mheap_folder_heap(kobj)->garbage.count));
}

static ssize_t garbage_store(struct kobject *kobj, struct kobj_attribute *attribute,
			     const char *text, size_t length)
{
	u64 objects;
	int error;

	error = mheap_numbers_parse(text, length, 0, &objects, 1);
	if (!error)
		error = mheap_garbage_clear(mheap_folder_heap(kobj));
	return error ?: length;
}

static struct kobj_attribute collect_file = __ATTR_WO(collect);
static struct kobj_attribute freeze_file = __ATTR_WO(freeze);
static struct kobj_attribute debug_file = __ATTR_RW(debug);
static struct kobj_attribute garbage_file = __ATTR_RW(garbage);

static struct attribute *action_attrs[] = {
	&collect_file.attr,
	&freeze_file.attr,
	&debug_file.attr,
	&garbage_file.attr,
	NULL,
};

static const struct attribute_group actions = {
	.attrs = action_attrs,
};

static const struct attribute_group *folder_groups[] = {
	&mheap_settings_of_heap,
	&actions,
	&mheap_figures,
	&mheap_statistics,
	&mheap_classes,
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

static int add(struct mheap_folder *folder, const char *name)
{
	if (name)
		return kobject_init_and_add(&folder->kobj, &folder_type, parent, "%s", name);
	return kobject_init_and_add(&folder->kobj, &folder_type, parent, "heap%lld",
				    atomic64_fetch_inc(&created));
}

/**
 * mheap_folder_create - make the directory of a heap
 * @instance: the heap; the directory takes a reference of its own
 * @name: that no other heap has, and then it belongs to root; or NULL
 *
 * Context: May sleep.
 * Return: The directory, for the heap's first session, which is to leave it with
 * mheap_folder_leave(); or an ERR_PTR().
 */
struct mheap_folder *mheap_folder_create(struct mheap_instance *instance, const char *name)
{
	struct mheap_folder *folder;
	int error;

	folder = kzalloc(sizeof(*folder), MHEAP_GFP);
	if (!folder)
		return ERR_PTR(-ENOMEM);
	folder->instance = mheap_instance_get(instance);
	refcount_set(&folder->sessions, 1);
	folder->uid = name ? GLOBAL_ROOT_UID : current_fsuid();
	folder->gid = name ? GLOBAL_ROOT_GID : current_fsgid();
	atomic_inc(&existing);
	error = add(folder, name);
	if (error) {
		kobject_put(&folder->kobj);
		return ERR_PTR(error);
	}
	mheap_instance_name(instance, mheap_folder_name(folder));
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
