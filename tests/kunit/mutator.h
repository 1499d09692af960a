/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that try to break a heap. Each has a session of its own and plays many
 * games at once with objects that others see and with objects that nobody else
 * does; of the latter it knows exactly what must be where. Who runs them decides on
 * threads, collectors and time: kernel threads (torture.c) or a program in
 * userspace under sanitizers (tests/host/test_concurrent.c).
 *
 * Every object's payload begins with its own id, and whoever keeps a reference, in
 * a hand or in a slot, remembers whose: so an object that was freed too early is
 * noticed even where another one has its number by then.
 */
#ifndef _MHEAP_KUNIT_MUTATOR_H
#define _MHEAP_KUNIT_MUTATOR_H

#include "core/collect.h"
#include "core/finalizer.h"
#include "core/object.h"
#include "core/release.h"
#include "core/root.h"

#define MUTATORS_MAX	8U

struct mutator_game;

/* Places for references, by what they are for. */
enum mutator_place {
	MUTATOR_SHARED,		/* the object that everybody knows */
	MUTATOR_PUBLIC,		/* objects that others may see */
	MUTATOR_HOLDER = MUTATOR_PUBLIC + 24,	/* what tokens are hidden in */
	MUTATOR_TOKEN = MUTATOR_HOLDER + 8,	/* tokens in hand */
	MUTATOR_CHILD = MUTATOR_TOKEN + 16,	/* of tokens in hand */
	MUTATOR_RING = MUTATOR_CHILD + 16,	/* members of rings */
	MUTATOR_HEAD = MUTATOR_RING + 8,	/* of a long list */
	MUTATOR_CURSOR,		/* on it */
	MUTATOR_NAMED,		/* has a name, or had one */
	MUTATOR_SHRINKING,	/* hangs on garbage and is to lose its slots */
	MUTATOR_TABLE,		/* has ephemerons in its slots */
	MUTATOR_KEY,		/* the first keys of chains */
	MUTATOR_VALUE = MUTATOR_KEY + 4,	/* values of chains */
	MUTATOR_WATCHED = MUTATOR_VALUE + 4,	/* have watches */
	MUTATOR_FINAL = MUTATOR_WATCHED + 8,	/* have finalizers */
	MUTATOR_RESCUED = MUTATOR_FINAL + 8,	/* had finalizers */
	MUTATOR_EPHEMERON = MUTATOR_RESCUED + 4,	/* of what has finalizers */
	MUTATOR_PLACES = MUTATOR_EPHEMERON + 4,
};

#define MUTATOR_HOLDERS		(MUTATOR_TOKEN - MUTATOR_HOLDER)
#define MUTATOR_TOKENS		(MUTATOR_CHILD - MUTATOR_TOKEN)
#define MUTATOR_RINGS		(MUTATOR_HEAD - MUTATOR_RING)
#define MUTATOR_HOLDER_SLOTS	4
#define MUTATOR_RING_MEMBERS	3
#define MUTATOR_NAMES		16
#define MUTATOR_CHAINS		(MUTATOR_VALUE - MUTATOR_KEY)
#define MUTATOR_LINKS		3
#define MUTATOR_WATCHES		(MUTATOR_FINAL - MUTATOR_WATCHED)
#define MUTATOR_FINALS		(MUTATOR_RESCUED - MUTATOR_FINAL)
#define MUTATOR_RESCUES		(MUTATOR_EPHEMERON - MUTATOR_RESCUED)
#define MUTATOR_EPHEMERONS	(MUTATOR_PLACES - MUTATOR_EPHEMERON)

/**
 * struct mutator_reference - a reference from outside that a mutator holds
 * @id: of the object
 * @handle: what it holds it by, or 0 if by the bare number
 * @object: the number, or 0 if there is nothing
 */
struct mutator_reference {
	u64 id;
	u64 handle;
	u32 object;
};

/**
 * struct mutator_token - an object with one reference, and a child with one
 * @id: of the token
 * @child: id of the child
 * @hidden: where it is: 1 + holder and slot, or 0 while it is in hand
 */
struct mutator_token {
	u64 id;
	u64 child;
	u32 hidden;
};

/**
 * struct mutator_ring - garbage with weak handles, unless a member is held
 * @id: of the members; 0 where there is no ring
 * @weak: handles
 * @dead: an upgrade has failed
 */
struct mutator_ring {
	u64 id[MUTATOR_RING_MEMBERS];
	u64 weak[MUTATOR_RING_MEMBERS];
	bool dead;
};

/**
 * struct mutator_chain - a chain of ephemerons, see mutator_ephemeron.c
 * @key: ids of keys; 0 where there is no chain
 * @value: ids of values
 * @weak_key: handles
 * @weak_value: handles
 * @cyclic: values refer to their keys
 * @dead: so many of the first keys are known to be dead
 * @visited: which value is in hand, if one is
 */
struct mutator_chain {
	u64 key[MUTATOR_LINKS];
	u64 value[MUTATOR_LINKS];
	u64 weak_key[MUTATOR_LINKS];
	u64 weak_value[MUTATOR_LINKS];
	bool cyclic;
	u32 dead;
	u32 visited;
};

/**
 * struct mutator_watch - an object whose death this mutator is to be told of
 * @id: of the object; 0 where there is no watch
 * @weak: a handle
 * @cookie: of the watch
 * @own: nobody else can get hold of it, and it dies by count
 * @dead: it is known to be dead, and the event may not have come yet
 */
struct mutator_watch {
	u64 id;
	u64 weak;
	u64 cookie;
	bool own;
	bool dead;
};

/**
 * struct mutator_final - an object with a finalizer
 * @id: of the object; 0 where there is none
 * @weak: a handle, or 0: the session has ended since
 * @serial: of this finalizer
 * @due: the same while it may yet be called, or 0 (atomic); the only thing here that
 *       other mutators look at
 * @lost: the object was let go
 */
struct mutator_final {
	u64 id;
	u64 weak;
	u32 serial;
	atomic_t due;
	bool lost;
};

/**
 * struct mutator - one of the programs
 * @torture: what it belongs to
 * @session: its own
 * @number: from 0
 * @reopened: how often it has begun a new session
 * @random: where decisions come from
 * @mood: which game it likes best in this session
 * @steps: of games, done so far
 * @operations: done so far, about
 * @held: all its references from outside
 * @token: tokens
 * @ring: rings
 * @chain: chains of ephemerons
 * @watch: watches
 * @cookie: the last one of a watch
 * @final: objects with finalizers, also those of earlier sessions
 * @serial: the last one of a finalizer
 * @name: weak handles to public objects
 * @named: number of the object with this mutator's name, or 0
 * @named_id: its id
 * @length: of the list
 * @left: nodes from the cursor to the end
 */
struct mutator {
	struct torture *torture;
	struct mheap_session session;
	u32 number;
	u32 reopened;
	u64 random;
	const struct mutator_game *mood;
	u64 steps;
	u64 operations;
	struct mutator_reference held[MUTATOR_PLACES];
	struct mutator_token token[MUTATOR_TOKENS];
	struct mutator_ring ring[MUTATOR_RINGS];
	struct mutator_chain chain[MUTATOR_CHAINS];
	struct mutator_watch watch[MUTATOR_WATCHES];
	u64 cookie;
	struct mutator_final final[MUTATOR_FINALS];
	u32 serial;
	u64 name[MUTATOR_NAMES];
	u32 named;
	u64 named_id;
	u32 length;
	u32 left;
};

/**
 * struct torture - a heap and its mutators
 * @heap: the heap
 * @keeper: a session that keeps the shared object
 * @shared: its number
 * @watched: somebody else may get hold of any object, by enumeration
 * @meddler: a session of that one, while it is at it
 * @meddling: where the decisions of that one come from
 * @broken: a rule was (atomic)
 * @refused: operations that failed for lack of memory (atomic)
 * @mutators: how many
 * @mutator: them
 */
struct torture {
	struct mheap_heap *heap;
	struct mheap_session keeper;
	u32 shared;
	bool watched;
	struct mheap_session meddler;
	u64 meddling;
	atomic_t broken;
	atomic64_t refused;
	u32 mutators;
	struct mutator mutator[MUTATORS_MAX];
};

/* Says what was broken; where the mutators run decides how. */
void torture_say(const char *rule, u64 is, u64 should);

int torture_init(struct torture *torture, struct mheap_heap *heap, u32 mutators, u64 seed);
void torture_fini(struct torture *torture);
void torture_drop_all(struct torture *torture);
void torture_expect(struct torture *torture, const char *rule, u64 is, u64 should);
bool torture_settle(struct torture *torture);
void torture_census(struct torture *torture);
void torture_image(struct torture *torture);
u32 torture_meddle(struct torture *torture);
void torture_calm(struct torture *torture);
u64 torture_operations(const struct torture *torture);
void mutator_go(struct mutator *m);

static inline bool torture_is_broken(struct torture *torture)
{
	return atomic_read(&torture->broken);
}

#endif /* _MHEAP_KUNIT_MUTATOR_H */
