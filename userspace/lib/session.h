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

#endif /* SESSION_H */
