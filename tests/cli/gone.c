// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * For native_sysfs.sh, preloaded: the files of the heap that $GONE names cannot be read or
 * written although they are open, as those in sysfs of a heap that ends meanwhile.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_gone(int fd)
{
	const char *gone = getenv("GONE");
	char link[64], path[256];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (!gone || length < 0)
		return 0;
	path[length] = '\0';
	snprintf(link, sizeof(link), "/mheap/%s/", gone);
	return !!strstr(path, link);
}

ssize_t read(int fd, void *buffer, size_t size)
{
	static ssize_t (*next)(int fd, void *buffer, size_t size);

	if (is_gone(fd)) {
		errno = ENODEV;
		return -1;
	}
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "read");
	return next(fd, buffer, size);
}

ssize_t write(int fd, const void *buffer, size_t size)
{
	static ssize_t (*next)(int fd, const void *buffer, size_t size);

	if (is_gone(fd)) {
		errno = ENODEV;
		return -1;
	}
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "write");
	return next(fd, buffer, size);
}
