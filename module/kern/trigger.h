/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Triggers: what makes the module collect a heap besides the heap itself. Each asks
 * for a full collection in the background, and only where automatic collection is on.
 * The settings are in heap->triggers. Memory pressure is in shrinker.h.
 */
#ifndef _MHEAP_KERN_TRIGGER_H
#define _MHEAP_KERN_TRIGGER_H

#include <linux/types.h>
#include <linux/workqueue.h>

#define MHEAP_TRIGGER_MAX	86400000U	/* milliseconds: a day */

struct mheap_instance;

/**
 * struct mheap_trigger - the triggers of a heap that look at the time
 * @interval: looks whether somebody has worked since the last full collection
 * @idle: looks whether nobody has worked since it looked last
 * @sections: that there had been then; only @idle uses it
 */
struct mheap_trigger {
	struct delayed_work interval;
	struct delayed_work idle;
	long sections;
};

void mheap_trigger_init(struct mheap_instance *instance);
void mheap_trigger_start(struct mheap_instance *instance);
void mheap_trigger_stop(struct mheap_instance *instance);
void mheap_trigger_set_interval(struct mheap_instance *instance, u32 milliseconds);
void mheap_trigger_set_idle(struct mheap_instance *instance, u32 milliseconds);
void mheap_trigger_closed(struct mheap_instance *instance);

#endif /* _MHEAP_KERN_TRIGGER_H */
