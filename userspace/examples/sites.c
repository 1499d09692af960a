// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Who uses the memory? Sites say where objects were made, a snapshot how many are left. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <mheap.h>

enum { REQUESTS = 1, ANSWERS = 2 };	/* tags: any numbers */

struct heap_shot {
	char *text;
	size_t size;
};

/* A snapshot is a stream of records; see <linux/mheap.h>. */
static int take(struct mh_session *heap, struct heap_shot *shot)
{
	ssize_t got = 1;
	int fd;

	if (mh_snapshot(heap, &fd))
		return 1;
	for (shot->size = 0; got > 0; shot->size += got) {
		shot->text = realloc(shot->text, shot->size + 65536);
		if (!shot->text)
			return 1;
		got = read(fd, shot->text + shot->size, 65536);
		if (got < 0)
			return 1;
	}
	return close(fd);
}

static const struct mheap_record *next(const struct heap_shot *shot,
				       const struct mheap_record *record)
{
	const char *at = record ? (const char *)record + record->size : shot->text;

	return at < shot->text + shot->size ? (const void *)at : NULL;
}

/* The number that the snapshot has for a tag. */
static unsigned int site_of(const struct heap_shot *shot, unsigned int tag)
{
	const struct mheap_snapshot_site *site;
	const struct mheap_record *record = NULL;

	while ((record = next(shot, record))) {
		site = (const void *)record;
		if (record->kind == MHEAP_SNAPSHOT_SITE && site->tag == tag)
			return site->site;
	}
	return 0;
}

static void show(const struct heap_shot *shot, const char *what, unsigned int tag)
{
	const unsigned int site = site_of(shot, tag);
	const struct mheap_snapshot_object *object;
	const struct mheap_record *record = NULL;
	unsigned long long objects = 0, bytes = 0;

	while ((record = next(shot, record))) {
		object = (const void *)record;
		if (record->kind == MHEAP_SNAPSHOT_OBJECT && object->site == site) {
			objects++;
			bytes += object->length;
		}
	}
	printf("%s: %llu objects, %llu bytes\n", what, objects, bytes);
}

int main(void)
{
	struct heap_shot shot = { 0 };
	struct mh_session *heap;
	mh_handle request, answer;
	int i;

	if (mh_open(&heap) || mh_set_profile(heap, MHEAP_PROFILE_TAGS, 0))
		return 1;
	/* Requests are given back, answers are not: somebody forgot to. */
	for (i = 0; i < 100; i++)
		if (mh_new_at(heap, 0, 0, 50, REQUESTS, &request) ||
		    mh_new_at(heap, 0, 0, 70, ANSWERS, &answer) ||
		    (i > 1 && mh_drop(heap, request)))
			return 1;
	if (take(heap, &shot))
		return 1;
	show(&shot, "requests", REQUESTS);
	show(&shot, "answers", ANSWERS);
	free(shot.text);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	requests: 2 objects, 100 bytes
 *	answers: 100 objects, 7000 bytes
 */
