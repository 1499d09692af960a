/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings: what can be set of a heap through its directory in sysfs, and of the
 * heaps that will be made through defaults/. Both have the same files, which
 * setting.c lists once.
 */
#ifndef _MHEAP_IFACE_SETTING_H
#define _MHEAP_IFACE_SETTING_H

struct attribute_group;

extern const struct attribute_group mheap_settings_of_heap;
extern const struct attribute_group mheap_settings_of_defaults;

#endif /* _MHEAP_IFACE_SETTING_H */
