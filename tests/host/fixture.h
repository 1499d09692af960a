/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A heap with sessions, and somebody who does what the heap asks for: in
 * fixture_work(), or in a thread of its own.
 */
#ifndef _MHEAP_HOST_FIXTURE_H
#define _MHEAP_HOST_FIXTURE_H

#include <pthread.h>

#include "collect.h"
#include "object.h"

#define FIXTURE_SESSIONS	8U

/**
 * enum fixture_flags - what a heap is to be like
 * @FIXTURE_SLAB: bodies come from the slab allocator, not from exact.h
 * @FIXTURE_AUTO: automatic collection is on
 * @FIXTURE_WORKER: a thread does what the heap asks for
 * @FIXTURE_VERIFY: every verdict of the collector is checked
 * @FIXTURE_DEBUG: bodies come from the debug allocator; what it finds fails the test
 */
enum fixture_flags {
	FIXTURE_SLAB = 1,
	FIXTURE_AUTO = 2,
	FIXTURE_WORKER = 4,
	FIXTURE_VERIFY = 8,
	FIXTURE_DEBUG = 16,
};

/**
 * struct fixture - a heap and its surroundings
 * @heap: the heap
 * @session: its sessions; the first is open from the beginning
 * @is_open: which of them are
 * @serial: of the session opened last
 * @allocator: of bodies
 * @pattern: of @allocator, with FIXTURE_DEBUG
 * @flags: enum fixture_flags
 * @collect_wanted: the heap has asked for a collection
 * @release_wanted: the heap has asked for a release to be continued
 * @collections: how often a collection was asked for
 * @releases: how often a release was continued to its end
 * @events: how often there was something to read
 * @limits_told: how often a limit was reached
 * @reports: how often a collection was reported (this and the next: under
 *           heap->collecting)
 * @reported: the last one
 * @shrinks: how often the heap has asked to have memory given back
 * @worker: the thread
 * @stop: it is to end
 * @idle: nothing to do for it
 * @lock: guards @serial, @collect_wanted, @release_wanted, @collections, @stop and @idle;
 *        taken with locks of the heap held
 * @wake: for the worker
 * @slept: for who waits for the worker
 */
struct fixture {
	struct mheap_heap heap;
	struct mheap_session session[FIXTURE_SESSIONS];
	bool is_open[FIXTURE_SESSIONS];
	u32 serial;
	struct mheap_allocator *allocator;
	struct mheap_allocator *pattern;
	unsigned int flags;
	bool collect_wanted;
	bool release_wanted;
	unsigned long collections;
	unsigned long releases;
	unsigned long events;
	unsigned long limits_told;
	unsigned long reports;
	struct mheap_collection reported;
	unsigned long shrinks;
	pthread_t worker;
	bool stop;
	bool idle;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_cond_t slept;
};

void fixture_begin(struct fixture *fixture, unsigned int flags);
int fixture_try_begin(struct fixture *fixture, unsigned int flags);
void fixture_end(struct fixture *fixture);
struct mheap_session *fixture_open(struct fixture *fixture, unsigned int number);
void fixture_close(struct fixture *fixture, unsigned int number);
void fixture_work(struct fixture *fixture);
void fixture_settle(struct fixture *fixture);
struct mheap_collection fixture_collect(struct fixture *fixture, u32 generation);
u64 fixture_objects(struct fixture *fixture);

#endif /* _MHEAP_HOST_FIXTURE_H */
