/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ. The rest of the module reads as if there were only the
 * newest one. Kbuild looks at the kernel's headers and defines MHEAP_HAS_*.
 */
#ifndef _MHEAP_KERN_COMPAT_H
#define _MHEAP_KERN_COMPAT_H

#include <linux/export.h>
#include <linux/module.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

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

/*
 * Shrinkers are allocated by the kernel, and cannot fail to be registered then, from
 * 6.7 on. The kernel's own flag for those tells; so others who include this need no
 * probe.
 */
#ifdef SHRINKER_ALLOCATED
static inline int mheap_shrinker_register(struct shrinker *shrinker)
{
	shrinker_register(shrinker);
	return 0;
}
#else
static inline struct shrinker *shrinker_alloc(unsigned int flags, const char *name)
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (shrinker)
		shrinker->flags = flags;
	return shrinker;
}

static inline int mheap_shrinker_register(struct shrinker *shrinker)
{
	return register_shrinker(shrinker, "mheap");
}

/* Does nothing but free it where it is not registered. */
static inline void shrinker_free(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}
#endif

/* User-mode Linux has no frame_pointer(). */
#ifdef CONFIG_UML
#define mheap_frame_pointer(regs)	PT_REGS_BP(regs)
#else
#define mheap_frame_pointer(regs)	frame_pointer(regs)
#endif

#endif /* _MHEAP_KERN_COMPAT_H */
