/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Census: which objects a collection is about.
 */
#ifndef _MHEAP_CORE_CENSUS_H
#define _MHEAP_CORE_CENSUS_H

#include "port.h"
#include "scope.h"

void mheap_census_prepare(struct mheap_scope *scope);
u64 mheap_census_take(struct mheap_scope *scope);

#endif /* _MHEAP_CORE_CENSUS_H */
