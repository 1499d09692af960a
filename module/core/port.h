/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that the core takes from its surroundings. The core includes nothing else
 * from outside its folder, so the same source builds as a userspace library over
 * port_user.h, for sanitizers, fuzzing and benchmarks.
 */
#ifndef _MHEAP_CORE_PORT_H
#define _MHEAP_CORE_PORT_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/compiler_attributes.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kmemleak.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/preempt.h>
#include <linux/prefetch.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmalloc.h>
#include "../kern/compat.h"

/*
 * Zeroed memory of whole pages, without the rounding to a power of two that
 * kmalloc() does, and out of the direct map where there is a piece that large:
 * small pages cost the collector a miss in the TLB for every object. Who must not wait
 * gets only that.
 */
static inline void *mheap_port_alloc_pages(size_t size, gfp_t gfp)
{
	void *memory = alloc_pages_exact(size, gfp | __GFP_ZERO | __GFP_NORETRY);

	if (memory || !gfpflags_allow_blocking(gfp))
		return memory;
	return __vmalloc(size, gfp | __GFP_ZERO);
}

static inline void mheap_port_free_pages(void *memory, size_t size)
{
	if (is_vmalloc_addr(memory))
		vfree(memory);
	else
		free_pages_exact(memory, size);
}

/*
 * Memory of any size, for kvfree(). More than a page is contiguous only where such a
 * piece lies ready: kvmalloc() with __GFP_RETRY_MAYFAIL would reclaim and compact for
 * it as long as there is hope, and throw others' pages out.
 */
static inline void *mheap_port_kvmalloc(size_t size, gfp_t gfp)
{
	const gfp_t ready = gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_RETRY_MAYFAIL);
	void *memory;

	if (size <= PAGE_SIZE)
		return kmalloc(size, gfp);
	memory = kmalloc(size, ready | __GFP_NOWARN);
	return memory ? memory : __vmalloc(size, gfp);
}

static inline void *mheap_port_kvzalloc(size_t size, gfp_t gfp)
{
	return mheap_port_kvmalloc(size, gfp | __GFP_ZERO);
}

static inline void *mheap_port_kvcalloc(size_t count, size_t size, gfp_t gfp)
{
	return mheap_port_kvzalloc(array_size(count, size), gfp);
}

static inline void *mheap_port_vzalloc(size_t size, gfp_t gfp)
{
	return __vmalloc(size, gfp | __GFP_ZERO);
}

/* The slab that an object of a cache lies in, told apart by a number, and its size. */
static inline uintptr_t mheap_port_slab_of(const void *memory, size_t *bytes)
{
	struct page *page = virt_to_head_page(memory);

	*bytes = page_size(page);
	return (uintptr_t)page;
}

/* Memory that is never to be freed, and that nobody is to look for. */
static inline void mheap_port_leak(const void *memory)
{
	kmemleak_not_leak(memory);
}

/* A number that nobody can guess, and a hash that cannot be aimed at without it. */
static inline u64 mheap_port_seed(void)
{
	return get_random_u64();
}

static inline u64 mheap_port_hash(const void *data, size_t length, u64 seed)
{
	const siphash_key_t key = { .key = { seed, ~seed } };

	return siphash(data, length, &key);
}

/* Is the caller to end? Then what it does is worth no effort any more. */
static inline bool mheap_port_is_killed(void)
{
	return fatal_signal_pending(current);
}

/* Something is broken; say so as loudly as the kernel can. */
#define mheap_port_alarm(...)	WARN(1, "mheap: " __VA_ARGS__)
#else
#include "port_user.h"
#endif

/*
 * Memory that a caller asked for is charged to its cgroup. Without memory the
 * operation fails; it never calls the OOM killer, which would punish somebody
 * for a request that can simply be refused.
 */
#define MHEAP_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* The same for what a collection needs: of no cgroup, and without the OOM killer. */
#define MHEAP_GFP_OWN	(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* As MHEAP_GFP, of what is there without waiting. */
#define MHEAP_GFP_NOW	(GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN)

/*
 * For what a section must have before it can be left, and the heap can do without: a
 * little is reclaimed, once. Everything else that a section needs is taken at once or
 * outside it, see mheap_lane_zalloc(): others may wait for its end.
 */
#define MHEAP_GFP_BRIEF	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

#endif /* _MHEAP_CORE_PORT_H */
