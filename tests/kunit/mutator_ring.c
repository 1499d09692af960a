// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings that live by weak handles, until somebody finds them dead.
 */
#include "mutator_game.h"

static void forget_ring(struct mutator *m, struct mutator_ring *ring)
{
	u32 i;

	for (i = 0; i < MUTATOR_RING_MEMBERS; i++)
		if (ring->weak[i])
			mutator_expect(m, "a weak handle is dropped",
				       mheap_session_drop(&m->session, ring->weak[i]), 0);
	memset(ring, 0, sizeof(*ring));
}

static void make_ring(struct mutator *m, struct mutator_ring *ring)
{
	u32 object[MUTATOR_RING_MEMBERS] = {};
	bool complete = true;
	u32 i;

	for (i = 0; i < MUTATOR_RING_MEMBERS && complete; i++) {
		object[i] = mutator_make(m, 1, 0, 0, &ring->id[i]);
		complete = object[i] &&
			   mutator_granted(m, "a weak handle",
					   mheap_session_weak(&m->session, object[i],
							      &ring->weak[i]));
	}
	for (i = 0; i < MUTATOR_RING_MEMBERS && complete; i++)
		mutator_store(m, object[i], 0, object[(i + 1) % MUTATOR_RING_MEMBERS]);
	for (i = 0; i < MUTATOR_RING_MEMBERS; i++)
		mutator_put(m, object[i]);
	if (!complete)
		forget_ring(m, ring);
}

/* Who holds one member has the others. */
static void verify_ring(struct mutator *m, const struct mutator_ring *ring, u32 object, u32 i)
{
	const u32 next = (i + 1) % MUTATOR_RING_MEMBERS;
	u32 other, same = 0;

	mutator_verify(m, object, ring->id[i]);
	mutator_expect(m, "what is reachable can be upgraded",
		       mheap_session_upgrade(&m->session, ring->weak[next], &same), 0);
	other = mutator_load(m, object, 0);
	mutator_expect(m, "a ring is closed", other, same);
	if (!other || other != same)
		return;
	mutator_verify(m, other, ring->id[next]);
	mutator_put(m, other);
	mutator_put(m, same);
}

/*
 * The others die of it, unless somebody has found one of them. The reference to the object
 * is given back.
 */
static void cut_ring(struct mutator *m, struct mutator_ring *ring, u32 object, u32 i)
{
	const u32 next = (i + 1) % MUTATOR_RING_MEMBERS;
	u32 other;
	int error;

	mutator_store(m, object, 0, 0);
	error = mheap_session_upgrade(&m->session, ring->weak[next], &other);
	if (!error && m->torture->watched)
		mutator_put(m, other);
	else
		mutator_expect(m, "what nothing refers to is dead", error, -ENOENT);
	mutator_put(m, object);
	forget_ring(m, ring);
}

static void upgrade_member(struct mutator *m, struct mutator_ring *ring, u32 place, u32 i)
{
	const bool is_held = m->held[place].object;
	u32 object = 0;
	int error;

	error = mheap_session_upgrade(&m->session, ring->weak[i], &object);
	mutator_expect(m, "an upgrade works or the object is dead",
		       !error || error == -ENOENT, true);
	if (error) {
		mutator_expect(m, "what is held is not dead", is_held, false);
		ring->dead = true;
		return;
	}
	mutator_expect(m, "what was dead stays dead", ring->dead, false);
	/* A load would touch it, so not always. */
	if (mutator_once_in(m, 2))
		verify_ring(m, ring, object, i);
	if (!is_held && mutator_once_in(m, 4))
		cut_ring(m, ring, object, i);
	else if (is_held || mutator_once_in(m, 4))
		mutator_put(m, object);
	else
		mutator_keep(m, place, object, ring->id[i]);
}

/**
 * mutator_play_ring - make, upgrade, cut or forget a ring
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_ring(struct mutator *m)
{
	const u32 i = mutator_below(m, MUTATOR_RINGS);
	struct mutator_ring *ring = &m->ring[i];

	if (!ring->id[0])
		make_ring(m, ring);
	else if (ring->dead && mutator_once_in(m, 3))
		forget_ring(m, ring);
	else if (mutator_once_in(m, 3))
		mutator_let_go(m, MUTATOR_RING + i);
	else
		upgrade_member(m, ring, MUTATOR_RING + i,
			       mutator_below(m, MUTATOR_RING_MEMBERS));
}
