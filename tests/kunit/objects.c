// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: slots, payload and shape.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "fixture.h"

static struct mheap_session *enter(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, mheap_session_enter(&f->session[0]), 0);
	return &f->session[0];
}

/* The number of the object behind a handle; entered. */
static u32 number(struct kunit *test, struct mheap_session *session, u64 handle)
{
	u32 object = 0;

	KUNIT_EXPECT_EQ(test, mheap_session_find(session, handle, &object), 0);
	return object;
}

static void counts_start_at_one(struct kunit *test)
{
	u64 a = make(test, 2, 16);
	struct mheap_object_figures figures = figures_of(test, a);

	KUNIT_EXPECT_EQ(test, figures.outside, 1);
	KUNIT_EXPECT_EQ(test, figures.inside, 0);
	KUNIT_EXPECT_TRUE(test, figures.tracked);
	KUNIT_EXPECT_EQ(test, figures.shape.slots, 2);
	KUNIT_EXPECT_EQ(test, figures.shape.length, 16);
	link_to(test, a, 0, a);
	link_to(test, a, 1, a);
	KUNIT_EXPECT_EQ(test, figures_of(test, a).inside, 2);
}

static void a_leaf_is_not_tracked(struct kunit *test)
{
	u64 leaf = make(test, 0, 8);

	KUNIT_EXPECT_FALSE(test, figures_of(test, leaf).tracked);
	KUNIT_EXPECT_EQ(test, collect(test, 2).visited, 0);
}

static void the_last_reference_frees(struct kunit *test)
{
	u64 a = make(test, 1, 0);
	u64 b = make(test, 1, 0);

	link_to(test, a, 0, b);
	drop(test, b);
	KUNIT_EXPECT_EQ(test, objects(test), 2);
	drop(test, a);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

static void a_slot_that_is_not_there(struct kunit *test)
{
	u64 a = make(test, 2, 0);
	struct mheap_session *session = enter(test);
	u32 object = number(test, session, a);
	u32 target;

	KUNIT_EXPECT_EQ(test, mheap_object_load(session, object, 2, &target), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_object_store(session, object, 2, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_object_swap(session, object, U32_MAX, 0, &target),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_object_compare_store(session, object, 2, 0, 0), -EINVAL);
	mheap_session_leave(session);
}

static void swap_hands_the_old_reference_over(struct kunit *test)
{
	u64 a = make(test, 1, 0);
	u64 b = make(test, 0, 8);
	struct mheap_session *session;
	u32 old = 0, target;

	link_to(test, a, 0, b);
	session = enter(test);
	target = number(test, session, b);
	KUNIT_EXPECT_EQ(test, mheap_object_swap(session, number(test, session, a), 0, 0, &old),
			0);
	KUNIT_EXPECT_EQ(test, old, target);
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, figures_of(test, b).inside, 0);
	KUNIT_EXPECT_EQ(test, figures_of(test, b).outside, 2);
	session = enter(test);
	mheap_object_put(session, old);
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, figures_of(test, b).outside, 1);
}

static void compare_store_stores_on_a_match_only(struct kunit *test)
{
	u64 a = make(test, 1, 0);
	u64 b = make(test, 0, 8);
	struct mheap_session *session = enter(test);
	u32 holder = number(test, session, a);
	u32 target = number(test, session, b);

	KUNIT_EXPECT_EQ(test, mheap_object_compare_store(session, holder, 0, target, 0), 0);
	KUNIT_EXPECT_EQ(test, mheap_object_compare_store(session, holder, 0, 0, target), 1);
	KUNIT_EXPECT_EQ(test, mheap_object_compare_store(session, holder, 0, 0, target), 0);
	KUNIT_EXPECT_EQ(test, mheap_object_compare_store(session, holder, 0, target, 0), 1);
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, figures_of(test, b).inside, 0);
}

static void payload_ends_where_it_ends(struct kunit *test)
{
	u64 a = make(test, 3, 10000);
	struct mheap_session *session = enter(test);
	u32 object = number(test, session, a);
	u8 *data = kunit_kzalloc(test, 10001, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, data);
	KUNIT_EXPECT_EQ(test, mheap_object_read(session, object, 0, data, 10001), 10000);
	KUNIT_EXPECT_NULL(test, memchr_inv(data, 0, 10001));
	memset(data, 0x5a, 10000);
	KUNIT_EXPECT_EQ(test, mheap_object_write(session, object, 0, data, 10001), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_object_write(session, object, 1, data, 10000), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_object_write(session, object, ~0ULL, data, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, mheap_object_write(session, object, 0, data, 10000), 0);
	memset(data, 0, 10000);
	KUNIT_EXPECT_EQ(test, mheap_object_read(session, object, 9000, data, 10000), 1000);
	KUNIT_EXPECT_NULL(test, memchr_inv(data, 0x5a, 1000));
	KUNIT_EXPECT_EQ(test, mheap_object_read(session, object, 10000, data, 1), 0);
	KUNIT_EXPECT_EQ(test, mheap_object_read(session, object, ~0ULL, data, 1), 0);
	mheap_session_leave(session);
}

static void resize_keeps_what_fits(struct kunit *test)
{
	static const u32 sizes[][2] = {
		{ 1, 4 }, { 300, 4 }, { 300, 70000 }, { 2, 3 }, { 0, 2 }, { 1, 0 }, { 0, 0 },
	};
	u64 a = make(test, 2, 8);
	u64 leaf = make(test, 0, 8);
	struct mheap_session *session;
	u32 i;

	link_to(test, a, 0, leaf);
	link_to(test, a, 1, leaf);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		session = enter(test);
		KUNIT_EXPECT_EQ(test, mheap_object_resize(session, number(test, session, a),
							  sizes[i][0], sizes[i][1]), 0);
		mheap_session_leave(session);
		KUNIT_EXPECT_EQ(test, figures_of(test, leaf).inside, i < 4);
		KUNIT_EXPECT_EQ(test, figures_of(test, a).tracked, sizes[i][0] != 0);
		KUNIT_EXPECT_EQ(test, figures_of(test, a).shape.slots, sizes[i][0]);
		KUNIT_EXPECT_EQ(test, figures_of(test, a).shape.length, sizes[i][1]);
	}
}

static void without_memory_nothing_changes(struct kunit *test)
{
	const struct mheap_shape shape = { .slots = 1, .length = 8 };
	struct fixture *f = test->priv;
	u64 a = make(test, 1, 8);
	struct mheap_session *session = enter(test);
	u32 object;

	f->fail_bodies = true;
	KUNIT_EXPECT_EQ(test, mheap_object_new(session, &shape, &object), -ENOMEM);
	KUNIT_EXPECT_EQ(test, mheap_object_resize(session, number(test, session, a), 9, 9),
			-ENOMEM);
	f->fail_bodies = false;
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, objects(test), 1);
	KUNIT_EXPECT_EQ(test, figures_of(test, a).shape.slots, 1);
}

static void too_large_is_refused(struct kunit *test)
{
	const struct mheap_shape slots = { .slots = MHEAP_BODY_SLOTS_MAX + 1 };
	const struct mheap_shape length = { .length = MHEAP_BODY_LENGTH_MAX + 1 };
	u64 a = make(test, 1, 8);
	struct mheap_session *session = enter(test);
	u32 object;

	KUNIT_EXPECT_EQ(test, mheap_object_new(session, &slots, &object), -E2BIG);
	KUNIT_EXPECT_EQ(test, mheap_object_new(session, &length, &object), -E2BIG);
	KUNIT_EXPECT_EQ(test, mheap_object_resize(session, number(test, session, a),
						  slots.slots, 0), -E2BIG);
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, objects(test), 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(counts_start_at_one),
	KUNIT_CASE(a_leaf_is_not_tracked),
	KUNIT_CASE(the_last_reference_frees),
	KUNIT_CASE(a_slot_that_is_not_there),
	KUNIT_CASE(swap_hands_the_old_reference_over),
	KUNIT_CASE(compare_store_stores_on_a_match_only),
	KUNIT_CASE(payload_ends_where_it_ends),
	KUNIT_CASE(resize_keeps_what_fits),
	KUNIT_CASE(without_memory_nothing_changes),
	KUNIT_CASE(too_large_is_refused),
	{}
};

struct kunit_suite suite_objects = {
	.name = "mheap_objects",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
