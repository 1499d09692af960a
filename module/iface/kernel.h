/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is behind <linux/mheap_kernel.h>: heaps that other modules make, and those
 * who work on them.
 */
#ifndef _MHEAP_IFACE_KERNEL_H
#define _MHEAP_IFACE_KERNEL_H

#include <linux/list.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <linux/mheap_kernel.h>

#include "core/session.h"

struct mheap_folder;
struct mheap_instance;

/**
 * struct mheap_kheap - a heap that another module made
 * @link: in the list of all of them, see kernel_heap.c
 * @params: of that module
 * @instance: the heap
 * @folder: its directory in sysfs
 * @users: how many there are
 * @finalizer: who calls finalizers, one of the users; NULL where no type has one
 * @finalize: what it does so in
 * @events: entry in the queue of @instance->events that queues @finalize
 */
struct mheap_kheap {
	struct list_head link;
	struct mheap_kheap_params params;
	struct mheap_instance *instance;
	struct mheap_folder *folder;
	atomic_t users;
	struct mheap_kuser *finalizer;
	struct work_struct finalize;
	struct wait_queue_entry events;
};

/**
 * struct mheap_kuser - somebody who works on it
 * @session: entered through a batch; it has no handles
 * @heap: the heap
 * @types: of its objects
 * @type_count: how many there are
 * @operations: in this section
 */
struct mheap_kuser {
	struct mheap_session session;
	struct mheap_kheap *heap;
	const struct mheap_ktype *types;
	u32 type_count;
	u32 operations;
};

int mheap_kernel_finalizers_start(struct mheap_kheap *heap);
int mheap_kernel_finalizers_wait(struct mheap_kheap *heap);
void mheap_kernel_finalizers_stop(struct mheap_kheap *heap);

int mheap_kernel_init(void);
void mheap_kernel_exit(void);

#endif /* _MHEAP_IFACE_KERNEL_H */
