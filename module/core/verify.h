/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verification: a debug mode that checks each verdict before anything is freed.
 */
#ifndef _MHEAP_CORE_VERIFY_H
#define _MHEAP_CORE_VERIFY_H

#include "port.h"

struct mheap_heap;
struct mheap_scope;

/**
 * struct mheap_verify - of a heap
 * @enabled: verdicts are checked; read and written by anyone
 * @plant: for tests: an object that the next verdict is to call garbage, or 0
 * @checked: verdicts that were checked (this and the following: atomic)
 * @wrong: of those, found wrong: nothing was freed
 * @skipped: not checked for want of memory: nothing was freed either
 */
struct mheap_verify {
	bool enabled;
	u32 plant;
	atomic64_t checked;
	atomic64_t wrong;
	atomic64_t skipped;
};

bool mheap_verify(struct mheap_scope *scope);

#endif /* _MHEAP_CORE_VERIFY_H */
