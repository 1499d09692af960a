/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trial deletion: which objects of a young set are held from outside it.
 */
#ifndef _MHEAP_CORE_TRIAL_H
#define _MHEAP_CORE_TRIAL_H

#include "mark.h"
#include "port.h"
#include "scope.h"

int mheap_trial_begin(struct mheap_scope *scope);
void mheap_trial_subtract(struct mheap_scope *scope);
void mheap_trial_reach(struct mheap_scope *scope, struct mheap_mark *mark);
void mheap_trial_end(struct mheap_scope *scope);

#endif /* _MHEAP_CORE_TRIAL_H */
