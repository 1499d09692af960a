// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marking, on chains that go through the blocks of the table in orders that its queue
 * of blocks can be wrong about: objects that become grey in a block that is looked
 * into, in one that waits, and in one whose turn is over.
 */
#include <string.h>

#include "act.h"
#include "fixture.h"
#include "harness.h"

#define OBJECTS	5000U	/* five chunks */
#define BLOCK	MHEAP_BLOCK_OBJECTS

static u64 handle[OBJECTS];
static u32 order[OBJECTS];

static void in_order(void)
{
	for (u32 i = 0; i < OBJECTS; i++)
		order[i] = i;
}

static void backwards(void)
{
	for (u32 i = 0; i < OBJECTS; i++)
		order[i] = OBJECTS - 1 - i;
}

/* One object of each block in turn, and again from the first block. */
static void around(void)
{
	u32 at = 0;

	for (u32 i = 0; i < BLOCK; i++)
		for (u32 j = i; j < OBJECTS; j += BLOCK)
			order[at++] = j;
}

/* To and fro between the lower and the upper half. */
static void to_and_fro(void)
{
	for (u32 i = 0; i < OBJECTS; i++)
		order[i] = i % 2 ? OBJECTS - 1 - i / 2 : i / 2;
}

/* Numbers below @limit; an LCG of Knuth's. */
static u32 random_below(u64 *state, u32 limit)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 33) % limit;
}

static void shuffled(void)
{
	u64 state = setting("SEED", 1);
	u32 i, j, held;

	in_order();
	for (i = OBJECTS - 1; i; i--) {
		j = random_below(&state, i + 1);
		held = order[i];
		order[i] = order[j];
		order[j] = held;
	}
}

/* Each object refers to the next one in the order, and to the one before. */
static void link_all(struct fixture *f, u32 slots)
{
	u32 i;

	for (i = 0; i < OBJECTS; i++)
		handle[i] = make(f->session, slots, 8);
	for (i = 0; i + 1 < OBJECTS; i++) {
		link_to(f->session, handle[order[i]], slots - 1, handle[order[i + 1]]);
		link_to(f->session, handle[order[i + 1]], 0, handle[order[i]]);
	}
}

static void check_nothing_is_grey(struct fixture *f)
{
	u32 chunk, block, grey = 0;
	struct mheap_marks *marks;

	for (chunk = 0; chunk < mheap_table_chunks(&f->heap.table); chunk++)
		for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
			marks = f->heap.table.directory->marks[chunk / MHEAP_MARKS_CHUNKS];
			grey += !!marks->grey[chunk % MHEAP_MARKS_CHUNKS * MHEAP_CHUNK_BLOCKS +
					      block];
		}
	check_equal(grey, 0);
}

/* Held by its first object it stays; cut in two, the half that is not held goes. */
static void check_chain(void (*make_order)(void), u32 slots, u32 generation)
{
	const u32 half = OBJECTS / 2;
	struct fixture f;
	u32 i;

	make_order();
	fixture_begin(&f, 0);
	link_all(&f, slots);
	for (i = 1; i < OBJECTS; i++)
		drop(f.session, handle[order[i]]);
	check_equal(fixture_collect(&f, generation).freed, 0);
	check_nothing_is_grey(&f);
	check_equal(fixture_objects(&f), OBJECTS);

	/* Along the chain as far as where it is to be cut. */
	for (i = 0; i + 1 < half; i++) {
		check_equal(act_load(f.session, handle[order[i]], slots - 1,
				     &handle[order[i + 1]]), 0);
		drop(f.session, handle[order[i]]);
	}
	link_to(f.session, handle[order[half - 1]], slots - 1, 0);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, OBJECTS - half);
	check_nothing_is_grey(&f);
	check_equal(fixture_objects(&f), half);
	fixture_close(&f, 0);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, half);
	fixture_end(&f);
}

/* Full and young ones; with more slots than are looked at in one piece, too. */
static void check_chains(void (*make_order)(void))
{
	check_chain(make_order, 2, MHEAP_OLDEST);
	check_chain(make_order, 2, 0);
	check_chain(make_order, 64, 1);
	check_chain(make_order, 200, MHEAP_OLDEST);
}

static void chain_in_order(void)
{
	check_chains(in_order);
}

static void chain_backwards(void)
{
	check_chains(backwards);
}

static void chain_around_all_blocks(void)
{
	check_chains(around);
}

static void chain_to_and_fro(void)
{
	check_chains(to_and_fro);
}

static void chain_in_any_order(void)
{
	check_chains(shuffled);
}

/* Each object refers to all of the next of four blocks: all of one turns grey at once. */
static void blocks_turn_grey_at_once(void)
{
	const u32 count = 4 * BLOCK;
	struct fixture f;
	u32 i, j;

	fixture_begin(&f, 0);
	for (i = 0; i < count; i++)
		handle[i] = make(f.session, BLOCK, 0);
	for (i = 0; i < count; i++)
		for (j = 0; j < BLOCK; j++)
			link_to(f.session, handle[i], j,
				handle[(i / BLOCK + 1) % 4 * BLOCK + j]);
	for (i = 1; i < count; i++)
		drop(f.session, handle[i]);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, 0);
	check_nothing_is_grey(&f);
	drop(f.session, handle[0]);
	check_equal(fixture_collect(&f, MHEAP_OLDEST).freed, count);
	check_nothing_is_grey(&f);
	fixture_end(&f);
}

/* How many can be reached from the first one; without bits, blocks and a queue. */
static u32 count_reachable(u32 (*edge)[2])
{
	static bool reached[OBJECTS];
	static u32 list[OBJECTS];
	u32 count = 1, i, j, next;

	memset(reached, 0, sizeof(reached));
	reached[0] = true;
	list[0] = 0;
	for (i = 0; i < count; i++)
		for (j = 0; j < 2; j++) {
			next = edge[list[i]][j];
			if (!reached[next])
				list[count++] = next;
			reached[next] = true;
		}
	return count;
}

static void check_random_graph(u64 seed)
{
	static u32 edge[OBJECTS][2];
	u32 i, j, reachable;
	struct fixture f;

	fixture_begin(&f, 0);
	for (i = 0; i < OBJECTS; i++)
		handle[i] = make(f.session, 2, 0);
	for (i = 0; i < OBJECTS; i++)
		for (j = 0; j < 2; j++) {
			/* Now and then near by, so blocks turn grey again and again. */
			edge[i][j] = random_below(&seed, 3) ? random_below(&seed, OBJECTS) :
				     i & ~(BLOCK - 1);
			link_to(f.session, handle[i], j, handle[edge[i][j]]);
		}
	for (i = 1; i < OBJECTS; i++)
		drop(f.session, handle[i]);
	fixture_collect(&f, MHEAP_OLDEST);
	reachable = count_reachable(edge);
	check(reachable > 1 && reachable < OBJECTS);
	check_equal(fixture_objects(&f), reachable);
	check_nothing_is_grey(&f);
	fixture_end(&f);
}

static void random_graphs(void)
{
	const u64 first = setting("SEED", 1);

	for (u64 seed = first; seed < first + 20; seed++)
		check_random_graph(seed);
}

static const struct test tests[] = {
	{ "a chain in the order of the table", chain_in_order },
	{ "a chain against the order of the table", chain_backwards },
	{ "a chain around all blocks", chain_around_all_blocks },
	{ "a chain to and fro", chain_to_and_fro },
	{ "a chain in any order", chain_in_any_order },
	{ "blocks turn grey at once", blocks_turn_grey_at_once },
	{ "random graphs", random_graphs },
	{}
};

const struct suite suite_mark = { "mark", tests };
