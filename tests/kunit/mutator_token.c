// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hide and seek: tokens go from slot to slot and through the hand, and have no
 * reference but the one.
 */
#include "mutator_game.h"

static u32 holder_of(struct mutator *m, u32 hidden)
{
	return m->held[MUTATOR_HOLDER + (hidden - 1) / MUTATOR_HOLDER_SLOTS].object;
}

static u32 slot_of(u32 hidden)
{
	return (hidden - 1) % MUTATOR_HOLDER_SLOTS;
}

/* Which token is there, or MUTATOR_TOKENS. */
static u32 token_at(struct mutator *m, u32 hidden)
{
	u32 i;

	for (i = 0; i < MUTATOR_TOKENS; i++)
		if (m->token[i].hidden == hidden)
			break;
	return i;
}

static void make_token(struct mutator *m, u32 i)
{
	struct mutator_token *token = &m->token[i];
	u32 object = mutator_make(m, 1, mutator_below(m, 50), 0, &token->id);
	u32 child;

	if (!object)
		return;
	child = mutator_make(m, mutator_below(m, 2), mutator_below(m, 50), 0, &token->child);
	mutator_store(m, object, 0, child);
	if (!child)
		token->child = 0;
	mutator_put(m, child);
	token->hidden = 0;
	mutator_let_go(m, MUTATOR_CHILD + i);
	mutator_keep(m, MUTATOR_TOKEN + i, object, token->id);
}

/* In hand. */
static void verify_token(struct mutator *m, u32 i)
{
	const u32 object = m->held[MUTATOR_TOKEN + i].object;
	u32 child;

	mutator_verify(m, object, m->token[i].id);
	child = mutator_load(m, object, 0);
	mutator_expect(m, "a token has its child", !!child,
		       m->token[i].child && !m->held[MUTATOR_CHILD + i].object);
	if (child)
		mutator_verify(m, child, m->token[i].child);
	mutator_put(m, child);
}

/* Its child is taken away, or put back. */
static void play_child(struct mutator *m, u32 i)
{
	const u32 object = m->held[MUTATOR_TOKEN + i].object;
	u32 child = 0;

	if (m->held[MUTATOR_CHILD + i].object) {
		mutator_store(m, object, 0, m->held[MUTATOR_CHILD + i].object);
		mutator_let_go(m, MUTATOR_CHILD + i);
		return;
	}
	if (mutator_once_in(m, 2)) {
		child = mutator_load(m, object, 0);
		mutator_store(m, object, 0, 0);
	} else {
		mutator_expect(m, "a child can be swapped out",
			       mheap_object_swap(&m->session, object, 0, 0, &child), 0);
	}
	mutator_expect(m, "a child was in its token", !!child, !!m->token[i].child);
	if (child)
		mutator_keep(m, MUTATOR_CHILD + i, child, m->token[i].child);
}

/* Take it out of its slot. @object: filled. */
static void pull(struct mutator *m, u32 hidden, u32 *object)
{
	const u32 holder = holder_of(m, hidden);
	const u32 slot = slot_of(hidden);

	if (mutator_once_in(m, 3)) {
		mutator_expect(m, "a token can be swapped out",
			       mheap_object_swap(&m->session, holder, slot, 0, object), 0);
		return;
	}
	*object = mutator_load(m, holder, slot);
	if (mutator_once_in(m, 2))
		mutator_store(m, holder, slot, 0);
	else
		mutator_expect(m, "a token is still there",
			       mheap_object_compare_store(&m->session, holder, slot,
							  *object, 0), 1);
}

static void take_token(struct mutator *m, u32 i)
{
	struct mutator_token *token = &m->token[i];
	u32 object = 0;

	pull(m, token->hidden, &object);
	token->hidden = 0;
	mutator_expect(m, "a token is where it was hidden", !!object, true);
	if (!object)
		return;
	mutator_keep(m, MUTATOR_TOKEN + i, object, token->id);
	if (mutator_once_in(m, 2))
		verify_token(m, i);
}

/* Another token takes its place in the slot. */
static void push_out(struct mutator *m, u32 i, u32 hidden, u32 other)
{
	u32 object = 0;

	mutator_expect(m, "a token can be swapped in",
		       mheap_object_swap(&m->session, holder_of(m, hidden), slot_of(hidden),
					 m->held[MUTATOR_TOKEN + i].object, &object), 0);
	m->token[other].hidden = 0;
	mutator_expect(m, "a token was there", !!object, true);
	if (object)
		mutator_keep(m, MUTATOR_TOKEN + other, object, m->token[other].id);
}

static void hide_token(struct mutator *m, u32 i)
{
	const u32 hidden = 1 + mutator_below(m, MUTATOR_HOLDERS * MUTATOR_HOLDER_SLOTS);
	const u32 object = m->held[MUTATOR_TOKEN + i].object;
	const u32 other = token_at(m, hidden);

	if (!holder_of(m, hidden))
		return;
	if (other < MUTATOR_TOKENS)
		push_out(m, i, hidden, other);
	else if (mutator_once_in(m, 2))
		mutator_store(m, holder_of(m, hidden), slot_of(hidden), object);
	else
		mutator_expect(m, "the slot is empty",
			       mheap_object_compare_store(&m->session, holder_of(m, hidden),
							  slot_of(hidden), 0, object), 1);
	m->token[i].hidden = hidden;
	mutator_let_go(m, MUTATOR_TOKEN + i);
}

/**
 * mutator_play_token - make, hide, find, look at or lose a token
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_token(struct mutator *m)
{
	const u32 i = mutator_below(m, MUTATOR_TOKENS);
	const bool in_hand = m->held[MUTATOR_TOKEN + i].object;

	if (!in_hand && !m->token[i].hidden)
		make_token(m, i);
	else if (!in_hand)
		take_token(m, i);
	else if (mutator_once_in(m, 30))
		mutator_let_go(m, MUTATOR_TOKEN + i);
	else if (mutator_once_in(m, 3))
		play_child(m, i);
	else if (mutator_once_in(m, 4))
		verify_token(m, i);
	else
		hide_token(m, i);
}

/**
 * mutator_move_token - from slot to slot without a rest
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_move_token(struct mutator *m)
{
	const u32 i = mutator_below(m, MUTATOR_TOKENS);

	if (!m->token[i].hidden)
		return;
	take_token(m, i);
	if (m->held[MUTATOR_TOKEN + i].object)
		hide_token(m, i);
}

/**
 * mutator_renew_holder - a holder that is younger than what it holds
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_renew_holder(struct mutator *m)
{
	const u32 place = mutator_below(m, MUTATOR_HOLDERS);
	const u32 old = m->held[MUTATOR_HOLDER + place].object;
	u32 i, holder;
	u64 id;

	holder = mutator_make(m, MUTATOR_HOLDER_SLOTS, 0, 0, &id);
	if (!holder)
		return;
	for (i = 0; old && i < MUTATOR_HOLDER_SLOTS; i++)
		mutator_put(m, mutator_move(m, old, i, holder, i));
	mutator_keep(m, MUTATOR_HOLDER + place, holder, id);
}
