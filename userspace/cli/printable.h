/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Names that others chose, which may be any bytes, as a terminal and JSON can take them. */
#ifndef PRINTABLE_H
#define PRINTABLE_H

#include <stddef.h>

/* Bytes that the text for @length bytes takes, with its NUL. */
#define PRINTABLE(length)	((length) * 4 + 1)

/*
 * Writes to @text, of PRINTABLE(@length) bytes, the bytes of @name up to a NUL. Characters
 * of UTF-8 that can be printed stay; of all else each byte is \xNN.
 */
void printable(char *text, const char *name, size_t length);

#endif
