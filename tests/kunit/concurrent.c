// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several at work on one heap: two sessions that build and cut rings around one
 * shared object, a collector and whoever continues releases, each in a thread of
 * its own.
 */
#include <linux/completion.h>
#include <linux/kthread.h>

#include "fixture.h"

#define ROUNDS	2000U

/**
 * struct work - a thread
 * @f: the heap
 * @run: what it does
 * @session: which session it uses
 * @shared: an object that both sessions hold
 * @stop: the mutators are through
 * @failed: the first error
 * @done: the thread is through
 */
struct work {
	struct fixture *f;
	void (*run)(struct work *work);
	u32 session;
	u32 shared;
	bool *stop;
	int failed;
	struct completion done;
};

/* Three objects in a ring, one of them in a slot of the shared object. */
static int ring_once(struct mheap_session *session, u32 shared, u32 slot)
{
	const struct mheap_shape shape = { .type = 3, .slots = 2, .length = 16 };
	u32 object[3], loaded;
	int error = 0;
	u32 i;

	for (i = 0; i < 3 && !error; i++)
		error = mheap_object_new(session, &shape, &object[i]);
	for (i = 0; i < 3 && !error; i++)
		error = mheap_object_store(session, object[i], 0, object[(i + 1) % 3]);
	if (!error)
		error = mheap_object_store(session, shared, slot, object[0]);
	if (!error)
		error = mheap_object_load(session, shared, !slot, &loaded);
	if (!error && loaded) {
		/* The other's ring hangs on mine for a while. */
		error = mheap_object_store(session, object[1], 1, loaded);
		mheap_object_put(session, loaded);
	}
	for (i = 0; i < 3 && !error; i++)
		mheap_object_put(session, object[i]);
	return error;
}

static void mutate(struct work *work)
{
	struct mheap_session *session = &work->f->session[work->session];
	u32 i;

	for (i = 0; i < ROUNDS && !work->failed; i++) {
		work->failed = mheap_session_enter(session);
		if (work->failed)
			return;
		work->failed = ring_once(session, work->shared, work->session);
		mheap_session_leave(session);
		cond_resched();
	}
}

static void collect_all_the_while(struct work *work)
{
	struct mheap_collection collection;
	u32 generation = 0;

	while (!READ_ONCE(*work->stop) && !work->failed) {
		work->failed = mheap_collect(&work->f->heap, generation, &collection);
		generation = (generation + 1) % MHEAP_GENERATION_COUNT;
		cond_resched();
	}
}

static void release_all_the_while(struct work *work)
{
	while (!READ_ONCE(*work->stop)) {
		mheap_release_continue(&work->f->heap);
		cond_resched();
	}
}

static int thread(void *data)
{
	struct work *work = data;

	work->run(work);
	/* Never comes back into this module, which may be unloaded right away. */
	kthread_complete_and_exit(&work->done, 0);
}

static void start(struct kunit *test, struct work *work)
{
	init_completion(&work->done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(thread, work, "mheap_kunit")));
}

/* An object that both sessions hold a reference from outside to. */
static u32 make_shared(struct kunit *test)
{
	const struct mheap_shape shape = { .slots = 2 };
	struct fixture *f = test->priv;
	u32 object = 0;

	KUNIT_ASSERT_EQ(test, mheap_session_enter(&f->session[0]), 0);
	KUNIT_EXPECT_EQ(test, mheap_object_new(&f->session[0], &shape, &object), 0);
	mheap_session_leave(&f->session[0]);
	return object;
}

static void drop_shared(struct kunit *test, u32 object)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, mheap_session_enter(&f->session[0]), 0);
	mheap_object_put(&f->session[0], object);
	mheap_session_leave(&f->session[0]);
}

static void rings_around_a_shared_object(struct kunit *test)
{
	struct fixture *f = test->priv;
	const u32 shared = make_shared(test);
	bool stop = false;
	struct work work[] = {
		{ .f = f, .run = mutate, .session = 0, .shared = shared },
		{ .f = f, .run = mutate, .session = 1, .shared = shared },
		{ .f = f, .run = collect_all_the_while, .stop = &stop },
		{ .f = f, .run = release_all_the_while, .stop = &stop },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(work); i++)
		start(test, &work[i]);
	wait_for_completion(&work[0].done);
	wait_for_completion(&work[1].done);
	WRITE_ONCE(stop, true);
	for (i = 2; i < ARRAY_SIZE(work); i++)
		wait_for_completion(&work[i].done);
	for (i = 0; i < ARRAY_SIZE(work); i++)
		KUNIT_EXPECT_EQ(test, work[i].failed, 0);

	drop_shared(test, shared);
	settle(test);
	collect(test, 2);
	settle(test);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->bodies), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(rings_around_a_shared_object),
	{}
};

struct kunit_suite suite_concurrent = {
	.name = "mheap_concurrent",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
