// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the collector makes of graphs of all shapes: those that the kernel's
 * tests of the AF_UNIX collector use, those of CPython's test_gc, and how
 * objects move through the generations.
 */
#include <errno.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define OBJECTS_MAX	16

/**
 * struct shape - a graph whose objects lose all their handles
 * @objects: how many
 * @edges: pairs of numbers from 0, ending in a pair of equal -1
 * @kept: the object that keeps its handle, or -1
 * @by_count: objects that die at once, without the collector
 * @collected: objects that the collector finds
 */
struct shape {
	const char *name;
	int objects;
	signed char edges[20][2];
	int kept;
	int by_count;
	int collected;
};

#define END	{ -1, -1 }

static const struct shape shapes[] = {
	{ "self reference", 1, { { 0, 0 }, END }, -1, 0, 1 },
	{ "two self references", 2, { { 0, 0 }, { 1, 1 }, END }, -1, 0, 2 },
	{ "triangle", 3, { { 0, 1 }, { 1, 2 }, { 2, 0 }, END }, -1, 0, 3 },
	{ "two triangles", 6,
	  { { 0, 1 }, { 1, 2 }, { 2, 0 }, { 3, 4 }, { 4, 5 }, { 5, 3 }, END }, -1, 0, 6 },
	{ "triangle with a cross edge", 4,
	  { { 0, 1 }, { 1, 2 }, { 2, 0 }, { 1, 3 }, { 3, 2 }, END }, -1, 0, 4 },
	{ "two triangles with cross edges", 8,
	  { { 0, 1 }, { 1, 2 }, { 2, 0 }, { 1, 3 }, { 3, 2 },
	    { 4, 5 }, { 5, 6 }, { 6, 4 }, { 5, 7 }, { 7, 6 }, END }, -1, 0, 8 },
	{ "backtrack from a component", 5,
	  { { 0, 1 }, { 0, 4 }, { 1, 2 }, { 2, 3 }, { 3, 1 }, END }, -1, 2, 3 },
	{ "two backtracks from components", 10,
	  { { 0, 1 }, { 0, 4 }, { 1, 2 }, { 2, 3 }, { 3, 1 },
	    { 5, 6 }, { 5, 9 }, { 6, 7 }, { 7, 8 }, { 8, 6 }, END }, -1, 4, 6 },
	{ "cycle of two", 2, { { 0, 1 }, { 1, 0 }, END }, -1, 0, 2 },
	{ "cycle of two, each twice", 2,
	  { { 0, 1 }, { 0, 1 }, { 1, 0 }, { 1, 0 }, END }, -1, 0, 2 },
	{ "cycle of two with self references", 2,
	  { { 0, 1 }, { 1, 0 }, { 0, 0 }, { 1, 1 }, END }, -1, 0, 2 },
	{ "chain", 4, { { 0, 1 }, { 1, 2 }, { 2, 3 }, END }, -1, 4, 0 },
	{ "diamond", 4, { { 0, 1 }, { 0, 2 }, { 1, 3 }, { 2, 3 }, END }, -1, 4, 0 },
	{ "tail behind a cycle", 4, { { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 3 }, END }, -1, 0, 4 },
	{ "cycle behind a tail", 4, { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 2 }, END }, -1, 2, 2 },
	{ "figure of eight", 5,
	  { { 0, 1 }, { 1, 2 }, { 2, 0 }, { 2, 3 }, { 3, 4 }, { 4, 2 }, END }, -1, 0, 5 },
	{ "two cycles, one refers to the other", 4,
	  { { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 3 }, { 3, 2 }, END }, -1, 0, 4 },
	{ "complete graph of four", 4,
	  { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 1, 0 }, { 1, 2 }, { 1, 3 },
	    { 2, 0 }, { 2, 1 }, { 2, 3 }, { 3, 0 }, { 3, 1 }, { 3, 2 }, END }, -1, 0, 4 },
	{ "cycle with a handle", 3, { { 0, 1 }, { 1, 2 }, { 2, 0 }, END }, 1, 0, 0 },
	{ "cycle that a handle leads to", 3, { { 0, 1 }, { 1, 2 }, { 2, 1 }, END }, 0, 0, 0 },
	{ "cycle that leads to a handle", 3, { { 0, 1 }, { 1, 0 }, { 1, 2 }, END }, 2, 0, 2 },
	{ "two cycles, the second with a handle", 4,
	  { { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 3 }, { 3, 2 }, END }, 3, 0, 2 },
	{ "two cycles, the first with a handle", 4,
	  { { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 3 }, { 3, 2 }, END }, 0, 0, 0 },
	{ "self reference with a handle", 1, { { 0, 0 }, END }, 0, 0, 0 },
};

/* Builds a shape in one call and drops its handles but one. */
static void build(int heap, const struct shape *shape)
{
	struct mheap_op ops[64];
	__u32 slots[OBJECTS_MAX] = {};
	int count = 0, i, from;

	for (i = 0; i < shape->objects; i++)
		ops[count++] = op_temp(op_new(0, 4, 0));
	for (i = 0; shape->edges[i][0] >= 0; i++) {
		from = shape->edges[i][0];
		ops[count++] = op_store(MHEAP_RESULT(from), slots[from]++,
					MHEAP_RESULT(shape->edges[i][1]));
	}
	if (shape->kept >= 0)
		ops[count++] = op_dup(MHEAP_RESULT(shape->kept));
	heap_do_all(heap, ops, count);
}

/* In a heap with nothing else that any collection would look at. */
static void check_shape(int heap, const struct shape *shape, __u32 generation)
{
	const __u64 before = heap_objects(heap);
	struct mheap_collect collect;
	int left = shape->objects - shape->by_count;

	tap_case("%s, generation %u", shape->name, generation);
	build(heap, shape);
	CHECK_EQ(heap_objects(heap) - before, left);
	collect = heap_collect(heap, generation);
	CHECK_EQ(collect.unreachable, shape->collected);
	CHECK_EQ(collect.freed, shape->collected);
	CHECK_EQ(collect.uncollectable, 0);
	if (generation < 2)
		CHECK_EQ(collect.visited, left);
	left -= shape->collected;
	CHECK_EQ(heap_objects(heap) - before, left);
	collect = heap_collect(heap, generation);
	CHECK_EQ(collect.freed, 0);
}

TEST(every_shape_alone)
{
	__u32 generation;
	unsigned int i;
	int heap;

	for (generation = 0; generation < 3; generation++)
		for (i = 0; i < ARRAY_SIZE(shapes); i++) {
			heap = heap_open();
			heap_disable(heap);
			check_shape(heap, &shapes[i], generation);
			heap_close(heap);
		}
}

TEST(every_shape_among_the_others)
{
	const int heap = heap_open();
	__u32 generation;
	unsigned int i;

	heap_disable(heap);
	for (generation = 0; generation < 3; generation += 2)
		for (i = 0; i < ARRAY_SIZE(shapes); i++) {
			heap_collect(heap, 1);
			check_shape(heap, &shapes[i], generation);
		}
}

TEST(all_shapes_at_once)
{
	const int heap = heap_open();
	__u64 objects = 0, collected = 0;
	unsigned int i;

	heap_disable(heap);
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		build(heap, &shapes[i]);
		objects += shapes[i].objects - shapes[i].by_count;
		collected += shapes[i].collected;
	}
	CHECK_EQ(heap_objects(heap), objects);
	CHECK_EQ(heap_collect(heap, 2).freed, collected);
	CHECK_EQ(heap_objects(heap), objects - collected);
}

static __u64 make_self_loops(int heap, int count)
{
	struct mheap_op ops[] = {
		op_temp(op_new(0, 1, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
		op_weak(MHEAP_RESULT(0)),
	};

	while (count--)
		heap_do_all(heap, ops, ARRAY_SIZE(ops));
	return ops[2].result;
}

TEST(eight_self_loops_give_eight)
{
	const int heap = heap_open();

	heap_disable(heap);
	make_self_loops(heap, 8);
	CHECK_EQ(heap_objects(heap), 8);
	CHECK_EQ(heap_collect(heap, 2).unreachable, 8);
	CHECK_EQ(heap_objects(heap), 0);
}

/* CPython: lists and the rest of test_gc's basic scenarios. */
TEST(list_that_contains_itself_gives_one)
{
	const int heap = heap_open();

	heap_disable(heap);
	make_self_loops(heap, 1);
	CHECK_EQ(heap_collect(heap, 2).unreachable, 1);
}

TEST(tuple_in_a_list_that_it_contains_gives_two)
{
	static const struct shape tuple = {
		"tuple", 2, { { 0, 1 }, { 1, 0 }, END }, -1, 0, 2
	};
	const int heap = heap_open();

	heap_disable(heap);
	check_shape(heap, &tuple, 2);
}

TEST(leaves_of_garbage_die_by_count)
{
	const int heap = heap_open();
	struct mheap_op ops[] = {
		op_temp(op_new(0, 2, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
		op_temp(op_new(0, 0, 100)),
		op_store(MHEAP_RESULT(0), 1, MHEAP_RESULT(2)),
		op_weak(MHEAP_RESULT(2)),
	};
	struct mheap_stats stats;

	heap_disable(heap);
	heap_do_all(heap, ops, ARRAY_SIZE(ops));
	CHECK_EQ(heap_collect(heap, 2).unreachable, 1);
	CHECK_EQ(heap_objects(heap), 0);
	stats = heap_stats(heap);
	CHECK_EQ(stats.freed_by_collector, 1);
	CHECK_EQ(stats.freed_by_count, 1);
	CHECK_EQ(stats.bytes, 0);
	CHECK_EQ(heap_run(heap, op_upgrade(ops[4].result)), -ENOENT);
}

TEST(nested_150_deep_dies_by_count)
{
	const int heap = heap_open();
	struct mheap_op ops[2];
	__u64 inner = heap_get(heap, op_new(0, 1, 0));
	int depth;

	heap_disable(heap);
	for (depth = 1; depth < 150; depth++) {
		ops[0] = op_new(0, 1, 0);
		ops[1] = op_store(MHEAP_RESULT(0), 0, inner);
		heap_do_all(heap, ops, 2);
		heap_do(heap, op_drop(inner));
		inner = ops[0].result;
	}
	CHECK_EQ(heap_objects(heap), 150);
	heap_do(heap, op_drop(inner));
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_stats(heap).freed_by_count, 150);
}

TEST(weak_handle_to_garbage_dies_with_it)
{
	const int heap = heap_open();
	__u64 weak, strong;

	heap_disable(heap);
	weak = make_self_loops(heap, 1);
	strong = heap_get(heap, op_upgrade(weak));
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	heap_do(heap, op_drop(strong));
	CHECK_EQ(heap_collect(heap, 2).freed, 1);
	CHECK_EQ(heap_run(heap, op_upgrade(weak)), -ENOENT);
}

static void check_counts(int heap, __u32 zero, __u32 one, __u32 two)
{
	const struct mheap_count count = heap_count(heap);

	CHECK_EQ(count.value[0], zero);
	CHECK_EQ(count.value[1], one);
	CHECK_EQ(count.value[2], two);
}

/* CPython's test_collect_generations. */
TEST(collection_counts_for_the_generation_above)
{
	const int heap = heap_open();

	heap_disable(heap);
	heap_get(heap, op_new(0, 1, 0));
	check_counts(heap, 1, 0, 0);
	heap_collect(heap, 0);
	check_counts(heap, 0, 1, 0);
	heap_collect(heap, 0);
	check_counts(heap, 0, 2, 0);
	heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 1);
	check_counts(heap, 0, 0, 1);
	heap_collect(heap, 0);
	check_counts(heap, 0, 1, 1);
	heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 2);
	check_counts(heap, 0, 0, 0);
}

TEST(count_never_falls_below_zero)
{
	const int heap = heap_open();
	__u64 objects[10];
	int i;

	heap_disable(heap);
	for (i = 0; i < 10; i++)
		objects[i] = heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 0);
	for (i = 0; i < 10; i++)
		heap_do(heap, op_drop(objects[i]));
	check_counts(heap, 0, 1, 0);
	heap_get(heap, op_new(0, 1, 0));
	check_counts(heap, 1, 1, 0);
}

static void check_generations(int heap, __u64 zero, __u64 one, __u64 two)
{
	const struct mheap_stats stats = heap_stats(heap);

	CHECK_EQ(stats.generation[0].objects, zero);
	CHECK_EQ(stats.generation[1].objects, one);
	CHECK_EQ(stats.generation[2].objects, two);
}

TEST(survivors_move_up)
{
	const int heap = heap_open();
	const __u64 old = heap_get(heap, op_new(0, 1, 0));
	__u64 young;

	heap_disable(heap);
	check_generations(heap, 1, 0, 0);
	heap_collect(heap, 0);
	check_generations(heap, 0, 1, 0);
	CHECK_EQ(heap_info(heap, old).generation, 1);
	young = heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 0);
	check_generations(heap, 0, 2, 0);
	heap_collect(heap, 1);
	check_generations(heap, 0, 0, 2);
	CHECK_EQ(heap_info(heap, young).generation, 2);
	heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 1);
	check_generations(heap, 0, 0, 3);
	heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 2);
	check_generations(heap, 0, 0, 4);
	heap_get(heap, op_new(0, 0, 0));
	check_generations(heap, 0, 0, 4);
}

TEST(collection_looks_at_its_generations_only)
{
	const int heap = heap_open();

	heap_disable(heap);
	heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 1);
	heap_get(heap, op_new(0, 1, 0));
	heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 0);
	heap_get(heap, op_new(0, 1, 0));
	heap_get(heap, op_new(0, 1, 0));
	heap_get(heap, op_new(0, 1, 0));
	CHECK_EQ(heap_collect(heap, 0).visited, 3);
	heap_get(heap, op_new(0, 1, 0));
	CHECK_EQ(heap_collect(heap, 0).visited, 1);
	CHECK_EQ(heap_collect(heap, 1).visited, 6);
	CHECK_EQ(heap_collect(heap, 1).visited, 0);
	CHECK_EQ(heap_collect(heap, 2).visited, 7);
}

TEST(garbage_waits_for_its_generation)
{
	const int heap = heap_open();
	struct mheap_op ops[] = {
		op_new(0, 1, 0),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
	};
	__u32 generation, younger;

	heap_disable(heap);
	for (generation = 1; generation < 3; generation++) {
		heap_do_all(heap, ops, 2);
		heap_collect(heap, generation - 1);
		if (generation == 2)
			heap_collect(heap, 1);
		heap_do(heap, op_drop(ops[0].result));
		for (younger = 0; younger < generation; younger++)
			CHECK_EQ(heap_collect(heap, younger).freed, 0);
		CHECK_EQ(heap_collect(heap, generation).freed, 1);
		CHECK_EQ(heap_objects(heap), 0);
	}
}

TEST(old_object_keeps_a_young_one)
{
	const int heap = heap_open();
	const __u64 old = heap_get(heap, op_new(0, 1, 0));
	__u64 weak;

	heap_disable(heap);
	heap_collect(heap, 2);
	weak = make_self_loops(heap, 1);
	heap_do(heap, op_store(old, 0, heap_get(heap, op_upgrade(weak))));
	heap_do(heap, op_drop(heap_get(heap, op_upgrade(weak))));
	CHECK_EQ(heap_collect(heap, 0).freed, 0);
	heap_do(heap, op_drop(heap_get(heap, op_upgrade(weak))));
	CHECK_EQ(heap_collect(heap, 1).freed, 0);
	CHECK_EQ(heap_collect(heap, 2).freed, 0);
	heap_do(heap, op_drop(heap_get(heap, op_upgrade(weak))));
}

TEST(old_garbage_keeps_a_young_object_until_both_are_collected)
{
	const int heap = heap_open();
	const __u64 old = heap_get(heap, op_new(0, 2, 0));
	struct mheap_op ops[] = {
		op_store(old, 0, old),
		op_temp(op_new(0, 1, 0)),
		op_store(MHEAP_RESULT(1), 0, old),
		op_store(old, 1, MHEAP_RESULT(1)),
		op_drop(old),
	};

	heap_disable(heap);
	heap_collect(heap, 1);
	heap_do_all(heap, ops, ARRAY_SIZE(ops));
	CHECK_EQ(heap_collect(heap, 0).freed, 0);
	CHECK_EQ(heap_collect(heap, 1).freed, 0);
	CHECK_EQ(heap_collect(heap, 2).freed, 2);
	CHECK_EQ(heap_objects(heap), 0);
}

TEST(young_garbage_lets_go_of_old_objects)
{
	const int heap = heap_open();
	const __u64 old = heap_get(heap, op_new(0, 1, 0));
	const __u64 weak = heap_get(heap, op_weak(old));
	struct mheap_op ops[] = {
		op_temp(op_new(0, 2, 0)),
		op_store(MHEAP_RESULT(0), 0, MHEAP_RESULT(0)),
		op_store(MHEAP_RESULT(0), 1, old),
	};

	heap_disable(heap);
	heap_collect(heap, 1);
	heap_do_all(heap, ops, 3);
	heap_do(heap, op_drop(old));
	heap_do(heap, op_drop(heap_get(heap, op_upgrade(weak))));
	CHECK_EQ(heap_collect(heap, 0).freed, 1);
	CHECK_EQ(heap_objects(heap), 0);
	CHECK_EQ(heap_run(heap, op_upgrade(weak)), -ENOENT);
}

/* What a collection freed is counted before the collection itself is. */
static int is_collected(void *data)
{
	const struct mheap_stats stats = heap_stats(*(int *)data);

	return stats.freed_by_collector >= 100 && stats.generation[0].collections > 0;
}

TEST(collection_comes_by_itself)
{
	int heap = heap_open();

	heap_set_threshold(heap, 100, 10, 10);
	make_self_loops(heap, 100);
	usleep(100000);
	CHECK_EQ(heap_stats(heap).generation[0].collections, 0);
	make_self_loops(heap, 1);
	CHECK(tap_wait(is_collected, &heap));
}

static int half_is_gone(void *data)
{
	const struct { int heap; __u64 made; } *what = data;
	const struct mheap_stats stats = heap_stats(what->heap);

	return stats.objects < what->made / 2 && stats.generation[0].collections > 0;
}

/*
 * The collector works beside it, so how much there is at once depends on who is
 * faster; ceiling.c has what never depends on that.
 */
TEST(garbage_of_long_batches_is_collected_by_itself)
{
	enum { ROUNDS = 20, LOOPS_MAX = 10000 };
	static struct mheap_op ops[2 * LOOPS_MAX];
	unsigned int loops = tap_number("MHEAP_TEST_OBJECTS", 200000) / 100;
	const int heap = heap_open();
	struct { int heap; __u64 made; } what = { .heap = heap };
	__u64 most = 0, now;
	unsigned int i;

	loops = loops < LOOPS_MAX ? loops : LOOPS_MAX;
	heap_set_threshold(heap, loops, 2, 2);
	for (i = 0; i < loops; i++) {
		ops[2 * i] = op_temp(op_new(0, 1, 0));
		ops[2 * i + 1] = op_store(MHEAP_RESULT(2 * i), 0, MHEAP_RESULT(2 * i));
	}
	for (i = 0; i < ROUNDS; i++) {
		heap_do_all(heap, ops, 2 * loops);
		now = heap_stats(heap).objects;
		most = now > most ? now : most;
	}
	tap_note("at most %llu of %u objects at once", most, ROUNDS * loops);
	what.made = ROUNDS * loops;
	CHECK(tap_wait(half_is_gone, &what));
}

static void check_no_collection(int heap)
{
	struct mheap_stats stats;

	make_self_loops(heap, 2000);
	usleep(200000);
	stats = heap_stats(heap);
	CHECK_EQ(stats.objects, 2000);
	CHECK_EQ(stats.generation[0].collections, 0);
	CHECK_EQ(stats.generation[1].collections, 0);
	CHECK_EQ(stats.generation[2].collections, 0);
	check_counts(heap, 2000, 0, 0);
	CHECK_EQ(heap_collect(heap, 2).freed, 2000);
}

TEST(disabled_means_no_collection_by_itself)
{
	const int heap = heap_open();

	heap_disable(heap);
	heap_set_threshold(heap, 1, 1, 1);
	check_no_collection(heap);
}

TEST(threshold_zero_means_no_collection_by_itself)
{
	const int heap = heap_open();

	heap_set_threshold(heap, 0, 1, 1);
	check_no_collection(heap);
}

TEST(enabling_brings_collection_back)
{
	int heap = heap_open();

	heap_disable(heap);
	make_self_loops(heap, 1000);
	CHECK_EQ(heap_ioctl(heap, MHEAP_IOC_ENABLE, NULL), 0);
	make_self_loops(heap, 1);
	CHECK(tap_wait(is_collected, &heap));
}

TEST(leaves_bring_no_collection)
{
	const int heap = heap_open();
	int i;

	heap_set_threshold(heap, 1, 1, 1);
	for (i = 0; i < 1000; i++)
		heap_get(heap, op_new(0, 0, 1));
	usleep(100000);
	CHECK_EQ(heap_stats(heap).generation[0].collections, 0);
	check_counts(heap, 0, 0, 0);
}

static int has_reached_the_oldest(void *data)
{
	return heap_stats(*(int *)data).generation[2].collections > 0;
}

TEST(every_generation_is_collected_in_its_turn)
{
	int heap = heap_open();
	struct mheap_stats stats;
	double end = tap_time() + 120;

	heap_set_threshold(heap, 10, 2, 2);
	while (!has_reached_the_oldest(&heap) && tap_time() < end)
		make_self_loops(heap, 11);
	stats = heap_stats(heap);
	CHECK(stats.generation[2].collections > 0);
	CHECK(stats.generation[1].collections > 2);
	CHECK(stats.generation[0].collections > stats.generation[1].collections);
}
