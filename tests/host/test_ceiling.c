// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ceiling: garbage that nobody collects stays under it, because who makes it
 * has to; and who does not make it does not have to.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

#define PERCENT		50U
#define BODY		1024U

/* What one section allocates, and what lanes may owe the heap's size. */
#define SLACK		(2 * BODY + 2 * 16384)

static void begin(struct fixture *f)
{
	fixture_begin(f, FIXTURE_SLAB);
	mheap_ceiling_set(&f->heap.ceiling, PERCENT);
	f->heap.generations.enabled = true;
}

static s64 size_of(struct fixture *f)
{
	struct mheap_tally sum;

	mheap_lanes_sum(&f->heap.lanes, &sum);
	return sum.bytes;
}

static u64 waits(struct fixture *f)
{
	return atomic64_read(&f->heap.ceiling.waits);
}

/* A ring of one, which only a collection can free. */
static void litter(struct mheap_session *session)
{
	u64 handle = make(session, 1, BODY);

	link_to(session, handle, 0, handle);
	drop(session, handle);
}

static void producer_has_to_collect(void)
{
	struct fixture f;
	u64 i;

	begin(&f);
	for (i = 0; i < 100000; i++) {
		litter(f.session);
		check(size_of(&f) <= MHEAP_CEILING_LEAST + SLACK);
	}
	check(waits(&f) > 5);
	fixture_end(&f);
}

/* With a large heap alive, the ceiling is a share of it. */
static void ceiling_is_a_share(void)
{
	const u64 alive = 40000;
	struct fixture f;
	s64 most = 0;
	s64 live;
	u64 i;

	begin(&f);
	for (i = 0; i < alive; i++)
		make(f.session, 1, BODY);
	fixture_collect(&f, 2);
	live = size_of(&f);
	for (i = 0; i < 100000; i++) {
		litter(f.session);
		most = max(most, size_of(&f));
	}
	check(most <= live + live / 100 * PERCENT + SLACK);
	check(most > live + live / 100 * (PERCENT - 5));
	fixture_end(&f);
}

static void innocent_goes_on(void)
{
	struct mheap_session *innocent;
	struct fixture f;
	u64 before, i, j;

	begin(&f);
	innocent = fixture_open(&f, 1);
	for (i = 0; i < 200; i++) {
		for (j = 0; j < 100; j++)
			litter(f.session);
		before = waits(&f);
		litter(innocent);
		drop(innocent, make(innocent, 2, 100));
		check_equal(waits(&f), before);
	}
	check(waits(&f) > 0);
	fixture_end(&f);
}

/* What grows for good is collected in full seldom: each time it grew by a half. */
static void growth_costs_few_collections(void)
{
	struct mheap_generation_figures figures[MHEAP_GENERATION_COUNT];
	struct fixture f;
	u64 i;

	begin(&f);
	for (i = 0; i < 200000; i++)
		make(f.session, 1, BODY);
	mheap_generations_get_figures(&f.heap.generations, figures);
	check(figures[2].collections >= 5);
	check(figures[2].collections <= 12);
	check_equal(figures[2].collected, 0);
	check_equal(fixture_objects(&f), 200000);
	fixture_end(&f);
}

/* Chains that die by count wait for the worker: that is garbage as well. */
static void releases_count(void)
{
	struct fixture f;
	u64 head, next;
	int i, j;

	begin(&f);
	for (i = 0; i < 20; i++) {
		head = make(f.session, 1, BODY);
		for (j = 0; j < 2000; j++) {
			next = make(f.session, 1, BODY);
			link_to(f.session, next, 0, head);
			drop(f.session, head);
			head = next;
		}
		drop(f.session, head);
		check(size_of(&f) <= MHEAP_CEILING_LEAST + SLACK);
	}
	fixture_end(&f);
}

static void no_ceiling(void)
{
	struct fixture f;
	u64 i;

	begin(&f);
	mheap_ceiling_set(&f.heap.ceiling, 0);
	for (i = 0; i < 20000; i++)
		litter(f.session);
	check_equal(waits(&f), 0);
	check_equal(fixture_objects(&f), 20000);
	mheap_ceiling_set(&f.heap.ceiling, PERCENT);
	f.heap.generations.enabled = false;
	litter(f.session);
	check_equal(waits(&f), 0);
	f.heap.generations.enabled = true;
	f.heap.generations.threshold[0] = 0;
	litter(f.session);
	check_equal(waits(&f), 0);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "who makes garbage faster than it is collected has to collect it", producer_has_to_collect },
	{ "the ceiling is a share of what is alive", ceiling_is_a_share },
	{ "who makes little goes on", innocent_goes_on },
	{ "a heap that grows is collected in full seldom", growth_costs_few_collections },
	{ "what waits for its release counts", releases_count },
	{ "no ceiling", no_ceiling },
	{}
};

const struct suite suite_ceiling = { "ceiling", tests };
