// SPDX-License-Identifier: GPL-2.0-only
/* What tests of heaps with several sessions need. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sharing.h"
#include "tap.h"

/* Is there a directory of the heap in sysfs? */
int has_folder(const struct mheap_stats *stats)
{
	char path[100] = HEAP_SYSFS "/";

	strcat(path, stats->name);
	return !access(path, F_OK);
}

void check_same_heap(int a, int b)
{
	CHECK(!strcmp(heap_stats(a).name, heap_stats(b).name));
}

/* A closed ring of two objects that nothing refers to. */
void make_ring(int heap)
{
	struct mheap_op ops[] = {
		op_temp(op_new(0, 1, 0)),
		op_temp(op_new(0, 1, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(1)),
		op_store(MHEAP_RESULT(1), 0, MHEAP_RESULT(0)),
	};

	heap_do_all(heap, ops, ARRAY_SIZE(ops));
}

void send_descriptor(int socket, int descriptor, __u64 number)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec data = { .iov_base = &number, .iov_len = sizeof(number) };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	CHECK_EQ(sendmsg(socket, &message, 0), sizeof(number));
}

int receive_descriptor(int socket, __u64 *number)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	__u64 received;
	struct iovec data = { .iov_base = &received, .iov_len = sizeof(received) };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int descriptor;

	CHECK_EQ(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), sizeof(received));
	CHECK(CMSG_FIRSTHDR(&message));
	memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	if (number)
		*number = received;
	return descriptor;
}
