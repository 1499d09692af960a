/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Defaults: what new heaps start with, and their directory in sysfs.
 */
#ifndef _MHEAP_IFACE_DEFAULTS_H
#define _MHEAP_IFACE_DEFAULTS_H

struct kobject;
struct mheap_allocator;
struct mheap_heap_config;

int mheap_defaults_init(struct kobject *parent);
void mheap_defaults_exit(void);
void mheap_defaults_get(struct mheap_heap_config *config);
struct mheap_heap_config *mheap_defaults_lock(void);
void mheap_defaults_unlock(void);
struct mheap_allocator *mheap_defaults_allocator(const char *name);

#endif /* _MHEAP_IFACE_DEFAULTS_H */
