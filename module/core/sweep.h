/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sweep: taking apart what was not reached.
 */
#ifndef _MHEAP_CORE_SWEEP_H
#define _MHEAP_CORE_SWEEP_H

#include "heap.h"
#include "port.h"
#include "scope.h"

void mheap_sweep_pardon(struct mheap_scope *scope);
void mheap_sweep_cut(struct mheap_scope *scope, struct mheap_tally *tally);
u64 mheap_sweep_free(struct mheap_scope *scope, struct mheap_tally *tally);

#endif /* _MHEAP_CORE_SWEEP_H */
