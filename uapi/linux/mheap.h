/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * mheap: a managed object heap. The contract between the module and programs.
 *
 * A heap and its sessions
 * -----------------------
 *
 * open("/dev/mheap") makes a new, empty heap and the first session of it. A
 * session belongs to the open file: descriptors that are inherited, duplicated
 * or passed over a socket name the same session. When its last descriptor is
 * closed, however that happens, the session's handles are dropped; when the
 * last session of a heap is gone, so is the heap.
 *
 * MHEAP_IOC_JOIN gives a heap one more session: it lets a fresh descriptor, which
 * the joining process opened itself, become a session of the heap behind another
 * descriptor, one that was inherited or received. The empty heap that came with
 * the fresh descriptor is given up. A session that has joined has no handles. It
 * has the same rights as all others, and how the session that it joined through
 * ends is nothing to it. So each process has a session of its own, with its own
 * handles, which go when it goes.
 *
 * Objects
 * -------
 *
 * An object has a type (a number that means something to the program only), a
 * number of slots and a payload of bytes. A slot holds a reference to an
 * object of the same heap, or nothing. An object lives while something refers
 * to it: a handle, a slot of a living object, a named root, or the batch that is
 * running.
 * When the last reference goes, the object goes, and with it everything that
 * only it held; objects that hold each other in a cycle are found by the
 * generational collector. New slots are empty and new payload is zero.
 *
 * An object without slots is a leaf; the collector never looks at it.
 *
 * Handles
 * -------
 *
 * A program names objects by handles, as it names files by descriptors. A
 * handle is a positive 64-bit number with no meaning of its own; 0 is "no
 * object". It belongs to one session, counts as one reference, and is given
 * back with MHEAP_OP_DROP. A weak handle (MHEAP_OP_WEAK) does not count: it
 * can only be upgraded, compared, duplicated and dropped.
 *
 * A number that is no handle of this session is -EBADF, one that has been
 * dropped is -ESTALE, also after its place has been given to another handle.
 * Where a strong handle is needed and a weak one is given, or the other way
 * round, the answer is -EINVAL.
 *
 * Named roots
 * -----------
 *
 * Sessions of one heap find each other's objects by name. MHEAP_OP_PUBLISH gives
 * an object a name, MHEAP_OP_LOOKUP gives a handle to the object of a name, and
 * MHEAP_OP_UNPUBLISH takes the name back. A named root counts as a reference. It
 * belongs to the heap: it stays when the session that published it ends, and goes
 * when it is taken back or replaced, or with the heap. An object may have several
 * names, and any session may take any of them back.
 *
 * A name is 1 to MHEAP_ROOT_NAME_MAX bytes, any but 0, without a 0 at the end. A
 * heap can have MHEAP_ROOTS_MAX named roots; MHEAP_IOC_ROOTS lists their names.
 *
 * Batches
 * -------
 *
 * All work on objects is an array of struct mheap_op, executed in order by one
 * MHEAP_IOC_SUBMIT. The call returns how many operations it executed; each of
 * them has its outcome in @result: a value that is not negative, or a negative
 * errno. An operation that failed has changed nothing. By default the batch
 * stops behind the first operation that failed; with MHEAP_SUBMIT_CONTINUE it
 * goes on. Operations that were not executed keep their @result unchanged.
 *
 * The call itself fails, and executes nothing, with
 *   -EINVAL  unknown flags, padding that is not zero, or more than
 *            MHEAP_BATCH_MAX operations
 *   -EFAULT  the first records of the array cannot be read
 *   -ENOMEM  no memory for the batch
 * When the array turns out unreadable or unwritable farther on, the batch ends
 * there: the call returns the number of operations that have results, or
 * -EFAULT where none has. A batch is not interrupted by a signal, unless the
 * signal kills the process.
 *
 * Wherever an operation takes a handle it also takes MHEAP_RESULT(i): the
 * object that operation i of the same batch, counted from 0, resulted in. With
 * MHEAP_OP_TEMP an operation gives no handle at all: its @result is 0, and its
 * object can be named through MHEAP_RESULT until the batch ends, which then
 * drops that reference. So a whole graph can be built in one call, and only the
 * objects that the program wants to name later cost a handle.
 *   -EBADF   operation i is not an earlier one of this batch, or it has no
 *            object (it failed, gave 0, or is of a kind that gives none)
 *   -ESTALE  that object has been dropped again in this batch
 *
 * Memory
 * ------
 *
 * Slots and payload of a heap's objects come from one allocator, which the heap is
 * given when it is made: that of /sys/kernel/mheap/defaults/allocator, or the one
 * that MHEAP_IOC_ALLOCATOR asks for by name on a fresh descriptor. There are
 *   slab   size classes up to 8192 bytes, pages beyond; this is the default
 *   page   whole pages for each object
 *   debug  finds whoever in the kernel writes where nothing is his: red zones
 *          around each object, poison and a quarantine for what was freed. For
 *          tests of the module, and for bug reports; programs cannot cause such
 *          errors.
 * and those that other modules have registered. What a program sees of objects is
 * the same with all of them, but for the memory they take (INFO, @charged).
 *
 * An object without slots is raw memory: made, resized and freed like any other,
 * and nothing that the collector looks at.
 *
 * Memory of objects goes back to the system when they are freed; some that is empty
 * stays in the caches until half of the heap, and 8 MiB at least, has been freed.
 * The heap's table of objects, 24 bytes for each number ever used at a time, stays
 * as it is while the heap lives: numbers are used again.
 *
 * Operations
 * ----------
 *
 * Fields that an operation does not name must be zero, and so must unknown
 * @flags: otherwise -EINVAL, as for an unknown @opcode. Operations marked T
 * accept MHEAP_OP_TEMP. "object", "target" and "expected" are handles.
 *
 *   NEW      type slots length          make an object with @slots slots and
 *     T                                 @length bytes of payload -> handle
 *            -E2BIG   larger than MHEAP_SLOTS_MAX or MHEAP_LENGTH_MAX
 *   DUP      object                     another handle to the same object, weak
 *     T                                 if @object is (not with TEMP) -> handle
 *   DROP     object                     give the handle back -> 0
 *   LOAD     object slot                what the slot refers to -> handle, or 0
 *     T                                 for an empty slot
 *            -EINVAL  there is no such slot
 *   STORE    object slot target         let the slot refer to @target, or to
 *                                       nothing where that is 0 -> 0
 *   SWAP     object slot target         the same -> handle to what the slot held
 *     T                                 before, or 0
 *   COMPARE_STORE object slot expected target
 *                                       store @target if the slot refers to the
 *                                       object of @expected (0: is empty)
 *                                       -> 1 if it was stored, 0 if not
 *   READ     object offset length data  copy payload to @data -> bytes copied,
 *                                       fewer at the end of the payload, 0 past
 *                                       it
 *   WRITE    object offset length data  copy @data to the payload -> @length
 *            -E2BIG   (both) more than MHEAP_IO_MAX bytes
 *            -EFAULT  (both) @data cannot be read or written
 *            -EINVAL  (WRITE) offset + length is past the end of the payload
 *   RESIZE   object slots length        change the number of slots and the size
 *                                       of the payload; what is cut off is
 *                                       dropped, what is added is empty or zero;
 *                                       handles stay valid -> 0
 *            -E2BIG   as for NEW
 *   INFO     object length data         fill struct mheap_object_info at @data,
 *                                       of which the program knows @length
 *                                       bytes -> bytes filled
 *            -EINVAL  @length is less than MHEAP_OBJECT_INFO_SIZE_0
 *   SAME     object target              do two handles, strong or weak, name the
 *                                       same object? -> 1 or 0
 *   WEAK     object                     a weak handle to @object -> handle
 *   UPGRADE  object                     a handle to what weak handle @object
 *     T                                 names -> handle
 *            -ENOENT  the object is dead
 *   PUBLISH  object length data         give the object the name of @length bytes
 *                                       at @data; with MHEAP_OP_REPLACE also if
 *                                       another has it, which loses it -> 0
 *            -EEXIST  an object has that name
 *            -ENOSPC  the heap has MHEAP_ROOTS_MAX named roots
 *   LOOKUP   length data                the object of that name -> handle
 *     T
 *   UNPUBLISH length data               take the name back -> 0
 *            -ENOENT  (both) no object has that name
 *            -EINVAL  (all three) @length is 0, or there is a 0 in the name
 *            -ENAMETOOLONG (all three) @length is more than MHEAP_ROOT_NAME_MAX
 *            -EFAULT  (all three) @data cannot be read
 *
 * Any of them can also fail with
 *   -ENOMEM     no memory; operations that make an object or a handle, RESIZE,
 *               PUBLISH, and all that have @data, which goes through the kernel's
 *               own memory
 *   -ENOSPC     the heap has given out all its 2^32 - 1 object numbers, or the
 *               session all its handles
 *   -EOVERFLOW  an object has MHEAP_REFERENCES_MAX references
 *
 * Reads and writes of at most MHEAP_ATOMIC_IO_MAX bytes are atomic towards each
 * other; larger ones may be seen half done by other threads. A STORE, SWAP or
 * COMPARE_STORE of one slot is always atomic.
 *
 * Threads may share a session; its batches are then executed one after the
 * other, at most 64 operations at a time.
 *
 * The collector
 * -------------
 *
 * As in CPython, an object with slots starts in generation 0 and moves up when
 * it survives a collection of its generation. A generation is collected when
 * its counter exceeds its threshold: counter 0 is objects with slots made minus
 * freed since the last collection, counters 1 and 2 are collections of the
 * generation below since the last of this one. Generation 2 waits, besides,
 * until the objects that came into it since the last full collection are at
 * least a quarter of those that survived that one. A collection takes the
 * younger generations along. Threshold 0 of zero switches automatic collection
 * off, and so does MHEAP_IOC_DISABLE; MHEAP_IOC_COLLECT works all the same.
 *
 * A collection goes on beside the programs: no session waits for it. What is
 * unreachable when a full one begins, and of which no reference is just being
 * moved or dropped, is freed by it. What becomes unreachable meanwhile, or was
 * reachable for a part of it, may be left to the next. On a heap that nobody
 * works on one collection of generation 2 leaves nothing unreachable. An UPGRADE
 * never fails for an object that survives: for that it may have to wait until a
 * collection has made up its mind, which takes no longer than the operations of
 * other sessions that are under way.
 *
 * With automatic collection on, garbage that waits to be collected stays below a
 * ceiling, a share of what is alive (garbage_ceiling in sysfs). A session that
 * makes it faster than that does the collecting itself, or waits for who does,
 * before its next operations; other sessions do not.
 *
 * What a release or a collection frees can be much, and no caller waits for all
 * of it: a long cascade is continued in the background. MHEAP_IOC_SETTLE waits
 * until no such release is under way.
 *
 * Requests with a struct fail with -EFAULT when it cannot be read or written
 * and with -EINVAL when a reserved field is not zero; an unknown request is
 * -ENOTTY.
 */
#ifndef _UAPI_LINUX_MHEAP_H
#define _UAPI_LINUX_MHEAP_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Changes only when a program built against an older header would break. */
#define MHEAP_ABI			1

#define MHEAP_BATCH_MAX			65536		/* operations */
#define MHEAP_IO_MAX			65536		/* bytes */
#define MHEAP_ATOMIC_IO_MAX		4096		/* bytes */
#define MHEAP_SLOTS_MAX			0x4000000	/* 2^26 */
#define MHEAP_LENGTH_MAX		0x40000000	/* 2^30 bytes */
/* To one object, from slots; and as many again from outside. */
#define MHEAP_REFERENCES_MAX		0xfffffff	/* 2^28 - 1 */
#define MHEAP_GENERATIONS		3
#define MHEAP_THRESHOLD_MAX		2147483647U
#define MHEAP_ROOT_NAME_MAX		255		/* bytes */
#define MHEAP_ROOTS_MAX			65536

/* What an operation does: see "Operations" above. */
enum mheap_opcode {
	MHEAP_OP_NEW		= 1,
	MHEAP_OP_DUP		= 2,
	MHEAP_OP_DROP		= 3,
	MHEAP_OP_LOAD		= 4,
	MHEAP_OP_STORE		= 5,
	MHEAP_OP_SWAP		= 6,
	MHEAP_OP_COMPARE_STORE	= 7,
	MHEAP_OP_READ		= 8,
	MHEAP_OP_WRITE		= 9,
	MHEAP_OP_RESIZE		= 10,
	MHEAP_OP_INFO		= 11,
	MHEAP_OP_SAME		= 12,
	MHEAP_OP_WEAK		= 13,
	MHEAP_OP_UPGRADE	= 14,
	MHEAP_OP_PUBLISH	= 15,
	MHEAP_OP_LOOKUP		= 16,
	MHEAP_OP_UNPUBLISH	= 17,
};

/* struct mheap_op, @flags: keep the object for this batch, give no handle. */
#define MHEAP_OP_TEMP			0x1
/* The same (PUBLISH): let the name be this object's, whoever had it. */
#define MHEAP_OP_REPLACE		0x2

/* Instead of a handle: the object that operation @i of this batch gave. */
#define MHEAP_RESULT_FLAG		0x8000000000000000ULL
#define MHEAP_RESULT(i)			(MHEAP_RESULT_FLAG | (__u32)(i))

/**
 * struct mheap_op - one operation of a batch
 * @opcode: enum mheap_opcode
 * @flags: MHEAP_OP_*
 * @slot: slot number, from 0
 * @object: handle or MHEAP_RESULT()
 * @target: handle, MHEAP_RESULT() or 0
 * @expected: handle, MHEAP_RESULT() or 0 (COMPARE_STORE)
 * @offset: where in the payload, in bytes (READ, WRITE; else shares @expected)
 * @length: bytes
 * @data: address in the caller's memory
 * @type: any number (NEW)
 * @slots: how many slots (NEW, RESIZE)
 * @result: written by the module: a value that is not negative, or -errno
 */
struct mheap_op {
	__u16	opcode;
	__u16	flags;
	__u32	slot;
	__u64	object;
	__u64	target;
	union {
		__u64	expected;
		__u64	offset;
	};
	__u64	length;
	__u64	data;
	__u32	type;
	__u32	slots;
	__s64	result;
};

/* struct mheap_submit, @flags: do not stop at an operation that fails. */
#define MHEAP_SUBMIT_CONTINUE		0x1

/**
 * struct mheap_submit - MHEAP_IOC_SUBMIT
 * @ops: address of an array of struct mheap_op
 * @count: its length
 * @flags: MHEAP_SUBMIT_*
 */
struct mheap_submit {
	__u64	ops;
	__u32	count;
	__u32	flags;
};

/* struct mheap_object_info, @flags */
#define MHEAP_OBJECT_TRACKED		0x1	/* the collector knows it: it has slots */

#define MHEAP_OBJECT_INFO_SIZE_0	48		/* of the first version */

/**
 * struct mheap_object_info - what MHEAP_OP_INFO tells
 * @id: names the object; never seen twice in the life of a heap
 * @length: payload in bytes
 * @charged: bytes of memory that the object takes, all told
 * @type: as given to NEW
 * @slots: how many
 * @references: all of them, the handle that asks included
 * @outside: those that do not come from slots
 * @generation: 0 to 2, for a tracked object; otherwise 0
 * @flags: MHEAP_OBJECT_*
 */
struct mheap_object_info {
	__u64	id;
	__u64	length;
	__u64	charged;
	__u32	type;
	__u32	slots;
	__u32	references;
	__u32	outside;
	__u32	generation;
	__u32	flags;
};

/**
 * struct mheap_collect - MHEAP_IOC_COLLECT: collect now and wait for the result
 * @generation: in: 0 to 2 (else -EINVAL); the younger ones are taken along
 * @reserved: zero
 * @visited: objects looked at
 * @unreachable: objects found unreachable
 * @freed: of those, how many were freed
 * @uncollectable: of those, how many were kept
 * @nanoseconds: how long it took
 *
 * Works whether or not automatic collection is enabled. -EINTR when a signal
 * kills the process before the collection began.
 */
struct mheap_collect {
	__u32	generation;
	__u32	reserved;
	__u64	visited;
	__u64	unreachable;
	__u64	freed;
	__u64	uncollectable;
	__u64	nanoseconds;
};

/**
 * struct mheap_threshold - MHEAP_IOC_GET_THRESHOLD, MHEAP_IOC_SET_THRESHOLD
 * @value: of generations 0 to 2, each at most MHEAP_THRESHOLD_MAX (else -EINVAL,
 *         and none is changed)
 * @reserved: zero
 */
struct mheap_threshold {
	__u32	value[MHEAP_GENERATIONS];
	__u32	reserved;
};

/**
 * struct mheap_count - MHEAP_IOC_COUNT: how far each generation's counter is
 * @value: of generations 0 to 2
 * @reserved: zero
 */
struct mheap_count {
	__u32	value[MHEAP_GENERATIONS];
	__u32	reserved;
};

/**
 * struct mheap_generation_stats - one generation since the heap was made
 * @collections: how often it was the oldest one collected
 * @visited: objects looked at in those
 * @collected: objects found unreachable and freed
 * @uncollectable: objects found unreachable and kept
 * @nanoseconds: time spent
 * @longest: the longest of them, in nanoseconds
 * @objects: how many are in this generation now
 */
struct mheap_generation_stats {
	__u64	collections;
	__u64	visited;
	__u64	collected;
	__u64	uncollectable;
	__u64	nanoseconds;
	__u64	longest;
	__u64	objects;
};

#define MHEAP_NAME_MAX			32	/* with the final NUL */
#define MHEAP_STATS_SIZE_0		272	/* of the first version */

/**
 * struct mheap_stats - MHEAP_IOC_STATS: the heap as it is now
 * @size: in: sizeof(struct mheap_stats) as the program knows it, at least
 *        MHEAP_STATS_SIZE_0 (else -EINVAL); out: how many bytes were filled
 * @abi: MHEAP_ABI
 * @name: of the heap's directory in /sys/kernel/mheap
 * @objects: objects that exist, those waiting for their release included
 * @bytes: memory that they take, the heap's own tables not counted
 * @handles: that the sessions of the heap have open, weak ones included
 * @sessions: of the heap
 * @pending: a release is being continued in the background: 1, else 0
 * @created: objects ever made
 * @freed_by_count: objects freed because their last reference went
 * @freed_by_collector: objects freed because a collection found them
 * @table_bytes: memory that the object table takes
 * @generation: each generation
 *
 * The figures are read one after the other while other sessions go on; on a
 * heap at rest they agree.
 */
struct mheap_stats {
	__u32	size;
	__u32	abi;
	char	name[MHEAP_NAME_MAX];
	__u64	objects;
	__u64	bytes;
	__u64	handles;
	__u32	sessions;
	__u32	pending;
	__u64	created;
	__u64	freed_by_count;
	__u64	freed_by_collector;
	__u64	table_bytes;
	struct mheap_generation_stats generation[MHEAP_GENERATIONS];
};

/**
 * struct mheap_join - MHEAP_IOC_JOIN: become a session of another heap
 * @fd: a descriptor of any session of that heap
 * @reserved: zero
 *
 * For a fresh descriptor only: one on which MHEAP_IOC_SUBMIT was never called, that
 * has not joined another heap, and whose own heap nobody has joined. Other
 * requests are allowed before; they concern the heap that is given up.
 *   -EBADF   @fd is not an open descriptor
 *   -EINVAL  @fd is not one of /dev/mheap, or is of the same session
 *   -EBUSY   the descriptor is not fresh
 */
struct mheap_join {
	__s32	fd;
	__u32	reserved[3];
};

/**
 * struct mheap_root_names - MHEAP_IOC_ROOTS: the names of the heap's roots
 * @names: address of memory; filled with names and a 0 behind each
 * @size: in: bytes of it, at least MHEAP_ROOT_NAME_MAX + 1 (else -EINVAL); out: bytes
 *        filled
 * @cursor: in: 0 at first, then what came out; out: 0 if there are no more
 * @count: out: how many names were filled in
 * @reserved: zero
 *
 * Names that are there from the first call to the last are given once, in no
 * order; others may be given.
 *   -EINVAL  @cursor is none that came out
 *   -E2BIG   names that are given together do not fit: a larger @size is needed
 *            (65536 is enough for any names that were not chosen against it)
 *   -EFAULT  @names cannot be written
 *   -ENOMEM  no memory
 */
struct mheap_root_names {
	__u64	names;
	__u32	size;
	__u32	cursor;
	__u32	count;
	__u32	reserved;
};

#define MHEAP_ALLOCATOR_NAME_SIZE	32	/* with the final NUL */

/**
 * struct mheap_allocator_name - MHEAP_IOC_ALLOCATOR: make the heap with an allocator
 * @name: of the allocator, with a NUL; the rest is zero
 *
 * For a fresh descriptor only, see struct mheap_join. The empty heap that came with
 * it is given up for another one, which has the defaults for new heaps but for the
 * allocator. The descriptor stays fresh.
 *   -EBUSY   the descriptor is not fresh
 *   -EINVAL  there is no NUL, or something behind it
 *   -ENOENT  no allocator has that name
 *   -ENOMEM  no memory
 */
struct mheap_allocator_name {
	char	name[MHEAP_ALLOCATOR_NAME_SIZE];
};

#define MHEAP_IOC_MAGIC			0xC3

/* Returns how many operations were executed. */
#define MHEAP_IOC_SUBMIT	_IOW(MHEAP_IOC_MAGIC, 0x00, struct mheap_submit)
#define MHEAP_IOC_COLLECT	_IOWR(MHEAP_IOC_MAGIC, 0x01, struct mheap_collect)
#define MHEAP_IOC_ENABLE	_IO(MHEAP_IOC_MAGIC, 0x02)
#define MHEAP_IOC_DISABLE	_IO(MHEAP_IOC_MAGIC, 0x03)
/* Returns 1 if automatic collection is enabled, else 0. */
#define MHEAP_IOC_IS_ENABLED	_IO(MHEAP_IOC_MAGIC, 0x04)
#define MHEAP_IOC_GET_THRESHOLD	_IOR(MHEAP_IOC_MAGIC, 0x05, struct mheap_threshold)
#define MHEAP_IOC_SET_THRESHOLD	_IOW(MHEAP_IOC_MAGIC, 0x06, struct mheap_threshold)
#define MHEAP_IOC_COUNT		_IOR(MHEAP_IOC_MAGIC, 0x07, struct mheap_count)
/*
 * Takes struct mheap_stats. Its own @size tells how much of it the program knows,
 * so the number of the request carries no size and stays as the struct grows.
 */
#define MHEAP_IOC_STATS		_IO(MHEAP_IOC_MAGIC, 0x08)
/* Waits until no release is under way; -EINTR when a signal kills the process. */
#define MHEAP_IOC_SETTLE	_IO(MHEAP_IOC_MAGIC, 0x09)
#define MHEAP_IOC_JOIN		_IOW(MHEAP_IOC_MAGIC, 0x0a, struct mheap_join)
#define MHEAP_IOC_ROOTS		_IOWR(MHEAP_IOC_MAGIC, 0x0b, struct mheap_root_names)
#define MHEAP_IOC_ALLOCATOR	_IOW(MHEAP_IOC_MAGIC, 0x18, struct mheap_allocator_name)

#endif /* _UAPI_LINUX_MHEAP_H */
