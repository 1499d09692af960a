// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holders: who tells them sees handles of sessions that are at work meanwhile.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"
#include "holder.h"

#define HANDLES	5000	/* the array of segments grows at 2048 and at 4096 */
#define ROUNDS	40

/* Tells all holders once. Return: how many handles they have. */
static u64 tell(struct mheap_heap *heap, u32 object)
{
	struct mheap_handle handle[MHEAP_HOLDER_PLACES];
	struct mheap_holder holder = {};
	u64 handles = 0;
	u32 count, i;
	bool more;

	while (mheap_holder_next(heap, &holder)) {
		do {
			more = mheap_holder_handles(heap, &holder, handle, &count);
			handles += count;
			for (i = 0; i < count; i++)
				check_equal(handle[i].object, object);
		} while (more);
	}
	return handles;
}

static void handles_of_all_sessions_are_told(void)
{
	struct mheap_session *other;
	struct fixture f;
	u64 first, copy;
	u32 object;
	int i;

	fixture_begin(&f, 0);
	first = make(f.session, 1, 0);
	object = number_of(f.session, first);
	check_equal(act_publish(f.session, "it", 2, first, false), 0);
	other = fixture_open(&f, 1);
	for (i = 0; i < 100; i++)
		check_equal(act_lookup(other, "it", 2, &copy), 0);
	check_equal(tell(&f.heap, object), 101);
	drop(other, copy);
	check_equal(tell(&f.heap, object), 100);
	fixture_close(&f, 1);
	check_equal(tell(&f.heap, object), 1);
	fixture_end(&f);
}

/* A session that opens handles, ends, and begins anew. */
struct holding {
	struct fixture *f;
	u32 object;
	int stop;
};

static void *tell_all_the_time(void *data)
{
	struct holding *holding = data;

	while (!__atomic_load_n(&holding->stop, __ATOMIC_RELAXED))
		check(tell(&holding->f->heap, holding->object) > 0);
	return NULL;
}

static void handles_are_told_while_there_are_more_and_more(void)
{
	struct holding holding;
	pthread_t thread;
	struct fixture f;
	u64 first, copy;
	int round, i;

	fixture_begin(&f, 0);
	first = make(f.session, 1, 0);
	holding = (struct holding){ .f = &f, .object = number_of(f.session, first) };
	check_equal(act_publish(f.session, "it", 2, first, false), 0);
	check(!pthread_create(&thread, NULL, tell_all_the_time, &holding));
	for (round = 0; round < ROUNDS; round++) {
		fixture_open(&f, 1);
		for (i = 0; i < HANDLES; i++)
			check_equal(act_lookup(&f.session[1], "it", 2, &copy), 0);
		fixture_close(&f, 1);
	}
	__atomic_store_n(&holding.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "handles of all sessions are told", handles_of_all_sessions_are_told },
	{ "handles are told while there are more and more",
	  handles_are_told_while_there_are_more_and_more },
	{}
};

const struct suite suite_holders = { "holders", tests };
