// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: an array of places in segments of one page, closed places in a list
 * through the array. The array of segments grows by doubling; the segments stay
 * where they are, so growing copies pointers only.
 */
#include "handle.h"

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
	handles->closed = MHEAP_HANDLE_PLACES_MAX;
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

static int prepare_array(const struct mheap_handles *handles, struct mheap_handle_growth *growth)
{
	if (handles->segments < handles->capacity)
		return 0;
	growth->capacity = handles->capacity ? handles->capacity * 2 : 8;
	growth->array = mheap_port_kvcalloc(growth->capacity, sizeof(*growth->array), MHEAP_GFP);
	return growth->array ? 0 : -ENOMEM;
}

/**
 * mheap_handle_prepare - allocate what room for another handle takes
 * @handles: of a session; there is none
 * @growth: filled, for mheap_handle_grow() or mheap_handle_grown()
 *
 * Context: May sleep; under the session's lock, not entered.
 * Return: 0, -ENOMEM, or -ENOSPC where all are in use.
 */
int mheap_handle_prepare(const struct mheap_handles *handles, struct mheap_handle_growth *growth)
{
	int error;

	memset(growth, 0, sizeof(*growth));
	if (handles->used == MHEAP_HANDLE_PLACES_MAX)
		return -ENOSPC;
	error = prepare_array(handles, growth);
	if (error)
		return error;
	growth->segment = kcalloc(MHEAP_HANDLE_SEGMENT, sizeof(*growth->segment), MHEAP_GFP);
	if (growth->segment)
		return 0;
	kvfree(growth->array);
	return -ENOMEM;
}

/**
 * mheap_handle_grow - make room for a handle
 * @handles: of a session
 * @growth: from mheap_handle_prepare(); filled with what is to be freed
 *
 * Context: Any; entered, as holder.c reads handles of other sessions.
 */
void mheap_handle_grow(struct mheap_handles *handles, struct mheap_handle_growth *growth)
{
	if (growth->array) {
		if (handles->segment)
			memcpy(growth->array, handles->segment,
			       handles->segments * sizeof(*growth->array));
		swap(handles->segment, growth->array);
		handles->capacity = growth->capacity;
	}
	handles->segment[handles->segments++] = growth->segment;
}

/**
 * mheap_handle_grown - free what has been replaced
 * @growth: behind mheap_handle_grow()
 *
 * Context: May sleep.
 */
void mheap_handle_grown(struct mheap_handle_growth *growth)
{
	kvfree(growth->array);
}

/**
 * mheap_handle_find - the entry of a handle, strong or weak
 * @handles: of a session
 * @handle: any number
 * @found: filled if it is an open handle
 *
 * Context: Any.
 * Return: 0, -EBADF if it never was a handle of this session, -ESTALE if it was
 * and has been closed.
 */
int mheap_handle_find(const struct mheap_handles *handles, u64 handle,
		      struct mheap_handle **found)
{
	const u32 place = mheap_handle_place(handle);
	struct mheap_handle *entry;
	u32 lives;

	if (handle >> MHEAP_HANDLE_SERIAL_SHIFT != handles->serial || place >= handles->used)
		return -EBADF;
	entry = mheap_handle_entry(handles, place);
	*found = entry;
	if ((entry->name & ~MHEAP_HANDLE_OTHER) == handle)
		return 0;
	lives = mheap_handle_is_open(entry) ? mheap_handle_life(handles, entry->name) :
					      (u32)entry->name;
	return mheap_handle_life(handles, handle) < lives ? -ESTALE : -EBADF;
}

/**
 * mheap_handle_close_any - close the next open handle, whichever it is
 * @handles: of a session that ends
 * @cursor: 0 at the first call
 * @places: how many places may be looked at; lessened by those that were
 * @closed: filled with what the handle was
 *
 * Context: Any. Return: true if one was closed; else there is no open handle any
 * more, or no place may be looked at.
 */
bool mheap_handle_close_any(struct mheap_handles *handles, u32 *cursor, u32 *places,
			    struct mheap_handle *closed)
{
	struct mheap_handle *entry;

	while (*cursor < handles->used && *places) {
		--*places;
		entry = mheap_handle_entry(handles, (*cursor)++);
		if (!mheap_handle_is_open(entry))
			continue;
		*closed = *entry;
		mheap_handle_close(handles, entry);
		return true;
	}
	return false;
}
