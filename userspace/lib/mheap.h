/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * libmheap: a heap of garbage-collected objects in the Linux kernel.
 *
 * <linux/mheap.h> says what heaps, sessions, objects, handles and batches are
 * and which errors an operation can have. This library adds calls for single
 * operations, a builder for batches, and access to the heaps in sysfs.
 *
 * Conventions
 *
 *   Errors   Calls return 0 or a count that is not negative, or -errno. errno
 *            itself is left undefined. A call that fails leaves what its output
 *            parameters point to as it was.
 *   Threads  Threads may share a session, also without a lock: the kernel runs
 *            its batches one after the other. Only mh_close() must come last.
 *            A batch builder belongs to one thread at a time.
 *   Forks    A child shares its parent's sessions and their handles, like all
 *            descriptors; with mh_join() it gets a session of its own.
 *   Memory   The library keeps no state outside struct mh_session and
 *            struct mh_batch.
 *
 * All sizes, offsets and lengths are bytes. All sessions are O_CLOEXEC.
 */
#ifndef MHEAP_H
#define MHEAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/mheap.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MH_DEVICE	"/dev/mheap"

/* A handle of a session: strong or weak; 0 is "no object". */
typedef uint64_t mh_handle;

/* In a batch: a handle, or mh_result() of an earlier operation of it, or 0. */
typedef uint64_t mh_ref;

struct mh_session;
struct mh_batch;

/*
 * Sessions (session.c)
 */

/**
 * mh_open - make a new, empty heap and the first session of it
 * @session: where the session goes; mh_close() ends it
 *
 * Return: 0, or
 *   -ENOENT, -ENXIO  there is no MH_DEVICE: the module is not loaded
 *   -EACCES          the user may not open it
 *   -EPROTO          the module speaks another version than MHEAP_ABI
 *   -ENOMEM, -EMFILE, -ENFILE, and what else open(2) may say
 */
int mh_open(struct mh_session **session);

/**
 * mh_open_with - the same, with an allocator for the heap's objects
 * @allocator: its name, one of those in MH_HEAPS "/allocators": "slab" (the default),
 *             "page", "debug", and what other modules have registered
 * @session: where the session goes; mh_close() ends it
 *
 * Return: 0, or
 *   -ENOENT  no allocator has that name, or there is no MH_DEVICE
 *   -ENAMETOOLONG  no name is that long
 *   and what mh_open() may say
 */
int mh_open_with(const char *allocator, struct mh_session **session);

/**
 * mh_open_fd - a session from a descriptor that was inherited or received
 * @fd: descriptor of an mheap session. The session owns it from now on, and
 *      mh_close() closes it; when the call fails, it stays the caller's.
 * @session: where the session goes
 *
 * Return: 0, or
 *   -EBADF   @fd is not open
 *   -ENOTTY  it is no mheap session (a socket, ... may give another error)
 *   -EPROTO  the module speaks another version than MHEAP_ABI
 *   -ENOMEM
 */
int mh_open_fd(int fd, struct mh_session **session);

/**
 * mh_join - make another session of a heap that exists
 * @fd: descriptor of any session of the heap, inherited or received; it stays the
 *      caller's and is not needed any more afterwards
 * @session: where the session goes; mh_close() ends it
 *
 * The session has no handles; mh_lookup() finds what others have published. Each
 * process should have one of its own: its handles go when it dies.
 *
 * Return: 0, or
 *   -EBADF   @fd is not open
 *   -EINVAL  it is no mheap session
 * and what mh_open() may return.
 */
int mh_join(int fd, struct mh_session **session);

/**
 * mh_close - close a session
 * @session: a session that no other thread uses any more, or NULL
 *
 * Unless another descriptor of the session is open, in this process or in
 * another one, its handles are dropped.
 */
void mh_close(struct mh_session *session);

/**
 * mh_fd - the descriptor of a session
 * @session: a session; it keeps the descriptor
 *
 * For passing it on and for requests of <linux/mheap.h> that have no call here.
 *
 * Return: the descriptor.
 */
int mh_fd(const struct mh_session *session);

/**
 * mh_submit - run a batch that the caller has laid out
 * @session: a session
 * @ops: the operations; the module writes @result of those it executes
 * @count: how many, at most MHEAP_BATCH_MAX
 * @flags: MHEAP_SUBMIT_*
 *
 * Return: how many operations were executed, the last of which may have failed;
 * or, when none was, what <linux/mheap.h> lists under "Batches".
 */
int mh_submit(struct mh_session *session, struct mheap_op *ops, unsigned int count,
	      unsigned int flags);

/*
 * Objects (object.c)
 *
 * Each call is a batch of one operation. The errors that <linux/mheap.h> lists for
 * the operation are returned as they are; those of handles (-EBADF, -ESTALE,
 * -EINVAL) and -ENOMEM can come from any of them. mh_result() has a meaning in
 * batches only: here, and in all other calls for single objects, it is -EBADF.
 *
 * Where a call makes an object or a handle, -ENOMEM says as well that the heap's
 * limit of bytes is reached, and -ENOSPC that its limit of objects or of handles is:
 * see mh_set_limits(). Any of them can return -ECANCELED while a signal kills the
 * process; then nothing was done.
 */

/**
 * mh_new - make an object
 * @session: a session
 * @type: any number
 * @slots: how many slots, at most MHEAP_SLOTS_MAX; all are empty
 * @length: bytes of payload, at most MHEAP_LENGTH_MAX; all are zero
 * @object: where a handle to it goes
 *
 * Return: 0, -E2BIG, -ENOMEM or -ENOSPC (both also: a limit of the heap).
 */
int mh_new(struct mh_session *session, uint32_t type, uint32_t slots, size_t length,
	   mh_handle *object);

/**
 * mh_dup - another handle to the same object
 * @session: a session
 * @object: a handle; the copy is weak if it is
 * @copy: where the new handle goes
 *
 * Return: 0, -EBADF, -ESTALE, -ENOMEM, -ENOSPC or -EOVERFLOW.
 */
int mh_dup(struct mh_session *session, mh_handle object, mh_handle *copy);

/**
 * mh_drop - give a handle back
 * @session: a session
 * @object: a handle, strong or weak
 *
 * Return: 0, -EBADF or -ESTALE.
 */
int mh_drop(struct mh_session *session, mh_handle object);

/**
 * mh_load - a handle to what a slot refers to
 * @session: a session
 * @object: a handle
 * @slot: the slot's number, from 0
 * @target: where the handle goes; 0 where the slot is empty
 *
 * Return: 0, -EBADF, -ESTALE, -EINVAL (no such slot, or @object is weak), -ENOMEM,
 * -ENOSPC or -EOVERFLOW.
 */
int mh_load(struct mh_session *session, mh_handle object, uint32_t slot, mh_handle *target);

/**
 * mh_store - let a slot refer to an object
 * @session: a session
 * @object: a handle
 * @slot: the slot's number, from 0
 * @target: a handle, or 0 to empty the slot
 *
 * Return: 0, -EBADF, -ESTALE, -EINVAL (no such slot, or a handle is weak), -EOVERFLOW,
 * or, where @object is an ephemeron, -ENOENT (@slot is that of the value, and there is
 * no key, or it is dead) or -ENOMEM (@slot is that of the key).
 */
int mh_store(struct mh_session *session, mh_handle object, uint32_t slot, mh_handle target);

/**
 * mh_swap - let a slot refer to an object, and keep what it held
 * @session: a session
 * @object: a handle
 * @slot: the slot's number, from 0
 * @target: a handle, or 0 to empty the slot
 * @old: where a handle to what the slot held before goes; 0 where it was empty
 *
 * Return: 0, or -EBADF, -ESTALE, -EINVAL (no such slot, a handle is weak, or @object is
 * an ephemeron), -ENOMEM, -ENOSPC or -EOVERFLOW.
 */
int mh_swap(struct mh_session *session, mh_handle object, uint32_t slot, mh_handle target,
	    mh_handle *old);

/**
 * mh_compare_store - let a slot refer to an object if it holds what is expected
 * @session: a session
 * @object: a handle
 * @slot: the slot's number, from 0
 * @expected: a handle to the object that the slot should hold; 0: it is empty
 * @target: a handle, or 0 to empty the slot
 *
 * Return: 1 if @target was stored, 0 if the slot held something else, or -EBADF,
 * -ESTALE, -EINVAL (no such slot, a handle is weak, or @object is an ephemeron) or
 * -EOVERFLOW.
 */
int mh_compare_store(struct mh_session *session, mh_handle object, uint32_t slot,
		     mh_handle expected, mh_handle target);

/**
 * mh_read - copy payload out
 * @session: a session
 * @object: a handle
 * @offset: where in the payload to begin
 * @data: where it goes
 * @length: how much; reads that exceed MHEAP_IO_MAX are done in pieces
 *
 * Atomic up to MHEAP_ATOMIC_IO_MAX bytes.
 *
 * Return: bytes copied: fewer than @length at the end of the payload, 0 past it;
 * or -EBADF, -ESTALE, -EINVAL (@object is weak) or -EFAULT, when some pieces may
 * have been copied.
 */
ssize_t mh_read(struct mh_session *session, mh_handle object, uint64_t offset, void *data,
		size_t length);

/**
 * mh_write - copy payload in
 * @session: a session
 * @object: a handle
 * @offset: where in the payload to begin
 * @data: what is copied
 * @length: how much; writes that exceed MHEAP_IO_MAX are done in pieces, the last
 *          one first, so that nothing is written if it does not fit
 *
 * Atomic up to MHEAP_ATOMIC_IO_MAX bytes.
 *
 * Return: 0, -EBADF, -ESTALE, -EINVAL (past the end of the payload, or @object is
 * weak) or -EFAULT. In case of -EFAULT, or when another thread drops the handle or
 * shrinks the object meanwhile, pieces may have been written.
 */
int mh_write(struct mh_session *session, mh_handle object, uint64_t offset, const void *data,
	     size_t length);

/**
 * mh_resize - change the number of slots and the size of the payload
 * @session: a session
 * @object: a handle; it and all others to the object stay valid
 * @slots: how many slots there shall be
 * @length: bytes of payload there shall be
 *
 * What is cut off is dropped, what is added is empty or zero.
 *
 * Return: 0, -EBADF, -ESTALE, -EINVAL (@object is weak, or an ephemeron), -E2BIG or
 * -ENOMEM (also: the heap's limit of bytes).
 */
int mh_resize(struct mh_session *session, mh_handle object, uint32_t slots, size_t length);

/**
 * mh_info - what is known of an object
 * @session: a session
 * @object: a handle
 * @info: where it goes; what an older module does not know is 0
 *
 * Return: 0, -EBADF, -ESTALE or -EINVAL (@object is weak).
 */
int mh_info(struct mh_session *session, mh_handle object, struct mheap_object_info *info);

/**
 * mh_same - do two handles name the same object?
 * @session: a session
 * @a: a handle, strong or weak
 * @b: a handle, strong or weak
 *
 * Return: 1 or 0, -EBADF or -ESTALE.
 */
int mh_same(struct mh_session *session, mh_handle a, mh_handle b);

/**
 * mh_weak - a weak handle to an object
 * @session: a session
 * @object: a handle
 * @weak: where the weak handle goes
 *
 * Return: 0, -EBADF, -ESTALE, -EINVAL (@object is weak), -ENOMEM or -ENOSPC.
 */
int mh_weak(struct mh_session *session, mh_handle object, mh_handle *weak);

/**
 * mh_upgrade - a strong handle to what a weak one names
 * @session: a session
 * @weak: a weak handle; it stays
 * @object: where the strong handle goes
 *
 * Return: 0, -ENOENT (the object is dead), -EBADF, -ESTALE, -EINVAL (@weak is
 * strong), -ENOMEM, -ENOSPC or -EOVERFLOW.
 */
int mh_upgrade(struct mh_session *session, mh_handle weak, mh_handle *object);

/*
 * Named roots (object.c, root.c)
 *
 * The sessions of a heap find each other's objects by name. What is published
 * counts as a reference and belongs to the heap: it stays when the session goes. A
 * name is a string of 1 to MHEAP_ROOT_NAME_MAX bytes. -EINVAL (no byte) and
 * -ENAMETOOLONG can come from any of the calls.
 */

/**
 * mh_publish - give an object a name
 * @session: a session
 * @name: the name
 * @object: a handle
 * @flags: 0, or MHEAP_OP_REPLACE: take the name away from the object that has it
 *
 * Return: 0, -EEXIST (an object has that name, without MHEAP_OP_REPLACE), -EBADF,
 * -ESTALE, -EINVAL (also: @object is weak), -ENOMEM, -ENOSPC (there are
 * MHEAP_ROOTS_MAX names) or -EOVERFLOW.
 */
int mh_publish(struct mh_session *session, const char *name, mh_handle object,
	       unsigned int flags);

/**
 * mh_lookup - a handle to the object that has a name
 * @session: a session
 * @name: the name
 * @object: where the handle goes
 *
 * Return: 0, -ENOENT (no object has that name), -ENOMEM, -ENOSPC or -EOVERFLOW.
 */
int mh_lookup(struct mh_session *session, const char *name, mh_handle *object);

/**
 * mh_unpublish - take a name back, whoever gave it
 * @session: a session
 * @name: the name
 *
 * Return: 0, or -ENOENT (no object has that name).
 */
int mh_unpublish(struct mh_session *session, const char *name);

/**
 * mh_root_names - all names that objects of a heap have, in no order
 * @session: a session of the heap
 * @names: where an array goes that ends with NULL; mh_root_names_free() frees it
 *
 * Return: how many there are, or -ENOMEM.
 */
int mh_root_names(struct mh_session *session, char ***names);

/**
 * mh_root_names_free - free what mh_root_names() gave
 * @names: the array, or NULL
 */
void mh_root_names_free(char **names);

/*
 * Batches (batch.c)
 *
 * A builder collects operations for one mh_batch_submit(). It grows as needed up
 * to MHEAP_BATCH_MAX operations; nothing is split behind the caller's back.
 *
 * The mh_batch_add_*() calls append the operation of their name and return its
 * index in the batch, for mh_result() and mh_batch_result(), or
 *   -ENOMEM  there is no memory for another operation
 *   -E2BIG   the batch has MHEAP_BATCH_MAX operations already
 *   -EINVAL  @flags has more than the 16 bits that an operation has for them
 * The builder remembers such an error, refuses to append more, and
 * mh_batch_submit() returns it and executes nothing. So it is enough to look at
 * what mh_batch_submit() says. Arguments are checked when the batch runs: "Result"
 * is what mh_batch_result() tells then.
 */

/**
 * mh_result - name the object of an operation of the same batch
 * @index: what an mh_batch_add_*() call returned
 *
 * Return: something to pass where an mh_ref is wanted.
 */
static inline mh_ref mh_result(int index)
{
	return MHEAP_RESULT(index);
}

/**
 * mh_batch_new - make an empty builder
 *
 * Return: the builder, for mh_batch_free(), or NULL where there is no memory.
 */
struct mh_batch *mh_batch_new(void);

/**
 * mh_batch_free - free a builder
 * @batch: a builder, or NULL
 */
void mh_batch_free(struct mh_batch *batch);

/**
 * mh_batch_reset - forget all operations, results and errors, keep the memory
 * @batch: a builder
 */
void mh_batch_reset(struct mh_batch *batch);

/**
 * mh_batch_count - how many operations have been appended
 * @batch: a builder
 *
 * Return: the number.
 */
unsigned int mh_batch_count(const struct mh_batch *batch);

/**
 * mh_batch_add_new - make an object
 * @batch: a builder
 * @type: any number
 * @slots: how many slots, at most MHEAP_SLOTS_MAX
 * @length: bytes of payload, at most MHEAP_LENGTH_MAX
 * @flags: 0, or MHEAP_OP_TEMP: give no handle, keep the object until the batch ends
 *
 * Result: a handle; -E2BIG, -ENOMEM, -ENOSPC.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_new(struct mh_batch *batch, uint32_t type, uint32_t slots, size_t length,
		     unsigned int flags);

/**
 * mh_batch_add_new_at - make an object, and say where
 * @batch: a builder
 * @type: any number
 * @slots: how many slots, at most MHEAP_SLOTS_MAX
 * @length: bytes of payload, at most MHEAP_LENGTH_MAX
 * @site: tag of the place in the program, any number; see mh_set_profile()
 * @flags: 0, or MHEAP_OP_TEMP: give no handle, keep the object until the batch ends
 *
 * Result: a handle; -E2BIG, -ENOMEM, -ENOSPC.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_new_at(struct mh_batch *batch, uint32_t type, uint32_t slots, size_t length,
			uint64_t site, unsigned int flags);

/**
 * mh_batch_add_new_ephemeron - make an ephemeron that has no key yet
 * @batch: a builder
 * @type: any number
 * @length: bytes of payload, at most MHEAP_LENGTH_MAX
 * @flags: 0, or MHEAP_OP_TEMP: give no handle, keep the object until the batch ends
 *
 * Behind it, mh_batch_add_store() of slot 0 sets the key, and then of slot 1 the value.
 *
 * Result: a handle; -E2BIG, -ENOMEM, -ENOSPC.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_new_ephemeron(struct mh_batch *batch, uint32_t type, size_t length,
			       unsigned int flags);

/**
 * mh_batch_add_dup - another handle to the same object, weak if @object is
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @flags: 0, or MHEAP_OP_TEMP: give no handle, keep the object until the batch ends
 *         (not where @object is weak)
 *
 * Result: a handle; -EBADF, -ESTALE, -EINVAL, -ENOMEM, -ENOSPC, -EOVERFLOW.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_dup(struct mh_batch *batch, mh_ref object, unsigned int flags);

/**
 * mh_batch_add_drop - give a handle back
 * @batch: a builder
 * @object: a handle, strong or weak, or mh_result() of an earlier operation
 *
 * Result: 0; -EBADF, -ESTALE.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_drop(struct mh_batch *batch, mh_ref object);

/**
 * mh_batch_add_load - a handle to what a slot refers to
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @slot: the slot's number, from 0
 * @flags: 0, or MHEAP_OP_TEMP: give no handle, keep the object until the batch ends
 *
 * Result: a handle, or 0 for an empty slot; -EBADF, -ESTALE, -EINVAL (no such slot),
 * -ENOMEM, -ENOSPC, -EOVERFLOW.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_load(struct mh_batch *batch, mh_ref object, uint32_t slot, unsigned int flags);

/**
 * mh_batch_add_store - let a slot refer to an object
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @slot: the slot's number, from 0
 * @target: the same kind, or 0 to empty the slot
 *
 * Result: 0; -EBADF, -ESTALE, -EINVAL (no such slot), -EOVERFLOW; for an ephemeron
 * also -ENOENT (a value, and the key is dead, or there is none) and -ENOMEM (a key).
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_store(struct mh_batch *batch, mh_ref object, uint32_t slot, mh_ref target);

/**
 * mh_batch_add_swap - let a slot refer to an object, and keep what it held
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @slot: the slot's number, from 0
 * @target: the same kind, or 0 to empty the slot
 * @flags: 0, or MHEAP_OP_TEMP: give no handle, keep the object until the batch ends
 *
 * Result: a handle to what the slot held before, or 0; -EBADF, -ESTALE, -EINVAL (no
 * such slot, or an ephemeron), -ENOMEM, -ENOSPC, -EOVERFLOW.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_swap(struct mh_batch *batch, mh_ref object, uint32_t slot, mh_ref target,
		      unsigned int flags);

/**
 * mh_batch_add_compare_store - let a slot refer to an object if it holds what is expected
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @slot: the slot's number, from 0
 * @expected: the same kind: what the slot should hold; 0: it is empty
 * @target: the same kind, or 0 to empty the slot
 *
 * Result: 1 if @target was stored, 0 if not; -EBADF, -ESTALE, -EINVAL (no such slot,
 * or an ephemeron), -EOVERFLOW.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_compare_store(struct mh_batch *batch, mh_ref object, uint32_t slot,
			       mh_ref expected, mh_ref target);

/**
 * mh_batch_add_read - copy payload out
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @offset: where in the payload to begin
 * @data: where it goes; must stay valid until the batch was submitted
 * @length: how many bytes, at most MHEAP_IO_MAX
 *
 * Result: bytes copied, fewer at the end of the payload, 0 past it; -EBADF, -ESTALE,
 * -EINVAL, -E2BIG, -EFAULT.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_read(struct mh_batch *batch, mh_ref object, uint64_t offset, void *data,
		      size_t length);

/**
 * mh_batch_add_write - copy payload in
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @offset: where in the payload to begin
 * @data: what is copied; must stay valid until the batch was submitted
 * @length: how many bytes, at most MHEAP_IO_MAX
 *
 * Result: @length; -EBADF, -ESTALE, -EINVAL (past the end of the payload), -E2BIG,
 * -EFAULT.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_write(struct mh_batch *batch, mh_ref object, uint64_t offset, const void *data,
		       size_t length);

/**
 * mh_batch_add_resize - change the number of slots and the size of the payload
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @slots: how many slots there shall be
 * @length: bytes of payload there shall be
 *
 * Result: 0; -EBADF, -ESTALE, -EINVAL (also: an ephemeron), -E2BIG, -ENOMEM.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_resize(struct mh_batch *batch, mh_ref object, uint32_t slots, size_t length);

/**
 * mh_batch_add_info - what is known of an object
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @info: where it goes; must stay valid until the batch was submitted
 *
 * Result: bytes filled; what an older module does not know is left as it was; -EBADF,
 * -ESTALE, -EINVAL, -EFAULT.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_info(struct mh_batch *batch, mh_ref object, struct mheap_object_info *info);

/**
 * mh_batch_add_same - do two handles name the same object?
 * @batch: a builder
 * @a: a handle, strong or weak, or mh_result() of an earlier operation
 * @b: the same kind
 *
 * Result: 1 or 0; -EBADF, -ESTALE.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_same(struct mh_batch *batch, mh_ref a, mh_ref b);

/**
 * mh_batch_add_weak - a weak handle to an object
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 *
 * Result: a weak handle; -EBADF, -ESTALE, -EINVAL, -ENOMEM, -ENOSPC.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_weak(struct mh_batch *batch, mh_ref object);

/**
 * mh_batch_add_upgrade - a strong handle to what a weak one names
 * @batch: a builder
 * @weak: a weak handle, or mh_result() of an earlier operation that gave one
 * @flags: 0, or MHEAP_OP_TEMP: give no handle, keep the object until the batch ends
 *
 * Result: a handle; -ENOENT (the object is dead), -EBADF, -ESTALE, -EINVAL, -ENOMEM,
 * -ENOSPC, -EOVERFLOW.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_upgrade(struct mh_batch *batch, mh_ref weak, unsigned int flags);

/**
 * mh_batch_add_publish - give an object a name
 * @batch: a builder
 * @name: the name; must stay valid until the batch was submitted
 * @object: a handle, or mh_result() of an earlier operation
 * @flags: 0, or MHEAP_OP_REPLACE: take the name away from the object that has it
 *
 * Result: 0; -EEXIST, -EBADF, -ESTALE, -EINVAL, -ENAMETOOLONG, -EFAULT, -ENOMEM,
 * -ENOSPC, -EOVERFLOW.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_publish(struct mh_batch *batch, const char *name, mh_ref object,
			 unsigned int flags);

/**
 * mh_batch_add_lookup - a handle to the object that has a name
 * @batch: a builder
 * @name: the name; must stay valid until the batch was submitted
 * @flags: 0, or MHEAP_OP_TEMP: give no handle, keep the object until the batch ends
 *
 * Result: a handle; -ENOENT, -EINVAL, -ENAMETOOLONG, -EFAULT, -ENOMEM, -ENOSPC,
 * -EOVERFLOW.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_lookup(struct mh_batch *batch, const char *name, unsigned int flags);

/**
 * mh_batch_add_unpublish - take a name back
 * @batch: a builder
 * @name: the name; must stay valid until the batch was submitted
 *
 * Result: 0; -ENOENT, -EINVAL, -ENAMETOOLONG, -EFAULT, -ENOMEM.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_unpublish(struct mh_batch *batch, const char *name);

/**
 * mh_batch_add_set_finalizer - have an object handed out when it is about to die
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 * @cookie: any number, to come with the event; takes the place of an earlier one
 *
 * Result: 0; -EALREADY (it was handed out before), -EBADF, -ESTALE, -EINVAL, -ENOMEM.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_set_finalizer(struct mh_batch *batch, mh_ref object, uint64_t cookie);

/**
 * mh_batch_add_cancel_finalizer - let an object just die
 * @batch: a builder
 * @object: a handle, or mh_result() of an earlier operation
 *
 * Result: 0; -ENOENT (it has no finalizer), -EALREADY (it was handed out before),
 * -EBADF, -ESTALE, -EINVAL.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_cancel_finalizer(struct mh_batch *batch, mh_ref object);

/**
 * mh_batch_add_watch - be told when an object has died
 * @batch: a builder
 * @object: a handle, strong or weak, or mh_result() of an earlier operation
 * @cookie: any number, to come with the event
 *
 * Result: 0; -ENOENT (the object is dead), -EALREADY (the session watches it with the
 * same cookie), -EBADF, -ESTALE, -ENOSPC (MHEAP_WATCHES_MAX watches), -ENOMEM.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_watch(struct mh_batch *batch, mh_ref object, uint64_t cookie);

/**
 * mh_batch_add_unwatch - be told no more
 * @batch: a builder
 * @object: a handle, strong or weak, or mh_result() of an earlier operation
 * @cookie: as it was given
 *
 * Result: 0; -ENOENT (no such watch, or the object is dead), -EBADF, -ESTALE.
 * Return: the index, -ENOMEM or -E2BIG.
 */
int mh_batch_add_unwatch(struct mh_batch *batch, mh_ref object, uint64_t cookie);

/**
 * mh_batch_submit - run all operations in order
 * @session: a session
 * @batch: a builder with at least one operation. It keeps them: mh_batch_reset()
 *         before it is filled again.
 * @flags: 0 (stop behind the first operation that fails) or MHEAP_SUBMIT_CONTINUE
 *
 * Return: 0 if every operation was executed and none failed. Otherwise the error
 * of the first one that failed, which mh_batch_failed() tells. Where that says -1,
 * the error is none of an operation's: it came up while the batch was being built
 * (-ENOMEM, -E2BIG), or is the call's own (see mh_submit()), or, where
 * mh_batch_executed() is less than mh_batch_count(), -ECANCELED: the process is
 * being killed.
 */
int mh_batch_submit(struct mh_session *session, struct mh_batch *batch, unsigned int flags);

/**
 * mh_batch_executed - how many operations the last mh_batch_submit() executed
 * @batch: a builder
 *
 * Return: the number, those that failed included.
 */
unsigned int mh_batch_executed(const struct mh_batch *batch);

/**
 * mh_batch_failed - the first operation that failed in the last mh_batch_submit()
 * @batch: a builder
 *
 * Return: its index, or -1.
 */
int mh_batch_failed(const struct mh_batch *batch);

/**
 * mh_batch_result - the outcome of an operation
 * @batch: a builder
 * @index: what the mh_batch_add_*() call returned
 *
 * Return: the handle or number that it resulted in, or its -errno; -ECANCELED if
 * it was not executed (yet), -EINVAL if there is no such operation.
 */
int64_t mh_batch_result(const struct mh_batch *batch, int index);

/*
 * Raw memory (memory.c)
 *
 * Blocks of bytes for which CPython has PyMem_* and PyMem_Raw*: objects without
 * slots, of type MH_MEM_TYPE. The collector never looks at them. They are named by
 * handles, read with mh_read() and written with mh_write(), can stand in slots and
 * be published like any object, and so live for as long as anything refers to them.
 *
 *   PyMem_RawMalloc, PyMem_Malloc      mh_mem_alloc()
 *   PyMem_RawCalloc, PyMem_Calloc      mh_mem_calloc()
 *   PyMem_RawRealloc, PyMem_Realloc    mh_mem_realloc()
 *   PyMem_RawFree, PyMem_Free          mh_mem_free()
 *   PyObject_Malloc, PyObject_Calloc   mh_new(), whose types are the program's
 *   PyObject_Realloc, PyObject_Free    mh_resize(), mh_drop()
 *
 * The two raw domains differ in CPython by the lock that they need; there is none
 * here, so they are one. A block of one domain that is given to the calls of
 * another is -EINVAL.
 */
#define MH_MEM_TYPE	255U

/**
 * mh_mem_alloc - make a block of memory
 * @session: a session
 * @size: bytes; 0 gives a block of its own as well
 * @block: where the handle goes. The bytes are zero.
 *
 * Return: 0, -E2BIG (more than MHEAP_LENGTH_MAX), -ENOMEM or -ENOSPC (both also: a
 * limit of the heap).
 */
int mh_mem_alloc(struct mh_session *session, size_t size, mh_handle *block);

/**
 * mh_mem_calloc - make a block of memory for an array
 * @session: a session
 * @count: how many elements
 * @size: bytes of each
 * @block: where the handle goes. The bytes are zero.
 *
 * Return: 0, -EOVERFLOW (@count times @size is more than a size_t holds), or the
 * errors of mh_mem_alloc().
 */
int mh_mem_calloc(struct mh_session *session, size_t count, size_t size, mh_handle *block);

/**
 * mh_mem_realloc - change the size of a block
 * @session: a session
 * @block: where its handle is, which stays as it is; where that is 0, a block is made
 *         and its handle goes there
 * @size: bytes; 0 is a size like any other. What is added is zero.
 *
 * Return: 0, -EINVAL (it is no block of memory, or a weak handle), -EBADF, -ESTALE, or
 * the errors of mh_mem_alloc(); then the block is as it was.
 */
int mh_mem_realloc(struct mh_session *session, mh_handle *block, size_t size);

/**
 * mh_mem_free - give a block back
 * @session: a session
 * @block: a handle, or 0
 *
 * The memory goes once nothing else refers to the block, which is at once unless it
 * was stored somewhere.
 *
 * Return: 0, -EINVAL (it is no block of memory, or a weak handle), -EBADF or -ESTALE.
 */
int mh_mem_free(struct mh_session *session, mh_handle block);

/*
 * The collector (gc.c)
 *
 * Where -EINTR is listed, here and below, a signal kills the process while it waits,
 * for a collection of somebody else, say: then nothing was done. The program itself
 * never sees it.
 */

/**
 * mh_collect - collect now, and wait for the result
 * @session: a session of the heap
 * @generation: 0 to 2; the younger ones are taken along
 * @result: where the result goes, or NULL
 *
 * Works whether or not automatic collection is enabled.
 *
 * Return: 0, -EINVAL (no such generation) or -EINTR.
 */
int mh_collect(struct mh_session *session, unsigned int generation,
	       struct mheap_collect *result);

/**
 * mh_enable - switch automatic collection on
 * @session: a session of the heap
 *
 * Return: 0.
 */
int mh_enable(struct mh_session *session);

/**
 * mh_disable - switch automatic collection off
 * @session: a session of the heap
 *
 * Return: 0.
 */
int mh_disable(struct mh_session *session);

/**
 * mh_is_enabled - is automatic collection on?
 * @session: a session of the heap
 *
 * Return: 1 or 0.
 */
int mh_is_enabled(struct mh_session *session);

/**
 * mh_get_threshold - the thresholds of the generations
 * @session: a session of the heap
 * @threshold: where they go
 *
 * Return: 0.
 */
int mh_get_threshold(struct mh_session *session, uint32_t threshold[MHEAP_GENERATIONS]);

/**
 * mh_set_threshold - set all three thresholds
 * @session: a session of the heap
 * @threshold: at most MHEAP_THRESHOLD_MAX each; 0 for generation 0 switches
 *             automatic collection off
 *
 * Return: 0, or -EINVAL, and none is changed.
 */
int mh_set_threshold(struct mh_session *session, const uint32_t threshold[MHEAP_GENERATIONS]);

/**
 * mh_get_limits - how many objects, bytes and handles the heap may have
 * @session: a session of the heap
 * @limits: where they go; 0 for no limit
 *
 * Return: 0.
 */
int mh_get_limits(struct mh_session *session, struct mheap_limits *limits);

/**
 * mh_set_limits - set all three limits
 * @session: a session of the heap
 * @limits: at most MHEAP_LIMIT_MAX each; 0 for no limit
 *
 * Return: 0, or -EINVAL (one is more) or -EINTR, and none is changed.
 */
int mh_set_limits(struct mh_session *session, const struct mheap_limits *limits);

/**
 * mh_get_count - how far the counters of the generations are
 * @session: a session of the heap
 * @count: where they go
 *
 * Return: 0.
 */
int mh_get_count(struct mh_session *session, uint32_t count[MHEAP_GENERATIONS]);

/**
 * mh_stats - the heap as it is now
 * @session: a session of the heap
 * @stats: where it goes; what an older module does not know is 0
 *
 * Return: 0.
 */
int mh_stats(struct mh_session *session, struct mheap_stats *stats);

/**
 * mh_get_debug - the debug flags of the heap
 * @session: a session of the heap
 * @flags: where they go: MHEAP_DEBUG_*
 *
 * Return: 0.
 */
int mh_get_debug(struct mh_session *session, uint32_t *flags);

/**
 * mh_set_debug - set the debug flags of the heap
 * @session: a session of the heap
 * @flags: MHEAP_DEBUG_*; they hold for collections that begin from now on
 *
 * Return: 0, or -EINVAL (no such flag), and none is set.
 */
int mh_set_debug(struct mh_session *session, uint32_t flags);

/**
 * mh_freeze - move all objects with slots to the permanent generation
 * @session: a session of the heap
 *
 * Return: 0 or -EINTR.
 */
int mh_freeze(struct mh_session *session);

/**
 * mh_unfreeze - move all objects of the permanent generation to generation 2
 * @session: a session of the heap
 *
 * Return: 0 or -EINTR.
 */
int mh_unfreeze(struct mh_session *session);

/**
 * mh_get_freeze_count - how many objects are in the permanent generation
 * @session: a session of the heap
 * @count: where the number goes
 *
 * Return: 0.
 */
int mh_get_freeze_count(struct mh_session *session, uint64_t *count);

/**
 * mh_clear_garbage - let the garbage list drop its references
 * @session: a session of the heap
 *
 * Return: 0 or -EINTR.
 */
int mh_clear_garbage(struct mh_session *session);

/**
 * mh_settle - wait until no release is being continued in the background
 * @session: a session of the heap
 *
 * Deaths that came of it are events of those who watch by then.
 *
 * Return: 0 or -EINTR.
 */
int mh_settle(struct mh_session *session);

/*
 * Where objects are made, and snapshots (profile.c)
 */

/**
 * mh_get_profile - what is noted of where objects are made
 * @session: a session of the heap
 * @profile: where it goes
 *
 * Return: 0.
 */
int mh_get_profile(struct mh_session *session, struct mheap_profile *profile);

/**
 * mh_set_profile - note where objects are made from now on
 * @session: a session of the heap
 * @mode: MHEAP_PROFILE_OFF, MHEAP_PROFILE_TAGS or MHEAP_PROFILE_STACKS
 * @sample: take the stack of every so many objects; 0 to leave it
 *
 * Return: 0, -EINVAL for another @mode, or -ENOMEM.
 */
int mh_set_profile(struct mh_session *session, uint32_t mode, uint32_t sample);

/**
 * mh_new_at - make an object, and say where
 * @session: a session
 * @type: any number
 * @slots: how many
 * @length: bytes of payload
 * @site: tag of the place in the program, any number; see mh_set_profile()
 * @object: filled with a handle
 *
 * Return: 0, or as mh_new().
 */
int mh_new_at(struct mh_session *session, uint32_t type, uint32_t slots, size_t length,
	      uint64_t site, mh_handle *object);

/**
 * mh_snapshot - take a snapshot of the heap
 * @session: a session of the heap
 * @fd: filled with a descriptor to read() it from, as <linux/mheap.h> says; to be
 *	closed with close()
 *
 * Return: 0, -EBUSY while another snapshot of the heap is being read, -ENOMEM,
 * -EMFILE, -ENFILE or -EINTR.
 */
int mh_snapshot(struct mh_session *session, int *fd);

/*
 * Ephemerons (ephemeron.c)
 */

/**
 * mh_new_ephemeron - a value that is kept for as long as a key is alive
 * @session: a session
 * @type: means something to the program only
 * @key: a strong handle; the ephemeron does not keep it
 * @value: a strong handle, or 0; it may refer to the key
 * @length: bytes of payload
 * @ephemeron: where the handle goes
 *
 * mh_load() of slot 0 gives the key, of slot 1 the value; 0 once the key is dead.
 *
 * Return: 0, -EBADF, -ESTALE, -EINVAL (a handle is weak), -ENOENT (a value without a
 * key), -E2BIG, -ENOMEM, -ENOSPC or -EOVERFLOW.
 */
int mh_new_ephemeron(struct mh_session *session, uint32_t type, mh_handle key,
		     mh_handle value, size_t length, mh_handle *ephemeron);

/*
 * Events (event.c)
 *
 * A session is told what it listens to, in the order in which it happens. See
 * "Finalizers" and "Events" in <linux/mheap.h>.
 */

/**
 * mh_listen - say what a session wants to be told
 * @session: a session
 * @kinds: 1 << each enum mheap_event_kind, in place of what it was; 0 for nothing
 *         any more
 *
 * The session's descriptor is O_NONBLOCK behind it, so that threads and processes
 * may share its events; no other call minds that.
 *
 * Return: 0, -EINVAL (unknown kinds) or -ENOMEM.
 */
int mh_listen(struct mh_session *session, uint32_t kinds);

/**
 * mh_next_event - wait for an event and take it
 * @session: a session that listens
 * @event: where it goes
 * @timeout_ms: how long to wait, in milliseconds; 0 not at all, -1 for ever
 *
 * The handle of an event is to be dropped like any other.
 *
 * Return: 1, 0 (the time is up), -ENODATA (the session listens to nothing, or
 * ceased to meanwhile), -EINTR (a signal), -ENOMEM or -ENOSPC (there is an event,
 * and no handle for it).
 */
int mh_next_event(struct mh_session *session, struct mheap_event *event, int timeout_ms);

/**
 * mh_set_finalizer - have an object handed out when it is about to die
 * @session: a session
 * @object: a strong handle
 * @cookie: any number, to come with the event; takes the place of an earlier one
 *
 * A session of the heap must listen to 1 << MHEAP_EVENT_FINALIZE by then, or the
 * object just dies.
 *
 * Return: 0, -EALREADY (it was handed out before), -EBADF, -ESTALE, -EINVAL (the
 * handle is weak) or -ENOMEM.
 */
int mh_set_finalizer(struct mh_session *session, mh_handle object, uint64_t cookie);

/**
 * mh_cancel_finalizer - let an object just die
 * @session: a session
 * @object: a strong handle
 *
 * Return: 0, -ENOENT (it has no finalizer), -EALREADY (it was handed out before),
 * -EBADF, -ESTALE or -EINVAL (the handle is weak).
 */
int mh_cancel_finalizer(struct mh_session *session, mh_handle object);

/**
 * mh_watch - be told when an object has died
 * @session: a session; it reads the events when it listens to 1 << MHEAP_EVENT_DEATH
 * @object: a strong or a weak handle
 * @cookie: any number, to come with the event
 *
 * Return: 0, -ENOENT (the object is dead), -EALREADY (the session watches it with the
 * same cookie), -EBADF, -ESTALE, -ENOSPC (MHEAP_WATCHES_MAX watches) or -ENOMEM.
 */
int mh_watch(struct mh_session *session, mh_handle object, uint64_t cookie);

/**
 * mh_unwatch - be told no more
 * @session: the session that watches
 * @object: a strong or a weak handle
 * @cookie: as it was given
 *
 * Return: 0, -ENOENT (no such watch, or the object is dead: then the event is there,
 * or will come), -EBADF or -ESTALE.
 */
int mh_unwatch(struct mh_session *session, mh_handle object, uint64_t cookie);

/*
 * Finding objects (enumerate.c)
 *
 * Lists hold strong handles, each of them one more reference, in an array that
 * mh_drop_list() gives back together with them. Where there are none it is NULL.
 * Objects that come, go or change meanwhile may be in a list or not. -ENOSPC says that
 * the session has no handle left, or the heap's limit of handles is reached; then, and
 * in case of all other errors, the call has dropped what it had found.
 */

/**
 * mh_enumerate - find some objects
 * @session: a session of the heap
 * @request: as <linux/mheap.h> says; its @cursor and @count are set
 *
 * Return: 0; -EINVAL, -EBADF, -ESTALE, -EFAULT, -ENOMEM, -ENOSPC, -EOVERFLOW or
 * -EINTR, and nothing is set.
 */
int mh_enumerate(struct mh_session *session, struct mheap_enumerate *request);

/**
 * mh_objects - all objects with slots, by generation
 * @session: a session of the heap
 * @generations: 1 << generation for each that is wanted; 1 << MHEAP_GENERATION_PERMANENT
 *               for the permanent one
 * @list: where the handles go
 * @count: where their number goes
 *
 * Return: 0; -EINVAL (no such generation, or none), -ENOMEM, -ENOSPC, -EOVERFLOW or
 * -EINTR.
 */
int mh_objects(struct mh_session *session, unsigned int generations, mh_handle **list,
	       size_t *count);

/**
 * mh_referrers - all objects with a slot that refers to an object
 * @session: a session of the heap
 * @object: a strong handle
 * @list: where the handles go, one for each object
 * @count: where their number goes
 *
 * Return: 0; -EINVAL (@object is weak), -EBADF, -ESTALE, -ENOMEM, -ENOSPC, -EOVERFLOW
 * or -EINTR.
 */
int mh_referrers(struct mh_session *session, mh_handle object, mh_handle **list,
		 size_t *count);

/**
 * mh_referents - what the slots of an object refer to
 * @session: a session of the heap
 * @object: a strong handle
 * @list: where the handles go, one for each slot that is not empty, in their order
 * @count: where their number goes
 *
 * Return: 0; -EINVAL (@object is weak), -EBADF, -ESTALE, -ENOMEM, -ENOSPC, -EOVERFLOW
 * or -ECANCELED (a signal kills the process).
 */
int mh_referents(struct mh_session *session, mh_handle object, mh_handle **list,
		 size_t *count);

/**
 * mh_garbage - all objects in the garbage list
 * @session: a session of the heap
 * @list: where the handles go
 * @count: where their number goes
 *
 * Return: 0; -ENOMEM, -ENOSPC, -EOVERFLOW or -EINTR.
 */
int mh_garbage(struct mh_session *session, mh_handle **list, size_t *count);

/**
 * mh_drop_list - drop the handles of a list and free it
 * @session: the session that the list was made with
 * @list: from one of these calls, or NULL
 * @count: its length; a handle of 0 is left out
 *
 * Return: 0, or the error of the first handle that could not be dropped (-EBADF,
 * -ESTALE; -ENOMEM where there is no memory for a batch of one operation); the others
 * are dropped all the same.
 */
int mh_drop_list(struct mh_session *session, mh_handle *list, size_t count);

/*
 * Heaps in sysfs (heap_dir.c)
 *
 * Any heap of the machine, without a session of it, as far as the permissions of
 * its files go. @heap is a name from mh_heap_names(), or MH_DEFAULTS for what new
 * heaps start with; @attribute is a file below the heap's directory, such as
 * "threshold" or "stats/collected". Besides the errors listed, each call can
 * return what open(2), read(2), write(2) and malloc(3) may say.
 */
#define MH_HEAPS	"/sys/kernel/mheap"
#define MH_DEFAULTS	"defaults"

/**
 * mh_heap_names - the names of all heaps
 * @names: where an array goes that ends with NULL; mh_heap_names_free() frees it
 *
 * Return: how many heaps there are; -ENOENT if the module is not loaded.
 */
int mh_heap_names(char ***names);

/**
 * mh_heap_names_free - free what mh_heap_names() gave
 * @names: the array, or NULL
 */
void mh_heap_names_free(char **names);

/**
 * mh_heap_read - read an attribute of a heap
 * @heap: name of the heap
 * @attribute: name of the file
 * @text: where its text goes, without the newline at the end, with a NUL
 * @size: of @text
 *
 * Return: the length of the text, -EINVAL (@heap or @attribute cannot be a name),
 * -ENOENT (no such heap or attribute; also a heap that ends meanwhile), -EACCES or
 * -E2BIG (@size is too small).
 */
int mh_heap_read(const char *heap, const char *attribute, char *text, size_t size);

/**
 * mh_heap_numbers - read an attribute that consists of numbers
 * @heap: name of the heap
 * @attribute: name of the file
 * @numbers: where they go
 * @count: how many there must be
 *
 * Return: 0, -EPROTO (the file does not hold @count numbers), or the errors of
 * mh_heap_read().
 */
int mh_heap_numbers(const char *heap, const char *attribute, uint64_t *numbers,
		    unsigned int count);

/**
 * mh_heap_write - write an attribute of a heap
 * @heap: name of the heap
 * @attribute: name of the file
 * @text: what is written
 *
 * Return: 0, -EINVAL (@heap or @attribute cannot be a name, or the module takes
 * no such value; nobody takes an empty @text), -ENOENT or -EACCES.
 */
int mh_heap_write(const char *heap, const char *attribute, const char *text);

#ifdef __cplusplus
}
#endif

#endif /* MHEAP_H */
