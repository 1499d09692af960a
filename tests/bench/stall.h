/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stall benchmark: a program that works on a graph, one operation at a time,
 * while a collector collects it, or somebody takes images of it. The same source builds in the kernel
 * (kstall/mheap_stall.c), where it uses the module, and as a program over the
 * core (stall_bench.c).
 *
 * The graph is the shape "random". The program holds STALL_HELD handles to its
 * objects, among them the root, and as many to objects that it made itself. In
 * each step it does one of these:
 *
 *	drop a handle, and load another one from a slot of an object, through
 *	any handle (two times of four)
 *	store a handle's object in the last slot of an object of the graph
 *	drop an object of its own, make a new one, and store it in its own slot
 *
 * So the graph stays what it is, but for its last slots, and whatever is made
 * becomes cyclic garbage, which only the collector frees. An operation is timed
 * from before its session is entered until it is left again. In every other
 * slice of time the program reads the clock and does nothing else: these times,
 * of the same length and under the same conditions, are what the machine does by
 * itself to a program that waits for nobody. One time of eight it reads an
 * object's count and first slot as well, without a lock: what memory as far away
 * as that of operations costs.
 *
 * Floating garbage is what a collection leaves behind because programs went on:
 * objects that nothing can reach at the moment it returns. The program stops at
 * that moment, and two more collections count them. As a share of the heap it
 * depends on how much garbage is made while the collection runs; the program makes
 * as much as it can, one operation at a time.
 */
#ifndef MHEAP_BENCH_STALL_H
#define MHEAP_BENCH_STALL_H

#include "collect.h"
#include "heap.h"
#include "image.h"
#include "object.h"
#include "release.h"
#include "session.h"

#include "shapes.h"
#include "spread.h"

#define STALL_HELD	64U
#define STALL_FLOATING_ROUNDS(objects)	((objects) > 1000000 ? 2 : 5)
#define STALL_SLICE	26		/* nanoseconds, as a power of two: 67 ms */

/**
 * enum stall_act - what is timed
 * @STALL_CONTROL: nothing
 * @STALL_LOOK: memory of an object
 * @STALL_LOAD: an operation, and so on
 * @STALL_STORE: likewise
 * @STALL_NEW: likewise
 * @STALL_DROP: likewise
 * @STALL_ACTS: how many there are
 */
enum stall_act {
	STALL_CONTROL,
	STALL_LOOK,
	STALL_LOAD,
	STALL_STORE,
	STALL_NEW,
	STALL_DROP,
	STALL_ACTS,
};

/**
 * enum stall_work - what goes on beside the program
 * @STALL_FULL: full collections
 * @STALL_YOUNG: young ones
 * @STALL_IMAGE: images of the heap are taken and read, as for a snapshot
 * @STALL_WORKS: how many there are
 */
enum stall_work {
	STALL_FULL,
	STALL_YOUNG,
	STALL_IMAGE,
	STALL_WORKS,
};

static const char *const stall_work_name[STALL_WORKS] = { "full", "young", "snapshot" };

/**
 * struct stall - a run of the benchmark
 * @heap: the heap
 * @session: of the program
 * @objects: of the graph
 * @graph: handles to some of them; the first is the root
 * @own: handles to what the program made, or 0
 * @random: state of the random numbers
 * @control: read the clock in every other slice
 * @stop: the program is to stop
 * @failed: an operation failed
 * @spread: times of each act
 * @image: the image that is taken
 * @collections: times of collections, or of images
 * @unreachable: objects that collections freed
 * @alone: the shortest full collection in nanoseconds while the program did not work
 */
struct stall {
	struct mheap_heap heap;
	struct mheap_session session;
	u32 objects;
	u64 graph[STALL_HELD];
	u64 own[STALL_HELD];
	u64 random;
	bool control;
	bool stop;
	int failed;
	struct spread spread[STALL_ACTS];
	struct mheap_image image;
	struct spread collections;
	u64 unreachable;
	u64 alone;
};

/**
 * struct stall_floating - what collections beside a busy program left behind
 * @collections: how many
 * @left: objects that were unreachable when they returned, the sum
 * @most: after one of them
 * @made: objects made while they ran, the sum
 * @objects: that existed when they returned, the least
 */
struct stall_floating {
	u32 collections;
	u64 left;
	u64 most;
	u64 made;
	u64 objects;
};

int stall_begin(struct stall *stall, struct mheap_allocator *allocator, u32 objects);
void stall_end(struct stall *stall);
void stall_program(struct stall *stall);
void stall_collector(struct stall *stall, enum stall_work work, u64 until);
int stall_collect(struct stall *stall, u32 generation);
void stall_floating_begin(struct stall *stall, struct stall_floating *floating);
void stall_floating_end(struct stall *stall, struct stall_floating *floating);
int stall_times_text(const struct stall *stall, const char *where, const char *kind,
		     char *text, size_t size);
int stall_floating_text(const struct stall *stall, const char *where,
			const struct stall_floating *floating, char *text, size_t size);

#endif /* MHEAP_BENCH_STALL_H */
