/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Sites in words. */
#ifndef SNAPSHOT_SITE_H
#define SNAPSHOT_SITE_H

#include "snapshot_file.h"

#define SNAPSHOT_SITE_TEXT	(40 + MHEAP_SITE_DEPTH * 20)

/*
 * "tag 5 0x401136 < 0x7f00", "tag 5", "not profiled", "other sites": the same for the
 * same site in any snapshot.
 */
const char *snapshot_site_text(const struct snapshot *snapshot, uint32_t number, char *text);

#endif
