// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finalizers: the rules of PEP 442, each for deaths by count and by collection, and
 * what becomes of objects where nobody takes them out of the queue.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

/* A heap where somebody listens. */
static void begin(struct fixture *f, unsigned int flags)
{
	fixture_begin(f, flags);
	mheap_finalizers_listen(&f->heap);
}

/* The queue is empty, and so is the heap when the session has gone. */
static void end(struct fixture *f)
{
	check(!mheap_finalizers_wait(&f->heap.finalizers));
	check_equal(f->heap.finalizers.waiting, 0);
	mheap_finalizers_unlisten(f->session);
	fixture_end(f);
}

static int set(struct mheap_session *session, u64 handle, u64 cookie)
{
	u32 object;
	int error;

	mheap_session_enter_always(session);
	error = mheap_session_find(session, handle, &object);
	if (!error)
		error = mheap_finalizer_set(session, object, cookie);
	mheap_session_leave(session);
	return error;
}

static int cancel(struct mheap_session *session, u64 handle)
{
	u32 object;
	int error;

	mheap_session_enter_always(session);
	error = mheap_session_find(session, handle, &object);
	if (!error)
		error = mheap_finalizer_cancel(session, object);
	mheap_session_leave(session);
	return error;
}

/* Take an object out of the queue. Return: its cookie, or 0 if there is none. */
static u64 take_handle(struct mheap_session *session, u64 *handle)
{
	u64 cookie = 0;
	u32 object;

	mheap_session_enter_always(session);
	if (mheap_finalizers_take(session, &object, &cookie))
		check_equal(mheap_session_hold(session, object, handle), 0);
	mheap_session_leave(session);
	return cookie;
}

/* Take it, and let it die for good. */
static u64 finalize(struct mheap_session *session)
{
	u64 handle = 0;
	u64 cookie = take_handle(session, &handle);

	if (handle)
		drop(session, handle);
	return cookie;
}

/* An object with slots and a finalizer. */
static u64 make_final(struct mheap_session *session, u32 slots, u64 cookie)
{
	u64 handle = make(session, slots, 8);

	check_equal(set(session, handle, cookie), 0);
	return handle;
}

static u32 flags_of(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;

	check_equal(act_info(session, handle, &figures), 0);
	return figures.annex;
}

/* A ring of objects that nobody holds; all with finalizers but those of bit 0. */
static void lose_ring(struct mheap_session *session, u32 objects, u64 first_cookie, bool all)
{
	u64 handle[8];
	u32 i;

	for (i = 0; i < objects; i++) {
		handle[i] = make(session, 2, 8);
		if (all || !i)
			check_equal(set(session, handle[i], first_cookie + i), 0);
	}
	for (i = 0; i < objects; i++)
		link_to(session, handle[i], 0, handle[(i + 1) % objects]);
	for (i = 0; i < objects; i++)
		drop(session, handle[i]);
}

static void called_when_the_last_reference_goes(void)
{
	struct fixture f;
	u64 object, handle;

	begin(&f, 0);
	object = make_final(f.session, 1, 7);
	check_equal(flags_of(f.session, object), MHEAP_ANNEX_FINALIZER);
	check(!mheap_finalizers_wait(&f.heap.finalizers));
	drop(f.session, object);
	check_equal(fixture_objects(&f), 1);
	check(f.events > 0);
	check_equal(take_handle(f.session, &handle), 7);
	check_equal(flags_of(f.session, handle), MHEAP_ANNEX_FINALIZER | MHEAP_ANNEX_FINALIZED);
	check_equal(set(f.session, handle, 8), -EALREADY);
	check_equal(cancel(f.session, handle), -EALREADY);
	drop(f.session, handle);
	check_equal(fixture_objects(&f), 0);
	check_equal(f.heap.finalizers.due.value, 0);
	check_equal(f.heap.finalizers.skipped.value, 0);
	end(&f);
}

static void called_when_a_cycle_is_found(u32 generation)
{
	struct mheap_collection collection;
	struct fixture f;
	u64 handle;

	begin(&f, FIXTURE_VERIFY);
	lose_ring(f.session, 5, 1, false);
	collection = fixture_collect(&f, generation);
	check_equal(collection.freed, 0);
	check_equal(collection.visited, 5);
	check_equal(fixture_objects(&f), 5);
	check_equal(take_handle(f.session, &handle), 1);
	check_equal(take_handle(f.session, &handle), 0);
	drop(f.session, handle);
	/* Second time: it is garbage as any other. */
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 5);
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

static void called_when_a_cycle_is_found_in_each_generation(void)
{
	u32 generation;

	for (generation = 0; generation < 3; generation++)
		called_when_a_cycle_is_found(generation);
}

static const struct test tests[] = {
	{ "called when the last reference goes", called_when_the_last_reference_goes },
	{ "called when a cycle is found, in each generation",
	  called_when_a_cycle_is_found_in_each_generation },
	{}
};

const struct suite suite_finalizers = { "finalizers", tests };
