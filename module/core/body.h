/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bodies: slots and payload of an object. Slots come first, 4 bytes each, and
 * the payload directly behind them; it is only ever copied, so it needs no
 * alignment. How many of each there are stands in the table, in three bytes,
 * where they fit; where they do not, and where the type does not fit into the
 * identity word, the body begins with a header that has all three.
 */
#ifndef _MHEAP_CORE_BODY_H
#define _MHEAP_CORE_BODY_H

#include "port.h"
#include "table.h"

#define MHEAP_BODY_SLOTS_MAX	0x4000000U
#define MHEAP_BODY_LENGTH_MAX	0x40000000U

/* In chunk->slots: the body has a header, and the table knows nothing. */
#define MHEAP_BODY_EXTENDED	0xffU

/*
 * In chunk->length, together with a body that is NULL: the number has no object. One
 * with a payload of that length has a body.
 */
#define MHEAP_BODY_NONE		U16_MAX

/* In header->length: the object is an ephemeron, see ephemeron.h. */
#define MHEAP_BODY_EPHEMERON	0x80000000U

/* What has more slots has a header. */
#define MHEAP_BODY_INLINE_SLOTS	64U

/**
 * struct mheap_body_header - of a body that is extended
 * @type: of the object
 * @slots: how many
 * @length: of the payload, in bytes; and MHEAP_BODY_EPHEMERON
 * @cursor: of a dead object: slots that have not been emptied yet
 */
struct mheap_body_header {
	u32 type;
	u32 slots;
	u32 length;
	u32 cursor;
};

/**
 * struct mheap_shape - what an object is made of
 * @type: means something to the program only
 * @slots: how many
 * @length: of the payload, in bytes
 * @ephemeron: it is one; then it has two slots, and a header in any case
 */
struct mheap_shape {
	u32 type;
	u32 slots;
	u32 length;
	bool ephemeron;
};

void mheap_body_install(struct mheap_chunk *chunk, u32 object, void *body,
			const struct mheap_shape *shape);
u8 *mheap_body_payload(const struct mheap_chunk *chunk, u32 object);

/**
 * mheap_shape_extended - does a body of this shape need a header?
 * @shape: the shape
 *
 * Context: Any. Return: true if some part of it does not fit into the table.
 */
static inline bool mheap_shape_extended(const struct mheap_shape *shape)
{
	return shape->type > MHEAP_TYPE_INLINE_MAX || shape->ephemeron ||
	       shape->slots > MHEAP_BODY_INLINE_SLOTS || shape->length > U16_MAX;
}

/**
 * mheap_shape_size - the size of a body
 * @shape: within MHEAP_BODY_SLOTS_MAX and MHEAP_BODY_LENGTH_MAX
 *
 * Context: Any. Return: Bytes; 0 if the object needs no body.
 */
static inline size_t mheap_shape_size(const struct mheap_shape *shape)
{
	size_t size = shape->slots * sizeof(u32) + (size_t)shape->length;

	if (unlikely(mheap_shape_extended(shape)))
		size += sizeof(struct mheap_body_header);
	return size;
}

static inline bool mheap_body_extended(const struct mheap_chunk *chunk, u32 index)
{
	return chunk->slots[index] == MHEAP_BODY_EXTENDED;
}

/**
 * mheap_body_shape - what an object is made of
 * @chunk: its chunk
 * @object: its number
 * @shape: filled
 *
 * Context: The lock of its block, or it is the caller's alone.
 */
static inline void mheap_body_shape(const struct mheap_chunk *chunk, u32 object,
				    struct mheap_shape *shape)
{
	const u32 index = mheap_index(object);
	const struct mheap_body_header *header = chunk->body[index];

	if (unlikely(mheap_body_extended(chunk, index))) {
		shape->type = header->type;
		shape->slots = header->slots;
		shape->length = header->length & ~MHEAP_BODY_EPHEMERON;
		shape->ephemeron = header->length & MHEAP_BODY_EPHEMERON;
	} else {
		shape->type = chunk->identity[index] & MHEAP_TYPE_INLINE_MAX;
		shape->slots = chunk->slots[index];
		shape->length = chunk->length[index];
		shape->ephemeron = false;
	}
}

/* Is it an ephemeron? Context: The lock of its block, or it is the caller's alone. */
static inline bool mheap_body_is_ephemeron(const struct mheap_chunk *chunk, u32 index)
{
	const struct mheap_body_header *header = chunk->body[index];

	return unlikely(mheap_body_extended(chunk, index)) &&
	       header->length & MHEAP_BODY_EPHEMERON;
}

/**
 * mheap_body_exists - does a number have an object?
 * @chunk: its chunk
 * @object: the number
 *
 * From when it is given its body until it is parted from it.
 *
 * Context: The lock of its block. Return: true if so.
 */
static inline bool mheap_body_exists(const struct mheap_chunk *chunk, u32 object)
{
	const u32 index = mheap_index(object);

	return chunk->body[index] || chunk->length[index] != MHEAP_BODY_NONE;
}

/**
 * mheap_body_part - the number has no object any more
 * @chunk: its chunk
 * @object: the number
 *
 * Context: The lock of its block.
 */
static inline void mheap_body_part(struct mheap_chunk *chunk, u32 object)
{
	const u32 index = mheap_index(object);

	WRITE_ONCE(chunk->body[index], NULL);	/* see fetch_bodies() */
	chunk->slots[index] = 0;
	chunk->length[index] = MHEAP_BODY_NONE;
}

/**
 * mheap_body_slots - the slots of an object
 * @chunk: its chunk
 * @index: its place there
 * @slots: filled with their number
 *
 * Context: The lock of its block, or it is the caller's alone.
 * Return: The first slot; anything where there are none.
 */
static inline u32 *mheap_body_slots(const struct mheap_chunk *chunk, u32 index, u32 *slots)
{
	struct mheap_body_header *header = chunk->body[index];

	if (unlikely(mheap_body_extended(chunk, index))) {
		*slots = header->slots;
		return (u32 *)(header + 1);
	}
	*slots = chunk->slots[index];
	return chunk->body[index];
}

/**
 * mheap_body_first_slot - the first slot of a body that is not an object's
 * @body: the body
 * @shape: of the object that it was, or will be
 *
 * Context: The body is the caller's alone. Return: The slot; anything where there
 * are none.
 */
static inline u32 *mheap_body_first_slot(void *body, const struct mheap_shape *shape)
{
	struct mheap_body_header *header = body;

	return mheap_shape_extended(shape) ? (u32 *)(header + 1) : body;
}

#endif /* _MHEAP_CORE_BODY_H */
