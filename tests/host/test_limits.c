// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: never passed, reached exactly, and what reaches one collects first.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

#define BODY	1000U

static const struct mheap_shape ring_shape = { .slots = 1, .length = BODY };

static void limit(struct fixture *f, enum mheap_limit which, u64 value)
{
	u64 limits[MHEAP_LIMITS];

	mheap_limits_get(&f->heap, limits);
	limits[which] = value;
	check_equal(mheap_limits_set(&f->heap, limits), 0);
}

static struct mheap_heap_figures figures_of(struct fixture *f)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(&f->heap, &figures);
	return figures;
}

static s64 caused(struct fixture *f, enum mheap_cause cause)
{
	return atomic64_read(&f->heap.causes[cause]);
}

static s64 failures(struct fixture *f)
{
	return atomic64_read(&f->heap.quota.failures);
}

/* A ring of one, which only a collection can free. */
static int litter(struct mheap_session *session)
{
	u64 handle;
	int error = act_new(session, &ring_shape, &handle);

	if (error)
		return error;
	link_to(session, handle, 0, handle);
	drop(session, handle);
	return 0;
}

/* Of what fill() made last. */
static u64 last;

/* Make objects that stay until that fails. Return: how many there are then. */
static u64 fill(struct fixture *f, struct mheap_session *session, int expected)
{
	u64 handle, made;
	int error;

	for (made = 0; made < 50000; made++) {
		error = act_new(session, &ring_shape, &handle);
		if (error)
			break;
		last = handle;
	}
	check_equal(error, expected);
	return fixture_objects(f);
}

static void objects_are_limited(void)
{
	static const u64 limits[] = { 1, 10, 511, 512, 3000, 10000 };
	struct mheap_heap_figures before, after;
	struct fixture f;
	unsigned int i;
	u64 handle;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		fixture_begin(&f, 0);
		limit(&f, MHEAP_LIMIT_OBJECTS, limits[i]);
		check_equal(fill(&f, f.session, -ENOSPC), limits[i]);
		/* Not by figures_of(): to assign one need not copy what is between fields. */
		mheap_heap_figures(&f.heap, &before);
		check_equal(act_new(f.session, &ring_shape, &handle), -ENOSPC);
		mheap_heap_figures(&f.heap, &after);
		check_equal(memcmp(&before, &after, sizeof(before)), 0);
		check_equal(failures(&f), 2);
		check_equal(caused(&f, MHEAP_CAUSE_LIMIT), 2);
		drop(f.session, last);
		check_equal(act_new(f.session, &ring_shape, &handle), 0);
		check_equal(act_new(f.session, &ring_shape, &handle), -ENOSPC);
		limit(&f, MHEAP_LIMIT_OBJECTS, 0);
		check_equal(act_new(f.session, &ring_shape, &handle), 0);
		fixture_end(&f);
	}
}

static void bytes_are_limited(void)
{
	struct fixture f;
	u64 handle;

	fixture_begin(&f, FIXTURE_SLAB);
	limit(&f, MHEAP_LIMIT_BYTES, 1000000);
	fill(&f, f.session, -ENOMEM);
	check(figures_of(&f).bytes <= 1000000);
	check(figures_of(&f).bytes > 1000000 - 2 * BODY);
	/* What is large is not even allocated. */
	check_equal(act_new(f.session, &(struct mheap_shape){ .length = 900000 }, &handle),
		    -ENOMEM);
	drop(f.session, last);
	check_equal(act_new(f.session, &ring_shape, &handle), 0);
	fixture_end(&f);
}

static void growth_is_limited_and_shrinking_is_not(void)
{
	struct fixture f;
	u64 object;

	fixture_begin(&f, 0);
	object = make(f.session, 1, BODY);
	limit(&f, MHEAP_LIMIT_BYTES, figures_of(&f).bytes);
	check_equal(act_resize(f.session, object, 1, BODY + 1), -ENOMEM);
	check_equal(act_resize(f.session, object, 1, 300000), -ENOMEM);
	check_equal(act_resize(f.session, object, 2, BODY - 4), 0);
	check_equal(act_resize(f.session, object, 1, 10), 0);
	check_equal(act_resize(f.session, object, 0, 0), 0);
	check_equal(act_resize(f.session, object, 1, BODY), 0);
	check_equal(act_resize(f.session, object, 1, BODY + 1), -ENOMEM);
	limit(&f, MHEAP_LIMIT_BYTES, 100);
	check_equal(act_resize(f.session, object, 1, BODY - 1), 0);
	check_equal(failures(&f), 3);
	fixture_end(&f);
}

static void handles_are_limited(void)
{
	struct mheap_session *other;
	struct fixture f;
	u64 object, weak, copy;
	int i;

	fixture_begin(&f, 0);
	other = fixture_open(&f, 1);
	object = make(f.session, 1, 0);
	weak = weak_to(f.session, object);
	limit(&f, MHEAP_LIMIT_HANDLES, 100);
	for (i = 0; i < 60; i++)
		check_equal(act_dup(f.session, object, &copy), 0);
	for (i = 0; i < 38; i++)
		make(other, 0, 0);
	check_equal(figures_of(&f).handles, 100);
	check_equal(act_dup(f.session, object, &copy), -ENOSPC);
	check_equal(act_dup(f.session, weak, &copy), -ENOSPC);
	check_equal(act_weak(f.session, object, &copy), -ENOSPC);
	check_equal(act_upgrade(f.session, weak, &copy), -ENOSPC);
	check_equal(act_new(other, &ring_shape, &copy), -ENOSPC);
	link_to(f.session, object, 0, object);
	check_equal(act_load(f.session, object, 0, &copy), -ENOSPC);
	check_equal(act_swap(f.session, object, 0, 0, &copy), -ENOSPC);
	check_equal(figures_of(&f).handles, 100);
	check_equal(fixture_objects(&f), 39);
	fixture_close(&f, 1);
	for (i = 0; i < 38; i++)
		check_equal(act_dup(f.session, object, &copy), 0);
	check_equal(act_dup(f.session, object, &copy), -ENOSPC);
	fixture_end(&f);
}

/* Also where automatic collection is off, which it is here. */
static void garbage_makes_room(void)
{
	struct fixture f;
	u64 keep;
	int i;

	fixture_begin(&f, 0);
	limit(&f, MHEAP_LIMIT_OBJECTS, 1000);
	keep = make(f.session, 1, 0);
	for (i = 0; i < 50000; i++)
		if (!check_equal(litter(f.session), 0))
			break;
	check_equal(caused(&f, MHEAP_CAUSE_LIMIT), 50000 / 999);
	check_equal(failures(&f), 0);
	limit(&f, MHEAP_LIMIT_OBJECTS, 0);
	limit(&f, MHEAP_LIMIT_BYTES, 2000000);
	for (i = 0; i < 50000; i++)
		if (!check_equal(litter(f.session), 0))
			break;
	check(figures_of(&f).bytes <= 2000000);
	check_equal(failures(&f), 0);
	drop(f.session, keep);
	fixture_end(&f);
}

/* What a session has reserved and does not use is no loss to the others. */
static void nobody_hoards(void)
{
	struct mheap_session *other;
	struct fixture f;
	u64 handle[2000];
	int i;

	fixture_begin(&f, 0);
	other = fixture_open(&f, 1);
	limit(&f, MHEAP_LIMIT_OBJECTS, 3000);
	for (i = 0; i < 2000; i++)
		handle[i] = make(other, 1, 0);
	for (i = 0; i < 2000; i++)
		drop(other, handle[i]);
	check_equal(fill(&f, f.session, -ENOSPC), 3000);
	fixture_end(&f);
}

/* One who frees what another has made is given nothing for it that is not there. */
static void freeing_for_others_adds_up(void)
{
	struct mheap_session *other;
	struct fixture f;
	u64 handle;
	int i, round;

	fixture_begin(&f, 0);
	other = fixture_open(&f, 1);
	limit(&f, MHEAP_LIMIT_OBJECTS, 5000);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 4000; i++)
			check_equal(act_new(f.session, &ring_shape, &handle), 0);
		fixture_close(&f, 0);
		fixture_open(&f, 0);
		for (i = 0; i < 500; i++)
			check_equal(litter(other), 0);
		fixture_settle(&f);
	}
	fixture_collect(&f, 2);
	check_equal(fixture_objects(&f), 0);
	for (i = 0; i < MHEAP_LIMITS; i++)
		check_equal(atomic64_read(&f.heap.quota.reserved[i]), 0);
	check_equal(fill(&f, other, -ENOSPC), 5000);
	fixture_end(&f);
}

static void limit_below_what_is_there(void)
{
	struct fixture f;
	u64 handle[100], copy;
	int i;

	fixture_begin(&f, 0);
	for (i = 0; i < 100; i++)
		handle[i] = make(f.session, 1, 0);
	limit(&f, MHEAP_LIMIT_OBJECTS, 50);
	check_equal(act_new(f.session, &ring_shape, &copy), -ENOSPC);
	for (i = 0; i < 50; i++)
		drop(f.session, handle[i]);
	check_equal(act_new(f.session, &ring_shape, &copy), -ENOSPC);
	drop(f.session, handle[50]);
	check_equal(act_new(f.session, &ring_shape, &copy), 0);
	check_equal(act_new(f.session, &ring_shape, &copy), -ENOSPC);
	fixture_end(&f);
}

static void limits_have_a_maximum(void)
{
	const u64 wrong[] = { 7, MHEAP_LIMIT_GREATEST + 1, 7 };
	const u64 right[] = { MHEAP_LIMIT_GREATEST, MHEAP_LIMIT_GREATEST, MHEAP_LIMIT_GREATEST };
	u64 limits[MHEAP_LIMITS];
	struct fixture f;

	fixture_begin(&f, 0);
	check_equal(mheap_limits_set(&f.heap, wrong), -EINVAL);
	mheap_limits_get(&f.heap, limits);
	check_equal(limits[0] | limits[1] | limits[2], 0);
	check_equal(mheap_limits_set(&f.heap, right), 0);
	make(f.session, 1, BODY);
	fixture_end(&f);
}

/* A heap with eight objects that may have no more, as somebody has found out. */
static void reach_eight(struct fixture *f, u64 handle[8])
{
	u64 copy;
	int i;

	fixture_begin(f, 0);
	limit(f, MHEAP_LIMIT_OBJECTS, 8);
	for (i = 0; i < 8; i++)
		handle[i] = make(f->session, 1, 0);
	check_equal(f->limits_told, 0);
	check_equal(act_new(f->session, &ring_shape, &copy), -ENOSPC);
	check_equal(f->limits_told, 1);
}

static void reaching_one_is_told_once(void)
{
	struct fixture f;
	u64 handle[8], copy;
	int i;

	reach_eight(&f, handle);
	check_equal(act_new(f.session, &ring_shape, &copy), -ENOSPC);
	check_equal(f.limits_told, 1);
	drop(f.session, handle[0]);
	drop(f.session, handle[1]);
	fixture_collect(&f, 2);
	for (i = 0; i < 2; i++)
		check_equal(act_new(f.session, &ring_shape, &copy), 0);
	check_equal(act_new(f.session, &ring_shape, &copy), -ENOSPC);
	check_equal(f.limits_told, 2);
	fixture_end(&f);
}

/* What is given up in sections, without a collection, is seen as well. */
static void room_is_seen_without_a_collection(void)
{
	struct fixture f;
	u64 handle[8], copy;
	int i;

	reach_eight(&f, handle);
	for (i = 0; i < 4; i++)
		drop(f.session, handle[i]);
	for (i = 0; i < 4; i++)
		check_equal(act_new(f.session, &ring_shape, &copy), 0);
	check_equal(f.limits_told, 1);
	check_equal(act_new(f.session, &ring_shape, &copy), -ENOSPC);
	check_equal(f.limits_told, 2);
	fixture_end(&f);
}

/* Behind a collection that made room for one limit another one may be reached. */
static void each_limit_that_is_reached_is_told(void)
{
	const struct mheap_shape large = { .length = 50000 };
	struct fixture f;
	u64 handle;

	fixture_begin(&f, 0);
	make(f.session, 1, 0);
	check_equal(litter(f.session), 0);
	limit(&f, MHEAP_LIMIT_OBJECTS, 2);
	limit(&f, MHEAP_LIMIT_BYTES, 10000);
	check_equal(act_new(f.session, &large, &handle), -ENOMEM);
	check_equal(f.limits_told, 2);
	check_equal(failures(&f), 1);
	fixture_end(&f);
}

/* What the worker frees makes room as what the sweep frees does. */
static void what_hangs_on_garbage_makes_room(void)
{
	const struct mheap_shape large = { .length = 100000 };
	struct fixture f;
	u64 holder, leaf;

	fixture_begin(&f, FIXTURE_SLAB);
	holder = make(f.session, 2, 0);
	check_equal(act_new(f.session, &large, &leaf), 0);
	link_to(f.session, holder, 0, holder);
	link_to(f.session, holder, 1, leaf);
	drop(f.session, holder);
	drop(f.session, leaf);
	limit(&f, MHEAP_LIMIT_BYTES, 150000);
	check_equal(act_new(f.session, &large, &leaf), 0);
	check_equal(failures(&f), 0);
	fixture_end(&f);
}

static void reaching_one_is_told_to_who_listens_later(void)
{
	struct fixture f;
	u64 handle;

	fixture_begin(&f, 0);
	limit(&f, MHEAP_LIMIT_OBJECTS, 1);
	make(f.session, 1, 0);
	check_equal(act_new(f.session, &ring_shape, &handle), -ENOSPC);
	check_equal(f.limits_told, 1);
	check_equal(mheap_listen(f.session, MHEAP_LISTEN_LIMIT), 0);
	check_equal(act_new(f.session, &ring_shape, &handle), -ENOSPC);
	check_equal(f.limits_told, 2);
	check_equal(mheap_listen(f.session, MHEAP_LISTEN_ALL), 0);
	check_equal(act_new(f.session, &ring_shape, &handle), -ENOSPC);
	check_equal(f.limits_told, 2);
	check_equal(mheap_listen(f.session, 0), 0);
	fixture_end(&f);
}

static void without_memory_at_the_limit(void)
{
	struct mheap_heap_figures before, after;
	struct fixture f;
	long number;
	u64 handle;

	for (number = 1; number < 6; number++) {
		fixture_begin(&f, 0);
		limit(&f, MHEAP_LIMIT_OBJECTS, 1500);
		fill(&f, f.session, -ENOSPC);
		before = figures_of(&f);
		port_fail_all = true;
		port_fail_at = port_allocations + number;
		check_equal(act_new(f.session, &ring_shape, &handle), -ENOSPC);
		limit(&f, MHEAP_LIMIT_OBJECTS, 0);
		port_fail_at = port_allocations + 1;
		check_equal(act_new(f.session, &ring_shape, &handle), -ENOMEM);
		port_fail_at = 0;
		port_fail_all = false;
		after = figures_of(&f);
		check_equal(before.objects, after.objects);
		check_equal(before.bytes, after.bytes);
		check_equal(before.handles, after.handles);
		check_equal(act_new(f.session, &ring_shape, &handle), 0);
		fixture_end(&f);
	}
}

#define RACERS	4U
#define TRACK	20000U

struct racer {
	struct fixture *f;
	struct mheap_session *session;
	bool litters;
	u64 made;
};

static void *race(void *argument)
{
	struct racer *racer = argument;
	struct mheap_heap_figures figures;
	u64 handle, i;
	int error;

	for (i = 0; i < 2 * TRACK; i++) {
		error = act_new(racer->session, &ring_shape, &handle);
		if (error) {
			check_equal(error, -ENOSPC);
			break;
		}
		racer->made++;
		if (racer->litters && i % 2) {
			link_to(racer->session, handle, 0, handle);
			drop(racer->session, handle);
			racer->made--;
		}
		if (i % 64)
			continue;
		mheap_heap_figures(&racer->f->heap, &figures);
		check(figures.objects <= TRACK);
	}
	return NULL;
}

static void start(struct fixture *f, bool litters, u64 *made)
{
	struct racer racer[RACERS];
	pthread_t thread[RACERS];
	unsigned int i;

	for (i = 0; i < RACERS; i++) {
		racer[i] = (struct racer){ f, i ? fixture_open(f, i) : f->session, litters, 0 };
		check(!pthread_create(&thread[i], NULL, race, &racer[i]));
	}
	*made = 0;
	for (i = 0; i < RACERS; i++) {
		pthread_join(thread[i], NULL);
		*made += racer[i].made;
	}
}

static void threads_race_to_a_limit(void)
{
	struct fixture f;
	u64 made;

	fixture_begin(&f, 0);
	limit(&f, MHEAP_LIMIT_OBJECTS, TRACK);
	start(&f, false, &made);
	check_equal(made, TRACK);
	check_equal(fixture_objects(&f), TRACK);
	fixture_end(&f);
}

static void threads_litter_up_to_a_limit(void)
{
	struct fixture f;
	u64 made;

	fixture_begin(&f, FIXTURE_AUTO | FIXTURE_WORKER);
	limit(&f, MHEAP_LIMIT_OBJECTS, TRACK);
	start(&f, true, &made);
	fixture_collect(&f, 2);
	check_equal(fixture_objects(&f), made);
	check(made <= TRACK);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "objects are limited", objects_are_limited },
	{ "bytes are limited", bytes_are_limited },
	{ "growth is limited and shrinking is not", growth_is_limited_and_shrinking_is_not },
	{ "handles are limited", handles_are_limited },
	{ "garbage makes room", garbage_makes_room },
	{ "nobody hoards", nobody_hoards },
	{ "freeing for others adds up", freeing_for_others_adds_up },
	{ "a limit below what is there", limit_below_what_is_there },
	{ "limits have a maximum", limits_have_a_maximum },
	{ "reaching one is told once", reaching_one_is_told_once },
	{ "room is seen without a collection", room_is_seen_without_a_collection },
	{ "each limit that is reached is told", each_limit_that_is_reached_is_told },
	{ "what hangs on garbage makes room", what_hangs_on_garbage_makes_room },
	{ "reaching one is told to who listens later", reaching_one_is_told_to_who_listens_later },
	{ "without memory at the limit", without_memory_at_the_limit },
	{ "threads race to a limit", threads_race_to_a_limit },
	{ "threads litter up to a limit", threads_litter_up_to_a_limit },
	{}
};

const struct suite suite_limits = { "limits", tests };
