/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector. collect.c is the sequence of its steps; trial.c finds what is
 * held from outside a young set, mark.c reaches everything from there, sweep.c
 * takes apart what was not reached.
 */
#ifndef _MHEAP_CORE_COLLECT_H
#define _MHEAP_CORE_COLLECT_H

#include "cause.h"
#include "generation.h"
#include "heap.h"
#include "port.h"

int mheap_collect(struct mheap_heap *heap, u32 generation,
		  struct mheap_collection *collection);
int mheap_collect_since(struct mheap_heap *heap, u32 begun, enum mheap_cause cause);
void mheap_collect_ask(struct mheap_heap *heap, enum mheap_cause cause);
bool mheap_collect_is_worthwhile(struct mheap_heap *heap, long *sections);
int mheap_collect_over_ceiling(struct mheap_heap *heap);
void mheap_collect_due(struct mheap_heap *heap);

#endif /* _MHEAP_CORE_COLLECT_H */
