// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The directories of heaps in sysfs. */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mheap.h"

/* What a file of sysfs can hold. */
#define TEXT_MAX	4096

static int is_heap(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, MH_DEFAULTS) &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

static void free_entries(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

int mh_heap_names(char ***names)
{
	struct dirent **entries;
	int count = scandir(MH_HEAPS, &entries, is_heap, versionsort);
	char **list;

	if (count < 0)
		return -errno;
	list = calloc(count + 1, sizeof(*list));
	for (int i = 0; list && i < count; i++) {
		list[i] = strdup(entries[i]->d_name);
		if (!list[i]) {
			mh_heap_names_free(list);
			list = NULL;
		}
	}
	free_entries(entries, count);
	if (!list)
		return -ENOMEM;
	*names = list;
	return count;
}

void mh_heap_names_free(char **names)
{
	if (!names)
		return;
	for (char **name = names; *name; name++)
		free(*name);
	free(names);
}

/* Of the file of a heap that ended since it was found, or opened. */
static int gone(int error)
{
	return error == ENODEV ? -ENOENT : -error;
}

/* Neither may lead out of the directory of heaps. */
static int open_attribute(const char *heap, const char *attribute, int flags)
{
	char path[256];
	int length, fd;

	if (!*heap || *heap == '.' || strchr(heap, '/'))
		return -EINVAL;
	if (!*attribute || *attribute == '.' || *attribute == '/' || strstr(attribute, "/."))
		return -EINVAL;
	length = snprintf(path, sizeof(path), MH_HEAPS "/%s/%s", heap, attribute);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -EINVAL;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? gone(errno) : fd;
}

int mh_heap_read(const char *heap, const char *attribute, char *text, size_t size)
{
	char buffer[TEXT_MAX];
	int fd = open_attribute(heap, attribute, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = read(fd, buffer, sizeof(buffer));
	if (length < 0)
		length = gone(errno);
	close(fd);
	if (length < 0)
		return length;
	if (length && buffer[length - 1] == '\n')
		length--;
	if ((size_t)length >= size)
		return -E2BIG;
	memcpy(text, buffer, length);
	text[length] = '\0';
	return length;
}

int mh_heap_numbers(const char *heap, const char *attribute, uint64_t *numbers,
		    unsigned int count)
{
	char text[TEXT_MAX];
	int length = mh_heap_read(heap, attribute, text, sizeof(text));
	uint64_t found[64];
	char *rest = text;

	if (length < 0)
		return length;
	if (count > sizeof(found) / sizeof(*found))
		return -EPROTO;
	for (unsigned int i = 0; i < count; i++) {
		rest += *rest == ' ' && i;
		if (!isdigit((unsigned char)*rest))
			return -EPROTO;
		errno = 0;
		found[i] = strtoull(rest, &rest, 10);
		if (errno)
			return -EPROTO;
	}
	if (*rest)
		return -EPROTO;
	memcpy(numbers, found, count * sizeof(*numbers));
	return 0;
}

int mh_heap_write(const char *heap, const char *attribute, const char *text)
{
	ssize_t length;
	int fd;

	/* sysfs calls nobody for a write of nothing, and says that it went well. */
	if (!*text)
		return -EINVAL;
	fd = open_attribute(heap, attribute, O_WRONLY);
	if (fd < 0)
		return fd;
	length = write(fd, text, strlen(text));
	if (length < 0)
		length = gone(errno);
	close(fd);
	return length < 0 ? length : 0;
}
