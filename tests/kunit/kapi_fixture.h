/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A heap made through the interface for other modules, and two who work on it.
 */
#ifndef _MHEAP_KUNIT_KAPI_FIXTURE_H
#define _MHEAP_KUNIT_KAPI_FIXTURE_H

#include <linux/mheap_kernel.h>

#include "fixture.h"

/* Types of objects. */
enum { NODE, LEAF, LARGE, FINAL, PHOENIX, TYPES };

/**
 * struct kapi - a heap and two who work on it
 * @heap: the heap, which collects nothing by itself
 * @user: who most tests are in a batch of, from begin() to end()
 * @other: another one
 */
struct kapi {
	struct mheap_kheap *heap;
	struct mheap_kuser *user;
	struct mheap_kuser *other;
};

/**
 * struct kapi_finalized - what finalizers did, of the test that runs: one does at a time
 * @called: how often they were called
 * @wrong: how often something was not as it should be
 * @last: number of the object that was last
 */
struct kapi_finalized {
	atomic_t called;
	atomic_t wrong;
	u32 last;
};

extern struct kapi_finalized kapi_finalized;
extern const struct mheap_ktype kapi_types[TYPES];
extern const struct mheap_kheap_params kapi_params;

int kapi_init(struct kunit *test);
void kapi_exit(struct kunit *test);
struct kapi *kapi_begin(struct kunit *test);
void kapi_end(struct kunit *test);
struct mheap_ref kapi_node(struct kunit *test);
u64 kapi_count_objects(struct kunit *test);
struct mheap_kcollection kapi_collect_all(struct kunit *test);

/* Finalizers of the types FINAL and PHOENIX. */
void kapi_finalize(struct mheap_kuser *user, struct mheap_ref ref);
void kapi_rise(struct mheap_kuser *user, struct mheap_ref ref);

#endif /* _MHEAP_KUNIT_KAPI_FIXTURE_H */
