// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Sessions: a descriptor of /dev/mheap each. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "session.h"

int mh_request(const struct mh_session *session, unsigned long request, void *argument)
{
	int result = ioctl(session->fd, request, argument);

	return result < 0 ? -errno : result;
}

int mh_open_fd(int fd, struct mh_session **session)
{
	struct mh_session *new = malloc(sizeof(*new));
	struct mheap_stats stats;
	int error;

	if (!new)
		return -ENOMEM;
	new->fd = fd;
	error = mh_stats(new, &stats);
	if (!error && stats.abi != MHEAP_ABI)
		error = -EPROTO;
	if (error) {
		free(new);
		return error;
	}
	*session = new;
	return 0;
}

int mh_open(struct mh_session **session)
{
	int fd = open(MH_DEVICE, O_RDWR | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = mh_open_fd(fd, session);
	if (error)
		close(fd);
	return error;
}

int mh_open_with(const char *allocator, struct mh_session **session)
{
	struct mheap_allocator_name name = { 0 };
	struct mh_session *new;
	int error;

	if (strlen(allocator) >= sizeof(name.name))
		return -ENAMETOOLONG;
	strcpy(name.name, allocator);
	error = mh_open(&new);
	if (error)
		return error;
	error = mh_request(new, MHEAP_IOC_ALLOCATOR, &name);
	if (error) {
		mh_close(new);
		return error;
	}
	*session = new;
	return 0;
}

int mh_join(int fd, struct mh_session **session)
{
	const struct mheap_join join = { .fd = fd };
	struct mh_session *new;
	int error;

	error = mh_open(&new);
	if (error)
		return error;
	error = mh_request(new, MHEAP_IOC_JOIN, (void *)&join);
	if (error) {
		mh_close(new);
		return error;
	}
	*session = new;
	return 0;
}

void mh_close(struct mh_session *session)
{
	if (!session)
		return;
	close(session->fd);
	free(session);
}

int mh_fd(const struct mh_session *session)
{
	return session->fd;
}

int mh_submit(struct mh_session *session, struct mheap_op *ops, unsigned int count,
	      unsigned int flags)
{
	struct mheap_submit submit = {
		.ops = (uintptr_t)ops,
		.count = count,
		.flags = flags,
	};

	return mh_request(session, MHEAP_IOC_SUBMIT, &submit);
}

int64_t mh_run(struct mh_session *session, struct mheap_op *op)
{
	int executed = mh_submit(session, op, 1, 0);

	if (executed < 0)
		return executed;
	return executed ? op->result : -ECANCELED;
}

int mh_run_handle(struct mh_session *session, struct mheap_op *op, mh_handle *handle)
{
	int64_t result = mh_run(session, op);

	if (result < 0)
		return result;
	*handle = result;
	return 0;
}
