// SPDX-License-Identifier: GPL-2.0-only
/*
 * An object that only its name keeps, at times.
 */
#include "mutator_game.h"

/**
 * mutator_take_name_back - unpublish
 * @m: whose name; it may have none
 *
 * Context: Entered.
 */
void mutator_take_name_back(struct mutator *m)
{
	if (m->named)
		mutator_expect(m, "a name can be taken back",
			       mheap_root_unpublish(&m->session, &m->number,
						    sizeof(m->number)), 0);
	m->named = 0;
}

static void give_name(struct mutator *m)
{
	u64 id;
	u32 object = mutator_make(m, mutator_below(m, 3), 0, 0, &id);

	if (!object)
		return;
	if (mutator_granted(m, "a name",
			    mheap_root_publish(&m->session, &m->number, sizeof(m->number),
					       object, false))) {
		m->named = object;
		m->named_id = id;
	}
	mutator_put(m, object);
}

static void look_name_up(struct mutator *m)
{
	u32 object = 0;

	mutator_expect(m, "a name can be looked up",
		       mheap_root_lookup(&m->session, &m->number, sizeof(m->number),
					 &object), 0);
	if (object)
		mutator_keep(m, MUTATOR_NAMED, object, m->named_id);
	if (mutator_once_in(m, 2))
		mutator_take_name_back(m);
}

/**
 * mutator_play_name - publish an object, look its name up, or let it go
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_name(struct mutator *m)
{
	if (!m->named)
		give_name(m);
	else if (mutator_once_in(m, 2))
		look_name_up(m);
	else
		mutator_let_go(m, MUTATOR_NAMED);
}
