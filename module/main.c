// SPDX-License-Identifier: GPL-2.0-only
/*
 * mheap: garbage-collected object heaps for programs. This is the beginning and
 * the end of it: each line needs those before it, and the door for programs
 * opens last and closes first. Other modules, see iface/kernel.h, are loaded when all
 * of it has begun, and gone before it ends.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/printk.h>

#include "iface/chardev.h"
#include "iface/kernel.h"
#include "iface/sysfs.h"
#include "kern/allocators.h"
#include "kern/instance.h"

#define VERSION "0.1.0"

static int __init start(void)
{
	int error;

	error = mheap_allocators_init();
	if (error)
		return error;
	error = mheap_instances_init();
	if (error)
		goto err_allocators;
	error = mheap_sysfs_init();
	if (error)
		goto err_instances;
	error = mheap_kernel_init();
	if (error)
		goto err_sysfs;
	error = mheap_chardev_init();
	if (error)
		goto err_kernel;
	pr_info("version " VERSION " loaded\n");
	return 0;

err_kernel:
	mheap_kernel_exit();
err_sysfs:
	mheap_sysfs_exit();
err_instances:
	mheap_instances_exit();
err_allocators:
	mheap_allocators_exit();
	return error;
}

static void __exit stop(void)
{
	mheap_chardev_exit();
	mheap_kernel_exit();
	mheap_sysfs_exit();
	mheap_instances_exit();
	mheap_allocators_exit();
	pr_info("unloaded\n");
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mheap authors");
MODULE_DESCRIPTION("Garbage-collected object heaps");
MODULE_VERSION(VERSION);
