// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finalizers beside everything else: threads make objects with finalizers, chains and
 * rings of them, and lose them; others take them out of the queue, look whether they
 * are whole, and drop them or store them elsewhere; weak handles are upgraded
 * meanwhile, and two threads collect. In the end each finalizer was called once.
 *
 * SEED= and OPS= repeat a run as far as threads can be repeated.
 */
#include <unistd.h>

#include "act.h"
#include "fixture.h"
#include "harness.h"
#include "source.h"

#define MAKERS		3U
#define READERS		2U
#define GROUP		6U	/* objects made together, at most */
#define KEPT		16U	/* places where objects that were called are kept */
#define ALL		(1U << 17)

/**
 * struct game - a heap and who plays with it
 * @fixture: the heap; sessions 1 to MAKERS make, those behind them read
 * @called: how often the finalizer of each object was called, by its cookie
 * @made: objects with finalizers, cookies 1 to @made
 * @steps: of each maker
 * @flags: of the fixture
 * @stop: the makers are through
 */
struct game {
	struct fixture fixture;
	u32 called[ALL];
	u32 made;
	u32 steps;
	unsigned int flags;
	bool stop;
};

/**
 * struct player - one of the threads, or who drains the queue at the end
 * @game: what it plays
 * @session: its own
 * @source: of its decisions
 * @weak: to some of the objects it has made, or 0
 * @keeper: an object with KEPT slots, or 0
 */
struct player {
	struct game *game;
	struct mheap_session *session;
	struct source source;
	u64 weak[KEPT];
	u64 keeper;
};

static u64 new_cookie(struct game *game)
{
	return __atomic_add_fetch(&game->made, 1, __ATOMIC_RELAXED);
}

/* An object whose payload is its cookie. */
static u64 make_one(struct player *player, u32 slots, bool final)
{
	u64 handle = make(player->session, slots, 8);
	u64 cookie = 0;

	if (final) {
		cookie = new_cookie(player->game);
		check_equal(act_set_finalizer(player->session, handle, cookie), 0);
	}
	check_equal(act_write(player->session, handle, 0, &cookie, 8), 0);
	return handle;
}

/* Objects that refer to the next, in a ring or a chain, and a leaf on the last. */
static void make_group(struct player *player)
{
	struct mheap_session *session = player->session;
	const u32 objects = 1 + pick(&player->source, GROUP);
	const bool ring = once_in(&player->source, 2);
	const u32 place = pick(&player->source, KEPT);
	u64 handle[GROUP], leaf;
	u32 i;

	for (i = 0; i < objects; i++)
		handle[i] = make_one(player, 2, !once_in(&player->source, 3));
	for (i = 0; i + 1 < objects; i++)
		link_to(session, handle[i], 0, handle[i + 1]);
	if (ring)
		link_to(session, handle[objects - 1], 0, handle[0]);
	leaf = make_one(player, 0, once_in(&player->source, 2));
	link_to(session, handle[objects - 1], 1, leaf);
	drop(session, leaf);
	if (player->weak[place])
		drop(session, player->weak[place]);
	player->weak[place] = weak_to(session, handle[pick(&player->source, objects)]);
	if (once_in(&player->source, 4))
		link_to(session, player->keeper, pick(&player->source, KEPT), handle[0]);
	for (i = 0; i < objects; i++)
		drop(session, handle[(i + place) % objects]);
}

/* Hold what may be garbage, in the queue, or called already. */
static void upgrade_one(struct player *player)
{
	const u64 weak = player->weak[pick(&player->source, KEPT)];
	struct mheap_session *session = player->session;
	u64 handle, next;

	if (!weak || act_upgrade(session, weak, &handle))
		return;
	if (!act_load(session, handle, 0, &next) && next) {
		if (once_in(&player->source, 2))
			link_to(session, handle, 0, 0);
		if (once_in(&player->source, 4))
			link_to(session, player->keeper, pick(&player->source, KEPT), next);
		drop(session, next);
	}
	drop(session, handle);
}

static void *make_all(void *argument)
{
	struct player *player = argument;
	u32 step, i;

	player->keeper = make(player->session, KEPT, 0);
	for (step = 0; step < player->game->steps; step++) {
		if (once_in(&player->source, 3))
			upgrade_one(player);
		else
			make_group(player);
		if (once_in(&player->source, 8))
			link_to(player->session, player->keeper, pick(&player->source, KEPT), 0);
		usleep(step % 8);
	}
	for (i = 0; i < KEPT; i++)
		if (player->weak[i])
			drop(player->session, player->weak[i]);
	drop(player->session, player->keeper);
	return NULL;
}

/* What is handed out is whole, and was not before. */
static bool read_one(struct player *player)
{
	struct mheap_session *session = player->session;
	u64 handle = 0, cookie, text = 0;
	u32 object;

	mheap_session_enter_always(session);
	if (mheap_finalizers_take(session, &object, &cookie))
		check_equal(mheap_session_hold(session, object, &handle), 0);
	mheap_session_leave(session);
	if (!handle)
		return false;
	check_equal(act_read(session, handle, 0, &text, 8), 8);
	check_equal(text, cookie);
	check_equal(__atomic_add_fetch(&player->game->called[cookie], 1, __ATOMIC_RELAXED), 1);
	if (player->keeper && once_in(&player->source, 4))
		link_to(session, player->keeper, pick(&player->source, KEPT), handle);
	drop(session, handle);
	return true;
}

static bool is_over(struct game *game)
{
	return __atomic_load_n(&game->stop, __ATOMIC_RELAXED);
}

static void *read_all(void *argument)
{
	struct player *player = argument;

	player->keeper = make(player->session, KEPT, 0);
	while (!is_over(player->game))
		if (!read_one(player))
			usleep(20);
	drop(player->session, player->keeper);
	return NULL;
}

static void *collect(void *argument)
{
	struct mheap_collection collection;
	struct game *game = argument;
	u32 generation = 0;

	while (!is_over(game)) {
		check_equal(mheap_collect(&game->fixture.heap, generation++ % 3, &collection), 0);
		sched_yield();
	}
	return NULL;
}

/* Until nothing is left of the game. */
static void finish(struct game *game, struct player *reader)
{
	u32 calm = 0;
	u32 i;

	while (calm < 3 && !check_failed()) {
		fixture_settle(&game->fixture);
		fixture_collect(&game->fixture, MHEAP_OLDEST);
		calm++;
		while (read_one(reader) && !check_failed())
			calm = 0;
	}
	check_equal(fixture_objects(&game->fixture), 0);
	for (i = 1; i <= game->made; i++)
		if (!check_equal(game->called[i], 1))
			note("of cookie %u", i);
	check_equal(game->fixture.heap.finalizers.due.value, 0);
	check_equal(game->fixture.heap.finalizers.skipped.value, 0);
	check_equal(game->fixture.heap.finalizers.waiting, 0);
}

static void play(struct game *game, u64 seed)
{
	pthread_t thread[MAKERS + READERS + 2];
	struct player player[MAKERS + READERS + 1] = {};
	u32 i;

	fixture_begin(&game->fixture, FIXTURE_WORKER | game->flags);
	for (i = 0; i < MAKERS + READERS + 1; i++) {
		player[i].game = game;
		player[i].session = fixture_open(&game->fixture, 1 + i);
		player[i].source = source_of_seed(seed * 100 + i);
	}
	mheap_finalizers_listen(&game->fixture.heap);
	for (i = 0; i < MAKERS + READERS; i++)
		pthread_create(&thread[i], NULL, i < MAKERS ? make_all : read_all, &player[i]);
	pthread_create(&thread[i++], NULL, collect, game);
	pthread_create(&thread[i], NULL, collect, game);
	for (i = 0; i < MAKERS; i++)
		pthread_join(thread[i], NULL);
	__atomic_store_n(&game->stop, true, __ATOMIC_RELAXED);
	for (; i < MAKERS + READERS + 2; i++)
		pthread_join(thread[i], NULL);
	finish(game, &player[MAKERS + READERS]);
	mheap_finalizers_unlisten(game->fixture.session);
	fixture_end(&game->fixture);
}

static void each_is_called_once(unsigned int flags)
{
	static struct game game;

	memset(&game, 0, sizeof(game));
	game.flags = flags;
	game.steps = min(setting("OPS", 2000), ALL / MAKERS / (GROUP + 1));
	play(&game, setting("SEED", 1));
	note("%u finalizers", game.made);
}

static void each_is_called_once_beside_everything(void)
{
	each_is_called_once(FIXTURE_SLAB);
}

static void each_is_called_once_with_verdicts_checked(void)
{
	each_is_called_once(FIXTURE_VERIFY);
}

#define SHARED		(2 * MHEAP_CHUNK_OBJECTS)

/* Who gives objects that others give finalizers at the same time, and when. */
struct giver {
	struct mheap_session *session;
	const u32 *object;
	u64 cookie;
};

static void *give_all(void *argument)
{
	const struct giver *giver = argument;
	u32 i;

	for (i = 0; i < SHARED; i++) {
		mheap_session_enter_always(giver->session);
		check_equal(mheap_finalizer_set(giver->session, giver->object[i],
						giver->cookie), 0);
		mheap_session_leave(giver->session);
	}
	return NULL;
}

/* All make the same annexes, and the arrays of the same chunks. */
static void sessions_give_the_same_objects_finalizers(void)
{
	static u32 object[SHARED];
	static u64 handle[SHARED];
	struct giver giver[4];
	pthread_t thread[4];
	struct fixture f;
	u64 cookie;
	u32 i;

	fixture_begin(&f, FIXTURE_SLAB);
	mheap_finalizers_listen(&f.heap);
	for (i = 0; i < SHARED; i++) {
		handle[i] = make(f.session, 0, 0);
		object[i] = number_of(f.session, handle[i]);
	}
	for (i = 0; i < 4; i++) {
		giver[i] = (struct giver){ fixture_open(&f, 1 + i), object, 1 + i };
		pthread_create(&thread[i], NULL, give_all, &giver[i]);
	}
	for (i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	check_equal(f.heap.finalizers.due.value, SHARED);
	for (i = 0; i < SHARED; i++) {
		drop(f.session, handle[i]);
		mheap_session_enter_always(f.session);
		check(mheap_finalizers_take(f.session, &object[i], &cookie));
		check(cookie >= 1 && cookie <= 4);
		mheap_object_put(f.session, object[i]);
		mheap_session_leave(f.session);
	}
	check_equal(fixture_objects(&f), 0);
	mheap_finalizers_unlisten(f.session);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "sessions give the same objects finalizers",
	  sessions_give_the_same_objects_finalizers },
	{ "each is called once, beside everything", each_is_called_once_beside_everything },
	{ "each is called once, with verdicts checked",
	  each_is_called_once_with_verdicts_checked },
	{}
};

const struct suite suite_finalizers_concurrent = { "finalizers_concurrent", tests };
