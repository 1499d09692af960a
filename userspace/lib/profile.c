// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Where objects are made, and snapshots. */

#include "session.h"

int mh_get_profile(struct mh_session *session, struct mheap_profile *profile)
{
	return mh_request(session, MHEAP_IOC_GET_PROFILE, profile);
}

int mh_set_profile(struct mh_session *session, uint32_t mode, uint32_t sample)
{
	struct mheap_profile profile = { .mode = mode, .sample = sample };

	return mh_request(session, MHEAP_IOC_SET_PROFILE, &profile);
}

int mh_new_at(struct mh_session *session, uint32_t type, uint32_t slots, size_t length,
	      uint64_t site, mh_handle *object)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_NEW,
		.type = type,
		.slots = slots,
		.length = length,
		.offset = site,
	};

	return mh_run_handle(session, &op, object);
}

int mh_snapshot(struct mh_session *session, int *fd)
{
	struct mheap_snapshot request = { 0 };
	int result = mh_request(session, MHEAP_IOC_SNAPSHOT, &request);

	if (result < 0)
		return result;
	*fd = result;
	return 0;
}
