/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shrinker: when the kernel is short of memory, heaps that may have garbage are
 * collected. The kernel does not wait for that: it is told of what there may be, and
 * asks; collections are done on the workqueue.
 */
#ifndef _MHEAP_KERN_SHRINKER_H
#define _MHEAP_KERN_SHRINKER_H

struct mheap_instance;

int mheap_shrinker_init(void);
void mheap_shrinker_exit(void);
void mheap_shrinker_add(struct mheap_instance *instance);
void mheap_shrinker_remove(struct mheap_instance *instance);

#endif /* _MHEAP_KERN_SHRINKER_H */
