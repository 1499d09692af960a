/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The debug allocator of bodies: finds out who writes where nothing is his. Each
 * heap that has it gets one of its own.
 *
 * A body lies between two red zones, behind a header that knows who allocated it
 * and who freed it. When it is freed the zones are looked at, the body is filled
 * with poison, and it is put in quarantine; when it leaves that, for want of room,
 * zones and poison are looked at once more. What was found is reported and
 * counted, and the block is left where it is for ever: whoever damaged it may do
 * so again.
 *
 * The header may be damaged as well, so nothing in it is followed: a sum tells
 * whether it is whole, and the quarantine is an array beside the blocks.
 */
#ifndef _MHEAP_CORE_DEBUG_ALLOCATOR_H
#define _MHEAP_CORE_DEBUG_ALLOCATOR_H

#include "allocator.h"
#include "port.h"

#define MHEAP_DEBUG_FRAMES	16U
#define MHEAP_DEBUG_COMM	16U
#define MHEAP_DEBUG_BLOCKS	4096U	/* in quarantine, at most */
#define MHEAP_DEBUG_QUARANTINE	0x100000U	/* bytes, unless somebody asks for others */

/**
 * struct mheap_debug_site - where something was done
 * @depth: of @entry, how many are filled
 * @pid: who did it
 * @comm: likewise, with a 0 at the end
 * @entry: return addresses, the innermost first
 */
struct mheap_debug_site {
	u32 depth;
	u32 pid;
	char comm[MHEAP_DEBUG_COMM];
	unsigned long entry[MHEAP_DEBUG_FRAMES];
};

/**
 * struct mheap_debug_report - an error
 * @kind: what was done
 * @object: id of the object whose body it is or was, or 0 if it never was one's
 * @size: of the body, in bytes
 * @offset: of the first byte that is wrong, from the beginning of the body
 * @wrong: what it is
 * @allocated: who allocated the body; NULL where that is not known any more
 * @freed: who freed it before; NULL if nobody has, or it is not known
 * @now: who does something just now that showed the error
 */
struct mheap_debug_report {
	enum mheap_allocator_error kind;
	u64 object;
	size_t size;
	long offset;
	u8 wrong;
	const struct mheap_debug_site *allocated;
	const struct mheap_debug_site *freed;
	const struct mheap_debug_site *now;
};

/**
 * struct mheap_debug_hooks - what a debug allocator asks of its surroundings
 * @site: tell who is calling. May not sleep.
 * @report: tell somebody. May not sleep.
 */
struct mheap_debug_hooks {
	void (*site)(struct mheap_debug_site *site);
	void (*report)(const struct mheap_debug_report *report);
};

struct mheap_allocator *mheap_debug_create(const struct mheap_debug_hooks *hooks);
void mheap_debug_destroy(struct mheap_allocator *allocator);
u32 mheap_debug_get_quarantine(const struct mheap_allocator *allocator);
void mheap_debug_set_quarantine(struct mheap_allocator *allocator, u32 bytes);
const char *mheap_debug_kind(enum mheap_allocator_error kind);

#endif /* _MHEAP_CORE_DEBUG_ALLOCATOR_H */
