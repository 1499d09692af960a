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

void oracle_begin(struct oracle *oracle)
{
	memset(oracle, 0, sizeof(*oracle));
	oracle->objects = 1;
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
	free(object->slot);
	free(object->payload);
	object->slot = NULL;
	object->payload = NULL;
	oracle_list_add(&oracle->dead, index);
}

/* Let go of everything that an object refers to; who dies of it is listed. */
static void let_go(struct oracle *oracle, uint32_t index, struct oracle_list *dying)
{
	struct oracle_object *object = &oracle->object[index];
	struct oracle_object *target;
	uint32_t i;

	for (i = 0; i < object->slots; i++) {
		if (!object->slot[i])
			continue;
		target = &oracle->object[object->slot[i]];
		assert(target->inside);
		if (!--target->inside && !target->outside)
			oracle_list_add(dying, object->slot[i]);
	}
}

/* Everybody on the list dies, and all that only they held. */
static void die(struct oracle *oracle, struct oracle_list *dying)
{
	uint32_t index;

	while (dying->length) {
		index = dying->object[--dying->length];
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
	if (!object->slots)
		object->generation = 0;
	object->slots = slots;
	object->length = length;
}

/* Does a collection of this generation look at the object? */
static bool in_set(const struct oracle_object *object, uint32_t generation)
{
	return object->slots && object->generation <= generation;
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
		if (object->outside || (object->slots && object->generation == ORACLE_PERMANENT) ||
		    (generation < ORACLE_OLDEST && !in_set(object, generation)))
			reach(oracle, queue, oracle->living.object[i]);
	}
}

/* Breadth first, from what stands, through everything. */
static void search(struct oracle *oracle, uint32_t generation)
{
	const struct oracle_object *object;
	struct oracle_list queue = {};
	uint32_t next, i;

	reach_what_stands(oracle, &queue, generation);
	for (next = 0; next < queue.length; next++) {
		object = &oracle->object[queue.object[next]];
		for (i = 0; i < object->slots; i++)
			reach(oracle, &queue, object->slot[i]);
	}
	free(queue.object);
}

/* Garbage goes; what is not garbage, but was held by it alone, dies after it. */
static uint64_t take_apart(struct oracle *oracle, const struct oracle_list *garbage)
{
	struct oracle_list dying = {};
	struct oracle_list innocent = {};
	uint32_t i;

	for (i = 0; i < garbage->length; i++)
		let_go(oracle, garbage->object[i], &dying);
	for (i = 0; i < garbage->length; i++)
		bury(oracle, garbage->object[i]);
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
	for (i = 0; i < oracle->living.length; i++) {
		index = oracle->living.object[i];
		if (!in_set(&oracle->object[index], generation))
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
		if (oracle->object[oracle->living.object[i]].slots)
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
		found += object->slots && object->generation == generation;
	}
	return found;
}

/* Four bytes a slot, the payload, and 16 more for what is out of the ordinary. */
uint64_t oracle_body_size(const struct oracle_object *object)
{
	const bool ordinary = object->type < 256 && object->slots < 65 &&
			      object->length < 65536;

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
