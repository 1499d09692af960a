// SPDX-License-Identifier: GPL-2.0-only
/*
 * Payload: copies in and out. Up to MHEAP_OBJECT_ATOMIC_COPY bytes are copied
 * under the block lock in one go; more is cut up, as copying takes time that
 * others would wait.
 */
#include "object.h"

/**
 * mheap_object_read - copy payload out
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @offset: where in the payload, in bytes
 * @data: where to
 * @length: how much at most
 *
 * Context: Entered. Return: Bytes copied; fewer, or 0, at the end of the payload.
 */
long mheap_object_read(struct mheap_session *session, u32 object, u64 offset,
		       void *data, u32 length)
{
	struct mheap_chunk *chunk;
	struct mheap_shape shape;
	long done = 0;
	u64 piece;

	do {
		piece = min(length - (u32)done, MHEAP_OBJECT_ATOMIC_COPY);
		chunk = mheap_object_lock(session, object);
		mheap_body_shape(chunk, object, &shape);
		piece = offset < shape.length ? min(piece, shape.length - offset) : 0;
		if (piece)
			memcpy((u8 *)data + done,
			       mheap_body_payload(chunk, object) + offset, piece);
		mheap_object_unlock(chunk, object);
		done += piece;
		offset += piece;
	} while (piece && done < length);
	return done;
}
EXPORT_SYMBOL_MHEAP(mheap_object_read);

/**
 * mheap_object_write - copy payload in
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @offset: where in the payload, in bytes
 * @data: where from
 * @length: how much
 *
 * Where somebody shortens the object while a large write is under way, the rest
 * is not written.
 *
 * Context: Entered. Return: 0, or -EINVAL if it goes past the end of the payload.
 */
int mheap_object_write(struct mheap_session *session, u32 object, u64 offset,
		       const void *data, u32 length)
{
	struct mheap_chunk *chunk;
	struct mheap_shape shape;
	u32 done = 0;
	u32 piece;
	bool fits;

	do {
		piece = min(length - done, MHEAP_OBJECT_ATOMIC_COPY);
		chunk = mheap_object_lock(session, object);
		mheap_body_shape(chunk, object, &shape);
		fits = offset <= shape.length && length - done <= shape.length - offset;
		if (fits && piece)
			memcpy(mheap_body_payload(chunk, object) + offset,
			       (const u8 *)data + done, piece);
		mheap_object_unlock(chunk, object);
		done += piece;
		offset += piece;
	} while (fits && done < length);
	return fits ? 0 : -EINVAL;
}
EXPORT_SYMBOL_MHEAP(mheap_object_write);
