// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finalizers, on a heap and its oracle. Of objects that come into the queue at the same
 * time none need be the first, and where there is no room for all of them the heap
 * chooses; but the queue is full then.
 */
#include "act.h"
#include "drive.h"
#include "finalizer.h"
#include "harness.h"
#include "listener.h"

#define FLAGS	(MHEAP_ANNEX_FINALIZER | MHEAP_ANNEX_FINALIZED)

/* Has the heap called its finalizer, as far as the witness sees? */
static bool was_called(void *context, u32 object)
{
	struct drive *drive = context;
	struct mheap_session *witness = &drive->fixture.session[DRIVE_WITNESS];
	struct mheap_object_figures figures = {};
	u32 number;

	fixture_settle(&drive->fixture);
	mheap_session_enter_always(witness);
	if (!mheap_session_upgrade(witness, drive->witness[object], &number)) {
		mheap_object_figures(witness, number, &figures);
		mheap_object_put(witness, number);
	}
	mheap_session_leave(witness);
	return (figures.annex & FLAGS) == FLAGS;
}

static void set_max(struct drive *drive, u32 max)
{
	fixture_settle(&drive->fixture);
	WRITE_ONCE(drive->fixture.heap.finalizers.max, max);
	drive->oracle.finalizers_max = max;
}

/* The first lane listens from the beginning. */
void drive_begin_finalizers(struct drive *drive)
{
	drive->oracle.called = was_called;
	drive->oracle.context = drive;
	set_max(drive, drive->config.finalizers);
	drive_listen(drive, &drive->lane[0], true);
}

/* What hangs on a dead object may be called by who begins to listen before it dies. */
void drive_listen(struct drive *drive, struct drive_lane *lane, bool listen)
{
	if (listen == lane->listens)
		return;
	fixture_settle(&drive->fixture);
	drive_expect(drive, mheap_listen(lane->session, listen ? MHEAP_LISTEN_FINALIZERS : 0), 0);
	lane->listens = listen;
	if (listen)
		oracle_listen(&drive->oracle);
	else
		oracle_unlisten(&drive->oracle);
}

static void set(struct drive *drive, struct drive_lane *lane, const struct drive_handle *to)
{
	struct oracle_object *object = drive_object_of(drive, to);
	const u64 cookie = ++drive->cookies;
	const long failures = port_failures;
	const int error = act_set_finalizer(lane->session, to->handle, cookie);

	if (drive_refused(drive, error, failures))
		return;
	drive_expect(drive, error, object->finalizer == ORACLE_CALLED ? -EALREADY : 0);
	if (object->finalizer != ORACLE_CALLED)
		oracle_set_finalizer(&drive->oracle, to->object, cookie);
}

static void cancel(struct drive *drive, struct drive_lane *lane, const struct drive_handle *to)
{
	static const int expected[] = {
		[ORACLE_NO_FINALIZER] = -ENOENT, [ORACLE_DUE] = 0, [ORACLE_CALLED] = -EALREADY,
	};
	const u32 finalizer = drive_object_of(drive, to)->finalizer;
	const int error = act_cancel_finalizer(lane->session, to->handle);

	if (drive_expect(drive, error, expected[finalizer]) && !error)
		oracle_cancel_finalizer(&drive->oracle, to->object);
}

/* The object that was taken, in the oracle; 0 if it does not wait there. */
static u32 find_waiting(struct drive *drive, u32 number, u64 cookie)
{
	const struct oracle *oracle = &drive->oracle;
	const struct oracle_object *object;
	u32 i;

	for (i = 0; i < oracle->queue.length; i++) {
		object = &oracle->object[oracle->queue.object[i]];
		if (object->number == number && object->cookie == cookie)
			return oracle->queue.object[i];
	}
	return 0;
}

/* Nothing that waits came in an earlier turn; where releases wait that says little. */
static void check_first(struct drive *drive, u32 taken)
{
	const struct oracle *oracle = &drive->oracle;
	u32 i;

	for (i = 0; i < oracle->queue.length && !drive->config.lazy; i++)
		drive_expect(drive, oracle->object[taken].turn <=
				    oracle->object[oracle->queue.object[i]].turn, true);
}

/* The caller has entered. Return: a place for a handle, and an object for it. */
static int take_entered(struct mheap_session *session, u32 *number, u64 *cookie)
{
	int error = mheap_session_reserve(session);

	if (!error && !mheap_finalizers_take(session, number, cookie))
		error = -EAGAIN;
	return error;
}

/* Return: what was taken, and belongs to the caller; 0 if nothing was. */
static u32 take(struct drive *drive, struct drive_lane *lane, u32 *number, u64 *handle)
{
	const long failures = port_failures;
	u64 cookie;
	u32 object;
	int error;

	fixture_settle(&drive->fixture);
	mheap_session_enter_always(lane->session);
	error = take_entered(lane->session, number, &cookie);
	if (!error && handle)
		error = mheap_session_hold(lane->session, *number, handle);
	mheap_session_leave(lane->session);
	if (drive_refused(drive, error, failures))
		return 0;
	if (!drive_expect(drive, error, drive->oracle.queue.length ? 0 : -EAGAIN) || error)
		return 0;
	object = find_waiting(drive, *number, cookie);
	if (!drive_expect(drive, object != 0, true))
		return 0;
	check_first(drive, object);
	oracle_take(&drive->oracle, object);
	return object;
}

static void finalize(struct drive *drive, struct drive_lane *lane)
{
	u64 handle;
	u32 number;
	const u32 object = take(drive, lane, &number, &handle);

	if (!object)
		return;
	drive->finalized++;
	drive_lane_add(lane, handle, object, false);
	/* The program has not much to do, mostly. */
	if (!once_in(&drive->source, 4))
		drive_drop_handle(drive, lane, handle);
}

static void put_back(struct drive *drive, struct drive_lane *lane, u32 object, u32 number)
{
	mheap_session_enter_always(lane->session);
	mheap_finalizers_put_back(lane->session, number);
	mheap_session_leave(lane->session);
	oracle_put_back(&drive->oracle, object);
}

/* What happens meanwhile changes nothing for who was taken; then it is the first again. */
static void take_and_put_back(struct drive *drive, struct drive_lane *lane)
{
	u32 number, again;
	u32 object = take(drive, lane, &number, NULL);

	if (!object)
		return;
	if (once_in(&drive->source, 2))
		drive_collect(drive, pick(&drive->source, 3));
	drive_check_queue(drive);
	if (once_in(&drive->source, 8))
		drive_listen(drive, lane, !lane->listens);
	put_back(drive, lane, object, number);
	if (!drive->oracle.listeners || drive->broken)
		return;
	object = take(drive, lane, &again, NULL);
	if (!object)
		return;
	drive_expect(drive, again, number);
	put_back(drive, lane, object, again);
}

void drive_finalizer(struct drive *drive, struct drive_lane *lane)
{
	const struct drive_handle *to = drive_some_handle(drive, lane, false);
	const u32 what = pick(&drive->source, 64);

	if (what < 28 && to)
		set(drive, lane, to);
	else if (what < 32 && to)
		cancel(drive, lane, to);
	else if (what < 58 && lane->listens)
		finalize(drive, lane);
	else if (what < 61 && lane->listens)
		take_and_put_back(drive, lane);
	else if (what > 61)
		drive_listen(drive, lane, !lane->listens);
	else if (what == 61)
		set_max(drive, pick(&drive->source, 2 * drive->config.finalizers));
}

/*
 * A collection has run into releases. What hangs on a dead object is garbage to it, so
 * it calls at once whoever is due there. The oracle has called only those next to the
 * dead, and thinks that they hold the others.
 */
void drive_follow_finalizers(struct drive *drive)
{
	struct oracle *oracle = &drive->oracle;
	u32 i, object;

	if (!drive->config.finalizers)
		return;
	oracle_reach_without_recent(oracle);
	for (i = 0; i < oracle->living.length; i++) {
		object = oracle->living.object[i];
		if (oracle->object[object].finalizer == ORACLE_DUE &&
		    !oracle->object[object].reached && was_called(drive, object))
			oracle_put_into_queue(oracle, object);
	}
}

/* Who found no room found a full queue, as nobody has taken anything out since. */
void drive_check_queue(struct drive *drive)
{
	struct oracle *oracle = &drive->oracle;

	drive_expect(drive, oracle->overfull, false);
	if (oracle->crowded)
		drive_expect(drive, oracle->queue.length >= oracle->finalizers_max, true);
	oracle->crowded = false;
}
