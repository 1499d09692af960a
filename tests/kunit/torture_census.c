// SPDX-License-Identifier: GPL-2.0-only
/*
 * A heap, counted by looking.
 */
#include "mutator_game.h"

/**
 * struct census - the heap, counted by looking
 * @torture: whose
 * @numbers: that there are
 * @inside: references found in slots, by number
 * @outside: references found in hands, by number
 * @queue: objects in the order in which they were found
 * @found: length of @queue
 * @tracked: of those, with slots
 * @bytes: that they take
 */
struct census {
	struct torture *torture;
	u32 numbers;
	u32 *inside;
	u32 *outside;
	u32 *queue;
	u32 found;
	u64 tracked;
	u64 bytes;
};

static void find(struct census *census, u32 object, u32 *count)
{
	const bool is_known = object >= census->numbers ||
			      census->inside[object] || census->outside[object];

	torture_expect(census->torture, "a number is one", object < census->numbers, true);
	if (object >= census->numbers)
		return;
	count[object]++;
	if (!is_known)
		census->queue[census->found++] = object;
}

static void find_held(struct census *census)
{
	struct torture *torture = census->torture;
	u32 i, place;

	find(census, torture->shared, census->outside);
	for (i = 0; i < torture->mutators; i++) {
		if (torture->mutator[i].named)
			find(census, torture->mutator[i].named, census->outside);
		for (place = 0; place < MUTATOR_PLACES; place++)
			if (torture->mutator[i].held[place].object)
				find(census, torture->mutator[i].held[place].object,
				     census->outside);
	}
}

/* Look into an object that is alive. */
static void look_into(struct census *census, u32 object)
{
	struct mheap_session *keeper = &census->torture->keeper;
	struct mheap_object_figures figures;
	struct mutator_canary canary = {};
	u32 i, target;

	mheap_session_enter_always(keeper);
	mheap_object_figures(keeper, object, &figures);
	mheap_object_read(keeper, object, 0, &canary, sizeof(canary));
	torture_expect(census->torture, "census: a payload belongs to its object",
		       canary.id, figures.id);
	census->tracked += figures.tracked;
	census->bytes += figures.charged;
	/* Slot 0 of an ephemeron has the key, which does not count. */
	for (i = figures.shape.ephemeron; i < figures.shape.slots; i++) {
		target = 0;
		mheap_object_load(keeper, object, i, &target);
		if (!target)
			continue;
		find(census, target, census->inside);
		mheap_object_put(keeper, target);
	}
	mheap_session_leave(keeper);
}

static void compare(struct census *census, u32 object)
{
	struct mheap_session *keeper = &census->torture->keeper;
	struct mheap_object_figures figures;

	mheap_session_enter_always(keeper);
	mheap_object_figures(keeper, object, &figures);
	mheap_session_leave(keeper);
	torture_expect(census->torture, "census: references from slots", figures.inside,
		       census->inside[object]);
	torture_expect(census->torture, "census: references from outside", figures.outside,
		       census->outside[object]);
}

static void compare_figures(struct census *census)
{
	struct mheap_heap_figures figures;
	u64 tracked = 0;
	u32 i;

	mheap_heap_figures(census->torture->heap, &figures);
	for (i = 0; i < MHEAP_GENERATION_COUNT; i++)
		tracked += figures.in_generation[i];
	torture_expect(census->torture, "census: objects", figures.objects, census->found);
	torture_expect(census->torture, "census: tracked objects", tracked, census->tracked);
	torture_expect(census->torture, "census: bytes", figures.bytes, census->bytes);
}

/* What has happened by now has been told, and nothing was forgotten. */
static void compare_events(struct torture *torture)
{
	struct mheap_finalizers *finalizers = &torture->heap->finalizers;
	struct mutator *m;
	u64 due = 0;
	u32 i;

	for (i = 0; i < torture->mutators; i++) {
		m = &torture->mutator[i];
		mheap_session_enter_always(&m->session);
		mutator_settle_watches(m);
		mheap_session_leave(&m->session);
		due += mutator_due_finals(m);
	}
	torture_expect(torture, "census: finalizers that are due",
		       atomic64_read(&finalizers->due), due);
	torture_expect(torture, "census: finalizers that were not called",
		       atomic64_read(&finalizers->skipped), 0);
}

/**
 * torture_census - count everything by looking, and compare
 * @torture: nobody is at work, everything has been collected, and torture_settle() had
 *           nothing more to do
 *
 * Breadth first from what is held: the counts of each object, and how many there
 * are.
 *
 * Context: May sleep. Without memory it counts nothing.
 */
void torture_census(struct torture *torture)
{
	const u32 numbers = mheap_table_chunks(&torture->heap->table) * MHEAP_CHUNK_OBJECTS;
	struct census census = {
		.torture = torture,
		.numbers = numbers,
		.inside = kvcalloc(numbers, sizeof(u32), GFP_KERNEL),
		.outside = kvcalloc(numbers, sizeof(u32), GFP_KERNEL),
		.queue = kvcalloc(numbers, sizeof(u32), GFP_KERNEL),
	};
	u32 i;

	compare_events(torture);
	if (census.inside && census.outside && census.queue) {
		find_held(&census);
		for (i = 0; i < census.found; i++)
			look_into(&census, census.queue[i]);
		for (i = 0; i < census.found; i++)
			compare(&census, census.queue[i]);
		compare_figures(&census);
	}
	kvfree(census.inside);
	kvfree(census.outside);
	kvfree(census.queue);
}
