// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: what goes on between the program's memory and the commands.
 *
 * A slice ends behind an operation that gives data to the program (READ, INFO):
 * whether the data can be copied out decides that operation's result, so nothing
 * behind it may have run. It ends before an operation whose data has no room, or
 * was not read yet; that is done before the session is entered again.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "batch.h"
#include "command.h"
#include "result.h"
#include "words.h"

/* A batch that needs no more than this does without an allocation. */
#define SMALL_OPS	4
#define SMALL_DATA	256

/* Return: bytes of batch->data that an operation needs. */
static u32 room_for(const struct mheap_op *op)
{
	switch (op->opcode) {
	case MHEAP_OP_READ:
	case MHEAP_OP_WRITE:
		return op->length <= MHEAP_IO_MAX ? op->length : 0;
	case MHEAP_OP_INFO:
		return sizeof(struct mheap_object_info);
	case MHEAP_OP_PUBLISH:
	case MHEAP_OP_LOOKUP:
	case MHEAP_OP_UNPUBLISH:
		return op->length <= MHEAP_ROOT_NAME_MAX ? op->length : 0;
	default:
		return 0;
	}
}

static void free_data(struct mheap_batch *batch)
{
	if (unlikely(batch->data != batch->small))
		kvfree(batch->data);
}

/* Without memory batch->data is NULL, and operations that need it fail. */
static void make_room(struct mheap_batch *batch, u32 size)
{
	if (size <= batch->data_size)
		return;
	free_data(batch);
	batch->data = mheap_port_kvmalloc(size, MHEAP_GFP);
	batch->data_size = batch->data ? size : 0;
}

static void gather_data(struct mheap_batch *batch, struct mheap_op *op, u32 place)
{
	const void __user *data = u64_to_user_ptr(op->data);

	if (!batch->data || op->length != room_for(op))
		return;
	op->data = place;
	if (copy_from_user(batch->data + place, data, op->length))
		op->data = MHEAP_BATCH_FAULT;
}

/* Prepare the next operation and as many behind it as can be. */
static noinline void prepare(struct mheap_batch *batch)
{
	u32 size = 0;
	u32 end, i;

	for (end = batch->at; end < batch->filled; end++) {
		if (size + room_for(&batch->ops[end]) > MHEAP_IO_MAX)
			break;
		size += room_for(&batch->ops[end]);
		if (mheap_batch_gives_data(&batch->ops[end])) {
			batch->limit = ++end;
			break;
		}
	}
	make_room(batch, size);
	batch->out = 0;
	for (i = batch->at; i < end; i++) {
		if (mheap_batch_takes_data(&batch->ops[i]))
			gather_data(batch, &batch->ops[i], batch->out);
		if (!mheap_batch_gives_data(&batch->ops[i]))
			batch->out += room_for(&batch->ops[i]);
	}
	batch->prepared = end;
}

/* Copy out what an operation gave. Return: false if the batch ends behind it. */
static bool scatter_data(const struct mheap_batch *batch, struct mheap_op *op)
{
	void __user *data = u64_to_user_ptr(op->data);

	if (!mheap_batch_gives_data(op))
		return true;
	op->data = 0;
	if (op->result <= 0 || !copy_to_user(data, batch->data + batch->out, op->result))
		return true;
	op->result = -EFAULT;
	return batch->flags & MHEAP_SUBMIT_CONTINUE;
}

/* Copy out the results from @from on. Return: behind the last that could be. */
static u32 scatter_results(const struct mheap_batch *batch, u32 from)
{
	struct mheap_op __user *user = batch->user + batch->first;
	u32 i = from;

	if (!user_write_access_begin(user + from, (batch->at - from) * sizeof(*user)))
		return i;
	for (; i < batch->at; i++)
		unsafe_put_user(batch->ops[i].result, &user[i].result, fault);
fault:
	user_write_access_end();
	return i;
}

/*
 * Execute a slice. @answered: set to the number of results the program has.
 * Return: 0, 1 if the batch ends here, or -errno if it does so for that reason.
 */
static int run_slice(struct mheap_batch *batch, u32 *answered)
{
	const u32 from = batch->at;
	bool more;
	u32 to;
	int error;

	if (mheap_batch_needs_data(&batch->ops[from]) && from >= batch->prepared)
		prepare(batch);
	error = mheap_session_enter(batch->session);
	if (error)
		return error;
	more = mheap_commands_run(batch);
	mheap_session_leave(batch->session);
	if (batch->at == from)
		return 0;

	more &= scatter_data(batch, &batch->ops[batch->at - 1]);
	to = scatter_results(batch, from);
	*answered = batch->first + to;
	if (to < batch->at)
		return -EFAULT;
	if (batch->at == batch->limit)
		batch->limit = batch->filled;
	return more ? 0 : 1;
}

/*
 * Fill the window with the next records. What can be read of them is executed;
 * the batch ends there.
 */
static int gather(struct mheap_batch *batch)
{
	const struct mheap_op __user *user;
	unsigned long left;
	u32 wanted;

	if (batch->gave)
		mheap_results_remember(batch);
	batch->first += batch->filled;
	wanted = min_t(u32, batch->count - batch->first, MHEAP_SECTION_OPERATIONS);
	user = batch->user + batch->first;
	left = copy_from_user(batch->ops, user, wanted * sizeof(*user));
	batch->filled = wanted - DIV_ROUND_UP(left, sizeof(*user));
	batch->at = 0;
	batch->limit = batch->filled;
	batch->prepared = 0;
	if (left)
		batch->count = batch->first + batch->filled;
	return batch->filled ? 0 : -EFAULT;
}

/* Return: as mheap_batch_submit(). */
static long run_batch(struct mheap_batch *batch)
{
	u32 answered = 0;
	int error;

	error = gather(batch);
	while (!error) {
		error = run_slice(batch, &answered);
		if (error)
			break;
		if (batch->at == batch->filled) {
			if (batch->first + batch->filled == batch->count)
				break;
			error = gather(batch);
		}
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return answered || error > 0 ? answered : error;
}

static void init_data(struct mheap_batch *batch, u8 *small)
{
	batch->small = small;
	batch->data = small;
	batch->data_size = SMALL_DATA;
}

/* More than a window's results need a place of their own. */
static int alloc_batch(struct mheap_batch *batch, struct mheap_op *small)
{
	batch->ops = small;
	if (batch->count <= SMALL_OPS)
		return 0;
	if (batch->count > MHEAP_SECTION_OPERATIONS) {
		batch->gave = mheap_port_kvcalloc(batch->count, sizeof(*batch->gave),
						  MHEAP_GFP);
		if (!batch->gave)
			return -ENOMEM;
	}
	batch->ops = xchg(&batch->file->window, NULL);
	if (!batch->ops)
		batch->ops = kmalloc_array(MHEAP_SECTION_OPERATIONS, sizeof(*batch->ops),
					   MHEAP_GFP);
	if (batch->ops)
		return 0;
	kvfree(batch->gave);
	return -ENOMEM;
}

static void free_batch(struct mheap_batch *batch, struct mheap_op *small)
{
	free_data(batch);
	if (batch->gave)
		kvfree(batch->gave);
	if (batch->ops != small)
		kfree(xchg(&batch->file->window, batch->ops));
}

static noinline long run_many(struct mheap_file *file, const struct mheap_submit *submit)
{
	/* Written before they are read, and read no farther: need no zeroes. */
	struct mheap_op ops[SMALL_OPS] __uninitialized;
	u8 data[SMALL_DATA] __uninitialized;
	struct mheap_batch batch = {
		.file = file,
		.session = &file->session,
		.user = u64_to_user_ptr(submit->ops),
		.count = submit->count,
		.flags = submit->flags,
	};
	long executed;
	int error;

	error = alloc_batch(&batch, ops);
	if (error)
		return error;
	init_data(&batch, data);
	executed = run_batch(&batch);
	if (batch.temporaries)
		mheap_results_drop(&batch);
	free_batch(&batch, ops);
	return executed;
}

/*
 * One operation, which most calls are: no window, no results. Only those fields
 * of the batch are set that are looked at in this case.
 */
static __always_inline int execute_one(struct mheap_batch *batch, struct mheap_session *session,
				       struct mheap_op *op)
{
	int error;

	batch->session = session;
	batch->ops = op;
	batch->flags = 0;
	batch->first = 0;
	batch->at = 0;
	batch->limit = 1;
	error = mheap_session_enter(session);
	if (error)
		return error;
	mheap_commands_run(batch);
	mheap_session_leave(session);
	return 1;
}

/* The same for an operation that moves data. */
static noinline int execute_one_with_data(struct mheap_session *session, struct mheap_op *op)
{
	u8 data[SMALL_DATA] __uninitialized;
	struct mheap_batch batch __uninitialized;
	int executed;

	init_data(&batch, data);
	make_room(&batch, room_for(op));
	if (mheap_batch_takes_data(op))
		gather_data(&batch, op, 0);
	batch.prepared = 1;
	batch.out = 0;
	executed = execute_one(&batch, session, op);
	if (executed > 0)
		scatter_data(&batch, op);
	free_data(&batch);
	return executed;
}

static __always_inline long run_one(struct mheap_session *session, struct mheap_op *op,
				    struct mheap_op __user *user)
{
	struct mheap_batch batch __uninitialized;
	int executed;

	if (mheap_batch_needs_data(op))
		executed = execute_one_with_data(session, op);
	else
		executed = execute_one(&batch, session, op);
	if (executed > 0 && put_user(op->result, &user->result))
		return -EFAULT;
	return executed;
}

/**
 * mheap_batch_submit - execute a batch
 * @file: the open file
 * @submit: where the operations are
 *
 * Context: May sleep; in the process whose memory the operations are in.
 * Return: How many operations were executed, or -errno, as <linux/mheap.h> says.
 */
long mheap_batch_submit(struct mheap_file *file, const struct mheap_submit *submit)
{
	struct mheap_op op __uninitialized;

	if (submit->flags & ~MHEAP_SUBMIT_CONTINUE || submit->count > MHEAP_BATCH_MAX)
		return -EINVAL;
	if (!submit->count)
		return 0;
	if (submit->count > 1)
		return run_many(file, submit);
	if (!mheap_words_read(&op, u64_to_user_ptr(submit->ops), sizeof(op)))
		return -EFAULT;
	if (op.flags)	/* a temporary, or an error */
		return run_many(file, submit);
	return run_one(&file->session, &op, u64_to_user_ptr(submit->ops));
}
