// SPDX-License-Identifier: GPL-2.0-only
#include "mutator_game.h"

#define ENDURANCE	200U	/* slices in a session, about */

static void verify_one(struct mutator *m)
{
	const struct mutator_reference *held = &m->held[mutator_below(m, MUTATOR_PLACES)];

	if (held->object)
		mutator_verify(m, held->object, held->id);
}

/**
 * struct mutator_game - something to do with a heap
 * @play: a step of it
 * @weight: how often it is chosen
 */
struct mutator_game {
	void (*play)(struct mutator *m);
	u32 weight;
};

static const struct mutator_game games[] = {
	{ mutator_make_one, 4 },
	{ mutator_make_one_ephemeron, 1 },
	{ mutator_store_one, 3 },
	{ mutator_store_many, 1 },
	{ mutator_play_hot, 2 },
	{ mutator_load_one, 3 },
	{ mutator_swap_one, 1 },
	{ mutator_exchange_one, 1 },
	{ mutator_drop_one, 2 },
	{ mutator_resize_one, 1 },
	{ mutator_scribble_one, 1 },
	{ mutator_hold_one, 1 },
	{ mutator_name_one, 1 },
	{ mutator_upgrade_one, 2 },
	{ mutator_play_token, 6 },
	{ mutator_move_token, 2 },
	{ mutator_renew_holder, 1 },
	{ mutator_play_ring, 5 },
	{ mutator_play_list, 3 },
	{ mutator_play_shrinking, 3 },
	{ mutator_play_name, 2 },
	{ mutator_play_ephemeron, 6 },
	{ mutator_play_watch, 4 },
	{ mutator_play_final, 6 },
	{ verify_one, 3 },
};

static const struct mutator_game *some_game(struct mutator *m)
{
	u32 weight = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(games); i++)
		weight += games[i].weight;
	weight = mutator_below(m, weight);
	for (i = 0; weight >= games[i].weight; i++)
		weight -= games[i].weight;
	return &games[i];
}

static void play_slice(struct mutator *m)
{
	u32 left = 1 + mutator_below(m, mutator_once_in(m, 2) ? 4 : MHEAP_SECTION_OPERATIONS);

	mheap_session_enter_always(&m->session);
	while (left-- && !mheap_lane_is_tired(&m->session.lane) &&
	       !torture_is_broken(m->torture)) {
		if (mutator_once_in(m, 2))
			m->mood->play(m);
		else
			some_game(m)->play(m);
		m->steps++;
		m->operations++;
	}
	mheap_session_leave(&m->session);
}

/**
 * mutator_take_shared - hold the object that everybody knows
 * @m: a mutator with a new session
 *
 * The reference comes from the session of the keeper, as if one program gave it to another.
 *
 * Context: May sleep.
 */
void mutator_take_shared(struct mutator *m)
{
	struct torture *torture = m->torture;
	struct mutator_reference *held = &m->held[MUTATOR_SHARED];
	struct mheap_object_figures figures;

	mheap_session_enter_always(&torture->keeper);
	mheap_object_figures(&torture->keeper, torture->shared, &figures);
	mutator_expect(m, "a reference can be doubled",
		       mheap_object_get(&torture->keeper, torture->shared), 0);
	mheap_session_leave(&torture->keeper);
	held->object = torture->shared;
	held->id = figures.id;
}

/**
 * mutator_open_session - begin with empty hands
 * @m: a mutator without a session
 *
 * Context: May sleep.
 */
void mutator_open_session(struct mutator *m)
{
	const u32 serial = 2 + m->number + m->reopened % 4000 * MUTATORS_MAX;

	mheap_session_init(&m->session, m->torture->heap, serial, m->random);
	m->reopened++;
	m->mood = some_game(m);
	memset(m->held, 0, sizeof(m->held));
	memset(m->token, 0, sizeof(m->token));
	memset(m->ring, 0, sizeof(m->ring));
	memset(m->chain, 0, sizeof(m->chain));
	memset(m->watch, 0, sizeof(m->watch));
	mutator_lose_finals(m);
	memset(m->name, 0, sizeof(m->name));
	m->length = 0;
	m->left = 0;
}

/**
 * mutator_close_session - end a session
 * @m: a mutator
 *
 * What is held by a handle goes with the session.
 *
 * Context: May sleep.
 */
void mutator_close_session(struct mutator *m)
{
	u32 place;

	mheap_session_enter_always(&m->session);
	for (place = 0; place < MUTATOR_PLACES; place++)
		if (!m->held[place].handle)
			mutator_let_go(m, place);
	mheap_session_leave(&m->session);
	mheap_session_fini(&m->session);
}

/**
 * mutator_go - go on for a while
 * @m: a mutator
 *
 * Context: May sleep. One thread at a time for each.
 */
void mutator_go(struct mutator *m)
{
	play_slice(m);
	if (!mutator_once_in(m, ENDURANCE) || torture_is_broken(m->torture))
		return;
	mutator_close_session(m);
	mutator_open_session(m);
	mutator_take_shared(m);
}
