// SPDX-License-Identifier: GPL-2.0-only
/*
 * What finalizers should be: an object that has one is put into the queue once, with a
 * reference, where it would die, as long as somebody listens and there is room.
 */
#include "oracle.h"

void oracle_set_finalizer(struct oracle *oracle, uint32_t index, uint64_t cookie)
{
	struct oracle_object *object = &oracle->object[index];

	oracle->due += object->finalizer == ORACLE_NO_FINALIZER;
	object->finalizer = ORACLE_DUE;
	object->cookie = cookie;
}

void oracle_cancel_finalizer(struct oracle *oracle, uint32_t index)
{
	oracle->object[index].finalizer = ORACLE_NO_FINALIZER;
	oracle->due--;
}

bool oracle_is_due(const struct oracle *oracle, uint32_t object)
{
	return oracle->object[object].finalizer == ORACLE_DUE;
}

/* The heap says whether the object has found room. */
static bool ask(struct oracle *oracle, uint32_t object)
{
	const bool called = oracle->called(oracle->context, object);

	oracle->crowded |= !called && !oracle->unsure;
	oracle->overfull |= called && oracle->queue.length >= oracle->finalizers_max;
	return called;
}

/* Is there room? The heap is asked where that depends on who comes first. */
static bool has_room(struct oracle *oracle, uint32_t object)
{
	if (!oracle->unsure && oracle->queue.length + oracle->due <= oracle->finalizers_max)
		return true;
	return ask(oracle, object);
}

void oracle_put_into_queue(struct oracle *oracle, uint32_t object)
{
	oracle->object[object].finalizer = ORACLE_CALLED;
	oracle->due--;
	oracle->object[object].outside++;
	oracle->object[object].turn = oracle->turn;
	oracle_list_add(&oracle->queue, object);
}

/* The object would die, and is due. Return: true if it waits in the queue instead. */
bool oracle_call(struct oracle *oracle, uint32_t object)
{
	if (!oracle->listeners || !has_room(oracle, object))
		return false;
	oracle_put_into_queue(oracle, object);
	return true;
}

/* The object dies without. */
void oracle_skip(struct oracle *oracle, uint32_t object)
{
	oracle->object[object].finalizer = ORACLE_CALLED;
	oracle->due--;
	oracle->skipped++;
	oracle->crowded |= oracle->listeners > 0;
}

void oracle_listen(struct oracle *oracle)
{
	oracle->listeners++;
}

/* Behind the last listener what waits is never called, and dies unless it is held. */
void oracle_unlisten(struct oracle *oracle)
{
	if (--oracle->listeners)
		return;
	while (oracle->queue.length) {
		oracle->skipped++;
		oracle_lose(oracle, oracle->queue.object[--oracle->queue.length]);
	}
}

/* The reference of the queue is the taker's. */
void oracle_take(struct oracle *oracle, uint32_t object)
{
	oracle_list_remove(&oracle->queue, object);
}

/* And goes back. */
void oracle_put_back(struct oracle *oracle, uint32_t object)
{
	if (oracle->listeners) {
		oracle_list_add(&oracle->queue, object);
	} else {
		oracle->skipped++;
		oracle_lose(oracle, object);
	}
}
