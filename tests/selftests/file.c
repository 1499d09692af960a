// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of sysfs and debugfs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "tap.h"

long file_read(const char *path, char *text)
{
	int file = open(path, O_RDONLY);
	long length;

	if (file < 0)
		return -errno;
	length = read(file, text, TEXT_MAX - 1);
	length = length < 0 ? -errno : length;
	text[length < 0 ? 0 : length] = 0;
	close(file);
	return length;
}

long file_write_bytes(const char *path, const char *text, size_t length)
{
	int file = open(path, O_WRONLY);
	long written;

	if (file < 0)
		return -errno;
	written = write(file, text, length);
	written = written < 0 ? -errno : written;
	close(file);
	return written;
}

long file_write(const char *path, const char *text)
{
	return file_write_bytes(path, text, strlen(text));
}

void file_check(const char *path, const char *format, ...)
{
	char expected[400], text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(expected, sizeof(expected), format, arguments);
	va_end(arguments);
	tap_case("%s should be %s", path, expected);
	CHECK(file_read(path, text) > 0);
	CHECK(!strcmp(text, expected));
	tap_case("%s", "");
}

void file_check_written(const char *path, const char *text)
{
	tap_case("%s to %s", text, path);
	CHECK_EQ(file_write(path, text), strlen(text));
	tap_case("%s", "");
}

void file_for_each(const char *directory, void check(const char *path, mode_t mode))
{
	struct dirent *entry;
	struct stat status;
	char path[400];
	DIR *stream = opendir(directory);

	CHECK(stream);
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		CHECK(!stat(path, &status));
		if (S_ISDIR(status.st_mode))
			file_for_each(path, check);
		else
			check(path, status.st_mode);
	}
	closedir(stream);
}
