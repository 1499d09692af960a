// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a gc module offers, on a heap and its oracle: the permanent generation, the
 * garbage list, enumeration.
 */
#include "act.h"
#include "drive.h"
#include "enumerate.h"
#include "garbage.h"
#include "harness.h"
#include "permanent.h"

/* Move everything to the permanent generation, or out of it. */
void drive_freeze(struct drive *drive, bool freeze)
{
	struct mheap_heap *heap = &drive->fixture.heap;

	if (freeze) {
		drive_expect(drive, mheap_permanent_freeze(heap), 0);
		oracle_freeze(&drive->oracle);
	} else {
		drive_expect(drive, mheap_permanent_unfreeze(heap), 0);
		oracle_unfreeze(&drive->oracle);
	}
}

/* An object as the witness sees it; it must be alive. */
static struct mheap_object_figures figures_of(struct drive *drive, u32 object)
{
	struct mheap_session *witness = &drive->fixture.session[DRIVE_WITNESS];
	struct mheap_object_figures figures = {};
	u32 number;

	mheap_session_enter(witness);
	if (drive_expect(drive, mheap_session_upgrade(witness, drive->witness[object], &number),
			 0)) {
		mheap_object_figures(witness, number, &figures);
		mheap_object_put(witness, number);
	}
	mheap_session_leave(witness);
	return figures;
}

/**
 * struct saving - what a collection should have saved
 * @drive: the drive
 * @found: what the oracle calls garbage
 */
struct saving {
	struct drive *drive;
	struct oracle_list found;
};

/* Nothing is gone; what should be is remembered. */
static bool is_saved(void *context, u32 object)
{
	struct saving *saving = context;

	oracle_list_add(&saving->found, object);
	return false;
}

/* Without memory an object lives on, and is not in the list. */
static u64 take_saved(struct drive *drive, const struct oracle_list *found, bool failed)
{
	u64 listed = 0;
	u32 i;

	for (i = 0; i < found->length && !drive->broken; i++) {
		if (!figures_of(drive, found->object[i]).garbage) {
			drive_expect(drive, failed, true);
			continue;
		}
		oracle_gain(&drive->oracle, found->object[i]);
		oracle_list_add(&drive->saved, found->object[i]);
		listed++;
	}
	return listed;
}

/* A collection that saves all it finds. */
void drive_save(struct drive *drive, u32 generation)
{
	struct mheap_heap *heap = &drive->fixture.heap;
	struct saving saving = { .drive = drive };
	const long failures = port_failures;
	struct mheap_collection collection;
	u64 listed;

	fixture_settle(&drive->fixture);
	heap->debug = MHEAP_SAVE_ALL;
	drive_expect(drive, mheap_collect(heap, generation, &collection), 0);
	heap->debug = 0;
	oracle_collect(&drive->oracle, collection.generation, is_saved, &saving);
	listed = take_saved(drive, &saving.found, port_failures != failures);
	drive->uncollectable[collection.generation] += listed;
	drive_expect(drive, collection.freed, 0);
	drive_expect(drive, collection.uncollectable, listed);
	drive_expect(drive, collection.unreachable, listed);
	fixture_settle(&drive->fixture);
	free(saving.found.object);
	if (once_in(&drive->source, 2))
		drive_clear(drive);
}

/* The references of the garbage list go. */
void drive_clear(struct drive *drive)
{
	drive_expect(drive, mheap_garbage_clear(&drive->fixture.heap), 0);
	while (drive->saved.length)
		oracle_lose(&drive->oracle,
			    drive->saved.object[--drive->saved.length]);
	fixture_settle(&drive->fixture);
}

static bool refers(const struct oracle_object *object, u32 referent)
{
	u32 i;

	for (i = 0; i < object->slots; i++)
		if (object->slot[i] == referent)
			return true;
	return false;
}

/* What the oracle says an enumeration gives. */
static u64 expected(struct drive *drive, const struct mheap_enumeration *enumeration,
		    u32 referent, u64 *sum)
{
	const struct oracle *oracle = &drive->oracle;
	const struct oracle_object *object;
	u64 count = 0;
	bool wanted;
	u32 i;

	*sum = 0;
	for (i = 0; i < oracle->living.length; i++) {
		object = &oracle->object[oracle->living.object[i]];
		if (enumeration->what == MHEAP_ENUMERATED_OBJECTS)
			wanted = oracle_is_tracked(object) &&
				 enumeration->generations & 1 << object->generation;
		else if (enumeration->what == MHEAP_ENUMERATED_REFERRERS)
			wanted = refers(object, referent);
		else
			wanted = oracle_list_has(&drive->saved, oracle->living.object[i]);
		count += wanted;
		*sum += wanted ? object->number : 0;
	}
	return count;
}

static u64 number_given(struct drive_lane *lane, const struct mheap_enumeration *enumeration,
			u32 i)
{
	if (enumeration->ids)
		return (u32)enumeration->found[i];
	return number_of(lane->session, enumeration->found[i]);
}

/* In pieces; what is given is increasing, so nothing is given twice. */
static bool walk(struct drive *drive, struct drive_lane *lane,
		 struct mheap_enumeration *enumeration, u64 *count, u64 *sum)
{
	const long failures = port_failures;
	u64 last = 0, number;
	int error;
	u32 i;

	*count = 0;
	*sum = 0;
	do {
		error = mheap_enumerate(lane->session, enumeration);
		if (error)
			return drive_expect(drive, port_failures != failures, true) && false;
		for (i = 0; i < enumeration->count; i++) {
			number = number_given(lane, enumeration, i);
			drive_expect(drive, number > last, true);
			last = number;
			++*count;
			*sum += number;
		}
		mheap_enumerate_undo(lane->session, enumeration);
	} while (enumeration->cursor && !drive->broken);
	return true;
}

void drive_enumerate(struct drive *drive, struct drive_lane *lane)
{
	struct drive_handle *referent = lane->open ?
		&lane->handle[pick(&drive->source, lane->open)] : NULL;
	u64 found[200], count, sum, should, should_sum;
	struct mheap_enumeration enumeration = {
		.what = pick(&drive->source, 3),
		.generations = 1 + pick(&drive->source, 15),
		.object = referent ? referent->handle : 0,
		.ids = once_in(&drive->source, 2),
		.found = found,
		.room = 1 + pick(&drive->source, 200),
	};

	if (enumeration.what == MHEAP_ENUMERATED_REFERRERS && (!referent || referent->weak))
		return;
	fixture_settle(&drive->fixture);
	should = expected(drive, &enumeration, referent ? referent->object : 0, &should_sum);
	if (!walk(drive, lane, &enumeration, &count, &sum))
		return;
	drive_expect(drive, count, should);
	drive_expect(drive, sum, should_sum);
}
