// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device. The open file holds the module, so everything that is
 * reached from here has ended before the module can be unloaded.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include <linux/mheap.h>

#include "batch.h"
#include "chardev.h"
#include "control.h"
#include "file.h"
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

static long device_submit(struct mheap_file *file, void __user *argument)
{
	struct mheap_submit submit __uninitialized;

	if (!mheap_words_read(&submit, argument, sizeof(submit)))
		return -EFAULT;
	return mheap_batch_submit(file, &submit);
}

static long device_ioctl(struct file *filp, unsigned int request, unsigned long argument)
{
	struct mheap_file *file = filp->private_data;

	if (request == MHEAP_IOC_SUBMIT)
		return device_submit(file, (void __user *)argument);
	return mheap_control(file, request, (void __user *)argument);
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
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
