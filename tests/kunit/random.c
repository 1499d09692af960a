// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random graphs, against a model that knows only handles and edges: what can be
 * reached from a handle lives, and behind a full collection nothing else does.
 */
#include <linux/prandom.h>

#include "fixture.h"

#define NODES	48U
#define SLOTS	3U
#define ROUNDS	6000U

/**
 * struct model - what should be
 * @random: where the choices come from
 * @made: nodes that have been made and are not known to be dead
 * @held: of those, with a handle
 * @handle: of each node that is held
 * @weak: of each node that has been made
 * @edge: what each slot refers to: a node, or NODES for nothing
 */
struct model {
	struct rnd_state random;
	u64 made;
	u64 held;
	u64 handle[NODES];
	u64 weak[NODES];
	u32 edge[NODES][SLOTS];
};

static u32 below(struct model *model, u32 limit)
{
	return prandom_u32_state(&model->random) % limit;
}

/* A random one of some nodes, or NODES where there is none. */
static u32 choose(struct model *model, u64 nodes)
{
	u32 skip;

	if (!nodes)
		return NODES;
	for (skip = below(model, hweight64(nodes)); skip; skip--)
		nodes &= nodes - 1;
	return __ffs64(nodes);
}

static u64 reachable(const struct model *model)
{
	u64 reached = model->held, before;
	u32 node, slot;

	do {
		before = reached;
		for (node = 0; node < NODES; node++)
			for (slot = 0; slot < SLOTS; slot++)
				if (reached & BIT_ULL(node) && model->edge[node][slot] < NODES)
					reached |= BIT_ULL(model->edge[node][slot]);
	} while (reached != before);
	return reached;
}

static void make_node(struct kunit *test, struct model *model)
{
	u32 node = choose(model, ~model->made & (BIT_ULL(NODES) - 1));
	u32 slot;

	if (node == NODES)
		return;
	model->handle[node] = make(test, SLOTS, below(model, 40));
	model->weak[node] = weak_to(test, model->handle[node]);
	model->made |= BIT_ULL(node);
	model->held |= BIT_ULL(node);
	for (slot = 0; slot < SLOTS; slot++)
		model->edge[node][slot] = NODES;
}

static void link_nodes(struct kunit *test, struct model *model)
{
	u32 from = choose(model, model->held);
	u32 to = choose(model, model->held);
	u32 slot = below(model, SLOTS);

	if (from == NODES)
		return;
	if (!below(model, 4))
		to = NODES;
	link_to(test, model->handle[from], slot, to < NODES ? model->handle[to] : 0);
	model->edge[from][slot] = to;
}

static void drop_node(struct kunit *test, struct model *model)
{
	u32 node = choose(model, model->held);

	if (node == NODES)
		return;
	drop(test, model->handle[node]);
	model->held &= ~BIT_ULL(node);
}

/* A handle to what a weak handle names, or 0 where that is dead. */
static u64 upgrade(struct kunit *test, u64 weak)
{
	struct fixture *f = test->priv;
	u64 handle = 0;
	u32 object;
	int error;

	KUNIT_ASSERT_EQ(test, mheap_session_enter(&f->session[0]), 0);
	error = mheap_session_upgrade(&f->session[0], weak, &object);
	if (!error)
		error = mheap_session_hold(&f->session[0], object, &handle);
	mheap_session_leave(&f->session[0]);
	KUNIT_EXPECT_TRUE(test, error == 0 || error == -ENOENT);
	return handle;
}

static void forget_node(struct kunit *test, struct model *model, u32 node)
{
	drop(test, model->weak[node]);
	model->made &= ~BIT_ULL(node);
}

/* Garbage that is not collected yet comes back with all that it refers to. */
static void regain_node(struct kunit *test, struct model *model)
{
	u32 node = choose(model, model->made & ~model->held);

	if (node == NODES)
		return;
	model->handle[node] = upgrade(test, model->weak[node]);
	if (model->handle[node]) {
		model->held |= BIT_ULL(node);
	} else {
		KUNIT_EXPECT_FALSE(test, reachable(model) & BIT_ULL(node));
		forget_node(test, model, node);
	}
}

static void collect_and_check(struct kunit *test, struct model *model)
{
	const u32 generation = below(model, MHEAP_GENERATION_COUNT);
	const u64 live = reachable(model);
	u32 node;
	bool alive;

	collect(test, generation);
	settle(test);
	for (node = 0; node < NODES; node++) {
		if (!(model->made & BIT_ULL(node)))
			continue;
		alive = is_alive(test, model->weak[node]);
		if (live & BIT_ULL(node))
			KUNIT_EXPECT_TRUE(test, alive);
		else if (generation == MHEAP_OLDEST)
			KUNIT_EXPECT_FALSE(test, alive);
		if (!alive)
			forget_node(test, model, node);
	}
	if (generation == MHEAP_OLDEST)
		KUNIT_EXPECT_EQ(test, objects(test), hweight64(live));
}

static void random_graph(struct kunit *test, u64 seed)
{
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	u32 round;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, model);
	prandom_seed_state(&model->random, seed);
	for (round = 0; round < ROUNDS; round++) {
		switch (below(model, 12)) {
		case 0 ... 2:
			make_node(test, model);
			break;
		case 3 ... 6:
			link_nodes(test, model);
			break;
		case 7 ... 9:
			drop_node(test, model);
			break;
		case 10:
			regain_node(test, model);
			break;
		default:
			collect_and_check(test, model);
		}
	}
	while (model->held)
		drop_node(test, model);
	collect(test, MHEAP_OLDEST);
	settle(test);
	KUNIT_EXPECT_EQ(test, objects(test), 0);
}

static void a_random_graph(struct kunit *test)
{
	random_graph(test, 1);
}

static void another_random_graph(struct kunit *test)
{
	random_graph(test, 2);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_random_graph),
	KUNIT_CASE(another_random_graph),
	{}
};

struct kunit_suite suite_random = {
	.name = "mheap_random",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = cases,
};
