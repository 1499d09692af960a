/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict: what has not been reached is garbage.
 */
#ifndef _MHEAP_CORE_VERDICT_H
#define _MHEAP_CORE_VERDICT_H

#include "mark.h"
#include "port.h"
#include "scope.h"

void mheap_verdict_reach(struct mheap_scope *scope, struct mheap_mark *mark);

#endif /* _MHEAP_CORE_VERDICT_H */
