// SPDX-License-Identifier: GPL-2.0-only
/*
 * A heap and those who are to break it.
 */
#include "mutator_game.h"

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
	const struct mheap_shape shape = {
		.slots = MUTATOR_SHARED_SLOTS, .length = MUTATOR_LENGTH_MIN,
	};
	struct mheap_object_figures figures;
	struct mutator_canary canary = {};
	int error;

	mheap_session_enter_always(&torture->keeper);
	error = mheap_object_new(&torture->keeper, &shape, &torture->shared);
	if (!error) {
		mheap_object_figures(&torture->keeper, torture->shared, &figures);
		canary.id = figures.id;
		canary.check = mutator_check_of(canary.id);
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
	torture->meddling = mutator_check_of(seed) | 1;
	torture->mutators = min(mutators, MUTATORS_MAX);
	mheap_session_init(&torture->keeper, heap, 1, 0);
	error = make_shared(torture);
	if (error) {
		mheap_session_fini(&torture->keeper);
		return error;
	}
	mheap_finalizers_listen(heap);
	for (i = 0; i < torture->mutators; i++) {
		m = &torture->mutator[i];
		m->torture = torture;
		m->number = i;
		m->random = mutator_check_of(seed * MUTATORS_MAX + i) | 1;
		mutator_open_session(m);
		mutator_take_shared(m);
	}
	return 0;
}

/**
 * torture_settle - take what is handed out to have its finalizer called
 * @torture: nobody is at work, and everything has been collected
 *
 * Context: May sleep.
 * Return: true if there was any, and the rest may have become garbage by it.
 */
bool torture_settle(struct torture *torture)
{
	struct mutator *m = &torture->mutator[0];
	bool any;

	mheap_session_enter_always(&m->session);
	any = mutator_settle_finals(m);
	mheap_session_leave(&m->session);
	return any && !torture_is_broken(torture);
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
		mutator_take_name_back(m);
		mheap_session_leave(&m->session);
		mutator_close_session(m);
	}
	torture->mutators = 0;
	mheap_finalizers_unlisten(&torture->keeper);
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
