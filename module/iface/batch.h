/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Batches. batch.c moves records and data between the program and the kernel,
 * command.c executes one record, result.c knows what the earlier ones gave.
 *
 * A batch is executed in slices: user memory is copied in, then the session is
 * entered and operations are executed, then it is left and results and data are
 * copied out. No lock is held while user memory is copied.
 */
#ifndef _MHEAP_IFACE_BATCH_H
#define _MHEAP_IFACE_BATCH_H

#include <linux/compiler_types.h>
#include <linux/types.h>

#include <linux/mheap.h>

#include "file.h"

/* In @data of an operation whose data was gathered: it could not be read. */
#define MHEAP_BATCH_FAULT	(~0ULL)

/**
 * struct mheap_batch - a batch under way
 * @file: whose
 * @session: likewise
 * @user: the program's array
 * @count: its length
 * @flags: MHEAP_SUBMIT_*
 * @ops: the window: up to MHEAP_SECTION_OPERATIONS records, read once and the kernel's own.
 *       In a record that is done with, @result is its outcome and @data what it
 *       gave, see result.h. In one whose data was gathered, @data is its place in
 *       @data of the batch, or MHEAP_BATCH_FAULT.
 * @first: number of the first record of the window in the batch
 * @filled: records in the window
 * @at: the next one to execute
 * @limit: where the slice must end
 * @prepared: records before this one have room in @data, and their data there
 * @gave: what the operations before @first gave; see result.c
 * @temporaries: objects that the batch holds a reference to
 * @data: kernel memory for the data of operations; NULL if there was none
 * @data_size: of it
 * @small: memory of SMALL_DATA bytes on the caller's stack; @data while no more is
 *         needed
 * @out: place in @data of what the slice's last operation gives to the program
 */
struct mheap_batch {
	struct mheap_file *file;
	struct mheap_session *session;
	struct mheap_op __user *user;
	u32 count;
	u32 flags;
	struct mheap_op *ops;
	u32 first;
	u32 filled;
	u32 at;
	u32 limit;
	u32 prepared;
	u32 temporaries;
	u64 *gave;
	u8 *data;
	u32 data_size;
	u32 out;
	u8 *small;
};

long mheap_batch_submit(struct mheap_file *file, const struct mheap_submit *submit);

/**
 * mheap_batch_gives_data - does an operation give data to the program?
 * @op: the operation
 *
 * Context: Any.
 * Return: true for READ and INFO.
 */
static inline bool mheap_batch_gives_data(const struct mheap_op *op)
{
	return op->opcode == MHEAP_OP_READ || op->opcode == MHEAP_OP_INFO;
}

/**
 * mheap_batch_takes_data - does an operation take data from the program?
 * @op: the operation
 *
 * Context: Any.
 * Return: true for WRITE, and for those that take a name.
 */
static inline bool mheap_batch_takes_data(const struct mheap_op *op)
{
	return op->opcode == MHEAP_OP_WRITE || op->opcode == MHEAP_OP_PUBLISH ||
	       op->opcode == MHEAP_OP_LOOKUP || op->opcode == MHEAP_OP_UNPUBLISH;
}

/**
 * mheap_batch_needs_data - does an operation move data?
 * @op: the operation
 *
 * Context: Any.
 * Return: true for those that use the field @data.
 */
static inline bool mheap_batch_needs_data(const struct mheap_op *op)
{
	return mheap_batch_takes_data(op) || mheap_batch_gives_data(op);
}

/**
 * mheap_batch_prepared - is there room, or data, for an operation?
 * @batch: the batch
 * @op: one that needs data, in the window
 *
 * Context: Any.
 * Return: false if the slice must end before it.
 */
static inline bool mheap_batch_prepared(const struct mheap_batch *batch,
					const struct mheap_op *op)
{
	return op < batch->ops + batch->prepared;
}

#endif /* _MHEAP_IFACE_BATCH_H */
