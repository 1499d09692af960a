// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shapes: the graphs of the kernel's AF_UNIX tests (a reference there is a
 * descriptor in flight), dead and held, in every generation.
 */
#include "fixture.h"

#define NODES	8

/**
 * struct shape - a graph
 * @nodes: how many objects
 * @edges: "from to" digit pairs
 * @cyclic: how many objects are on a cycle or behind one
 */
struct shape {
	u32 nodes;
	const char *edges;
	u32 cyclic;
};

static const struct shape self_reference = { 1, "00", 1 };
static const struct shape triangle = { 3, "011220", 3 };
static const struct shape two_triangles = { 6, "011220344553", 6 };
static const struct shape cross_edge = { 6, "01122034455314", 6 };
static const struct shape cross_edge_back = { 6, "0112203445533114", 6 };
static const struct shape backtrack = { 4, "0112132310", 4 };
static const struct shape backtrack_into_component = { 4, "011221033230", 4 };
static const struct shape tail = { 5, "0112200334", 5 };
static const struct shape head = { 5, "3041011220", 3 };

static void build(struct kunit *test, const struct shape *shape, u64 node[NODES],
		  u64 weak[NODES])
{
	u32 used[NODES] = {};
	const char *edge;
	u32 i;

	for (i = 0; i < shape->nodes; i++) {
		node[i] = make(test, NODES, 8);
		weak[i] = weak_to(test, node[i]);
	}
	for (edge = shape->edges; *edge; edge += 2)
		link_to(test, node[edge[0] - '0'], used[edge[0] - '0']++, node[edge[1] - '0']);
}

static u32 alive(struct kunit *test, const struct shape *shape, const u64 weak[NODES])
{
	u32 i, count = 0;

	for (i = 0; i < shape->nodes; i++)
		count += is_alive(test, weak[i]);
	return count;
}

/* How many objects can be reached from one, worked out on the edges. */
static u32 reachable(const struct shape *shape, u32 from)
{
	u32 reached = BIT(from), before;
	const char *edge;

	do {
		before = reached;
		for (edge = shape->edges; *edge; edge += 2)
			if (reached & BIT(edge[0] - '0'))
				reached |= BIT(edge[1] - '0');
	} while (reached != before);
	return hweight32(reached);
}

/* Nobody holds it. */
static void dies(struct kunit *test, const struct shape *shape, u32 generation)
{
	u64 node[NODES], weak[NODES];
	u32 i;

	build(test, shape, node, weak);
	for (i = 0; i < generation; i++)
		KUNIT_EXPECT_EQ(test, collect(test, i).unreachable, 0);
	for (i = 0; i < shape->nodes; i++)
		drop(test, node[i]);
	settle(test);
	KUNIT_EXPECT_EQ(test, alive(test, shape, weak), shape->cyclic);
	KUNIT_EXPECT_EQ(test, collect(test, generation).freed, shape->cyclic);
	KUNIT_EXPECT_EQ(test, alive(test, shape, weak), 0);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

/* One object is held: what it reaches lives. */
static void lives(struct kunit *test, const struct shape *shape, u32 held, u32 generation)
{
	const u32 kept = reachable(shape, held);
	u64 node[NODES], weak[NODES];
	u32 i;

	build(test, shape, node, weak);
	for (i = 0; i < shape->nodes; i++)
		if (i != held)
			drop(test, node[i]);
	collect(test, generation);
	settle(test);
	KUNIT_EXPECT_EQ(test, alive(test, shape, weak), kept);
	KUNIT_EXPECT_EQ(test, objects(test), kept);
	drop(test, node[held]);
	collect(test, 2);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

static void shape_everywhere(struct kunit *test, const struct shape *shape)
{
	u32 generation, held;

	for (generation = 0; generation < MHEAP_GENERATION_COUNT; generation++) {
		dies(test, shape, generation);
		for (held = 0; held < shape->nodes; held++)
			lives(test, shape, held, generation);
	}
}

#define SHAPE_TEST(shape)							\
	static void shape##_test(struct kunit *test)				\
	{									\
		shape_everywhere(test, &(shape));				\
	}

SHAPE_TEST(self_reference)
SHAPE_TEST(triangle)
SHAPE_TEST(two_triangles)
SHAPE_TEST(cross_edge)
SHAPE_TEST(cross_edge_back)
SHAPE_TEST(backtrack)
SHAPE_TEST(backtrack_into_component)
SHAPE_TEST(tail)
SHAPE_TEST(head)

static struct kunit_case cases[] = {
	KUNIT_CASE(self_reference_test),
	KUNIT_CASE(triangle_test),
	KUNIT_CASE(two_triangles_test),
	KUNIT_CASE(cross_edge_test),
	KUNIT_CASE(cross_edge_back_test),
	KUNIT_CASE(backtrack_test),
	KUNIT_CASE(backtrack_into_component_test),
	KUNIT_CASE(tail_test),
	KUNIT_CASE(head_test),
	{}
};

struct kunit_suite suite_shapes = {
	.name = "mheap_shapes",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
