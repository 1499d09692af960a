/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* The command line of subcommands that are about one object of a snapshot. */
#ifndef SNAPSHOT_ID_H
#define SNAPSHOT_ID_H

#include "snapshot_file.h"

/*
 * Reads "FILE|HEAP ID", opens the snapshot and finds the object. @doc says what the
 * subcommand does. Returns CLI_OK, or what the command is to return.
 */
int snapshot_id_open(int argc, char **argv, const char *doc, struct snapshot *snapshot,
		     uint32_t *object);

#endif
