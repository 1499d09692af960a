// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: who listens gets what happened, in order, and is told how much of
 * what it wanted is gone.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

#define START	(1U << MHEAP_JOURNAL_START)
#define END	(1U << MHEAP_JOURNAL_END)
#define LIMIT	(1U << MHEAP_JOURNAL_LIMIT)

static bool read_as(struct fixture *f, u32 number, u32 kinds, struct mheap_journal_entry *entry)
{
	struct mheap_journal_place *place = &f->session[number].listener.place;

	const bool ready = mheap_listener_is_ready(&f->session[number]);

	check_equal(mheap_journal_read(&f->heap.journal, kinds, place, entry), ready);
	return ready;
}

static void listen_to(struct fixture *f, u32 number, u32 kinds)
{
	check_equal(mheap_listen(&f->session[number], kinds << MHEAP_LISTEN_JOURNAL_SHIFT), 0);
}

static void nothing_is_kept_before_somebody_listens(void)
{
	struct mheap_journal_entry entry;
	struct fixture f;

	fixture_begin(&f, 0);
	fixture_collect(&f, 0);
	check(!f.heap.journal.entry);
	check_equal(f.events, 0);
	listen_to(&f, 0, START | END);
	check(!read_as(&f, 0, START | END, &entry));
	fixture_collect(&f, 1);
	check(read_as(&f, 0, START | END, &entry));
	check_equal(entry.kind, MHEAP_JOURNAL_START);
	check_equal(entry.which, 1);
	check(read_as(&f, 0, START | END, &entry));
	check_equal(entry.kind, MHEAP_JOURNAL_END);
	check(!read_as(&f, 0, START | END, &entry));
	/* Who comes later does not hear of it. */
	fixture_open(&f, 1);
	listen_to(&f, 1, START | END);
	check(!read_as(&f, 1, START | END, &entry));
	fixture_end(&f);
}

static void limits_are_told(void)
{
	struct mheap_journal_entry entry;
	struct fixture f;

	fixture_begin(&f, 0);
	listen_to(&f, 0, LIMIT);
	fixture_collect(&f, 2);
	check(!mheap_listener_is_ready(f.session));
	mheap_journal_limit(&f.heap, 2, 90, 100);
	check(mheap_listener_is_ready(f.session));
	check(read_as(&f, 0, LIMIT, &entry));
	check_equal(entry.kind, MHEAP_JOURNAL_LIMIT);
	check_equal(entry.which, 2);
	check_equal(entry.value[0], 90);
	check_equal(entry.value[1], 100);
	check(!mheap_listener_is_ready(f.session));
	fixture_end(&f);
}

/* Of a kind that is added nothing is told that was before, read or gone. */
static void what_was_before_a_kind_is_not_told(void)
{
	struct mheap_journal_entry entry;
	struct fixture f;
	u32 i;

	fixture_begin(&f, 0);
	listen_to(&f, 0, START);
	fixture_collect(&f, 0);
	mheap_journal_limit(&f.heap, 1, 2, 3);
	listen_to(&f, 0, START | END | LIMIT);
	check(read_as(&f, 0, START | END | LIMIT, &entry));
	check_equal(entry.kind, MHEAP_JOURNAL_START);
	check(!read_as(&f, 0, START | END | LIMIT, &entry));
	fixture_collect(&f, 1);
	check(read_as(&f, 0, START | END | LIMIT, &entry));
	check_equal(entry.kind, MHEAP_JOURNAL_START);
	listen_to(&f, 0, START);
	listen_to(&f, 0, START | END);
	check(!read_as(&f, 0, START | END, &entry));
	fixture_collect(&f, 2);
	listen_to(&f, 0, START | END | LIMIT);
	for (i = 0; i < MHEAP_JOURNAL_ENTRIES; i++)
		mheap_journal_limit(&f.heap, 0, i, 0);
	mheap_journal_limit(&f.heap, 0, i, 0);
	/* A start, an end and one limit. */
	check(read_as(&f, 0, START | END | LIMIT, &entry));
	check_equal(entry.kind, MHEAP_JOURNAL_LOST);
	check_equal(entry.value[0], 3);
	for (i = 0; i < MHEAP_JOURNAL_ENTRIES; i++)
		check(read_as(&f, 0, START | END | LIMIT, &entry));
	check(!read_as(&f, 0, START | END | LIMIT, &entry));
	fixture_end(&f);
}

static void what_is_gone_is_counted_by_kind(void)
{
	struct mheap_journal_entry entry;
	struct fixture f;
	u64 lost;
	u32 i;

	fixture_begin(&f, 0);
	listen_to(&f, 0, START | LIMIT);
	for (i = 0; i < 1000; i++) {
		mheap_journal_start(&f.heap, i);
		if (i % 3 == 0)
			mheap_journal_limit(&f.heap, 0, i, 0);
	}
	check(read_as(&f, 0, START | LIMIT, &entry));
	check_equal(entry.kind, MHEAP_JOURNAL_LOST);
	lost = entry.value[0];
	check_equal(lost, 1000 + 334 - MHEAP_JOURNAL_ENTRIES);
	for (i = 0; read_as(&f, 0, START | LIMIT, &entry); i++)
		check(entry.kind != MHEAP_JOURNAL_LOST);
	check_equal(i, MHEAP_JOURNAL_ENTRIES);
	/* Of kinds that nobody wants none is lost. */
	listen_to(&f, 0, END);
	for (i = 0; i < 1000; i++)
		mheap_journal_start(&f.heap, i);
	check(!mheap_listener_is_ready(f.session));
	check(!read_as(&f, 0, END, &entry));
	fixture_end(&f);
}

static void without_memory_nothing_is_listened_to(void)
{
	struct fixture f;

	fixture_begin(&f, 0);
	port_fail_at = port_allocations + 1;
	check_equal(mheap_listen(f.session, MHEAP_LISTEN_ALL), -ENOMEM);
	port_fail_at = 0;
	check_equal(f.session->listener.kinds, 0);
	check_equal(f.heap.finalizers.listeners, 0);
	port_fail_all = true;
	port_fail_at = port_allocations + 1;
	check_equal(mheap_listen(f.session, 0), 0);
	check_equal(mheap_listen(f.session, MHEAP_LISTEN_FINALIZERS), 0);
	port_fail_at = 0;
	port_fail_all = false;
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "nothing is kept before somebody listens", nothing_is_kept_before_somebody_listens },
	{ "limits are told", limits_are_told },
	{ "what was before a kind is not told", what_was_before_a_kind_is_not_told },
	{ "what is gone is counted by kind", what_is_gone_is_counted_by_kind },
	{ "without memory nothing is listened to", without_memory_nothing_is_listened_to },
	{}
};

const struct suite suite_journal = { "journal", tests };
