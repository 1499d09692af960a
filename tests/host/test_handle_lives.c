// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lives of a place: a number is never a handle twice, and a place whose
 * lives are used up is retired. Looks into the array to come near the end.
 */
#include "handle.h"
#include "harness.h"
#include "port_user.h"

#define LIVES	(1U << 20)	/* bits 28 to 47 of a handle */

static int reserve(struct mheap_handles *handles)
{
	struct mheap_handle_growth growth;
	int error;

	if (mheap_handle_is_reserved(handles))
		return 0;
	error = mheap_handle_prepare(handles, &growth);
	if (error)
		return error;
	mheap_handle_grow(handles, &growth);
	mheap_handle_grown(&growth);
	return 0;
}

static u64 open_one(struct mheap_handles *handles, u32 object)
{
	check_equal(reserve(handles), 0);
	return mheap_handle_open(handles, MHEAP_HANDLE_STRONG, object, 1);
}

static u32 place_of(u64 handle)
{
	return handle & (MHEAP_HANDLE_PLACES_MAX - 1);
}

static void close_one(struct mheap_handles *handles, u64 handle)
{
	mheap_handle_close(handles, mheap_handle_entry(handles, place_of(handle)));
}

/* An open place gets to its last life. */
static void age(struct mheap_handles *handles, u32 place)
{
	struct mheap_handle *entry = mheap_handle_entry(handles, place);
	const u64 last = (LIVES - 1 + handles->first_life) % LIVES;

	entry->name &= ~((u64)(LIVES - 1) << MHEAP_HANDLE_LIFE_SHIFT);
	entry->name |= last << MHEAP_HANDLE_LIFE_SHIFT;
}

/* All numbers of one place, by really using it up. */
static void every_life_is_another_number(void)
{
	static u8 seen[LIVES / 8];
	struct mheap_handles handles;
	u64 handle;
	u32 life, number;

	memset(seen, 0, sizeof(seen));
	mheap_handles_init(&handles, 1, 0xfffff0);
	for (life = 0; life < LIVES; life++) {
		handle = open_one(&handles, 1);
		if (!check_equal(place_of(handle), 0))
			break;
		number = (handle >> MHEAP_HANDLE_LIFE_SHIFT) & (LIVES - 1);
		if (!check(!(seen[number / 8] & 1 << number % 8)))
			break;
		seen[number / 8] |= 1 << number % 8;
		close_one(&handles, handle);
	}
	handle = open_one(&handles, 1);
	check_equal(place_of(handle), 1);
	check_equal(handles.open, 1);
	close_one(&handles, handle);
	mheap_handles_fini(&handles);
}

/* Whatever number names a retired place, it is stale. */
static void a_retired_place_stays_stale(void)
{
	struct mheap_handles handles;
	struct mheap_handle *found;
	u64 first, last, handle;
	u32 life;

	mheap_handles_init(&handles, 5, 77);
	first = open_one(&handles, 1);
	age(&handles, 0);
	last = handles.segment[0][0].name;
	check_equal(mheap_handle_find(&handles, first, &found), -ESTALE);
	check_equal(mheap_handle_find(&handles, last, &found), 0);
	close_one(&handles, last);
	for (life = 0; life < LIVES; life++) {
		handle = (first & ~((u64)(LIVES - 1) << MHEAP_HANDLE_LIFE_SHIFT)) |
			 (u64)life << MHEAP_HANDLE_LIFE_SHIFT;
		if (!check_equal(mheap_handle_find(&handles, handle, &found), -ESTALE))
			break;
	}
	check_equal(place_of(open_one(&handles, 1)), 1);
	mheap_handles_fini(&handles);
}

static void retired_places_in_the_middle(void)
{
	struct mheap_handles handles;
	u64 handle[512];
	u32 i, place;

	mheap_handles_init(&handles, 5, 3);
	for (i = 0; i < 512; i++)
		handle[i] = open_one(&handles, i + 1);
	for (i = 0; i < 512; i++) {
		if (i % 2 == 0)
			age(&handles, i);
		close_one(&handles, handle[i]);
	}
	check_equal(handles.open, 0);
	for (i = 0; i < 512; i++) {
		place = place_of(open_one(&handles, i + 1));
		check(place >= 512 || place % 2);
	}
	mheap_handles_fini(&handles);
}

static void no_place_left(void)
{
	struct mheap_handles handles;
	u64 handle;

	mheap_handles_init(&handles, 9, 0);
	handle = open_one(&handles, 1);
	handles.used = MHEAP_HANDLE_PLACES_MAX;
	check_equal(reserve(&handles), -ENOSPC);
	close_one(&handles, handle);
	check_equal(reserve(&handles), 0);
	check_equal(place_of(open_one(&handles, 1)), 0);
	check_equal(reserve(&handles), -ENOSPC);
	handles.used = 1;
	mheap_handles_fini(&handles);
}

static void every_open_handle_is_closed_once(void)
{
	struct mheap_handles handles;
	struct mheap_handle closed;
	bool seen[1001] = {};
	u64 handle[1000];
	u32 cursor = 0;
	u32 places = 1000;
	u32 i;

	mheap_handles_init(&handles, 9, 0);
	for (i = 0; i < 1000; i++)
		handle[i] = open_one(&handles, i + 1);
	for (i = 0; i < 1000; i += 3)
		close_one(&handles, handle[i]);
	while (mheap_handle_close_any(&handles, &cursor, &places, &closed)) {
		check(!seen[closed.object]);
		seen[closed.object] = true;
	}
	for (i = 0; i < 1000; i++)
		check_equal(seen[i + 1], i % 3 != 0);
	check_equal(handles.open, 0);
	mheap_handles_fini(&handles);
}

static const struct test tests[] = {
	{ "every life is another number", every_life_is_another_number },
	{ "a retired place stays stale", a_retired_place_stays_stale },
	{ "retired places are not used again", retired_places_in_the_middle },
	{ "no place left", no_place_left },
	{ "every open handle is closed once", every_open_handle_is_closed_once },
	{}
};

const struct suite suite_handle_lives = { "handle_lives", tests };
