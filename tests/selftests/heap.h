/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap as <linux/mheap.h> has it: a function for each request, one for each
 * operation's record, and no more. What fails here is -errno.
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdint.h>
#include <string.h>

#include <linux/mheap.h>

#define HEAP_DEVICE	"/dev/mheap"
#define HEAP_SYSFS	"/sys/kernel/mheap"

/* Requests. Those that return nothing are checked to succeed. */
int heap_open(void);
void heap_close(int heap);
long heap_ioctl(int heap, unsigned long request, const void *argument);
long heap_submit(int heap, struct mheap_op *ops, __u32 count, __u32 flags);
__s64 heap_run(int heap, struct mheap_op op);
__u64 heap_get_at(int heap, struct mheap_op op, const char *file, int line);
void heap_do_at(int heap, struct mheap_op op, const char *file, int line);
void heap_do_all_at(int heap, struct mheap_op *ops, __u32 count, const char *file, int line);
struct mheap_collect heap_collect(int heap, __u32 generation);
struct mheap_stats heap_stats(int heap);
struct mheap_object_info heap_info(int heap, __u64 object);
struct mheap_count heap_count(int heap);
void heap_set_threshold(int heap, __u32 zero, __u32 one, __u32 two);
void heap_disable(int heap);
void heap_settle(int heap);
long heap_join(int heap, int target);

/* The path of a file of a heap, until the thread's next; its directory where @file is "". */
const char *heap_path(int heap, const char *file);

/* Write to such a file; what numbers stand in one, and how many; the first of them. */
long heap_write(int heap, const char *file, const char *text);
int heap_numbers(int heap, const char *file, long long *number, int count);
long long heap_number(int heap, const char *file);

/* Another session of the heap behind a descriptor. */
int heap_open_joined(int target);

/* One operation that gives a handle; one that results in 0; some, none failing. */
#define heap_get(heap, op)		heap_get_at(heap, op, __FILE__, __LINE__)
#define heap_do(heap, op)		heap_do_at(heap, op, __FILE__, __LINE__)
#define heap_do_all(heap, ops, count)	heap_do_all_at(heap, ops, count, __FILE__, __LINE__)

/* Releases have come to an end, and this is what is left. */
__u64 heap_objects(int heap);

/* Nothing has changed since @before. */
void heap_check_same(int heap, const struct mheap_stats *before);

/* Is no heap left? Or wait for that: returns whether it came about. */
int heap_is_none(void *unused);
int heap_wait_none(void);

static inline struct mheap_op op_new(__u32 type, __u32 slots, __u64 length)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_NEW, .type = type, .slots = slots, .length = length,
	};
}

static inline struct mheap_op op_dup(__u64 object)
{
	return (struct mheap_op){ .opcode = MHEAP_OP_DUP, .object = object };
}

static inline struct mheap_op op_drop(__u64 object)
{
	return (struct mheap_op){ .opcode = MHEAP_OP_DROP, .object = object };
}

static inline struct mheap_op op_load(__u64 object, __u32 slot)
{
	return (struct mheap_op){ .opcode = MHEAP_OP_LOAD, .object = object, .slot = slot };
}

static inline struct mheap_op op_store(__u64 object, __u32 slot, __u64 target)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_STORE, .object = object, .slot = slot, .target = target,
	};
}

static inline struct mheap_op op_swap(__u64 object, __u32 slot, __u64 target)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_SWAP, .object = object, .slot = slot, .target = target,
	};
}

static inline struct mheap_op op_compare_store(__u64 object, __u32 slot, __u64 expected,
					       __u64 target)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_COMPARE_STORE, .object = object, .slot = slot,
		.expected = expected, .target = target,
	};
}

static inline struct mheap_op op_read(__u64 object, __u64 offset, void *data, __u64 length)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_READ, .object = object, .offset = offset,
		.data = (uintptr_t)data, .length = length,
	};
}

static inline struct mheap_op op_write(__u64 object, __u64 offset, const void *data,
				       __u64 length)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_WRITE, .object = object, .offset = offset,
		.data = (uintptr_t)data, .length = length,
	};
}

static inline struct mheap_op op_resize(__u64 object, __u32 slots, __u64 length)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_RESIZE, .object = object, .slots = slots,
		.length = length,
	};
}

static inline struct mheap_op op_info(__u64 object, struct mheap_object_info *info)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_INFO, .object = object, .data = (uintptr_t)info,
		.length = sizeof(*info),
	};
}

static inline struct mheap_op op_same(__u64 object, __u64 target)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_SAME, .object = object, .target = target,
	};
}

static inline struct mheap_op op_weak(__u64 object)
{
	return (struct mheap_op){ .opcode = MHEAP_OP_WEAK, .object = object };
}

static inline struct mheap_op op_upgrade(__u64 object)
{
	return (struct mheap_op){ .opcode = MHEAP_OP_UPGRADE, .object = object };
}

static inline struct mheap_op op_publish(__u64 object, const char *name)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_PUBLISH, .object = object,
		.data = (uintptr_t)name, .length = strlen(name),
	};
}

static inline struct mheap_op op_replace(__u64 object, const char *name)
{
	struct mheap_op op = op_publish(object, name);

	op.flags = MHEAP_OP_REPLACE;
	return op;
}

static inline struct mheap_op op_lookup(const char *name)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_LOOKUP, .data = (uintptr_t)name, .length = strlen(name),
	};
}

static inline struct mheap_op op_unpublish(const char *name)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_UNPUBLISH, .data = (uintptr_t)name,
		.length = strlen(name),
	};
}

static inline struct mheap_op op_watch(__u64 object, __u64 cookie)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_WATCH, .object = object, .offset = cookie,
	};
}

static inline struct mheap_op op_finalizer(__u64 object, __u64 cookie)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_FINALIZER, .object = object, .offset = cookie,
	};
}

static inline struct mheap_op op_unwatch(__u64 object, __u64 cookie)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_UNWATCH, .object = object, .offset = cookie,
	};
}

static inline struct mheap_op op_new_ephemeron(__u64 length)
{
	return (struct mheap_op){
		.opcode = MHEAP_OP_NEW, .flags = MHEAP_OP_EPHEMERON, .slots = 2,
		.length = length,
	};
}

/* The same, but give no handle. */
static inline struct mheap_op op_temp(struct mheap_op op)
{
	op.flags |= MHEAP_OP_TEMP;
	return op;
}

#endif /* HEAP_H */
