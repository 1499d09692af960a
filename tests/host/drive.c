// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on a heap and its oracle.
 */
#include "act.h"
#include "drive.h"
#include "harness.h"

void drive_lane_add(struct drive_lane *lane, u64 handle, u32 object, bool weak)
{
	if (lane->open == lane->capacity) {
		lane->capacity = lane->capacity ? lane->capacity * 2 : 64;
		lane->handle = realloc(lane->handle,
				       lane->capacity * sizeof(*lane->handle));
		assert(lane->handle);
	}
	lane->handle[lane->open++] = (struct drive_handle){ handle, object, weak };
}

static void lane_remove(struct drive_lane *lane, struct drive_handle *handle)
{
	lane->stale[lane->closed++ % DRIVE_STALE] = handle->handle;
	*handle = lane->handle[--lane->open];
}

static struct drive_handle *any_handle(struct drive *drive, struct drive_lane *lane)
{
	return lane->open ? &lane->handle[pick(&drive->source, lane->open)] : NULL;
}

/* A handle of the kind that is wanted, or NULL where none was found soon. */
struct drive_handle *drive_some_handle(struct drive *drive, struct drive_lane *lane, bool weak)
{
	struct drive_handle *handle;
	int tries;

	for (tries = 0; tries < 8; tries++) {
		handle = any_handle(drive, lane);
		if (handle && handle->weak == weak)
			return handle;
	}
	return NULL;
}

struct oracle_object *drive_object_of(struct drive *drive, const struct drive_handle *handle)
{
	return &drive->oracle.object[handle->object];
}

/* The oracle does what an operation has done before it did what it was to do. */
static void make_room(struct drive *drive)
{
	const struct mheap_heap *heap = &drive->fixture.heap;

	for (; drive->room < atomic64_read(&heap->causes[MHEAP_CAUSE_PRESSURE]); drive->room++)
		oracle_collect(&drive->oracle, ORACLE_OLDEST, NULL, NULL);
}

/*
 * Did an operation fail because an allocation was made to fail? Then it must
 * have changed nothing, so the oracle does not do it.
 */
bool drive_refused(struct drive *drive, long result, long failures)
{
	make_room(drive);
	if (result != -ENOMEM || port_failures == failures)
		return false;
	drive->refused++;
	return true;
}

static struct mheap_shape pick_shape(struct drive *drive)
{
	struct source *source = &drive->source;
	struct mheap_shape shape = {
		.type = pick(source, 256),
		.slots = pick(source, drive->config.slots),
		.length = pick(source, drive->config.length),
	};

	if (!once_in(source, drive->config.large))
		return shape;
	switch (pick(source, 5)) {
	case 0:
		shape.type = 250 + pick(source, 12);
		break;
	case 1:
		shape.slots = 250 + pick(source, 60);
		break;
	case 2:
		shape.length = 65530 + pick(source, 12);
		break;
	case 3:
		shape.length = pick(source, 72000);
		break;
	default:
		shape.type = ~pick(source, 1000);
		shape.slots = pick(source, 600);
	}
	return shape;
}

/* Its handle is the last of the lane. Return: false if there is no memory for it. */
bool drive_make(struct drive *drive, struct drive_lane *lane, const struct mheap_shape *shape)
{
	const long failures = port_failures;
	u64 handle;
	u32 object;
	const int error = act_new(lane->session, shape, &handle);

	if (drive_refused(drive, error, failures) || !drive_expect(drive, error, 0))
		return false;
	if (shape->ephemeron)
		object = oracle_new_ephemeron(&drive->oracle, shape->type, shape->length);
	else
		object = oracle_new(&drive->oracle, shape->type, shape->slots, shape->length);
	drive_lane_add(lane, handle, object, false);
	drive_meet(drive, object, number_of(lane->session, handle));
	return true;
}

void drive_new(struct drive *drive, struct drive_lane *lane)
{
	struct mheap_shape shape = pick_shape(drive);

	shape.ephemeron = drive->config.ephemerons &&
			  once_in(&drive->source, drive->config.ephemerons);
	if (shape.ephemeron)
		shape.slots = MHEAP_EPHEMERON_SLOTS;
	drive_make(drive, lane, &shape);
}

void drive_dup(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *from = any_handle(drive, lane);
	const long failures = port_failures;
	u64 copy;
	int error;

	if (!from)
		return;
	error = act_dup(lane->session, from->handle, &copy);
	if (drive_refused(drive, error, failures) || !drive_expect(drive, error, 0))
		return;
	if (!from->weak)
		oracle_gain(&drive->oracle, from->object);
	drive_lane_add(lane, copy, from->object, from->weak);
}

static void drop_at(struct drive *drive, struct drive_lane *lane, struct drive_handle *handle)
{
	const struct drive_handle was = *handle;

	if (!drive_expect(drive, act_drop(lane->session, was.handle), 0))
		return;
	lane_remove(lane, handle);
	if (!was.weak)
		oracle_lose(&drive->oracle, was.object);
}

void drive_drop(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *handle = any_handle(drive, lane);

	if (handle)
		drop_at(drive, lane, handle);
}

/* A certain handle of the lane. */
void drive_drop_handle(struct drive *drive, struct drive_lane *lane, u64 handle)
{
	u32 i;

	for (i = 0; i < lane->open; i++)
		if (lane->handle[i].handle == handle) {
			drop_at(drive, lane, &lane->handle[i]);
			return;
		}
}

/* A slot, now and then one that is not there. */
static u32 pick_slot(struct drive *drive, const struct oracle_object *object)
{
	if (!object->slots || once_in(&drive->source, 64))
		return object->slots + pick(&drive->source, 3);
	return pick(&drive->source, object->slots);
}

/* It is held while room is made for the handle. */
static void keep_in_oracle(struct drive *drive, u32 target)
{
	if (target)
		oracle_gain(&drive->oracle, target);
}

static void let_go_in_oracle(struct drive *drive, u32 target)
{
	if (target)
		oracle_lose(&drive->oracle, target);
}

static void check_loaded(struct drive *drive, struct drive_lane *lane, u32 target, u64 handle)
{
	if (!drive_expect(drive, !handle, !target) || !target)
		return;
	drive_expect(drive, number_of(lane->session, handle),
		     drive->oracle.object[target].number);
	drive_lane_add(lane, handle, target, false);
}

void drive_load(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *from = drive_some_handle(drive, lane, false);
	const long failures = port_failures;
	const struct oracle_object *object;
	u32 slot, target = 0;
	bool there;
	u64 handle;
	int error;

	if (!from)
		return;
	object = drive_object_of(drive, from);
	slot = pick_slot(drive, object);
	there = slot < object->slots;
	drive_settle_key(drive, object);
	if (there)
		target = oracle_target(object, slot);
	keep_in_oracle(drive, target);
	error = act_load(lane->session, from->handle, slot, &handle);
	if (drive_refused(drive, error, failures))
		let_go_in_oracle(drive, target);
	else if (drive_expect(drive, error, there ? 0 : -EINVAL) && there)
		check_loaded(drive, lane, target, handle);
}

/* Something to put into a slot: an object, or nothing. */
struct drive_handle drive_pick_target(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *target = drive_some_handle(drive, lane, false);

	if (!target || once_in(&drive->source, 6))
		return (struct drive_handle){};
	return *target;
}

void drive_store(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *to = drive_some_handle(drive, lane, false);
	struct drive_handle target;
	u32 slot;
	int error;

	if (!to)
		return;
	if (drive_object_of(drive, to)->ephemeron) {
		drive_store_ephemeron(drive, lane, to);
		return;
	}
	target = drive_pick_target(drive, lane);
	slot = pick_slot(drive, drive_object_of(drive, to));
	error = act_store(lane->session, to->handle, slot, target.handle);
	if (slot >= drive_object_of(drive, to)->slots)
		drive_expect(drive, error, -EINVAL);
	else if (drive_expect(drive, error, 0))
		oracle_store(&drive->oracle, to->object, slot, target.object);
}

/* Not one of an ephemeron. */
static bool is_plain_slot(const struct oracle_object *object, u32 slot)
{
	return !object->ephemeron && slot < object->slots;
}

/* The oracle keeps the old one before it forgets it. */
static void swap_in_oracle(struct drive *drive, struct drive_lane *lane, u32 object, u32 slot,
			   u32 target, u64 handle)
{
	const u32 old = drive->oracle.object[object].slot[slot];

	if (!drive_expect(drive, !handle, !old))
		return;
	if (old) {
		drive_expect(drive, number_of(lane->session, handle),
			     drive->oracle.object[old].number);
		oracle_gain(&drive->oracle, old);
		drive_lane_add(lane, handle, old, false);
	}
	oracle_store(&drive->oracle, object, slot, target);
}

void drive_swap(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *to = drive_some_handle(drive, lane, false);
	const long failures = port_failures;
	struct drive_handle target;
	u64 handle;
	u32 slot;
	int error;

	if (!to)
		return;
	target = drive_pick_target(drive, lane);
	slot = pick_slot(drive, drive_object_of(drive, to));
	error = act_swap(lane->session, to->handle, slot, target.handle, &handle);
	if (drive_refused(drive, error, failures))
		return;
	if (!is_plain_slot(drive_object_of(drive, to), slot))
		drive_expect(drive, error, -EINVAL);
	else if (drive_expect(drive, error, 0))
		swap_in_oracle(drive, lane, to->object, slot, target.object, handle);
}

void drive_compare_store(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *to = drive_some_handle(drive, lane, false);
	struct drive_handle expected, target;
	u32 slot, found;
	int result;

	if (!to)
		return;
	expected = drive_pick_target(drive, lane);
	target = drive_pick_target(drive, lane);
	slot = pick_slot(drive, drive_object_of(drive, to));
	result = act_compare_store(lane->session, to->handle, slot, expected.handle,
				   target.handle);
	if (!is_plain_slot(drive_object_of(drive, to), slot)) {
		drive_expect(drive, result, -EINVAL);
		return;
	}
	found = drive_object_of(drive, to)->slot[slot];
	drive_expect(drive, result, found == expected.object);
	if (found == expected.object)
		oracle_store(&drive->oracle, to->object, slot, target.object);
}

void drive_read(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *from = drive_some_handle(drive, lane, false);
	const struct oracle_object *object;
	static u8 data[80000];
	u32 offset, length, there;

	if (!from)
		return;
	object = drive_object_of(drive, from);
	offset = pick(&drive->source, object->length + 2);
	length = pick(&drive->source, object->length + 9);
	there = offset < object->length ? min(length, object->length - offset) : 0;
	memset(data, 0xee, there + 1);
	drive_expect(drive, act_read(lane->session, from->handle, offset, data, length), there);
	drive_expect(drive, memcmp(data, object->payload + min(offset, object->length), there),
		     0);
	drive_expect(drive, data[there], 0xee);
}

void drive_write(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *to = drive_some_handle(drive, lane, false);
	struct oracle_object *object;
	static u8 data[80000];
	u32 offset, length, i;
	bool fits;
	int error;

	if (!to)
		return;
	object = drive_object_of(drive, to);
	offset = pick(&drive->source, object->length + 2);
	length = pick(&drive->source, object->length + 2);
	if (!once_in(&drive->source, 8) && offset <= object->length)
		length = min(length, object->length - offset);
	for (i = 0; i < length; i++)
		data[i] = drive->steps * 31 + i * 7 + (i >> 8);
	fits = offset + length <= object->length;
	error = act_write(lane->session, to->handle, offset, data, length);
	drive_expect(drive, error, fits ? 0 : -EINVAL);
	if (fits)
		memcpy(object->payload + offset, data, length);
}

void drive_resize(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *to = drive_some_handle(drive, lane, false);
	const long failures = port_failures;
	struct mheap_shape shape;
	int error;

	if (!to)
		return;
	shape = pick_shape(drive);
	if (once_in(&drive->source, 3))
		shape.slots = 0;
	if (once_in(&drive->source, 3))
		shape.length = 0;
	error = act_resize(lane->session, to->handle, shape.slots, shape.length);
	if (drive_object_of(drive, to)->ephemeron) {
		drive_expect(drive, error, -EINVAL);
		return;
	}
	if (drive_refused(drive, error, failures) || !drive_expect(drive, error, 0))
		return;
	oracle_resize(&drive->oracle, to->object, shape.slots, shape.length);
}

void drive_same(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *one = any_handle(drive, lane);
	struct drive_handle *other = any_handle(drive, lane);

	if (one)
		drive_expect(drive, act_same(lane->session, one->handle, other->handle),
			     one->object == other->object);
}

void drive_weak(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *from = drive_some_handle(drive, lane, false);
	const long failures = port_failures;
	u64 weak;
	int error;

	if (!from)
		return;
	error = act_weak(lane->session, from->handle, &weak);
	if (drive_refused(drive, error, failures) || !drive_expect(drive, error, 0))
		return;
	drive_lane_add(lane, weak, from->object, true);
}

void drive_upgrade(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *weak = drive_some_handle(drive, lane, true);
	const long failures = port_failures;
	u32 object;
	u64 handle;
	int error;

	if (!weak)
		return;
	/* What hangs on a dead object is not dead before the worker has been there. */
	fixture_settle(&drive->fixture);
	object = weak->object;
	error = act_upgrade(lane->session, weak->handle, &handle);
	if (!drive->oracle.object[object].alive) {
		drive_expect(drive, error, -ENOENT);
		return;
	}
	/* It is held while room is made for the handle. */
	oracle_gain(&drive->oracle, object);
	if (drive_refused(drive, error, failures)) {
		oracle_lose(&drive->oracle, object);
	} else if (drive_expect(drive, error, 0)) {
		drive_expect(drive, number_of(lane->session, handle),
			     drive->oracle.object[object].number);
		drive_lane_add(lane, handle, object, false);
	}
}

static void misuse(struct drive *drive, struct mheap_session *session, u64 handle, int expected)
{
	u64 unused;

	drive_expect(drive, act_dup(session, handle, &unused), expected);
	drive_expect(drive, act_load(session, handle, 0, &unused), expected);
	drive_expect(drive, act_store(session, handle, 0, 0), expected);
	drive_expect(drive, act_swap(session, handle, 0, 0, &unused), expected);
	drive_expect(drive, act_compare_store(session, handle, 0, 0, 0), expected);
	drive_expect(drive, act_read(session, handle, 0, &unused, 8), expected);
	drive_expect(drive, act_write(session, handle, 0, &handle, 8), expected);
	drive_expect(drive, act_resize(session, handle, 1, 1), expected);
	drive_expect(drive, act_weak(session, handle, &unused), expected);
	drive_expect(drive, act_upgrade(session, handle, &unused), expected);
	drive_expect(drive, act_set_finalizer(session, handle, 1), expected);
	drive_expect(drive, act_cancel_finalizer(session, handle), expected);
	drive_expect(drive, act_same(session, handle, handle), expected);
	drive_expect(drive, act_drop(session, handle), expected);
}

void drive_misuse(struct drive *drive, struct drive_lane *lane)
{
	struct drive_lane *other = &drive->lane[pick(&drive->source, drive->config.lanes)];
	struct drive_handle *foreign = any_handle(drive, other);

	if (lane->closed)
		misuse(drive, lane->session,
		       lane->stale[pick(&drive->source, min(lane->closed, (u64)DRIVE_STALE))],
		       -ESTALE);
	if (other != lane && foreign)
		misuse(drive, lane->session, foreign->handle, -EBADF);
}

void drive_reopen(struct drive *drive, struct drive_lane *lane)
{
	const unsigned int number = lane - drive->lane;
	u32 i;

	fixture_close(&drive->fixture, number);
	if (lane->listens)
		oracle_unlisten(&drive->oracle);
	lane->listens = false;
	for (i = 0; i < lane->open; i++)
		if (!lane->handle[i].weak)
			oracle_lose(&drive->oracle, lane->handle[i].object);
	lane->open = 0;
	lane->closed = 0;
	fixture_open(&drive->fixture, number);
}

static bool no_memory_for_trial(u32 asked, u32 done, long failures)
{
	return asked < 2 && done == 2 && port_failures > failures;
}

void drive_collect(struct drive *drive, u32 generation)
{
	const long failures = port_failures;
	struct mheap_collection collection;
	int error;

	error = mheap_collect(&drive->fixture.heap, generation, &collection);
	if (!drive_expect(drive, error, 0))
		return;
	if (!no_memory_for_trial(generation, collection.generation, failures))
		drive_expect(drive, collection.generation, generation);
	oracle_collect(&drive->oracle, collection.generation, NULL, NULL);
	drive_expect(drive, collection.freed, drive->oracle.last_garbage);
	drive_expect(drive, collection.unreachable, drive->oracle.last_garbage);
	drive_expect(drive, collection.uncollectable, 0);
	fixture_settle(&drive->fixture);
}

static void begin_or_end(struct drive *drive, struct drive_lane *lane)
{
	const u32 target = drive->config.handles;

	if (pick(&drive->source, 2 * target) < lane->open)
		drive_drop(drive, lane);
	else
		drive_new(drive, lane);
}

static void collect_some(struct drive *drive, struct drive_lane *lane)
{
	if (drive->config.lazy && once_in(&drive->source, 3))
		drive_due(drive, lane);
	else
		drive_collect(drive, pick(&drive->source, 3));
	drive_check(drive);
}

static void (*const operation[])(struct drive *, struct drive_lane *) = {
	begin_or_end, begin_or_end, begin_or_end, begin_or_end, begin_or_end, begin_or_end,
	drive_store, drive_store, drive_store, drive_store, drive_store, drive_store,
	drive_drop, drive_drop, drive_dup, drive_load, drive_load, drive_swap,
	drive_compare_store, drive_compare_store, drive_read, drive_write, drive_write,
	drive_resize, drive_same, drive_weak, drive_upgrade,
};

/* One operation, whichever it is. */
void drive_step(struct drive *drive)
{
	const u32 operations = ARRAY_SIZE(operation);
	struct drive_lane *lane = &drive->lane[pick(&drive->source, drive->config.lanes)];

	drive->oracle.turn = ++drive->steps;
	if (once_in(&drive->source, drive->config.collect))
		collect_some(drive, lane);
	else if (once_in(&drive->source, 200))
		drive_misuse(drive, lane);
	else if (once_in(&drive->source, 300))
		drive_freeze(drive, once_in(&drive->source, 3));
	else if (once_in(&drive->source, 200))
		drive_enumerate(drive, lane);
	else if (once_in(&drive->source, 2000))
		drive_save(drive, pick(&drive->source, 3));
	else if (once_in(&drive->source, 50) && once_in(&drive->source, 40))
		drive_reopen(drive, lane);
	else if (drive->config.ephemerons && once_in(&drive->source, 10))
		drive_ephemeron(drive, lane);
	else if (drive->config.finalizers && once_in(&drive->source, 8))
		drive_finalizer(drive, lane);
	else
		operation[pick(&drive->source, operations)](drive, lane);
	if (!drive->config.lazy)
		fixture_settle(&drive->fixture);
	drive_check_queue(drive);
}

int drive_begin(struct drive *drive, const struct drive_config *config, struct source source)
{
	unsigned int i;
	int error;

	memset(drive, 0, sizeof(*drive));
	drive->config = *config;
	drive->source = source;
	error = fixture_try_begin(&drive->fixture, config->flags);
	if (error)
		return error;
	for (i = 1; i < config->lanes; i++)
		fixture_open(&drive->fixture, i);
	for (i = 0; i < config->lanes; i++)
		drive->lane[i].session = &drive->fixture.session[i];
	fixture_open(&drive->fixture, DRIVE_WITNESS);
	oracle_begin(&drive->oracle);
	if (config->finalizers)
		drive_begin_finalizers(drive);
	return 0;
}

/* Where nobody listens any more nothing may be left; else what waits, and what that holds. */
static void check_end(struct drive *drive)
{
	const bool listen = once_in(&drive->source, 2);
	unsigned int i;

	drive_check_queue(drive);
	for (i = 0; i < drive->config.lanes && !listen; i++)
		drive_listen(drive, &drive->lane[i], false);
	drive_clear(drive);
	drive_freeze(drive, false);
	drive_collect(drive, 2);
	drive_check(drive);
	drive_check_queue(drive);
	drive_expect(drive, fixture_objects(&drive->fixture), drive->oracle.living.length);
	if (!drive->oracle.queue.length)
		drive_expect(drive, drive->oracle.living.length, 0);
}

/* Drop every handle one by one, and collect. */
void drive_end(struct drive *drive)
{
	struct drive_lane *lane;
	unsigned int i;

	for (i = 0; i < drive->config.lanes && !drive->broken; i++)
		while (drive->lane[i].open && !drive->broken)
			drive_drop(drive, &drive->lane[i]);
	if (!drive->broken)
		check_end(drive);
	fixture_end(&drive->fixture);
	oracle_end(&drive->oracle);
	for (lane = drive->lane; lane < drive->lane + DRIVE_LANES; lane++)
		free(lane->handle);
	free(drive->witness);
	free(drive->tag);
	free(drive->saved.object);
}
