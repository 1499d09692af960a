// SPDX-License-Identifier: GPL-2.0-only
#include "mutator.h"

#define SHARED_SLOTS	32U
#define NODES_MAX	3000U	/* in a list */
#define ENDURANCE	200U	/* slices in a session, about */

/**
 * struct canary - the first bytes of every payload
 * @id: of the object
 * @check: follows from it
 * @rest: nodes behind this one, in a list
 */
struct canary {
	u64 id;
	u64 check;
	u64 rest;
};

#define LENGTH_MIN	((u32)sizeof(struct canary))

static u64 check_of(u64 id)
{
	return (id ^ 0x5bf03635f0935ad1ULL) * 0x9e3779b97f4a7c15ULL;
}

static u32 below(struct mutator *m, u32 limit)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (u32)(m->random >> 32) % limit;
}

static bool once_in(struct mutator *m, u32 times)
{
	return !below(m, times);
}

/**
 * torture_expect - a rule
 * @torture: whose
 * @rule: in words
 * @is: what there is
 * @should: what there should be
 *
 * Context: Any.
 */
void torture_expect(struct torture *torture, const char *rule, u64 is, u64 should)
{
	int none = 0;

	if (likely(is == should))
		return;
	if (atomic_try_cmpxchg(&torture->broken, &none, 1))
		torture_say(rule, is, should);
}

static void expect(struct mutator *m, const char *rule, s64 is, s64 should)
{
	torture_expect(m->torture, rule, is, should);
}

/* Return: true if there was memory for it. */
static bool granted(struct mutator *m, const char *rule, int error)
{
	if (likely(!error))
		return true;
	if (error == -ENOMEM)
		atomic64_add(1, &m->torture->refused);
	else
		expect(m, rule, error, 0);
	return false;
}

/* Is it what it says it is? @id: 0 where it may be any object. Return: its id. */
static u64 inspect(struct mutator *m, u32 object, u64 id, struct canary *canary)
{
	struct mheap_object_figures figures;
	long length;

	m->operations += 2;
	memset(canary, 0, sizeof(*canary));
	mheap_object_figures(&m->session, object, &figures);
	length = mheap_object_read(&m->session, object, 0, canary, sizeof(*canary));
	expect(m, "an object has its payload", length, sizeof(*canary));
	expect(m, "a payload belongs to its object", canary->id, figures.id);
	expect(m, "a payload is whole", canary->check, check_of(canary->id));
	expect(m, "somebody holds it", !!figures.outside, true);
	if (id)
		expect(m, "it is the object that was meant", figures.id, id);
	return figures.id;
}

static void verify(struct mutator *m, u32 object, u64 id)
{
	struct canary canary;

	inspect(m, object, id, &canary);
}

/* Give the reference in a place back. */
static void let_go(struct mutator *m, u32 place)
{
	struct mutator_reference *held = &m->held[place];

	m->operations += !!held->object;
	if (held->handle)
		expect(m, "a handle can be dropped",
		       mheap_session_drop(&m->session, held->handle), 0);
	else if (held->object)
		mheap_object_put(&m->session, held->object);
	memset(held, 0, sizeof(*held));
}

/* Put a reference into a place, as a handle or not. @id: as above. */
static void keep(struct mutator *m, u32 place, u32 object, u64 id)
{
	struct mutator_reference *held = &m->held[place];
	struct canary canary;
	u64 handle = 0;

	id = inspect(m, object, id, &canary);
	let_go(m, place);
	if (once_in(m, 2) && granted(m, "a handle", mheap_session_hold(&m->session, object,
								       &handle)))
		held->handle = handle;
	held->object = object;
	held->id = id;
}

/* Return: a new object that the caller holds, or 0 where there is no memory. */
static u32 make(struct mutator *m, u32 slots, u32 length, u64 rest, u64 *id)
{
	const struct mheap_shape shape = {
		.type = below(m, 300), .slots = slots, .length = max(length, LENGTH_MIN),
	};
	struct mheap_object_figures figures;
	struct canary canary = { .rest = rest };
	u32 object;

	m->operations += 3;
	if (!granted(m, "a new object", mheap_object_new(&m->session, &shape, &object)))
		return 0;
	mheap_object_figures(&m->session, object, &figures);
	if (!m->torture->watched)
		expect(m, "a new object has one reference from outside", figures.outside, 1);
	expect(m, "a new object has none from slots", figures.inside, 0);
	*id = figures.id;
	canary.id = figures.id;
	canary.check = check_of(canary.id);
	expect(m, "a payload can be written",
	       mheap_object_write(&m->session, object, 0, &canary, sizeof(canary)), 0);
	return object;
}

static void put(struct mutator *m, u32 object)
{
	m->operations += !!object;
	if (object)
		mheap_object_put(&m->session, object);
}

static void store(struct mutator *m, u32 object, u32 slot, u32 target)
{
	m->operations++;
	expect(m, "a slot takes a reference",
	       mheap_object_store(&m->session, object, slot, target), 0);
}

static u32 load(struct mutator *m, u32 object, u32 slot)
{
	u32 target = 0;

	m->operations++;
	expect(m, "a slot can be loaded",
	       mheap_object_load(&m->session, object, slot, &target), 0);
	return target;
}

/* Objects that others see: nobody knows what is in a slot, only what may be. */

static u32 some(struct mutator *m)
{
	const u32 object = m->held[below(m, MUTATOR_HOLDER)].object;

	return object ? object : m->torture->shared;
}

static u32 public_place(struct mutator *m)
{
	return MUTATOR_PUBLIC + below(m, MUTATOR_HOLDER - MUTATOR_PUBLIC);
}

static void keep_public(struct mutator *m, u32 object)
{
	if (object)
		keep(m, public_place(m), object, 0);
}

static u32 some_slots(struct mutator *m)
{
	return once_in(m, 40) ? 60 + below(m, 300) : below(m, 5);
}

static u32 some_length(struct mutator *m)
{
	if (once_in(m, 60))
		return 16000 + below(m, 60000);
	return LENGTH_MIN + below(m, 64);
}

static void make_one(struct mutator *m)
{
	u64 id;

	keep_public(m, make(m, some_slots(m), some_length(m), 0, &id));
}

static void store_one(struct mutator *m)
{
	const u32 target = once_in(m, 4) ? 0 : some(m);

	mheap_object_store(&m->session, some(m), below(m, SHARED_SLOTS), target);
}

/* Many slots at once: of a large object, mostly. */
static void store_many(struct mutator *m)
{
	const u32 object = some(m);
	u32 i;

	for (i = 0; i < 64; i++)
		if (mheap_object_store(&m->session, object, i * 5, some(m)))
			return;
}

static void load_one(struct mutator *m)
{
	u32 object = 0;

	if (!mheap_object_load(&m->session, some(m), below(m, SHARED_SLOTS), &object))
		keep_public(m, object);
}

static void swap_one(struct mutator *m)
{
	const u32 target = once_in(m, 3) ? 0 : some(m);
	u32 object = 0;

	if (!mheap_object_swap(&m->session, some(m), below(m, SHARED_SLOTS), target, &object))
		keep_public(m, object);
}

static void exchange_one(struct mutator *m)
{
	const u32 expected = once_in(m, 2) ? 0 : some(m);
	const int stored = mheap_object_compare_store(&m->session, some(m), below(m, 4),
						      expected, some(m));

	expect(m, "compare-store says whether it has stored",
	       stored == 0 || stored == 1 || stored == -EINVAL, true);
}

static void drop_one(struct mutator *m)
{
	let_go(m, public_place(m));
}

static void resize_one(struct mutator *m)
{
	const u32 object = some(m);
	u32 slots = some_slots(m);

	if (object == m->torture->shared)
		slots = SHARED_SLOTS + (once_in(m, 4) ? 100 : 0);
	if (granted(m, "a new shape",
		    mheap_object_resize(&m->session, object, slots, some_length(m))))
		verify(m, object, 0);
}

static void scribble_one(struct mutator *m)
{
	u8 bytes[32];

	memset(bytes, m->number, sizeof(bytes));
	mheap_object_write(&m->session, some(m), LENGTH_MIN, bytes, 8 + below(m, 24));
}

static void hold_one(struct mutator *m)
{
	const u32 object = some(m);
	u64 handle;

	expect(m, "a reference can be doubled", mheap_object_get(&m->session, object), 0);
	if (!granted(m, "a handle", mheap_session_hold(&m->session, object, &handle))) {
		put(m, object);
		return;
	}
	verify(m, object, 0);
	expect(m, "a handle is dropped", mheap_session_drop(&m->session, handle), 0);
	expect(m, "a handle is dropped once", mheap_session_drop(&m->session, handle),
	       -ESTALE);
}

/* Newborns that everybody wants, in two slots. */
static void play_hot(struct mutator *m)
{
	const u32 slot = below(m, 2);
	u32 object, old = 0;
	u64 id;

	if (once_in(m, 2)) {
		object = load(m, m->torture->shared, slot);
		if (object)
			verify(m, object, 0);
		put(m, object);
		return;
	}
	object = make(m, below(m, 2), 0, 0, &id);
	if (once_in(m, 2))
		store(m, m->torture->shared, slot, object);
	else
		mheap_object_swap(&m->session, m->torture->shared, slot, object, &old);
	put(m, object);
	put(m, old);
}

static void name_one(struct mutator *m)
{
	u64 *name = &m->name[below(m, MUTATOR_NAMES)];
	u64 weak;

	if (*name)
		expect(m, "a weak handle is dropped", mheap_session_drop(&m->session, *name),
		       0);
	*name = 0;
	if (granted(m, "a weak handle", mheap_session_weak(&m->session, some(m), &weak)))
		*name = weak;
}

static void upgrade_one(struct mutator *m)
{
	const u64 weak = m->name[below(m, MUTATOR_NAMES)];
	u32 object;
	u64 id;
	int error;

	if (!weak)
		return;
	error = mheap_session_upgrade(&m->session, weak, &object);
	expect(m, "an upgrade works or the object is dead", !error || error == -ENOENT, true);
	if (error)
		return;
	expect(m, "a weak handle has an id", mheap_session_id(&m->session, weak, &id), 0);
	keep(m, public_place(m), object, id);
}

/*
 * Hide and seek: tokens go from slot to slot and through the hand, and have no
 * reference but the one.
 */

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
	u32 object = make(m, 1, below(m, 50), 0, &token->id);
	u32 child;

	if (!object)
		return;
	child = make(m, below(m, 2), below(m, 50), 0, &token->child);
	store(m, object, 0, child);
	if (!child)
		token->child = 0;
	put(m, child);
	token->hidden = 0;
	let_go(m, MUTATOR_CHILD + i);
	keep(m, MUTATOR_TOKEN + i, object, token->id);
}

/* In hand. */
static void verify_token(struct mutator *m, u32 i)
{
	const u32 object = m->held[MUTATOR_TOKEN + i].object;
	u32 child;

	verify(m, object, m->token[i].id);
	child = load(m, object, 0);
	expect(m, "a token has its child", !!child,
	       m->token[i].child && !m->held[MUTATOR_CHILD + i].object);
	if (child)
		verify(m, child, m->token[i].child);
	put(m, child);
}

/* Its child is taken away, or put back. */
static void play_child(struct mutator *m, u32 i)
{
	const u32 object = m->held[MUTATOR_TOKEN + i].object;
	u32 child = 0;

	if (m->held[MUTATOR_CHILD + i].object) {
		store(m, object, 0, m->held[MUTATOR_CHILD + i].object);
		let_go(m, MUTATOR_CHILD + i);
		return;
	}
	if (once_in(m, 2)) {
		child = load(m, object, 0);
		store(m, object, 0, 0);
	} else {
		expect(m, "a child can be swapped out",
		       mheap_object_swap(&m->session, object, 0, 0, &child), 0);
	}
	expect(m, "a child was in its token", !!child, !!m->token[i].child);
	if (child)
		keep(m, MUTATOR_CHILD + i, child, m->token[i].child);
}

/* Take it out of its slot. @object: filled. */
static void pull(struct mutator *m, u32 hidden, u32 *object)
{
	const u32 holder = holder_of(m, hidden);
	const u32 slot = slot_of(hidden);

	if (once_in(m, 3)) {
		expect(m, "a token can be swapped out",
		       mheap_object_swap(&m->session, holder, slot, 0, object), 0);
		return;
	}
	*object = load(m, holder, slot);
	if (once_in(m, 2))
		store(m, holder, slot, 0);
	else
		expect(m, "a token is still there",
		       mheap_object_compare_store(&m->session, holder, slot, *object, 0), 1);
}

static void take_token(struct mutator *m, u32 i)
{
	struct mutator_token *token = &m->token[i];
	u32 object = 0;

	pull(m, token->hidden, &object);
	token->hidden = 0;
	expect(m, "a token is where it was hidden", !!object, true);
	if (!object)
		return;
	keep(m, MUTATOR_TOKEN + i, object, token->id);
	if (once_in(m, 2))
		verify_token(m, i);
}

/* Another token takes its place in the slot. */
static void push_out(struct mutator *m, u32 i, u32 hidden, u32 other)
{
	u32 object = 0;

	expect(m, "a token can be swapped in",
	       mheap_object_swap(&m->session, holder_of(m, hidden), slot_of(hidden),
				 m->held[MUTATOR_TOKEN + i].object, &object), 0);
	m->token[other].hidden = 0;
	expect(m, "a token was there", !!object, true);
	if (object)
		keep(m, MUTATOR_TOKEN + other, object, m->token[other].id);
}

static void hide_token(struct mutator *m, u32 i)
{
	const u32 hidden = 1 + below(m, MUTATOR_HOLDERS * MUTATOR_HOLDER_SLOTS);
	const u32 object = m->held[MUTATOR_TOKEN + i].object;
	const u32 other = token_at(m, hidden);

	if (!holder_of(m, hidden))
		return;
	if (other < MUTATOR_TOKENS)
		push_out(m, i, hidden, other);
	else if (once_in(m, 2))
		store(m, holder_of(m, hidden), slot_of(hidden), object);
	else
		expect(m, "the slot is empty",
		       mheap_object_compare_store(&m->session, holder_of(m, hidden),
						  slot_of(hidden), 0, object), 1);
	m->token[i].hidden = hidden;
	let_go(m, MUTATOR_TOKEN + i);
}

static void play_token(struct mutator *m)
{
	const u32 i = below(m, MUTATOR_TOKENS);
	const bool in_hand = m->held[MUTATOR_TOKEN + i].object;

	if (!in_hand && !m->token[i].hidden)
		make_token(m, i);
	else if (!in_hand)
		take_token(m, i);
	else if (once_in(m, 30))
		let_go(m, MUTATOR_TOKEN + i);
	else if (once_in(m, 3))
		play_child(m, i);
	else if (once_in(m, 4))
		verify_token(m, i);
	else
		hide_token(m, i);
}

/* From slot to slot without a rest. */
static void move_token(struct mutator *m)
{
	const u32 i = below(m, MUTATOR_TOKENS);

	if (!m->token[i].hidden)
		return;
	take_token(m, i);
	if (m->held[MUTATOR_TOKEN + i].object)
		hide_token(m, i);
}

/* A holder that is younger than what it holds. */
static void renew_holder(struct mutator *m)
{
	const u32 place = below(m, MUTATOR_HOLDERS);
	const u32 old = m->held[MUTATOR_HOLDER + place].object;
	u32 i, holder, target;
	u64 id;

	holder = make(m, MUTATOR_HOLDER_SLOTS, 0, 0, &id);
	if (!holder)
		return;
	for (i = 0; old && i < MUTATOR_HOLDER_SLOTS; i++) {
		target = load(m, old, i);
		store(m, holder, i, target);
		store(m, old, i, 0);
		put(m, target);
	}
	keep(m, MUTATOR_HOLDER + place, holder, id);
}

/* Rings that live by weak handles, until somebody finds them dead. */

static void forget_ring(struct mutator *m, struct mutator_ring *ring)
{
	u32 i;

	for (i = 0; i < MUTATOR_RING_MEMBERS; i++)
		if (ring->weak[i])
			expect(m, "a weak handle is dropped",
			       mheap_session_drop(&m->session, ring->weak[i]), 0);
	memset(ring, 0, sizeof(*ring));
}

static void make_ring(struct mutator *m, struct mutator_ring *ring)
{
	u32 object[MUTATOR_RING_MEMBERS] = {};
	bool complete = true;
	u32 i;

	for (i = 0; i < MUTATOR_RING_MEMBERS && complete; i++) {
		object[i] = make(m, 1, 0, 0, &ring->id[i]);
		complete = object[i] &&
			   granted(m, "a weak handle",
				   mheap_session_weak(&m->session, object[i], &ring->weak[i]));
	}
	for (i = 0; i < MUTATOR_RING_MEMBERS && complete; i++)
		store(m, object[i], 0, object[(i + 1) % MUTATOR_RING_MEMBERS]);
	for (i = 0; i < MUTATOR_RING_MEMBERS; i++)
		put(m, object[i]);
	if (!complete)
		forget_ring(m, ring);
}

/* Who holds one member has the others. */
static void verify_ring(struct mutator *m, const struct mutator_ring *ring, u32 object, u32 i)
{
	const u32 next = (i + 1) % MUTATOR_RING_MEMBERS;
	u32 other, same = 0;

	verify(m, object, ring->id[i]);
	expect(m, "what is reachable can be upgraded",
	       mheap_session_upgrade(&m->session, ring->weak[next], &same), 0);
	other = load(m, object, 0);
	expect(m, "a ring is closed", other, same);
	if (!other || other != same)
		return;
	verify(m, other, ring->id[next]);
	put(m, other);
	put(m, same);
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

	store(m, object, 0, 0);
	error = mheap_session_upgrade(&m->session, ring->weak[next], &other);
	if (!error && m->torture->watched)
		put(m, other);
	else
		expect(m, "what nothing refers to is dead", error, -ENOENT);
	put(m, object);
	forget_ring(m, ring);
}

static void upgrade_member(struct mutator *m, struct mutator_ring *ring, u32 place, u32 i)
{
	const bool is_held = m->held[place].object;
	u32 object = 0;
	int error;

	error = mheap_session_upgrade(&m->session, ring->weak[i], &object);
	expect(m, "an upgrade works or the object is dead", !error || error == -ENOENT, true);
	if (error) {
		expect(m, "what is held is not dead", is_held, false);
		ring->dead = true;
		return;
	}
	expect(m, "what was dead stays dead", ring->dead, false);
	/* A load would touch it, so not always. */
	if (once_in(m, 2))
		verify_ring(m, ring, object, i);
	if (!is_held && once_in(m, 4))
		cut_ring(m, ring, object, i);
	else if (is_held || once_in(m, 4))
		put(m, object);
	else
		keep(m, place, object, ring->id[i]);
}

static void play_ring(struct mutator *m)
{
	const u32 i = below(m, MUTATOR_RINGS);
	struct mutator_ring *ring = &m->ring[i];

	if (!ring->id[0])
		make_ring(m, ring);
	else if (ring->dead && once_in(m, 3))
		forget_ring(m, ring);
	else if (once_in(m, 3))
		let_go(m, MUTATOR_RING + i);
	else
		upgrade_member(m, ring, MUTATOR_RING + i, below(m, MUTATOR_RING_MEMBERS));
}

/* A long list: built at its head, walked, let go all at once. */

/* Something that dies by a collection only, when the list has gone. */
static void hang_garbage(struct mutator *m, u32 node)
{
	u64 id;
	u32 object = make(m, 1, 0, 0, &id);

	if (!object)
		return;
	store(m, object, 0, object);
	store(m, node, 1, object);
	put(m, object);
}

static void lengthen(struct mutator *m)
{
	const u32 head = m->held[MUTATOR_HEAD].object;
	u64 id;
	u32 node;

	node = make(m, 2, 0, m->length, &id);
	if (!node)
		return;
	if (head)
		store(m, node, 0, head);
	if (once_in(m, 8))
		hang_garbage(m, node);
	keep(m, MUTATOR_HEAD, node, id);
	m->length++;
}

static void walk_on(struct mutator *m)
{
	struct canary canary;
	u32 next;

	inspect(m, m->held[MUTATOR_CURSOR].object, 0, &canary);
	m->left--;
	expect(m, "a list is in order", canary.rest, m->left);
	next = load(m, m->held[MUTATOR_CURSOR].object, 0);
	expect(m, "a list has an end", !!next, !!m->left);
	if (next)
		keep(m, MUTATOR_CURSOR, next, 0);
	else
		let_go(m, MUTATOR_CURSOR);
}

static void start_to_walk(struct mutator *m)
{
	const u32 head = m->held[MUTATOR_HEAD].object;

	expect(m, "a reference can be doubled", mheap_object_get(&m->session, head), 0);
	keep(m, MUTATOR_CURSOR, head, m->held[MUTATOR_HEAD].id);
	m->left = m->length;
	/* Sometimes the list goes while its rest is walked. */
	if (once_in(m, 2)) {
		let_go(m, MUTATOR_HEAD);
		m->length = 0;
	}
}

static void play_list(struct mutator *m)
{
	u32 i;

	if (m->held[MUTATOR_CURSOR].object) {
		for (i = 0; i < 12 && m->held[MUTATOR_CURSOR].object; i++)
			walk_on(m);
	} else if (m->length > 10 && once_in(m, 5 + NODES_MAX / 20)) {
		start_to_walk(m);
	} else if (m->length > NODES_MAX || once_in(m, NODES_MAX)) {
		let_go(m, MUTATOR_HEAD);
		m->length = 0;
	} else {
		for (i = 0; i < 8; i++)
			lengthen(m);
	}
}

/* What hangs on garbage loses its slots, or gets some. */
static void play_shrinking(struct mutator *m)
{
	const u32 held = m->held[MUTATOR_SHRINKING].object;
	u32 garbage, object;
	u64 id;

	if (held) {
		granted(m, "a new shape",
			mheap_object_resize(&m->session, held, below(m, 3), LENGTH_MIN));
		if (!once_in(m, 3))
			let_go(m, MUTATOR_SHRINKING);
		return;
	}
	garbage = make(m, 2, 0, 0, &id);
	if (!garbage)
		return;
	object = make(m, below(m, 3), 0, 0, &id);
	store(m, garbage, 0, garbage);
	store(m, garbage, 1, object);
	put(m, garbage);
	if (object)
		keep(m, MUTATOR_SHRINKING, object, id);
}

/* An object that only its name keeps, at times. */

static void take_name_back(struct mutator *m)
{
	if (m->named)
		expect(m, "a name can be taken back",
		       mheap_root_unpublish(&m->session, &m->number, sizeof(m->number)), 0);
	m->named = 0;
}

static void give_name(struct mutator *m)
{
	u64 id;
	u32 object = make(m, below(m, 3), 0, 0, &id);

	if (!object)
		return;
	if (granted(m, "a name", mheap_root_publish(&m->session, &m->number,
						    sizeof(m->number), object, false))) {
		m->named = object;
		m->named_id = id;
	}
	put(m, object);
}

static void look_name_up(struct mutator *m)
{
	u32 object = 0;

	expect(m, "a name can be looked up",
	       mheap_root_lookup(&m->session, &m->number, sizeof(m->number), &object), 0);
	if (object)
		keep(m, MUTATOR_NAMED, object, m->named_id);
	if (once_in(m, 2))
		take_name_back(m);
}

static void play_name(struct mutator *m)
{
	if (!m->named)
		give_name(m);
	else if (once_in(m, 2))
		look_name_up(m);
	else
		let_go(m, MUTATOR_NAMED);
}

static void verify_one(struct mutator *m)
{
	const struct mutator_reference *held = &m->held[below(m, MUTATOR_PLACES)];

	if (held->object)
		verify(m, held->object, held->id);
}

static void (*const game[])(struct mutator *m) = {
	make_one, make_one, make_one, make_one, store_one, store_one, store_one, store_many,
	play_hot, play_hot,
	load_one, load_one, load_one, swap_one, exchange_one, drop_one, drop_one, resize_one,
	scribble_one, hold_one, name_one, upgrade_one, upgrade_one,
	play_token, play_token, play_token, play_token, play_token, play_token, move_token,
	move_token, renew_holder, play_ring, play_ring, play_ring, play_ring, play_ring,
	play_list, play_list, play_list, play_shrinking, play_shrinking, play_shrinking,
	play_name, play_name,
	verify_one, verify_one, verify_one,
};

static void play_slice(struct mutator *m)
{
	u32 left = 1 + below(m, once_in(m, 2) ? 4 : MHEAP_SECTION_OPERATIONS);

	mheap_session_enter_always(&m->session);
	while (left-- && !mheap_lane_is_tired(&m->session.lane) &&
	       !torture_is_broken(m->torture)) {
		if (once_in(m, 2))
			game[m->mood](m);
		else
			game[below(m, ARRAY_SIZE(game))](m);
		m->steps++;
		m->operations++;
	}
	mheap_session_leave(&m->session);
}

static void take_shared(struct mutator *m)
{
	struct torture *torture = m->torture;
	struct mutator_reference *held = &m->held[MUTATOR_SHARED];
	struct mheap_object_figures figures;

	mheap_session_enter_always(&torture->keeper);
	mheap_object_figures(&torture->keeper, torture->shared, &figures);
	expect(m, "a reference can be doubled",
	       mheap_object_get(&torture->keeper, torture->shared), 0);
	mheap_session_leave(&torture->keeper);
	held->object = torture->shared;
	held->id = figures.id;
}

static void open_session(struct mutator *m)
{
	const u32 serial = 2 + m->number + m->reopened % 4000 * MUTATORS_MAX;

	mheap_session_init(&m->session, m->torture->heap, serial, m->random);
	m->reopened++;
	m->mood = below(m, ARRAY_SIZE(game));
	memset(m->held, 0, sizeof(m->held));
	memset(m->token, 0, sizeof(m->token));
	memset(m->ring, 0, sizeof(m->ring));
	memset(m->name, 0, sizeof(m->name));
	m->length = 0;
	m->left = 0;
}

/* What is held by a handle goes with the session. */
static void close_session(struct mutator *m)
{
	u32 place;

	mheap_session_enter_always(&m->session);
	for (place = 0; place < MUTATOR_PLACES; place++)
		if (!m->held[place].handle)
			let_go(m, place);
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
	if (!once_in(m, ENDURANCE) || torture_is_broken(m->torture))
		return;
	close_session(m);
	open_session(m);
	take_shared(m);
}

/**
 * torture_operations - operations of all mutators
 * @torture: whose
 *
 * Context: Any; when nobody is at work. Return: How many.
 */
u64 torture_operations(const struct torture *torture)
{
	u64 operations = 0;
	u32 i;

	for (i = 0; i < MUTATORS_MAX; i++)
		operations += torture->mutator[i].operations;
	return operations;
}

static int make_shared(struct torture *torture)
{
	const struct mheap_shape shape = { .slots = SHARED_SLOTS, .length = LENGTH_MIN };
	struct mheap_object_figures figures;
	struct canary canary = {};
	int error;

	mheap_session_enter_always(&torture->keeper);
	error = mheap_object_new(&torture->keeper, &shape, &torture->shared);
	if (!error) {
		mheap_object_figures(&torture->keeper, torture->shared, &figures);
		canary.id = figures.id;
		canary.check = check_of(canary.id);
		mheap_object_write(&torture->keeper, torture->shared, 0, &canary,
				   sizeof(canary));
	}
	mheap_session_leave(&torture->keeper);
	return error;
}

/**
 * torture_init - make mutators
 * @torture: to be made
 * @heap: empty; the surroundings are the caller's
 * @mutators: how many
 * @seed: of their decisions
 *
 * Context: May sleep. Return: 0 or -ENOMEM; torture_fini() must follow if 0.
 */
int torture_init(struct torture *torture, struct mheap_heap *heap, u32 mutators, u64 seed)
{
	struct mutator *m;
	int error;
	u32 i;

	memset(torture, 0, sizeof(*torture));
	torture->heap = heap;
	torture->mutators = min(mutators, MUTATORS_MAX);
	mheap_session_init(&torture->keeper, heap, 1, 0);
	error = make_shared(torture);
	if (error) {
		mheap_session_fini(&torture->keeper);
		return error;
	}
	for (i = 0; i < torture->mutators; i++) {
		m = &torture->mutator[i];
		m->torture = torture;
		m->number = i;
		m->random = check_of(seed * MUTATORS_MAX + i) | 1;
		open_session(m);
		take_shared(m);
	}
	return 0;
}

/**
 * torture_drop_all - give back all references
 * @torture: nobody is at work
 *
 * Context: May sleep.
 */
void torture_drop_all(struct torture *torture)
{
	struct mutator *m;
	u32 i;

	for (i = 0; i < torture->mutators; i++) {
		m = &torture->mutator[i];
		mheap_session_enter_always(&m->session);
		take_name_back(m);
		mheap_session_leave(&m->session);
		close_session(m);
	}
	torture->mutators = 0;
	mheap_session_enter_always(&torture->keeper);
	mheap_object_put(&torture->keeper, torture->shared);
	mheap_session_leave(&torture->keeper);
}

/**
 * torture_fini - the end
 * @torture: behind torture_drop_all()
 *
 * Context: May sleep.
 */
void torture_fini(struct torture *torture)
{
	mheap_session_fini(&torture->keeper);
}

/**
 * struct census - the heap, counted by looking
 * @torture: whose
 * @numbers: that there are
 * @inside: references found in slots, by number
 * @outside: references found in hands, by number
 * @queue: objects in the order in which they were found
 * @found: length of @queue
 * @tracked: of those, with slots
 * @bytes: that they take
 */
struct census {
	struct torture *torture;
	u32 numbers;
	u32 *inside;
	u32 *outside;
	u32 *queue;
	u32 found;
	u64 tracked;
	u64 bytes;
};

static void find(struct census *census, u32 object, u32 *count)
{
	const bool is_known = object >= census->numbers ||
			      census->inside[object] || census->outside[object];

	torture_expect(census->torture, "a number is one", object < census->numbers, true);
	if (object >= census->numbers)
		return;
	count[object]++;
	if (!is_known)
		census->queue[census->found++] = object;
}

static void find_held(struct census *census)
{
	struct torture *torture = census->torture;
	u32 i, place;

	find(census, torture->shared, census->outside);
	for (i = 0; i < torture->mutators; i++) {
		if (torture->mutator[i].named)
			find(census, torture->mutator[i].named, census->outside);
		for (place = 0; place < MUTATOR_PLACES; place++)
			if (torture->mutator[i].held[place].object)
				find(census, torture->mutator[i].held[place].object,
				     census->outside);
	}
}

/* Look into an object that is alive. */
static void look_into(struct census *census, u32 object)
{
	struct mheap_session *keeper = &census->torture->keeper;
	struct mheap_object_figures figures;
	struct canary canary = {};
	u32 i, target;

	mheap_session_enter_always(keeper);
	mheap_object_figures(keeper, object, &figures);
	mheap_object_read(keeper, object, 0, &canary, sizeof(canary));
	torture_expect(census->torture, "census: a payload belongs to its object",
		       canary.id, figures.id);
	census->tracked += figures.tracked;
	census->bytes += figures.charged;
	for (i = 0; i < figures.shape.slots; i++) {
		target = 0;
		mheap_object_load(keeper, object, i, &target);
		if (!target)
			continue;
		find(census, target, census->inside);
		mheap_object_put(keeper, target);
	}
	mheap_session_leave(keeper);
}

static void compare(struct census *census, u32 object)
{
	struct mheap_session *keeper = &census->torture->keeper;
	struct mheap_object_figures figures;

	mheap_session_enter_always(keeper);
	mheap_object_figures(keeper, object, &figures);
	mheap_session_leave(keeper);
	torture_expect(census->torture, "census: references from slots", figures.inside,
		       census->inside[object]);
	torture_expect(census->torture, "census: references from outside", figures.outside,
		       census->outside[object]);
}

static void compare_figures(struct census *census)
{
	struct mheap_heap_figures figures;
	u64 tracked = 0;
	u32 i;

	mheap_heap_figures(census->torture->heap, &figures);
	for (i = 0; i < MHEAP_GENERATION_COUNT; i++)
		tracked += figures.in_generation[i];
	torture_expect(census->torture, "census: objects", figures.objects, census->found);
	torture_expect(census->torture, "census: tracked objects", tracked, census->tracked);
	torture_expect(census->torture, "census: bytes", figures.bytes, census->bytes);
}

/**
 * torture_census - count everything by looking, and compare
 * @torture: nobody is at work, and everything has been collected
 *
 * Breadth first from what is held: the counts of each object, and how many there
 * are.
 *
 * Context: May sleep. Without memory it counts nothing.
 */
void torture_census(struct torture *torture)
{
	const u32 numbers = mheap_table_chunks(&torture->heap->table) * MHEAP_CHUNK_OBJECTS;
	struct census census = {
		.torture = torture,
		.numbers = numbers,
		.inside = kvcalloc(numbers, sizeof(u32), GFP_KERNEL),
		.outside = kvcalloc(numbers, sizeof(u32), GFP_KERNEL),
		.queue = kvcalloc(numbers, sizeof(u32), GFP_KERNEL),
	};
	u32 i;

	if (census.inside && census.outside && census.queue) {
		find_held(&census);
		for (i = 0; i < census.found; i++)
			look_into(&census, census.queue[i]);
		for (i = 0; i < census.found; i++)
			compare(&census, census.queue[i]);
		compare_figures(&census);
	}
	kvfree(census.inside);
	kvfree(census.outside);
	kvfree(census.queue);
}
