// SPDX-License-Identifier: GPL-2.0-only
#include "mutator_game.h"
#include "core/ephemeron.h"

/**
 * mutator_check_of - what a payload has beside the id of its object
 * @id: of the object
 *
 * Context: Any. Return: A number that follows from it.
 */
u64 mutator_check_of(u64 id)
{
	return (id ^ 0x5bf03635f0935ad1ULL) * 0x9e3779b97f4a7c15ULL;
}

/**
 * mutator_below - decide
 * @m: a mutator
 * @limit: at least 1
 *
 * Context: Any. Return: A number from 0 to @limit - 1.
 */
u32 mutator_below(struct mutator *m, u32 limit)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (u32)(m->random >> 32) % limit;
}

/**
 * mutator_once_in - decide
 * @m: a mutator
 * @times: at least 1
 *
 * Context: Any. Return: true once in @times.
 */
bool mutator_once_in(struct mutator *m, u32 times)
{
	return !mutator_below(m, times);
}

/**
 * mutator_expect - a rule
 * @m: whose
 * @rule: in words
 * @is: what there is
 * @should: what there should be
 *
 * Context: Any.
 */
void mutator_expect(struct mutator *m, const char *rule, s64 is, s64 should)
{
	torture_expect(m->torture, rule, is, should);
}

/**
 * mutator_granted - something that needs memory
 * @m: whose
 * @rule: what it is, in words
 * @error: what was returned
 *
 * Context: Any. Return: true if there was memory for it.
 */
bool mutator_granted(struct mutator *m, const char *rule, int error)
{
	if (likely(!error))
		return true;
	if (error == -ENOMEM)
		atomic64_add(1, &m->torture->refused);
	else
		mutator_expect(m, rule, error, 0);
	return false;
}

/**
 * mutator_inspect - is an object what it says it is?
 * @m: a mutator
 * @object: it holds it
 * @id: of the object, or 0 where it may be any
 * @canary: filled
 *
 * Context: Entered. Return: Its id.
 */
u64 mutator_inspect(struct mutator *m, u32 object, u64 id, struct mutator_canary *canary)
{
	struct mheap_object_figures figures;
	long length;

	m->operations += 2;
	memset(canary, 0, sizeof(*canary));
	mheap_object_figures(&m->session, object, &figures);
	length = mheap_object_read(&m->session, object, 0, canary, sizeof(*canary));
	mutator_expect(m, "an object has its payload", length, sizeof(*canary));
	mutator_expect(m, "a payload belongs to its object", canary->id, figures.id);
	mutator_expect(m, "a payload is whole", canary->check, mutator_check_of(canary->id));
	mutator_expect(m, "somebody holds it", !!figures.outside, true);
	if (id)
		mutator_expect(m, "it is the object that was meant", figures.id, id);
	return figures.id;
}

/**
 * mutator_verify - the same of an object that is not looked into further
 * @m: a mutator
 * @object: it holds it
 * @id: of the object, or 0 where it may be any
 *
 * Context: Entered.
 */
void mutator_verify(struct mutator *m, u32 object, u64 id)
{
	struct mutator_canary canary;

	mutator_inspect(m, object, id, &canary);
}

/**
 * mutator_let_go - give the reference in a place back
 * @m: whose
 * @place: enum mutator_place; it may be empty
 *
 * Context: Entered.
 */
void mutator_let_go(struct mutator *m, u32 place)
{
	struct mutator_reference *held = &m->held[place];

	m->operations += !!held->object;
	if (held->handle)
		mutator_expect(m, "a handle can be dropped",
			       mheap_session_drop(&m->session, held->handle), 0);
	else if (held->object)
		mheap_object_put(&m->session, held->object);
	memset(held, 0, sizeof(*held));
}

/**
 * mutator_keep - put a reference into a place, as a handle or not
 * @m: whose
 * @place: enum mutator_place; what was there is given back
 * @object: the reference is the place's from now on
 * @id: of the object, or 0 where it may be any
 *
 * Context: Entered. May sleep.
 */
void mutator_keep(struct mutator *m, u32 place, u32 object, u64 id)
{
	struct mutator_reference *held = &m->held[place];
	struct mutator_canary canary;
	u64 handle = 0;

	id = mutator_inspect(m, object, id, &canary);
	mutator_let_go(m, place);
	if (mutator_once_in(m, 2) &&
	    mutator_granted(m, "a handle", mheap_session_hold(&m->session, object, &handle)))
		held->handle = handle;
	held->object = object;
	held->id = id;
}

static u32 make(struct mutator *m, const struct mheap_shape *shape, u64 rest, u64 *id)
{
	struct mheap_object_figures figures;
	struct mutator_canary canary = { .rest = rest };
	u32 object;

	m->operations += 3;
	if (!mutator_granted(m, "a new object", mheap_object_new(&m->session, shape, &object)))
		return 0;
	mheap_object_figures(&m->session, object, &figures);
	if (!m->torture->watched)
		mutator_expect(m, "a new object has one reference from outside",
			       figures.outside, 1);
	mutator_expect(m, "a new object has none from slots", figures.inside, 0);
	*id = figures.id;
	canary.id = figures.id;
	canary.check = mutator_check_of(canary.id);
	mutator_expect(m, "a payload can be written",
		       mheap_object_write(&m->session, object, 0, &canary, sizeof(canary)), 0);
	return object;
}

/**
 * mutator_make - make an object
 * @m: a mutator
 * @slots: how many
 * @length: of its payload; it is longer where that is too short
 * @rest: for struct mutator_canary
 * @id: filled, unless there is no memory
 *
 * Context: Entered. May sleep.
 * Return: The object, which the caller holds, or 0 where there is no memory.
 */
u32 mutator_make(struct mutator *m, u32 slots, u32 length, u64 rest, u64 *id)
{
	const struct mheap_shape shape = {
		.type = mutator_below(m, 300), .slots = slots,
		.length = max(length, MUTATOR_LENGTH_MIN),
	};

	return make(m, &shape, rest, id);
}

/**
 * mutator_make_ephemeron - make an ephemeron
 * @m: a mutator
 * @rest: for struct mutator_canary
 * @id: filled, unless there is no memory
 *
 * Context: Entered. May sleep.
 * Return: The ephemeron, which the caller holds, or 0 where there is no memory.
 */
u32 mutator_make_ephemeron(struct mutator *m, u64 rest, u64 *id)
{
	const struct mheap_shape shape = {
		.slots = MHEAP_EPHEMERON_SLOTS, .length = MUTATOR_LENGTH_MIN,
		.ephemeron = true,
	};

	return make(m, &shape, rest, id);
}

/**
 * mutator_put - give a reference back
 * @m: a mutator
 * @object: it holds it; or 0
 *
 * Context: Entered.
 */
void mutator_put(struct mutator *m, u32 object)
{
	m->operations += !!object;
	if (object)
		mheap_object_put(&m->session, object);
}

/**
 * mutator_store - store into a slot of an object that is known
 * @m: a mutator
 * @object: it holds it
 * @slot: there is one
 * @target: it holds it; or 0
 *
 * Context: Entered. May sleep for an ephemeron.
 */
void mutator_store(struct mutator *m, u32 object, u32 slot, u32 target)
{
	m->operations++;
	mutator_expect(m, "a slot takes a reference",
		       mheap_object_store(&m->session, object, slot, target), 0);
}

/**
 * mutator_load - load a slot of an object that is known
 * @m: a mutator
 * @object: it holds it
 * @slot: there is one
 *
 * Context: Entered. May sleep for an ephemeron.
 * Return: What is there, which the caller holds, or 0.
 */
u32 mutator_load(struct mutator *m, u32 object, u32 slot)
{
	u32 target = 0;

	m->operations++;
	mutator_expect(m, "a slot can be loaded",
		       mheap_object_load(&m->session, object, slot, &target), 0);
	return target;
}

/**
 * mutator_move - move a reference from slot to slot
 * @m: a mutator
 * @from: it holds it
 * @slot: of @from; emptied
 * @to: it holds it
 * @place: a slot of @to
 *
 * Context: Entered.
 * Return: What was moved, which the caller holds as well, or 0 for nothing.
 */
u32 mutator_move(struct mutator *m, u32 from, u32 slot, u32 to, u32 place)
{
	const u32 target = mutator_load(m, from, slot);

	mutator_store(m, to, place, target);
	mutator_store(m, from, slot, 0);
	return target;
}
