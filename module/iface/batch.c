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

/* A batch that needs no more than this does without an allocation. */
#define SMALL_OPS	4
#define SMALL_DATA	256

/**
 * struct small - memory for a small batch
 * @ops: records
 * @data: data
 */
struct small {
	struct mheap_op ops[SMALL_OPS];
	u8 data[SMALL_DATA];
};

/* Return: bytes of batch->data that an operation needs. */
static u32 room_for(const struct mheap_op *op)
{
	switch (op->opcode) {
	case MHEAP_OP_READ:
	case MHEAP_OP_WRITE:
		return op->length <= MHEAP_IO_MAX ? op->length : 0;
	case MHEAP_OP_INFO:
		return sizeof(struct mheap_object_info);
	default:
		return 0;
	}
}

static bool gives_data(const struct mheap_op *op)
{
	return op->opcode == MHEAP_OP_READ || op->opcode == MHEAP_OP_INFO;
}

static bool needs_data(const struct mheap_op *op)
{
	return op->opcode == MHEAP_OP_WRITE || gives_data(op);
}

static void free_data(struct mheap_batch *batch, struct small *small)
{
	if (batch->data != small->data)
		kvfree(batch->data);
}

/* Without memory batch->data is NULL, and operations that need it fail. */
static void make_room(struct mheap_batch *batch, struct small *small, u32 size)
{
	if (size <= batch->data_size)
		return;
	free_data(batch, small);
	batch->data = kvmalloc(size, MHEAP_GFP);
	batch->data_size = batch->data ? size : 0;
}

static void gather_data(struct mheap_batch *batch, struct mheap_op *op, u32 place)
{
	const void __user *data = u64_to_user_ptr(op->data);

	if (!batch->data || op->length > MHEAP_IO_MAX)
		return;
	op->data = place;
	if (copy_from_user(batch->data + place, data, op->length))
		op->data = MHEAP_BATCH_FAULT;
}

/* Prepare the next operation and as many behind it as can be. */
static void prepare(struct mheap_batch *batch, struct small *small)
{
	u32 size = 0;
	u32 end, i;

	for (end = batch->at; end < batch->filled; end++) {
		if (size + room_for(&batch->ops[end]) > MHEAP_IO_MAX)
			break;
		size += room_for(&batch->ops[end]);
		if (gives_data(&batch->ops[end])) {
			batch->limit = ++end;
			break;
		}
	}
	make_room(batch, small, size);
	batch->out = 0;
	for (i = batch->at; i < end; i++) {
		if (batch->ops[i].opcode == MHEAP_OP_WRITE)
			gather_data(batch, &batch->ops[i], batch->out);
		if (!gives_data(&batch->ops[i]))
			batch->out += room_for(&batch->ops[i]);
	}
	batch->prepared = end;
}

/* Return: false if the batch ends behind the last operation. */
static bool execute(struct mheap_batch *batch)
{
	const struct mheap_op *end = batch->ops + batch->limit;
	struct mheap_op *op;
	bool more = true;
	s64 result;

	for (op = batch->ops + batch->at; op < end && more; op++) {
		result = mheap_command_run(batch, op);
		if (unlikely(result < 0)) {
			if (result == MHEAP_COMMAND_UNPREPARED)
				break;
			more = batch->flags & MHEAP_SUBMIT_CONTINUE;
		}
		op->result = result;
	}
	batch->at = op - batch->ops;
	return more;
}

/* Copy out what an operation gave. Return: false if the batch ends behind it. */
static bool scatter_data(const struct mheap_batch *batch, struct mheap_op *op)
{
	if (!gives_data(op) || op->result <= 0)
		return true;
	if (!copy_to_user(u64_to_user_ptr(op->data), batch->data + batch->out, op->result))
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
static int run_slice(struct mheap_batch *batch, struct small *small, u32 *answered)
{
	const u32 from = batch->at;
	bool more;
	u32 to;
	int error;

	if (needs_data(&batch->ops[from]) && from >= batch->prepared)
		prepare(batch, small);
	error = mheap_session_enter(batch->session);
	if (error)
		return error;
	more = execute(batch);
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
	wanted = min_t(u32, batch->count - batch->first, MHEAP_SLICE);
	user = batch->user + batch->first;
	if (wanted == 1)	/* the size is a constant: no check of it at run time */
		left = copy_from_user(batch->ops, user, sizeof(*user));
	else
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
static long run_batch(struct mheap_batch *batch, struct small *small)
{
	u32 answered = 0;
	int error;

	error = gather(batch);
	while (!error) {
		error = run_slice(batch, small, &answered);
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

/* More than a window's results need a place of their own. */
static int alloc_batch(struct mheap_batch *batch, struct small *small)
{
	batch->ops = small->ops;
	batch->data = small->data;
	batch->data_size = sizeof(small->data);
	if (batch->count <= SMALL_OPS)
		return 0;
	batch->ops = kmalloc_array(min_t(u32, batch->count, MHEAP_SLICE), sizeof(*batch->ops),
				   MHEAP_GFP);
	if (!batch->ops)
		return -ENOMEM;
	if (batch->count <= MHEAP_SLICE)
		return 0;
	batch->gave = kvmalloc_array(batch->count, sizeof(*batch->gave), MHEAP_GFP);
	if (batch->gave)
		return 0;
	kfree(batch->ops);
	return -ENOMEM;
}

static void free_batch(struct mheap_batch *batch, struct small *small)
{
	free_data(batch, small);
	kvfree(batch->gave);
	if (batch->ops != small->ops)
		kfree(batch->ops);
}

/**
 * mheap_batch_submit - execute a batch
 * @session: the session
 * @submit: where the operations are
 *
 * Context: May sleep; in the process whose memory the operations are in.
 * Return: How many operations were executed, or -errno, as <linux/mheap.h> says.
 */
long mheap_batch_submit(struct mheap_session *session, const struct mheap_submit *submit)
{
	/* Written before it is read, and read no farther: needs no zeroes. */
	struct small small __uninitialized;
	struct mheap_batch batch = {
		.session = session,
		.user = u64_to_user_ptr(submit->ops),
		.count = submit->count,
		.flags = submit->flags,
	};
	long executed;
	int error;

	if (submit->flags & ~MHEAP_SUBMIT_CONTINUE || submit->count > MHEAP_BATCH_MAX)
		return -EINVAL;
	if (!submit->count)
		return 0;
	error = alloc_batch(&batch, &small);
	if (error)
		return error;
	executed = run_batch(&batch, &small);
	if (batch.temporaries)
		mheap_results_drop(&batch);
	free_batch(&batch, &small);
	return executed;
}
