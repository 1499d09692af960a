/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
#ifndef SESSION_H
#define SESSION_H

#include "mheap.h"

/* Never changes once made, so threads share it without a lock. */
struct mh_session {
	int fd;
};

/* ioctl() with -errno; EINTR cannot be seen, the kernel gives it only to the killed. */
int mh_request(const struct mh_session *session, unsigned long request, void *argument);

/* A batch of one operation: its result, or why there is none. */
int64_t mh_run(struct mh_session *session, struct mheap_op *op);

/* The same where the result is a handle or 0: 0, and @handle is filled, or -errno. */
int mh_run_handle(struct mh_session *session, struct mheap_op *op, mh_handle *handle);

#endif /* SESSION_H */
