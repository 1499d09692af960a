// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The collector of a session's heap. */

#include <string.h>

#include "session.h"

int mh_collect(struct mh_session *session, unsigned int generation,
	       struct mheap_collect *result)
{
	struct mheap_collect collect;
	int error;

	memset(&collect, 0, sizeof(collect));
	collect.generation = generation;
	error = mh_request(session, MHEAP_IOC_COLLECT, &collect);
	if (!error && result)
		*result = collect;
	return error;
}

int mh_enable(struct mh_session *session)
{
	return mh_request(session, MHEAP_IOC_ENABLE, NULL);
}

int mh_disable(struct mh_session *session)
{
	return mh_request(session, MHEAP_IOC_DISABLE, NULL);
}

int mh_is_enabled(struct mh_session *session)
{
	return mh_request(session, MHEAP_IOC_IS_ENABLED, NULL);
}

int mh_get_threshold(struct mh_session *session, uint32_t threshold[MHEAP_GENERATIONS])
{
	struct mheap_threshold request;
	int error;

	memset(&request, 0, sizeof(request));
	error = mh_request(session, MHEAP_IOC_GET_THRESHOLD, &request);
	if (!error)
		memcpy(threshold, request.value, sizeof(request.value));
	return error;
}

int mh_set_threshold(struct mh_session *session, const uint32_t threshold[MHEAP_GENERATIONS])
{
	struct mheap_threshold request;

	memset(&request, 0, sizeof(request));
	memcpy(request.value, threshold, sizeof(request.value));
	return mh_request(session, MHEAP_IOC_SET_THRESHOLD, &request);
}

int mh_get_limits(struct mh_session *session, struct mheap_limits *limits)
{
	struct mheap_limits request;
	int error;

	memset(&request, 0, sizeof(request));
	error = mh_request(session, MHEAP_IOC_GET_LIMITS, &request);
	if (!error)
		*limits = request;
	return error;
}

int mh_set_limits(struct mh_session *session, const struct mheap_limits *limits)
{
	struct mheap_limits request = *limits;

	return mh_request(session, MHEAP_IOC_SET_LIMITS, &request);
}

int mh_get_count(struct mh_session *session, uint32_t count[MHEAP_GENERATIONS])
{
	struct mheap_count request;
	int error;

	memset(&request, 0, sizeof(request));
	error = mh_request(session, MHEAP_IOC_COUNT, &request);
	if (!error)
		memcpy(count, request.value, sizeof(request.value));
	return error;
}

int mh_stats(struct mh_session *session, struct mheap_stats *stats)
{
	struct mheap_stats request;
	int error;

	memset(&request, 0, sizeof(request));
	request.size = sizeof(request);
	error = mh_request(session, MHEAP_IOC_STATS, &request);
	if (!error)
		*stats = request;
	return error;
}

int mh_get_debug(struct mh_session *session, uint32_t *flags)
{
	struct mheap_debug request;
	int error;

	memset(&request, 0, sizeof(request));
	error = mh_request(session, MHEAP_IOC_GET_DEBUG, &request);
	if (!error)
		*flags = request.flags;
	return error;
}

int mh_set_debug(struct mh_session *session, uint32_t flags)
{
	struct mheap_debug request;

	memset(&request, 0, sizeof(request));
	request.flags = flags;
	return mh_request(session, MHEAP_IOC_SET_DEBUG, &request);
}

int mh_freeze(struct mh_session *session)
{
	return mh_request(session, MHEAP_IOC_FREEZE, NULL);
}

int mh_unfreeze(struct mh_session *session)
{
	return mh_request(session, MHEAP_IOC_UNFREEZE, NULL);
}

int mh_get_freeze_count(struct mh_session *session, uint64_t *count)
{
	struct mheap_stats stats;
	int error = mh_stats(session, &stats);

	if (!error)
		*count = stats.frozen;
	return error;
}

int mh_clear_garbage(struct mh_session *session)
{
	return mh_request(session, MHEAP_IOC_CLEAR_GARBAGE, NULL);
}

int mh_settle(struct mh_session *session)
{
	return mh_request(session, MHEAP_IOC_SETTLE, NULL);
}
