/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* A snapshot of the packages' heap. */
#ifndef PACKAGES_SNAPSHOT_H
#define PACKAGES_SNAPSHOT_H

#include "packages_trial.h"

/*
 * Takes one, writes it to @file and compares it with the graph. Figures go to the
 * report. Returns 0, or -errno after a message.
 */
int packages_snapshot(struct trial *trial, const char *file);

#endif
