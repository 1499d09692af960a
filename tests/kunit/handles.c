// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: closed, foreign, stale, weak.
 */
#include "fixture.h"

static int find(struct kunit *test, u32 session, u64 handle)
{
	struct fixture *f = test->priv;
	u32 object;
	int error;

	KUNIT_ASSERT_EQ(test, mheap_session_enter(&f->session[session]), 0);
	error = mheap_session_find(&f->session[session], handle, &object);
	mheap_session_leave(&f->session[session]);
	return error;
}

static void what_never_was_a_handle(struct kunit *test)
{
	u64 a = make(test, 0, 0);

	KUNIT_EXPECT_EQ(test, find(test, 0, a), 0);
	KUNIT_EXPECT_EQ(test, find(test, 0, 0), -EBADF);
	KUNIT_EXPECT_EQ(test, find(test, 0, a + 1), -EBADF);
	KUNIT_EXPECT_EQ(test, find(test, 0, ~0ULL), -EBADF);
}

static void another_sessions_handle(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, find(test, 1, make(test, 0, 0)), -EBADF);
}

static void a_closed_handle_is_stale_for_ever(struct kunit *test)
{
	u64 a = make(test, 0, 0);
	u64 b;
	u32 i;

	drop(test, a);
	KUNIT_EXPECT_EQ(test, find(test, 0, a), -ESTALE);
	for (i = 0; i < 1000; i++) {
		b = make(test, 0, 0);
		KUNIT_EXPECT_NE(test, a, b);
		KUNIT_EXPECT_EQ(test, find(test, 0, a), -ESTALE);
		drop(test, b);
	}
}

static void an_id_is_never_seen_twice(struct kunit *test)
{
	u64 last = 0, id;
	u64 handle;
	u32 i;

	for (i = 0; i < 1000; i++) {
		handle = make(test, 0, 0);
		id = figures_of(test, handle).id;
		KUNIT_EXPECT_NE(test, id, last);
		last = id;
		drop(test, handle);
	}
}

static void a_weak_handle_is_not_a_strong_one(struct kunit *test)
{
	u64 a = make(test, 0, 0);

	KUNIT_EXPECT_EQ(test, find(test, 0, weak_to(test, a)), -EINVAL);
	KUNIT_EXPECT_EQ(test, figures_of(test, a).outside, 1);
}

static void a_dead_object_is_not_upgraded(struct kunit *test)
{
	u64 a = make(test, 1, 8);
	u64 weak = weak_to(test, a);
	u32 i;

	KUNIT_EXPECT_TRUE(test, is_alive(test, weak));
	drop(test, a);
	KUNIT_EXPECT_FALSE(test, is_alive(test, weak));
	/* Nor when its number has gone to others. */
	for (i = 0; i < 200; i++)
		make(test, 1, 8);
	KUNIT_EXPECT_FALSE(test, is_alive(test, weak));
}

static void a_dead_cycle_is_not_upgraded(struct kunit *test)
{
	u64 a = make(test, 1, 8);
	u64 weak = weak_to(test, a);

	link_to(test, a, 0, a);
	drop(test, a);
	/* Unreachable but for the weak handle: as in CPython, that still gets it. */
	KUNIT_EXPECT_TRUE(test, is_alive(test, weak));
	KUNIT_EXPECT_EQ(test, collect(test, 0).freed, 1);
	KUNIT_EXPECT_FALSE(test, is_alive(test, weak));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(what_never_was_a_handle),
	KUNIT_CASE(another_sessions_handle),
	KUNIT_CASE(a_closed_handle_is_stale_for_ever),
	KUNIT_CASE(an_id_is_never_seen_twice),
	KUNIT_CASE(a_weak_handle_is_not_a_strong_one),
	KUNIT_CASE(a_dead_object_is_not_upgraded),
	KUNIT_CASE(a_dead_cycle_is_not_upgraded),
	{}
};

struct kunit_suite suite_handles = {
	.name = "mheap_handles",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
