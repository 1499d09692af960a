// SPDX-License-Identifier: GPL-2.0-only
/*
 * Collections that run into releases, on a heap and its oracle.
 */
#include "act.h"
#include "drive.h"
#include "harness.h"

/* Is what the oracle calls garbage gone? */
static bool is_gone(void *context, u32 object)
{
	struct drive *drive = context;

	return !is_alive(&drive->fixture.session[DRIVE_WITNESS], drive->witness[object]);
}

/*
 * The oracle does what a collection did that ran into releases. What hung on a
 * dead object is garbage to a full collection, and to a young one where the dead
 * one is young as well; else it died of the release that followed. The oracle
 * cannot tell these deaths apart; how many there were of both is checked.
 */
static void follow(struct drive *drive, u32 generation,
		   const struct mheap_generation_figures *done)
{
	struct mheap_generations *generations = &drive->fixture.heap.generations;
	struct oracle *oracle = &drive->oracle;
	s64 later;

	oracle->unsure = true;
	oracle_collect(oracle, generation, is_gone, drive);
	drive_follow_finalizers(drive);
	oracle->unsure = false;
	later = oracle->collected[generation] - done->collected;
	oracle->freed_by_count += later;
	oracle->freed_by_collector -= later;
	oracle->collected[generation] = done->collected;
	oracle->visited[generation] = done->visited;
	oracle->old_pending = generations->old_pending;
	oracle->old_total = generations->old_total;
}

/*
 * Much of what a lane has is to hang on an object that dies. No release takes that
 * apart at once.
 */
static void hang(struct drive *drive, struct drive_lane *lane)
{
	const struct mheap_shape shape = { .slots = 70 + pick(&drive->source, 60) };
	struct drive_handle holder, target;
	u32 slot;

	if (!drive_make(drive, lane, &shape))
		return;
	holder = lane->handle[lane->open - 1];
	for (slot = 0; slot < lane->open && slot < shape.slots && !drive->broken; slot++) {
		target = drive_pick_target(drive, lane);
		if (!drive_expect(drive, act_store(lane->session, holder.handle, slot,
						   target.handle), 0))
			return;
		oracle_store(&drive->oracle, holder.object, slot, target.object);
		if (target.handle != holder.handle && !once_in(&drive->source, 4))
			drive_drop_handle(drive, lane, target.handle);
	}
	drive_drop_handle(drive, lane, holder.handle);
}

/*
 * A collection as the worker does it, over objects whose release it may run
 * into. Those and what hangs on them may outlive it, so the oracle only says who
 * must not die.
 */
void drive_due(struct drive *drive, struct drive_lane *lane)
{
	struct mheap_generations *generations = &drive->fixture.heap.generations;
	struct mheap_generation_figures before[3], after[3];
	const u32 threshold[3] = { 1, pick(&drive->source, 3), pick(&drive->source, 3) };
	u32 generation;

	if (once_in(&drive->source, 2))
		hang(drive, lane);
	mheap_generations_set_threshold(generations, threshold);
	WRITE_ONCE(generations->enabled, true);
	mheap_generations_get_figures(generations, before);
	if (once_in(&drive->source, 2))
		mheap_collect_ask(&drive->fixture.heap, MHEAP_CAUSE_IDLE);
	mheap_collect_due(&drive->fixture.heap);
	mheap_generations_get_figures(generations, after);
	WRITE_ONCE(generations->enabled, false);
	fixture_settle(&drive->fixture);
	for (generation = 0; generation < 3; generation++)
		if (after[generation].collections != before[generation].collections)
			follow(drive, generation, &after[generation]);
	drive_collect(drive, 2);
}
