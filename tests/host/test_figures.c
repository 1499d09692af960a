// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of a heap: they add up, and never wrap, whoever books first.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

static void they_add_up(void)
{
	struct mheap_heap_figures figures;
	struct fixture f;
	u64 handle, other;
	int i;

	fixture_begin(&f, FIXTURE_SLAB);
	for (i = 0; i < 100; i++) {
		handle = make(f.session, 1, 10);
		other = make(f.session, 1, 10);
		link_to(f.session, handle, 0, other);
		if (i % 2)
			link_to(f.session, other, 0, handle);
		drop(f.session, other);
		if (i < 50)
			drop(f.session, handle);
	}
	fixture_collect(&f, 0);
	mheap_heap_figures(&f.heap, &figures);
	check_equal(figures.created, 200);
	check_equal(figures.objects, 100);
	check_equal(figures.freed_by_count, 50);
	check_equal(figures.freed_by_collector, 50);
	check_equal(figures.handles, 50);
	check_equal(figures.sessions, 1);
	check_equal(figures.bytes, 100 * (24 + 16));
	check_equal(figures.in_generation[1], 100);
	fixture_end(&f);
}

/*
 * What one session made and has not booked yet, another frees and books: the
 * figures must not come out as numbers near 2^64.
 */
static void freed_before_it_was_booked(void)
{
	const struct mheap_shape shape = { .slots = 1, .length = 100000 };
	struct mheap_heap_figures figures;
	struct mheap_session *maker, *other;
	struct fixture f;
	u32 holder, object;

	fixture_begin(&f, 0);
	maker = f.session;
	other = fixture_open(&f, 1);
	holder = number_of(maker, make(maker, 1, 0));
	mheap_session_enter(maker);
	mheap_object_new(maker, &shape, &object);
	mheap_object_store(maker, holder, 0, object);
	mheap_object_put(maker, object);
	mheap_session_enter(other);
	mheap_object_store(other, holder, 0, 0);
	mheap_session_leave(other);
	mheap_heap_figures(&f.heap, &figures);
	check(figures.bytes < 1ULL << 40);
	check(figures.objects <= 2);
	check(figures.freed_by_count <= 2);
	mheap_session_leave(maker);
	mheap_heap_figures(&f.heap, &figures);
	check_equal(figures.objects, 1);
	check_equal(figures.bytes, 24 + 4 + 5);
	fixture_end(&f);
}

/* Somebody looks all the time while somebody else collects. */
static void *look(void *argument)
{
	struct fixture *f = argument;
	struct mheap_heap_figures figures;

	while (!__atomic_load_n(&f->stop, __ATOMIC_RELAXED)) {
		mheap_heap_figures(&f->heap, &figures);
		if (!check(figures.freed_by_count < 1ULL << 40) ||
		    !check(figures.objects < 1ULL << 40) ||
		    !check(figures.bytes < 1ULL << 40))
			break;
	}
	return NULL;
}

static void looked_at_all_the_time(void)
{
	pthread_t looker;
	struct fixture f;
	u64 loop;
	int i, k;

	fixture_begin(&f, 0);
	pthread_create(&looker, NULL, look, &f);
	for (i = 0; i < 3000; i++) {
		for (k = 0; k < 20; k++) {
			loop = make(f.session, 1, 0);
			link_to(f.session, loop, 0, loop);
			drop(f.session, loop);
		}
		fixture_collect(&f, 0);
	}
	__atomic_store_n(&f.stop, true, __ATOMIC_RELAXED);
	pthread_join(looker, NULL);
	fixture_end(&f);
}

static void charged_as_booked(void)
{
	struct mheap_heap_figures heap;
	struct mheap_object_figures figures;
	struct fixture f;
	u64 before = 0;
	u64 handle;
	u32 i;

	fixture_begin(&f, FIXTURE_SLAB);
	for (i = 0; i < 3000; i += 7) {
		handle = make(f.session, i % 300, i * 3);
		act_info(f.session, handle, &figures);
		mheap_heap_figures(&f.heap, &heap);
		check_equal(heap.bytes - before, figures.charged);
		before = heap.bytes;
	}
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "they add up", they_add_up },
	{ "an object is charged what its heap books", charged_as_booked },
	{ "freed before it was booked", freed_before_it_was_booked },
	{ "looked at while a collection books", looked_at_all_the_time },
	{}
};

const struct suite suite_figures = { "figures", tests };
