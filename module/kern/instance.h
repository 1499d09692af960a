/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance: a heap together with what the kernel does for it in the
 * background. Whoever keeps a pointer to an instance holds a reference to it.
 */
#ifndef _MHEAP_KERN_INSTANCE_H
#define _MHEAP_KERN_INSTANCE_H

#include <linux/refcount.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "core/heap.h"

/**
 * struct mheap_instance - a heap and its background work
 * @heap: the heap
 * @allocator: that of the heap, as it is registered
 * @references: sessions and the directory in sysfs; the last one queues @destroy
 * @dying: set once, by @destroy: nothing more is to be queued
 * @collect: runs the collections that are due
 * @release: continues releases
 * @shrink: gives empty memory back to the system
 * @destroy: frees the instance
 * @settled: woken when @release has come to an end
 */
struct mheap_instance {
	struct mheap_heap heap;
	struct mheap_allocator *allocator;
	refcount_t references;
	bool dying;
	struct work_struct collect;
	struct work_struct release;
	struct work_struct shrink;
	struct work_struct destroy;
	wait_queue_head_t settled;
};

struct mheap_instance *mheap_instance_create(const struct mheap_heap_config *config);
struct mheap_instance *mheap_instance_get(struct mheap_instance *instance);
void mheap_instance_put(struct mheap_instance *instance);
int mheap_instance_settle(struct mheap_instance *instance);

int mheap_instances_init(void);
void mheap_instances_exit(void);

#endif /* _MHEAP_KERN_INSTANCE_H */
