// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Operations on objects, one a call. */

#include <errno.h>
#include <string.h>

#include "session.h"

int mh_new(struct mh_session *session, uint32_t type, uint32_t slots, size_t length,
	   mh_handle *object)
{
	return mh_new_at(session, type, slots, length, 0, object);
}

int mh_dup(struct mh_session *session, mh_handle object, mh_handle *copy)
{
	struct mheap_op op = { .opcode = MHEAP_OP_DUP, .object = object };

	return mh_run_handle(session, &op, copy);
}

int mh_drop(struct mh_session *session, mh_handle object)
{
	struct mheap_op op = { .opcode = MHEAP_OP_DROP, .object = object };

	return mh_run(session, &op);
}

int mh_load(struct mh_session *session, mh_handle object, uint32_t slot, mh_handle *target)
{
	struct mheap_op op = { .opcode = MHEAP_OP_LOAD, .object = object, .slot = slot };

	return mh_run_handle(session, &op, target);
}

int mh_store(struct mh_session *session, mh_handle object, uint32_t slot, mh_handle target)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_STORE,
		.object = object,
		.slot = slot,
		.target = target,
	};

	return mh_run(session, &op);
}

int mh_swap(struct mh_session *session, mh_handle object, uint32_t slot, mh_handle target,
	    mh_handle *old)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_SWAP,
		.object = object,
		.slot = slot,
		.target = target,
	};

	return mh_run_handle(session, &op, old);
}

int mh_compare_store(struct mh_session *session, mh_handle object, uint32_t slot,
		     mh_handle expected, mh_handle target)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_COMPARE_STORE,
		.object = object,
		.slot = slot,
		.expected = expected,
		.target = target,
	};

	return mh_run(session, &op);
}

static int64_t transfer(struct mh_session *session, unsigned int opcode, mh_handle object,
			uint64_t offset, uintptr_t data, size_t length)
{
	struct mheap_op op = {
		.opcode = opcode,
		.object = object,
		.offset = offset,
		.length = length,
		.data = data,
	};

	return mh_run(session, &op);
}

ssize_t mh_read(struct mh_session *session, mh_handle object, uint64_t offset, void *data,
		size_t length)
{
	size_t done = 0;

	do {
		size_t piece = length - done < MHEAP_IO_MAX ? length - done : MHEAP_IO_MAX;
		int64_t result = transfer(session, MHEAP_OP_READ, object, offset + done,
					  (uintptr_t)data + done, piece);

		if (result < 0)
			return result;
		done += result;
		if ((size_t)result < piece)
			break;
	} while (done < length);
	return done;
}

int mh_write(struct mh_session *session, mh_handle object, uint64_t offset, const void *data,
	     size_t length)
{
	size_t left = length;

	if (offset + length < offset)
		return -EINVAL;
	do {
		size_t piece = left % MHEAP_IO_MAX;
		int64_t result;

		if (!piece && left)
			piece = MHEAP_IO_MAX;
		left -= piece;
		result = transfer(session, MHEAP_OP_WRITE, object, offset + left,
				  (uintptr_t)data + left, piece);
		if (result < 0)
			return result;
	} while (left);
	return 0;
}

int mh_resize(struct mh_session *session, mh_handle object, uint32_t slots, size_t length)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_RESIZE,
		.object = object,
		.slots = slots,
		.length = length,
	};

	return mh_run(session, &op);
}

int mh_info(struct mh_session *session, mh_handle object, struct mheap_object_info *info)
{
	struct mheap_object_info found;
	struct mheap_op op = {
		.opcode = MHEAP_OP_INFO,
		.object = object,
		.length = sizeof(found),
		.data = (uintptr_t)&found,
	};
	int64_t result;

	memset(&found, 0, sizeof(found));
	result = mh_run(session, &op);
	if (result < 0)
		return result;
	*info = found;
	return 0;
}

int mh_same(struct mh_session *session, mh_handle a, mh_handle b)
{
	struct mheap_op op = { .opcode = MHEAP_OP_SAME, .object = a, .target = b };

	return mh_run(session, &op);
}

int mh_weak(struct mh_session *session, mh_handle object, mh_handle *weak)
{
	struct mheap_op op = { .opcode = MHEAP_OP_WEAK, .object = object };

	return mh_run_handle(session, &op, weak);
}

int mh_upgrade(struct mh_session *session, mh_handle weak, mh_handle *object)
{
	struct mheap_op op = { .opcode = MHEAP_OP_UPGRADE, .object = weak };

	return mh_run_handle(session, &op, object);
}

int mh_publish(struct mh_session *session, const char *name, mh_handle object,
	       unsigned int flags)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_PUBLISH,
		.flags = flags,
		.object = object,
		.length = strlen(name),
		.data = (uintptr_t)name,
	};

	if (flags > UINT16_MAX)
		return -EINVAL;
	return mh_run(session, &op);
}

int mh_lookup(struct mh_session *session, const char *name, mh_handle *object)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_LOOKUP,
		.length = strlen(name),
		.data = (uintptr_t)name,
	};

	return mh_run_handle(session, &op, object);
}

int mh_unpublish(struct mh_session *session, const char *name)
{
	struct mheap_op op = {
		.opcode = MHEAP_OP_UNPUBLISH,
		.length = strlen(name),
		.data = (uintptr_t)name,
	};

	return mh_run(session, &op);
}
