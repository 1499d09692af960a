// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Taking a snapshot of other people's heaps. */

#include <errno.h>
#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "descriptor.h"
#include "snapshot_file.h"

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
	int fd = descriptor_of_process(process, number);
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

int snapshot_take_heap(const char *heap)
{
	int fd = descriptor_of_heap(heap);
	int snapshot;

	if (fd < 0) {
		descriptor_error(fd, heap, "file and no ");
		return -1;
	}
	snapshot = take(fd, heap);
	close(fd);
	return snapshot;
}
