/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classes: files of a heap's directory in classes/, each with a number for every size
 * class. See core/occupancy.h.
 */
#ifndef _MHEAP_IFACE_CLASSES_H
#define _MHEAP_IFACE_CLASSES_H

struct attribute_group;

extern const struct attribute_group mheap_classes;

#endif /* _MHEAP_IFACE_CLASSES_H */
