/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ. The rest of the module reads as if there were only the
 * newest one. Kbuild looks at the kernel's headers and defines MHEAP_HAS_*.
 */
#ifndef _MHEAP_KERN_COMPAT_H
#define _MHEAP_KERN_COMPAT_H

#include <linux/export.h>
#include <linux/module.h>

/*
 * What any module may use, <linux/mheap_kernel.h>, is in the namespace MHEAP; what is
 * exported for tests and measurements in MHEAP_INTERNAL. The name of a namespace
 * is a token before 6.13 and a string from then on.
 */
#ifdef MHEAP_HAS_STRING_NAMESPACE
#define MHEAP_NAMESPACE			"MHEAP"
#define MHEAP_NAMESPACE_INTERNAL	"MHEAP_INTERNAL"
#else
#define MHEAP_NAMESPACE			MHEAP
#define MHEAP_NAMESPACE_INTERNAL	MHEAP_INTERNAL
#endif
#define EXPORT_SYMBOL_MHEAP(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, MHEAP_NAMESPACE_INTERNAL)
#define MHEAP_IMPORT()			MODULE_IMPORT_NS(MHEAP_NAMESPACE_INTERNAL)

/* Behind what <linux/mheap_kernel.h> declares. */
#define EXPORT_SYMBOL_MHEAP_KERNEL(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, MHEAP_NAMESPACE)

/* get_ownership() of struct kobj_type takes a const kobject from 6.2 on. */
#ifdef MHEAP_HAS_CONST_OWNERSHIP
#define mheap_ownership_const	const
#else
#define mheap_ownership_const
#endif

#endif /* _MHEAP_KERN_COMPAT_H */
