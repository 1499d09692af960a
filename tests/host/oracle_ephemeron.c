// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an ephemeron should be: slot 1 holds the value as any slot does, the key is
 * remembered and not held, and when it dies the value goes.
 */
#include "oracle.h"

uint32_t oracle_new_ephemeron(struct oracle *oracle, uint32_t type, uint32_t length)
{
	const uint32_t object = oracle_new(oracle, type, 2, length);

	oracle->object[object].ephemeron = true;
	oracle_list_add(&oracle->ephemerons, object);
	return object;
}

/* What a program finds in a slot. */
uint32_t oracle_target(const struct oracle_object *object, uint32_t slot)
{
	return object->ephemeron && !slot ? object->key : object->slot[slot];
}

/* A new key comes without a value, and is tracked from now on. */
void oracle_set_key(struct oracle *oracle, uint32_t object, uint32_t key)
{
	struct oracle_object *new = &oracle->object[key];

	if (key && !oracle_is_tracked(new))
		new->generation = 0;
	if (key)
		new->was_key = true;
	oracle->object[object].key = key;
	oracle_store(oracle, object, 1, 0);
}

/* The key dies: all its ephemerons lose it, and the value. */
void oracle_orphan(struct oracle *oracle, uint32_t key, struct oracle_list *dying)
{
	struct oracle_object *object;
	uint32_t i;

	for (i = 0; oracle->object[key].was_key && i < oracle->ephemerons.length; i++) {
		object = &oracle->object[oracle->ephemerons.object[i]];
		if (object->key != key)
			continue;
		object->key = 0;
		oracle_lose_inside(oracle, object->slot[1], dying);
		object->slot[1] = 0;
	}
}

/*
 * Does an ephemeron hold its value, to a search for a collection? One that a collection
 * of the young does not look at holds it in any case.
 */
bool oracle_holds_value(const struct oracle *oracle, uint32_t index, uint32_t generation)
{
	const struct oracle_object *object = &oracle->object[index];

	if (!object->reached)
		return false;
	if (generation < ORACLE_OLDEST && !oracle_in_set(object, generation))
		return true;
	return object->key && oracle->object[object->key].reached;
}
