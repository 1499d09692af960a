// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

static void *grown(void *array, size_t size)
{
	void *larger = realloc(array, size);

	assert(larger);
	return larger;
}

void oracle_list_add(struct oracle_list *list, uint32_t object)
{
	if (list->length == list->capacity) {
		list->capacity = list->capacity ? list->capacity * 2 : 64;
		list->object = grown(list->object, list->capacity * sizeof(*list->object));
	}
	list->object[list->length++] = object;
}

bool oracle_list_has(const struct oracle_list *list, uint32_t object)
{
	uint32_t i;

	for (i = 0; i < list->length; i++)
		if (list->object[i] == object)
			return true;
	return false;
}

void oracle_list_remove(struct oracle_list *list, uint32_t object)
{
	uint32_t i;

	for (i = 0; list->object[i] != object; i++)
		assert(i + 1 < list->length);
	memmove(list->object + i, list->object + i + 1,
		(--list->length - i) * sizeof(*list->object));
}

void oracle_begin(struct oracle *oracle)
{
	memset(oracle, 0, sizeof(*oracle));
	oracle->objects = 1;
	oracle->finalizers_max = UINT32_MAX;
}

void oracle_end(struct oracle *oracle)
{
	uint32_t i;

	for (i = 1; i < oracle->objects; i++) {
		free(oracle->object[i].slot);
		free(oracle->object[i].payload);
	}
	free(oracle->object);
	free(oracle->living.object);
	free(oracle->dead.object);
	free(oracle->ephemerons.object);
	free(oracle->queue.object);
}

/* An object with one reference from outside. */
uint32_t oracle_new(struct oracle *oracle, uint32_t type, uint32_t slots, uint32_t length)
{
	struct oracle_object *object;

	if (oracle->objects >= oracle->capacity) {
		oracle->capacity = oracle->capacity ? oracle->capacity * 2 : 1024;
		oracle->object = grown(oracle->object,
				       oracle->capacity * sizeof(*oracle->object));
	}
	object = &oracle->object[oracle->objects];
	memset(object, 0, sizeof(*object));
	object->alive = true;
	object->type = type;
	object->slots = slots;
	object->length = length;
	object->outside = 1;
	object->place = oracle->living.length;
	object->slot = calloc(slots + 1, sizeof(*object->slot));
	object->payload = calloc(length + 1, 1);
	assert(object->slot && object->payload);
	oracle_list_add(&oracle->living, oracle->objects);
	oracle->created++;
	return oracle->objects++;
}

static void bury(struct oracle *oracle, uint32_t index)
{
	struct oracle_object *object = &oracle->object[index];
	uint32_t last = oracle->living.object[--oracle->living.length];

	oracle->living.object[object->place] = last;
	oracle->object[last].place = object->place;
	object->alive = false;
	if (object->ephemeron)
		oracle_list_remove(&oracle->ephemerons, index);
	free(object->slot);
	free(object->payload);
	object->slot = NULL;
	object->payload = NULL;
	oracle_list_add(&oracle->dead, index);
}

/* A reference from a slot goes; who dies of it is listed. */
void oracle_lose_inside(struct oracle *oracle, uint32_t index, struct oracle_list *dying)
{
	struct oracle_object *object = &oracle->object[index];

	if (!index)
		return;
	assert(object->inside);
	if (!--object->inside && !object->outside)
		oracle_list_add(dying, index);
}

/* Let go of everything that an object refers to, and of what was kept for it. */
static void let_go(struct oracle *oracle, uint32_t index, struct oracle_list *dying)
{
	struct oracle_object *object = &oracle->object[index];
	uint32_t i;

	for (i = 0; i < object->slots; i++) {
		oracle_lose_inside(oracle, object->slot[i], dying);
		object->slot[i] = 0;
	}
	oracle_orphan(oracle, index, dying);
}

/*
 * Everybody on the list dies, and all that only they held; but who is to be finalized
 * goes into the queue, and keeps all it has.
 */
static void die(struct oracle *oracle, struct oracle_list *dying)
{
	uint32_t index;

	while (dying->length) {
		index = dying->object[--dying->length];
		if (oracle_is_due(oracle, index)) {
			if (oracle_call(oracle, index))
				continue;
			oracle_skip(oracle, index);
		}
		let_go(oracle, index, dying);
		bury(oracle, index);
		oracle->freed_by_count++;
	}
	free(dying->object);
}

static void die_if_alone(struct oracle *oracle, uint32_t index)
{
	struct oracle_object *object = &oracle->object[index];
	struct oracle_list dying = {};

	if (object->inside || object->outside)
		return;
	oracle_list_add(&dying, index);
	die(oracle, &dying);
}

void oracle_gain(struct oracle *oracle, uint32_t object)
{
	assert(oracle->object[object].alive);
	oracle->object[object].outside++;
}

void oracle_lose(struct oracle *oracle, uint32_t object)
{
	assert(oracle->object[object].alive && oracle->object[object].outside);
	oracle->object[object].outside--;
	die_if_alone(oracle, object);
}

void oracle_store(struct oracle *oracle, uint32_t object, uint32_t slot, uint32_t target)
{
	const uint32_t old = oracle->object[object].slot[slot];

	oracle->object[object].slot[slot] = target;
	if (target)
		oracle->object[target].inside++;
	if (!old)
		return;
	oracle->object[old].inside--;
	die_if_alone(oracle, old);
}

void oracle_resize(struct oracle *oracle, uint32_t index, uint32_t slots, uint32_t length)
{
	struct oracle_object *object = &oracle->object[index];
	uint32_t i;

	for (i = slots; i < object->slots; i++)
		oracle_store(oracle, index, i, 0);
	object->slot = grown(object->slot, (slots + 1) * sizeof(*object->slot));
	object->payload = grown(object->payload, length + 1);
	if (slots > object->slots)
		memset(object->slot + object->slots, 0,
		       (slots - object->slots) * sizeof(*object->slot));
	if (length > object->length)
		memset(object->payload + object->length, 0, length - object->length);
	if (!oracle_is_tracked(object))
		object->generation = 0;
	object->slots = slots;
	object->length = length;
}

/* Does the collector know the object? */
bool oracle_is_tracked(const struct oracle_object *object)
{
	return object->slots || object->was_key;
}

/* Does a collection of this generation look at the object? */
bool oracle_in_set(const struct oracle_object *object, uint32_t generation)
{
	return oracle_is_tracked(object) && object->generation <= generation;
}

static void reach(struct oracle *oracle, struct oracle_list *queue, uint32_t index)
{
	if (!index || oracle->object[index].reached)
		return;
	oracle->object[index].reached = true;
	oracle_list_add(queue, index);
}

/*
 * What stands fast: whatever is referred to from outside, whatever is permanent, and,
 * for a collection of the young, whatever is not young, alive or garbage.
 */
static void reach_what_stands(struct oracle *oracle, struct oracle_list *queue,
			      uint32_t generation)
{
	const struct oracle_object *object;
	uint32_t i;

	for (i = 0; i < oracle->living.length; i++)
		oracle->object[oracle->living.object[i]].reached = false;
	for (i = 0; i < oracle->living.length; i++) {
		object = &oracle->object[oracle->living.object[i]];
		if (object->outside || (oracle_is_tracked(object) && object->generation == ORACLE_PERMANENT) ||
		    (generation < ORACLE_OLDEST && !oracle_in_set(object, generation)))
			reach(oracle, queue, oracle->living.object[i]);
	}
}

/*
 * Breadth first, from what stands, through everything; and again for ephemerons, until
 * they hold nothing new.
 */
static void search(struct oracle *oracle, uint32_t generation)
{
	const struct oracle_object *object;
	struct oracle_list queue = {};
	uint32_t next = 0;
	uint32_t i;

	reach_what_stands(oracle, &queue, generation);
	while (next < queue.length) {
		for (; next < queue.length; next++) {
			object = &oracle->object[queue.object[next]];
			for (i = 0; i < object->slots && !object->ephemeron; i++)
				reach(oracle, &queue, object->slot[i]);
		}
		for (i = 0; i < oracle->ephemerons.length; i++) {
			object = &oracle->object[oracle->ephemerons.object[i]];
			if (oracle_holds_value(oracle, oracle->ephemerons.object[i], generation))
				reach(oracle, &queue, object->slot[1]);
		}
	}
	free(queue.object);
}

/*
 * Reach what programs can reach but for what came into the queue since the heap had
 * done all that it had put off.
 */
void oracle_reach_without_recent(struct oracle *oracle)
{
	const struct oracle_list *queue = &oracle->queue;
	struct oracle_object *object;
	uint32_t i;

	for (i = 0; i < queue->length; i++) {
		object = &oracle->object[queue->object[i]];
		object->outside -= object->turn > oracle->settled;
	}
	search(oracle, ORACLE_OLDEST);
	for (i = 0; i < queue->length; i++) {
		object = &oracle->object[queue->object[i]];
		object->outside += object->turn > oracle->settled;
	}
}

/* Garbage that is to be finalized goes into the queue. Return: true if there was any. */
static bool rescue(struct oracle *oracle, uint32_t generation)
{
	bool any = false;
	uint32_t i, index;

	for (i = 0; i < oracle->living.length; i++) {
		index = oracle->living.object[i];
		if (oracle_in_set(&oracle->object[index], generation) &&
		    !oracle->object[index].reached && oracle_is_due(oracle, index))
			any |= oracle_call(oracle, index);
	}
	return any;
}

/* Garbage goes; what is not garbage, but was held by it alone, dies after it. */
static uint64_t take_apart(struct oracle *oracle, const struct oracle_list *garbage)
{
	struct oracle_list dying = {};
	struct oracle_list innocent = {};
	uint32_t i;

	for (i = 0; i < garbage->length; i++)
		let_go(oracle, garbage->object[i], &dying);
	for (i = 0; i < garbage->length; i++) {
		if (oracle_is_due(oracle, garbage->object[i]))
			oracle_skip(oracle, garbage->object[i]);
		bury(oracle, garbage->object[i]);
	}
	for (i = 0; i < dying.length; i++)
		if (oracle->object[dying.object[i]].alive)
			oracle_list_add(&innocent, dying.object[i]);
	free(dying.object);
	die(oracle, &innocent);
	oracle->freed_by_collector += garbage->length;
	return garbage->length;
}

static void grow_older(struct oracle *oracle, struct oracle_list *survivors, uint32_t generation)
{
	struct oracle_object *object;
	uint32_t i;

	for (i = 0; i < survivors->length; i++) {
		object = &oracle->object[survivors->object[i]];
		if (generation >= 1 && object->generation < 2)
			oracle->old_pending++;
		object->generation = generation ? 2 : 1;
	}
	if (generation == ORACLE_OLDEST) {
		oracle->old_pending = 0;
		oracle->old_total = survivors->length;
	}
}

static void count_collection(struct oracle *oracle, uint32_t generation, uint64_t visited,
			     uint64_t collected)
{
	uint32_t i;

	for (i = 1; i <= generation; i++)
		oracle->count[i] = 0;
	if (generation < ORACLE_OLDEST)
		oracle->count[generation + 1]++;
	oracle->collections[generation]++;
	oracle->visited[generation] += visited;
	oracle->collected[generation] += collected;
	oracle->last_garbage = collected;
}

/**
 * oracle_collect - what a collection should do
 * @oracle: the heap
 * @generation: the oldest one collected
 * @verdict: asked about every object that should be freed, and believed; NULL
 *           where all of them must be
 * @context: for @verdict
 */
void oracle_collect(struct oracle *oracle, uint32_t generation, oracle_verdict verdict,
		    void *context)
{
	struct oracle_list garbage = {};
	struct oracle_list survivors = {};
	uint32_t i, index;

	search(oracle, generation);
	if (rescue(oracle, generation))
		search(oracle, generation);
	for (i = 0; i < oracle->living.length; i++) {
		index = oracle->living.object[i];
		if (!oracle_in_set(&oracle->object[index], generation))
			continue;
		if (!oracle->object[index].reached &&
		    (!verdict || verdict(context, index)))
			oracle_list_add(&garbage, index);
		else
			oracle_list_add(&survivors, index);
	}
	count_collection(oracle, generation, garbage.length + survivors.length,
			 garbage.length);
	grow_older(oracle, &survivors, generation);
	take_apart(oracle, &garbage);
	free(garbage.object);
	free(survivors.object);
}

/* Everything moves to the permanent generation, and all counters begin anew. */
void oracle_freeze(struct oracle *oracle)
{
	uint32_t i;

	for (i = 0; i < oracle->living.length; i++)
		if (oracle_is_tracked(&oracle->object[oracle->living.object[i]]))
			oracle->object[oracle->living.object[i]].generation = ORACLE_PERMANENT;
	oracle->count[1] = 0;
	oracle->count[2] = 0;
}

void oracle_unfreeze(struct oracle *oracle)
{
	struct oracle_object *object;
	uint32_t i;

	for (i = 0; i < oracle->living.length; i++) {
		object = &oracle->object[oracle->living.object[i]];
		if (object->generation == ORACLE_PERMANENT)
			object->generation = ORACLE_OLDEST;
	}
}

uint64_t oracle_in_generation(const struct oracle *oracle, uint32_t generation)
{
	const struct oracle_object *object;
	uint64_t found = 0;
	uint32_t i;

	for (i = 0; i < oracle->living.length; i++) {
		object = &oracle->object[oracle->living.object[i]];
		found += oracle_is_tracked(object) && object->generation == generation;
	}
	return found;
}

/* Four bytes a slot, the payload, and 16 more for what is out of the ordinary. */
uint64_t oracle_body_size(const struct oracle_object *object)
{
	const bool ordinary = object->type < 256 && object->slots < 65 &&
			      object->length < 65536 && !object->ephemeron;

	return 4ULL * object->slots + object->length + (ordinary ? 0 : 16);
}

/*
 * The smallest class that is large enough: multiples of 8 up to 128, then eight
 * classes to each doubling up to 8192, then pages.
 */
uint64_t oracle_slab_charge(uint64_t size)
{
	uint64_t class = 8;
	uint64_t octave;

	if (size > 8192)
		return (size + 4095) / 4096 * 4096;
	while (class < size && class < 128)
		class += 8;
	for (octave = 128; class < size; octave *= 2)
		while (class < size && class < 2 * octave)
			class += octave / 8;
	return class;
}
