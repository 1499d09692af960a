/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A heap for a test, with two sessions and nobody else at work on it: what the
 * heap asks of its surroundings is only noted.
 */
#ifndef _MHEAP_KUNIT_FIXTURE_H
#define _MHEAP_KUNIT_FIXTURE_H

#include <kunit/test.h>

#include "core/collect.h"
#include "core/object.h"
#include "core/release.h"

/**
 * struct fixture - a heap and what a test needs beside it
 * @heap: the heap
 * @session: two sessions of it
 * @allocator: of bodies; every body is a piece of memory of its own, so that
 *             KASAN sees its edges
 * @bodies: not given back yet
 * @fail_bodies: no body can be had
 * @fail_one_in: every so many-th body cannot be had, or 0
 * @asked: how many were asked for, with @fail_one_in
 * @collect_wanted: the heap has asked for a collection
 * @release_wanted: the heap has asked for a release to be continued
 */
struct fixture {
	struct mheap_heap heap;
	struct mheap_session session[2];
	struct mheap_allocator allocator;
	atomic_t bodies;
	bool fail_bodies;
	u32 fail_one_in;
	atomic_t asked;
	bool collect_wanted;
	bool release_wanted;
};

/* A parameter of the module: no other suite is to run. */
bool torture_only(void);

int fixture_begin(struct fixture *f);
int fixture_init(struct kunit *test);
void fixture_exit(struct kunit *test);

/* All of these fail the test where something goes wrong. */
u64 make(struct kunit *test, u32 slots, u32 length);
void link_to(struct kunit *test, u64 from, u32 slot, u64 to);
void drop(struct kunit *test, u64 handle);
u64 weak_to(struct kunit *test, u64 handle);
bool is_alive(struct kunit *test, u64 weak);
struct mheap_object_figures figures_of(struct kunit *test, u64 handle);
struct mheap_collection collect(struct kunit *test, u32 generation);
u64 objects(struct kunit *test);
void settle(struct kunit *test);
void set_threshold(struct kunit *test, u32 first, u32 second, u32 third);

extern struct kunit_suite suite_allocators, suite_collector, suite_concurrent,
	suite_debug_allocator, suite_generations, suite_handles, suite_kapi,
	suite_kapi_allocators, suite_kapi_finalizers, suite_kapi_threads, suite_limits,
	suite_memory, suite_objects, suite_random, suite_release, suite_shapes, suite_slab,
	suite_torture;

#endif /* _MHEAP_KUNIT_FIXTURE_H */
