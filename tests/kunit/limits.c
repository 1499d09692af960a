// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: counts of references that are full, and tables that have grown.
 */
#include "core/count.h"
#include "fixture.h"

#define MANY	70000U	/* more chunks than the first directory has places */

static struct mheap_session *enter(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, mheap_session_enter(&f->session[0]), 0);
	return &f->session[0];
}

static u32 number(struct kunit *test, struct mheap_session *session, u64 handle)
{
	u32 object = 0;

	KUNIT_EXPECT_EQ(test, mheap_session_find(session, handle, &object), 0);
	return object;
}

static void no_slot_takes_a_reference_too_many(struct kunit *test)
{
	u64 a = make(test, 2, 0), b = make(test, 0, 8);
	struct mheap_session *session = enter(test);
	u32 from = number(test, session, a), to = number(test, session, b), old;
	atomic64_t *count = mheap_count_of(session->heap, to);

	atomic64_set(count, MHEAP_OUTSIDE + (s64)MHEAP_COUNT_MAX * MHEAP_INSIDE);
	KUNIT_EXPECT_EQ(test, mheap_object_store(session, from, 0, to), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, mheap_object_swap(session, from, 0, to, &old), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, mheap_object_compare_store(session, from, 0, 0, to), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, mheap_object_load(session, from, 0, &old), 0);
	KUNIT_EXPECT_EQ(test, old, 0);
	KUNIT_EXPECT_EQ(test, mheap_count_inside(atomic64_read(count)), MHEAP_COUNT_MAX);
	atomic64_sub(MHEAP_INSIDE, count);
	KUNIT_EXPECT_EQ(test, mheap_object_store(session, from, 0, to), 0);
	KUNIT_EXPECT_EQ(test, mheap_object_store(session, from, 1, to), -EOVERFLOW);
	atomic64_set(count, MHEAP_OUTSIDE + MHEAP_INSIDE);
	mheap_session_leave(session);
}

static void nobody_outside_takes_a_reference_too_many(struct kunit *test)
{
	u64 a = make(test, 1, 0), b = make(test, 0, 8);
	u64 weak = weak_to(test, b);
	struct mheap_session *session;
	atomic64_t *count;
	u32 from, to, old;

	link_to(test, a, 0, b);
	session = enter(test);
	from = number(test, session, a);
	to = number(test, session, b);
	count = mheap_count_of(session->heap, to);
	atomic64_set(count, MHEAP_INSIDE + (s64)MHEAP_COUNT_MAX * MHEAP_OUTSIDE);
	KUNIT_EXPECT_EQ(test, mheap_object_get(session, to), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, mheap_object_load(session, from, 0, &old), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, mheap_session_upgrade(session, weak, &old), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, mheap_object_swap(session, from, 0, 0, &old), -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, mheap_count_outside(atomic64_read(count)), MHEAP_COUNT_MAX);
	KUNIT_EXPECT_EQ(test, mheap_count_inside(atomic64_read(count)), 1);
	atomic64_set(count, MHEAP_INSIDE + MHEAP_OUTSIDE);
	KUNIT_EXPECT_EQ(test, mheap_object_load(session, from, 0, &old), 0);
	KUNIT_EXPECT_EQ(test, old, to);
	mheap_object_put(session, old);
	mheap_session_leave(session);
}

/* The table and the handles grow, and shrink to nothing. */
static void many_objects_with_handles(struct kunit *test)
{
	u64 *handle = kvcalloc(MANY, sizeof(*handle), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, handle);
	for (i = 0; i < MANY; i++)
		handle[i] = make(test, 0, 0);
	KUNIT_EXPECT_EQ(test, objects(test), MANY);
	for (i = 0; i < MANY; i += 2)
		drop(test, handle[i]);
	KUNIT_EXPECT_EQ(test, objects(test), MANY / 2);
	for (i = 0; i < MANY; i += 2)
		handle[i] = make(test, 0, 0);
	for (i = 0; i < MANY; i++)
		drop(test, handle[i]);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
	kvfree(handle);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(no_slot_takes_a_reference_too_many),
	KUNIT_CASE(nobody_outside_takes_a_reference_too_many),
	KUNIT_CASE(many_objects_with_handles),
	{}
};

struct kunit_suite suite_limits = {
	.name = "mheap_limits",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
