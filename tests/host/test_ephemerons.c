// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ephemerons: a value lives while its key and its ephemeron do, and is no reason for
 * its key to live.
 */
#include "act.h"
#include "finalizer.h"
#include "fixture.h"
#include "garbage.h"
#include "harness.h"
#include "permanent.h"

/* An ephemeron with a key and a value. */
static u64 pair(struct mheap_session *session, u64 key, u64 value)
{
	const u64 ephemeron = make_ephemeron(session);

	link_to(session, ephemeron, 0, key);
	link_to(session, ephemeron, 1, value);
	return ephemeron;
}

static bool holds_nothing(struct mheap_session *session, u64 ephemeron)
{
	return !target_of(session, ephemeron, 0) && !target_of(session, ephemeron, 1);
}

static struct mheap_object_figures figures_of(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures = {};

	check_equal(act_info(session, handle, &figures), 0);
	return figures;
}

static void what_it_is(void)
{
	struct mheap_object_figures figures;
	struct mheap_session *s;
	u64 key, value, e, other;
	struct fixture f;
	char data[4] = "abc";

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	key = make(s, 0, 0);
	value = make(s, 0, 0);
	check(!figures_of(s, key).tracked);
	e = pair(s, key, value);
	figures = figures_of(s, e);
	check(figures.shape.ephemeron && figures.tracked);
	check_equal(figures.shape.slots, 2);
	check_equal(figures.shape.length, 4);
	check_equal(figures.shape.type, 5);
	check_equal(figures.charged, 24 + 16 + 8 + 4 + 5);
	check_equal(act_write(s, e, 0, data, 4), 0);
	memset(data, 0, 4);
	check_equal(act_read(s, e, 0, data, 9), 4);
	check_equal(memcmp(data, "abc", 4), 0);
	/* The key does not count, but is tracked from now on; the value counts. */
	check_equal(figures_of(s, key).inside, 0);
	check_equal(figures_of(s, value).inside, 1);
	check(figures_of(s, key).tracked && !figures_of(s, value).tracked);
	check_equal(target_of(s, e, 0), number_of(s, key));
	check_equal(target_of(s, e, 1), number_of(s, value));
	check_equal(act_load(s, e, 2, &other), -EINVAL);
	check_equal(act_store(s, e, 2, key), -EINVAL);
	check_equal(act_swap(s, e, 1, value, &other), -EINVAL);
	check_equal(act_compare_store(s, e, 1, value, 0), -EINVAL);
	check_equal(act_resize(s, e, 2, 0), -EINVAL);
	check_equal(act_resize(s, e, 3, 4), -EINVAL);
	/* A new key comes without a value, and so does none. */
	link_to(s, e, 0, key);
	check_equal(target_of(s, e, 1), 0);
	check_equal(figures_of(s, value).inside, 0);
	link_to(s, e, 1, value);
	link_to(s, e, 1, key);
	check_equal(target_of(s, e, 1), number_of(s, key));
	link_to(s, e, 1, 0);
	check_equal(target_of(s, e, 1), 0);
	link_to(s, e, 1, value);
	link_to(s, e, 0, 0);
	check(holds_nothing(s, e));
	check_equal(act_store(s, e, 1, value), -ENOENT);
	check_equal(act_store(s, e, 1, 0), 0);
	check_equal(fixture_collect(&f, 2).freed, 0);
	fixture_end(&f);
}

static void key_dies_by_count(void)
{
	u64 key, value, e, weak, leaf;
	struct mheap_session *s;
	struct fixture f;
	u32 slots;

	for (slots = 0; slots < 2; slots++) {
		fixture_begin(&f, FIXTURE_VERIFY);
		s = f.session;
		key = make(s, slots, 0);
		value = make(s, 1, 0);
		leaf = make(s, 0, 0);
		link_to(s, value, 0, leaf);
		drop(s, leaf);
		weak = weak_to(s, value);
		e = pair(s, key, value);
		drop(s, value);
		fixture_collect(&f, 2);
		check(is_alive(s, weak));
		drop(s, key);
		check(holds_nothing(s, e));	/* at once */
		check_equal(act_store(s, e, 1, e), -ENOENT);
		fixture_settle(&f);
		check(!is_alive(s, weak));
		check_equal(fixture_objects(&f), 1);
		fixture_end(&f);
	}
}

static void ephemeron_dies_first(void)
{
	u64 key, value, e, weak;
	struct mheap_session *s;
	struct fixture f;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	key = make(s, 1, 0);
	value = make(s, 1, 0);
	weak = weak_to(s, value);
	e = pair(s, key, value);
	drop(s, value);
	drop(s, e);
	check(!is_alive(s, weak));
	check_equal(fixture_objects(&f), 1);
	e = pair(s, key, key);
	link_to(s, key, 0, e);
	drop(s, e);
	drop(s, key);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 2);
	check_equal(fixture_collect(&f, 0).freed, 2);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/* The table with weak keys that leaks: the value refers to its key. */
static void value_refers_to_key(void)
{
	u64 key, value, e, weak[2];
	struct mheap_session *s;
	u32 generation, slots;
	struct fixture f;

	for (generation = 0; generation < 3; generation++)
		for (slots = 0; slots < 2; slots++) {
			fixture_begin(&f, FIXTURE_VERIFY);
			s = f.session;
			key = make(s, slots, 8);
			value = make(s, 1, 0);
			link_to(s, value, 0, key);
			weak[0] = weak_to(s, key);
			weak[1] = weak_to(s, value);
			e = pair(s, key, value);
			drop(s, value);
			check_equal(fixture_collect(&f, generation).freed, 0);
			check_equal(target_of(s, e, 1) != 0, true);
			drop(s, key);
			check(is_alive(s, weak[0]) && is_alive(s, weak[1]));
			check_equal(fixture_collect(&f, 2).freed, 2);
			check(!is_alive(s, weak[0]) && !is_alive(s, weak[1]));
			check(holds_nothing(s, e));
			check_equal(fixture_objects(&f), 1);
			drop(s, e);
			check_equal(fixture_objects(&f), 0);
			fixture_end(&f);
		}
}

/* The key is garbage, the value is a leaf, or held by somebody else as well. */
static void value_outlives_or_not(void)
{
	u64 key, held, leaf, e, f_, weak;
	struct mheap_session *s;
	struct fixture f;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	key = make(s, 1, 0);
	link_to(s, key, 0, key);
	held = make(s, 1, 0);
	leaf = make(s, 0, 0);
	weak = weak_to(s, leaf);
	e = pair(s, key, held);
	f_ = pair(s, key, leaf);
	drop(s, leaf);
	drop(s, key);
	check_equal(fixture_collect(&f, 0).freed, 1);
	fixture_settle(&f);
	check(holds_nothing(s, e) && holds_nothing(s, f_));
	check(!is_alive(s, weak));
	check_equal(figures_of(s, held).inside, 0);
	check_equal(fixture_objects(&f), 3);
	fixture_end(&f);
}

/* An old ephemeron and a young pair: a young collection keeps what it cannot know. */
static void generations(void)
{
	u64 key, value, e, weak;
	struct mheap_session *s;
	struct fixture f;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	e = make_ephemeron(s);
	fixture_collect(&f, 2);
	key = make(s, 1, 0);
	value = make(s, 1, 0);
	weak = weak_to(s, value);
	link_to(s, e, 0, key);
	link_to(s, e, 1, value);
	link_to(s, value, 0, key);
	drop(s, key);
	drop(s, value);
	check_equal(fixture_collect(&f, 0).freed, 0);
	check(is_alive(s, weak));
	check_equal(fixture_collect(&f, 2).freed, 2);
	/* A garbage key that its value does not hold is found at once. */
	key = make(s, 1, 0);
	value = make(s, 1, 0);
	weak = weak_to(s, value);
	link_to(s, key, 0, key);
	link_to(s, e, 0, key);
	link_to(s, e, 1, value);
	drop(s, key);
	drop(s, value);
	check_equal(fixture_collect(&f, 0).freed, 1);
	fixture_settle(&f);
	check(!is_alive(s, weak) && holds_nothing(s, e));
	/* A young ephemeron with an old key. */
	key = make(s, 1, 0);
	fixture_collect(&f, 2);
	e = pair(s, key, make(s, 1, 0));
	fixture_collect(&f, 0);
	check(target_of(s, e, 1));
	fixture_end(&f);
}

static void itself(void)
{
	u64 e, value, weak;
	struct mheap_session *s;
	struct fixture f;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	/* Its own key: an ordinary slot. */
	e = make_ephemeron(s);
	value = make(s, 1, 0);
	weak = weak_to(s, value);
	link_to(s, e, 0, e);
	link_to(s, e, 1, value);
	link_to(s, value, 0, e);
	drop(s, value);
	fixture_collect(&f, 2);
	check(is_alive(s, weak));
	drop(s, e);
	check_equal(fixture_collect(&f, 2).freed, 2);
	/* Its own value. */
	value = make(s, 1, 0);
	e = make_ephemeron(s);
	link_to(s, e, 0, value);
	link_to(s, e, 1, e);
	drop(s, e);
	check_equal(fixture_collect(&f, 2).freed, 1);
	/* Key and value in one. */
	e = pair(s, value, value);
	drop(s, value);
	fixture_settle(&f);
	check_equal(target_of(s, e, 1) != 0, true);
	check_equal(fixture_collect(&f, 2).freed, 1);
	check(holds_nothing(s, e));
	fixture_end(&f);
}

#define CHAIN	3000U

/* The value of each is the key of the next; made in some order. */
static void chain_of(u32 step)
{
	static u64 object[CHAIN + 1];
	struct mheap_session *s;
	struct fixture f;
	u64 last;
	u32 i, n;

	fixture_begin(&f, FIXTURE_SLAB);
	s = f.session;
	for (i = 0; i <= CHAIN; i++)
		object[i] = make(s, 1, 0);
	last = weak_to(s, object[CHAIN]);
	for (i = 0, n = 0; i < CHAIN; i++, n = (n + step) % CHAIN)
		pair(s, object[n], object[n + 1]);
	for (i = 1; i <= CHAIN; i++)
		drop(s, object[i]);
	for (i = 0; i < 3; i++)
		check_equal(fixture_collect(&f, i).freed, 0);
	check(is_alive(s, last));
	link_to(s, object[0], 0, object[0]);
	drop(s, object[0]);
	check_equal(fixture_collect(&f, 2).freed, CHAIN + 1);
	check(!is_alive(s, last));
	check_equal(fixture_objects(&f), CHAIN);
	fixture_end(&f);
}

static void chains(void)
{
	chain_of(1);
	chain_of(CHAIN - 1);
	chain_of(1009);
}

/* The same by count: each death entails the next. */
static void chain_by_count(void)
{
	struct mheap_session *s;
	struct fixture f;
	u64 key, value;
	u32 i;

	fixture_begin(&f, FIXTURE_SLAB);
	s = f.session;
	key = make(s, 0, 0);
	for (i = 0; i < CHAIN; i++) {
		value = make(s, 0, 0);
		pair(s, key, value);
		drop(s, key);
		key = value;
	}
	drop(s, key);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), CHAIN);
	fixture_end(&f);
}

/* More ephemerons of one key than are looked at in one go. */
static void many_of_one_key(void)
{
	static u64 weak[1000];
	struct mheap_session *s;
	struct fixture f;
	u64 key, value, holder;
	u32 i;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	/* Reached behind the ephemerons, so that it has to find them. */
	holder = make(s, 1, 0);
	key = make(s, 1, 0);
	for (i = 0; i < 1000; i++) {
		value = make(s, 1, 0);
		weak[i] = weak_to(s, value);
		link_to(s, value, 0, key);
		pair(s, key, value);
		drop(s, value);
	}
	link_to(s, holder, 0, key);
	drop(s, key);
	fixture_collect(&f, 2);
	for (i = 0; i < 1000; i++)
		check(is_alive(s, weak[i]));
	link_to(s, holder, 0, 0);
	check_equal(fixture_collect(&f, 2).freed, 1001);
	for (i = 0; i < 1000; i++)
		check(!is_alive(s, weak[i]));
	fixture_end(&f);
}

/* A key that has no slots any more is still found. */
static void key_is_resized(void)
{
	struct mheap_session *s;
	u64 key, value;
	struct fixture f;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	key = make(s, 2, 0);
	value = make(s, 1, 0);
	link_to(s, value, 0, key);
	pair(s, key, value);
	drop(s, value);
	check_equal(act_resize(s, key, 0, 16), 0);
	check(figures_of(s, key).tracked);
	check_equal(act_resize(s, key, 3, 0), 0);
	check_equal(act_resize(s, key, 0, 0), 0);
	check(figures_of(s, key).tracked);
	drop(s, key);
	check_equal(fixture_collect(&f, 2).freed, 2);
	fixture_end(&f);
}

static void key_number_is_used_again(void)
{
	struct mheap_session *s;
	u64 key, e, other;
	struct fixture f;
	u32 i;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	key = make(s, 0, 0);
	e = pair(s, key, key);
	link_to(s, e, 1, 0);
	drop(s, key);
	for (i = 0; i < 2 * MHEAP_CHUNK_OBJECTS; i++) {
		other = make(s, i % 2, 0);
		check(holds_nothing(s, e));
		if (i % 3)
			drop(s, other);
	}
	fixture_collect(&f, 2);
	check(holds_nothing(s, e));
	other = make(s, 0, 0);
	link_to(s, e, 0, other);
	check_equal(target_of(s, e, 0), number_of(s, other));
	fixture_end(&f);
}

static void without_memory(void)
{
	const struct mheap_shape shape = { .slots = 2, .ephemeron = true };
	struct mheap_heap_figures before, after;
	struct mheap_session *s;
	u64 key, e = 0, other;
	struct fixture f;
	long n, failed = 0;

	fixture_begin(&f, 0);
	s = f.session;
	key = make(s, 0, 0);
	mheap_heap_figures(&f.heap, &before);
	port_fail_all = true;
	for (n = 1; !e; n++) {
		port_fail_at = port_allocations + n;
		failed += act_new(s, &shape, &e) == -ENOMEM;
		port_fail_at = 0;
		mheap_heap_figures(&f.heap, &after);
		if (!e)
			check_equal(after.created, before.created);
	}
	check(failed >= 3);
	port_fail_at = port_allocations + 1;
	check_equal(act_store(s, e, 0, key), -ENOMEM);
	port_fail_at = 0;
	check(!figures_of(s, key).tracked && holds_nothing(s, e));
	/* A collection makes up for one failure. */
	port_fail_all = false;
	port_fail_at = port_allocations + 1;
	check_equal(act_store(s, e, 0, key), 0);
	check_equal(port_allocations > port_fail_at, true);
	port_fail_at = 0;
	link_to(s, e, 1, key);
	check_equal(act_load(s, e, 1, &other), 0);
	fixture_end(&f);
}

/* A value that refers to its key; nobody holds either but @ephemeron. Return: the value, weak. */
static u64 fill_with_pair(struct mheap_session *session, u64 ephemeron)
{
	const u64 key = make(session, 0, 0);
	const u64 value = make(session, 1, 0);
	const u64 weak = weak_to(session, value);

	link_to(session, ephemeron, 0, key);
	link_to(session, ephemeron, 1, value);
	link_to(session, value, 0, key);
	drop(session, key);
	drop(session, value);
	return weak;
}

static void frozen(void)
{
	struct mheap_session *s;
	u64 key, value, e, weak;
	struct fixture f;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	/* A permanent key is a root, and so its value is reached. */
	e = make_ephemeron(s);
	weak = fill_with_pair(s, e);
	check_equal(mheap_permanent_freeze(&f.heap), 0);
	check_equal(fixture_collect(&f, 2).freed, 0);
	check(is_alive(s, weak) && target_of(s, e, 0));
	check_equal(mheap_permanent_unfreeze(&f.heap), 0);
	check_equal(fixture_collect(&f, 2).freed, 2);
	check(holds_nothing(s, e));
	/* A permanent ephemeron keeps no more than another. */
	check_equal(mheap_permanent_freeze(&f.heap), 0);
	weak = fill_with_pair(s, e);
	check_equal(fixture_collect(&f, 0).freed, 0);
	check(is_alive(s, weak));
	check_equal(fixture_collect(&f, 2).freed, 2);
	check(!is_alive(s, weak) && holds_nothing(s, e));
	check_equal(mheap_permanent_unfreeze(&f.heap), 0);
	/* A permanent key that nobody holds, and a value that is not permanent. */
	key = make(s, 1, 0);
	link_to(s, key, 0, key);
	link_to(s, e, 0, key);
	check_equal(mheap_permanent_freeze(&f.heap), 0);
	value = make(s, 1, 0);
	link_to(s, value, 0, value);
	link_to(s, e, 1, value);
	weak = weak_to(s, value);
	drop(s, key);
	drop(s, value);
	check_equal(fixture_collect(&f, 2).freed, 0);
	check(is_alive(s, weak) && target_of(s, e, 1));
	check_equal(mheap_permanent_unfreeze(&f.heap), 0);
	fixture_collect(&f, 2);
	fixture_collect(&f, 2);
	check(!is_alive(s, weak) && holds_nothing(s, e));
	fixture_end(&f);
}

static void garbage_is_kept(void)
{
	struct mheap_collection collection;
	struct mheap_session *s;
	struct fixture f;
	u64 e, weak;

	fixture_begin(&f, FIXTURE_VERIFY);
	s = f.session;
	e = make_ephemeron(s);
	weak = fill_with_pair(s, e);
	f.heap.debug = MHEAP_SAVE_ALL;
	collection = fixture_collect(&f, 2);
	check_equal(collection.freed, 0);
	check_equal(collection.uncollectable, 2);
	check(is_alive(s, weak) && target_of(s, e, 0) && target_of(s, e, 1));
	f.heap.debug = 0;
	check_equal(mheap_garbage_clear(&f.heap), 0);
	check_equal(fixture_collect(&f, 2).freed, 2);
	check(!is_alive(s, weak) && holds_nothing(s, e));
	fixture_end(&f);
}

/* A key is dead while others are collected, and then its finalizer is called. */
static void key_comes_back(void)
{
	static const u32 threshold[MHEAP_GENERATION_COUNT] = { 1, 100, 100 };
	u64 tree, key, value, e, weak;
	struct mheap_session *s;
	struct fixture f;

	fixture_begin(&f, FIXTURE_AUTO);
	s = f.session;
	check_equal(mheap_generations_set_threshold(&f.heap.generations, threshold), 0);
	mheap_finalizers_listen(&f.heap);
	tree = make(s, 1000, 0);
	key = make(s, 1, 0);
	check_equal(act_set_finalizer(s, key, 1), 0);
	link_to(s, tree, 999, key);
	fixture_collect(&f, 2);
	value = make(s, 1, 0);
	link_to(s, value, 0, value);
	weak = weak_to(s, value);
	e = pair(s, key, value);
	drop(s, value);
	drop(s, key);
	drop(s, tree);
	check(mheap_release_pending(&f.heap));
	check(holds_nothing(s, e));
	mheap_collect_due(&f.heap);
	check_equal(generation_of_handle(s, e), 1);
	check_equal(f.heap.finalizers.waiting, 0);
	fixture_settle(&f);
	check_equal(f.heap.finalizers.waiting, 1);
	check(is_alive(s, weak) && target_of(s, e, 0) && target_of(s, e, 1));
	mheap_finalizers_unlisten(s);
	fixture_settle(&f);
	check(holds_nothing(s, e));
	check_equal(fixture_collect(&f, 2).freed, 1);
	check(!is_alive(s, weak));
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "what it is, and what cannot be done with it", what_it_is },
	{ "the value goes when the key dies by count", key_dies_by_count },
	{ "the value goes when the ephemeron dies", ephemeron_dies_first },
	{ "a value that refers to its key does not keep it", value_refers_to_key },
	{ "values of garbage keys, held elsewhere or leaves", value_outlives_or_not },
	{ "old and young", generations },
	{ "its own key, its own value, key and value in one", itself },
	{ "chains in any order, by collection", chains },
	{ "a chain by count", chain_by_count },
	{ "many ephemerons of one key", many_of_one_key },
	{ "a key that is resized", key_is_resized },
	{ "the number of a dead key is used again", key_number_is_used_again },
	{ "frozen keys, frozen ephemerons", frozen },
	{ "the garbage list", garbage_is_kept },
	{ "a key that its finalizer brings back", key_comes_back },
	{ "without memory nothing has happened", without_memory },
	{}
};

const struct suite suite_ephemerons = { "ephemerons", tests };
