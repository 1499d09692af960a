// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts near their end: every gain is refused and changes nothing. The counts
 * are set by hand, and set back.
 */
#include "act.h"
#include "count.h"
#include "fixture.h"
#include "harness.h"

struct edge_case {
	struct fixture f;
	u64 holder;
	u64 object;
	u64 other;
	u64 weak;
	atomic64_t *count;
	s64 before;
};

/* @holder refers to @object from slot 0, and its slot 1 is empty. */
static void begin(struct edge_case *edge, u32 inside, u32 outside)
{
	fixture_begin(&edge->f, 0);
	edge->holder = make(edge->f.session, 2, 0);
	edge->object = make(edge->f.session, 1, 0);
	edge->other = make(edge->f.session, 1, 0);
	edge->weak = weak_to(edge->f.session, edge->object);
	link_to(edge->f.session, edge->holder, 0, edge->object);
	edge->count = mheap_count_of(&edge->f.heap,
				     number_of(edge->f.session, edge->object));
	edge->before = atomic64_read(edge->count);
	check_equal(edge->before, MHEAP_INSIDE + MHEAP_OUTSIDE);
	atomic64_set(edge->count, inside * MHEAP_INSIDE + outside * MHEAP_OUTSIDE);
}

static void end(struct edge_case *edge)
{
	atomic64_set(edge->count, edge->before);
	drop(edge->f.session, edge->holder);
	drop(edge->f.session, edge->object);
	drop(edge->f.session, edge->other);
	fixture_collect(&edge->f, 2);
	check_equal(fixture_objects(&edge->f), 0);
	fixture_end(&edge->f);
}

static u32 slot_of(struct edge_case *edge, u32 slot)
{
	u32 target;

	mheap_session_enter(edge->f.session);
	check_equal(mheap_object_load(edge->f.session,
				      edge->f.session->handles.segment[0][0].object, slot,
				      &target), 0);
	if (target)
		mheap_object_put(edge->f.session, target);
	mheap_session_leave(edge->f.session);
	return target;
}

static void from_outside(void)
{
	const s64 full = MHEAP_INSIDE + MHEAP_COUNT_MAX * MHEAP_OUTSIDE;
	const u32 handles = 4;
	struct edge_case edge;
	u64 unused;

	begin(&edge, 1, MHEAP_COUNT_MAX);
	check_equal(act_dup(edge.f.session, edge.object, &unused), -EOVERFLOW);
	check_equal(atomic64_read(edge.count), full);
	check_equal(act_load(edge.f.session, edge.holder, 0, &unused), -EOVERFLOW);
	check_equal(atomic64_read(edge.count), full);
	check_equal(act_upgrade(edge.f.session, edge.weak, &unused), -EOVERFLOW);
	check_equal(atomic64_read(edge.count), full);
	check_equal(edge.f.session->handles.open, handles);
	end(&edge);
}

static void swap_out(void)
{
	const s64 full = MHEAP_INSIDE + MHEAP_COUNT_MAX * MHEAP_OUTSIDE;
	struct mheap_object_figures figures;
	struct edge_case edge;
	u64 unused;

	begin(&edge, 1, MHEAP_COUNT_MAX);
	check_equal(act_swap(edge.f.session, edge.holder, 0, edge.other, &unused), -EOVERFLOW);
	check_equal(atomic64_read(edge.count), full);
	act_info(edge.f.session, edge.other, &figures);
	check_equal(figures.inside, 0);
	check_equal(figures.outside, 1);
	check_equal(act_swap(edge.f.session, edge.holder, 0, 0, &unused), -EOVERFLOW);
	check_equal(act_swap(edge.f.session, edge.holder, 0, edge.object, &unused), -EOVERFLOW);
	check_equal(atomic64_read(edge.count), full);
	atomic64_set(edge.count, edge.before);
	check_equal(slot_of(&edge, 0), number_of(edge.f.session, edge.object));
	end(&edge);
}

static void from_slots(void)
{
	const s64 full = MHEAP_COUNT_MAX * MHEAP_INSIDE + MHEAP_OUTSIDE;
	struct edge_case edge;
	u64 unused;

	begin(&edge, MHEAP_COUNT_MAX, 1);
	check_equal(act_store(edge.f.session, edge.holder, 1, edge.object), -EOVERFLOW);
	check_equal(act_swap(edge.f.session, edge.holder, 1, edge.object, &unused), -EOVERFLOW);
	check_equal(act_compare_store(edge.f.session, edge.holder, 1, 0, edge.object),
		    -EOVERFLOW);
	check_equal(act_store(edge.f.session, edge.holder, 0, edge.object), -EOVERFLOW);
	check_equal(atomic64_read(edge.count), full);
	check_equal(slot_of(&edge, 1), 0);
	atomic64_set(edge.count, edge.before);
	check_equal(slot_of(&edge, 0), number_of(edge.f.session, edge.object));
	end(&edge);
}

/* One below the end the last one is given. */
static void the_last_one_is_given(void)
{
	struct edge_case edge;
	u64 copy, unused;

	begin(&edge, MHEAP_COUNT_MAX - 1, MHEAP_COUNT_MAX - 1);
	check_equal(act_dup(edge.f.session, edge.object, &copy), 0);
	check_equal(act_dup(edge.f.session, edge.object, &unused), -EOVERFLOW);
	check_equal(act_store(edge.f.session, edge.holder, 1, edge.object), 0);
	check_equal(act_store(edge.f.session, edge.holder, 1, edge.object), -EOVERFLOW);
	check_equal(atomic64_read(edge.count),
		    MHEAP_COUNT_MAX * (MHEAP_INSIDE + MHEAP_OUTSIDE));
	check_equal(act_store(edge.f.session, edge.holder, 1, 0), 0);
	check_equal(act_drop(edge.f.session, copy), 0);
	check_equal(atomic64_read(edge.count),
		    (MHEAP_COUNT_MAX - 1) * (MHEAP_INSIDE + MHEAP_OUTSIDE));
	end(&edge);
}

/* Both halves full at once does not confuse a young collection. */
static void collected_with_full_counts(void)
{
	struct edge_case edge;

	begin(&edge, MHEAP_COUNT_MAX, MHEAP_COUNT_MAX);
	check_equal(fixture_collect(&edge.f, 0).freed, 0);
	check_equal(fixture_collect(&edge.f, 2).freed, 0);
	check(is_alive(edge.f.session, weak_to(edge.f.session, edge.holder)));
	end(&edge);
}

static const struct test tests[] = {
	{ "references from outside: dup, load and upgrade", from_outside },
	{ "references from outside: swap", swap_out },
	{ "references from slots: store, swap and compare-and-store", from_slots },
	{ "the last reference is given", the_last_one_is_given },
	{ "a collection of objects with full counts", collected_with_full_counts },
	{}
};

const struct suite suite_count_overflow = { "count_overflow", tests };
