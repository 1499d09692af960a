// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Raw memory: objects without slots, as CPython's PyMem_* calls give it. */

#include <errno.h>

#include "session.h"

int mh_mem_alloc(struct mh_session *session, size_t size, mh_handle *block)
{
	return mh_new(session, MH_MEM_TYPE, 0, size, block);
}

int mh_mem_calloc(struct mh_session *session, size_t count, size_t size, mh_handle *block)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return -EOVERFLOW;
	return mh_mem_alloc(session, bytes, block);
}

/* An object of another kind has slots to lose, or somebody else who knows its type. */
static int check_domain(struct mh_session *session, mh_handle block)
{
	struct mheap_object_info info;
	int error = mh_info(session, block, &info);

	if (error)
		return error;
	return info.type == MH_MEM_TYPE && !info.slots ? 0 : -EINVAL;
}

int mh_mem_realloc(struct mh_session *session, mh_handle *block, size_t size)
{
	int error;

	if (!*block)
		return mh_mem_alloc(session, size, block);
	error = check_domain(session, *block);
	if (error)
		return error;
	return mh_resize(session, *block, 0, size);
}

int mh_mem_free(struct mh_session *session, mh_handle block)
{
	int error;

	if (!block)
		return 0;
	error = check_domain(session, block);
	if (error)
		return error;
	return mh_drop(session, block);
}
