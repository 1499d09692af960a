/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Named roots: objects that sessions find by name. A root is a reference from
 * outside that belongs to the heap, not to the session that made it, and lives
 * until it is taken back or the heap ends.
 */
#ifndef _MHEAP_CORE_ROOT_H
#define _MHEAP_CORE_ROOT_H

#include "port.h"

#define MHEAP_ROOT_LENGTH_MAX	255U		/* bytes */
#define MHEAP_ROOT_COUNT_MAX	65536U

#define MHEAP_ROOT_SEGMENTS		64U
#define MHEAP_ROOT_BUCKETS		64U	/* of each segment */
#define MHEAP_ROOT_BUCKETS_ALL		(MHEAP_ROOT_SEGMENTS * MHEAP_ROOT_BUCKETS)

struct mheap_heap;
struct mheap_session;

/**
 * struct mheap_root - an object with a name
 * @next: R  in the same bucket
 * @object: R  its number
 * @length: of @name; never changes
 * @name: any bytes; never changes
 */
struct mheap_root {
	struct mheap_root *next;
	u32 object;
	u32 length;
	u8 name[];
};

/**
 * struct mheap_roots - the named roots of a heap
 * @lock: guards what is marked R; a leaf
 * @count: R to change  how many there are
 * @seed: of the hash; never changes
 * @segment: R to change  arrays of MHEAP_ROOT_BUCKETS buckets, made when they are
 *           first needed, and kept
 *
 * The hash of a name chooses a segment and a bucket. There are as many buckets as
 * the limit needs, so nothing ever moves and a bucket is short: 16 roots where
 * there are as many as there can be.
 */
struct mheap_roots {
	spinlock_t lock;	/* R */
	u32 count;
	u64 seed;
	struct mheap_root **segment[MHEAP_ROOT_SEGMENTS];
};

/**
 * struct mheap_root_list - names of roots, copied
 * @text: where they go, with a 0 behind each
 * @size: bytes of @text
 * @filled: of those, in use
 * @count: names in @text
 * @bucket: the first whose names are not there yet; MHEAP_ROOT_BUCKETS_ALL at the end
 * @id: filled with the objects that have the names; room for half of @size, or NULL
 */
struct mheap_root_list {
	u8 *text;
	u32 size;
	u32 filled;
	u32 count;
	u32 bucket;
	u64 *id;
};

void mheap_roots_init(struct mheap_roots *roots);
void mheap_roots_fini(struct mheap_roots *roots);
int mheap_roots_list(struct mheap_heap *heap, struct mheap_root_list *list);

int mheap_root_publish(struct mheap_session *session, const void *name, u32 length,
		       u32 object, bool replace);
int mheap_root_lookup(struct mheap_session *session, const void *name, u32 length,
		      u32 *object);
int mheap_root_unpublish(struct mheap_session *session, const void *name, u32 length);

#endif /* _MHEAP_CORE_ROOT_H */
