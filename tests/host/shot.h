/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A shot: all that an image has told, so that two can be compared.
 */
#ifndef _MHEAP_HOST_SHOT_H
#define _MHEAP_HOST_SHOT_H

#include "image.h"

/**
 * struct shot_object - an object of a shot
 * @there: it is in the shot
 * @id: number and tag
 * @shape: what it is made of
 * @dead: it waits for the worker
 * @told: slots that were told of
 * @slot: its slots
 */
struct shot_object {
	bool there;
	u64 id;
	struct mheap_shape shape;
	bool dead;
	u32 told;
	u32 *slot;
};

/**
 * struct shot - what an image has told
 * @sink: what an image sees
 * @object: by number
 * @room: length of @object
 * @objects: how many are there
 */
struct shot {
	struct mheap_image_sink sink;
	struct shot_object *object;
	u32 room;
	u32 objects;
};

void shot_begin(struct shot *shot);
void shot_end(struct shot *shot);
int shot_read(struct shot *shot, struct mheap_image *image);
void shot_take(struct shot *shot, struct mheap_heap *heap);
void shot_check_closed(const struct shot *shot);
void shot_check_same(const struct shot *a, const struct shot *b);

#endif /* _MHEAP_HOST_SHOT_H */
