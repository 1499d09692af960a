// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: from open to the last close.
 */
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "defaults.h"
#include "file.h"
#include "folder.h"
#include "kern/allocators.h"
#include "kern/instance.h"
#include "serial.h"

/* @allocator: its name; NULL for the default. */
static struct mheap_instance *new_instance(const char *allocator)
{
	struct mheap_heap_config config;
	struct mheap_instance *instance;
	struct mheap_allocator *chosen;

	chosen = mheap_defaults_allocator(allocator);
	if (IS_ERR(chosen))
		return ERR_CAST(chosen);
	mheap_defaults_get(&config);
	config.allocator = chosen;
	instance = mheap_instance_create(&config);
	mheap_allocator_put(chosen);
	return instance;
}

static void begin_session(struct mheap_file *file, u32 serial)
{
	struct mheap_owner owner = { .process = task_tgid_nr(current) };

	get_task_comm(owner.name, current->group_leader);
	mheap_session_init_for(&file->session, &file->instance->heap, serial, get_random_u32(),
			       &owner);
}

/**
 * mheap_file_open - make a heap and a session of it
 *
 * Context: May sleep.
 * Return: The file, or an ERR_PTR() of -ENOMEM, or of -ENFILE
 * where as many sessions are open as there can be.
 */
struct mheap_file *mheap_file_open(void)
{
	struct mheap_file *file;
	u32 serial;
	int error;

	file = kzalloc(sizeof(*file), MHEAP_GFP);
	if (!file)
		return ERR_PTR(-ENOMEM);
	mutex_init(&file->lock);
	mutex_init(&file->reading);
	error = mheap_serial_get(&serial);
	if (error)
		goto err_file;
	file->instance = new_instance(NULL);
	if (IS_ERR(file->instance)) {
		error = PTR_ERR(file->instance);
		goto err_serial;
	}
	begin_session(file, serial);
	file->folder = mheap_folder_create(file->instance, NULL);
	if (IS_ERR(file->folder)) {
		error = PTR_ERR(file->folder);
		goto err_session;
	}
	return file;

err_session:
	mheap_session_fini(&file->session);
	mheap_instance_put(file->instance);
err_serial:
	mheap_serial_put(serial);
err_file:
	mutex_destroy(&file->reading);
	mutex_destroy(&file->lock);
	kfree(file);
	return ERR_PTR(error);
}

/**
 * mheap_file_close - end the session, and with the last one the heap
 * @file: nobody else uses it any more
 *
 * The serial number goes last: as long as there are handles with it, no other
 * session has it.
 *
 * Context: May sleep; takes time in proportion to the session's handles.
 */
void mheap_file_close(struct mheap_file *file)
{
	const u32 serial = file->session.handles.serial;

	mheap_folder_leave(file->folder);
	mheap_session_fini(&file->session);
	mheap_trigger_closed(file->instance);
	mheap_instance_put(file->instance);
	mheap_serial_put(serial);
	kfree(file->window);
	mutex_destroy(&file->reading);
	mutex_destroy(&file->lock);
	kfree(file);
}

static void lock_both(struct mheap_file *a, struct mheap_file *b)
{
	if (a > b)
		swap(a, b);
	mutex_lock(&a->lock);
	mutex_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
}

static void unlock_both(struct mheap_file *a, struct mheap_file *b)
{
	mutex_unlock(&a->lock);
	mutex_unlock(&b->lock);
}

/*
 * Give up the heap and the session of a fresh file for those of another heap: the
 * caller has a reference to the instance, and a session's place in the directory.
 */
static void move(struct mheap_file *file, struct mheap_instance *instance,
		 struct mheap_folder *folder)
{
	const u32 serial = file->session.handles.serial;

	lockdep_assert_held(&file->lock);
	mheap_session_fini(&file->session);
	file->instance = instance;
	file->folder = folder;
	begin_session(file, serial);
}

/**
 * mheap_file_join - let a file become a session of another file's heap
 * @file: the file; its own heap goes
 * @target: another file, which is not closed meanwhile
 *
 * Joins of the same files in whatever directions wait for each other, and the first
 * settles both files. So a heap that somebody has joined is never given up, and the
 * session that is replaced here is one that nobody has used or waits for.
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY if @file is not fresh.
 */
int mheap_file_join(struct mheap_file *file, struct mheap_file *target)
{
	struct mheap_instance *instance;
	struct mheap_folder *folder;

	lock_both(file, target);
	if (file->settled) {
		unlock_both(file, target);
		return -EBUSY;
	}
	instance = file->instance;
	folder = file->folder;
	mheap_folder_join(target->folder);
	move(file, mheap_instance_get(target->instance), target->folder);
	/* Pair with the acquire in mheap_file_is_settled(). */
	smp_store_release(&target->settled, true);
	smp_store_release(&file->settled, true);	/* with all that move() did */
	unlock_both(file, target);
	mheap_folder_leave(folder);
	mheap_instance_put(instance);
	return 0;
}

/* Return: 0, or -EBUSY, and the file has kept its heap. */
static int replace(struct mheap_file *file, struct mheap_instance **instance,
		   struct mheap_folder **folder)
{
	struct mheap_instance *was;
	struct mheap_folder *left;
	int error = -EBUSY;

	mutex_lock(&file->lock);
	if (!file->settled) {
		was = file->instance;
		left = file->folder;
		move(file, *instance, *folder);
		*instance = was;
		*folder = left;
		error = 0;
	}
	mutex_unlock(&file->lock);
	return error;
}

/**
 * mheap_file_choose_allocator - make the heap of a file anew, with another allocator
 * @file: the open file
 * @name: of the allocator
 *
 * Context: May sleep.
 * Return: 0, -EBUSY if @file is not fresh, -ENOENT if no allocator has that name, or
 * -ENOMEM.
 */
int mheap_file_choose_allocator(struct mheap_file *file, const char *name)
{
	struct mheap_instance *instance;
	struct mheap_folder *folder;
	int error;

	if (mheap_file_is_settled(file))
		return -EBUSY;
	instance = new_instance(name);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	folder = mheap_folder_create(instance, NULL);
	if (IS_ERR(folder)) {
		mheap_instance_put(instance);
		return PTR_ERR(folder);
	}
	error = replace(file, &instance, &folder);
	/* What the file had before; or what was to be, and nobody has seen. */
	mheap_folder_leave(folder);
	mheap_instance_put(instance);
	return error;
}

/**
 * mheap_file_settle - from now on the session stays with its heap
 * @file: the open file
 *
 * Context: May sleep.
 */
void mheap_file_settle(struct mheap_file *file)
{
	mutex_lock(&file->lock);
	/* Pairs with the acquire in mheap_file_is_settled(). */
	smp_store_release(&file->settled, true);
	mutex_unlock(&file->lock);
}

/**
 * mheap_file_folder - the directory of a file's heap, and so the heap
 * @file: the open file; it may join another heap meanwhile
 *
 * Context: May sleep.
 * Return: The directory, for mheap_folder_put().
 */
struct mheap_folder *mheap_file_folder(struct mheap_file *file)
{
	struct mheap_folder *folder;

	mutex_lock(&file->lock);
	folder = mheap_folder_get(file->folder);
	mutex_unlock(&file->lock);
	return folder;
}
