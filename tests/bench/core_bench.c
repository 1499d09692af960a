// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's contender mheap: the core of the module, built as a program.
 *
 *	core_bench [--huge] full SHAPE OBJECTS
 *	core_bench [--huge] young OLD
 *
 * Objects are made, linked and dropped through a session, MHEAP_SECTION_OPERATIONS operations
 * at a time, as the module does for programs; roots are handles. Printed, per
 * object:
 *
 *	live_ns	a full collection while everything is reachable, median of several
 *	dead_ns	one after the handles have been dropped, until the last object has
 *		been freed
 *
 * and for "young", per collection with OLD old objects (of the shape "random")
 *
 *	young_ns collection of generation 0 with 700 dead rings of four in it,
 *		until the last object has been freed, median of several
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "heap.h"
#include "object.h"
#include "release.h"
#include "session.h"

#include "measure.h"
#include "shapes.h"

#define ROUNDS		5
#define SMALL		500000	/* graphs of fewer objects are collected more often, */
#define SMALL_ROUNDS	51	/* as each collection is short */
#define YOUNG_ROUNDS	201
#define YOUNG_RINGS	700

static struct mheap_heap heap;
static struct mheap_session session;
static unsigned int operations;		/* since the session entered */

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("core_bench: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

static void check(int error, const char *what)
{
	if (error)
		die("%s: %s", what, strerror(-error));
}

static const char *contender(void)
{
	return bench_huge_pages ? "mheap, huge pages" : "mheap";
}

static void ignore(struct mheap_heap *unused)
{
	(void)unused;
}

/* Collections and releases take place when this program says so. */
static const struct mheap_heap_ops quiet = {
	.collect	= ignore,
	.release	= ignore,
	.released	= ignore,
	.event		= ignore,
};

static void make_heap(void)
{
	const struct mheap_heap_config config = {
		.allocator = mheap_slab_create(),
		.ops = &quiet,
		.generations = { .threshold = { 700, 10, 10 }, .enabled = false },
	};

	if (!config.allocator)
		die("no allocator");
	check(mheap_heap_init(&heap, &config), "heap");
	mheap_session_init(&session, &heap, 1, 0);
	check(mheap_session_enter(&session), "enter");
}

/* One operation more: leave and enter again when a slice is full. */
static void step(void)
{
	if (++operations % MHEAP_SECTION_OPERATIONS)
		return;
	mheap_session_leave(&session);
	check(mheap_session_enter(&session), "enter");
}

static u32 new_object(void)
{
	const struct mheap_shape shape = { .slots = SHAPE_SLOTS, .length = SHAPE_PAYLOAD };
	u32 object;

	check(mheap_object_new(&session, &shape, &object), "new");
	step();
	return object;
}

static void store(u32 object, u32 slot, u32 target)
{
	check(mheap_object_store(&session, object, slot, target), "store");
	step();
}

static void put(u32 object)
{
	mheap_object_put(&session, object);
	step();
}

/* Builds the graph; its roots are handles in @held. */
static void build(const struct shape *shape, u64 *held)
{
	u32 *object = malloc(shape->objects * sizeof(*object));

	if (!object)
		die("no memory");
	for (u32 i = 0; i < shape->objects; i++)
		object[i] = new_object();
	for (u32 i = 0; i < shape->objects; i++) {
		const u32 *edge = shape->edge + (size_t)i * SHAPE_SLOTS;

		for (u32 slot = 0; slot < SHAPE_SLOTS; slot++)
			if (edge[slot] != SHAPE_NONE)
				store(object[i], slot, object[edge[slot]]);
	}
	for (u32 i = 0; i < shape->roots; i++) {
		check(mheap_object_get(&session, object[shape->root[i]]), "get");
		check(mheap_session_hold(&session, object[shape->root[i]], &held[i]), "hold");
		step();
	}
	for (u32 i = 0; i < shape->objects; i++)
		put(object[i]);
	free(object);
}

static void drop_handles(const u64 *held, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		check(mheap_session_drop(&session, held[i]), "drop");
		step();
	}
}

static u64 collect(u32 generation, struct mheap_collection *collection)
{
	u64 begin;

	mheap_session_leave(&session);
	begin = measure_processor();
	check(mheap_collect(&heap, generation, collection), "collect");
	while (mheap_release_pending(&heap))
		mheap_release_continue(&heap);
	begin = measure_processor() - begin;
	check(mheap_session_enter(&session), "enter");
	return begin;
}

/* Collects so that everything that exists is in the oldest generation. */
static void make_old(const struct shape *shape)
{
	struct mheap_collection collection;

	collect(MHEAP_OLDEST, &collection);
	if (collection.visited != shape->objects || collection.unreachable)
		die("%llu objects visited, %llu unreachable of %u that live",
		    (unsigned long long)collection.visited,
		    (unsigned long long)collection.unreachable, shape->objects);
}

static void full(const char *name, const struct shape *shape)
{
	u64 *held = malloc(shape->roots * sizeof(*held));
	struct mheap_heap_figures figures;
	struct mheap_collection collection;
	const u32 rounds = shape->objects < SMALL ? SMALL_ROUNDS : ROUNDS;
	u64 live[SMALL_ROUNDS], dead;

	if (!held)
		die("no memory");
	build(shape, held);
	make_old(shape);
	for (u32 i = 0; i < rounds; i++)
		live[i] = collect(MHEAP_OLDEST, &collection);
	mheap_heap_figures(&heap, &figures);

	drop_handles(held, shape->roots);
	free(held);
	dead = collect(MHEAP_OLDEST, &collection);
	if (collection.freed != shape->objects)
		die("%llu objects freed of %u", (unsigned long long)collection.freed,
		    shape->objects);
	printf("{\"contender\": \"%s\", \"shape\": \"%s\", \"n\": %u, "
	       "\"live_ns\": %.3f, \"dead_ns\": %.3f, \"bytes_per_object\": %.2f, "
	       "\"table_bytes_per_object\": %.2f}\n",
	       contender(), name, shape->objects,
	       (double)measure_median(live, rounds) / shape->objects,
	       (double)dead / shape->objects,
	       (double)figures.bytes / shape->objects,
	       (double)figures.table_bytes / shape->objects);
}

static void make_garbage(void)
{
	for (int ring = 0; ring < YOUNG_RINGS; ring++) {
		u32 object[4];

		for (int i = 0; i < 4; i++)
			object[i] = new_object();
		for (int i = 0; i < 4; i++)
			store(object[i], 0, object[(i + 1) % 4]);
		for (int i = 0; i < 4; i++)
			put(object[i]);
	}
}

static void young(const struct shape *old)
{
	u64 *held = malloc(old->roots * sizeof(*held));
	struct mheap_collection collection;
	u64 spent[YOUNG_ROUNDS];

	if (!held)
		die("no memory");
	build(old, held);
	make_old(old);
	for (int i = 0; i < YOUNG_ROUNDS; i++) {
		make_garbage();
		spent[i] = collect(0, &collection);
		if (collection.freed != 4 * YOUNG_RINGS)
			die("%llu objects freed of %u", (unsigned long long)collection.freed,
			    4 * YOUNG_RINGS);
	}
	printf("{\"contender\": \"%s\", \"old\": %u, \"rings\": %u, \"young_ns\": %llu}\n",
	       contender(), old->objects, YOUNG_RINGS,
	       (unsigned long long)measure_median(spent, YOUNG_ROUNDS));
	drop_handles(held, old->roots);
	free(held);
	collect(MHEAP_OLDEST, &collection);
}

static void destroy_heap(void)
{
	struct mheap_allocator *allocator = heap.allocator;

	mheap_session_leave(&session);
	mheap_session_fini(&session);
	mheap_heap_fini(&heap);
	mheap_slab_destroy(allocator);
}

int main(int argc, char **argv)
{
	struct shape shape;

	if (argc > 1 && !strcmp(argv[1], "--huge")) {
		bench_huge_pages = true;
		argc--;
		argv++;
	}
	if (argc == 4 && !strcmp(argv[1], "full") &&
	    !shape_make(&shape, argv[2], strtoul(argv[3], NULL, 10), SHAPE_SEED)) {
		make_heap();
		full(argv[2], &shape);
	} else if (argc == 3 && !strcmp(argv[1], "young") &&
		   !shape_make(&shape, "random", strtoul(argv[2], NULL, 10), SHAPE_SEED)) {
		make_heap();
		young(&shape);
	} else {
		fputs("usage: core_bench [--huge] full SHAPE OBJECTS | young OLD\n", stderr);
		return 2;
	}
	destroy_heap();
	shape_free(&shape);
	return 0;
}
