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

int snapshot_copy(int from, int to, const char *name)
{
	static char buffer[1 << 18];
	ssize_t got;

	while ((got = read(from, buffer, sizeof(buffer)))) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			cli_errno(errno, "cannot read the snapshot");
			return CLI_FAILED;
		}
		for (ssize_t done = 0, put; done < got; done += put) {
			put = write(to, buffer + done, got - done);
			if (put < 0 && errno == EINTR)
				put = 0;
			if (put < 0) {
				cli_errno(errno, "cannot write %s", name);
				return CLI_FAILED;
			}
		}
	}
	return CLI_OK;
}
