// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: from open to the last close.
 */
#include <linux/random.h>
#include <linux/slab.h>

#include "defaults.h"
#include "file.h"
#include "folder.h"
#include "kern/instance.h"
#include "serial.h"

static struct mheap_instance *new_instance(void)
{
	struct mheap_heap_config config;

	mheap_defaults_get(&config);
	return mheap_instance_create(&config);
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
	error = mheap_serial_get(&serial);
	if (error)
		goto err_file;
	file->instance = new_instance();
	if (IS_ERR(file->instance)) {
		error = PTR_ERR(file->instance);
		goto err_serial;
	}
	mheap_session_init(&file->session, &file->instance->heap, serial, get_random_u32());
	file->folder = mheap_folder_create(file->instance);
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
	kfree(file);
	return ERR_PTR(error);
}

/**
 * mheap_file_close - end the session, and with it the heap
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

	mheap_folder_remove(file->folder);
	mheap_session_fini(&file->session);
	mheap_instance_put(file->instance);
	mheap_serial_put(serial);
	kfree(file->window);
	kfree(file);
}
