/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Memory for arrays. There is nothing to save when there is none: end. */
#ifndef PACKAGES_MEMORY_H
#define PACKAGES_MEMORY_H

#include <stdio.h>
#include <stdlib.h>

static inline void *must(void *memory)
{
	if (!memory) {
		fputs("mheap: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

/* Zeroed; never NULL, also for a count of 0. */
static inline void *array(size_t count, size_t size)
{
	return must(calloc(count ? count : 1, size));
}

static inline void *array_resize(void *old, size_t count, size_t size)
{
	return must(reallocarray(old, count ? count : 1, size));
}

#endif
