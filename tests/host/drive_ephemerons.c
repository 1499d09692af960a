// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ephemerons, on a heap and its oracle.
 */
#include "act.h"
#include "drive.h"
#include "harness.h"

/* With so many handles at least, more or less of them is not much to a lane. */
#define FAN_HANDLES	500U

/*
 * A key that hangs on a dead object is not dead before the worker has been there. Where
 * the oracle says that there is none, that is waited for.
 */
void drive_settle_key(struct drive *drive, const struct oracle_object *object)
{
	if (object->ephemeron && !object->key)
		fixture_settle(&drive->fixture);
}

/* What a store should say. */
static int expected(const struct oracle_object *object, u32 slot, u32 target)
{
	if (slot >= object->slots)
		return -EINVAL;
	return slot && target && !object->key ? -ENOENT : 0;
}

/* A key, a value, or into what is no slot. Return: true if the oracle has done it too. */
static bool store(struct drive *drive, struct drive_lane *lane, const struct drive_handle *to,
		  u32 slot, const struct drive_handle *target)
{
	struct oracle_object *object = drive_object_of(drive, to);
	const long failures = port_failures;
	int error;

	drive_settle_key(drive, object);
	error = act_store(lane->session, to->handle, slot, target->handle);
	if (drive_refused(drive, error, failures) ||
	    !drive_expect(drive, error, expected(object, slot, target->object)) || error)
		return false;
	if (slot)
		oracle_store(&drive->oracle, to->object, slot, target->object);
	else
		oracle_set_key(&drive->oracle, to->object, target->object);
	return true;
}

void drive_store_ephemeron(struct drive *drive, struct drive_lane *lane,
			   const struct drive_handle *to)
{
	const struct drive_handle target = drive_pick_target(drive, lane);

	store(drive, lane, to, once_in(&drive->source, 32) ? 2 : pick(&drive->source, 2),
	      &target);
}

/* The value is to refer to the key, as long as it is no ephemeron itself. */
static void refer_back(struct drive *drive, struct drive_lane *lane,
		       const struct drive_handle *value, const struct drive_handle *key)
{
	const struct oracle_object *object = drive_object_of(drive, value);
	u32 slot;

	if (!object->slots || object->ephemeron)
		return;
	slot = pick(&drive->source, object->slots);
	if (drive_expect(drive, act_store(lane->session, value->handle, slot, key->handle), 0))
		oracle_store(&drive->oracle, value->object, slot, key->object);
}

/* Some keys have many ephemerons. */
static struct drive_handle pick_key(struct drive *drive, struct drive_lane *lane)
{
	if (!lane->handle[0].weak && once_in(&drive->source, drive->config.ephemerons))
		return lane->handle[0];
	return drive_pick_target(drive, lane);
}

static void pair(struct drive *drive, struct drive_lane *lane, const struct drive_handle *to)
{
	const struct drive_handle key = pick_key(drive, lane);
	const struct drive_handle value = drive_pick_target(drive, lane);

	if (!store(drive, lane, to, 0, &key) || !store(drive, lane, to, 1, &value))
		return;
	if (value.object && once_in(&drive->source, 2))
		refer_back(drive, lane, &value, &key);
	if (value.object && once_in(&drive->source, 2))
		drive_drop_handle(drive, lane, value.handle);
	if (key.handle != value.handle && once_in(&drive->source, 4))
		drive_drop_handle(drive, lane, key.handle);
}

static bool make_one(struct drive *drive, struct drive_lane *lane, u32 slots, bool ephemeron,
		     struct drive_handle *made)
{
	const struct mheap_shape shape = { .slots = slots, .ephemeron = ephemeron };

	if (!drive_make(drive, lane, &shape))
		return false;
	*made = lane->handle[lane->open - 1];
	return true;
}

/* An ephemeron of a key, with a value that nothing else holds. */
static bool add_to_fan(struct drive *drive, struct drive_lane *lane,
		       const struct drive_handle *ephemeron, const struct drive_handle *key)
{
	struct drive_handle value;

	if (!make_one(drive, lane, 1, false, &value) || !store(drive, lane, ephemeron, 0, key) ||
	    !store(drive, lane, ephemeron, 1, &value))
		return false;
	drive_drop_handle(drive, lane, value.handle);
	return true;
}

/*
 * A key that has more ephemerons than are looked at in one go, and is younger than
 * they, and held by a slot: a collection comes to it when it has seen some of them.
 */
static void fan(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle ephemeron[2 * MHEAP_EPHEMERON_PIECE];
	const u32 ephemerons = 1 + pick(&drive->source, 2 * MHEAP_EPHEMERON_PIECE);
	struct drive_handle key, holder;
	u32 i;

	for (i = 0; i < ephemerons; i++)
		if (!make_one(drive, lane, MHEAP_EPHEMERON_SLOTS, true, &ephemeron[i]))
			return;
	if (!make_one(drive, lane, pick(&drive->source, 2), false, &key) ||
	    !make_one(drive, lane, 1, false, &holder) ||
	    !drive_expect(drive, act_store(lane->session, holder.handle, 0, key.handle), 0))
		return;
	oracle_store(&drive->oracle, holder.object, 0, key.object);
	for (i = 0; i < ephemerons; i++)
		if (!add_to_fan(drive, lane, &ephemeron[i], &key))
			return;
	drive_drop_handle(drive, lane, key.handle);
}

/* One that the lane has gets a key and a value; often little else holds them. */
void drive_ephemeron(struct drive *drive, struct drive_lane *lane)
{
	const struct drive_handle *to;
	int tries;

	if (drive->config.handles >= FAN_HANDLES && once_in(&drive->source, 100)) {
		fan(drive, lane);
		return;
	}
	for (tries = 0; tries < 8; tries++) {
		to = drive_some_handle(drive, lane, false);
		if (!to || !drive_object_of(drive, to)->ephemeron)
			continue;
		pair(drive, lane, to);
		return;
	}
}
