// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: an array of places in segments of one page, closed places in a list
 * through the array. The array of segments grows by doubling; the segments stay
 * where they are, so growing copies pointers only.
 */
#include "handle.h"

#define NO_PLACE	MHEAP_HANDLE_PLACES_MAX

/**
 * mheap_handles_init - make an empty array
 * @handles: to be made
 * @serial: of the session, 1 to MHEAP_HANDLE_SERIAL_MAX
 * @first_life: any number
 *
 * Context: Any.
 */
void mheap_handles_init(struct mheap_handles *handles, u32 serial, u32 first_life)
{
	memset(handles, 0, sizeof(*handles));
	handles->serial = serial;
	handles->first_life = first_life & MHEAP_HANDLE_LIFE_MASK;
	handles->closed = NO_PLACE;
}

/**
 * mheap_handles_fini - free the array
 * @handles: every handle must be closed
 *
 * Context: May sleep.
 */
void mheap_handles_fini(struct mheap_handles *handles)
{
	u32 i;

	for (i = 0; i < handles->segments; i++) {
		kfree(handles->segment[i]);
		cond_resched();
	}
	kvfree(handles->segment);
}

static int grow_array(struct mheap_handles *handles)
{
	struct mheap_handle **segment;
	u32 capacity;

	if (handles->segments < handles->capacity)
		return 0;
	capacity = handles->capacity ? handles->capacity * 2 : 8;
	segment = kvcalloc(capacity, sizeof(*segment), MHEAP_GFP);
	if (!segment)
		return -ENOMEM;
	if (handles->segment)
		memcpy(segment, handles->segment, handles->segments * sizeof(*segment));
	kvfree(handles->segment);
	handles->segment = segment;
	handles->capacity = capacity;
	return 0;
}

/**
 * mheap_handle_reserve - make sure that the next handle can be opened
 * @handles: of a session
 *
 * For one handle: a second mheap_handle_open() needs a second call.
 *
 * Context: May sleep. Return: 0, -ENOMEM, or -ENOSPC where all are in use.
 */
int mheap_handle_reserve(struct mheap_handles *handles)
{
	struct mheap_handle *segment;
	int error;

	if (likely(handles->closed != NO_PLACE ||
		   handles->used < handles->segments * MHEAP_HANDLE_SEGMENT))
		return 0;
	if (handles->used == MHEAP_HANDLE_PLACES_MAX)
		return -ENOSPC;
	error = grow_array(handles);
	if (error)
		return error;
	segment = kcalloc(MHEAP_HANDLE_SEGMENT, sizeof(*segment), MHEAP_GFP);
	if (!segment)
		return -ENOMEM;
	handles->segment[handles->segments++] = segment;
	return 0;
}

/**
 * mheap_handle_open - open a handle
 * @handles: of a session; mheap_handle_reserve() has made room
 * @kind: strong or weak
 * @object: number of the object
 * @tag: its tag
 *
 * Context: Any. Return: The handle.
 */
u64 mheap_handle_open(struct mheap_handles *handles, enum mheap_handle_kind kind,
		      u32 object, u32 tag)
{
	struct mheap_handle *handle;
	u32 place = handles->closed;

	if (place != NO_PLACE) {
		handle = mheap_handle_entry(handles, place);
		handles->closed = handle->object;
	} else {
		place = handles->used++;
		handle = mheap_handle_entry(handles, place);
	}
	handle->object = object;
	handle->tag = tag;
	handle->kind = kind;
	handles->open++;
	return (u64)handles->serial << MHEAP_HANDLE_SERIAL_SHIFT |
	       (u64)((handle->life + handles->first_life) & MHEAP_HANDLE_LIFE_MASK)
			<< MHEAP_HANDLE_LIFE_SHIFT |
	       place;
}

static void close_place(struct mheap_handles *handles, struct mheap_handle *handle, u32 place)
{
	handle->kind = MHEAP_HANDLE_CLOSED;
	handles->open--;
	if (++handle->life > MHEAP_HANDLE_LIFE_MASK)
		return;		/* all its numbers have been handles: retired */
	handle->object = handles->closed;
	handles->closed = place;
}

/**
 * mheap_handle_close - close a handle
 * @handles: of a session
 * @handle: an open handle
 *
 * Context: Any.
 */
void mheap_handle_close(struct mheap_handles *handles, u64 handle)
{
	const u32 place = handle & (MHEAP_HANDLE_PLACES_MAX - 1);

	close_place(handles, mheap_handle_entry(handles, place), place);
}

/**
 * mheap_handle_close_any - close the next open handle, whichever it is
 * @handles: of a session that ends
 * @cursor: 0 at the first call
 * @closed: filled with what the handle was
 *
 * Context: Any. Return: false if there is no open handle any more.
 */
bool mheap_handle_close_any(struct mheap_handles *handles, u32 *cursor,
			    struct mheap_handle *closed)
{
	struct mheap_handle *handle;

	for (; *cursor < handles->used; ++*cursor) {
		handle = mheap_handle_entry(handles, *cursor);
		if (handle->kind == MHEAP_HANDLE_CLOSED)
			continue;
		*closed = *handle;
		close_place(handles, handle, *cursor);
		return true;
	}
	return false;
}
