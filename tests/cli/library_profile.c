// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Tests of libmheap: where objects are made, and snapshots. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "library.h"

/* Reads a snapshot to its end; calls @look with each record. */
static void for_each_record(struct mh_session *heap,
			    void look(const struct mheap_record *record, void *data), void *data)
{
	enum { SIZE = 1 << 20 };
	char *text = malloc(SIZE);
	ssize_t got = 1, size = 0;
	int fd = -1;

	IS(mh_snapshot(heap, &fd), 0);
	IS(fd >= 0, 1);
	for (; got > 0 && size < SIZE; size += got)
		got = read(fd, text + size, SIZE - size);
	IS(got, 0);
	IS(close(fd), 0);
	for (ssize_t at = 0; at < size;) {
		const struct mheap_record *record = (void *)(text + at);

		look(record, data);
		if (record->size < sizeof(*record))
			break;
		at += record->size;
	}
	free(text);
}

struct places {
	int objects;
	int ends;
	uint32_t site;		/* of the object of type 1 */
	uint64_t tag;		/* of that site */
};

static void look_for_places(const struct mheap_record *record, void *data)
{
	const struct mheap_snapshot_object *object = (void *)record;
	const struct mheap_snapshot_site *site = (void *)record;
	struct places *places = data;

	places->ends += record->kind == MHEAP_SNAPSHOT_END;
	places->objects += record->kind == MHEAP_SNAPSHOT_OBJECT;
	if (record->kind == MHEAP_SNAPSHOT_OBJECT && object->type == 1)
		places->site = object->site;
	if (record->kind == MHEAP_SNAPSHOT_SITE && site->site == places->site)
		places->tag = site->tag;
}

void test_sites(void)
{
	struct mh_session *heap = open_heap();
	struct mheap_profile profile = { 77, 77 };
	struct places places = { 0 };
	mh_handle object = 0;

	IS(mh_get_profile(heap, &profile), 0);
	IS(profile.mode, MHEAP_PROFILE_OFF);
	IS(mh_set_profile(heap, 3, 1), -EINVAL);
	IS(mh_set_profile(heap, MHEAP_PROFILE_TAGS, 5), 0);
	IS(mh_get_profile(heap, &profile), 0);
	IS(profile.mode, MHEAP_PROFILE_TAGS);
	IS(profile.sample, 5);
	IS(mh_set_profile(heap, MHEAP_PROFILE_TAGS, 0), 0);
	IS(mh_get_profile(heap, &profile), 0);
	IS(profile.sample, 5);
	IS(mh_new_at(heap, 1, 0, 10, 0x1234567812345678, &object), 0);
	IS(mh_new_at(heap, 0, MHEAP_SLOTS_MAX + 1, 0, 1, &object), -E2BIG);
	make(heap, 1, 0);
	for_each_record(heap, look_for_places, &places);
	IS(places.ends, 1);
	IS(places.objects, 2);
	IS(places.site != 0, 1);
	IS(places.tag, 0x1234567812345678);
	mh_close(heap);
}

void test_sites_in_batches(void)
{
	struct mh_session *heap = open_heap();
	struct mh_batch *batch = mh_batch_new();
	struct places places = { 0 };

	IS(mh_set_profile(heap, MHEAP_PROFILE_TAGS, 0), 0);
	IS(mh_batch_add_new(batch, 7, 0, 0, 0), 0);
	IS(mh_batch_add_new_at(batch, 1, 1, 10, 99, 0), 1);
	IS(mh_batch_submit(heap, batch, 0), 0);
	for_each_record(heap, look_for_places, &places);
	IS(places.objects, 2);
	IS(places.tag, 99);
	mh_batch_free(batch);
	mh_close(heap);
}

void test_one_snapshot_at_a_time(void)
{
	struct mh_session *heap = open_heap();
	int first = -1, second = -1;

	IS(mh_snapshot(heap, &first), 0);
	IS(mh_snapshot(heap, &second), -EBUSY);
	IS(second, -1);
	IS(close(first), 0);
	IS(mh_snapshot(heap, &second), 0);
	IS(close(second), 0);
	mh_close(heap);
}
