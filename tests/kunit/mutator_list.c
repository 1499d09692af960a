// SPDX-License-Identifier: GPL-2.0-only
/*
 * A long list: built at its head, walked, let go all at once.
 */
#include "mutator_game.h"

#define NODES_MAX	3000U	/* in a list */

/* Something that dies by a collection only, when the list has gone. */
static void hang_garbage(struct mutator *m, u32 node)
{
	u64 id;
	u32 object = mutator_make(m, 1, 0, 0, &id);

	if (!object)
		return;
	mutator_store(m, object, 0, object);
	mutator_store(m, node, 1, object);
	mutator_put(m, object);
}

static void lengthen(struct mutator *m)
{
	const u32 head = m->held[MUTATOR_HEAD].object;
	u64 id;
	u32 node;

	node = mutator_make(m, 2, 0, m->length, &id);
	if (!node)
		return;
	if (head)
		mutator_store(m, node, 0, head);
	if (mutator_once_in(m, 8))
		hang_garbage(m, node);
	mutator_keep(m, MUTATOR_HEAD, node, id);
	m->length++;
}

static void walk_on(struct mutator *m)
{
	struct mutator_canary canary;
	u32 next;

	mutator_inspect(m, m->held[MUTATOR_CURSOR].object, 0, &canary);
	m->left--;
	mutator_expect(m, "a list is in order", canary.rest, m->left);
	next = mutator_load(m, m->held[MUTATOR_CURSOR].object, 0);
	mutator_expect(m, "a list has an end", !!next, !!m->left);
	if (next)
		mutator_keep(m, MUTATOR_CURSOR, next, 0);
	else
		mutator_let_go(m, MUTATOR_CURSOR);
}

static void start_to_walk(struct mutator *m)
{
	const u32 head = m->held[MUTATOR_HEAD].object;

	mutator_expect(m, "a reference can be doubled",
		       mheap_object_get(&m->session, head), 0);
	mutator_keep(m, MUTATOR_CURSOR, head, m->held[MUTATOR_HEAD].id);
	m->left = m->length;
	/* Sometimes the list goes while its rest is walked. */
	if (mutator_once_in(m, 2)) {
		mutator_let_go(m, MUTATOR_HEAD);
		m->length = 0;
	}
}

/**
 * mutator_play_list - lengthen, walk or lose a list
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_list(struct mutator *m)
{
	u32 i;

	if (m->held[MUTATOR_CURSOR].object) {
		for (i = 0; i < 12 && m->held[MUTATOR_CURSOR].object; i++)
			walk_on(m);
	} else if (m->length > 10 && mutator_once_in(m, 5 + NODES_MAX / 20)) {
		start_to_walk(m);
	} else if (m->length > NODES_MAX || mutator_once_in(m, NODES_MAX)) {
		mutator_let_go(m, MUTATOR_HEAD);
		m->length = 0;
	} else {
		for (i = 0; i < 8; i++)
			lengthen(m);
	}
}
