/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance: a heap together with what the kernel does for it in the
 * background. Whoever keeps a pointer to an instance holds a reference to it.
 */
#ifndef _MHEAP_KERN_INSTANCE_H
#define _MHEAP_KERN_INSTANCE_H

#include <linux/rcupdate.h>
#include <linux/ratelimit.h>
#include <linux/refcount.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "core/heap.h"
#include "trigger.h"

struct mheap_session;
struct completion;

#define MHEAP_INSTANCE_NAME	32	/* with the final NUL */

/**
 * struct mheap_instance - a heap and its background work
 * @rcu: the shrinker may still be counting; in front, as RCU wants it near there
 * @heap: the heap
 * @allocator: that of the heap, as it is registered
 * @references: sessions and the directory in sysfs; the last one queues @destroy
 * @dying: set once, by @destroy: nothing more is to be queued
 * @collect: runs the collections that are due
 * @release: continues releases
 * @shrink: gives empty memory back to the system
 * @trigger: asks for collections
 * @shrinkable: on the shrinker's list
 * @destroy: frees the instance
 * @settled: woken when @release has come to an end
 * @gone: completed when it has been freed, or NULL
 * @events: woken when there may be something to read for sessions that listen
 * @name: of the heap, in reports
 * @reports: how many of them there may be
 */
struct mheap_instance {
	struct rcu_head rcu;
	struct mheap_heap heap;
	struct mheap_allocator *allocator;
	refcount_t references;
	bool dying;
	struct work_struct collect;
	struct work_struct release;
	struct work_struct shrink;
	struct mheap_trigger trigger;
	struct list_head shrinkable;
	struct work_struct destroy;
	wait_queue_head_t settled;
	struct completion *gone;
	wait_queue_head_t events;
	char name[MHEAP_INSTANCE_NAME];
	struct ratelimit_state reports;
};

struct mheap_instance *mheap_instance_create(const struct mheap_heap_config *config);
struct mheap_instance *mheap_instance_get(struct mheap_instance *instance);
void mheap_instance_put(struct mheap_instance *instance);
void mheap_instance_put_and_wait(struct mheap_instance *instance);
void mheap_instance_delay(struct mheap_instance *instance, struct delayed_work *work,
			  u32 milliseconds);
void mheap_instance_repeat(struct mheap_instance *instance, struct delayed_work *work,
			   u32 milliseconds);
void mheap_instance_name(struct mheap_instance *instance, const char *name);
int mheap_instance_settle(struct mheap_instance *instance);
int mheap_instance_listen(struct mheap_instance *instance, struct mheap_session *session);

int mheap_instances_init(void);
void mheap_instances_exit(void);

#endif /* _MHEAP_KERN_INSTANCE_H */
