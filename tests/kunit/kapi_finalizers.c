// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finalizers that are functions of another module.
 */
#include "kapi_fixture.h"

struct kapi_finalized kapi_finalized;

/* An object that knows its number, and refers to that in slot 0, if to anything. */
static struct mheap_ref final(struct kunit *test, u32 type, u32 number)
{
	struct kapi *k = test->priv;
	struct mheap_ref ref = MHEAP_NULL;

	KUNIT_EXPECT_EQ(test, mheap_knew(k->user, type, &ref), 0);
	KUNIT_EXPECT_EQ(test, mheap_kwrite(k->user, ref, 0, &number, sizeof(number)), 0);
	return ref;
}

static int look_intact(struct mheap_kuser *user, struct mheap_ref ref)
{
	u32 number = 0, next_number = 0;
	struct mheap_ref next;
	int error;

	error = mheap_kload(user, ref, 0, &next);
	if (error)
		return error;
	if (mheap_kread(user, ref, 0, &number, sizeof(number)) != sizeof(number))
		error = -EUCLEAN;
	if (!mheap_is_null(next) &&
	    (mheap_kread(user, next, 0, &next_number, sizeof(number)) != sizeof(number) ||
	     next_number / 10 != number / 10))
		error = -EUCLEAN;
	mheap_kput(user, next);
	kapi_finalized.last = number;
	return error;
}

void kapi_finalize(struct mheap_kuser *user, struct mheap_ref ref)
{
	if (mheap_kuser_begin(user) || look_intact(user, ref))
		atomic_inc(&kapi_finalized.wrong);
	mheap_kuser_end(user);
	atomic_inc(&kapi_finalized.called);
}

void kapi_rise(struct mheap_kuser *user, struct mheap_ref ref)
{
	if (mheap_kuser_begin(user) || look_intact(user, ref) ||
	    mheap_kpublish(user, "risen", ref))
		atomic_inc(&kapi_finalized.wrong);
	mheap_kuser_end(user);
	atomic_inc(&kapi_finalized.called);
}

static void finalizer_is_called_when_the_last_reference_goes(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_ref a = final(test, FINAL, 12), b = final(test, FINAL, 13);

	KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, a, 0, b), 0);
	mheap_kput(k->user, b);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 2ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.called), 0);
	mheap_kput(k->user, a);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.called), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.wrong), 0);
	/* What held the other went first. */
	KUNIT_EXPECT_EQ(test, kapi_finalized.last, 13U);
	kapi_end(test);
}

static void cycle_is_finalized_as_it_was_and_then_freed(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_ref object[3];
	u32 i;

	for (i = 0; i < 3; i++)
		object[i] = final(test, FINAL, 10 + i);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, object[i], 0, object[(i + 1) % 3]),
				0);
	for (i = 0; i < 3; i++)
		mheap_kput(k->user, object[i]);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 3ULL);
	KUNIT_EXPECT_EQ(test, kapi_collect_all(test).freed, 0ULL);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 3ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.called), 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.wrong), 0);
	KUNIT_EXPECT_EQ(test, kapi_collect_all(test).freed, 3ULL);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.called), 3);
	kapi_end(test);
}

static void finalizer_may_keep_its_object_once(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct mheap_ref ref = final(test, PHOENIX, 7), found;

	mheap_kput(k->user, ref);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 1ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.called), 1);
	KUNIT_EXPECT_EQ(test, mheap_klookup(k->user, "risen", &found), 0);
	KUNIT_EXPECT_EQ(test, found.object, ref.object);
	KUNIT_EXPECT_EQ(test, mheap_kunpublish(k->user, "risen"), 0);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 1ULL);
	mheap_kput(k->user, found);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.called), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.wrong), 0);
	kapi_end(test);
}

/*
 * More than wait in the queue of a heap that a program made; where everything is checked
 * that takes minutes, which the kernel takes for a task that hangs.
 */
static void no_finalizer_is_left_out(struct kunit *test)
{
	const bool slow = IS_ENABLED(CONFIG_KASAN) || IS_ENABLED(CONFIG_KCSAN);
	const int count = slow ? 5000 : 70000;
	struct kapi *k = kapi_begin(test);
	struct mheap_ref last = MHEAP_NULL, ref;
	int i;

	for (i = 0; i < count; i++) {
		ref = final(test, FINAL, 1);
		KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, ref, 1, ref), 0);
		KUNIT_EXPECT_EQ(test, mheap_kstore(k->user, ref, 0, last), 0);
		mheap_kput(k->user, last);
		last = ref;
		cond_resched();
	}
	mheap_kput(k->user, last);
	kapi_collect_all(test);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), (u64)count);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.called), count);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.wrong), 0);
	kapi_collect_all(test);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	kapi_end(test);
}

static void destroying_calls_finalizers_that_are_due(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	u32 i;

	for (i = 0; i < 20; i++)
		mheap_kput(k->user, final(test, FINAL, i));
	final(test, FINAL, 99);		/* is alive then */
	kapi_end(test);
	mheap_kuser_destroy(k->other);
	mheap_kuser_destroy(k->user);
	mheap_kheap_destroy(k->heap);
	test->priv = NULL;
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.called), 20);
	KUNIT_EXPECT_EQ(test, atomic_read(&kapi_finalized.wrong), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(finalizer_is_called_when_the_last_reference_goes),
	KUNIT_CASE(cycle_is_finalized_as_it_was_and_then_freed),
	KUNIT_CASE(finalizer_may_keep_its_object_once),
	KUNIT_CASE(no_finalizer_is_left_out),
	KUNIT_CASE(destroying_calls_finalizers_that_are_due),
	{}
};

struct kunit_suite suite_kapi_finalizers = {
	.name = "mheap_kapi_finalizers",
	.init = kapi_init,
	.exit = kapi_exit,
	.test_cases = cases,
};
