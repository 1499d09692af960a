// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparing a heap with its oracle.
 */
#include "act.h"
#include "drive.h"
#include "harness.h"

bool drive_expect_at(struct drive *drive, long long a, long long b, const char *condition,
		     const char *file, int line)
{
	if (check_equal_at(a, b, condition, file, line))
		return true;
	if (!drive->broken)
		note("in \"%s\" at step %llu", drive->config.name,
		     (unsigned long long)drive->steps);
	drive->broken = true;
	return false;
}

static void make_room(struct drive *drive, u32 object, u32 number)
{
	while (object >= drive->witnesses) {
		drive->witness = realloc(drive->witness,
					 (drive->witnesses * 2 + 64) * sizeof(u64));
		assert(drive->witness);
		memset(drive->witness + drive->witnesses, 0,
		       (drive->witnesses + 64) * sizeof(u64));
		drive->witnesses = drive->witnesses * 2 + 64;
	}
	while (number >= drive->tags) {
		drive->tag = realloc(drive->tag, (drive->tags * 2 + 64) * sizeof(u32));
		assert(drive->tag);
		memset(drive->tag + drive->tags, 0, (drive->tags + 64) * sizeof(u32));
		drive->tags = drive->tags * 2 + 64;
	}
}

/**
 * drive_meet - an object has been made
 * @drive: the drive
 * @object: in the oracle
 * @number: in the heap
 *
 * The witness gets its weak handle, whether or not allocations are to fail. No
 * number may come again with a tag that it had before.
 */
void drive_meet(struct drive *drive, u32 object, u32 number)
{
	struct mheap_session *witness = &drive->fixture.session[DRIVE_WITNESS];
	const struct mheap_chunk *chunk = mheap_chunk_of(&drive->fixture.heap.table, number);
	const u32 tag = mheap_tag(chunk, number);
	const long fail_at = port_fail_at;

	make_room(drive, object, number);
	drive->oracle.object[object].number = number;
	drive_expect(drive, tag >= drive->tag[number], true);
	drive->tag[number] = tag + 1;
	port_fail_at = 0;
	mheap_session_enter(witness);
	drive_expect(drive, mheap_session_weak(witness, number, &drive->witness[object]), 0);
	mheap_session_leave(witness);
	port_fail_at = fail_at;
}

static void check_slots(struct drive *drive, struct mheap_session *witness, u32 number,
			const struct oracle_object *object)
{
	u32 i, target, expected;

	for (i = 0; i < object->slots; i++) {
		expected = oracle_target(object, i);
		drive_expect(drive, mheap_object_load(witness, number, i, &target), 0);
		drive_expect(drive, target,
			     expected ? drive->oracle.object[expected].number : 0);
		if (target)
			mheap_object_put(witness, target);
	}
	drive_expect(drive, mheap_object_load(witness, number, i, &target), -EINVAL);
}

static void check_payload(struct drive *drive, struct mheap_session *witness, u32 number,
			  const struct oracle_object *object)
{
	static u8 data[80000];

	drive_expect(drive, mheap_object_read(witness, number, 0, data, sizeof(data)),
		     object->length);
	drive_expect(drive, memcmp(data, object->payload, object->length), 0);
}

/* The witness itself holds one reference while it looks. */
static void check_figures(struct drive *drive, struct mheap_session *witness, u32 number,
			  const struct oracle_object *object)
{
	const u64 size = oracle_body_size(object);
	struct mheap_object_figures figures;
	u64 charged = 24;

	mheap_object_figures(witness, number, &figures);
	drive_expect(drive, (u32)figures.id, object->number);
	drive_expect(drive, figures.shape.type, object->type);
	drive_expect(drive, figures.shape.slots, object->slots);
	drive_expect(drive, figures.shape.length, object->length);
	drive_expect(drive, figures.inside, object->inside);
	drive_expect(drive, figures.outside, object->outside + 1);
	drive_expect(drive, figures.shape.ephemeron, object->ephemeron);
	drive_expect(drive, figures.tracked, oracle_is_tracked(object));
	drive_expect(drive, figures.generation,
		     oracle_is_tracked(object) ? object->generation : 0);
	drive_expect(drive, !!(figures.annex & MHEAP_ANNEX_FINALIZER),
		     object->finalizer != ORACLE_NO_FINALIZER);
	drive_expect(drive, !!(figures.annex & MHEAP_ANNEX_FINALIZED),
		     object->finalizer == ORACLE_CALLED);
	if (size)
		charged += drive->config.flags & FIXTURE_SLAB ? oracle_slab_charge(size) :
								size + 5;
	drive_expect(drive, figures.charged, charged);
}

static void check_living(struct drive *drive, u32 index)
{
	struct mheap_session *witness = &drive->fixture.session[DRIVE_WITNESS];
	const struct oracle_object *object = &drive->oracle.object[index];
	u32 number;

	mheap_session_enter(witness);
	if (drive_expect(drive, mheap_session_upgrade(witness, drive->witness[index], &number),
			 0)) {
		drive_expect(drive, number, object->number);
		check_figures(drive, witness, number, object);
		check_slots(drive, witness, number, object);
		check_payload(drive, witness, number, object);
		mheap_object_put(witness, number);
	}
	mheap_session_leave(witness);
}

/* Who has died stays dead, also when its number is used again. */
static void check_dead(struct drive *drive)
{
	struct mheap_session *witness = &drive->fixture.session[DRIVE_WITNESS];
	struct oracle_list *dead = &drive->oracle.dead;
	u32 i, kept = 0;
	u64 handle;

	for (i = 0; i < dead->length; i++) {
		handle = drive->witness[dead->object[i]];
		drive_expect(drive, is_alive(witness, handle), false);
		if (dead->length - i < 64)
			dead->object[kept++] = dead->object[i];
		else
			drive_expect(drive, act_drop(witness, handle), 0);
	}
	dead->length = kept;
	drive->dead_witnesses = kept;
}

static void check_heap(struct drive *drive)
{
	const struct oracle *oracle = &drive->oracle;
	struct mheap_heap_figures figures;
	u64 handles = oracle->living.length + drive->dead_witnesses;
	u64 charged = 24ULL * oracle->living.length;
	u64 size;
	u32 i;

	mheap_heap_figures(&drive->fixture.heap, &figures);
	drive_expect(drive, figures.objects, oracle->living.length);
	drive_expect(drive, figures.created, oracle->created);
	drive_expect(drive, figures.freed_by_count, oracle->freed_by_count);
	drive_expect(drive, figures.freed_by_collector, oracle->freed_by_collector);
	drive_expect(drive, figures.pending, false);
	drive_expect(drive, figures.sessions, drive->config.lanes + 1);
	for (i = 0; i < 3; i++)
		drive_expect(drive, figures.in_generation[i], oracle_in_generation(oracle, i));
	drive_expect(drive, figures.frozen, oracle_in_generation(oracle, ORACLE_PERMANENT));
	drive_expect(drive, figures.garbage, drive->saved.length);
	drive_expect(drive, figures.finalizing, oracle->queue.length);
	drive_expect(drive, figures.finalizers_skipped, oracle->skipped);
	drive_expect(drive, atomic64_read(&drive->fixture.heap.finalizers.due), oracle->due);
	drive_expect(drive, atomic_read(&drive->fixture.heap.ephemerons.count),
		     oracle->ephemerons.length);
	for (i = 0; i < drive->config.lanes; i++)
		handles += drive->lane[i].open;
	drive_expect(drive, figures.handles, handles);
	for (i = 0; i < oracle->living.length; i++) {
		size = oracle_body_size(&oracle->object[oracle->living.object[i]]);
		if (size)
			charged += drive->config.flags & FIXTURE_SLAB ?
					oracle_slab_charge(size) : size + 5;
	}
	drive_expect(drive, figures.bytes, charged);
}

static void check_generations(struct drive *drive)
{
	struct mheap_generations *generations = &drive->fixture.heap.generations;
	const struct oracle *oracle = &drive->oracle;
	struct mheap_generation_figures figures[3];
	u32 count[3], i;

	mheap_generations_get_figures(generations, figures);
	mheap_generations_get_count(generations, count);
	for (i = 0; i < 3; i++) {
		drive_expect(drive, figures[i].collections, oracle->collections[i]);
		drive_expect(drive, figures[i].visited, oracle->visited[i]);
		drive_expect(drive, figures[i].collected, oracle->collected[i]);
		drive_expect(drive, figures[i].uncollectable, drive->uncollectable[i]);
	}
	for (i = 1; i < 3; i++)
		drive_expect(drive, count[i], oracle->count[i]);
	drive_expect(drive, generations->old_pending, oracle->old_pending);
	drive_expect(drive, generations->old_total, oracle->old_total);
}

/**
 * drive_check - is the heap exactly what the oracle says?
 * @drive: the drive
 */
void drive_check(struct drive *drive)
{
	u32 i;

	fixture_settle(&drive->fixture);
	check_dead(drive);
	for (i = 0; i < drive->oracle.living.length && !drive->broken; i++)
		check_living(drive, drive->oracle.living.object[i]);
	check_heap(drive);
	check_generations(drive);
	drive->oracle.settled = drive->oracle.turn;
}
