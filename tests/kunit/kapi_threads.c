// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of another module work on a heap, beside collections.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>

#include "kapi_fixture.h"

/**
 * struct thread - a thread beside the test
 * @run: what it does
 * @heap: the heap
 * @user: its own
 * @shared: an object that everybody holds
 * @slot: of @shared, its own
 * @stop: set when the test is through
 * @rounds: how often it did it
 * @failed: the first error
 * @done: it is through
 */
struct thread {
	void (*run)(struct thread *thread);
	struct mheap_kheap *heap;
	struct mheap_kuser *user;
	struct mheap_ref shared;
	u32 slot;
	bool stop;
	u32 rounds;
	int failed;
	struct completion done;
};

static int thread_main(void *data)
{
	struct thread *thread = data;

	thread->run(thread);
	kthread_complete_and_exit(&thread->done, 0);
}

static bool start(struct kunit *test, struct thread *thread)
{
	bool started;

	init_completion(&thread->done);
	started = !IS_ERR(kthread_run(thread_main, thread, "mheap_kapi"));
	KUNIT_EXPECT_TRUE(test, started);
	if (!started)
		complete(&thread->done);
	return started;
}

static void collect_often(struct thread *thread)
{
	while (!READ_ONCE(thread->stop) && !thread->failed) {
		thread->failed = mheap_kheap_collect(thread->heap, thread->rounds % 3, NULL);
		WRITE_ONCE(thread->rounds, thread->rounds + 1);
		cond_resched();
	}
}

/* Would never come to its end if the batch did not let the collections through. */
static void collections_end_during_a_long_batch(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct thread collector = { .run = collect_often, .heap = k->heap };

	if (start(test, &collector))
		while (READ_ONCE(collector.rounds) < 3 && !collector.failed) {
			mheap_kput(k->user, kapi_node(test));
			cond_resched();
		}
	WRITE_ONCE(collector.stop, true);
	mheap_kuser_end(k->user);
	wait_for_completion(&collector.done);
	mheap_kuser_begin_always(k->user);
	KUNIT_EXPECT_EQ(test, collector.failed, 0);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	kapi_end(test);
}

/* A ring of two in the thread's slot of the shared object, with a link to the other's. */
static int ring_once(struct thread *thread)
{
	struct mheap_kuser *user = thread->user;
	struct mheap_ref a = MHEAP_NULL, b = MHEAP_NULL, other = MHEAP_NULL;
	int error;

	error = mheap_knew(user, NODE, &a) ?: mheap_knew(user, NODE, &b) ?:
		mheap_kstore(user, a, 0, b) ?: mheap_kstore(user, b, 0, a) ?:
		mheap_kload(user, thread->shared, !thread->slot, &other) ?:
		mheap_kstore(user, b, 1, other) ?:
		mheap_kstore(user, thread->shared, thread->slot, a);
	mheap_kput(user, other);
	mheap_kput(user, b);
	mheap_kput(user, a);
	return error;
}

static void make_rings(struct thread *thread)
{
	struct mheap_ref found;
	struct mheap_weak weak;

	while (thread->rounds < 1000 && !thread->failed) {
		thread->failed = mheap_kuser_begin(thread->user);
		if (thread->failed)
			return;
		thread->failed = ring_once(thread);
		/* The shared object is held all the time, so this cannot fail. */
		weak = mheap_kweak(thread->user, thread->shared);
		if (!thread->failed)
			thread->failed = mheap_kupgrade(thread->user, weak, &found);
		if (!thread->failed)
			mheap_kput(thread->user, found);
		mheap_kuser_end(thread->user);
		thread->rounds++;
		cond_resched();
	}
}

static void two_threads_work_beside_a_collector(struct kunit *test)
{
	struct kapi *k = kapi_begin(test);
	struct thread collector = { .run = collect_often, .heap = k->heap };
	struct thread one = { .run = make_rings, .user = k->user, .shared = kapi_node(test) };
	struct thread two = one;

	two.user = k->other;
	two.slot = 1;
	kapi_end(test);
	/* Otherwise it may get a processor only when the others are over. */
	if (start(test, &collector))
		while (!READ_ONCE(collector.rounds) && !READ_ONCE(collector.failed))
			cond_resched();
	start(test, &one);
	start(test, &two);
	wait_for_completion(&one.done);
	wait_for_completion(&two.done);
	WRITE_ONCE(collector.stop, true);
	wait_for_completion(&collector.done);
	kapi_begin(test);
	KUNIT_EXPECT_EQ(test, one.failed, 0);
	KUNIT_EXPECT_EQ(test, two.failed, 0);
	KUNIT_EXPECT_EQ(test, collector.failed, 0);
	KUNIT_EXPECT_GT(test, collector.rounds, 0U);

	mheap_kput(k->user, one.shared);
	kapi_collect_all(test);
	KUNIT_EXPECT_EQ(test, kapi_count_objects(test), 0ULL);
	kapi_end(test);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(collections_end_during_a_long_batch),
	KUNIT_CASE(two_threads_work_beside_a_collector),
	{}
};

struct kunit_suite suite_kapi_threads = {
	.name = "mheap_kapi_threads",
	.init = kapi_init,
	.exit = kapi_exit,
	.test_cases = cases,
};
