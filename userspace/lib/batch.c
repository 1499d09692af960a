// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The batch builder. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define CAPACITY_MIN	16

struct mh_batch {
	struct mheap_op *ops;
	unsigned int count;	/* at most MHEAP_BATCH_MAX */
	unsigned int capacity;
	unsigned int executed;	/* of the last submit */
	int failed;		/* index of the first that failed there, or -1 */
	int error;		/* why an operation could not be appended, or 0 */
};

struct mh_batch *mh_batch_new(void)
{
	struct mh_batch *batch = calloc(1, sizeof(*batch));

	if (batch)
		batch->failed = -1;
	return batch;
}

void mh_batch_free(struct mh_batch *batch)
{
	if (!batch)
		return;
	free(batch->ops);
	free(batch);
}

void mh_batch_reset(struct mh_batch *batch)
{
	batch->count = 0;
	batch->executed = 0;
	batch->failed = -1;
	batch->error = 0;
}

unsigned int mh_batch_count(const struct mh_batch *batch)
{
	return batch->count;
}

static int grow(struct mh_batch *batch)
{
	unsigned int capacity = batch->capacity ? batch->capacity * 2 : CAPACITY_MIN;
	struct mheap_op *ops;

	ops = reallocarray(batch->ops, capacity, sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	batch->ops = ops;
	batch->capacity = capacity;
	return 0;
}

static int append(struct mh_batch *batch, const struct mheap_op *op)
{
	if (!batch->error && batch->count == MHEAP_BATCH_MAX)
		batch->error = -E2BIG;
	if (!batch->error && batch->count == batch->capacity)
		batch->error = grow(batch);
	if (batch->error)
		return batch->error;
	batch->ops[batch->count] = *op;
	batch->ops[batch->count].result = -ECANCELED;
	return batch->count++;
}

/* With flags of the caller, more than an operation has room for. */
static int append_flagged(struct mh_batch *batch, const struct mheap_op *op, unsigned int flags)
{
	if (!batch->error && flags > UINT16_MAX)
		batch->error = -EINVAL;
	return append(batch, op);
}

int mh_batch_add_new(struct mh_batch *batch, uint32_t type, uint32_t slots, size_t length,
		     unsigned int flags)
{
	return mh_batch_add_new_at(batch, type, slots, length, 0, flags);
}

int mh_batch_add_new_at(struct mh_batch *batch, uint32_t type, uint32_t slots, size_t length,
			uint64_t site, unsigned int flags)
{
	return append_flagged(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_NEW,
		.flags = flags,
		.type = type,
		.slots = slots,
		.length = length,
		.offset = site,
	}, flags);
}

int mh_batch_add_new_ephemeron(struct mh_batch *batch, uint32_t type, size_t length,
			       unsigned int flags)
{
	return append_flagged(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_NEW,
		.flags = flags | MHEAP_OP_EPHEMERON,
		.type = type,
		.slots = 2,
		.length = length,
	}, flags);
}

int mh_batch_add_dup(struct mh_batch *batch, mh_ref object, unsigned int flags)
{
	return append_flagged(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_DUP,
		.flags = flags,
		.object = object,
	}, flags);
}

int mh_batch_add_drop(struct mh_batch *batch, mh_ref object)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_DROP,
		.object = object,
	});
}

int mh_batch_add_load(struct mh_batch *batch, mh_ref object, uint32_t slot, unsigned int flags)
{
	return append_flagged(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_LOAD,
		.flags = flags,
		.object = object,
		.slot = slot,
	}, flags);
}

int mh_batch_add_store(struct mh_batch *batch, mh_ref object, uint32_t slot, mh_ref target)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_STORE,
		.object = object,
		.slot = slot,
		.target = target,
	});
}

int mh_batch_add_swap(struct mh_batch *batch, mh_ref object, uint32_t slot, mh_ref target,
		      unsigned int flags)
{
	return append_flagged(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_SWAP,
		.flags = flags,
		.object = object,
		.slot = slot,
		.target = target,
	}, flags);
}

int mh_batch_add_compare_store(struct mh_batch *batch, mh_ref object, uint32_t slot,
			       mh_ref expected, mh_ref target)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_COMPARE_STORE,
		.object = object,
		.slot = slot,
		.expected = expected,
		.target = target,
	});
}

int mh_batch_add_read(struct mh_batch *batch, mh_ref object, uint64_t offset, void *data,
		      size_t length)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_READ,
		.object = object,
		.offset = offset,
		.length = length,
		.data = (uintptr_t)data,
	});
}

int mh_batch_add_write(struct mh_batch *batch, mh_ref object, uint64_t offset, const void *data,
		       size_t length)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_WRITE,
		.object = object,
		.offset = offset,
		.length = length,
		.data = (uintptr_t)data,
	});
}

int mh_batch_add_resize(struct mh_batch *batch, mh_ref object, uint32_t slots, size_t length)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_RESIZE,
		.object = object,
		.slots = slots,
		.length = length,
	});
}

int mh_batch_add_info(struct mh_batch *batch, mh_ref object, struct mheap_object_info *info)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_INFO,
		.object = object,
		.length = sizeof(*info),
		.data = (uintptr_t)info,
	});
}

int mh_batch_add_same(struct mh_batch *batch, mh_ref a, mh_ref b)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_SAME,
		.object = a,
		.target = b,
	});
}

int mh_batch_add_weak(struct mh_batch *batch, mh_ref object)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_WEAK,
		.object = object,
	});
}

int mh_batch_add_upgrade(struct mh_batch *batch, mh_ref weak, unsigned int flags)
{
	return append_flagged(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_UPGRADE,
		.flags = flags,
		.object = weak,
	}, flags);
}

int mh_batch_add_publish(struct mh_batch *batch, const char *name, mh_ref object,
			 unsigned int flags)
{
	return append_flagged(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_PUBLISH,
		.flags = flags,
		.object = object,
		.length = strlen(name),
		.data = (uintptr_t)name,
	}, flags);
}

int mh_batch_add_lookup(struct mh_batch *batch, const char *name, unsigned int flags)
{
	return append_flagged(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_LOOKUP,
		.flags = flags,
		.length = strlen(name),
		.data = (uintptr_t)name,
	}, flags);
}

int mh_batch_add_unpublish(struct mh_batch *batch, const char *name)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_UNPUBLISH,
		.length = strlen(name),
		.data = (uintptr_t)name,
	});
}

int mh_batch_add_set_finalizer(struct mh_batch *batch, mh_ref object, uint64_t cookie)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_FINALIZER,
		.object = object,
		.offset = cookie,
	});
}

int mh_batch_add_cancel_finalizer(struct mh_batch *batch, mh_ref object)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_FINALIZER,
		.flags = MHEAP_OP_CANCEL,
		.object = object,
	});
}

int mh_batch_add_watch(struct mh_batch *batch, mh_ref object, uint64_t cookie)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_WATCH,
		.object = object,
		.offset = cookie,
	});
}

int mh_batch_add_unwatch(struct mh_batch *batch, mh_ref object, uint64_t cookie)
{
	return append(batch, &(struct mheap_op){
		.opcode = MHEAP_OP_UNWATCH,
		.object = object,
		.offset = cookie,
	});
}

static void forget_outcome(struct mh_batch *batch)
{
	for (unsigned int i = 0; i < batch->executed; i++)
		batch->ops[i].result = -ECANCELED;
	batch->executed = 0;
	batch->failed = -1;
}

int mh_batch_submit(struct mh_session *session, struct mh_batch *batch, unsigned int flags)
{
	int executed;

	forget_outcome(batch);
	if (batch->error)
		return batch->error;
	executed = mh_submit(session, batch->ops, batch->count, flags);
	if (executed < 0)
		return executed;
	batch->executed = executed;
	for (int i = 0; i < executed; i++) {
		if (batch->ops[i].result < 0) {
			batch->failed = i;
			return batch->ops[i].result;
		}
	}
	return batch->executed < batch->count ? -ECANCELED : 0;
}

unsigned int mh_batch_executed(const struct mh_batch *batch)
{
	return batch->executed;
}

int mh_batch_failed(const struct mh_batch *batch)
{
	return batch->failed;
}

int64_t mh_batch_result(const struct mh_batch *batch, int index)
{
	if (index < 0 || (unsigned int)index >= batch->count)
		return -EINVAL;
	return batch->ops[index].result;
}
