// SPDX-License-Identifier: GPL-2.0-only
/*
 * The graph shapes of the kernel's AF_UNIX tests, each dead, each held from one
 * of its objects, and each in generations of its own.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"

#define NODES_MAX	16
#define EDGES_MAX	32

struct edge {
	int from, to;
};

/**
 * struct shape - a graph, and what must become of it
 * @nodes: how many objects
 * @edge: references; up to the first from an object to none
 * @cyclic: how many objects are in cycles or hang on them; the others die of
 *          their counts
 */
struct shape {
	int nodes;
	struct edge edge[EDGES_MAX];
	int cyclic;
};

static u64 node[NODES_MAX];
static u64 weak[NODES_MAX];

static void build(struct fixture *f, const struct shape *shape)
{
	int used[NODES_MAX] = {};
	const struct edge *edge;
	int i;

	for (i = 0; i < shape->nodes; i++) {
		node[i] = make(f->session, EDGES_MAX, 8);
		weak[i] = weak_to(f->session, node[i]);
	}
	for (edge = shape->edge; edge->to >= 0; edge++)
		link_to(f->session, node[edge->from], used[edge->from]++, node[edge->to]);
}

static int survivors(struct fixture *f, const struct shape *shape)
{
	int i, alive = 0;

	for (i = 0; i < shape->nodes; i++)
		alive += is_alive(f->session, weak[i]);
	return alive;
}

/* Nobody holds it: what is not in or behind a cycle goes at once, the rest later. */
static void dies(const struct shape *shape, u32 generation)
{
	struct fixture f;
	int i;

	fixture_begin(&f, 0);
	build(&f, shape);
	for (i = 0; i < shape->nodes; i++)
		drop(f.session, node[i]);
	check_equal(survivors(&f, shape), shape->cyclic);
	check_equal(fixture_collect(&f, generation).freed, shape->cyclic);
	check_equal(survivors(&f, shape), 0);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/* What can be reached from an object, worked out here. */
static int reachable(const struct shape *shape, int from)
{
	bool reached[NODES_MAX] = {};
	const struct edge *edge;
	int count = 1, before;

	reached[from] = true;
	do {
		before = count;
		for (edge = shape->edge; edge->to >= 0; edge++)
			if (reached[edge->from] && !reached[edge->to]) {
				reached[edge->to] = true;
				count++;
			}
	} while (count > before);
	return count;
}

/* One of its objects is held: everything behind it stays, nothing else does. */
static void lives_as_far_as_reached(const struct shape *shape, int held, u32 generation)
{
	const int left = reachable(shape, held);
	struct fixture f;
	int i;

	fixture_begin(&f, 0);
	build(&f, shape);
	for (i = 0; i < shape->nodes; i++)
		if (i != held)
			drop(f.session, node[i]);
	fixture_collect(&f, generation);
	check_equal(survivors(&f, shape), left);
	check_equal(fixture_collect(&f, 2).freed, 0);
	check_equal(fixture_objects(&f), left);
	drop(f.session, node[held]);
	fixture_collect(&f, 2);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/*
 * Its first objects are old: nothing of it that hangs on an old object goes with
 * the young, and all of it goes with the old.
 */
static void dies_across_generations(const struct shape *shape, int old)
{
	struct fixture f;
	int i;

	fixture_begin(&f, 0);
	build(&f, shape);
	for (i = old; i < shape->nodes; i++)
		check_equal(act_resize(f.session, node[i], 0, 8), 0);
	fixture_collect(&f, 1);
	for (i = old; i < shape->nodes; i++)
		check_equal(act_resize(f.session, node[i], EDGES_MAX, 8), 0);
	for (i = 0; i < shape->nodes; i++)
		check_equal(generation_of_handle(f.session, node[i]), i < old ? 2 : 0);
	for (i = old; i < shape->nodes; i++) {
		const struct edge *edge;
		int used = 0;

		for (edge = shape->edge; edge->to >= 0; edge++)
			if (edge->from == i)
				link_to(f.session, node[i], used++, node[edge->to]);
	}
	for (i = 0; i < shape->nodes; i++)
		drop(f.session, node[i]);
	fixture_collect(&f, 0);
	fixture_collect(&f, 1);
	fixture_collect(&f, 2);
	check_equal(survivors(&f, shape), 0);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void try_shape(const struct shape *shape)
{
	u32 generation;
	int i;

	for (generation = 0; generation < 3; generation++) {
		dies(shape, generation);
		for (i = 0; i < shape->nodes; i++)
			lives_as_far_as_reached(shape, i, generation);
	}
	for (i = 0; i <= shape->nodes; i++)
		dies_across_generations(shape, i);
}

#define END	{ 0, -1 }
#define SHAPE(name, nodes, cyclic, ...)						\
static void name(void)								\
{										\
	static const struct shape shape = { nodes, { __VA_ARGS__, END }, cyclic }; \
										\
	try_shape(&shape);							\
}

SHAPE(self_reference, 1, 1, { 0, 0 })
SHAPE(self_reference_twice, 1, 1, { 0, 0 }, { 0, 0 })
SHAPE(pair, 2, 2, { 0, 1 }, { 1, 0 })
SHAPE(triangle, 3, 3, { 0, 1 }, { 1, 2 }, { 2, 0 })
SHAPE(triangles_apart, 6, 6, { 0, 1 }, { 1, 2 }, { 2, 0 }, { 3, 4 }, { 4, 5 }, { 5, 3 })
SHAPE(triangle_with_chords, 3, 3, { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 1 }, { 2, 0 }, { 0, 2 })
SHAPE(cross_edge, 8, 8, { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 0 }, { 4, 5 }, { 5, 6 }, { 6, 7 },
	{ 7, 4 }, { 1, 5 })
SHAPE(cross_edges_both_ways, 8, 8, { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 0 }, { 4, 5 }, { 5, 6 },
	{ 6, 7 }, { 7, 4 }, { 1, 5 }, { 6, 2 })
SHAPE(backtrack, 4, 4, { 0, 1 }, { 1, 2 }, { 2, 1 }, { 2, 3 }, { 3, 0 })
SHAPE(backtrack_out_and_in, 6, 6, { 0, 1 }, { 1, 2 }, { 2, 0 }, { 1, 3 }, { 3, 4 }, { 4, 3 },
	{ 4, 5 }, { 5, 2 })
SHAPE(tail_behind_a_cycle, 5, 5, { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 3 }, { 3, 4 })
SHAPE(lead_to_a_cycle, 5, 2, { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 4 }, { 4, 3 })
SHAPE(diamond, 4, 0, { 0, 1 }, { 0, 2 }, { 1, 3 }, { 2, 3 })
SHAPE(cycles_sharing_an_object, 5, 5, { 0, 1 }, { 1, 2 }, { 2, 0 }, { 0, 3 }, { 3, 4 }, { 4, 0 })
SHAPE(cycle_of_cycles, 6, 6, { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 3 }, { 3, 2 }, { 3, 4 }, { 4, 5 },
	{ 5, 4 }, { 5, 0 })
SHAPE(every_object_to_every_other, 5, 5, { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 }, { 1, 0 }, { 1, 2 },
	{ 1, 3 }, { 1, 4 }, { 2, 0 }, { 2, 1 }, { 2, 3 }, { 2, 4 }, { 3, 0 }, { 3, 1 },
	{ 3, 2 }, { 3, 4 }, { 4, 0 }, { 4, 1 }, { 4, 2 }, { 4, 3 })

static const struct test tests[] = {
	{ "self reference", self_reference },
	{ "two self references of one object", self_reference_twice },
	{ "pair", pair },
	{ "triangle", triangle },
	{ "two triangles", triangles_apart },
	{ "triangle with edges both ways", triangle_with_chords },
	{ "cross edge between components", cross_edge },
	{ "cross edges that join components", cross_edges_both_ways },
	{ "backtrack from a component", backtrack },
	{ "backtrack into a component", backtrack_out_and_in },
	{ "tail behind a cycle", tail_behind_a_cycle },
	{ "lead to a cycle", lead_to_a_cycle },
	{ "diamond without a cycle", diamond },
	{ "two cycles with one object in common", cycles_sharing_an_object },
	{ "cycle of cycles", cycle_of_cycles },
	{ "every object refers to every other", every_object_to_every_other },
	{}
};

const struct suite suite_shapes = { "shapes", tests };
