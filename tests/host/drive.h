/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drives a heap and an oracle side by side: every operation is done on both, its
 * result is compared at once, and drive_check() compares all the rest.
 *
 * One session, the witness, holds a weak handle to every object ever made, and
 * so can look at objects that nobody names.
 */
#ifndef _MHEAP_HOST_DRIVE_H
#define _MHEAP_HOST_DRIVE_H

#include "fixture.h"
#include "oracle.h"
#include "source.h"

#define DRIVE_LANES	4U
#define DRIVE_WITNESS	(FIXTURE_SESSIONS - 1)
#define DRIVE_STALE	16U

/**
 * struct drive_config - what a drive is like
 * @name: says so
 * @flags: of the fixture
 * @lanes: sessions at work, 1 to DRIVE_LANES
 * @slots: objects have fewer slots than this
 * @length: payloads are shorter than this
 * @large: once in so many objects has hundreds of slots, a long payload or a
 *         large type
 * @handles: that a session has open on average
 * @collect: once in so many operations is a collection
 * @lazy: releases wait, and collections may run into them
 * @ephemerons: once in so many objects is one; 0 for none
 * @finalizers: objects get some, and so many may wait; 0 for none
 */
struct drive_config {
	const char *name;
	unsigned int flags;
	unsigned int lanes;
	u32 slots;
	u32 length;
	u32 large;
	u32 handles;
	u32 collect;
	bool lazy;
	u32 ephemerons;
	u32 finalizers;
};

/* A handle, and what it is known to name. */
struct drive_handle {
	u64 handle;
	u32 object;
	bool weak;
};

/**
 * struct drive_lane - a session at work
 * @session: in the fixture
 * @handle: its open handles
 * @open: how many
 * @capacity: room for them
 * @stale: handles that it has closed
 * @closed: how many it has closed
 * @listens: for finalizers
 */
struct drive_lane {
	struct mheap_session *session;
	struct drive_handle *handle;
	u32 open;
	u32 capacity;
	u64 stale[DRIVE_STALE];
	u64 closed;
	bool listens;
};

/**
 * struct drive - a heap and an oracle
 * @config: what it is like
 * @fixture: the heap
 * @oracle: the oracle
 * @source: of decisions
 * @lane: sessions at work
 * @witness: its weak handles by object; 0 where it has none
 * @tag: highest tag seen of each number, plus one
 * @witnesses: length of @witness
 * @tags: length of @tag
 * @saved: objects in the garbage list
 * @uncollectable: objects that went there, by generation
 * @dead_witnesses: weak handles to objects that have died
 * @steps: operations done
 * @room: collections of operations that found no memory, that the oracle has done
 * @refused: operations that failed for want of memory
 * @cookies: given to finalizers so far; each is another one
 * @finalized: objects taken out of the queue
 * @broken: the two differ
 */
struct drive {
	struct drive_config config;
	struct fixture fixture;
	struct oracle oracle;
	struct source source;
	struct drive_lane lane[DRIVE_LANES];
	u64 *witness;
	u32 *tag;
	u32 witnesses;
	u32 tags;
	struct oracle_list saved;
	u64 uncollectable[3];
	u64 dead_witnesses;
	u64 steps;
	s64 room;
	u64 refused;
	u64 cookies;
	u64 finalized;
	bool broken;
};

int drive_begin(struct drive *drive, const struct drive_config *config, struct source source);
void drive_end(struct drive *drive);
void drive_step(struct drive *drive);

/* drive_step() picks one of these. */
void drive_new(struct drive *drive, struct drive_lane *lane);
void drive_dup(struct drive *drive, struct drive_lane *lane);
void drive_drop(struct drive *drive, struct drive_lane *lane);
void drive_load(struct drive *drive, struct drive_lane *lane);
void drive_store(struct drive *drive, struct drive_lane *lane);
void drive_swap(struct drive *drive, struct drive_lane *lane);
void drive_compare_store(struct drive *drive, struct drive_lane *lane);
void drive_read(struct drive *drive, struct drive_lane *lane);
void drive_write(struct drive *drive, struct drive_lane *lane);
void drive_resize(struct drive *drive, struct drive_lane *lane);
void drive_same(struct drive *drive, struct drive_lane *lane);
void drive_weak(struct drive *drive, struct drive_lane *lane);
void drive_upgrade(struct drive *drive, struct drive_lane *lane);
void drive_misuse(struct drive *drive, struct drive_lane *lane);
void drive_reopen(struct drive *drive, struct drive_lane *lane);
void drive_collect(struct drive *drive, u32 generation);
void drive_due(struct drive *drive, struct drive_lane *lane);
void drive_freeze(struct drive *drive, bool freeze);
void drive_save(struct drive *drive, u32 generation);
void drive_clear(struct drive *drive);
void drive_enumerate(struct drive *drive, struct drive_lane *lane);
void drive_ephemeron(struct drive *drive, struct drive_lane *lane);
void drive_finalizer(struct drive *drive, struct drive_lane *lane);

/* Parts of them. */
bool drive_make(struct drive *drive, struct drive_lane *lane, const struct mheap_shape *shape);
bool drive_refused(struct drive *drive, long result, long failures);
void drive_lane_add(struct drive_lane *lane, u64 handle, u32 object, bool weak);
void drive_drop_handle(struct drive *drive, struct drive_lane *lane, u64 handle);
struct drive_handle *drive_some_handle(struct drive *drive, struct drive_lane *lane, bool weak);
struct drive_handle drive_pick_target(struct drive *drive, struct drive_lane *lane);
struct oracle_object *drive_object_of(struct drive *drive, const struct drive_handle *handle);
void drive_store_ephemeron(struct drive *drive, struct drive_lane *lane,
			   const struct drive_handle *to);
void drive_settle_key(struct drive *drive, const struct oracle_object *object);
void drive_begin_finalizers(struct drive *drive);
void drive_listen(struct drive *drive, struct drive_lane *lane, bool listen);
void drive_follow_finalizers(struct drive *drive);

/* Comparisons; drive_expect() is false and says so where the two differ. */
#define drive_expect(drive, a, b) \
	drive_expect_at(drive, (long long)(a), (long long)(b), #a " == " #b, __FILE__, __LINE__)
bool drive_expect_at(struct drive *drive, long long a, long long b, const char *condition,
		     const char *file, int line);
void drive_check(struct drive *drive);
void drive_check_queue(struct drive *drive);
void drive_meet(struct drive *drive, u32 object, u32 number);

#endif /* _MHEAP_HOST_DRIVE_H */
