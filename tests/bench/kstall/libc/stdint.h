/* SPDX-License-Identifier: GPL-2.0-only */
/* What shapes.c takes from libc, in the kernel. */
#include <linux/limits.h>
#include <linux/types.h>

#ifndef UINT32_MAX
#define UINT32_MAX	U32_MAX
#endif
