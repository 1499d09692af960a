// SPDX-License-Identifier: GPL-2.0-only
#include "harness.h"
#include "shot.h"

static struct shot_object *at(struct shot *shot, u32 number)
{
	u32 room = shot->room;

	if (number >= room) {
		while (number >= room)
			room = room ? room * 2 : 1024;
		shot->object = realloc(shot->object, room * sizeof(*shot->object));
		memset(shot->object + shot->room, 0,
		       (room - shot->room) * sizeof(*shot->object));
		shot->room = room;
	}
	return &shot->object[number];
}

static void tell_object(struct mheap_image_sink *sink, const struct mheap_image_object *copy)
{
	struct shot *shot = container_of(sink, struct shot, sink);
	struct shot_object *object = at(shot, copy->id);

	check(!object->there);
	object->there = true;
	object->id = copy->id;
	object->shape = copy->shape;
	object->dead = copy->dead;
	object->slot = calloc(copy->shape.slots + 1, sizeof(u32));
	shot->objects++;
}

static void tell_slots(struct mheap_image_sink *sink, u32 number, u32 first, u32 count,
		       const u32 *slot)
{
	struct shot *shot = container_of(sink, struct shot, sink);
	struct shot_object *object = at(shot, number);

	if (!check(object->there) || !check_equal(object->told, first) ||
	    !check(count && first + count <= object->shape.slots))
		return;
	memcpy(object->slot + first, slot, count * sizeof(*slot));
	object->told += count;
}

void shot_begin(struct shot *shot)
{
	memset(shot, 0, sizeof(*shot));
	shot->sink.object = tell_object;
	shot->sink.slots = tell_slots;
}

void shot_end(struct shot *shot)
{
	u32 i;

	for (i = 0; i < shot->room; i++)
		free(shot->object[i].slot);
	free(shot->object);
}

/* Return: as mheap_image_read(). */
int shot_read(struct shot *shot, struct mheap_image *image)
{
	return mheap_image_read(image, &shot->sink);
}

/* Of a heap at rest, or beside others. */
void shot_take(struct shot *shot, struct mheap_heap *heap)
{
	struct mheap_image image;

	shot_begin(shot);
	if (!check_equal(mheap_image_begin(&image, heap), 0))
		return;
	while (shot_read(shot, &image) > 0)
		;
	mheap_image_end(&image);
}

/* Every slot has been told of, and refers to an object that is in the shot. */
void shot_check_closed(const struct shot *shot)
{
	const struct shot_object *object;
	u32 i, j;

	for (i = 0; i < shot->room; i++) {
		object = &shot->object[i];
		if (!object->there)
			continue;
		check_equal(object->told, object->shape.slots);
		for (j = 0; j < object->shape.slots; j++)
			check(!object->slot[j] || (object->slot[j] < shot->room &&
						   shot->object[object->slot[j]].there));
	}
}

void shot_check_same(const struct shot *a, const struct shot *b)
{
	const struct shot_object *x, *y;
	u32 i;

	check_equal(a->objects, b->objects);
	for (i = 0; i < min(a->room, b->room); i++) {
		x = &a->object[i];
		y = &b->object[i];
		if (!check_equal(x->there, y->there) || !x->there)
			continue;
		check_equal(x->id, y->id);
		check_equal(x->shape.type, y->shape.type);
		check_equal(x->shape.length, y->shape.length);
		check_equal(x->dead, y->dead);
		if (check_equal(x->shape.slots, y->shape.slots))
			check(!memcmp(x->slot, y->slot, x->shape.slots * sizeof(u32)));
	}
}
