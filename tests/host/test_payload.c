// SPDX-License-Identifier: GPL-2.0-only
/*
 * Payload: bounds of reads and writes, zeroed memory, large copies.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

static u8 data[200000], back[200000];

static void bounds(void)
{
	struct fixture f;
	u64 handle;

	fixture_begin(&f, 0);
	handle = make(f.session, 3, 100);
	check_equal(act_write(f.session, handle, 0, data, 100), 0);
	check_equal(act_write(f.session, handle, 100, data, 0), 0);
	check_equal(act_write(f.session, handle, 0, data, 101), -EINVAL);
	check_equal(act_write(f.session, handle, 1, data, 100), -EINVAL);
	check_equal(act_write(f.session, handle, 101, data, 0), -EINVAL);
	check_equal(act_write(f.session, handle, ~0ULL, data, 2), -EINVAL);
	check_equal(act_write(f.session, handle, ~0ULL - 50, data, 100), -EINVAL);
	check_equal(act_write(f.session, handle, 1ULL << 32, data, 1), -EINVAL);
	check_equal(act_read(f.session, handle, 0, back, 200), 100);
	check_equal(act_read(f.session, handle, 99, back, 200), 1);
	check_equal(act_read(f.session, handle, 100, back, 200), 0);
	check_equal(act_read(f.session, handle, ~0ULL, back, 200), 0);
	check_equal(act_read(f.session, handle, 1ULL << 32, back, 1), 0);
	check_equal(act_read(f.session, handle, 0, back, 0), 0);
	fixture_end(&f);
}

static void without_payload(void)
{
	struct fixture f;
	u64 empty, slots_only;

	fixture_begin(&f, 0);
	empty = make(f.session, 0, 0);
	slots_only = make(f.session, 4, 0);
	check_equal(act_write(f.session, empty, 0, data, 0), 0);
	check_equal(act_write(f.session, empty, 0, data, 1), -EINVAL);
	check_equal(act_read(f.session, empty, 0, back, 1), 0);
	check_equal(act_write(f.session, slots_only, 0, data, 1), -EINVAL);
	check_equal(act_read(f.session, slots_only, 0, back, 1), 0);
	fixture_end(&f);
}

/* Written, freed, made again: nothing shines through. */
static void zeroed(void)
{
	struct fixture f;
	u32 length, i;
	u64 handle;
	int round;

	fixture_begin(&f, FIXTURE_SLAB);
	memset(data, 0xff, sizeof(data));
	for (length = 1; length < 100000; length = length * 2 + 1)
		for (round = 0; round < 3; round++) {
			handle = make(f.session, 2, length);
			check_equal(act_read(f.session, handle, 0, back, length), length);
			for (i = 0; i < length; i++)
				if (back[i])
					break;
			check_equal(i, length);
			check_equal(act_write(f.session, handle, 0, data, length), 0);
			drop(f.session, handle);
		}
	fixture_end(&f);
}

static void slots_and_payload_do_not_meet(void)
{
	struct fixture f;
	u64 handle, target;
	u32 slots, i;

	fixture_begin(&f, 0);
	memset(data, 0xff, sizeof(data));
	for (slots = 1; slots < 600; slots = slots < 250 ? slots * 2 : slots + 3) {
		handle = make(f.session, slots, 33);
		for (i = 0; i < slots; i++)
			link_to(f.session, handle, i, handle);
		check_equal(act_write(f.session, handle, 0, data, 33), 0);
		for (i = 0; i < slots; i++) {
			check_equal(act_load(f.session, handle, i, &target), 0);
			check_equal(act_same(f.session, handle, target), 1);
			drop(f.session, target);
			link_to(f.session, handle, i, 0);
		}
		check_equal(act_read(f.session, handle, 0, back, 34), 33);
		check_equal(memcmp(back, data, 33), 0);
		drop(f.session, handle);
	}
	fixture_end(&f);
}

static void large_copies(void)
{
	struct fixture f;
	u64 handle;
	u32 i;

	fixture_begin(&f, 0);
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + (i >> 9);
	handle = make(f.session, 1, sizeof(data));
	check_equal(act_write(f.session, handle, 0, data, sizeof(data)), 0);
	for (i = 4090; i < 4100; i++) {
		check_equal(act_read(f.session, handle, i, back, 8192 + i), 8192 + i);
		check_equal(memcmp(back, data + i, 8192 + i), 0);
	}
	check_equal(act_read(f.session, handle, sizeof(data) - 5000, back, sizeof(back)), 5000);
	check_equal(memcmp(back, data + sizeof(data) - 5000, 5000), 0);
	check_equal(act_write(f.session, handle, sizeof(data) - 9000, data, 9001), -EINVAL);
	check_equal(act_read(f.session, handle, 0, back, sizeof(back)), sizeof(back));
	check_equal(memcmp(back, data, sizeof(data)), 0);
	fixture_end(&f);
}

static void largest_shapes(void)
{
	struct mheap_shape shape = { .slots = MHEAP_BODY_SLOTS_MAX + 1 };
	struct fixture f;
	u64 handle;

	fixture_begin(&f, 0);
	check_equal(act_new(f.session, &shape, &handle), -E2BIG);
	shape = (struct mheap_shape){ .length = MHEAP_BODY_LENGTH_MAX + 1 };
	check_equal(act_new(f.session, &shape, &handle), -E2BIG);
	shape = (struct mheap_shape){ .slots = ~0U, .length = ~0U };
	check_equal(act_new(f.session, &shape, &handle), -E2BIG);
	handle = make(f.session, 1, 1);
	check_equal(act_resize(f.session, handle, MHEAP_BODY_SLOTS_MAX + 1, 0), -E2BIG);
	check_equal(act_resize(f.session, handle, 0, MHEAP_BODY_LENGTH_MAX + 1), -E2BIG);
	check_equal(act_resize(f.session, handle, ~0U, ~0U), -E2BIG);
	check_equal(fixture_objects(&f), 1);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "bounds of reads and writes", bounds },
	{ "objects without payload", without_payload },
	{ "new payload is zero", zeroed },
	{ "slots and payload do not meet", slots_and_payload_do_not_meet },
	{ "large copies", large_copies },
	{ "shapes that are too large", largest_shapes },
	{}
};

const struct suite suite_payload = { "payload", tests };
