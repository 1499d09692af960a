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

	check_equal(act_set_finalizer(session, handle, cookie), 0);
	return handle;
}

static u32 flags_of(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;

	check_equal(act_info(session, handle, &figures), 0);
	return figures.annex;
}

/* A ring of objects that nobody holds; with finalizers all of them, or the first. */
static void lose_ring(struct mheap_session *session, u32 objects, u64 first_cookie, bool all)
{
	u64 handle[8];
	u32 i;

	for (i = 0; i < objects; i++) {
		handle[i] = make(session, 2, 8);
		if (all || !i)
			check_equal(act_set_finalizer(session, handle[i], first_cookie + i), 0);
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
	check_equal(act_set_finalizer(f.session, handle, 8), -EALREADY);
	check_equal(act_cancel_finalizer(f.session, handle), -EALREADY);
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

/* Objects @cookie is given for until the queue is empty, as bits. */
static u64 finalize_all(struct mheap_session *session)
{
	u64 cookies = 0;
	u64 cookie;

	while ((cookie = finalize(session))) {
		check(!(cookies & 1ULL << cookie));
		cookies |= 1ULL << cookie;
	}
	return cookies;
}

static void called_once_by_count(void)
{
	struct fixture f;
	u64 object, handle, other;

	begin(&f, 0);
	object = make_final(f.session, 1, 7);
	other = make(f.session, 1, 0);
	drop(f.session, object);
	check_equal(take_handle(f.session, &handle), 7);
	/* It is stored elsewhere, lives on, and dies later as any other. */
	link_to(f.session, other, 0, handle);
	drop(f.session, handle);
	check_equal(fixture_objects(&f), 2);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 0);
	link_to(f.session, other, 0, 0);
	check(!mheap_finalizers_wait(&f.heap.finalizers));
	check_equal(fixture_objects(&f), 1);
	end(&f);
}

static void called_once_by_collection(void)
{
	struct fixture f;
	u64 handle, keeper;

	begin(&f, FIXTURE_VERIFY);
	keeper = make(f.session, 1, 0);
	lose_ring(f.session, 3, 1, true);
	fixture_collect(&f, MHEAP_OLDEST);
	check_equal(take_handle(f.session, &handle), 1);
	link_to(f.session, keeper, 0, handle);
	drop(f.session, handle);
	check(finalize(f.session) == 2 && finalize(f.session) == 3);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 0);
	link_to(f.session, keeper, 0, 0);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 3);
	check_equal(fixture_objects(&f), 1);
	end(&f);
}

static void what_it_reaches_is_intact(void)
{
	struct fixture f;
	u64 object, inner, leaf, found, text = 0x1234567812345678ULL, read = 0;

	begin(&f, 0);
	object = make_final(f.session, 2, 7);
	inner = make(f.session, 1, 0);
	leaf = make(f.session, 0, 8);
	check_equal(act_write(f.session, leaf, 0, &text, 8), 0);
	link_to(f.session, inner, 0, leaf);
	link_to(f.session, object, 1, inner);
	drop(f.session, inner);
	drop(f.session, leaf);
	drop(f.session, object);
	fixture_collect(&f, MHEAP_OLDEST);
	check_equal(fixture_objects(&f), 3);
	check_equal(take_handle(f.session, &object), 7);
	check_equal(act_load(f.session, object, 1, &inner), 0);
	check_equal(act_load(f.session, inner, 0, &found), 0);
	check_equal(act_read(f.session, found, 0, &read, 8), 8);
	check_equal(read, text);
	drop(f.session, found);
	drop(f.session, inner);
	drop(f.session, object);
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

static void by_count_one_dies_after_the_other(void)
{
	struct fixture f;
	u64 object, inner;

	begin(&f, 0);
	object = make_final(f.session, 1, 1);
	inner = make_final(f.session, 1, 2);
	link_to(f.session, object, 0, inner);
	drop(f.session, inner);
	drop(f.session, object);
	check_equal(f.heap.finalizers.waiting, 1);
	check_equal(take_handle(f.session, &object), 1);
	check(!mheap_finalizers_wait(&f.heap.finalizers));
	drop(f.session, object);
	check_equal(fixture_objects(&f), 1);
	check_equal(finalize(f.session), 2);
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

static void all_of_a_cycle_are_called(u32 generation)
{
	struct fixture f;

	begin(&f, FIXTURE_VERIFY);
	lose_ring(f.session, 5, 1, true);
	check_equal(fixture_collect(&f, generation).freed, 0);
	check_equal(f.heap.finalizers.waiting, 5);
	check_equal(finalize_all(f.session), 0x3e);
	check_equal(fixture_objects(&f), 5);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 5);
	end(&f);
}

static void all_of_a_cycle_are_called_in_each_generation(void)
{
	u32 generation;

	for (generation = 0; generation < 3; generation++)
		all_of_a_cycle_are_called(generation);
}

/* A ring that a chain hangs on, with finalizers far down the chain as well. */
static void what_hangs_on_a_cycle_is_called_too(void)
{
	struct fixture f;
	u64 object, next;
	u32 i;

	begin(&f, FIXTURE_VERIFY);
	object = make(f.session, 2, 0);
	link_to(f.session, object, 0, object);
	for (i = 0; i < 10; i++) {
		next = i % 3 ? make(f.session, 2, 0) : make_final(f.session, 2, 1 + i);
		link_to(f.session, next, 0, next);
		link_to(f.session, next, 1, object);
		drop(f.session, object);
		object = next;
	}
	drop(f.session, object);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 0);
	check_equal(finalize_all(f.session), 1 << 1 | 1 << 4 | 1 << 7 | 1 << 10);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 11);
	end(&f);
}

static void other_garbage_is_not_held_up(void)
{
	struct fixture f;
	u64 held, out;

	begin(&f, FIXTURE_VERIFY);
	lose_ring(f.session, 4, 1, false);
	out = make(f.session, 1, 0);
	link_to(f.session, out, 0, out);
	drop(f.session, out);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 1);
	check_equal(finalize_all(f.session), 2);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 4);
	/* Refers to what has a finalizer, and is not referred to by it. */
	held = make_final(f.session, 1, 9);
	link_to(f.session, held, 0, held);
	out = make(f.session, 2, 0);
	link_to(f.session, out, 0, out);
	link_to(f.session, out, 1, held);
	drop(f.session, held);
	drop(f.session, out);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 1);
	check_equal(fixture_objects(&f), 1);
	check_equal(finalize(f.session), 9);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 1);
	end(&f);
}

static void leaves_have_finalizers_too(void)
{
	struct fixture f;
	u64 ring, leaf;

	begin(&f, FIXTURE_VERIFY);
	leaf = make_final(f.session, 0, 1);
	drop(f.session, leaf);
	check_equal(finalize(f.session), 1);
	/* Held by garbage only, so it dies in the sweep. */
	leaf = make_final(f.session, 0, 2);
	ring = make(f.session, 2, 0);
	link_to(f.session, ring, 0, ring);
	link_to(f.session, ring, 1, leaf);
	drop(f.session, leaf);
	drop(f.session, ring);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 1);
	fixture_work(&f);
	check_equal(fixture_objects(&f), 1);
	check_equal(finalize(f.session), 2);
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

/* Of older generations than the one that is collected. */
static void old_ones_that_garbage_held_are_called(void)
{
	struct fixture f;
	u64 ring, old;

	begin(&f, FIXTURE_VERIFY);
	old = make_final(f.session, 1, 1);
	fixture_collect(&f, MHEAP_OLDEST);
	ring = make(f.session, 2, 0);
	link_to(f.session, ring, 0, ring);
	link_to(f.session, ring, 1, old);
	drop(f.session, old);
	drop(f.session, ring);
	check_equal(fixture_collect(&f, 0).freed, 1);
	fixture_work(&f);
	check_equal(finalize(f.session), 1);
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

static void weak_handles_last_until_the_second_death(void)
{
	struct fixture f;
	u64 object, weak, again;

	begin(&f, 0);
	object = make_final(f.session, 0, 1);
	weak = weak_to(f.session, object);
	drop(f.session, object);
	check(is_alive(f.session, weak));
	check_equal(f.heap.finalizers.waiting, 1);
	check_equal(act_upgrade(f.session, weak, &again), 0);
	check_equal(finalize(f.session), 1);
	check(is_alive(f.session, weak));
	drop(f.session, again);
	check(!is_alive(f.session, weak));
	end(&f);
}

static void it_is_changed_and_cancelled(void)
{
	struct fixture f;
	u64 object;

	begin(&f, 0);
	object = make(f.session, 1, 0);
	check_equal(act_cancel_finalizer(f.session, object), -ENOENT);
	check_equal(act_set_finalizer(f.session, object, 1), 0);
	check_equal(act_set_finalizer(f.session, object, 2), 0);
	check_equal(f.heap.finalizers.due.value, 1);
	check_equal(act_cancel_finalizer(f.session, object), 0);
	check_equal(flags_of(f.session, object), 0);
	check_equal(act_cancel_finalizer(f.session, object), -ENOENT);
	check_equal(f.heap.finalizers.due.value, 0);
	drop(f.session, object);
	check_equal(fixture_objects(&f), 0);
	object = make_final(f.session, 1, 1);
	check_equal(act_set_finalizer(f.session, object, 3), 0);
	drop(f.session, object);
	check_equal(finalize(f.session), 3);
	end(&f);
}

static void in_the_order_of_their_deaths(void)
{
	struct fixture f;
	u64 handle[5];
	u32 i;

	begin(&f, 0);
	for (i = 0; i < 5; i++)
		handle[i] = make_final(f.session, 0, 1 + i);
	for (i = 0; i < 5; i++)
		drop(f.session, handle[(i + 2) % 5]);
	for (i = 0; i < 5; i++)
		check_equal(finalize(f.session), 1 + (i + 2) % 5);
	end(&f);
}

static void what_is_put_back_comes_first(void)
{
	struct fixture f;
	u64 cookie;
	u32 object, i;

	begin(&f, 0);
	for (i = 0; i < 3; i++)
		drop(f.session, make_final(f.session, 0, 1 + i));
	for (i = 0; i < 3; i++) {
		mheap_session_enter_always(f.session);
		check(mheap_finalizers_take(f.session, &object, &cookie));
		check_equal(cookie, 1 + i);
		mheap_finalizers_put_back(f.session, object);
		mheap_session_leave(f.session);
		check_equal(f.heap.finalizers.waiting, 3 - i);
		check_equal(finalize(f.session), 1 + i);
	}
	end(&f);
}

static void hundreds_of_slots_are_intact(void)
{
	struct fixture f;
	u64 object, leaf, found;
	u32 i;

	begin(&f, FIXTURE_VERIFY);
	leaf = make(f.session, 0, 8);
	object = make_final(f.session, 1000, 1);
	for (i = 0; i < 1000; i++)
		link_to(f.session, object, i, leaf);
	drop(f.session, object);
	check_equal(take_handle(f.session, &object), 1);
	for (i = 0; i < 1000; i += 333) {
		check_equal(act_load(f.session, object, i, &found), 0);
		check_equal(act_same(f.session, found, leaf), 1);
		drop(f.session, found);
	}
	drop(f.session, object);
	fixture_work(&f);
	check_equal(fixture_objects(&f), 1);
	/* Nobody listens when it dies; somebody does before it is all taken apart. */
	object = make_final(f.session, 1000, 1);
	for (i = 0; i < 1000; i++)
		link_to(f.session, object, i, leaf);
	mheap_finalizers_unlisten(f.session);
	drop(f.session, object);
	check(mheap_release_pending(&f.heap));
	mheap_finalizers_listen(&f.heap);
	fixture_work(&f);
	check_equal(fixture_objects(&f), 1);
	check_equal(f.heap.finalizers.skipped.value, 1);
	end(&f);
}

/* The releaser leaves much to the worker. */
static void long_cascades(void)
{
	struct fixture f;
	u64 fan, object;
	u32 i, called = 0;

	begin(&f, 0);
	fan = make(f.session, 500, 0);
	for (i = 0; i < 500; i++) {
		object = make_final(f.session, i % 2, 1);
		link_to(f.session, fan, i, object);
		drop(f.session, object);
	}
	drop(f.session, fan);
	fixture_work(&f);
	check_equal(fixture_objects(&f), 500);
	while (finalize(f.session))
		called++;
	check_equal(called, 500);
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

/* A chain each of whose links is finalized when the one before it has gone. */
static void chains(void)
{
	struct fixture f;
	u64 object, next;
	u32 i;

	begin(&f, 0);
	object = make_final(f.session, 1, 1);
	for (i = 2; i <= 50; i++) {
		next = make_final(f.session, 1, i);
		link_to(f.session, next, 0, object);
		drop(f.session, object);
		object = next;
	}
	drop(f.session, object);
	for (i = 50; i; i--) {
		check_equal(f.heap.finalizers.waiting, 1);
		check_equal(finalize(f.session), i);
	}
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

static void nobody_listens(void)
{
	struct fixture f;

	fixture_begin(&f, FIXTURE_VERIFY);
	drop(f.session, make_final(f.session, 1, 1));
	drop(f.session, make_final(f.session, 0, 1));
	check_equal(fixture_objects(&f), 0);
	check_equal(f.heap.finalizers.skipped.value, 2);
	lose_ring(f.session, 4, 1, true);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 4);
	check_equal(f.heap.finalizers.skipped.value, 6);
	check_equal(f.heap.finalizers.due.value, 0);
	check_equal(f.events, 0);
	fixture_end(&f);
}

static void the_last_listener_leaves(void)
{
	struct fixture f;

	begin(&f, 0);
	fixture_open(&f, 1);
	check_equal(mheap_listen(&f.session[1], MHEAP_LISTEN_FINALIZERS), 0);
	drop(f.session, make_final(f.session, 1, 1));
	drop(f.session, make_final(f.session, 1, 2));
	lose_ring(f.session, 3, 3, true);
	fixture_collect(&f, MHEAP_OLDEST);
	check_equal(f.heap.finalizers.waiting, 5);
	mheap_finalizers_unlisten(f.session);
	check_equal(f.heap.finalizers.waiting, 5);
	check(mheap_listener_is_ready(&f.session[1]));
	fixture_close(&f, 1);
	check_equal(f.heap.finalizers.waiting, 0);
	check_equal(f.heap.finalizers.listeners, 0);
	check_equal(f.heap.finalizers.skipped.value, 5);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 3);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void the_queue_is_full(void)
{
	struct fixture f;
	u32 i;

	begin(&f, FIXTURE_VERIFY);
	f.heap.finalizers.max = 3;
	for (i = 0; i < 5; i++)
		drop(f.session, make_final(f.session, 1, 1 + i));
	check_equal(f.heap.finalizers.waiting, 3);
	check_equal(f.heap.finalizers.skipped.value, 2);
	check_equal(fixture_objects(&f), 3);
	check_equal(finalize_all(f.session), 0xe);
	/* A cycle that is reached from one that is called lives, and is called later. */
	lose_ring(f.session, 5, 1, true);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 0);
	check_equal(f.heap.finalizers.waiting, 3);
	check_equal(f.heap.finalizers.skipped.value, 2);
	check_equal(finalize_all(f.session), 0xe);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 0);
	check_equal(finalize_all(f.session), 0x30);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 5);
	/* What is not reached dies. */
	for (i = 0; i < 5; i++)
		lose_ring(f.session, 1, 1 + i, true);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 2);
	check_equal(f.heap.finalizers.skipped.value, 4);
	check_equal(finalize_all(f.session), 0xe);
	fixture_collect(&f, MHEAP_OLDEST);
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

static void without_memory_nothing_is_changed(void)
{
	struct fixture f;
	u64 object;
	long number;

	begin(&f, 0);
	object = make(f.session, 1, 0);
	/* The array of annexes, then the annex: everything from one on fails. */
	port_fail_all = true;
	for (number = 1;; number++) {
		port_fail_at = port_allocations + number;
		if (!act_set_finalizer(f.session, object, 5))
			break;
		port_fail_at = 0;
		check_equal(flags_of(f.session, object), 0);
		check_equal(f.heap.finalizers.due.value, 0);
	}
	check_equal(number, 3);
	/* From here on nothing is asked for, however it dies. */
	port_fail_at = port_allocations + 1;
	drop(f.session, object);
	check_equal(f.heap.finalizers.waiting, 1);
	port_fail_at = 0;
	check_equal(finalize(f.session), 5);
	lose_ring(f.session, 3, 1, true);
	port_fail_at = port_allocations + 1;
	fixture_collect(&f, MHEAP_OLDEST);
	port_fail_at = 0;
	port_fail_all = false;
	check_equal(finalize_all(f.session), 0xe);
	fixture_collect(&f, MHEAP_OLDEST);
	check_equal(fixture_objects(&f), 0);
	end(&f);
}

static void a_heap_ends_with_a_full_queue(void)
{
	struct fixture f;
	u32 i;

	begin(&f, 0);
	for (i = 0; i < 100; i++)
		drop(f.session, make_final(f.session, 1, 1 + i));
	f.heap.finalizers.max = 0;
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "called when the last reference goes", called_when_the_last_reference_goes },
	{ "called when a cycle is found, in each generation",
	  called_when_a_cycle_is_found_in_each_generation },
	{ "called once, by count", called_once_by_count },
	{ "called once, by a collection", called_once_by_collection },
	{ "what it reaches is intact", what_it_reaches_is_intact },
	{ "by count one dies after the other", by_count_one_dies_after_the_other },
	{ "all of a cycle are called, in each generation",
	  all_of_a_cycle_are_called_in_each_generation },
	{ "what hangs on a cycle is called too", what_hangs_on_a_cycle_is_called_too },
	{ "other garbage is not held up", other_garbage_is_not_held_up },
	{ "leaves have finalizers too", leaves_have_finalizers_too },
	{ "old objects that young garbage held are called",
	  old_ones_that_garbage_held_are_called },
	{ "weak handles last until the second death", weak_handles_last_until_the_second_death },
	{ "it is changed and cancelled", it_is_changed_and_cancelled },
	{ "called in the order of their deaths", in_the_order_of_their_deaths },
	{ "what is put back comes first", what_is_put_back_comes_first },
	{ "hundreds of slots are intact", hundreds_of_slots_are_intact },
	{ "a cascade that the worker continues", long_cascades },
	{ "chains", chains },
	{ "nobody listens", nobody_listens },
	{ "the last listener leaves", the_last_listener_leaves },
	{ "the queue is full", the_queue_is_full },
	{ "without memory nothing is changed, and nothing lost",
	  without_memory_nothing_is_changed },
	{ "a heap ends with a full queue", a_heap_ends_with_a_full_queue },
	{}
};

const struct suite suite_finalizers = { "finalizers", tests };
