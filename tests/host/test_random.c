// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random operations, a million and more, held against the oracle. SEED= and
 * OPS= (for each kind of heap) reproduce a run; the seed is printed.
 */
#include <time.h>

#include "drive.h"
#include "harness.h"

static const struct drive_config small = {
	"small", 0, 1, 4, 24, 400, 12, 40, false, 0, 0,
};

static const struct drive_config dense = {
	"dense", FIXTURE_SLAB, 2, 9, 200, 60, 150, 300, false, 0, 0,
};

static const struct drive_config shared = {
	"shared", FIXTURE_SLAB, 4, 4, 32, 100, 300, 400, true, 0, 0,
};

static const struct drive_config lazy = {
	"lazy", 0, 3, 9, 64, 30, 80, 250, true, 0, 0,
};

static const struct drive_config odd = {
	"odd", 0, 2, 3, 3, 2, 30, 120, true, 0, 0,
};

static const struct drive_config final = {
	"final", 0, 2, 5, 24, 200, 24, 40, false, 0, 6,
};

static const struct drive_config keyed = {
	"keyed", FIXTURE_SLAB, 2, 4, 24, 200, 50, 50, false, 8, 0,
};

static const struct drive_config wide = {
	"wide", FIXTURE_SLAB, 1, 12, 40, 60, 700, 400, false, 2, 5000,
};

static const struct drive_config both = {
	"both", FIXTURE_VERIFY, 3, 5, 24, 200, 40, 60, false, 8, 100,
};

static const struct drive_config lazy_keyed = {
	"lazy keyed", 0, 3, 7, 64, 60, 60, 100, true, 8, 0,
};

static const struct drive_config lazy_both = {
	"lazy both", FIXTURE_SLAB, 3, 7, 64, 60, 60, 100, true, 8, 500,
};

static void run(const struct drive_config *config, unsigned long otherwise)
{
	const unsigned long seed = setting("SEED", time(NULL) % 1000000);
	const unsigned long steps = setting("OPS", otherwise);
	static struct drive drive;

	note("%s: SEED=%lu OPS=%lu", config->name, seed, steps);
	drive_begin(&drive, config, source_of_seed(seed));
	while (drive.steps < steps && !drive.broken)
		drive_step(&drive);
	note("%llu objects made, %llu freed by count, %llu by the collector",
	     (unsigned long long)drive.oracle.created,
	     (unsigned long long)drive.oracle.freed_by_count,
	     (unsigned long long)drive.oracle.freed_by_collector);
	drive_end(&drive);
}

static void small_heap(void)
{
	run(&small, 400000);
}

static void dense_heap(void)
{
	run(&dense, 300000);
}

static void shared_heap(void)
{
	run(&shared, 400000);
}

static void lazy_heap(void)
{
	run(&lazy, 200000);
}

static void odd_shapes(void)
{
	run(&odd, 100000);
}

static void final_heap(void)
{
	run(&final, 200000);
}

static void keyed_heap(void)
{
	run(&keyed, 200000);
}

static void heap_with_both(void)
{
	run(&both, 200000);
}

static void wide_heap(void)
{
	run(&wide, 300000);
}

static void lazy_keyed_heap(void)
{
	run(&lazy_keyed, 200000);
}

static void lazy_heap_with_both(void)
{
	run(&lazy_both, 200000);
}

static const struct test tests[] = {
	{ "a few objects, collected all the time", small_heap },
	{ "many references between many objects", dense_heap },
	{ "four sessions on one heap", shared_heap },
	{ "collections run into releases", lazy_heap },
	{ "extended bodies and odd sizes", odd_shapes },
	{ "finalizers", final_heap },
	{ "ephemerons", keyed_heap },
	{ "finalizers and ephemerons", heap_with_both },
	{ "keys of many ephemerons", wide_heap },
	{ "collections run into dead keys", lazy_keyed_heap },
	{ "collections run into dead keys and finalizers", lazy_heap_with_both },
	{}
};

const struct suite suite_random = { "random", tests };
