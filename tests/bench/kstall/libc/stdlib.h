/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/vmalloc.h>

#define malloc(size)		vmalloc(size)
#define calloc(count, size)	vzalloc((size_t)(count) * (size))
#define free(memory)		vfree(memory)
