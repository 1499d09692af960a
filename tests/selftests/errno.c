// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every errno that <linux/mheap.h> lists for an operation, and that nothing is
 * changed by one that fails. Each case is an operation that would succeed but
 * for one thing.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "heap.h"
#include "tap.h"

enum field {
	SLOT,
	OBJECT,
	TARGET,
	EXPECTED,	/* and OFFSET, in the same place */
	LENGTH,
	DATA,
	TYPE,
	SLOTS,
	FIELDS
};

static const char * const field_name[FIELDS] = {
	"slot", "object", "target", "expected", "length", "data", "type", "slots",
};

#define HAS(field)	(1U << (field))
#define LAST		MHEAP_OP_UNWATCH

/* The table of operations in the header's prose. */
static const struct {
	const char *name;
	unsigned int fields;
	unsigned int flags;
} operations[] = {
	[MHEAP_OP_NEW]	   = { "NEW", HAS(TYPE) | HAS(SLOTS) | HAS(LENGTH) |
			       HAS(EXPECTED), MHEAP_OP_TEMP | MHEAP_OP_EPHEMERON },
	[MHEAP_OP_DUP]	   = { "DUP", HAS(OBJECT), MHEAP_OP_TEMP },
	[MHEAP_OP_DROP]	   = { "DROP", HAS(OBJECT), 0 },
	[MHEAP_OP_LOAD]	   = { "LOAD", HAS(OBJECT) | HAS(SLOT), MHEAP_OP_TEMP },
	[MHEAP_OP_STORE]   = { "STORE", HAS(OBJECT) | HAS(SLOT) | HAS(TARGET), 0 },
	[MHEAP_OP_SWAP]	   = { "SWAP", HAS(OBJECT) | HAS(SLOT) | HAS(TARGET), MHEAP_OP_TEMP },
	[MHEAP_OP_COMPARE_STORE] = { "COMPARE_STORE", HAS(OBJECT) | HAS(SLOT) |
				     HAS(EXPECTED) | HAS(TARGET), 0 },
	[MHEAP_OP_READ]	   = { "READ", HAS(OBJECT) | HAS(EXPECTED) | HAS(LENGTH) |
			       HAS(DATA), 0 },
	[MHEAP_OP_WRITE]   = { "WRITE", HAS(OBJECT) | HAS(EXPECTED) | HAS(LENGTH) |
			       HAS(DATA), 0 },
	[MHEAP_OP_RESIZE]  = { "RESIZE", HAS(OBJECT) | HAS(SLOTS) | HAS(LENGTH), 0 },
	[MHEAP_OP_INFO]	   = { "INFO", HAS(OBJECT) | HAS(LENGTH) | HAS(DATA), 0 },
	[MHEAP_OP_SAME]	   = { "SAME", HAS(OBJECT) | HAS(TARGET), 0 },
	[MHEAP_OP_WEAK]	   = { "WEAK", HAS(OBJECT), 0 },
	[MHEAP_OP_UPGRADE] = { "UPGRADE", HAS(OBJECT), MHEAP_OP_TEMP },
	[MHEAP_OP_PUBLISH] = { "PUBLISH", HAS(OBJECT) | HAS(LENGTH) | HAS(DATA),
			       MHEAP_OP_REPLACE },
	[MHEAP_OP_LOOKUP]  = { "LOOKUP", HAS(LENGTH) | HAS(DATA), MHEAP_OP_TEMP },
	[MHEAP_OP_UNPUBLISH] = { "UNPUBLISH", HAS(LENGTH) | HAS(DATA), 0 },
	[MHEAP_OP_FINALIZER] = { "FINALIZER", HAS(OBJECT) | HAS(EXPECTED),
				 MHEAP_OP_CANCEL },
	[MHEAP_OP_WATCH]   = { "WATCH", HAS(OBJECT) | HAS(EXPECTED), 0 },
	[MHEAP_OP_UNWATCH] = { "UNWATCH", HAS(OBJECT) | HAS(EXPECTED), 0 },
};

/* A heap, and a handle of every kind that a number can be. */
static struct {
	int heap;
	__u64 object;		/* 2 slots, the first refers to @other; 16 bytes */
	__u64 other;
	__u64 weak;
	__u64 closed;		/* its place has not been used again */
	__u64 reused;		/* its place has */
	__u64 foreign;		/* of another session */
	char data[64];
	struct mheap_stats before;
} world;

static void make_world(void)
{
	const int foreign = heap_open();

	world.heap = heap_open();
	world.object = heap_get(world.heap, op_new(0, 2, 16));
	world.other = heap_get(world.heap, op_new(0, 1, 0));
	heap_do(world.heap, op_store(world.object, 0, world.other));
	world.weak = heap_get(world.heap, op_weak(world.other));
	world.reused = heap_get(world.heap, op_dup(world.other));
	heap_do(world.heap, op_drop(world.reused));
	heap_get(world.heap, op_dup(world.other));
	world.closed = heap_get(world.heap, op_dup(world.other));
	heap_do(world.heap, op_drop(world.closed));
	world.foreign = heap_get(foreign, op_new(0, 2, 16));
	heap_do(world.heap, op_publish(world.other, "root"));
	world.before = heap_stats(world.heap);
}

/* An operation with which nothing is wrong. */
static struct mheap_op good(__u16 opcode)
{
	struct mheap_op op = { .opcode = opcode, .object = world.object };

	if (opcode == MHEAP_OP_NEW)
		op = op_new(1, 1, 1);
	if (opcode == MHEAP_OP_UPGRADE)
		op.object = world.weak;
	if (opcode == MHEAP_OP_SAME)
		op.target = world.other;
	if (opcode == MHEAP_OP_READ)
		op = op_read(world.object, 0, world.data, 16);
	if (opcode == MHEAP_OP_WRITE)
		op = op_write(world.object, 0, world.data, 16);
	if (opcode == MHEAP_OP_INFO)
		op = op_info(world.object, (void *)world.data);
	if (opcode == MHEAP_OP_PUBLISH)
		op = op_publish(world.object, "new root");
	if (opcode == MHEAP_OP_LOOKUP)
		op = op_lookup("root");
	if (opcode == MHEAP_OP_UNPUBLISH)
		op = op_unpublish("root");
	return op;
}

static void set_field(struct mheap_op *op, enum field field, __u64 value)
{
	switch (field) {
	case SLOT:
		op->slot = value;
		break;
	case OBJECT:
		op->object = value;
		break;
	case TARGET:
		op->target = value;
		break;
	case EXPECTED:
		op->expected = value;
		break;
	case LENGTH:
		op->length = value;
		break;
	case DATA:
		op->data = value;
		break;
	case TYPE:
		op->type = value;
		break;
	default:
		op->slots = value;
	}
}

static int bits(enum field field)
{
	return field == SLOT || field == TYPE || field == SLOTS ? 32 : 64;
}

/* The operation fails with @error, and nothing has changed. */
static void check_error(struct mheap_op op, int error)
{
	CHECK_EQ(heap_run(world.heap, op), error);
	heap_check_same(world.heap, &world.before);
}

TEST(operations_without_fault_succeed)
{
	__u16 opcode;

	make_world();
	for (opcode = MHEAP_OP_NEW; opcode <= LAST; opcode++) {
		tap_case("%s", operations[opcode].name);
		CHECK(opcode == MHEAP_OP_DROP || heap_run(world.heap, good(opcode)) >= 0);
	}
	heap_do(world.heap, good(MHEAP_OP_DROP));
}

TEST(unknown_opcode_is_invalid)
{
	struct mheap_op op = {};
	__u32 opcode;

	make_world();
	for (opcode = 0; opcode < 65536; opcode += opcode < 300 ? 1 : 251) {
		if (opcode >= MHEAP_OP_NEW && opcode <= LAST)
			continue;
		tap_case("opcode %u", opcode);
		op.opcode = opcode;
		CHECK_EQ(heap_run(world.heap, op), -EINVAL);
	}
	op.opcode = 65535;
	check_error(op, -EINVAL);
}

TEST(unknown_flag_is_invalid)
{
	struct mheap_op op;
	__u16 opcode;
	int bit;

	make_world();
	for (opcode = MHEAP_OP_NEW; opcode <= LAST; opcode++)
		for (bit = 0; bit < 16; bit++) {
			if (operations[opcode].flags & 1 << bit)
				continue;
			tap_case("%s, flag %d", operations[opcode].name, bit);
			op = good(opcode);
			op.flags = 1 << bit;
			check_error(op, -EINVAL);
		}
}

TEST(unused_field_must_be_zero)
{
	struct mheap_op op;
	enum field field;
	__u16 opcode;
	int bit;

	make_world();
	for (opcode = MHEAP_OP_NEW; opcode <= LAST; opcode++)
		for (field = 0; field < FIELDS; field++) {
			if (operations[opcode].fields & HAS(field))
				continue;
			for (bit = 0; bit < bits(field); bit++) {
				tap_case("%s, %s, bit %d", operations[opcode].name,
					 field_name[field], bit);
				op = good(opcode);
				set_field(&op, field, 1ULL << bit);
				CHECK_EQ(heap_run(world.heap, op), -EINVAL);
			}
			heap_check_same(world.heap, &world.before);
		}
}

/* May this field of this operation be 0? */
static int may_be_none(__u16 opcode, enum field field)
{
	return field != OBJECT && opcode != MHEAP_OP_SAME;
}

/* The same wrong number in every field where a handle belongs. */
static void check_everywhere(__u64 number, int error)
{
	struct mheap_op op;
	enum field field;
	__u16 opcode;

	for (opcode = MHEAP_OP_NEW; opcode <= LAST; opcode++)
		for (field = OBJECT; field <= EXPECTED; field++) {
			if (!(operations[opcode].fields & HAS(field)) ||
			    (!number && may_be_none(opcode, field)) ||
			    (field == EXPECTED && opcode != MHEAP_OP_COMPARE_STORE))
				continue;
			tap_case("%s, %s is %#llx", operations[opcode].name,
				 field_name[field], number);
			op = good(opcode);
			set_field(&op, field, number);
			check_error(op, error);
		}
}

TEST(number_that_is_no_handle_is_bad)
{
	static const __u64 numbers[] = {
		0, 1, 12345, 1ULL << 32, 1ULL << 48, 1ULL << 62, ~0ULL >> 1,
	};
	unsigned int i;

	make_world();
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		check_everywhere(numbers[i], -EBADF);
	/* Of this session, but of a place that was never used. */
	check_everywhere(world.object + 1000, -EBADF);
}

TEST(handle_that_is_yet_to_come_is_bad)
{
	const __u64 life = 1ULL << 28;	/* how often its place was used before */

	make_world();
	/* The next that its place gives, and one long after. */
	check_everywhere(world.closed + life, -EBADF);
	check_everywhere(world.closed + 1000 * life, -EBADF);
	check_everywhere(world.object + life, -EBADF);
}

TEST(handle_of_another_session_is_bad)
{
	make_world();
	check_everywhere(world.foreign, -EBADF);
}

TEST(dropped_handle_is_stale)
{
	make_world();
	check_everywhere(world.closed, -ESTALE);
}

TEST(handle_is_stale_after_its_place_was_reused)
{
	make_world();
	check_everywhere(world.reused, -ESTALE);
}

TEST(handle_is_stale_however_often_its_place_was_reused)
{
	__u64 handles[100];
	int i;

	make_world();
	for (i = 0; i < 100; i++) {
		handles[i] = heap_get(world.heap, op_dup(world.other));
		heap_do(world.heap, op_drop(handles[i]));
	}
	heap_get(world.heap, op_dup(world.other));
	for (i = 0; i < 100; i++)
		CHECK_EQ(heap_run(world.heap, op_drop(handles[i])), -ESTALE);
}

TEST(weak_handle_where_a_strong_one_is_needed_is_invalid)
{
	static const __u16 opcodes[] = {
		MHEAP_OP_LOAD, MHEAP_OP_STORE, MHEAP_OP_SWAP, MHEAP_OP_COMPARE_STORE,
		MHEAP_OP_READ, MHEAP_OP_WRITE, MHEAP_OP_RESIZE, MHEAP_OP_INFO, MHEAP_OP_WEAK,
		MHEAP_OP_PUBLISH, MHEAP_OP_FINALIZER,
	};
	struct mheap_op op;
	enum field field;
	unsigned int i;

	make_world();
	for (i = 0; i < ARRAY_SIZE(opcodes); i++)
		for (field = OBJECT; field <= EXPECTED; field++) {
			if (!(operations[opcodes[i]].fields & HAS(field)) ||
			    (field == EXPECTED && opcodes[i] != MHEAP_OP_COMPARE_STORE))
				continue;
			tap_case("%s, %s", operations[opcodes[i]].name, field_name[field]);
			op = good(opcodes[i]);
			set_field(&op, field, world.weak);
			check_error(op, -EINVAL);
		}
}

TEST(finalizer_that_is_not_there_cannot_be_cancelled)
{
	struct mheap_op op = { .opcode = MHEAP_OP_FINALIZER, .flags = MHEAP_OP_CANCEL };

	make_world();
	op.object = world.object;
	check_error(op, -ENOENT);
	op.offset = 1;
	check_error(op, -EINVAL);
}

TEST(weak_handle_cannot_be_temporary)
{
	make_world();
	check_error(op_temp(op_dup(world.weak)), -EINVAL);
}

TEST(upgrade_of_a_strong_handle_is_invalid)
{
	make_world();
	check_error(op_upgrade(world.object), -EINVAL);
	check_error(op_temp(op_upgrade(world.object)), -EINVAL);
}

TEST(upgrade_of_the_dead_is_no_entry)
{
	__u64 ring, by_count, by_collector;

	make_world();
	heap_disable(world.heap);
	ring = heap_get(world.heap, op_new(0, 1, 0));
	by_collector = heap_get(world.heap, op_weak(ring));
	heap_do(world.heap, op_store(ring, 0, ring));
	heap_do(world.heap, op_drop(ring));
	heap_do(world.heap, op_drop(heap_get(world.heap, op_upgrade(by_collector))));
	CHECK_EQ(heap_collect(world.heap, 2).freed, 1);
	ring = heap_get(world.heap, op_new(0, 0, 0));
	by_count = heap_get(world.heap, op_weak(ring));
	heap_do(world.heap, op_drop(ring));
	world.before = heap_stats(world.heap);
	check_error(op_upgrade(by_count), -ENOENT);
	check_error(op_upgrade(by_collector), -ENOENT);
	check_error(op_temp(op_upgrade(by_collector)), -ENOENT);
}

TEST(slot_that_is_not_there_is_invalid)
{
	static const __u16 opcodes[] = {
		MHEAP_OP_LOAD, MHEAP_OP_STORE, MHEAP_OP_SWAP, MHEAP_OP_COMPARE_STORE,
	};
	static const __u32 slots[] = { 2, 3, 255, 65536, 1U << 31, ~0U };
	const __u64 leaf = (make_world(), heap_get(world.heap, op_new(0, 0, 8)));
	struct mheap_op op;
	unsigned int i, k;

	world.before = heap_stats(world.heap);
	for (i = 0; i < ARRAY_SIZE(opcodes); i++) {
		for (k = 0; k < ARRAY_SIZE(slots); k++) {
			tap_case("%s, slot %u", operations[opcodes[i]].name, slots[k]);
			op = good(opcodes[i]);
			op.slot = slots[k];
			check_error(op, -EINVAL);
		}
		tap_case("%s, leaf", operations[opcodes[i]].name);
		op = good(opcodes[i]);
		op.object = leaf;
		check_error(op, -EINVAL);
	}
}

TEST(shape_beyond_the_limits_is_too_big)
{
	static const struct {
		__u32 slots;
		__u64 length;
	} shapes[] = {
		{ MHEAP_SLOTS_MAX + 1, 0 }, { ~0U, 0 }, { 0, MHEAP_LENGTH_MAX + 1ULL },
		{ 0, 1ULL << 32 }, { 0, (1ULL << 32) + 1 }, { 0, 1ULL << 63 }, { 1, ~0ULL },
		{ ~0U, ~0ULL },
	};
	unsigned int i;

	make_world();
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		tap_case("slots %u, length %llu", shapes[i].slots, shapes[i].length);
		check_error(op_new(0, shapes[i].slots, shapes[i].length), -E2BIG);
		check_error(op_temp(op_new(0, shapes[i].slots, shapes[i].length)), -E2BIG);
		check_error(op_resize(world.object, shapes[i].slots, shapes[i].length), -E2BIG);
	}
}

/* Before there is no memory, everything is collected: that may be seen. */
static void check_nothing_made(void)
{
	const struct mheap_stats after = heap_stats(world.heap);

	CHECK_EQ(after.objects, world.before.objects);
	CHECK_EQ(after.bytes, world.before.bytes);
	CHECK_EQ(after.handles, world.before.handles);
	CHECK_EQ(after.created, world.before.created);
}

TEST(largest_shape_is_made_or_there_is_no_memory)
{
	__s64 result;

	if (!tap_number("MHEAP_TEST_HUGE", 1))
		tap_skip("too much memory for this kernel");
	make_world();
	result = heap_run(world.heap, op_new(0, 0, MHEAP_LENGTH_MAX));
	CHECK(result > 0 || result == -ENOMEM);
	if (result > 0) {
		CHECK_EQ(heap_run(world.heap, op_write(result, MHEAP_LENGTH_MAX - 4, "last", 4)),
			 4);
		heap_do(world.heap, op_drop(result));
		CHECK_EQ(heap_stats(world.heap).bytes, world.before.bytes);
	} else {
		check_nothing_made();
	}
}

TEST(copy_beyond_the_limit_is_too_big)
{
	make_world();
	check_error(op_read(world.object, 0, world.data, MHEAP_IO_MAX + 1), -E2BIG);
	check_error(op_read(world.object, 0, world.data, 1ULL << 32), -E2BIG);
	check_error(op_read(world.object, 0, world.data, ~0ULL), -E2BIG);
	check_error(op_write(world.object, 0, world.data, MHEAP_IO_MAX + 1), -E2BIG);
	check_error(op_write(world.object, 0, world.data, 1ULL << 32), -E2BIG);
	check_error(op_write(world.object, 0, world.data, ~0ULL), -E2BIG);
}

TEST(write_past_the_end_is_invalid)
{
	static const struct {
		__u64 offset, length;
	} ranges[] = {
		{ 0, 17 }, { 16, 1 }, { 17, 0 }, { 15, 2 }, { 1ULL << 32, 1 },
		{ ~0ULL, 1 }, { ~0ULL, 2 }, { ~0ULL - 15, 16 }, { 1ULL << 63, 0 },
	};
	static const char zero[16];
	unsigned int i;

	make_world();
	memset(world.data, 'x', sizeof(world.data));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		tap_case("offset %llu, length %llu", ranges[i].offset, ranges[i].length);
		check_error(op_write(world.object, ranges[i].offset, world.data,
				     ranges[i].length), -EINVAL);
	}
	CHECK_EQ(heap_run(world.heap, op_read(world.object, 0, world.data, 16)), 16);
	CHECK(!memcmp(world.data, zero, 16));
}

TEST(info_that_knows_too_little_is_invalid)
{
	struct mheap_op op;
	__u64 length;

	make_world();
	for (length = 0; length < MHEAP_OBJECT_INFO_SIZE_0; length++) {
		op = op_info(world.object, (void *)world.data);
		op.length = length;
		check_error(op, -EINVAL);
	}
}

/* Two pages, of which the second is not there. Returns its beginning. */
static char *edge(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	CHECK(page != MAP_FAILED);
	CHECK(!munmap(page + 4096, 4096));
	return page + 4096;
}

TEST(data_at_a_bad_address_is_a_fault)
{
	char * const bad[] = {
		NULL, (char *)8, (char *)-4096L, (char *)(-1UL / 2 + 1), edge(), edge() - 1,
	};
	unsigned int i;

	make_world();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		tap_case("address %p", bad[i]);
		check_error(op_read(world.object, 0, bad[i], 16), -EFAULT);
		check_error(op_write(world.object, 0, bad[i], 16), -EFAULT);
		check_error(op_info(world.object, (void *)bad[i]), -EFAULT);
	}
}

TEST(data_address_beyond_64_bits_of_the_program_is_a_fault)
{
	struct mheap_op op;

	make_world();
	op = op_read(world.object, 0, NULL, 16);
	op.data = ~0ULL - 8;
	check_error(op, -EFAULT);
	op.opcode = MHEAP_OP_WRITE;
	check_error(op, -EFAULT);
}

TEST(data_that_cannot_be_written_is_a_fault)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	make_world();
	check_error(op_read(world.object, 0, page, 16), -EFAULT);
	check_error(op_info(world.object, (void *)page), -EFAULT);
	CHECK_EQ(heap_run(world.heap, op_write(world.object, 0, page, 16)), 16);
}

TEST(failed_read_may_not_touch_what_lies_behind)
{
	make_world();
	memset(world.data, 'x', sizeof(world.data));
	CHECK_EQ(heap_run(world.heap, op_read(world.object, 8, world.data, 64)), 8);
	CHECK_EQ(world.data[8], 'x');
	CHECK_EQ(heap_run(world.heap, op_read(world.closed, 0, world.data + 8, 8)), -ESTALE);
	CHECK_EQ(world.data[8], 'x');
}

/* What an operation behind others makes of the result of the first. */
static int error_of_result(struct mheap_op first, __u64 result)
{
	struct mheap_op ops[] = { first, {}, op_weak(result) };

	CHECK_EQ(heap_submit(world.heap, ops, 3, MHEAP_SUBMIT_CONTINUE), 3);
	return ops[2].result;
}

TEST(result_that_is_none_is_bad)
{
	make_world();
	CHECK_EQ(error_of_result(op_new(0, 0, 0), MHEAP_RESULT(2)), -EBADF);
	CHECK_EQ(error_of_result(op_new(0, 0, 0), MHEAP_RESULT(3)), -EBADF);
	CHECK_EQ(error_of_result(op_new(0, 0, 0), MHEAP_RESULT(~0U)), -EBADF);
	CHECK_EQ(error_of_result(op_new(0, 0, 0), MHEAP_RESULT(0) | 1ULL << 32), -EBADF);
	CHECK_EQ(error_of_result(op_new(0, 0, 0), MHEAP_RESULT(0) | 1ULL << 62), -EBADF);
	CHECK_EQ(error_of_result(op_new(0, 0, 0), ~0ULL), -EBADF);
	/* It failed. */
	CHECK_EQ(error_of_result(op_new(0, ~0U, 0), MHEAP_RESULT(0)), -EBADF);
	CHECK_EQ(error_of_result(op_temp(op_new(0, ~0U, 0)), MHEAP_RESULT(0)), -EBADF);
	CHECK_EQ(error_of_result(op_new(0, 0, 0), MHEAP_RESULT(1)), -EBADF);
	/* It gave 0. */
	CHECK_EQ(error_of_result(op_load(world.object, 1), MHEAP_RESULT(0)), -EBADF);
	CHECK_EQ(error_of_result(op_temp(op_load(world.object, 1)), MHEAP_RESULT(0)), -EBADF);
	CHECK_EQ(error_of_result(op_swap(world.object, 1, 0), MHEAP_RESULT(0)), -EBADF);
	CHECK_EQ(error_of_result(op_temp(op_swap(world.object, 1, 0)), MHEAP_RESULT(0)),
		 -EBADF);
}

TEST(result_of_a_kind_that_gives_none_is_bad)
{
	static const __u16 opcodes[] = {
		MHEAP_OP_STORE, MHEAP_OP_COMPARE_STORE, MHEAP_OP_READ, MHEAP_OP_WRITE,
		MHEAP_OP_RESIZE, MHEAP_OP_INFO, MHEAP_OP_SAME, MHEAP_OP_PUBLISH,
		MHEAP_OP_UNPUBLISH,
	};
	unsigned int i;

	make_world();
	for (i = 0; i < ARRAY_SIZE(opcodes); i++) {
		tap_case("%s", operations[opcodes[i]].name);
		CHECK_EQ(error_of_result(good(opcodes[i]), MHEAP_RESULT(0)), -EBADF);
	}
	CHECK_EQ(error_of_result(op_drop(heap_get(world.heap, op_dup(world.object))),
				 MHEAP_RESULT(0)), -EBADF);
	CHECK_EQ(error_of_result(op_same(world.object, world.object), MHEAP_RESULT(0)), -EBADF);
}

TEST(result_that_was_dropped_is_stale)
{
	struct mheap_op ops[] = {
		op_temp(op_new(0, 0, 0)),
		op_drop(MHEAP_RESULT(0)),
		op_drop(MHEAP_RESULT(0)),
		op_new(0, 0, 0),
		op_drop(MHEAP_RESULT(3)),
		op_weak(MHEAP_RESULT(3)),
		op_drop(MHEAP_RESULT(3)),
		op_weak(MHEAP_RESULT(0)),
	};

	make_world();
	CHECK_EQ(heap_submit(world.heap, ops, 8, MHEAP_SUBMIT_CONTINUE), 8);
	CHECK_EQ(ops[1].result, 0);
	CHECK_EQ(ops[2].result, -ESTALE);
	CHECK_EQ(ops[4].result, 0);
	CHECK_EQ(ops[5].result, -ESTALE);
	CHECK_EQ(ops[6].result, -ESTALE);
	CHECK_EQ(ops[7].result, -ESTALE);
	CHECK_EQ(heap_stats(world.heap).objects, world.before.objects);
	CHECK_EQ(heap_stats(world.heap).handles, world.before.handles);
}

TEST(result_of_the_wrong_kind_is_invalid)
{
	struct mheap_op ops[] = {
		op_temp(op_new(0, 0, 0)),
		op_weak(MHEAP_RESULT(0)),
		op_upgrade(MHEAP_RESULT(0)),
		op_weak(MHEAP_RESULT(1)),
		op_dup(MHEAP_RESULT(1)),
		op_upgrade(MHEAP_RESULT(4)),
		op_same(MHEAP_RESULT(5), MHEAP_RESULT(1)),
	};

	make_world();
	CHECK_EQ(heap_submit(world.heap, ops, 7, MHEAP_SUBMIT_CONTINUE), 7);
	CHECK_EQ(ops[2].result, -EINVAL);
	CHECK_EQ(ops[3].result, -EINVAL);
	CHECK(ops[4].result > 0);
	CHECK(ops[5].result > 0);
	CHECK_EQ(ops[6].result, 1);
}

TEST(result_of_another_batch_is_bad)
{
	struct mheap_op op = op_new(0, 0, 0);

	make_world();
	heap_do_all(world.heap, &op, 1);
	CHECK_EQ(heap_run(world.heap, op_drop(MHEAP_RESULT(0))), -EBADF);
}

TEST(failed_operation_in_the_middle_leaves_the_others)
{
	struct mheap_op ops[] = {
		op_new(0, 1, 0),
		op_store(MHEAP_RESULT(0), 1, MHEAP_RESULT(0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
		op_drop(12345),
		op_load(MHEAP_RESULT(0), 0),
	};

	make_world();
	CHECK_EQ(heap_submit(world.heap, ops, 5, MHEAP_SUBMIT_CONTINUE), 5);
	CHECK_EQ(ops[1].result, -EINVAL);
	CHECK_EQ(ops[2].result, 0);
	CHECK_EQ(ops[3].result, -EBADF);
	CHECK_EQ(heap_run(world.heap, op_same(ops[4].result, ops[0].result)), 1);
}
