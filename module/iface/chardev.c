// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device. The open file holds the module, so everything that is
 * reached from here has ended before the module can be unloaded.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <linux/mheap.h>

#include "batch.h"
#include "chardev.h"
#include "control.h"
#include "enumerate.h"
#include "event.h"
#include "file.h"
#include "kern/allocators.h"
#include "words.h"

static int device_open(struct inode *inode, struct file *filp)
{
	struct mheap_file *file = mheap_file_open();

	if (IS_ERR(file))
		return PTR_ERR(file);
	filp->private_data = file;
	return nonseekable_open(inode, filp);
}

static int device_release(struct inode *inode, struct file *filp)
{
	mheap_file_close(filp->private_data);
	return 0;
}

static __always_inline long device_submit(struct mheap_file *file, void __user *argument)
{
	struct mheap_submit submit __uninitialized;

	if (!mheap_words_read(&submit, argument, sizeof(submit)))
		return -EFAULT;
	return mheap_batch_submit(file, &submit);
}

/* Out of the way of all later ones. */
static noinline long device_submit_first(struct mheap_file *file, void __user *argument)
{
	mheap_file_settle(file);
	return device_submit(file, argument);
}

static_assert(MHEAP_ALLOCATOR_NAME_SIZE == MHEAP_ALLOCATOR_NAME_MAX);

static const struct file_operations device_operations;

static int join_file(struct file *filp, struct file *target)
{
	if (target->f_op != &device_operations || target == filp)
		return -EINVAL;
	return mheap_file_join(filp->private_data, target->private_data);
}

static noinline long device_join(struct file *filp, const void __user *argument)
{
	struct mheap_join join;
	struct file *target;
	int error;

	if (copy_from_user(&join, argument, sizeof(join)))
		return -EFAULT;
	if (memchr_inv(join.reserved, 0, sizeof(join.reserved)))
		return -EINVAL;
	target = fget(join.fd);
	if (!target)
		return -EBADF;
	error = join_file(filp, target);
	fput(target);
	return error;
}

static noinline long device_allocator(struct mheap_file *file, const void __user *argument)
{
	struct mheap_allocator_name allocator;
	size_t length;

	if (copy_from_user(&allocator, argument, sizeof(allocator)))
		return -EFAULT;
	length = strnlen(allocator.name, sizeof(allocator.name));
	if (length == sizeof(allocator.name) ||
	    memchr_inv(allocator.name + length, 0, sizeof(allocator.name) - length))
		return -EINVAL;
	return mheap_file_choose_allocator(file, allocator.name);
}

static long device_ioctl(struct file *filp, unsigned int request, unsigned long argument)
{
	struct mheap_file *file = filp->private_data;

	if (request == MHEAP_IOC_SUBMIT) {
		if (unlikely(!mheap_file_is_settled(file)))
			return device_submit_first(file, (void __user *)argument);
		return device_submit(file, (void __user *)argument);
	}
	if (request == MHEAP_IOC_ENUMERATE)
		return mheap_enumerate_for_user(file, (void __user *)argument);
	if (request == MHEAP_IOC_JOIN)
		return device_join(filp, (void __user *)argument);
	if (request == MHEAP_IOC_LISTEN)
		return mheap_events_listen(file, (void __user *)argument);
	if (request == MHEAP_IOC_ALLOCATOR)
		return device_allocator(file, (void __user *)argument);
	return mheap_control(file, request, (void __user *)argument);
}

static ssize_t device_read(struct file *filp, char __user *buffer, size_t size, loff_t *place)
{
	return mheap_events_read(filp->private_data, buffer, size, filp->f_flags & O_NONBLOCK);
}

static __poll_t device_poll(struct file *filp, struct poll_table_struct *table)
{
	return mheap_events_poll(filp->private_data, filp, table);
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read = device_read,
	.poll = device_poll,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mheap",
	.fops = &device_operations,
	.mode = 0600,
};

/**
 * mheap_chardev_init - open the door
 *
 * Context: May sleep.
 * Return: 0 or -errno.
 */
int mheap_chardev_init(void)
{
	return misc_register(&device);
}

/**
 * mheap_chardev_exit - close it
 *
 * Context: May sleep.
 */
void mheap_chardev_exit(void)
{
	misc_deregister(&device);
}
