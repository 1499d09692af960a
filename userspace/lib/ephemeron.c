// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Ephemerons: values that live as long as a key. */

#include <errno.h>

#include "session.h"

int mh_new_ephemeron(struct mh_session *session, uint32_t type, mh_handle key,
		     mh_handle value, size_t length, mh_handle *ephemeron)
{
	struct mheap_op op[3] = {
		{ .opcode = MHEAP_OP_NEW, .flags = MHEAP_OP_EPHEMERON, .type = type,
		  .slots = 2, .length = length },
		{ .opcode = MHEAP_OP_STORE, .object = MHEAP_RESULT(0), .slot = 0, .target = key },
		{ .opcode = MHEAP_OP_STORE, .object = MHEAP_RESULT(0), .slot = 1,
		  .target = value },
	};
	int executed;

	/* In this batch it would name the ephemeron. */
	if ((key | value) & MHEAP_RESULT_FLAG)
		return -EBADF;
	executed = mh_submit(session, op, 3, 0);
	if (executed < 0)
		return executed;
	if (executed == 3 && !op[2].result) {
		*ephemeron = op[0].result;
		return 0;
	}
	if (executed && op[0].result > 0)
		mh_drop(session, op[0].result);
	return executed && op[executed - 1].result < 0 ? op[executed - 1].result : -ECANCELED;
}
