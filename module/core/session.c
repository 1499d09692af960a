// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: entering and leaving a heap, and what a handle does to the object it
 * names.
 */
#include "ceiling.h"
#include "collect.h"
#include "count.h"
#include "listener.h"
#include "object.h"
#include "session.h"
#include "stall.h"
#include "touch.h"

/**
 * mheap_session_init_for - begin somebody's session
 * @session: to be made
 * @heap: the heap; it outlives the session
 * @serial: 1 to MHEAP_HANDLE_SERIAL_MAX, different from all other sessions'
 * @first_life: a random number, see struct mheap_handles
 * @owner: who it belongs to
 *
 * Who looks at holders finds it by its lane, so that comes last.
 *
 * Context: May sleep.
 */
void mheap_session_init_for(struct mheap_session *session, struct mheap_heap *heap,
			    u32 serial, u32 first_life, const struct mheap_owner *owner)
{
	memset(session, 0, sizeof(*session));
	mutex_init(&session->lock);
	session->heap = heap;
	session->owner = *owner;
	mheap_handles_init(&session->handles, serial, first_life);
	mheap_lane_init(&session->lane, heap);
	mheap_watcher_init(&session->watcher);
	atomic_inc(&heap->sessions);
}
EXPORT_SYMBOL_MHEAP(mheap_session_init_for);

/**
 * mheap_session_init - begin a session that is nobody's
 * @session: to be made
 * @heap: the heap; it outlives the session
 * @serial: 1 to MHEAP_HANDLE_SERIAL_MAX, different from all other sessions'
 * @first_life: a random number, see struct mheap_handles
 *
 * Context: May sleep.
 */
void mheap_session_init(struct mheap_session *session, struct mheap_heap *heap,
			u32 serial, u32 first_life)
{
	const struct mheap_owner nobody = {};

	mheap_session_init_for(session, heap, serial, first_life, &nobody);
}
EXPORT_SYMBOL_MHEAP(mheap_session_init);

/* Close some handles. Return: false if none is left. */
static bool close_some(struct mheap_session *session, u32 *cursor)
{
	u32 places = MHEAP_SECTION_OPERATIONS;
	struct mheap_handle closed;

	while (!mheap_lane_is_tired(&session->lane) &&
	       mheap_handle_close_any(&session->handles, cursor, &places, &closed)) {
		session->lane.tally.handles--;
		if (closed.name & MHEAP_HANDLE_OTHER)
			continue;	/* a weak one */
		mheap_object_put(session, closed.object);
	}
	return session->handles.open;
}

/**
 * mheap_session_fini - end a session: drop all its handles
 * @session: used by nobody any more
 *
 * Context: May sleep; takes time in proportion to the places of handles.
 */
void mheap_session_fini(struct mheap_session *session)
{
	u32 cursor = 0;
	bool more;

	if (session->listener.kinds)
		mheap_listen(session, 0);
	do {
		mheap_session_enter_always(session);
		more = close_some(session, &cursor);
		mheap_session_leave(session);
		cond_resched();
	} while (more);
	mheap_table_give_back(&session->heap->table, &session->run);
	mheap_watcher_fini(session);
	mheap_lane_fini(&session->lane);	/* nobody looks for holders here any more */
	mheap_handles_fini(&session->handles);
	mutex_destroy(&session->lock);
	atomic_dec(&session->heap->sessions);
}
EXPORT_SYMBOL_MHEAP(mheap_session_fini);

/* Whoever made the heap reach its ceiling collects it, or waits for who does. */
static noinline int wait_below_ceiling(struct mheap_session *session)
{
	struct mheap_heap *heap = session->heap;
	u64 begin;
	int error;

	if (!mheap_ceiling_is_due_to(&session->lane))
		return 0;
	begin = ktime_get_ns();
	error = mheap_collect_over_ceiling(heap);
	mheap_histogram_add(&heap->stalls, ktime_get_ns() - begin);
	atomic64_inc(&heap->ceiling.waits);
	return error;
}

/**
 * mheap_session_enter - begin to work on objects
 * @session: the session
 *
 * For at most MHEAP_SECTION_OPERATIONS operations, until mheap_lane_is_tired(),
 * and never while user memory is copied: a collection waits until everybody has
 * left. Where the heap has reached the ceiling of its garbage, and this session is
 * one of those that allocated most, it waits until the heap has been collected.
 *
 * Context: May sleep. Return: 0, or -EINTR if a signal kills the caller.
 */
int mheap_session_enter(struct mheap_session *session)
{
	int error = 0;

	if (mheap_stall_lock_killable(session->heap, &session->lock))
		return -EINTR;
	if (unlikely(mheap_ceiling_is_reached(session->heap)))
		error = wait_below_ceiling(session);
	if (likely(!error))
		error = mheap_lane_enter_killable(&session->lane);
	if (unlikely(error))
		mutex_unlock(&session->lock);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_session_enter);

/**
 * mheap_session_enter_always - the same, also for who is being killed
 * @session: the session
 *
 * Context: May sleep.
 */
void mheap_session_enter_always(struct mheap_session *session)
{
	mheap_stall_lock(session->heap, &session->lock);
	mheap_lane_enter(&session->lane);
}
EXPORT_SYMBOL_MHEAP(mheap_session_enter_always);

/**
 * mheap_session_leave - end it
 * @session: entered
 *
 * Context: Entered.
 */
void mheap_session_leave(struct mheap_session *session)
{
	mheap_lane_leave(&session->lane);
	mutex_unlock(&session->lock);
}
EXPORT_SYMBOL_MHEAP(mheap_session_leave);

/**
 * mheap_session_breathe - end a section and begin the next
 * @session: entered
 *
 * The session stays locked and references stay held. Where the heap has reached its
 * ceiling it waits as mheap_session_enter() does, but goes on when that is
 * interrupted.
 *
 * Context: Entered. May sleep.
 */
void mheap_session_breathe(struct mheap_session *session)
{
	mheap_lane_leave(&session->lane);
	cond_resched();
	if (unlikely(mheap_ceiling_is_reached(session->heap)))
		wait_below_ceiling(session);
	mheap_lane_enter(&session->lane);
}
EXPORT_SYMBOL_MHEAP(mheap_session_breathe);

/**
 * mheap_session_hold - turn a reference into a handle
 * @session: entered
 * @object: an object that the caller holds a reference from outside to; it
 *          becomes the handle's
 * @handle: filled
 *
 * Context: Entered. Cannot fail right behind
 * mheap_session_reserve(), else the section may be left and entered again.
 * Return: 0, -ENOMEM or -ENOSPC; on failure the reference is still the caller's.
 */
int mheap_session_hold(struct mheap_session *session, u32 object, u64 *handle)
{
	struct mheap_chunk *chunk;
	int error;

	mheap_assert_session(session);
	error = mheap_session_reserve(session);
	if (unlikely(error))
		return error;
	chunk = mheap_chunk_of(&session->heap->table, object);
	*handle = mheap_handle_open(&session->handles, MHEAP_HANDLE_STRONG, object,
				    mheap_tag(chunk, object));
	session->lane.tally.handles++;
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_session_hold);

/**
 * mheap_session_explain - why is it no open strong handle?
 * @session: entered
 * @handle: one that mheap_handle_find_strong() did not find
 *
 * Context: Entered. Return: -EBADF, -ESTALE, or -EINVAL if it is weak.
 */
int mheap_session_explain(struct mheap_session *session, u64 handle)
{
	struct mheap_handle *found;

	return mheap_handle_find(&session->handles, handle, &found) ?: -EINVAL;
}
EXPORT_SYMBOL_MHEAP(mheap_session_explain);

static int drop_weak(struct mheap_session *session, u64 handle)
{
	struct mheap_handle *found;
	int error = mheap_handle_find(&session->handles, handle, &found);

	if (unlikely(error))
		return error;
	mheap_handle_close(&session->handles, found);
	session->lane.tally.handles--;
	return 0;
}

static u32 close_strong(struct mheap_session *session, struct mheap_handle *found)
{
	const u32 object = found->object;

	mheap_handle_close(&session->handles, found);
	session->lane.tally.handles--;
	return object;
}

/**
 * mheap_session_let_go - close a strong handle, and keep its reference
 * @session: entered
 * @handle: any number
 * @object: filled; the handle's reference is the caller's
 *
 * Context: Entered. Return: 0, or -EBADF if it is no strong handle.
 */
int mheap_session_let_go(struct mheap_session *session, u64 handle, u32 *object)
{
	struct mheap_handle *found;

	mheap_assert_session(session);
	found = mheap_handle_find_strong(&session->handles, handle);
	if (!found)
		return -EBADF;
	*object = close_strong(session, found);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_session_let_go);

/**
 * mheap_session_drop - close a handle, strong or weak
 * @session: entered
 * @handle: any number
 *
 * Context: Entered. Return: 0, -EBADF or -ESTALE.
 */
int mheap_session_drop(struct mheap_session *session, u64 handle)
{
	struct mheap_handle *found;

	mheap_assert_session(session);
	found = mheap_handle_find_strong(&session->handles, handle);
	if (unlikely(!found))
		return drop_weak(session, handle);
	mheap_object_put(session, close_strong(session, found));
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_session_drop);

/* The entry of a weak handle: -EINVAL if it is strong. */
static int find_weak(struct mheap_session *session, u64 handle, struct mheap_handle **found)
{
	int error;

	mheap_assert_session(session);
	error = mheap_handle_find(&session->handles, handle, found);
	if (unlikely(error))
		return error;
	return likely(mheap_handle_kind(*found) == MHEAP_HANDLE_WEAK) ? 0 : -EINVAL;
}

static int open_weak(struct mheap_session *session, u32 object, u32 tag, u64 *handle)
{
	int error = mheap_session_reserve(session);

	if (unlikely(error))
		return error;
	*handle = mheap_handle_open(&session->handles, MHEAP_HANDLE_WEAK, object, tag);
	session->lane.tally.handles++;
	return 0;
}

/**
 * mheap_session_weak - a weak handle to an object
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @handle: filled
 *
 * Context: Entered. Return: 0, -ENOMEM or -ENOSPC.
 */
int mheap_session_weak(struct mheap_session *session, u32 object, u64 *handle)
{
	mheap_assert_session(session);
	return open_weak(session, object,
			 mheap_tag(mheap_chunk_of(&session->heap->table, object), object),
			 handle);
}
EXPORT_SYMBOL_MHEAP(mheap_session_weak);

/**
 * mheap_session_dup_weak - another weak handle to the same object
 * @session: entered
 * @handle: any number
 * @copy: filled
 *
 * Context: Entered.
 * Return: 0, -EBADF, -ESTALE, -EINVAL if it is strong, -ENOMEM or -ENOSPC.
 */
int mheap_session_dup_weak(struct mheap_session *session, u64 handle, u64 *copy)
{
	struct mheap_handle *found;
	int error = find_weak(session, handle, &found);

	if (unlikely(error))
		return error;
	return open_weak(session, found->object, found->tag, copy);
}
EXPORT_SYMBOL_MHEAP(mheap_session_dup_weak);

/**
 * mheap_session_gain - a reference to an object that the caller holds none to
 * @session: entered
 * @chunk: the object's chunk
 * @object: its number; whatever object has it now
 *
 * This is the only way to an object that leads neither over a reference from outside
 * nor over a slot that keeps it: weak handles, ephemerons and enumeration take it. What
 * a collection has not reached may be garbage, and only this can bring it back to the
 * program: the mark is set before @upgrades counts it, so a collection that counts no
 * more of them than before it looked has seen all marks; see look().
 *
 * Context: Entered, with the object's block locked.
 * Return: 0, and a reference from outside is gained; -ENOENT if the object is dead,
 * -EOVERFLOW, or -EAGAIN while it is open whether it is garbage: to be tried again
 * behind mheap_lane_step_aside() for heap->verdict.
 */
int mheap_session_gain(struct mheap_session *session, struct mheap_chunk *chunk, u32 object)
{
	struct mheap_heap *heap = session->heap;
	const u32 phase = READ_ONCE(heap->phase);
	int error;

	mheap_assert_session(session);
	lockdep_assert_held(&chunk->lock[mheap_block(object)]);
	if (likely(!mheap_is_unreached(chunk, object)))
		return mheap_count_gain_if_alive(&chunk->count[mheap_index(object)]);
	if (phase == MHEAP_PHASE_SWEEP)
		return -ENOENT;
	if (phase == MHEAP_PHASE_VERDICT)
		return -EAGAIN;
	mheap_touch(heap, object);
	error = mheap_count_gain_if_alive(&chunk->count[mheap_index(object)]);
	if (!error) {
		smp_mb(); /* pairs with the one in look() */
		atomic_inc(&heap->upgrades);
	}
	return error;
}

/*
 * One attempt, with the block of the object locked. The tag goes up under the block
 * lock before the number can be used again: where it is the old one, the count is
 * that of the object meant.
 */
static int try_upgrade(struct mheap_session *session, struct mheap_chunk *chunk, u32 object,
		       u32 tag)
{
	if (mheap_tag(chunk, object) != tag)
		return -ENOENT;
	return mheap_session_gain(session, chunk, object);
}

/**
 * mheap_session_upgrade_object - a reference to an object that may be dead
 * @session: entered
 * @object: its number, once given out by the heap
 * @tag: its tag; gives a reference to the object, unless an error is returned
 *
 * While a collection decides whether the object is garbage, the section is left
 * until it has. So an upgrade never fails for an object that survives.
 *
 * Context: Entered. May sleep.
 * Return: 0, -ENOENT if the object is dead, or -EOVERFLOW.
 */
int mheap_session_upgrade_object(struct mheap_session *session, u32 object, u32 tag)
{
	struct mheap_heap *heap = session->heap;
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	int error;

	mheap_assert_session(session);
	for (;;) {
		spin_lock(&chunk->lock[mheap_block(object)]);
		error = try_upgrade(session, chunk, object, tag);
		spin_unlock(&chunk->lock[mheap_block(object)]);
		if (likely(error != -EAGAIN))
			return error;
		mheap_lane_step_aside(&session->lane, &heap->verdict);
	}
}
EXPORT_SYMBOL_MHEAP(mheap_session_upgrade_object);

/**
 * mheap_session_upgrade - a reference to what a weak handle names
 * @session: entered
 * @handle: any number
 * @object: filled; gives a reference, unless an error is returned
 *
 * See mheap_session_upgrade_object().
 *
 * Context: Entered. May sleep.
 * Return: 0, -ENOENT if the object is dead, -EBADF, -ESTALE, -EINVAL if the
 * handle is strong, or -EOVERFLOW.
 */
int mheap_session_upgrade(struct mheap_session *session, u64 handle, u32 *object)
{
	struct mheap_handle *found;
	int error;

	error = find_weak(session, handle, &found);
	if (unlikely(error))
		return error;
	*object = found->object;
	return mheap_session_upgrade_object(session, found->object, found->tag);
}
EXPORT_SYMBOL_MHEAP(mheap_session_upgrade);

/**
 * mheap_session_id - which object a handle names, strong or weak
 * @session: entered
 * @handle: any number
 * @id: filled; the same for all handles of one object, and of no other
 *
 * Context: Entered. Return: 0, -EBADF or -ESTALE.
 */
int mheap_session_id(struct mheap_session *session, u64 handle, u64 *id)
{
	struct mheap_handle *found;
	int error;

	mheap_assert_session(session);
	found = mheap_handle_find_strong(&session->handles, handle);
	if (!found) {
		error = mheap_handle_find(&session->handles, handle, &found);
		if (unlikely(error))
			return error;
	}
	*id = mheap_id(found->object, found->tag);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_session_id);
