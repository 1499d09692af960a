// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's contender Boehm (libgc), as the package configures it:
 *
 *	peer_boehm SHAPE OBJECTS
 *
 * An object is one GC_MALLOC() of four pointers and 16 bytes. The roots lie in
 * an array that the collector is told about; everything else that the program
 * needs lies in memory that it does not scan. Printed, per object:
 *
 *	live_ns	GC_gcollect() while everything is reachable, median of several.
 *		Each begins with what the one before has left of its sweep.
 *	dead_ns	two GC_gcollect() after the roots have been cleared: the first marks
 *		and frees the blocks in which nothing is left, the second one
 *		begins by sweeping those that the first had put off. So all of the
 *		memory is on the free lists at the end, as after a collection of
 *		the others.
 *
 * The same calls on the heap before the objects were made are subtracted.
 * Marking runs in one thread as long as the program has only one, whatever
 * the package's limit, so the processors are the same for all contenders.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GC_THREADS			/* declares GC_get_parallel() */
#include <gc.h>

#include "measure.h"
#include "shapes.h"

#define ROUNDS	5

struct node {
	struct node *slot[SHAPE_SLOTS];
	unsigned char payload[SHAPE_PAYLOAD];
};

static struct node **held;		/* in memory that GC_malloc_uncollectable() gave */

static uint64_t collect(int times)
{
	uint64_t begin = measure_processor();

	while (times--)
		GC_gcollect();
	return measure_processor() - begin;
}

/* Memory that objects take, the array of roots not counted. */
static size_t in_use(void)
{
	return GC_get_heap_size() - GC_get_free_bytes() - (held ? GC_size(held) : 0);
}

/* In a function of its own, so that no pointer stays behind on the stack. */
static void __attribute__((noinline)) build(const struct shape *shape)
{
	struct node **node = malloc(shape->objects * sizeof(*node));

	held = GC_MALLOC_UNCOLLECTABLE(shape->roots * sizeof(*held));
	if (!node || !held) {
		fputs("peer_boehm: no memory\n", stderr);
		exit(1);
	}
	for (uint32_t i = 0; i < shape->objects; i++) {
		node[i] = GC_MALLOC(sizeof(**node));
		if (!node[i]) {
			fputs("peer_boehm: no memory\n", stderr);
			exit(1);
		}
	}
	for (uint32_t i = 0; i < shape->objects; i++) {
		const uint32_t *edge = shape->edge + (size_t)i * SHAPE_SLOTS;

		for (int slot = 0; slot < SHAPE_SLOTS; slot++)
			if (edge[slot] != SHAPE_NONE)
				node[i]->slot[slot] = node[edge[slot]];
	}
	for (uint32_t i = 0; i < shape->roots; i++)
		held[i] = node[shape->root[i]];
	memset(node, 0, shape->objects * sizeof(*node));
	free(node);
}

int main(int argc, char **argv)
{
	uint64_t live[ROUNDS], empty[ROUNDS], empty_twice[ROUNDS], dead;
	struct shape shape;
	size_t before, full, after;
	double n;

	if (argc != 3 || shape_make(&shape, argv[1], strtoul(argv[2], NULL, 10), SHAPE_SEED)) {
		fputs("usage: peer_boehm SHAPE OBJECTS\n", stderr);
		return 2;
	}
	GC_INIT();
	n = shape.objects;
	collect(2);
	for (int i = 0; i < ROUNDS; i++)
		empty[i] = collect(1);
	for (int i = 0; i < ROUNDS; i++)
		empty_twice[i] = collect(2);
	before = in_use();

	GC_disable();
	build(&shape);
	GC_enable();
	collect(1);
	for (int i = 0; i < ROUNDS; i++)
		live[i] = collect(1);
	full = in_use();

	memset(held, 0, shape.roots * sizeof(*held));
	dead = collect(2);
	after = in_use();
	if (full - before < shape.objects * sizeof(struct node) ||
	    after > before + (full - before) / 100) {
		fprintf(stderr, "peer_boehm: %zu bytes before, %zu with %u objects, %zu after\n",
			before, full, shape.objects, after);
		return 1;
	}
	printf("{\"contender\": \"boehm\", \"version\": \"%u.%u.%u\", "
	       "\"shape\": \"%s\", \"n\": %u, \"live_ns\": %.3f, \"dead_ns\": %.3f, "
	       "\"empty_ns\": %.3f, \"bytes_per_object\": %.1f, "
	       "\"configuration\": \"%s, interior pointers %s, mark threads %d besides the program's\"}\n",
	       GC_get_version() >> 16, GC_get_version() >> 8 & 0xff, GC_get_version() & 0xff,
	       argv[1], shape.objects,
	       measure_above(measure_median(live, ROUNDS), measure_median(empty, ROUNDS)) / n,
	       measure_above(dead, measure_median(empty_twice, ROUNDS)) / n,
	       measure_median(empty, ROUNDS) / n, (full - before) / n,
	       GC_is_incremental_mode() ? "incremental" : "not incremental",
	       GC_get_all_interior_pointers() ? "on" : "off", GC_get_parallel());
	shape_free(&shape);
	return 0;
}
