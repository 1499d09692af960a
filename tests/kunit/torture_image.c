// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image that is taken beside mutators. What it tells fits together: each object is
 * told once and with all its slots, and whatever they refer to is there, and alive.
 */
#include "core/image.h"
#include "mutator_game.h"

/**
 * struct told - what an image has told of an object
 * @there: it is there
 * @dead: it waits for its release
 * @wanted: a slot refers to it
 * @slots: how many it has
 * @told: of those, how many have been told
 */
struct told {
	bool there;
	bool dead;
	bool wanted;
	u32 slots;
	u32 told;
};

/**
 * struct listener - who is told
 * @sink: what the image sees
 * @torture: whose heap it is
 * @told: by number
 * @numbers: length of @told
 */
struct listener {
	struct mheap_image_sink sink;
	struct torture *torture;
	struct told *told;
	u32 numbers;
};

/* Return: NULL where there is no such number. */
static struct told *at(struct listener *listener, u32 object)
{
	torture_expect(listener->torture, "image: a number is one", object < listener->numbers,
		       true);
	return object < listener->numbers ? &listener->told[object] : NULL;
}

static void tell_object(struct mheap_image_sink *sink, const struct mheap_image_object *object)
{
	struct listener *listener = container_of(sink, struct listener, sink);
	struct told *told = at(listener, (u32)object->id);

	if (!told)
		return;
	torture_expect(listener->torture, "image: an object is told once", told->there, false);
	told->there = true;
	told->dead = object->dead;
	told->slots = object->shape.slots;
}

static void tell_slots(struct mheap_image_sink *sink, u32 object, u32 first, u32 count,
		       const u32 *slot)
{
	struct listener *listener = container_of(sink, struct listener, sink);
	struct told *told = at(listener, object);
	u32 i;

	if (!told)
		return;
	torture_expect(listener->torture, "image: slots come in order", first, told->told);
	told->told += count;
	for (i = 0; i < count; i++) {
		told = slot[i] ? at(listener, slot[i]) : NULL;
		if (told)
			told->wanted = true;
	}
}

static void compare(struct listener *listener)
{
	const struct told *told;
	u32 i;

	for (i = 0; i < listener->numbers; i++) {
		told = &listener->told[i];
		torture_expect(listener->torture, "image: all slots are told", told->told,
			       told->slots);
		torture_expect(listener->torture, "image: what a slot refers to is alive",
			       told->wanted && (!told->there || told->dead), false);
	}
}

static void read_all(struct listener *listener, struct mheap_image *image)
{
	int more;

	do {
		more = mheap_image_read(image, &listener->sink);
		cond_resched();
	} while (more > 0);
	if (!more)
		compare(listener);
}

/**
 * torture_image - take an image and read it
 * @torture: somebody may be at work; one caller at a time
 *
 * Context: May sleep. Without memory it does nothing.
 */
void torture_image(struct torture *torture)
{
	struct listener listener = {
		.sink = { .object = tell_object, .slots = tell_slots },
		.torture = torture,
	};
	struct mheap_image image;

	if (mheap_image_begin(&image, torture->heap))
		return;
	listener.numbers = image.blocks * MHEAP_BLOCK_OBJECTS;
	listener.told = kvcalloc(listener.numbers, sizeof(*listener.told), GFP_KERNEL);
	if (listener.told)
		read_all(&listener, &image);
	mheap_image_end(&image);
	kvfree(listener.told);
}
