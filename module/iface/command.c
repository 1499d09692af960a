// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: the table of operations, and a function for each. They work on
 * records in kernel memory and on nothing of the program's.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/string.h>

#include "batch.h"
#include "command.h"
#include "core/object.h"
#include "core/root.h"
#include "core/watch.h"
#include "core/site.h"
#include "result.h"
#include "stack.h"

static_assert(MHEAP_RESULT_FLAG > (u64)MHEAP_HANDLE_SERIAL_MAX << MHEAP_HANDLE_SERIAL_SHIFT);
static_assert(MHEAP_SLOTS_MAX == MHEAP_BODY_SLOTS_MAX);
static_assert(MHEAP_LENGTH_MAX == MHEAP_BODY_LENGTH_MAX);
static_assert(MHEAP_ATOMIC_IO_MAX == MHEAP_OBJECT_ATOMIC_COPY);
static_assert(MHEAP_ROOT_NAME_MAX == MHEAP_ROOT_LENGTH_MAX);
static_assert(MHEAP_ROOTS_MAX == MHEAP_ROOT_COUNT_MAX);
static_assert(MHEAP_WATCHES_MAX == MHEAP_WATCH_COUNT_MAX);
static_assert(MHEAP_SITE_DEPTH == MHEAP_SITE_DEPTH_MAX);
static_assert(MHEAP_SITES_MAX == MHEAP_SITE_COUNT_MAX);
static_assert(MHEAP_SITE_UNKNOWN == MHEAP_SITE_OTHER);

/*
 * The object that a strong handle or a temporary names, or -errno. Here and below
 * values are returned, not stored through pointers, so that they stay in
 * registers.
 */
static __always_inline s64 find(struct mheap_batch *batch, const struct mheap_op *op, u64 name)
{
	u32 object;
	int error;

	if (name & MHEAP_RESULT_FLAG) {
		name = mheap_result_find(batch, op, name);
		if (mheap_result_is_temporary(name))
			return mheap_result_is_error(name) ? (s64)name : (u32)name;
	}
	error = mheap_session_find(batch->session, name, &object);
	return error ?: (s64)object;
}

/* The same, or 0 for no object. */
static __always_inline s64 find_or_none(struct mheap_batch *batch, const struct mheap_op *op,
					u64 name)
{
	return name ? find(batch, op, name) : 0;
}

/* The handle behind a name, or -errno: -EINVAL if that is a temporary. */
static s64 find_handle(const struct mheap_batch *batch, const struct mheap_op *op, u64 name)
{
	if (name & MHEAP_RESULT_FLAG)
		name = mheap_result_find(batch, op, name);
	if (mheap_result_is_temporary(name) && !mheap_result_is_error(name))
		return -EINVAL;
	return name;
}

/* Which object is it, whatever names it? */
static int find_id(struct mheap_batch *batch, const struct mheap_op *op, u64 name, u64 *id)
{
	struct mheap_object_figures figures __uninitialized;

	if (name & MHEAP_RESULT_FLAG)
		name = mheap_result_find(batch, op, name);
	if (mheap_result_is_error(name))
		return name;
	if (!mheap_result_is_temporary(name))
		return mheap_session_id(batch->session, name, id);
	mheap_object_figures(batch->session, name, &figures);
	*id = figures.id;
	return 0;
}

/* Give the program a handle, and let later operations name it. */
static __always_inline s64 give_handle(struct mheap_op *op, u64 handle)
{
	op->data = handle;
	return handle;
}

/*
 * Give the program, or the rest of the batch, an object. The reference is the
 * caller's no longer, also where that fails.
 */
static __always_inline s64 give(struct mheap_batch *batch, struct mheap_op *op, u32 object)
{
	u64 handle;
	int error;

	if (op->flags & MHEAP_OP_TEMP) {
		op->data = MHEAP_RESULT_TEMPORARY | object;
		batch->temporaries++;
		return 0;
	}
	error = mheap_session_hold(batch->session, object, &handle);
	if (unlikely(error)) {
		mheap_object_put(batch->session, object);
		return error;
	}
	return give_handle(op, handle);
}

static __always_inline s64 give_or_none(struct mheap_batch *batch, struct mheap_op *op,
					u32 object)
{
	return likely(object) ? give(batch, op, object) : 0;
}

/* Note where an object was made, for the profile. */
static noinline void note_site(struct mheap_session *session, u32 object, u64 tag)
{
	struct mheap_heap *heap = session->heap;
	u64 address[MHEAP_SITE_DEPTH];
	u32 depth = 0;

	if (mheap_sites_want_stack(&heap->sites))
		depth = mheap_stack_take(address, ARRAY_SIZE(address));
	mheap_site_note(heap, object, mheap_site_find(heap, tag, address, depth));
}

static s64 run_new(struct mheap_batch *batch, struct mheap_op *op)
{
	const struct mheap_shape shape = {
		.type = op->type,
		.slots = op->slots,
		.length = op->length,
		.ephemeron = op->flags & MHEAP_OP_EPHEMERON,
	};
	u32 object;
	int error;

	if (op->length > MHEAP_LENGTH_MAX)
		return -E2BIG;
	if (unlikely(shape.ephemeron && shape.slots != MHEAP_EPHEMERON_SLOTS))
		return -EINVAL;
	/* Not even the figures may show an object that could not be given. */
	if (!(op->flags & MHEAP_OP_TEMP)) {
		error = mheap_session_reserve(batch->session);
		if (unlikely(error))
			return error;
	}
	error = mheap_object_new(batch->session, &shape, &object);
	if (unlikely(error))
		return error;
	if (mheap_sites_are_used(&batch->session->heap->sites))
		note_site(batch->session, object, op->offset);
	return give(batch, op, object);
}

static noinline s64 dup_weak(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 handle = find_handle(batch, op, op->object);
	u64 copy;
	int error;

	if (op->flags & MHEAP_OP_TEMP)
		return -EINVAL;
	if (handle < 0)
		return handle;
	error = mheap_session_dup_weak(batch->session, handle, &copy);
	return error ?: give_handle(op, copy);
}

static s64 run_dup(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 object = find(batch, op, op->object);
	int error;

	if (unlikely(object < 0))
		return object == -EINVAL ? dup_weak(batch, op) : object;
	error = mheap_object_get(batch->session, object);
	return error ?: give(batch, op, object);
}

static s64 run_drop(struct mheap_batch *batch, struct mheap_op *op)
{
	u64 name = op->object;

	if (name & MHEAP_RESULT_FLAG) {
		name = mheap_result_find(batch, op, name);
		if (mheap_result_is_error(name))
			return name;
		if (mheap_result_is_temporary(name)) {
			mheap_result_drop(batch, op->object);
			return 0;
		}
	}
	return mheap_session_drop(batch->session, name);
}

static s64 run_load(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 object = find(batch, op, op->object);
	u32 target;
	int error;

	if (unlikely(object < 0))
		return object;
	error = mheap_object_load(batch->session, object, op->slot, &target);
	return error ?: give_or_none(batch, op, target);
}

static s64 run_store(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 object = find(batch, op, op->object);
	s64 target;

	if (unlikely(object < 0))
		return object;
	target = find_or_none(batch, op, op->target);
	if (unlikely(target < 0))
		return target;
	return mheap_object_store(batch->session, object, op->slot, target);
}

static s64 run_swap(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 object = find(batch, op, op->object);
	s64 target;
	int error = 0;
	u32 old;

	if (unlikely(object < 0))
		return object;
	target = find_or_none(batch, op, op->target);
	if (unlikely(target < 0))
		return target;
	/* There is no way back behind the swap: be sure of the handle before. */
	if (!(op->flags & MHEAP_OP_TEMP))
		error = mheap_session_reserve(batch->session);
	if (!error)
		error = mheap_object_swap(batch->session, object, op->slot, target, &old);
	return error ?: give_or_none(batch, op, old);
}

static s64 run_compare_store(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 object = find(batch, op, op->object);
	s64 expected, target;

	if (unlikely(object < 0))
		return object;
	expected = find_or_none(batch, op, op->expected);
	if (unlikely(expected < 0))
		return expected;
	target = find_or_none(batch, op, op->target);
	if (unlikely(target < 0))
		return target;
	return mheap_object_compare_store(batch->session, object, op->slot, expected, target);
}

/* The result of an operation whose data is not prepared, so nothing was done. */
#define UNPREPARED	(-EAGAIN)

/* Is there memory for the data of an operation? */
static int check_data(const struct mheap_batch *batch, const struct mheap_op *op)
{
	if (!mheap_batch_prepared(batch, op))
		return UNPREPARED;
	return batch->data ? 0 : -ENOMEM;
}

static s64 run_read(struct mheap_batch *batch, struct mheap_op *op)
{
	s64 object;
	int error;

	if (op->length > MHEAP_IO_MAX)
		return -E2BIG;
	error = check_data(batch, op);
	if (error)
		return error;
	object = find(batch, op, op->object);
	if (object < 0)
		return object;
	return mheap_object_read(batch->session, object, op->offset, batch->data + batch->out,
				 op->length);
}

static s64 run_write(struct mheap_batch *batch, struct mheap_op *op)
{
	s64 object;
	int error;

	if (op->length > MHEAP_IO_MAX)
		return -E2BIG;
	error = check_data(batch, op);
	if (error)
		return error;
	object = find(batch, op, op->object);
	if (object < 0)
		return object;
	if (op->data == MHEAP_BATCH_FAULT)
		return -EFAULT;
	error = mheap_object_write(batch->session, object, op->offset, batch->data + op->data,
				   op->length);
	op->data = 0;
	return error ?: op->length;
}

static s64 run_resize(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 object = find(batch, op, op->object);

	if (object < 0)
		return object;
	if (op->length > MHEAP_LENGTH_MAX)
		return -E2BIG;
	return mheap_object_resize(batch->session, object, op->slots, op->length);
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
	if (figures->annex & MHEAP_ANNEX_FINALIZER)
		info->flags |= MHEAP_OBJECT_FINALIZER;
	if (figures->annex & MHEAP_ANNEX_FINALIZED)
		info->flags |= MHEAP_OBJECT_FINALIZED;
	if (figures->shape.ephemeron)
		info->flags |= MHEAP_OBJECT_EPHEMERON;
	if (figures->watched)
		info->flags |= MHEAP_OBJECT_WATCHED;
	if (figures->generation == MHEAP_PERMANENT)
		info->flags |= MHEAP_OBJECT_FROZEN;
	if (figures->garbage)
		info->flags |= MHEAP_OBJECT_GARBAGE;
}

static noinline s64 run_info(struct mheap_batch *batch, struct mheap_op *op)
{
	const u32 length = min_t(u64, op->length, sizeof(struct mheap_object_info));
	struct mheap_object_figures figures __uninitialized;
	struct mheap_object_info info = {};
	s64 object;
	int error;

	if (op->length < MHEAP_OBJECT_INFO_SIZE_0)
		return -EINVAL;
	error = check_data(batch, op);
	if (error)
		return error;
	object = find(batch, op, op->object);
	if (object < 0)
		return object;
	mheap_object_figures(batch->session, object, &figures);
	fill_info(&figures, &info);
	memcpy(batch->data + batch->out, &info, length);
	return length;
}

static noinline s64 run_same(struct mheap_batch *batch, struct mheap_op *op)
{
	u64 a, b;
	int error = find_id(batch, op, op->object, &a);

	if (!error)
		error = find_id(batch, op, op->target, &b);
	return error ?: a == b;
}

static s64 run_weak(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 object = find(batch, op, op->object);
	u64 handle;
	int error;

	if (object < 0)
		return object;
	error = mheap_session_weak(batch->session, object, &handle);
	return error ?: give_handle(op, handle);
}

static noinline s64 run_upgrade(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 handle = find_handle(batch, op, op->object);
	u32 object;
	int error;

	if (handle < 0)
		return handle;
	error = mheap_session_upgrade(batch->session, handle, &object);
	return error ?: give(batch, op, object);
}

/* An object that a weak handle names is upgraded for as long as it takes. */
static noinline s64 watch_weak(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 handle = find_handle(batch, op, op->object);
	u32 object;
	int error;

	if (handle < 0)
		return handle;
	error = mheap_session_upgrade(batch->session, handle, &object);
	if (error)
		return error;
	error = mheap_watch(batch->session, object, op->offset);
	mheap_object_put(batch->session, object);
	return error;
}

static noinline s64 run_watch(struct mheap_batch *batch, struct mheap_op *op)
{
	const s64 object = find(batch, op, op->object);

	if (object < 0)
		return object == -EINVAL ? watch_weak(batch, op) : object;
	return mheap_watch(batch->session, object, op->offset);
}

static noinline s64 run_unwatch(struct mheap_batch *batch, struct mheap_op *op)
{
	u64 id;
	int error = find_id(batch, op, op->object, &id);

	return error ?: mheap_unwatch(batch->session, id, op->offset);
}

/* The name of a root, of op->length bytes, or an ERR_PTR(). */
static const char *find_name(const struct mheap_batch *batch, const struct mheap_op *op)
{
	const char *name;
	int error;

	if (!op->length)
		return ERR_PTR(-EINVAL);
	if (op->length > MHEAP_ROOT_NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	error = check_data(batch, op);
	if (error)
		return ERR_PTR(error);
	if (op->data == MHEAP_BATCH_FAULT)
		return ERR_PTR(-EFAULT);
	name = batch->data + op->data;
	return memchr(name, 0, op->length) ? ERR_PTR(-EINVAL) : name;
}

static noinline s64 run_publish(struct mheap_batch *batch, struct mheap_op *op)
{
	const char *name = find_name(batch, op);
	s64 object;

	if (IS_ERR(name))
		return PTR_ERR(name);
	object = find(batch, op, op->object);
	if (object < 0)
		return object;
	op->data = 0;
	return mheap_root_publish(batch->session, name, op->length, object,
				  op->flags & MHEAP_OP_REPLACE);
}

static noinline s64 run_lookup(struct mheap_batch *batch, struct mheap_op *op)
{
	const char *name = find_name(batch, op);
	u32 object;
	int error;

	if (IS_ERR(name))
		return PTR_ERR(name);
	error = mheap_root_lookup(batch->session, name, op->length, &object);
	return error ?: give(batch, op, object);
}

static noinline s64 run_unpublish(struct mheap_batch *batch, struct mheap_op *op)
{
	const char *name = find_name(batch, op);

	if (IS_ERR(name))
		return PTR_ERR(name);
	op->data = 0;
	return mheap_root_unpublish(batch->session, name, op->length);
}

static noinline s64 run_finalizer(struct mheap_batch *batch, struct mheap_op *op)
{
	const bool cancel = op->flags & MHEAP_OP_CANCEL;
	s64 object;

	if (cancel && op->offset)
		return -EINVAL;
	object = find(batch, op, op->object);
	if (object < 0)
		return object;
	if (cancel)
		return mheap_finalizer_cancel(batch->session, object);
	return mheap_finalizer_set(batch->session, object, op->offset);
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
 */
struct command {
	s64 (*run)(struct mheap_batch *batch, struct mheap_op *op);
	u8 fields;
	u8 flags;
};

static const struct command commands[] = {
	[MHEAP_OP_NEW]	   = { run_new, TYPE | SLOTS | LENGTH | OFFSET,
				MHEAP_OP_TEMP | MHEAP_OP_EPHEMERON },
	[MHEAP_OP_DUP]	   = { run_dup, OBJECT, MHEAP_OP_TEMP },
	[MHEAP_OP_DROP]	   = { run_drop, OBJECT },
	[MHEAP_OP_LOAD]	   = { run_load, OBJECT | SLOT, MHEAP_OP_TEMP },
	[MHEAP_OP_STORE]   = { run_store, OBJECT | SLOT | TARGET },
	[MHEAP_OP_SWAP]	   = { run_swap, OBJECT | SLOT | TARGET, MHEAP_OP_TEMP },
	[MHEAP_OP_COMPARE_STORE] = { run_compare_store, OBJECT | SLOT | EXPECTED | TARGET },
	[MHEAP_OP_READ]	   = { run_read, OBJECT | OFFSET | LENGTH | DATA },
	[MHEAP_OP_WRITE]   = { run_write, OBJECT | OFFSET | LENGTH | DATA },
	[MHEAP_OP_RESIZE]  = { run_resize, OBJECT | SLOTS | LENGTH },
	[MHEAP_OP_INFO]	   = { run_info, OBJECT | LENGTH | DATA },
	[MHEAP_OP_SAME]	   = { run_same, OBJECT | TARGET },
	[MHEAP_OP_WEAK]	   = { run_weak, OBJECT },
	[MHEAP_OP_UPGRADE] = { run_upgrade, OBJECT, MHEAP_OP_TEMP },
	[MHEAP_OP_PUBLISH] = { run_publish, OBJECT | LENGTH | DATA, MHEAP_OP_REPLACE },
	[MHEAP_OP_LOOKUP]  = { run_lookup, LENGTH | DATA, MHEAP_OP_TEMP },
	[MHEAP_OP_UNPUBLISH] = { run_unpublish, LENGTH | DATA },
	[MHEAP_OP_FINALIZER] = { run_finalizer, OBJECT | OFFSET, MHEAP_OP_CANCEL },
	[MHEAP_OP_WATCH]   = { run_watch, OBJECT | OFFSET },
	[MHEAP_OP_UNWATCH] = { run_unwatch, OBJECT | OFFSET },
};

/* Two neighbours at once. */
static __always_inline u64 type_and_slots(const struct mheap_op *op)
{
	BUILD_BUG_ON(offsetof(struct mheap_op, slots) != offsetof(struct mheap_op, type) + 4);
	return *(const u64 *)&op->type;
}

/* What stands in fields and flags that an operation does not use. */
static __always_inline u64 unused(const struct mheap_op *op, const struct command *command)
{
	const u8 fields = command->fields;

	return (fields & SLOT ? 0 : op->slot) |
	       (fields & OBJECT ? 0 : op->object) |
	       (fields & TARGET ? 0 : op->target) |
	       (fields & EXPECTED ? 0 : op->expected) |
	       (fields & LENGTH ? 0 : op->length) |
	       (fields & DATA ? 0 : op->data) |
	       (fields & (TYPE | SLOTS) ? 0 : type_and_slots(op)) |
	       ((fields & (TYPE | SLOTS)) == SLOTS ? op->type : 0) |
	       (op->flags & ~command->flags);
}

static __always_inline s64 run(struct mheap_batch *batch, struct mheap_op *op,
			       const struct command *command)
{
	if (unlikely(unused(op, command)))
		return -EINVAL;
	return command->run(batch, op);
}

/*
 * The switch lets the compiler see each row of the table as constants: the check
 * of unused fields becomes a handful of instructions, and there is no call
 * through a pointer.
 */
static __always_inline s64 execute(struct mheap_batch *batch, struct mheap_op *op)
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
	case MHEAP_OP_PUBLISH:
		return run(batch, op, &commands[MHEAP_OP_PUBLISH]);
	case MHEAP_OP_LOOKUP:
		return run(batch, op, &commands[MHEAP_OP_LOOKUP]);
	case MHEAP_OP_UNPUBLISH:
		return run(batch, op, &commands[MHEAP_OP_UNPUBLISH]);
	case MHEAP_OP_FINALIZER:
		return run(batch, op, &commands[MHEAP_OP_FINALIZER]);
	case MHEAP_OP_WATCH:
		return run(batch, op, &commands[MHEAP_OP_WATCH]);
	case MHEAP_OP_UNWATCH:
		return run(batch, op, &commands[MHEAP_OP_UNWATCH]);
	default:
		return -EINVAL;
	}
}

/**
 * mheap_commands_run - execute operations of a batch
 * @batch: the batch, its session entered
 *
 * Those from batch->at to before batch->limit, or before the first whose data is
 * not prepared, or behind the first that fails without MHEAP_SUBMIT_CONTINUE, or
 * where the section should end.
 * batch->at is set to where that was.
 *
 * Context: Entered. May sleep.
 * Return: false if the batch ends here.
 */
bool mheap_commands_run(struct mheap_batch *batch)
{
	struct mheap_op *const end = batch->ops + batch->limit;
	struct mheap_op *op = batch->ops + batch->at;
	bool more = true;
	s64 result;

	for (; op < end && !mheap_lane_is_tired(&batch->session->lane); op++) {
		result = execute(batch, op);
		if (likely(result >= 0)) {
			op->result = result;
			continue;
		}
		if (result == UNPREPARED)
			break;
		op->result = result;
		op->data = 0;
		if (!(batch->flags & MHEAP_SUBMIT_CONTINUE)) {
			more = false;
			op++;
			break;
		}
	}
	batch->at = op - batch->ops;
	return more;
}
