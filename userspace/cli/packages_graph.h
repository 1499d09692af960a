/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Which package needs which. */
#ifndef PACKAGES_GRAPH_H
#define PACKAGES_GRAPH_H

#include "graph.h"
#include "packages_parse.h"

/*
 * A node for each package, in the order of the list. An edge for each clause,
 * between commas, of Depends and Pre-Depends, to its first alternative, without
 * version and architecture; where no package is called that, to the first in
 * order of bytes of those that provide it; where none does, no edge. Two edges
 * to one package are one.
 */
void packages_graph(const struct packages *packages, struct graph *graph);

#endif
