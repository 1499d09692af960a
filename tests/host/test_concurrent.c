// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads on one heap, each with a session of its own, beside two collectors, a
 * worker and somebody who looks at figures. What the threads do is in
 * ../kunit/mutator*.c. When all is quiet, the references of the whole heap are
 * counted once more, by looking.
 *
 * SEED= and OPS= repeat a run as far as threads can be repeated; OPS is the steps
 * of games, and HEAPS= how many heaps share them, one after the other.
 */
#include <unistd.h>

#include "fixture.h"
#include "harness.h"
#include "mutator.h"
#include "occupancy.h"
#include "source.h"

#define THREADS		4U
#define PARTS		2U	/* of the life of a heap, with a census behind each */

#define BESIDE_MEDDLER	1U	/* who enumerates, freezes and saves */
#define BESIDE_IMAGES	2U

/**
 * struct run - one heap's life
 * @fixture: the heap
 * @torture: who works on it
 * @source: of what the threads do not decide
 * @steps: of each thread, in one part
 * @stop: the mutators are through
 * @given: objects that were found by enumeration
 * @meddle: somebody enumerates, freezes and saves besides
 * @image: somebody takes images besides
 */
struct run {
	struct fixture fixture;
	struct torture torture;
	struct source source;
	u64 steps;
	bool stop;
	u64 given;
	bool meddle;
	bool image;
};

void torture_say(const char *rule, u64 is, u64 should)
{
	note("broken: %s (%llx and not %llx)", rule, (unsigned long long)is,
	     (unsigned long long)should);
}

static struct run *run_of(struct mutator *m)
{
	return container_of(m->torture, struct run, torture);
}

/* The locks of userspace are not fair: a collection gets its turn by this. */
static void *mutate(void *argument)
{
	struct mutator *m = argument;
	const u64 end = m->steps + run_of(m)->steps;

	while (m->steps < end && !torture_is_broken(m->torture)) {
		mutator_go(m);
		usleep(m->steps % 8);
	}
	return NULL;
}

static bool is_over(struct run *run)
{
	return __atomic_load_n(&run->stop, __ATOMIC_RELAXED);
}

static void *collect(void *argument)
{
	struct mheap_collection collection;
	struct run *run = argument;
	u32 generation = 0;

	while (!is_over(run)) {
		check_equal(mheap_collect(&run->fixture.heap, generation++ % 3, &collection),
			    0);
		sched_yield();
	}
	return NULL;
}

static void *look(void *argument)
{
	struct mheap_occupancy occupancy;
	struct mheap_heap_figures figures;
	struct run *run = argument;
	u32 count[3];

	while (!is_over(run)) {
		mheap_heap_figures(&run->fixture.heap, &figures);
		mheap_generations_get_count(&run->fixture.heap.generations, count);
		mheap_release_pending(&run->fixture.heap);
		mheap_occupancy_count(&run->fixture.heap, &occupancy);
		usleep(100);
	}
	return NULL;
}

static void *meddle(void *argument)
{
	struct run *run = argument;

	while (!is_over(run)) {
		run->given += torture_meddle(&run->torture);
		sched_yield();
	}
	return NULL;
}

/* Again and again, with some time between them. */
static void *take_images(void *argument)
{
	struct run *run = argument;

	while (!is_over(run)) {
		torture_image(&run->torture);
		usleep(200);
	}
	return NULL;
}

static void be_quiet(struct run *run)
{
	torture_calm(&run->torture);
	fixture_settle(&run->fixture);
	fixture_collect(&run->fixture, MHEAP_OLDEST);
	fixture_settle(&run->fixture);
}

static void work(struct run *run)
{
	pthread_t thread[THREADS], collector, looker, meddler, imager;
	unsigned int t;

	__atomic_store_n(&run->stop, false, __ATOMIC_RELAXED);
	pthread_create(&collector, NULL, collect, run);
	pthread_create(&looker, NULL, look, run);
	if (run->meddle)
		pthread_create(&meddler, NULL, meddle, run);
	if (run->image)
		pthread_create(&imager, NULL, take_images, run);
	for (t = 0; t < THREADS; t++)
		pthread_create(&thread[t], NULL, mutate, &run->torture.mutator[t]);
	for (t = 0; t < THREADS; t++)
		pthread_join(thread[t], NULL);
	__atomic_store_n(&run->stop, true, __ATOMIC_RELAXED);
	pthread_join(collector, NULL);
	pthread_join(looker, NULL);
	if (run->meddle)
		pthread_join(meddler, NULL);
	if (run->image)
		pthread_join(imager, NULL);
	do
		be_quiet(run);
	while (torture_settle(&run->torture));
}

/* Collections of all generations, often. */
static void set_thresholds(struct run *run)
{
	const u32 threshold[] = {
		1 + pick(&run->source, 200), pick(&run->source, 4), pick(&run->source, 4),
	};

	mheap_generations_set_threshold(&run->fixture.heap.generations, threshold);
}

/* Return: whether all rules held. */
static bool live(struct run *run, unsigned int flags)
{
	struct torture *torture = &run->torture;
	const u64 seed = pick(&run->source, 1000000);
	unsigned int part;
	bool broken;

	fixture_begin(&run->fixture, FIXTURE_WORKER | FIXTURE_AUTO | flags);
	set_thresholds(run);
	torture_init(torture, &run->fixture.heap, THREADS, seed);
	torture->watched = run->meddle;
	for (part = 0; part < PARTS && !torture_is_broken(torture); part++) {
		work(run);
		torture_census(torture);
	}
	broken = torture_is_broken(torture);
	check(!broken);
	/* Of a heap that is broken nothing else can be said. */
	if (broken)
		return false;
	torture_drop_all(torture);
	be_quiet(run);
	check_equal(fixture_objects(&run->fixture), 0);
	torture_fini(torture);
	fixture_end(&run->fixture);
	return !check_failed();
}

static void live_again_and_again(unsigned int flags, unsigned int beside)
{
	const unsigned long seed = setting("SEED", time(NULL) % 1000000);
	const unsigned long steps = setting("OPS", 400000);
	const unsigned long heaps = setting("HEAPS", 1 + steps / 40000);
	const double begin = ktime_get_ns() / 1e9;
	u64 operations = 0, given = 0;
	struct run *run;
	unsigned long i;
	bool whole = true;

	note("SEED=%lu OPS=%lu HEAPS=%lu", seed, steps, heaps);
	for (i = 0; i < heaps && whole; i++) {
		run = calloc(1, sizeof(*run));
		run->source = source_of_seed(seed + i);
		run->steps = steps / heaps / PARTS / THREADS;
		run->meddle = beside & BESIDE_MEDDLER;
		run->image = beside & BESIDE_IMAGES;
		whole = live(run, flags);
		operations += torture_operations(&run->torture);
		given += run->given;
		/* A broken one stays: its worker is still there. */
		if (whole)
			free(run);
	}
	note("%llu operations, %llu objects enumerated, %.1f s", (unsigned long long)operations,
	     (unsigned long long)given, ktime_get_ns() / 1e9 - begin);
}

static void exact_bodies(void)
{
	live_again_and_again(0, 0);
}

static void slab_bodies(void)
{
	live_again_and_again(FIXTURE_SLAB, 0);
}

static void verified(void)
{
	live_again_and_again(FIXTURE_VERIFY, 0);
}

static void enumerated(void)
{
	live_again_and_again(0, BESIDE_MEDDLER);
}

static void imaged(void)
{
	live_again_and_again(FIXTURE_SLAB, BESIDE_IMAGES);
}

static void all_and_verified(void)
{
	live_again_and_again(FIXTURE_VERIFY, BESIDE_MEDDLER | BESIDE_IMAGES);
}

static void debug_bodies(void)
{
	live_again_and_again(FIXTURE_DEBUG, 0);
}

static const struct test tests[] = {
	{ "four programs, two collectors and a worker", exact_bodies },
	{ "the same with slabs", slab_bodies },
	{ "the same with every verdict checked", verified },
	{ "beside somebody who enumerates, freezes and saves", enumerated },
	{ "beside images", imaged },
	{ "beside all that, with every verdict checked", all_and_verified },
	{ "the same with the debug allocator, which finds nothing", debug_bodies },
	{}
};

const struct suite suite_concurrent = { "concurrent", tests };
