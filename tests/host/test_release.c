// SPDX-License-Identifier: GPL-2.0-only
/*
 * Releases: chains, rings and wide objects of a million, trees, on a small stack
 * and with bounded work for one drop. MANY= sets how many.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

#define SMALL_STACK	(64UL << 10)

static u64 many(void)
{
	return setting("MANY", 1000000);
}

/* Run a test in a thread whose stack leaves no room for recursion. */
static void *trampoline(void *run)
{
	((void (*)(void))run)();
	return NULL;
}

static void on_a_small_stack(void (*run)(void))
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	check_equal(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
	check_equal(pthread_create(&thread, &attributes, trampoline, run), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
}

/* A chain, held by its head; @tail is filled with a handle to its other end. */
static u64 chain(struct mheap_session *session, u64 length, u64 *tail)
{
	u64 before = make(session, 2, 0);
	u64 next;

	*tail = 0;
	act_dup(session, before, tail);
	while (--length) {
		next = make(session, 2, 0);
		link_to(session, next, 0, before);
		drop(session, before);
		before = next;
	}
	return before;
}

/* One drop frees no more than its budget, and the worker the rest. */
static void drop_bounded(struct fixture *f, u64 handle, u64 objects)
{
	struct mheap_heap_figures figures;
	u64 left;

	drop(f->session, handle);
	left = fixture_objects(f);
	check(left + MHEAP_RELEASE_BUDGET >= objects);
	check(left <= objects);
	mheap_heap_figures(&f->heap, &figures);
	check_equal(figures.pending, left > 0);
	check_equal(f->release_wanted, left > 0);
	fixture_settle(f);
	mheap_heap_figures(&f->heap, &figures);
	check_equal(figures.objects, 0);
	check_equal(figures.pending, 0);
	check_equal(figures.bytes, 0);
	check_equal(figures.freed_by_collector, 0);
}

static void chain_on_small_stack(void)
{
	struct fixture f;
	u64 head, tail;

	fixture_begin(&f, 0);
	head = chain(f.session, many(), &tail);
	drop(f.session, tail);
	drop_bounded(&f, head, many());
	fixture_end(&f);
}

static void long_chain(void)
{
	on_a_small_stack(chain_on_small_stack);
}

static void ring_on_small_stack(void)
{
	struct fixture f;
	u64 head, tail;

	fixture_begin(&f, 0);
	head = chain(f.session, many(), &tail);
	link_to(f.session, tail, 0, head);
	drop(f.session, tail);
	check_equal(fixture_collect(&f, 1).freed, 0);
	drop(f.session, head);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), many());
	check_equal(fixture_collect(&f, 1).visited, 0);
	check_equal(fixture_collect(&f, 2).freed, many());
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void long_ring(void)
{
	on_a_small_stack(ring_on_small_stack);
}

/* A ring dies young, by trial deletion. */
static void young_ring_on_small_stack(void)
{
	struct fixture f;
	u64 head, tail;

	fixture_begin(&f, 0);
	head = chain(f.session, many(), &tail);
	link_to(f.session, tail, 0, head);
	drop(f.session, tail);
	drop(f.session, head);
	check_equal(fixture_collect(&f, 0).freed, many());
	fixture_end(&f);
}

static void young_ring(void)
{
	on_a_small_stack(young_ring_on_small_stack);
}

/* A ring with a chain behind it, which hangs on the last of the ring. */
static void old_chain_behind_young_ring(void)
{
	struct fixture f;
	u64 head, tail, loop;

	fixture_begin(&f, 0);
	head = chain(f.session, many() / 10, &tail);
	drop(f.session, tail);
	fixture_collect(&f, 1);
	loop = make(f.session, 2, 0);
	link_to(f.session, loop, 0, loop);
	link_to(f.session, loop, 1, head);
	drop(f.session, head);
	drop(f.session, loop);
	check_equal(fixture_collect(&f, 0).freed, 1);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void wide_on_small_stack(void)
{
	struct fixture f;
	u64 wide, leaf, i;

	fixture_begin(&f, FIXTURE_SLAB);
	wide = make(f.session, many(), 0);
	for (i = 0; i < many(); i++) {
		leaf = make(f.session, 0, 0);
		link_to(f.session, wide, i, leaf);
		drop(f.session, leaf);
	}
	drop_bounded(&f, wide, many() + 1);
	fixture_end(&f);
}

static void wide_object(void)
{
	on_a_small_stack(wide_on_small_stack);
}

/* Empty slots cost as much as full ones. */
static void wide_and_empty(void)
{
	struct fixture f;
	u64 wide;

	fixture_begin(&f, 0);
	wide = make(f.session, many(), 0);
	drop(f.session, wide);
	check_equal(fixture_objects(&f), 1);
	check(f.release_wanted);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/* @arity children each, @depth deep. Return: a handle; *@made counts. */
static u64 tree(struct mheap_session *session, u32 arity, u32 depth, u64 *made)
{
	u64 root = make(session, arity, 0);
	u64 child;
	u32 i;

	++*made;
	for (i = 0; depth && i < arity; i++) {
		child = tree(session, arity, depth - 1, made);
		link_to(session, root, i, child);
		drop(session, child);
	}
	return root;
}

static void trees(void)
{
	static const struct {
		u32 arity, depth;
	} kind[] = { { 1, 2000 }, { 2, 13 }, { 3, 8 }, { 20, 3 }, { 64, 2 }, { 64, 1 },
		     { 65, 1 }, { 65, 2 }, { 254, 2 }, { 300, 2 } };
	struct fixture f;
	unsigned int i;
	u64 made, root;

	for (i = 0; i < ARRAY_SIZE(kind); i++) {
		fixture_begin(&f, 0);
		made = 0;
		root = tree(f.session, kind[i].arity, kind[i].depth, &made);
		drop_bounded(&f, root, made);
		fixture_end(&f);
	}
}

static void trees_with_parent_links(void)
{
	u64 made = 0, root, child, again;
	struct fixture f;
	int i;

	fixture_begin(&f, 0);
	root = make(f.session, 100, 0);
	for (i = 0; i < 99; i++) {
		child = tree(f.session, 3, 4, &made);
		act_resize(f.session, child, 5, 0);
		link_to(f.session, child, 4, root);
		link_to(f.session, root, i, child);
		drop(f.session, child);
	}
	act_dup(f.session, root, &again);
	drop(f.session, root);
	check_equal(fixture_collect(&f, 0).freed, 0);
	drop(f.session, again);
	check_equal(fixture_collect(&f, 1).freed, made + 1);
	fixture_end(&f);
}

/* A store and a compare-and-store drop what was there, within the same bounds. */
static void bounded_store(void)
{
	u64 holder, head, tail;
	struct fixture f;
	int how;

	fixture_begin(&f, 0);
	holder = make(f.session, 1, 0);
	for (how = 0; how < 2; how++) {
		head = chain(f.session, 10000, &tail);
		drop(f.session, tail);
		link_to(f.session, holder, 0, head);
		if (how)
			act_compare_store(f.session, holder, 0, head, 0);
		drop(f.session, head);
		link_to(f.session, holder, 0, 0);
		check(fixture_objects(&f) >= 10001 - MHEAP_RELEASE_BUDGET);
		fixture_settle(&f);
		check_equal(fixture_objects(&f), 1);
	}
	fixture_end(&f);
}

/*
 * To cut slots off is one operation, and what it drops is dropped within the
 * bounds of one, however many slots there were.
 */
static void bounded_resize(void)
{
	const u32 slots = 1000;
	const u32 length = 100;
	u64 wide, head, tail;
	struct fixture f;
	u32 i;

	fixture_begin(&f, 0);
	wide = make(f.session, slots, 0);
	for (i = 0; i < slots; i++) {
		head = chain(f.session, length, &tail);
		drop(f.session, tail);
		link_to(f.session, wide, i, head);
		drop(f.session, head);
	}
	check_equal(fixture_objects(&f), slots * length + 1);
	check_equal(act_resize(f.session, wide, 0, 0), 0);
	check(fixture_objects(&f) + 2 * MHEAP_RELEASE_BUDGET + 255 >= slots * length + 1);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 1);
	fixture_end(&f);
}

/* The same at the end of a session: a slice of handles is no more than that. */
static void closing_is_bounded(void)
{
	struct fixture f;
	u64 tail;
	int i;

	fixture_begin(&f, 0);
	for (i = 0; i < 10; i++) {
		chain(f.session, 10000, &tail);
		drop(f.session, tail);
	}
	fixture_close(&f, 0);
	check(fixture_objects(&f) >= 10 * (10000 - MHEAP_RELEASE_BUDGET));
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/*
 * What hangs on a dead object is alive until the worker has come to it: it can
 * be had through a weak handle, and then it and all behind it stay.
 */
static void rescued_from_a_release(void)
{
	u64 head, tail, middle, weak, weak_tail, end;
	struct fixture f;

	fixture_begin(&f, 0);
	end = chain(f.session, 1000, &tail);
	weak_tail = weak_to(f.session, tail);
	weak = weak_to(f.session, end);
	head = end;
	for (int i = 0; i < 1000; i++) {
		u64 next = make(f.session, 1, 0);

		link_to(f.session, next, 0, head);
		drop(f.session, head);
		head = next;
	}
	drop(f.session, tail);
	drop(f.session, head);
	check_equal(act_upgrade(f.session, weak, &middle), 0);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 1000);
	check(is_alive(f.session, weak_tail));
	check_equal(fixture_collect(&f, 2).freed, 0);
	drop(f.session, middle);
	fixture_settle(&f);
	check(!is_alive(f.session, weak_tail));
	fixture_end(&f);
}

/* A collection runs into a release: what hangs on what is dying is garbage with it. */
static void collected_while_released(void)
{
	static const u32 eager[3] = { 1, 0, 0 };
	u64 head, tail, loop;
	struct fixture f;

	fixture_begin(&f, 0);
	head = chain(f.session, 5000, &tail);
	loop = make(f.session, 1, 0);
	link_to(f.session, loop, 0, loop);
	link_to(f.session, tail, 1, loop);
	link_to(f.session, tail, 0, tail);
	drop(f.session, tail);
	drop(f.session, loop);
	drop(f.session, head);
	mheap_generations_set_threshold(&f.heap.generations, eager);
	f.heap.generations.enabled = true;
	mheap_collect_due(&f.heap);
	check_equal(fixture_objects(&f), 0);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	check_equal(fixture_collect(&f, 2).visited, 0);
	fixture_end(&f);
}

/* Whatever is still to be released when a heap ends is freed with it. */
static void heap_ends_before_the_worker_came(void)
{
	struct fixture f;
	u64 tail;

	fixture_begin(&f, 0);
	drop(f.session, chain(f.session, 10000, &tail));
	make(f.session, 1000, 70000);
	fixture_close(&f, 0);
	check(fixture_objects(&f) > 5000);
	fixture_end(&f);
}

static void with_a_worker(void)
{
	struct fixture f;
	u64 head, tail;
	int i;

	fixture_begin(&f, FIXTURE_WORKER | FIXTURE_AUTO);
	for (i = 0; i < 20; i++) {
		head = chain(f.session, 20000, &tail);
		drop(f.session, tail);
		drop(f.session, head);
	}
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	check(f.releases > 0);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "a chain of a million, no recursion, bounded drop", long_chain },
	{ "a ring of a million, old", long_ring },
	{ "a ring of a million, young", young_ring },
	{ "an old chain that young garbage held", old_chain_behind_young_ring },
	{ "an object with a million slots", wide_object },
	{ "an object with a million empty slots", wide_and_empty },
	{ "trees of every width", trees },
	{ "trees with parent links", trees_with_parent_links },
	{ "a store is bounded as a drop is", bounded_store },
	{ "a resize is bounded as a drop is", bounded_resize },
	{ "the end of a session is bounded", closing_is_bounded },
	{ "rescued from a release under way", rescued_from_a_release },
	{ "a collection runs into a release", collected_while_released },
	{ "a heap ends before the worker came", heap_ends_before_the_worker_came },
	{ "a worker keeps up", with_a_worker },
	{}
};

const struct suite suite_release = { "release", tests };
