/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the games of mutators share: hands that hold references, and steps that are
 * checked. Each game is a file; mutator.c chooses among them.
 */
#ifndef _MHEAP_KUNIT_MUTATOR_GAME_H
#define _MHEAP_KUNIT_MUTATOR_GAME_H

#include "mutator.h"

#define MUTATOR_SHARED_SLOTS	32U	/* of the object that everybody knows, at least */

/**
 * struct mutator_canary - the first bytes of every payload
 * @id: of the object
 * @check: follows from it
 * @rest: nodes behind this one, in a list; id of what it refers to, where there is a
 *        finalizer
 */
struct mutator_canary {
	u64 id;
	u64 check;
	u64 rest;
};

#define MUTATOR_LENGTH_MIN	((u32)sizeof(struct mutator_canary))

/* mutator_hand.c */
u64 mutator_check_of(u64 id);
u32 mutator_below(struct mutator *m, u32 limit);
bool mutator_once_in(struct mutator *m, u32 times);
void mutator_expect(struct mutator *m, const char *rule, s64 is, s64 should);
bool mutator_granted(struct mutator *m, const char *rule, int error);
u64 mutator_inspect(struct mutator *m, u32 object, u64 id, struct mutator_canary *canary);
void mutator_verify(struct mutator *m, u32 object, u64 id);
void mutator_let_go(struct mutator *m, u32 place);
void mutator_keep(struct mutator *m, u32 place, u32 object, u64 id);
u32 mutator_make(struct mutator *m, u32 slots, u32 length, u64 rest, u64 *id);
u32 mutator_make_ephemeron(struct mutator *m, u64 rest, u64 *id);
void mutator_put(struct mutator *m, u32 object);
void mutator_store(struct mutator *m, u32 object, u32 slot, u32 target);
u32 mutator_load(struct mutator *m, u32 object, u32 slot);
u32 mutator_move(struct mutator *m, u32 from, u32 slot, u32 to, u32 place);

/* mutator.c */
void mutator_open_session(struct mutator *m);
void mutator_close_session(struct mutator *m);
void mutator_take_shared(struct mutator *m);

/* mutator_public.c */
void mutator_make_one(struct mutator *m);
void mutator_make_one_ephemeron(struct mutator *m);
void mutator_store_one(struct mutator *m);
void mutator_store_many(struct mutator *m);
void mutator_load_one(struct mutator *m);
void mutator_swap_one(struct mutator *m);
void mutator_exchange_one(struct mutator *m);
void mutator_drop_one(struct mutator *m);
void mutator_resize_one(struct mutator *m);
void mutator_scribble_one(struct mutator *m);
void mutator_hold_one(struct mutator *m);
void mutator_play_hot(struct mutator *m);
void mutator_name_one(struct mutator *m);
void mutator_upgrade_one(struct mutator *m);

/* A file for each of the others. */
void mutator_play_token(struct mutator *m);
void mutator_move_token(struct mutator *m);
void mutator_renew_holder(struct mutator *m);
void mutator_play_ring(struct mutator *m);
void mutator_play_list(struct mutator *m);
void mutator_play_shrinking(struct mutator *m);
void mutator_play_name(struct mutator *m);
void mutator_take_name_back(struct mutator *m);
void mutator_play_ephemeron(struct mutator *m);
void mutator_play_watch(struct mutator *m);
void mutator_settle_watches(struct mutator *m);
void mutator_play_final(struct mutator *m);
void mutator_lose_finals(struct mutator *m);
bool mutator_settle_finals(struct mutator *m);
u32 mutator_due_finals(struct mutator *m);

#endif /* _MHEAP_KUNIT_MUTATOR_GAME_H */
