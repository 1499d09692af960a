/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Release: what happens to an object whose last reference went, and to
 * everything that only it held.
 */
#ifndef _MHEAP_CORE_RELEASE_H
#define _MHEAP_CORE_RELEASE_H

#include "lane.h"
#include "port.h"

struct mheap_chunk;
struct mheap_heap;
struct mheap_run;

/* Objects that one drop may release, or lose references of, before it stops. */
#define MHEAP_RELEASE_BUDGET	(MHEAP_SECTION_OBJECTS / 2)

void mheap_release(struct mheap_lane *lane, u32 object);
void mheap_release_targets(struct mheap_lane *lane, const u32 *target, u32 targets);
void mheap_release_later(struct mheap_heap *heap, struct mheap_arena *arena, u32 object);
void mheap_release_continue(struct mheap_heap *heap);
bool mheap_release_pending(struct mheap_heap *heap);
void mheap_release_numbers(struct mheap_heap *heap, struct mheap_tally *tally,
			   struct mheap_chunk *chunk, struct mheap_run *run);

#endif /* _MHEAP_CORE_RELEASE_H */
