// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * Taking a snapshot of other people's heaps: a descriptor of a process is duplicated,
 * which the kernel allows to whoever may trace the process.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "snapshot_file.h"

static int duplicate(pid_t process, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, process, 0);
	int copy;

	if (pidfd < 0)
		return -errno;
	copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (copy < 0)
		copy = -errno;
	close(pidfd);
	return copy;
}

static int take(int fd, const char *name)
{
	struct mheap_snapshot request = { 0 };
	int snapshot = ioctl(fd, MHEAP_IOC_SNAPSHOT, &request);

	if (snapshot < 0)
		cli_errno(errno, "cannot take a snapshot of %s", name);
	return snapshot;
}

int snapshot_take_process(uint64_t process, uint64_t number)
{
	char name[64];
	int fd = duplicate(process, number);
	int snapshot;

	snprintf(name, sizeof(name), "descriptor %" PRIu64 " of process %" PRIu64, number, process);
	if (fd < 0) {
		cli_errno(fd, "cannot get at %s", name);
		return -1;
	}
	snapshot = take(fd, name);
	close(fd);
	return snapshot;
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
		found = duplicate(atoi(process), atoi(entry->d_name));
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

int snapshot_take_heap(const char *heap)
{
	bool refused = false;
	int fd = search(heap, &refused);
	int snapshot;

	if (fd < 0) {
		cli_error(refused ? "no file and no heap %s that you may look into" :
				    "there is no file and no heap %s", heap);
		return -1;
	}
	snapshot = take(fd, heap);
	close(fd);
	return snapshot;
}
