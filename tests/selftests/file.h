/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of sysfs and debugfs.
 */
#ifndef FILE_H
#define FILE_H

#include <sys/stat.h>

#include "tap.h"

#define TEXT_MAX	5000

/* Reads into @text, of TEXT_MAX bytes. Returns how many were read, or -errno. */
long file_read(const char *path, char *text);

/* Both return how many bytes were written, or -errno. */
long file_write_bytes(const char *path, const char *text, size_t length);
long file_write(const char *path, const char *text);

/* The file has that text. */
__printf(2, 3) void file_check(const char *path, const char *format, ...);

/* The file takes that text. */
void file_check_written(const char *path, const char *text);

/* Calls check() for every file in a directory and those below. */
void file_for_each(const char *directory, void check(const char *path, mode_t mode));

#endif /* FILE_H */
