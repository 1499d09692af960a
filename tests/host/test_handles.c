// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles that are misused: closed, foreign, stale, forged, of the wrong kind.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

/* Every operation that takes a handle gives the same answer. */
static void refused(struct mheap_session *session, u64 handle, int error)
{
	struct mheap_object_figures figures;
	u64 unused = 0;

	check_equal(act_dup(session, handle, &unused), error);
	check_equal(act_load(session, handle, 0, &unused), error);
	check_equal(act_store(session, handle, 0, 0), error);
	check_equal(act_swap(session, handle, 0, 0, &unused), error);
	check_equal(act_compare_store(session, handle, 0, 0, 0), error);
	check_equal(act_read(session, handle, 0, &unused, 1), error);
	check_equal(act_write(session, handle, 0, &unused, 1), error);
	check_equal(act_resize(session, handle, 0, 0), error);
	check_equal(act_info(session, handle, &figures), error);
	check_equal(act_weak(session, handle, &unused), error);
	check_equal(act_upgrade(session, handle, &unused), error);
	check_equal(act_same(session, handle, handle), error);
	check_equal(act_drop(session, handle), error);
}

static void closed(void)
{
	struct fixture f;
	u64 handle, weak;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	weak = weak_to(f.session, handle);
	drop(f.session, handle);
	drop(f.session, weak);
	refused(f.session, handle, -ESTALE);
	refused(f.session, weak, -ESTALE);
	fixture_end(&f);
}

static void stale_after_reuse(void)
{
	u64 old[100], new;
	struct fixture f;
	int i, k;

	fixture_begin(&f, 0);
	for (i = 0; i < 100; i++) {
		old[i] = make(f.session, 1, 1);
		drop(f.session, old[i]);
	}
	new = make(f.session, 1, 1);
	for (i = 0; i < 100; i++) {
		check(old[i] != new);
		for (k = 0; k < i; k++)
			check(old[i] != old[k]);
		refused(f.session, old[i], -ESTALE);
	}
	fixture_end(&f);
}

static void foreign(void)
{
	struct mheap_session *other;
	struct fixture f;
	u64 mine, theirs;

	fixture_begin(&f, 0);
	other = fixture_open(&f, 1);
	mine = make(f.session, 1, 1);
	theirs = make(other, 1, 1);
	refused(f.session, theirs, -EBADF);
	refused(other, mine, -EBADF);
	check_equal(act_store(f.session, mine, 0, theirs), -EBADF);
	check_equal(act_compare_store(f.session, mine, 0, theirs, 0), -EBADF);
	drop(other, theirs);
	refused(f.session, theirs, -EBADF);
	fixture_end(&f);
}

static void of_an_earlier_session(void)
{
	struct fixture f;
	u64 handle;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	fixture_close(&f, 0);
	fixture_open(&f, 0);
	refused(f.session, handle, -EBADF);
	drop(f.session, make(f.session, 1, 1));
	refused(f.session, handle, -EBADF);
	fixture_end(&f);
}

static void forged(void)
{
	struct fixture f;
	u64 handle;
	int bit;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	refused(f.session, 0, -EBADF);
	refused(f.session, ~0ULL, -EBADF);
	refused(f.session, 1, -EBADF);
	refused(f.session, handle + 1, -EBADF);
	refused(f.session, handle | 1ULL << 63, -EBADF);
	for (bit = 0; bit < 28; bit++)
		refused(f.session, handle ^ 1ULL << bit, -EBADF);
	for (bit = 48; bit < 64; bit++)
		refused(f.session, handle ^ 1ULL << bit, -EBADF);
	drop(f.session, handle);
	fixture_end(&f);
}

/* "-EBADF if it never was a handle of this session": a life still to come. */
static void of_a_life_to_come(void)
{
	struct fixture f;
	u64 handle, next;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	drop(f.session, handle);
	next = make(f.session, 1, 1);
	drop(f.session, next);
	refused(f.session, next + (next - handle), -EBADF);
	fixture_end(&f);
}

static void wrong_kind(void)
{
	struct mheap_object_figures figures;
	u64 handle, weak, unused = 0;
	struct fixture f;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	weak = weak_to(f.session, handle);
	check_equal(act_load(f.session, weak, 0, &unused), -EINVAL);
	check_equal(act_store(f.session, weak, 0, 0), -EINVAL);
	check_equal(act_store(f.session, handle, 0, weak), -EINVAL);
	check_equal(act_swap(f.session, handle, 0, weak, &unused), -EINVAL);
	check_equal(act_compare_store(f.session, handle, 0, weak, 0), -EINVAL);
	check_equal(act_compare_store(f.session, handle, 0, 0, weak), -EINVAL);
	check_equal(act_read(f.session, weak, 0, &unused, 1), -EINVAL);
	check_equal(act_write(f.session, weak, 0, &unused, 1), -EINVAL);
	check_equal(act_resize(f.session, weak, 0, 0), -EINVAL);
	check_equal(act_info(f.session, weak, &figures), -EINVAL);
	check_equal(act_weak(f.session, weak, &unused), -EINVAL);
	check_equal(act_upgrade(f.session, handle, &unused), -EINVAL);
	check_equal(act_same(f.session, handle, weak), 1);
	fixture_end(&f);
}

static void weak_handle_is_no_reference(void)
{
	struct mheap_object_figures figures;
	u64 handle, weak, copy;
	struct fixture f;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	weak = weak_to(f.session, handle);
	check_equal(act_dup(f.session, weak, &copy), 0);
	act_info(f.session, handle, &figures);
	check_equal(figures.outside, 1);
	drop(f.session, handle);
	check_equal(fixture_objects(&f), 0);
	check(!is_alive(f.session, weak));
	check(!is_alive(f.session, copy));
	check_equal(act_same(f.session, weak, copy), 1);
	fixture_end(&f);
}

/* A number used again is another object to who remembers the first. */
static void weak_after_the_number_is_reused(void)
{
	struct fixture f;
	u64 handle, weak;
	u32 number;
	int i;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	number = number_of(f.session, handle);
	weak = weak_to(f.session, handle);
	drop(f.session, handle);
	for (i = 0; i < 5000; i++) {
		handle = make(f.session, 1, 1);
		if (number_of(f.session, handle) == number)
			break;
		drop(f.session, handle);
	}
	check(i < 5000);
	check(!is_alive(f.session, weak));
	check_equal(act_same(f.session, weak, handle), 0);
	fixture_end(&f);
}

static void a_million_handles(void)
{
	const u32 count = setting("MANY", 1000000);
	struct mheap_heap_figures figures;
	struct fixture f;
	u64 handle, copy = 0, weak;
	u32 i;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 1);
	weak = weak_to(f.session, handle);
	for (i = 0; i < count; i++)
		if (act_dup(f.session, handle, &copy))
			break;
	check_equal(i, count);
	mheap_heap_figures(&f.heap, &figures);
	check_equal(figures.handles, count + 2);
	check_equal(act_same(f.session, handle, copy), 1);
	check(is_alive(f.session, weak));
	fixture_close(&f, 0);
	mheap_heap_figures(&f.heap, &figures);
	check_equal(figures.handles, 0);
	check_equal(figures.objects, 0);
	fixture_end(&f);
}

static void closing_a_session_drops_all_it_held(void)
{
	struct mheap_session *other;
	u64 mine, theirs, loop, loaded;
	struct fixture f;

	fixture_begin(&f, 0);
	other = fixture_open(&f, 1);
	mine = make(f.session, 2, 0);
	mheap_session_enter(other);
	check_equal(mheap_object_get(other, 1), 0);
	check_equal(mheap_session_hold(other, 1, &theirs), 0);
	mheap_session_leave(other);
	loop = make(other, 1, 0);
	link_to(other, loop, 0, loop);
	link_to(other, theirs, 0, loop);
	fixture_close(&f, 1);
	check_equal(fixture_objects(&f), 2);
	check_equal(fixture_collect(&f, 2).freed, 0);
	check_equal(act_load(f.session, mine, 0, &loaded), 0);
	check(loaded);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "a closed handle is stale", closed },
	{ "a handle stays stale when its place is used again", stale_after_reuse },
	{ "a handle of another session is no handle", foreign },
	{ "a handle of an earlier session is no handle", of_an_earlier_session },
	{ "a number made up is no handle", forged },
	{ "a number that is still to be given is no handle", of_a_life_to_come },
	{ "weak for strong and strong for weak", wrong_kind },
	{ "a weak handle is no reference", weak_handle_is_no_reference },
	{ "a weak handle does not name the next object of the number",
	  weak_after_the_number_is_reused },
	{ "a million handles in one session", a_million_handles },
	{ "closing a session drops all it held", closing_a_session_drops_all_it_held },
	{}
};

const struct suite suite_handles = { "handles", tests };
