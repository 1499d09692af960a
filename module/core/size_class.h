/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Size classes of bodies. They lie 8 bytes apart up to 128 bytes, from there on
 * eight to each power of two, up to 8192 bytes: a body wastes less than an eighth
 * of its class, or less than the 8 bytes of its alignment. What is larger has a
 * class of its own, the last.
 */
#ifndef _MHEAP_CORE_SIZE_CLASS_H
#define _MHEAP_CORE_SIZE_CLASS_H

#include "port.h"

#define MHEAP_CLASS_STEP	8U
#define MHEAP_CLASS_SMALL_MAX	128U
#define MHEAP_CLASSES_SMALL	(MHEAP_CLASS_SMALL_MAX / MHEAP_CLASS_STEP)
#define MHEAP_CLASS_STEPS	8U	/* classes to a power of two */
#define MHEAP_CLASS_MAX		8192U	/* bytes */

/* Of bodies up to MHEAP_CLASS_MAX: 128 << 6 is 8192. */
#define MHEAP_CLASSES		(MHEAP_CLASSES_SMALL + 6 * MHEAP_CLASS_STEPS)

/* The same, and the class of all that are larger. */
#define MHEAP_CLASSES_ALL	(MHEAP_CLASSES + 1)

/**
 * mheap_class_of - the class of a body
 * @size: 1 to MHEAP_CLASS_MAX
 *
 * Context: Any. Return: Less than MHEAP_CLASSES.
 */
static inline unsigned int mheap_class_of(size_t size)
{
	unsigned int shift;

	if (size <= MHEAP_CLASS_SMALL_MAX)
		return (size - 1) / MHEAP_CLASS_STEP;
	shift = fls((int)(size - 1)) - 4;	/* steps of 1 << shift bytes */
	return MHEAP_CLASSES_SMALL + (shift - 4) * MHEAP_CLASS_STEPS +
	       ((size - 1) >> shift) - MHEAP_CLASS_STEPS;
}

/**
 * mheap_class_size - the size of the largest body of a class
 * @class: less than MHEAP_CLASSES
 *
 * Context: Any. Return: Bytes.
 */
static inline size_t mheap_class_size(unsigned int class)
{
	const unsigned int large = class - MHEAP_CLASSES_SMALL;

	if (class < MHEAP_CLASSES_SMALL)
		return (class + 1) * MHEAP_CLASS_STEP;
	return (size_t)(MHEAP_CLASS_STEPS + 1 + large % MHEAP_CLASS_STEPS) <<
	       (4 + large / MHEAP_CLASS_STEPS);
}

#endif /* _MHEAP_CORE_SIZE_CLASS_H */
