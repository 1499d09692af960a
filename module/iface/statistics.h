/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics: files of a heap's directory that only show something, in the
 * directory itself and in stats/.
 */
#ifndef _MHEAP_IFACE_STATISTICS_H
#define _MHEAP_IFACE_STATISTICS_H

struct attribute_group;

extern const struct attribute_group mheap_figures;
extern const struct attribute_group mheap_statistics;

#endif /* _MHEAP_IFACE_STATISTICS_H */
