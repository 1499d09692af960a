// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verification: right verdicts pass, and a wrong one frees nothing.
 */
#include "act.h"
#include "count.h"
#include "fixture.h"
#include "harness.h"

static void begin(struct fixture *f)
{
	fixture_begin(f, 0);
	f->heap.verify.enabled = true;
	port_alarms = 0;
}

static void expect(struct fixture *f, long checked, long wrong, long skipped)
{
	check_equal(atomic64_read(&f->heap.verify.checked), checked);
	check_equal(atomic64_read(&f->heap.verify.wrong), wrong);
	check_equal(atomic64_read(&f->heap.verify.skipped), skipped);
	check_equal(!!port_alarms, !!wrong);
}

/* A ring that is held, and one that is not. Return: the one that is. */
static u64 two_rings(struct fixture *f)
{
	u64 held = make(f->session, 1, 0);
	u64 lost = make(f->session, 1, 0);
	u64 other = make(f->session, 1, 0);

	link_to(f->session, held, 0, held);
	link_to(f->session, lost, 0, other);
	link_to(f->session, other, 0, lost);
	drop(f->session, lost);
	drop(f->session, other);
	return held;
}

static void right_verdicts_pass(void)
{
	struct fixture f;
	u32 generation;

	begin(&f);
	for (generation = 0; generation < 3; generation++) {
		two_rings(&f);
		check_equal(fixture_collect(&f, generation).freed, 2);
	}
	expect(&f, 3, 0, 0);
	check_equal(fixture_objects(&f), 3);
	fixture_end(&f);
}

/* What is planted can be reached from a handle, or only from another object. */
static void wrong_verdict_frees_nothing(u32 generation, bool behind)
{
	struct fixture f;
	u64 held, inner, weak;

	begin(&f);
	held = two_rings(&f);
	inner = make(f.session, 1, 0);
	weak = weak_to(f.session, inner);
	f.heap.verify.plant = number_of(f.session, behind ? inner : held);
	link_to(f.session, held, 0, inner);
	drop(f.session, inner);
	check_equal(fixture_collect(&f, generation).freed, 0);
	expect(&f, 1, 1, 0);
	check_equal(fixture_objects(&f), 4);
	check(is_alive(f.session, weak));
	/* The next verdict is right again. */
	check_equal(fixture_collect(&f, 2).freed, 2);
	check(is_alive(f.session, weak));
	check_equal(atomic64_read(&f.heap.verify.wrong), 1);
	fixture_end(&f);
}

static void planted_verdicts(void)
{
	u32 generation;

	for (generation = 0; generation < 3; generation++) {
		wrong_verdict_frees_nothing(generation, false);
		wrong_verdict_frees_nothing(generation, true);
	}
}

/* A count that says more or less than there is. */
static void wrong_count(void)
{
	struct fixture f;
	u64 held;

	begin(&f);
	held = two_rings(&f);
	atomic64_add(MHEAP_INSIDE, mheap_count_of(&f.heap, number_of(f.session, held)));
	check_equal(fixture_collect(&f, 2).freed, 0);
	expect(&f, 1, 1, 0);
	atomic64_sub(MHEAP_INSIDE, mheap_count_of(&f.heap, number_of(f.session, held)));
	check_equal(fixture_collect(&f, 2).freed, 2);
	fixture_end(&f);
}

static void without_memory(void)
{
	struct fixture f;

	begin(&f);
	two_rings(&f);
	port_fail_at = port_allocations + 2;
	check_equal(fixture_collect(&f, 2).freed, 0);
	port_fail_at = 0;
	expect(&f, 0, 0, 1);
	check_equal(fixture_collect(&f, 2).freed, 2);
	expect(&f, 1, 0, 1);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "right verdicts pass", right_verdicts_pass },
	{ "a planted verdict is caught and frees nothing", planted_verdicts },
	{ "a wrong count is caught", wrong_count },
	{ "without memory nothing is freed", without_memory },
	{}
};

const struct suite suite_verify = { "verify", tests };
