// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of the debug allocator, as text in the kernel's log. Objects are named
 * by their ids: addresses are nobody's business.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": debug allocator: " fmt

#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "debug_report.h"

/* A kernel without stack traces leaves them empty. */
static u32 save_stack(unsigned long *entry, u32 room)
{
#ifdef CONFIG_STACKTRACE
	return stack_trace_save(entry, room, 2);	/* without the two functions here */
#else
	return 0;
#endif
}

static void print_stack(const unsigned long *entry, u32 depth)
{
#ifdef CONFIG_STACKTRACE
	stack_trace_print(entry, depth, 2);
#endif
}

/**
 * mheap_debug_kernel_site - tell who is calling, and by which way
 * @site: filled
 *
 * Context: Any.
 */
noinline void mheap_debug_kernel_site(struct mheap_debug_site *site)
{
	memset(site, 0, sizeof(*site));
	site->depth = save_stack(site->entry, MHEAP_DEBUG_FRAMES);
	site->pid = task_pid_nr(current);
	strscpy(site->comm, current->comm, sizeof(site->comm));
}
EXPORT_SYMBOL_MHEAP(mheap_debug_kernel_site);

static void print_site(const char *what, const struct mheap_debug_site *site)
{
	if (!site)
		return;
	pr_err("%s by %.*s (%u):\n", what, (int)sizeof(site->comm), site->comm, site->pid);
	print_stack(site->entry, min_t(u32, site->depth, MHEAP_DEBUG_FRAMES));
}

static void print_report(const struct mheap_debug_report *report)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 10);

	if (!__ratelimit(&limit))
		return;
	pr_err("%s: body of %zu bytes of object %llu, byte %ld is %#04x\n",
	       mheap_debug_kind(report->kind), report->size, report->object, report->offset,
	       report->wrong);
	print_site("allocated", report->allocated);
	print_site("freed", report->freed);
	print_site("found", report->now);
}

const struct mheap_debug_hooks mheap_debug_kernel_hooks = {
	.site = mheap_debug_kernel_site,
	.report = print_report,
};
