/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* What snapshots are exported to. Errors show in the stream. */
#ifndef EXPORT_H
#define EXPORT_H

#include "snapshot_file.h"

/* Graphviz (export_dot.c). */
void export_dot(const struct snapshot *snapshot, FILE *out);

/* The developer tools of Chrome (export_heapsnapshot.c). */
void export_heapsnapshot(const struct snapshot *snapshot, FILE *out);

/* Bytes by site and type, a line each, for flame graphs (export_folded.c). */
void export_folded(const struct snapshot *snapshot, FILE *out);

#endif
