/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers, as programs write them to files in sysfs.
 */
#ifndef _MHEAP_IFACE_NUMBERS_H
#define _MHEAP_IFACE_NUMBERS_H

#include <linux/types.h>

int mheap_numbers_parse(const char *text, size_t length, u64 max, u64 *number,
			unsigned int count);

#endif /* _MHEAP_IFACE_NUMBERS_H */
