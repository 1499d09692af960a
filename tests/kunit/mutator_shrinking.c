// SPDX-License-Identifier: GPL-2.0-only
/*
 * What hangs on garbage loses its slots, or gets some.
 */
#include "mutator_game.h"

/**
 * mutator_play_shrinking - make, resize or lose an object that hangs on garbage
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_shrinking(struct mutator *m)
{
	const u32 held = m->held[MUTATOR_SHRINKING].object;
	u32 garbage, object;
	u64 id;

	if (held) {
		mutator_granted(m, "a new shape",
				mheap_object_resize(&m->session, held, mutator_below(m, 3),
						    MUTATOR_LENGTH_MIN));
		if (!mutator_once_in(m, 3))
			mutator_let_go(m, MUTATOR_SHRINKING);
		return;
	}
	garbage = mutator_make(m, 2, 0, 0, &id);
	if (!garbage)
		return;
	object = mutator_make(m, mutator_below(m, 3), 0, 0, &id);
	mutator_store(m, garbage, 0, garbage);
	mutator_store(m, garbage, 1, object);
	mutator_put(m, garbage);
	if (object)
		mutator_keep(m, MUTATOR_SHRINKING, object, id);
}
