// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "descriptor.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli.h"

int descriptor_of_process(uint64_t process, uint64_t number)
{
	int pidfd = syscall(SYS_pidfd_open, (pid_t)process, 0);
	int copy;

	if (pidfd < 0)
		return -errno;
	copy = syscall(SYS_pidfd_getfd, pidfd, (int)number, 0);
	if (copy < 0)
		copy = -errno;
	close(pidfd);
	return copy;
}

static bool is_heap(int fd, const char *heap)
{
	struct mheap_stats stats = { .size = sizeof(stats) };

	return !ioctl(fd, MHEAP_IOC_STATS, &stats) && !strcmp(stats.name, heap);
}

/* The descriptor of a process that leads to the heap, duplicated, or -1. */
static int search_process(const char *process, const char *heap, bool *refused)
{
	char path[64], link[330], target[32];
	struct dirent *entry;
	int found = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", process);
	dir = opendir(path);
	if (!dir) {
		*refused |= errno == EACCES;
		return -1;
	}
	while (found < 0 && (entry = readdir(dir))) {
		ssize_t length;

		snprintf(link, sizeof(link), "%s/%s", path, entry->d_name);
		length = readlink(link, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		if (strcmp(target, MH_DEVICE))
			continue;
		found = descriptor_of_process(atoi(process), atoi(entry->d_name));
		*refused |= found == -EPERM;
		if (found >= 0 && !is_heap(found, heap)) {
			close(found);
			found = -1;
		}
	}
	closedir(dir);
	return found;
}

static int search(const char *heap, bool *refused)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int found = -1;

	while (dir && found < 0 && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			found = search_process(entry->d_name, heap, refused);
	if (dir)
		closedir(dir);
	return found;
}

int descriptor_of_heap(const char *heap)
{
	char objects[32];
	bool refused = false;
	int fd = search(heap, &refused);

	if (fd >= 0)
		return fd;
	if (refused)
		return -EPERM;
	return mh_heap_read(heap, "objects", objects, sizeof(objects)) < 0 ? -ENOENT : -EREMOTE;
}

void descriptor_error(int error, const char *heap, const char *file)
{
	if (error == -EREMOTE)
		cli_error("no process has heap %s open: one of a kernel module cannot be looked "
			  "into", heap);
	else if (error == -EPERM)
		cli_error("no %sheap %s that you may look into", file, heap);
	else
		cli_error("there is no %sheap %s", file, heap);
}
