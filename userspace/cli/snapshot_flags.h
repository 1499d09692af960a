/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* What an object of a snapshot is, in words. */
#ifndef SNAPSHOT_FLAGS_H
#define SNAPSHOT_FLAGS_H

#include "snapshot_file.h"

/* "2", "permanent"; "-" for an object without slots, which is in none. */
#define SNAPSHOT_GENERATION_TEXT	12
const char *snapshot_generation_text(const struct snapshot_object *object, char *text);

/* "ephemeron,dead"; "-" for none. What is tracked has a generation. */
#define SNAPSHOT_FLAGS_TEXT		32
const char *snapshot_flags_text(const struct snapshot_object *object, char *text);

#endif
