// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture: mutators in kernel threads, beside collections of every generation back
 * to back, the releases that they leave behind, images, somebody who meddles in every
 * other round, and memory that is refused now and then. Each round has a heap of its
 * own; behind each of its parts everything is counted by looking.
 *
 * Parameters of the module say how long and with which seed; both are printed.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/string.h>

#include "fixture.h"
#include "mutator.h"

#define PARTS		2U	/* of a round */
#define PART_SECONDS	3U
#define HELPERS		5U	/* threads that are not mutators */

static bool torture_alone;
module_param_named(torture_only, torture_alone, bool, 0444);
MODULE_PARM_DESC(torture_only, "Run no other suite");

static unsigned int torture_seconds = 10;
module_param(torture_seconds, uint, 0444);
MODULE_PARM_DESC(torture_seconds, "How long to torture, less than 250");

static unsigned int torture_seed;
module_param(torture_seed, uint, 0444);
MODULE_PARM_DESC(torture_seed, "Seed of decisions; 0 for a random one");

static unsigned int torture_mutators = 4;
module_param(torture_mutators, uint, 0444);
MODULE_PARM_DESC(torture_mutators, "How many threads work on the heap, 1 to 8");

/*
 * KUnit runs the suites of a module before its parameters are set, so they are read
 * out of what the module was loaded with.
 */
static unsigned int setting(const char *name, unsigned int otherwise)
{
	const char *at = strstr(THIS_MODULE->args, name);
	unsigned int value;

	return at && sscanf(at + strlen(name), "=%u", &value) == 1 ? value : otherwise;
}

bool torture_only(void)
{
	return setting("torture_only", torture_alone);
}

struct round;

/**
 * struct hand - a thread
 * @round: what it takes part in
 * @run: what it does
 * @mutator: what it moves, if it does
 * @done: it is through
 */
struct hand {
	struct round *round;
	void (*run)(struct hand *hand);
	struct mutator *mutator;
	struct completion done;
};

/**
 * struct round - a heap's life
 * @fixture: the heap
 * @torture: its mutators
 * @end: of this part, in jiffies
 * @stop: the mutators are through
 * @collections: how many there were
 * @verdicts: of those, how many were checked, see core/verify.h
 * @hand: mutators, then helpers
 */
struct round {
	struct fixture fixture;
	struct torture torture;
	unsigned long end;
	bool stop;
	atomic_long_t collections;
	u64 verdicts;
	struct hand hand[MUTATORS_MAX + HELPERS];
};

void torture_say(const char *rule, u64 is, u64 should)
{
	/* So that the log shows who else was at work. */
	WARN(1, "mheap torture: broken: %s (%llx and not %llx)\n", rule, is, should);
}

static void mutate(struct hand *hand)
{
	struct round *round = hand->round;

	while (time_before(jiffies, round->end) && !torture_is_broken(&round->torture)) {
		mutator_go(hand->mutator);
		cond_resched();
	}
}

static void collect_back_to_back(struct hand *hand)
{
	struct mheap_collection collection;
	struct round *round = hand->round;
	u32 generation = 0;

	while (!READ_ONCE(round->stop)) {
		mheap_collect(&round->fixture.heap, generation++ % MHEAP_GENERATION_COUNT,
			      &collection);
		atomic_long_inc(&round->collections);
		cond_resched();
	}
}

static void release_all_the_while(struct hand *hand)
{
	struct round *round = hand->round;

	while (!READ_ONCE(round->stop)) {
		if (xchg(&round->fixture.release_wanted, false))
			mheap_release_continue(&round->fixture.heap);
		else
			schedule_timeout_uninterruptible(1);
	}
}

static void collect_what_is_due(struct hand *hand)
{
	struct round *round = hand->round;
	struct mheap_heap_figures figures;

	while (!READ_ONCE(round->stop)) {
		if (xchg(&round->fixture.collect_wanted, false))
			mheap_collect_due(&round->fixture.heap);
		mheap_heap_figures(&round->fixture.heap, &figures);
		schedule_timeout_uninterruptible(1);
	}
}

/* Not so often that saving for an image is all that ever happens. */
static void take_images(struct hand *hand)
{
	struct round *round = hand->round;

	while (!READ_ONCE(round->stop)) {
		torture_image(&round->torture);
		schedule_timeout_uninterruptible(HZ / 20 + 1);
	}
}

static void meddle(struct hand *hand)
{
	struct round *round = hand->round;

	while (!READ_ONCE(round->stop) && round->torture.watched) {
		torture_meddle(&round->torture);
		schedule_timeout_uninterruptible(1);
	}
}

static int work(void *data)
{
	struct hand *hand = data;

	hand->run(hand);
	/* Never comes back into this module, which may be unloaded right away. */
	kthread_complete_and_exit(&hand->done, 0);
}

static bool start(struct round *round, u32 number, void (*run)(struct hand *hand),
		  struct mutator *mutator)
{
	struct hand *hand = &round->hand[number];

	hand->round = round;
	hand->run = run;
	hand->mutator = mutator;
	init_completion(&hand->done);
	return !IS_ERR(kthread_run(work, hand, "mheap_torture"));
}

static void be_quiet(struct round *round)
{
	struct mheap_collection collection;

	torture_calm(&round->torture);
	mheap_release_continue(&round->fixture.heap);
	mheap_collect(&round->fixture.heap, MHEAP_OLDEST, &collection);
	mheap_release_continue(&round->fixture.heap);
}

static void go_through_part(struct kunit *test, struct round *round)
{
	static void (*const help[HELPERS])(struct hand *hand) = {
		collect_back_to_back, release_all_the_while, collect_what_is_due, take_images,
		meddle,
	};
	const u32 mutators = round->torture.mutators;
	bool mutating[MUTATORS_MAX] = {}, helping[HELPERS] = {};
	u32 i;

	round->stop = false;
	round->end = jiffies + PART_SECONDS * HZ;
	for (i = 0; i < HELPERS; i++)
		helping[i] = start(round, mutators + i, help[i], NULL);
	for (i = 0; i < mutators; i++)
		mutating[i] = start(round, i, mutate, &round->torture.mutator[i]);
	for (i = 0; i < mutators; i++)
		if (mutating[i])
			wait_for_completion(&round->hand[i].done);
	WRITE_ONCE(round->stop, true);
	for (i = 0; i < HELPERS; i++)
		if (helping[i])
			wait_for_completion(&round->hand[mutators + i].done);
	round->fixture.fail_one_in = 0;
	do
		be_quiet(round);
	while (torture_settle(&round->torture));
	torture_census(&round->torture);
	KUNIT_EXPECT_FALSE(test, torture_is_broken(&round->torture));
}

static void check_empty(struct kunit *test, struct round *round)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(&round->fixture.heap, &figures);
	KUNIT_EXPECT_EQ(test, figures.objects, 0);
	KUNIT_EXPECT_EQ(test, figures.bytes, 0);
	KUNIT_EXPECT_EQ(test, figures.handles, 0);
	KUNIT_EXPECT_FALSE(test, figures.pending);
}

/* Thresholds from almost none to CPython's, memory refused in every other round. */
static void set_up(struct round *round, u32 number)
{
	const u32 threshold[] = { 1 + number * 37 % 700, number % 5, number % 3 };

	mheap_generations_set_threshold(&round->fixture.heap.generations, threshold);
	round->fixture.fail_one_in = number % 2 ? 0 : 500;
}

/* Return: false if that was enough. */
static bool go_through_round(struct kunit *test, struct round *round, u32 seed, u32 number)
{
	u32 part;

	memset(round, 0, sizeof(*round));
	KUNIT_ASSERT_EQ(test, fixture_begin(&round->fixture), 0);
	/* Holding everybody up for each verdict leaves less to happen at once. */
	round->fixture.heap.verify.enabled = number % 2;
	KUNIT_ASSERT_EQ(test, torture_init(&round->torture, &round->fixture.heap,
					   setting("torture_mutators", torture_mutators),
					   seed + number), 0);
	round->torture.watched = number % 2;
	for (part = 0; part < PARTS && !torture_is_broken(&round->torture); part++) {
		set_up(round, number * PARTS + part);
		go_through_part(test, round);
	}
	/* Of a heap that is broken nothing else can be said, and it stays. */
	if (torture_is_broken(&round->torture))
		return false;
	torture_drop_all(&round->torture);
	torture_fini(&round->torture);
	be_quiet(round);
	check_empty(test, round);
	KUNIT_EXPECT_EQ(test, atomic64_read(&round->fixture.heap.verify.wrong), 0);
	round->verdicts = atomic64_read(&round->fixture.heap.verify.checked);
	mheap_heap_fini(&round->fixture.heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&round->fixture.bodies), 0);
	return true;
}

static void everything_at_once(struct kunit *test)
{
	const u32 seed = setting("torture_seed", torture_seed) ?:
			 get_random_u32() % 1000000 + 1;
	const u32 seconds = setting("torture_seconds", torture_seconds);
	const unsigned long begin = jiffies;
	const unsigned long end = begin + seconds * HZ;
	struct round *round = kvzalloc(sizeof(*round), GFP_KERNEL);
	u64 operations = 0, refused = 0, collections = 0, verdicts = 0;
	u32 number = 0;
	bool go_on;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, round);
	kunit_info(test, "torture_seed=%u torture_seconds=%u torture_mutators=%u\n", seed,
		   seconds, setting("torture_mutators", torture_mutators));
	do {
		go_on = go_through_round(test, round, seed, number++);
		operations += torture_operations(&round->torture);
		refused += atomic64_read(&round->torture.refused);
		collections += atomic_long_read(&round->collections);
		verdicts += round->verdicts;
	} while (go_on && time_before(jiffies, end));
	kunit_info(test,
		   "torture: %llu operations, %llu collections, %llu verdicts checked, %llu refusals, %u heaps, %u s\n",
		   operations, collections, verdicts, refused, number,
		   jiffies_to_msecs(jiffies - begin) / 1000);
	if (go_on)
		kvfree(round);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(everything_at_once),
	{}
};

struct kunit_suite suite_torture = {
	.name = "mheap_torture",
	.test_cases = cases,
};
