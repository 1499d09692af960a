// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody who meddles with a heap that others work on: enumerates it with handles and
 * without, and now and then freezes, unfreezes, has garbage saved and clears that.
 */
#include "core/enumerate.h"
#include "core/garbage.h"
#include "core/permanent.h"
#include "mutator.h"

#define FOUND_MAX	64U

static u32 below(struct torture *torture, u32 limit)
{
	u64 *random = &torture->meddling;

	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (u32)(*random >> 32) % limit;
}

static bool once_in(struct torture *torture, u32 times)
{
	return !below(torture, times);
}

/* Whoever holds a handle can look through it: what it names is alive and whole. */
static void look_through(struct torture *torture, struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;
	u32 object = 0, target, slot, slots;

	mheap_session_enter_always(session);
	torture_expect(torture, "what is found has a handle",
		       mheap_session_find(session, handle, &object), 0);
	mheap_object_figures(session, object, &figures);
	torture_expect(torture, "somebody holds it", !!figures.outside, true);
	slots = min(figures.shape.slots, 4U);
	for (slot = 0; slot < slots; slot++) {
		if (mheap_object_load(session, object, slot, &target) || !target)
			continue;
		mheap_object_figures(session, target, &figures);
		torture_expect(torture, "somebody holds it", !!figures.outside, true);
		mheap_object_put(session, target);
	}
	mheap_session_leave(session);
}

/* A handle to the object that everybody knows, or 0 where there is no memory. */
static u64 hold_shared(struct torture *torture, struct mheap_session *session)
{
	u64 handle = 0;

	mheap_session_enter_always(session);
	torture_expect(torture, "a reference can be doubled",
		       mheap_object_get(session, torture->shared), 0);
	if (mheap_session_hold(session, torture->shared, &handle))
		mheap_object_put(session, torture->shared);
	mheap_session_leave(session);
	return handle;
}

/* Return: how many were found. */
static u32 enumerate(struct torture *torture, struct mheap_session *session, u64 *found)
{
	struct mheap_enumeration enumeration = {
		.what = below(torture, 3),
		.generations = 1 + below(torture, 15),
		.object = hold_shared(torture, session),
		.ids = once_in(torture, 4),
		.found = found,
		.room = 1 + below(torture, FOUND_MAX),
	};
	u32 count = 0;
	u32 i;

	do {
		if (!enumeration.object || mheap_enumerate(session, &enumeration))
			break;
		for (i = 0; !enumeration.ids && i < enumeration.count; i++)
			look_through(torture, session, found[i]);
		count += enumeration.count;
		mheap_enumerate_undo(session, &enumeration);
		cond_resched();
	} while (enumeration.cursor && !once_in(torture, 500));
	/* Its last handle goes with the session. */
	return count;
}

/**
 * torture_meddle - meddle for a while
 * @torture: somebody may be at work; one caller at a time, and @torture->watched
 *
 * Context: May sleep. Return: How many objects it has found.
 */
u32 torture_meddle(struct torture *torture)
{
	struct mheap_heap *heap = torture->heap;
	struct mheap_session *session = &torture->meddler;
	u64 found[FOUND_MAX];
	u32 count;

	mheap_session_init(session, heap, MHEAP_HANDLE_SERIAL_MAX, below(torture, 1000));
	count = enumerate(torture, session, found);
	mheap_session_fini(session);
	if (once_in(torture, 40))
		mheap_permanent_freeze(heap);
	if (once_in(torture, 15))
		mheap_permanent_unfreeze(heap);
	if (once_in(torture, 10))
		WRITE_ONCE(heap->debug, MHEAP_SAVE_ALL - heap->debug);
	if (once_in(torture, 20))
		mheap_garbage_clear(heap);
	return count;
}

/**
 * torture_calm - undo what meddling leaves behind
 * @torture: nobody is at work
 *
 * Context: May sleep.
 */
void torture_calm(struct torture *torture)
{
	WRITE_ONCE(torture->heap->debug, 0);
	mheap_permanent_unfreeze(torture->heap);
	mheap_garbage_clear(torture->heap);
}
