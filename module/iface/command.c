// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: the table of operations, and a function for each. They work on
 * records in kernel memory and on nothing of the program's.
 */
#include <linux/bits.h>
#include <linux/string.h>

#include "batch.h"
#include "command.h"
#include "core/object.h"
#include "result.h"

static_assert(MHEAP_RESULT_FLAG > (u64)MHEAP_HANDLE_SERIAL_MAX << MHEAP_HANDLE_SERIAL_SHIFT);
static_assert(MHEAP_SLOTS_MAX == MHEAP_BODY_SLOTS_MAX);
static_assert(MHEAP_LENGTH_MAX == MHEAP_BODY_LENGTH_MAX);
static_assert(MHEAP_ATOMIC_IO_MAX == MHEAP_OBJECT_ATOMIC_COPY);

/* A strong handle, or a temporary, or a strong handle that is a result. */
static int find(struct mheap_batch *batch, const struct mheap_op *op, u64 name, u32 *object)
{
	u64 gave;
	int error;

	if (likely(!(name & MHEAP_RESULT_FLAG)))
		return mheap_session_find(batch->session, name, object);
	error = mheap_result_find(batch, op, name, &gave);
	if (error)
		return error;
	if (!(gave & MHEAP_RESULT_TEMPORARY))
		return mheap_session_find(batch->session, gave, object);
	*object = gave;
	return 0;
}

/* The same, or 0 for no object. */
static int find_or_none(struct mheap_batch *batch, const struct mheap_op *op, u64 name,
			u32 *object)
{
	*object = 0;
	return name ? find(batch, op, name, object) : 0;
}

/* The handle behind a name; -EINVAL if that is a temporary. */
static int find_handle(struct mheap_batch *batch, const struct mheap_op *op, u64 name,
		       u64 *handle)
{
	int error = 0;

	*handle = name;
	if (name & MHEAP_RESULT_FLAG) {
		error = mheap_result_find(batch, op, name, handle);
		if (!error && *handle & MHEAP_RESULT_TEMPORARY)
			error = -EINVAL;
	}
	return error;
}

/* Which object is it, whatever names it? */
static int find_id(struct mheap_batch *batch, const struct mheap_op *op, u64 name, u64 *id)
{
	struct mheap_object_figures figures;
	u64 gave = name;
	int error;

	if (name & MHEAP_RESULT_FLAG) {
		error = mheap_result_find(batch, op, name, &gave);
		if (error)
			return error;
	}
	if (!(gave & MHEAP_RESULT_TEMPORARY))
		return mheap_session_id(batch->session, gave, id);
	mheap_object_figures(batch->session, gave, &figures);
	*id = figures.id;
	return 0;
}

/*
 * Give the program, or the rest of the batch, an object. The reference is the
 * caller's no longer, also where that fails.
 */
static s64 give(struct mheap_batch *batch, struct mheap_op *op, u32 object)
{
	u64 handle;
	int error;

	if (op->flags & MHEAP_OP_TEMP) {
		mheap_result_keep(batch, op, object);
		return 0;
	}
	if (!object)
		return 0;
	error = mheap_session_hold(batch->session, object, &handle);
	if (unlikely(error)) {
		mheap_object_put(batch->session, object);
		return error;
	}
	return handle;
}

static s64 run_new(struct mheap_batch *batch, struct mheap_op *op)
{
	const struct mheap_shape shape = {
		.type = op->type,
		.slots = op->slots,
		.length = op->length,
	};
	u32 object;
	int error;

	if (op->length > MHEAP_LENGTH_MAX)
		return -E2BIG;
	error = mheap_object_new(batch->session, &shape, &object);
	return error ?: give(batch, op, object);
}

static s64 dup_weak(struct mheap_batch *batch, const struct mheap_op *op)
{
	u64 handle, copy;
	int error;

	if (op->flags & MHEAP_OP_TEMP)
		return -EINVAL;
	error = find_handle(batch, op, op->object, &handle);
	if (!error)
		error = mheap_session_dup_weak(batch->session, handle, &copy);
	return error ?: copy;
}

static s64 run_dup(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object;
	int error = find(batch, op, op->object, &object);

	if (error == -EINVAL)
		return dup_weak(batch, op);
	if (!error)
		error = mheap_object_get(batch->session, object);
	return error ?: give(batch, op, object);
}

static s64 run_drop(struct mheap_batch *batch, struct mheap_op *op)
{
	u64 gave = op->object;
	int error;

	if (unlikely(op->object & MHEAP_RESULT_FLAG)) {
		error = mheap_result_find(batch, op, op->object, &gave);
		if (error)
			return error;
		if (gave & MHEAP_RESULT_TEMPORARY) {
			mheap_result_drop(batch, op->object);
			return 0;
		}
	}
	return mheap_session_drop(batch->session, gave);
}

static s64 run_load(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object, target;
	int error = find(batch, op, op->object, &object);

	if (!error)
		error = mheap_object_load(batch->session, object, op->slot, &target);
	return error ?: give(batch, op, target);
}

static s64 run_store(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object, target;
	int error = find(batch, op, op->object, &object);

	if (!error)
		error = find_or_none(batch, op, op->target, &target);
	return error ?: mheap_object_store(batch->session, object, op->slot, target);
}

static s64 run_swap(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object, target, old;
	int error = find(batch, op, op->object, &object);

	if (!error)
		error = find_or_none(batch, op, op->target, &target);
	/* There is no way back behind the swap: be sure of the handle before. */
	if (!error && !(op->flags & MHEAP_OP_TEMP))
		error = mheap_handle_reserve(&batch->session->handles);
	if (!error)
		error = mheap_object_swap(batch->session, object, op->slot, target, &old);
	return error ?: give(batch, op, old);
}

static s64 run_compare_store(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object, expected, target;
	int error = find(batch, op, op->object, &object);

	if (!error)
		error = find_or_none(batch, op, op->expected, &expected);
	if (!error)
		error = find_or_none(batch, op, op->target, &target);
	return error ?: mheap_object_compare_store(batch->session, object, op->slot, expected,
						   target);
}

/* Is there memory for the data of an operation? */
static int check_data(const struct mheap_batch *batch, const struct mheap_op *op)
{
	if (!mheap_batch_prepared(batch, op))
		return MHEAP_COMMAND_UNPREPARED;
	return batch->data ? 0 : -ENOMEM;
}

static s64 run_read(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object;
	int error;

	if (op->length > MHEAP_IO_MAX)
		return -E2BIG;
	error = check_data(batch, op);
	if (!error)
		error = find(batch, op, op->object, &object);
	return error ?: mheap_object_read(batch->session, object, op->offset,
					  batch->data + batch->out, op->length);
}

static s64 run_write(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object;
	int error;

	if (op->length > MHEAP_IO_MAX)
		return -E2BIG;
	error = check_data(batch, op);
	if (!error)
		error = find(batch, op, op->object, &object);
	if (!error && op->data == MHEAP_BATCH_FAULT)
		error = -EFAULT;
	if (!error)
		error = mheap_object_write(batch->session, object, op->offset,
					   batch->data + op->data, op->length);
	return error ?: op->length;
}

static s64 run_resize(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object;
	int error = find(batch, op, op->object, &object);

	if (!error && op->length > MHEAP_LENGTH_MAX)
		error = -E2BIG;
	return error ?: mheap_object_resize(batch->session, object, op->slots, op->length);
}

static void fill_info(const struct mheap_object_figures *figures, struct mheap_object_info *info)
{
	info->id = figures->id;
	info->length = figures->shape.length;
	info->charged = figures->charged;
	info->type = figures->shape.type;
	info->slots = figures->shape.slots;
	info->references = figures->inside + figures->outside;
	info->outside = figures->outside;
	info->generation = figures->generation;
	info->flags = figures->tracked ? MHEAP_OBJECT_TRACKED : 0;
}

static s64 run_info(struct mheap_batch *batch, struct mheap_op *op)
{
	const u32 length = min_t(u64, op->length, sizeof(struct mheap_object_info));
	struct mheap_object_figures figures;
	struct mheap_object_info info = {};
	u32 object;
	int error;

	if (op->length < MHEAP_OBJECT_INFO_SIZE_0)
		return -EINVAL;
	error = check_data(batch, op);
	if (!error)
		error = find(batch, op, op->object, &object);
	if (error)
		return error;
	mheap_object_figures(batch->session, object, &figures);
	fill_info(&figures, &info);
	memcpy(batch->data + batch->out, &info, length);
	return length;
}

static s64 run_same(struct mheap_batch *batch, struct mheap_op *op)
{
	u64 a, b;
	int error = find_id(batch, op, op->object, &a);

	if (!error)
		error = find_id(batch, op, op->target, &b);
	return error ?: a == b;
}

static s64 run_weak(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object;
	u64 handle;
	int error = find(batch, op, op->object, &object);

	if (!error)
		error = mheap_session_weak(batch->session, object, &handle);
	return error ?: handle;
}

static s64 run_upgrade(struct mheap_batch *batch, struct mheap_op *op)
{
	u32 object;
	u64 handle;
	int error = find_handle(batch, op, op->object, &handle);

	if (!error)
		error = mheap_session_upgrade(batch->session, handle, &object);
	return error ?: give(batch, op, object);
}

/* Fields of a record that an operation may use. */
#define SLOT		BIT(0)
#define OBJECT		BIT(1)
#define TARGET		BIT(2)
#define EXPECTED	BIT(3)
#define OFFSET		EXPECTED	/* in the same place */
#define LENGTH		BIT(4)
#define DATA		BIT(5)
#define TYPE		BIT(6)
#define SLOTS		BIT(7)

/**
 * struct command - an operation
 * @run: does it; returns its result
 * @fields: all others must be zero
 * @flags: MHEAP_OP_* that it accepts
 * @gives: its result is a handle, or 0
 */
struct command {
	s64 (*run)(struct mheap_batch *batch, struct mheap_op *op);
	u8 fields;
	u8 flags;
	bool gives;
};

static const struct command commands[] = {
	[MHEAP_OP_NEW]	   = { run_new, TYPE | SLOTS | LENGTH, MHEAP_OP_TEMP, true },
	[MHEAP_OP_DUP]	   = { run_dup, OBJECT, MHEAP_OP_TEMP, true },
	[MHEAP_OP_DROP]	   = { run_drop, OBJECT, 0, false },
	[MHEAP_OP_LOAD]	   = { run_load, OBJECT | SLOT, MHEAP_OP_TEMP, true },
	[MHEAP_OP_STORE]   = { run_store, OBJECT | SLOT | TARGET, 0, false },
	[MHEAP_OP_SWAP]	   = { run_swap, OBJECT | SLOT | TARGET, MHEAP_OP_TEMP, true },
	[MHEAP_OP_COMPARE_STORE] = {
		run_compare_store, OBJECT | SLOT | EXPECTED | TARGET, 0, false
	},
	[MHEAP_OP_READ]	   = { run_read, OBJECT | OFFSET | LENGTH | DATA, 0, false },
	[MHEAP_OP_WRITE]   = { run_write, OBJECT | OFFSET | LENGTH | DATA, 0, false },
	[MHEAP_OP_RESIZE]  = { run_resize, OBJECT | SLOTS | LENGTH, 0, false },
	[MHEAP_OP_INFO]	   = { run_info, OBJECT | LENGTH | DATA, 0, false },
	[MHEAP_OP_SAME]	   = { run_same, OBJECT | TARGET, 0, false },
	[MHEAP_OP_WEAK]	   = { run_weak, OBJECT, 0, true },
	[MHEAP_OP_UPGRADE] = { run_upgrade, OBJECT, MHEAP_OP_TEMP, true },
};

/* What stands in fields that an operation does not use. */
static __always_inline u64 unused(const struct mheap_op *op, u8 fields)
{
	return (fields & SLOT ? 0 : op->slot) |
	       (fields & OBJECT ? 0 : op->object) |
	       (fields & TARGET ? 0 : op->target) |
	       (fields & EXPECTED ? 0 : op->expected) |
	       (fields & LENGTH ? 0 : op->length) |
	       (fields & DATA ? 0 : op->data) |
	       (fields & TYPE ? 0 : op->type) |
	       (fields & SLOTS ? 0 : op->slots);
}

static __always_inline s64 run(struct mheap_batch *batch, struct mheap_op *op,
			       const struct command *command)
{
	if (unlikely(unused(op, command->fields) | (op->flags & ~command->flags)))
		return -EINVAL;
	return command->run(batch, op);
}

/**
 * mheap_command_run - execute an operation
 * @batch: its batch, the session entered
 * @op: its record, in the batch's window
 *
 * The switch lets the compiler see each row of the table as constants: the check
 * of unused fields becomes a handful of instructions and the call a direct one.
 *
 * Context: Entered. May sleep.
 * Return: Its result, or MHEAP_COMMAND_UNPREPARED where nothing was done because
 * mheap_batch_prepared() says no.
 */
s64 mheap_command_run(struct mheap_batch *batch, struct mheap_op *op)
{
	switch (op->opcode) {
	case MHEAP_OP_NEW:
		return run(batch, op, &commands[MHEAP_OP_NEW]);
	case MHEAP_OP_DUP:
		return run(batch, op, &commands[MHEAP_OP_DUP]);
	case MHEAP_OP_DROP:
		return run(batch, op, &commands[MHEAP_OP_DROP]);
	case MHEAP_OP_LOAD:
		return run(batch, op, &commands[MHEAP_OP_LOAD]);
	case MHEAP_OP_STORE:
		return run(batch, op, &commands[MHEAP_OP_STORE]);
	case MHEAP_OP_SWAP:
		return run(batch, op, &commands[MHEAP_OP_SWAP]);
	case MHEAP_OP_COMPARE_STORE:
		return run(batch, op, &commands[MHEAP_OP_COMPARE_STORE]);
	case MHEAP_OP_READ:
		return run(batch, op, &commands[MHEAP_OP_READ]);
	case MHEAP_OP_WRITE:
		return run(batch, op, &commands[MHEAP_OP_WRITE]);
	case MHEAP_OP_RESIZE:
		return run(batch, op, &commands[MHEAP_OP_RESIZE]);
	case MHEAP_OP_INFO:
		return run(batch, op, &commands[MHEAP_OP_INFO]);
	case MHEAP_OP_SAME:
		return run(batch, op, &commands[MHEAP_OP_SAME]);
	case MHEAP_OP_WEAK:
		return run(batch, op, &commands[MHEAP_OP_WEAK]);
	case MHEAP_OP_UPGRADE:
		return run(batch, op, &commands[MHEAP_OP_UPGRADE]);
	default:
		return -EINVAL;
	}
}

/**
 * mheap_command_gives - does an operation result in a handle?
 * @opcode: of one that has been executed without error
 *
 * Context: Any.
 * Return: true if its result is a handle, or 0 for none.
 */
bool mheap_command_gives(u16 opcode)
{
	return commands[opcode].gives;
}
