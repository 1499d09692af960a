// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of what goes over the interface, which must be the same for a
 * 32-bit program: this is built as one as well.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define FIELD(type, field, offset, size)				\
	static_assert(offsetof(struct type, field) == (offset) &&	\
		       sizeof(((struct type *)0)->field) == (size), #type "." #field)
#define SIZE(type, size)						\
	static_assert(sizeof(struct type) == (size), #type)

FIELD(mheap_op, opcode, 0, 2);
FIELD(mheap_op, flags, 2, 2);
FIELD(mheap_op, slot, 4, 4);
FIELD(mheap_op, object, 8, 8);
FIELD(mheap_op, target, 16, 8);
FIELD(mheap_op, expected, 24, 8);
FIELD(mheap_op, offset, 24, 8);
FIELD(mheap_op, length, 32, 8);
FIELD(mheap_op, data, 40, 8);
FIELD(mheap_op, type, 48, 4);
FIELD(mheap_op, slots, 52, 4);
FIELD(mheap_op, result, 56, 8);
SIZE(mheap_op, 64);

FIELD(mheap_submit, ops, 0, 8);
FIELD(mheap_submit, count, 8, 4);
FIELD(mheap_submit, flags, 12, 4);
SIZE(mheap_submit, 16);

FIELD(mheap_object_info, id, 0, 8);
FIELD(mheap_object_info, length, 8, 8);
FIELD(mheap_object_info, charged, 16, 8);
FIELD(mheap_object_info, type, 24, 4);
FIELD(mheap_object_info, slots, 28, 4);
FIELD(mheap_object_info, references, 32, 4);
FIELD(mheap_object_info, outside, 36, 4);
FIELD(mheap_object_info, generation, 40, 4);
FIELD(mheap_object_info, flags, 44, 4);
SIZE(mheap_object_info, 48);

FIELD(mheap_collect, generation, 0, 4);
FIELD(mheap_collect, reserved, 4, 4);
FIELD(mheap_collect, visited, 8, 8);
FIELD(mheap_collect, unreachable, 16, 8);
FIELD(mheap_collect, freed, 24, 8);
FIELD(mheap_collect, uncollectable, 32, 8);
FIELD(mheap_collect, nanoseconds, 40, 8);
SIZE(mheap_collect, 48);

FIELD(mheap_join, fd, 0, 4);
FIELD(mheap_join, reserved, 4, 12);
SIZE(mheap_join, 16);

FIELD(mheap_root_names, names, 0, 8);
FIELD(mheap_root_names, size, 8, 4);
FIELD(mheap_root_names, cursor, 12, 4);
FIELD(mheap_root_names, count, 16, 4);
FIELD(mheap_root_names, reserved, 20, 4);
SIZE(mheap_root_names, 24);

FIELD(mheap_allocator_name, name, 0, 32);
SIZE(mheap_allocator_name, 32);

SIZE(mheap_threshold, 16);
SIZE(mheap_count, 16);

FIELD(mheap_stats, size, 0, 4);
FIELD(mheap_stats, abi, 4, 4);
FIELD(mheap_stats, name, 8, 32);
FIELD(mheap_stats, objects, 40, 8);
FIELD(mheap_stats, bytes, 48, 8);
FIELD(mheap_stats, handles, 56, 8);
FIELD(mheap_stats, sessions, 64, 4);
FIELD(mheap_stats, pending, 68, 4);
FIELD(mheap_stats, created, 72, 8);
FIELD(mheap_stats, freed_by_count, 80, 8);
FIELD(mheap_stats, freed_by_collector, 88, 8);
FIELD(mheap_stats, table_bytes, 96, 8);
FIELD(mheap_stats, generation, 104, 168);
SIZE(mheap_generation_stats, 56);
FIELD(mheap_stats, finalizing, MHEAP_STATS_SIZE_0, 8);
FIELD(mheap_stats, finalizers_skipped, 280, 8);
FIELD(mheap_stats, frozen, 288, 8);
FIELD(mheap_stats, garbage, 296, 8);
FIELD(mheap_stats, limit_failures, 304, 8);
SIZE(mheap_stats, 312);

FIELD(mheap_event, kind, 0, 4);
FIELD(mheap_event, generation, 4, 4);
FIELD(mheap_event, handle, 8, 8);
FIELD(mheap_event, id, 16, 8);
FIELD(mheap_event, cookie, 24, 8);
FIELD(mheap_event, time, 32, 8);
FIELD(mheap_event, value, 40, 24);
SIZE(mheap_event, 64);
FIELD(mheap_listen, kinds, 0, 4);
FIELD(mheap_listen, reserved, 4, 4);
SIZE(mheap_listen, 8);

FIELD(mheap_debug, flags, 0, 4);
FIELD(mheap_debug, reserved, 4, 4);
SIZE(mheap_debug, 8);

FIELD(mheap_enumerate, what, 0, 4);
FIELD(mheap_enumerate, generations, 4, 4);
FIELD(mheap_enumerate, cursor, 8, 8);
FIELD(mheap_enumerate, object, 16, 8);
FIELD(mheap_enumerate, handles, 24, 8);
FIELD(mheap_enumerate, count, 32, 4);
FIELD(mheap_enumerate, flags, 36, 4);
SIZE(mheap_enumerate, 40);

FIELD(mheap_limits, objects, 0, 8);
FIELD(mheap_limits, bytes, 8, 8);
FIELD(mheap_limits, handles, 16, 8);
SIZE(mheap_limits, 24);

FIELD(mheap_profile, mode, 0, 4);
FIELD(mheap_profile, sample, 4, 4);
SIZE(mheap_profile, 8);

FIELD(mheap_snapshot, flags, 0, 4);
FIELD(mheap_snapshot, reserved, 4, 4);
SIZE(mheap_snapshot, 8);

/* The records of a snapshot. */
FIELD(mheap_record, kind, 0, 4);
FIELD(mheap_record, size, 4, 4);
SIZE(mheap_record, 8);

FIELD(mheap_snapshot_head, record, 0, 8);
FIELD(mheap_snapshot_head, magic, 8, 4);
FIELD(mheap_snapshot_head, version, 12, 4);
FIELD(mheap_snapshot_head, time, 16, 8);
FIELD(mheap_snapshot_head, name, 24, 32);
SIZE(mheap_snapshot_head, 56);

FIELD(mheap_snapshot_object, record, 0, 8);
FIELD(mheap_snapshot_object, id, 8, 8);
FIELD(mheap_snapshot_object, length, 16, 8);
FIELD(mheap_snapshot_object, charged, 24, 8);
FIELD(mheap_snapshot_object, type, 32, 4);
FIELD(mheap_snapshot_object, slots, 36, 4);
FIELD(mheap_snapshot_object, outside, 40, 4);
FIELD(mheap_snapshot_object, site, 44, 4);
FIELD(mheap_snapshot_object, generation, 48, 4);
FIELD(mheap_snapshot_object, flags, 52, 4);
SIZE(mheap_snapshot_object, 56);

FIELD(mheap_snapshot_edges, record, 0, 8);
FIELD(mheap_snapshot_edges, object, 8, 4);
FIELD(mheap_snapshot_edges, first, 12, 4);
FIELD(mheap_snapshot_edges, count, 16, 4);
FIELD(mheap_snapshot_edges, reserved, 20, 4);
SIZE(mheap_snapshot_edges, 24);

FIELD(mheap_snapshot_session, record, 0, 8);
FIELD(mheap_snapshot_session, serial, 8, 4);
FIELD(mheap_snapshot_session, process, 12, 4);
FIELD(mheap_snapshot_session, name, 16, 16);
SIZE(mheap_snapshot_session, 32);

FIELD(mheap_snapshot_handle, record, 0, 8);
FIELD(mheap_snapshot_handle, handle, 8, 8);
FIELD(mheap_snapshot_handle, id, 16, 8);
FIELD(mheap_snapshot_handle, session, 24, 4);
FIELD(mheap_snapshot_handle, flags, 28, 4);
SIZE(mheap_snapshot_handle, 32);

FIELD(mheap_snapshot_root, record, 0, 8);
FIELD(mheap_snapshot_root, id, 8, 8);
FIELD(mheap_snapshot_root, length, 16, 4);
FIELD(mheap_snapshot_root, reserved, 20, 4);
SIZE(mheap_snapshot_root, 24);

FIELD(mheap_snapshot_site, record, 0, 8);
FIELD(mheap_snapshot_site, tag, 8, 8);
FIELD(mheap_snapshot_site, site, 16, 4);
FIELD(mheap_snapshot_site, depth, 20, 4);
SIZE(mheap_snapshot_site, 24);

FIELD(mheap_snapshot_end, record, 0, 8);
FIELD(mheap_snapshot_end, objects, 8, 8);
FIELD(mheap_snapshot_end, slots, 16, 8);
SIZE(mheap_snapshot_end, 24);

static_assert(MHEAP_SNAPSHOT_HEAD == 1 && MHEAP_SNAPSHOT_OBJECT == 2 &&
	       MHEAP_SNAPSHOT_EDGES == 3 && MHEAP_SNAPSHOT_SESSION == 4 &&
	       MHEAP_SNAPSHOT_HANDLE == 5 && MHEAP_SNAPSHOT_ROOT == 6 &&
	       MHEAP_SNAPSHOT_SITE == 7 && MHEAP_SNAPSHOT_END == 8, "record kinds");
static_assert(MHEAP_SNAPSHOT_MAGIC == 0x5048414e && MHEAP_SNAPSHOT_VERSION == 1,
	       "head of a snapshot");

static_assert(MHEAP_IOC_SUBMIT == 0x4010c300, "SUBMIT");
static_assert(MHEAP_IOC_COLLECT == 0xc030c301, "COLLECT");
static_assert(MHEAP_IOC_ENABLE == 0xc302, "ENABLE");
static_assert(MHEAP_IOC_DISABLE == 0xc303, "DISABLE");
static_assert(MHEAP_IOC_IS_ENABLED == 0xc304, "IS_ENABLED");
static_assert(MHEAP_IOC_GET_THRESHOLD == 0x8010c305, "GET_THRESHOLD");
static_assert(MHEAP_IOC_SET_THRESHOLD == 0x4010c306, "SET_THRESHOLD");
static_assert(MHEAP_IOC_COUNT == 0x8010c307, "COUNT");
static_assert(MHEAP_IOC_STATS == 0xc308, "STATS");
static_assert(MHEAP_IOC_SETTLE == 0xc309, "SETTLE");
static_assert(MHEAP_IOC_JOIN == 0x4010c30a, "JOIN");
static_assert(MHEAP_IOC_ROOTS == 0xc018c30b, "ROOTS");
static_assert(MHEAP_IOC_LISTEN == 0x4008c30c, "LISTEN");
static_assert(MHEAP_IOC_GET_DEBUG == 0x8008c30d, "GET_DEBUG");
static_assert(MHEAP_IOC_SET_DEBUG == 0x4008c30e, "SET_DEBUG");
static_assert(MHEAP_IOC_FREEZE == 0xc30f, "FREEZE");
static_assert(MHEAP_IOC_UNFREEZE == 0xc310, "UNFREEZE");
static_assert(MHEAP_IOC_ENUMERATE == 0xc028c311, "ENUMERATE");
static_assert(MHEAP_IOC_CLEAR_GARBAGE == 0xc312, "CLEAR_GARBAGE");
static_assert(MHEAP_IOC_GET_LIMITS == 0x8018c313, "GET_LIMITS");
static_assert(MHEAP_IOC_SET_LIMITS == 0x4018c314, "SET_LIMITS");
static_assert(MHEAP_IOC_SNAPSHOT == 0x4008c315, "SNAPSHOT");
static_assert(MHEAP_IOC_GET_PROFILE == 0x8008c316, "GET_PROFILE");
static_assert(MHEAP_IOC_SET_PROFILE == 0x4008c317, "SET_PROFILE");
static_assert(MHEAP_IOC_ALLOCATOR == 0x4020c318, "ALLOCATOR");
static_assert(MHEAP_RESULT(5) == 0x8000000000000005ULL, "RESULT");

TEST(records_and_data_arrive)
{
	const int heap = heap_open();
	char data[16] = "";
	struct mheap_object_info info = {};
	struct mheap_op ops[] = {
		op_temp(op_new(77, 2, 16)),
		op_write(MHEAP_RESULT(0), 4, "word", 4),
		op_read(MHEAP_RESULT(0), 0, data, 16),
		op_info(MHEAP_RESULT(0), &info),
		op_store(MHEAP_RESULT(0), 1, MHEAP_RESULT(0)),
		op_load(MHEAP_RESULT(0), 1),
		op_drop(12345),
	};

	CHECK_EQ(heap_submit(heap, ops, 7, 0), 7);
	CHECK_EQ(ops[1].result, 4);
	CHECK_EQ(ops[2].result, 16);
	CHECK(!memcmp(data, "\0\0\0\0word\0\0\0\0\0\0\0\0", 16));
	CHECK_EQ(ops[3].result, sizeof(info));
	CHECK_EQ(info.type, 77);
	CHECK_EQ(info.length, 16);
	CHECK_EQ(ops[6].result, -EBADF);
	CHECK_EQ(heap_run(heap, op_same(ops[5].result, ops[5].result)), 1);
}

TEST(requests_arrive)
{
	const int heap = heap_open();
	struct mheap_threshold threshold;
	__u64 object;

	heap_disable(heap);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_IS_ENABLED, NULL), 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENABLE, NULL), 0);
	heap_set_threshold(heap, 5, 6, 7);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_THRESHOLD, &threshold), 0);
	CHECK_EQ(threshold.value[2], 7);
	object = heap_get(heap, op_new(0, 1, 0));
	CHECK_EQ(heap_count(heap).value[0], 1);
	heap_do(heap, op_store(object, 0, object));
	heap_do(heap, op_drop(object));
	CHECK_EQ(heap_collect(heap, 1).freed, 1);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).generation[1].collected, 1);
	CHECK_EQ(heap_ioctl(heap, _IO(MHEAP_IOC_MAGIC, 77), NULL), -ENOTTY);
}

TEST(names_and_joins_arrive)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(5, 1, 0));
	int other;

	heap_do(heap, op_publish(object, "root"));
	other = heap_open_joined(heap);
	CHECK_EQ(heap_info(other, heap_get(other, op_lookup("root"))).type, 5);
	heap_do(other, op_unpublish("root"));
	CHECK_EQ(heap_run(heap, op_lookup("root")), -ENOENT);
	CHECK_EQ(heap_join(other, heap), -EBUSY);
}

TEST(profiles_and_snapshots_arrive)
{
	const int heap = heap_open();
	const struct mheap_snapshot request = {};
	const struct mheap_profile set = { .mode = MHEAP_PROFILE_TAGS, .sample = 7 };
	struct mheap_snapshot_head head;
	struct mheap_profile profile = {};
	int snapshot;

	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_SET_PROFILE, &set), 0);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_GET_PROFILE, &profile), 0);
	CHECK(!memcmp(&profile, &set, sizeof(set)));
	snapshot = heap_ioctl(heap, MHEAP_IOC_SNAPSHOT, &request);
	CHECK(snapshot >= 0);
	CHECK_EQ(read(snapshot, &head, sizeof(head)), sizeof(head));
	CHECK_EQ(head.record.kind, MHEAP_SNAPSHOT_HEAD);
	CHECK_EQ(head.record.size, sizeof(head));
	CHECK_EQ(head.magic, MHEAP_SNAPSHOT_MAGIC);
	CHECK(!strcmp(head.name, heap_stats(heap).name));
}

TEST(bad_address_is_a_fault)
{
	const int heap = heap_open();
	const __u64 object = heap_get(heap, op_new(0, 0, 8));
	struct mheap_op op = op_read(object, 0, NULL, 8);

	CHECK_EQ(heap_run(heap, op), -EFAULT);
	op.data = 0xffffffffffff0000ULL;
	CHECK_EQ(heap_run(heap, op), -EFAULT);
	CHECK_EQ(heap_submit(heap, NULL, 1, 0), -EFAULT);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_STATS, NULL), -EFAULT);
}
