// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random operations, a million and more, held against the oracle. SEED= and
 * OPS= (for each kind of heap) reproduce a run; the seed is printed.
 */
#include <time.h>

#include "drive.h"
#include "harness.h"

static const struct drive_config small = {
	"small", 0, 1, 4, 24, 400, 12, 40, false,
};

static const struct drive_config dense = {
	"dense", FIXTURE_SLAB, 2, 9, 200, 60, 150, 300, false,
};

static const struct drive_config shared = {
	"shared", FIXTURE_SLAB, 4, 4, 32, 100, 300, 400, true,
};

static const struct drive_config lazy = {
	"lazy", 0, 3, 9, 64, 30, 80, 250, true,
};

static const struct drive_config odd = {
	"odd", 0, 2, 3, 3, 2, 30, 120, true,
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

static const struct test tests[] = {
	{ "a few objects, collected all the time", small_heap },
	{ "many references between many objects", dense_heap },
	{ "four sessions on one heap", shared_heap },
	{ "collections run into releases", lazy_heap },
	{ "extended bodies and odd sizes", odd_shapes },
	{}
};

const struct suite suite_random = { "random", tests };
