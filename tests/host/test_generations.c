// SPDX-License-Identifier: GPL-2.0-only
/*
 * When which generation is collected, against CPython's rule written down again:
 *
 *	for i in 2, 1, 0:
 *		if count[i] > threshold[i]:
 *			if i == 2 and long_lived_pending < long_lived_total / 4:
 *				continue
 *			collect i
 *			break
 *
 * asked when count[0] exceeds a threshold[0] that is not zero.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"
#include "source.h"

/* As CPython names them. */
struct rule {
	long count[3];
	long threshold[3];
	long long_lived_pending;
	long long_lived_total;
	bool enabled;
};

static int rule_due(const struct rule *rule)
{
	int i;

	if (!rule->enabled || !rule->threshold[0] || rule->count[0] <= rule->threshold[0])
		return -1;
	for (i = 2; i >= 0; i--) {
		if (rule->count[i] <= rule->threshold[i])
			continue;
		if (i == 2 && rule->long_lived_pending < rule->long_lived_total / 4)
			continue;
		return i;
	}
	return -1;
}

static void rule_collect(struct rule *rule, int generation, long visited, long freed,
			 long promoted)
{
	int i;

	for (i = 0; i <= generation; i++)
		rule->count[i] = 0;
	if (generation < 2)
		rule->count[generation + 1]++;
	if (generation == 2) {
		rule->long_lived_pending = 0;
		rule->long_lived_total = visited - freed;
	} else {
		rule->long_lived_pending += promoted;
	}
}

static void rule_born(struct rule *rule, long change)
{
	rule->count[0] += change;
	if (rule->count[0] < 0)
		rule->count[0] = 0;
}

static void both_collect(struct source *source, struct mheap_generations *generations,
			 struct rule *rule, int generation)
{
	struct mheap_collection collection = {
		.generation = generation,
		.visited = pick(source, 3000),
		.promoted = generation == 1 ? pick(source, 500) : 0,
	};

	collection.freed = pick(source, collection.visited + 1);
	collection.unreachable = collection.freed;
	mheap_generations_begin(generations, generation);
	mheap_generations_end(generations, &collection);
	rule_collect(rule, generation, collection.visited, collection.freed,
		     collection.promoted);
}

static void both_set(struct source *source, struct mheap_generations *generations,
		     struct rule *rule)
{
	const u32 threshold[3] = { pick(source, 60), pick(source, 5), pick(source, 5) };
	int i;

	check_equal(mheap_generations_set_threshold(generations, threshold), 0);
	for (i = 0; i < 3; i++)
		rule->threshold[i] = threshold[i];
	rule->enabled = !once_in(source, 5);
	WRITE_ONCE(generations->enabled, rule->enabled);
}

static void both_born(struct source *source, struct mheap_generations *generations,
		      struct rule *rule)
{
	const long change = (long)pick(source, 40) - 14;
	bool due;

	due = mheap_generations_born(generations, change);
	rule_born(rule, change);
	check_equal(due, rule->enabled && rule->threshold[0] &&
			 rule->count[0] > rule->threshold[0]);
}

static void compare(struct mheap_generations *generations, const struct rule *rule)
{
	u32 count[3], threshold[3];
	int i;

	mheap_generations_get_count(generations, count);
	mheap_generations_get_threshold(generations, threshold);
	for (i = 0; i < 3; i++) {
		check_equal(count[i], rule->count[i]);
		check_equal(threshold[i], rule->threshold[i]);
	}
	check_equal(generations->old_pending, rule->long_lived_pending);
	check_equal(generations->old_total, rule->long_lived_total);
}

static void the_rule_is_cpythons(void)
{
	struct source source = source_of_seed(setting("SEED", 20));
	struct mheap_generation_config config = { .threshold = { 700, 10, 10 }, .enabled = true };
	struct rule rule = { .threshold = { 700, 10, 10 }, .enabled = true };
	struct mheap_generations generations;
	int times[4] = {};
	int i, due;

	mheap_generations_init(&generations, &config);
	for (i = 0; i < 200000 && !check_failed(); i++) {
		if (once_in(&source, 300))
			both_set(&source, &generations, &rule);
		both_born(&source, &generations, &rule);
		due = mheap_generations_due(&generations);
		check_equal(due, rule_due(&rule));
		times[due + 1]++;
		if (due >= 0)
			both_collect(&source, &generations, &rule, due);
		else if (once_in(&source, 500))
			both_collect(&source, &generations, &rule, pick(&source, 3));
		compare(&generations, &rule);
	}
	for (i = 0; i < 4; i++)
		check(times[i] > 100);
}

static void thresholds_are_checked(void)
{
	static const u32 good[3] = { 0x7fffffff, 0, 0x7fffffff };
	struct mheap_generation_config config = { .threshold = { 1, 2, 3 } };
	struct mheap_generations generations;
	u32 bad[3], now[3];
	int i;

	mheap_generations_init(&generations, &config);
	for (i = 0; i < 3; i++) {
		memset(bad, 0, sizeof(bad));
		bad[i] = 0x80000000;
		check_equal(mheap_generations_set_threshold(&generations, bad), -EINVAL);
		bad[i] = ~0U;
		check_equal(mheap_generations_set_threshold(&generations, bad), -EINVAL);
		mheap_generations_get_threshold(&generations, now);
		check(now[0] == 1 && now[1] == 2 && now[2] == 3);
	}
	check_equal(mheap_generations_set_threshold(&generations, good), 0);
	mheap_generations_get_threshold(&generations, now);
	check(now[0] == good[0] && now[1] == good[1] && now[2] == good[2]);
}

/*
 * Everything lives: the collections that CPython would do for so many objects,
 * one by one.
 */
static void collections_of_a_growing_heap(void)
{
	const u32 count = 200000;
	struct rule rule = { .threshold = { 700, 10, 10 }, .enabled = true };
	struct mheap_generation_figures figures[3];
	long in[3] = {}, done[3] = {};
	struct fixture f;
	int generation;
	u32 i;

	fixture_begin(&f, FIXTURE_AUTO);
	for (i = 0; i < count; i++) {
		make(f.session, 1, 0);
		fixture_work(&f);
		rule_born(&rule, 1);
		in[0]++;
		generation = rule_due(&rule);
		if (generation < 0)
			continue;
		done[generation]++;
		rule_collect(&rule, generation, in[0] + in[1] + in[2], 0,
			     generation == 1 ? in[0] + in[1] : 0);
		if (generation == 0) {
			in[1] += in[0];
		} else {
			in[2] += in[0] + in[1];
			in[1] = 0;
		}
		in[0] = 0;
	}
	mheap_generations_get_figures(&f.heap.generations, figures);
	for (i = 0; i < 3; i++) {
		check_equal(figures[i].collections, done[i]);
		check(done[i] > 0);
	}
	compare(&f.heap.generations, &rule);
	fixture_end(&f);
}

static void statistics_add_up(void)
{
	struct mheap_generation_figures figures[3];
	struct mheap_collection done;
	u64 visited = 0, freed = 0, nanoseconds = 0, longest = 0;
	struct fixture f;
	u64 loop;
	int i;

	fixture_begin(&f, 0);
	for (i = 0; i < 50; i++) {
		loop = make(f.session, 1, 0);
		link_to(f.session, loop, 0, loop);
		if (i % 3)
			drop(f.session, loop);
		done = fixture_collect(&f, 1);
		visited += done.visited;
		freed += done.freed;
		nanoseconds += done.nanoseconds;
		longest = max(longest, done.nanoseconds);
	}
	mheap_generations_get_figures(&f.heap.generations, figures);
	check_equal(figures[1].collections, 50);
	check_equal(figures[1].visited, visited);
	check_equal(figures[1].collected, freed);
	check_equal(figures[1].nanoseconds, nanoseconds);
	check_equal(figures[1].longest, longest);
	check_equal(figures[0].collections + figures[2].collections, 0);
	fixture_end(&f);
}

/* What refers to itself from far behind is garbage to a young collection, too. */
static void wide_garbage_is_young(void)
{
	struct fixture f;
	u64 object;

	fixture_begin(&f, 0);
	object = make(f.session, 1000, 0);
	link_to(f.session, object, 0, object);
	link_to(f.session, object, 999, object);
	drop(f.session, object);
	check_equal(fixture_collect(&f, 0).freed, 1);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "the rule is CPython's", the_rule_is_cpythons },
	{ "thresholds are checked, all or none", thresholds_are_checked },
	{ "collections of a growing heap", collections_of_a_growing_heap },
	{ "statistics add up", statistics_add_up },
	{ "wide garbage is found young", wide_garbage_is_young },
	{}
};

const struct suite suite_generations = { "generations", tests };
