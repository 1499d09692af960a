/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trial deletion: which objects of a young set are held from outside it.
 */
#ifndef _MHEAP_CORE_TRIAL_H
#define _MHEAP_CORE_TRIAL_H

#include "mark.h"
#include "port.h"
#include "scope.h"

int mheap_trial_init(struct mheap_scope *scope);
void mheap_trial_fini(struct mheap_scope *scope);
void mheap_trial_reach(struct mheap_scope *scope, struct mheap_mark *mark);

#endif /* _MHEAP_CORE_TRIAL_H */
