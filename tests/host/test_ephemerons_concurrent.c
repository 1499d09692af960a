// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ephemerons that threads fill, load and throw away, beside collections.
 */
#include <unistd.h>

#include "act.h"
#include "fixture.h"
#include "harness.h"
#include "source.h"

/**
 * struct crowd - threads at a table of ephemerons, beside collections
 * @fixture: the heap
 * @thread: numbers of the threads
 *
 * A token is an object that refers to itself and says so in its payload. Keys and
 * values are tokens, and values refer to their keys.
 */
struct crowd {
	struct fixture fixture;
	unsigned int thread;
};

#define CROWD	4U
#define NAMES	6U

static u64 make_token(struct mheap_session *session, u64 key)
{
	const u64 token = make(session, 2, 4);
	const u32 number = number_of(session, token);

	act_write(session, token, 0, &number, 4);
	link_to(session, token, 0, token);
	link_to(session, token, 1, key);
	return token;
}

/* What is loaded is a token, and as it was made. */
static void check_token(struct mheap_session *session, u64 token)
{
	u32 number = 0;

	check_equal(act_read(session, token, 0, &number, 4), 4);
	check_equal(number, number_of(session, token));
	check_equal(target_of(session, token, 0), number);
}

static u64 look_up(struct mheap_session *session, u32 number)
{
	const char name = 'a' + number;
	u64 ephemeron = 0;

	if (act_lookup(session, &name, 1, &ephemeron)) {
		ephemeron = make_ephemeron(session);
		act_publish(session, &name, 1, ephemeron, true);
	}
	return ephemeron;
}

static void fill(struct mheap_session *session, struct source *source, u64 ephemeron, u64 *kept)
{
	const u64 key = make_token(session, 0);
	u64 value, other;

	link_to(session, ephemeron, 0, key);
	value = make_token(session, key);
	act_store(session, ephemeron, 1, value);
	if (once_in(source, 4)) {	/* the value of one is the key of another */
		other = look_up(session, pick(source, NAMES));
		link_to(session, other, 0, value);
		drop(session, other);
	}
	drop(session, value);
	if (once_in(source, 3)) {
		if (*kept)
			drop(session, *kept);
		*kept = weak_to(session, key);
	}
	drop(session, key);
}

static void live(struct mheap_session *session, struct source *source, u64 *kept)
{
	const u64 ephemeron = look_up(session, pick(source, NAMES));
	u64 target = 0;

	switch (pick(source, 8)) {
	case 0:
		fill(session, source, ephemeron, kept);
		break;
	case 1:
		act_store(session, ephemeron, pick(source, 2), 0);
		break;
	case 2:
		check_equal(act_unpublish(session, &"abcdef"[pick(source, NAMES)], 1) <= 0, true);
		break;
	case 3:
		if (*kept && !act_upgrade(session, *kept, &target))
			check_token(session, target);
		break;
	default:
		check_equal(act_load(session, ephemeron, pick(source, 2), &target), 0);
		if (target)
			check_token(session, target);
	}
	/* Now and then somebody holds on to what he has. */
	if (target && !once_in(source, 16))
		drop(session, target);
	drop(session, ephemeron);
}

static void *crowd_thread(void *argument)
{
	struct crowd *crowd = argument;
	const unsigned int number = __atomic_add_fetch(&crowd->thread, 1, __ATOMIC_RELAXED);
	struct source source = source_of_seed(number * setting("SEED", 1));
	struct fixture *fixture = &crowd->fixture;
	struct mheap_collection collection;
	const unsigned long operations = min(setting("OPS", 6000), 15000UL);
	u64 kept = 0;
	unsigned long i;

	for (i = 0; i < operations && !check_failed(); i++) {
		if (number > CROWD) {
			mheap_collect(&fixture->heap, i % 3, &collection);
			usleep(10);
			continue;
		}
		live(&fixture->session[number], &source, &kept);
		if (i % 256 == 0) {	/* what was held on to goes */
			fixture_close(fixture, number);
			fixture_open(fixture, number);
			kept = 0;
		}
	}
	return NULL;
}

static void crowd_works(unsigned int flags)
{
	static struct crowd crowd;
	pthread_t thread[CROWD + 1];
	unsigned int i;

	memset(&crowd, 0, sizeof(crowd));
	port_alarms = 0;
	fixture_begin(&crowd.fixture, FIXTURE_WORKER | flags);
	for (i = 1; i <= CROWD; i++)
		fixture_open(&crowd.fixture, i);
	for (i = 0; i <= CROWD; i++)
		pthread_create(&thread[i], NULL, crowd_thread, &crowd);
	for (i = 0; i <= CROWD; i++)
		pthread_join(thread[i], NULL);
	for (i = 1; i <= CROWD; i++)
		fixture_close(&crowd.fixture, i);
	for (i = 0; i < NAMES; i++)
		act_unpublish(crowd.fixture.session, &"abcdef"[i], 1);
	fixture_collect(&crowd.fixture, 2);
	fixture_settle(&crowd.fixture);
	fixture_collect(&crowd.fixture, 2);
	fixture_settle(&crowd.fixture);
	check_equal(fixture_objects(&crowd.fixture), 0);
	check_equal(atomic_read(&crowd.fixture.heap.ephemerons.count), 0);
	fixture_end(&crowd.fixture);
}

static void crowded(void)
{
	crowd_works(0);
	crowd_works(FIXTURE_VERIFY);
}

static const struct test tests[] = {
	{ "threads at a table, beside collections", crowded },
	{}
};

const struct suite suite_ephemerons_concurrent = { "ephemerons_concurrent", tests };
