// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bodies: where slots and payload lie.
 */
#include "body.h"

/**
 * mheap_body_install - give an object a body
 * @chunk: its chunk
 * @object: its number
 * @body: zeroed memory of mheap_shape_size() bytes, or NULL where that is 0
 * @shape: what the object is to be made of
 *
 * Context: The lock of its block, or it is the caller's alone.
 */
void mheap_body_install(struct mheap_chunk *chunk, u32 object, void *body,
			const struct mheap_shape *shape)
{
	const u32 index = mheap_index(object);
	const u32 tag = chunk->identity[index] & ~MHEAP_TYPE_INLINE_MAX;
	struct mheap_body_header *header = body;

	WRITE_ONCE(chunk->body[index], body);	/* see fetch_bodies() */
	if (mheap_shape_extended(shape)) {
		header->type = shape->type;
		header->slots = shape->slots;
		header->length = shape->length | (shape->ephemeron ? MHEAP_BODY_EPHEMERON : 0);
		header->cursor = shape->slots;
		chunk->slots[index] = MHEAP_BODY_EXTENDED;
		chunk->length[index] = 0;
		WRITE_ONCE(chunk->identity[index], tag);
	} else {
		chunk->slots[index] = shape->slots;
		chunk->length[index] = shape->length;
		WRITE_ONCE(chunk->identity[index], tag | shape->type);
	}
}

/**
 * mheap_body_payload - the payload of an object
 * @chunk: its chunk
 * @object: its number
 *
 * Context: The lock of its block, or it is the caller's alone.
 * Return: The first byte; anything where there is no payload.
 */
u8 *mheap_body_payload(const struct mheap_chunk *chunk, u32 object)
{
	u32 slots;
	u32 *slot = mheap_body_slots(chunk, mheap_index(object), &slots);

	return (u8 *)(slot + slots);
}
