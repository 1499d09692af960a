// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chains of ephemerons: each value holds the key of the next, and in cyclic chains its
 * own key as well. The ephemerons are in the slots of a table that nobody else knows;
 * of the rest, who plays has the first key in hand, or a value that was upgraded, or
 * weak handles only.
 *
 * So a key that is alive has its value, and so on to the end of the chain; and a key
 * that is dead has none, and so have those before it.
 */
#include "mutator_game.h"

static u32 number_of(const struct mutator *m, const struct mutator_chain *chain)
{
	return chain - m->chain;
}

static struct mutator_reference *key_in_hand(struct mutator *m,
					     const struct mutator_chain *chain)
{
	return &m->held[MUTATOR_KEY + number_of(m, chain)];
}

static struct mutator_reference *value_in_hand(struct mutator *m,
					       const struct mutator_chain *chain)
{
	return &m->held[MUTATOR_VALUE + number_of(m, chain)];
}

static u32 table_of(struct mutator *m)
{
	return m->held[MUTATOR_TABLE].object;
}

static u32 slot_of(const struct mutator *m, const struct mutator_chain *chain, u32 link)
{
	return number_of(m, chain) * MUTATOR_LINKS + link;
}

/* Return: an ephemeron that the caller holds, or 0. */
static u32 load_ephemeron(struct mutator *m, const struct mutator_chain *chain, u32 link)
{
	return mutator_load(m, table_of(m), slot_of(m, chain, link));
}

static void drop_name(struct mutator *m, u64 *weak)
{
	if (*weak)
		mutator_expect(m, "a weak handle is dropped",
			       mheap_session_drop(&m->session, *weak), 0);
	*weak = 0;
}

static bool name(struct mutator *m, u32 object, u64 *weak)
{
	return mutator_granted(m, "a weak handle",
			       mheap_session_weak(&m->session, object, weak));
}

/* The ephemerons stay at times, to be given new keys when they are old. */
static void forget_chain(struct mutator *m, struct mutator_chain *chain)
{
	const bool stay = mutator_once_in(m, 2);
	u32 i;

	for (i = 0; i < MUTATOR_LINKS; i++) {
		drop_name(m, &chain->weak_key[i]);
		drop_name(m, &chain->weak_value[i]);
		if (!stay)
			mutator_store(m, table_of(m), slot_of(m, chain, i), 0);
	}
	mutator_let_go(m, MUTATOR_KEY + number_of(m, chain));
	mutator_let_go(m, MUTATOR_VALUE + number_of(m, chain));
	memset(chain, 0, sizeof(*chain));
}

/* An ephemeron in its slot, with a key and without a value. Return: it, or 0. */
static u32 make_ephemeron(struct mutator *m, struct mutator_chain *chain, u32 link, u32 key)
{
	u32 ephemeron = load_ephemeron(m, chain, link);
	u64 id;

	if (!ephemeron) {
		ephemeron = mutator_make_ephemeron(m, 0, &id);
		if (!ephemeron)
			return 0;
		mutator_store(m, table_of(m), slot_of(m, chain, link), ephemeron);
	}
	if (mutator_granted(m, "a key", mheap_object_store(&m->session, ephemeron, 0, key))) {
		mutator_expect(m, "a new key comes without a value",
			       mutator_load(m, ephemeron, 1), 0);
		return ephemeron;
	}
	mutator_put(m, ephemeron);
	return 0;
}

/* Return: a value that the caller holds, or 0. */
static u32 make_value(struct mutator *m, struct mutator_chain *chain, u32 link, u32 key)
{
	u32 value = mutator_make(m, 2, 0, 0, &chain->value[link]);

	if (!value)
		return 0;
	if (chain->cyclic)
		mutator_store(m, value, 0, key);
	if (name(m, value, &chain->weak_value[link]))
		return value;
	mutator_put(m, value);
	return 0;
}

/* Return: a key that the caller holds, or 0. */
static u32 make_key(struct mutator *m, struct mutator_chain *chain, u32 link)
{
	u32 key = mutator_make(m, mutator_below(m, 2), 0, 0, &chain->key[link]);

	if (!key || name(m, key, &chain->weak_key[link]))
		return key;
	mutator_put(m, key);
	return 0;
}

/* Return: true if there was memory for it. */
static bool make_link(struct mutator *m, struct mutator_chain *chain, u32 link, u32 key,
		      u32 next)
{
	u32 ephemeron = make_ephemeron(m, chain, link, key);
	u32 value = make_value(m, chain, link, key);
	const bool complete = ephemeron && value;

	if (complete) {
		mutator_store(m, ephemeron, 1, value);
		mutator_store(m, value, 1, next);
	}
	mutator_put(m, ephemeron);
	mutator_put(m, value);
	return complete;
}

static void make_chain(struct mutator *m, struct mutator_chain *chain)
{
	u32 key[MUTATOR_LINKS + 1] = {};
	bool complete = true;
	u32 i;

	chain->cyclic = mutator_once_in(m, 2);
	for (i = 0; i < MUTATOR_LINKS && complete; i++) {
		key[i] = make_key(m, chain, i);
		complete = key[i];
	}
	for (i = 0; i < MUTATOR_LINKS && complete; i++)
		complete = make_link(m, chain, i, key[i], key[i + 1]);
	for (i = 1; i < MUTATOR_LINKS; i++)
		mutator_put(m, key[i]);
	if (complete) {
		mutator_keep(m, MUTATOR_KEY + number_of(m, chain), key[0], chain->key[0]);
		return;
	}
	mutator_put(m, key[0]);
	forget_chain(m, chain);
}

/* New keys, while the old values may be the sweep's. */
static void renew_chain(struct mutator *m, struct mutator_chain *chain)
{
	forget_chain(m, chain);
	make_chain(m, chain);
}

/* The key of a link is alive. Return: its value, which the caller holds, or 0. */
static u32 verify_link(struct mutator *m, const struct mutator_chain *chain, u32 link)
{
	const u32 ephemeron = load_ephemeron(m, chain, link);
	u32 key, value;

	mutator_expect(m, "a table keeps ephemerons", !!ephemeron, true);
	if (!ephemeron)
		return 0;
	/* A load would touch it, so not always. */
	if (mutator_once_in(m, 4)) {
		key = mutator_load(m, ephemeron, 0);
		mutator_expect(m, "an ephemeron knows a key that is alive", !!key, true);
		if (key)
			mutator_verify(m, key, chain->key[link]);
		mutator_put(m, key);
	}
	value = mutator_load(m, ephemeron, 1);
	mutator_put(m, ephemeron);
	mutator_expect(m, "a key that is alive has its value", !!value, true);
	if (value)
		mutator_verify(m, value, chain->value[link]);
	return value;
}

/* Who holds a key, or a value that refers to it, has the rest of the chain. */
static void verify_chain(struct mutator *m, const struct mutator_chain *chain, u32 link)
{
	const u32 end = link + 1 + mutator_below(m, MUTATOR_LINKS - link);
	u32 value = 0, next;

	while (link < end) {
		next = verify_link(m, chain, link++);
		mutator_put(m, value);
		value = next;
		if (!value)
			return;
	}
	next = mutator_load(m, value, 1);
	mutator_expect(m, "a value holds the next key", !!next, link < MUTATOR_LINKS);
	if (next)
		mutator_verify(m, next, chain->key[link]);
	mutator_put(m, next);
	mutator_put(m, value);
}

/* A key is dead, and so are those before it. */
static void find_nothing(struct mutator *m, struct mutator_chain *chain, u32 link)
{
	const u32 earlier = mutator_below(m, link + 1);
	const u32 slot = mutator_below(m, 2);
	const u32 ephemeron = load_ephemeron(m, chain, earlier);
	u32 object;

	chain->dead = max(chain->dead, link + 1);
	mutator_expect(m, "a table keeps ephemerons", !!ephemeron, true);
	if (!ephemeron)
		return;
	object = mutator_load(m, ephemeron, slot);
	mutator_expect(m, slot ? "a dead key has no value" : "a dead key is none", object, 0);
	mutator_put(m, object);
	mutator_put(m, ephemeron);
}

/* A young value for an old key, in an old ephemeron. */
static void renew_value(struct mutator *m, struct mutator_chain *chain)
{
	const u32 old = verify_link(m, chain, 0);
	u64 weak = chain->weak_value[0];
	const u64 id = chain->value[0];
	u32 ephemeron, value;

	if (!old)
		return;
	value = make_value(m, chain, 0, key_in_hand(m, chain)->object);
	if (value) {
		drop_name(m, &weak);
		mutator_put(m, mutator_move(m, old, 1, value, 1));
		ephemeron = load_ephemeron(m, chain, 0);
		mutator_store(m, ephemeron, 1, value);
		mutator_put(m, ephemeron);
	} else {
		chain->value[0] = id;
		chain->weak_value[0] = weak;
	}
	mutator_put(m, value);
	mutator_put(m, old);
}

/* A young ephemeron for an old key and its value; both have it at times. */
static void renew_ephemeron(struct mutator *m, struct mutator_chain *chain)
{
	const u32 key = key_in_hand(m, chain)->object;
	const u32 value = verify_link(m, chain, 0);
	u32 ephemeron, old;
	u64 id;

	if (!value)
		return;
	old = load_ephemeron(m, chain, 0);
	if (mutator_once_in(m, 2))
		mutator_store(m, old, 1, 0);
	ephemeron = mutator_make_ephemeron(m, 0, &id);
	if (!ephemeron ||
	    !mutator_granted(m, "a key", mheap_object_store(&m->session, ephemeron, 0, key))) {
		mutator_store(m, old, 1, value);
	} else {
		mutator_store(m, ephemeron, 1, value);
		mutator_store(m, table_of(m), slot_of(m, chain, 0), ephemeron);
	}
	mutator_put(m, ephemeron);
	mutator_put(m, value);
	mutator_put(m, old);
}

/* Nothing but the hand refers to the first key, unless the chain is cyclic. */
static void lose_key(struct mutator *m, struct mutator_chain *chain)
{
	u32 object;
	int error;

	mutator_let_go(m, MUTATOR_KEY + number_of(m, chain));
	if (chain->cyclic || m->torture->watched)
		return;
	error = mheap_session_upgrade(&m->session, chain->weak_key[0], &object);
	mutator_expect(m, "what nothing refers to is dead", error, -ENOENT);
	if (error)
		find_nothing(m, chain, 0);
}

static void play_held(struct mutator *m, struct mutator_chain *chain)
{
	if (mutator_once_in(m, 5))
		lose_key(m, chain);
	else if (mutator_once_in(m, 4))
		renew_value(m, chain);
	else if (mutator_once_in(m, 4))
		renew_ephemeron(m, chain);
	else
		verify_chain(m, chain, 0);
}

/* Must a link be alive because of a value in hand? */
static bool is_kept(struct mutator *m, const struct mutator_chain *chain, u32 link)
{
	return value_in_hand(m, chain)->object && chain->cyclic && link >= chain->visited;
}

static void upgrade_key(struct mutator *m, struct mutator_chain *chain, u32 link)
{
	u32 object = 0;
	int error = mheap_session_upgrade(&m->session, chain->weak_key[link], &object);

	mutator_expect(m, "an upgrade works or the object is dead",
		       !error || error == -ENOENT, true);
	if (error) {
		mutator_expect(m, "what is held is not dead", is_kept(m, chain, link), false);
		find_nothing(m, chain, link);
		if (mutator_once_in(m, 2))
			renew_chain(m, chain);
		return;
	}
	mutator_expect(m, "what was dead stays dead", link < chain->dead, false);
	if (mutator_once_in(m, 2))
		verify_chain(m, chain, link);
	if (!link && mutator_once_in(m, 3))
		mutator_keep(m, MUTATOR_KEY + number_of(m, chain), object, chain->key[0]);
	else
		mutator_put(m, object);
}

/* A value is dead, and nothing but its ephemeron referred to it. */
static void miss_value(struct mutator *m, struct mutator_chain *chain, u32 link)
{
	u32 object = 0;
	int error = mheap_session_upgrade(&m->session, chain->weak_key[link], &object);

	mutator_expect(m, "what is held is not dead", is_kept(m, chain, link), false);
	mutator_expect(m, "a value lives as long as its key", error, -ENOENT);
	if (!error)
		mutator_put(m, object);
	else
		find_nothing(m, chain, link);
}

static void upgrade_value(struct mutator *m, struct mutator_chain *chain, u32 link)
{
	u32 object = 0, key;
	int error = mheap_session_upgrade(&m->session, chain->weak_value[link], &object);

	mutator_expect(m, "an upgrade works or the object is dead",
		       !error || error == -ENOENT, true);
	if (error) {
		miss_value(m, chain, link);
		return;
	}
	if (chain->cyclic) {
		key = mutator_load(m, object, 0);
		mutator_expect(m, "a value refers to its key", !!key, true);
		mutator_expect(m, "what was dead stays dead", link < chain->dead, false);
		mutator_put(m, key);
		verify_chain(m, chain, link);
	}
	if (value_in_hand(m, chain)->object || mutator_once_in(m, 2)) {
		mutator_put(m, object);
		return;
	}
	mutator_keep(m, MUTATOR_VALUE + number_of(m, chain), object, chain->value[link]);
	chain->visited = link;
}

static void play_lost(struct mutator *m, struct mutator_chain *chain)
{
	const u32 link = mutator_below(m, MUTATOR_LINKS);

	if (value_in_hand(m, chain)->object && mutator_once_in(m, 3))
		mutator_let_go(m, MUTATOR_VALUE + number_of(m, chain));
	else if (mutator_once_in(m, 2))
		upgrade_key(m, chain, link);
	else
		upgrade_value(m, chain, link);
}

/* A table that is younger than what is in it. */
static void renew_table(struct mutator *m)
{
	const u32 old = table_of(m);
	u32 table, i;
	u64 id;

	table = mutator_make(m, MUTATOR_CHAINS * MUTATOR_LINKS, 0, 0, &id);
	if (!table)
		return;
	for (i = 0; old && i < MUTATOR_CHAINS * MUTATOR_LINKS; i++)
		mutator_put(m, mutator_move(m, old, i, table, i));
	mutator_keep(m, MUTATOR_TABLE, table, id);
}

/**
 * mutator_play_ephemeron - make, look through, lose or find again a chain
 * @m: a mutator
 *
 * Context: Entered. May sleep.
 */
void mutator_play_ephemeron(struct mutator *m)
{
	struct mutator_chain *chain = &m->chain[mutator_below(m, MUTATOR_CHAINS)];

	if (!table_of(m) || mutator_once_in(m, 30))
		renew_table(m);
	else if (!chain->key[0])
		make_chain(m, chain);
	else if (chain->dead && mutator_once_in(m, 3))
		forget_chain(m, chain);
	else if (key_in_hand(m, chain)->object)
		play_held(m, chain);
	else
		play_lost(m, chain);
}
