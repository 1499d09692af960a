// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resize between every pair of interesting shapes.
 */
#include <unistd.h>

#include "act.h"
#include "fixture.h"
#include "harness.h"

static const u32 slot_counts[] = { 0, 1, 2, 64, 65, 254, 255, 256, 4500 };
static const u32 lengths[] = { 0, 1, 9, 16383, 16384, 16385, 65535, 65536, 70001 };
static const u32 types[] = { 0, 255, 256, ~0U };

static u8 pattern[80000], back[80000];

/* Slots alternate between the object itself, a leaf, and nothing. */
static u64 filled(struct fixture *f, const struct mheap_shape *shape, u64 leaf)
{
	u64 handle;
	u32 i;

	check_equal(act_new(f->session, shape, &handle), 0);
	for (i = 0; i < shape->slots; i += 1 + i / 10)
		link_to(f->session, handle, i, i % 3 == 0 ? handle : i % 3 == 1 ? leaf : 0);
	check_equal(act_write(f->session, handle, 0, pattern, shape->length), 0);
	return handle;
}

static void check_kept(struct fixture *f, u64 handle, u64 leaf, const struct mheap_shape *old,
		       u32 slots)
{
	u64 target, expected;
	u32 i, next = 0;

	for (i = 0; i < slots; i++) {
		expected = 0;
		if (i == next) {
			next += 1 + i / 10;
			if (i < old->slots)
				expected = i % 3 == 0 ? handle : i % 3 == 1 ? leaf : 0;
		}
		check_equal(act_load(f->session, handle, i, &target), 0);
		check_equal(!target, !expected);
		if (!target)
			continue;
		check_equal(act_same(f->session, target, expected), 1);
		drop(f->session, target);
	}
}

static void check_payload(struct fixture *f, u64 handle, u32 old, u32 length)
{
	u32 i;

	check_equal(act_read(f->session, handle, 0, back, sizeof(back)), length);
	check_equal(memcmp(back, pattern, min(old, length)), 0);
	for (i = old; i < length; i++)
		if (back[i])
			break;
	check(i >= length);
}

static void change(struct fixture *f, u64 leaf, const struct mheap_shape *old, u32 slots,
		   u32 length)
{
	const u64 handle = filled(f, old, leaf);
	struct mheap_object_figures figures;

	check_equal(act_resize(f->session, handle, slots, length), 0);
	act_info(f->session, handle, &figures);
	check_equal(figures.shape.type, old->type);
	check_equal(figures.shape.slots, slots);
	check_equal(figures.shape.length, length);
	check_equal(figures.tracked, slots > 0);
	check_kept(f, handle, leaf, old, slots);
	check_payload(f, handle, old->length, length);
	drop(f->session, handle);
	fixture_collect(f, 2);
	check_equal(fixture_objects(f), 1);
}

/* Everything to everything would take too long: slots and lengths by turns. */
static void from_shape_to_shape(void)
{
	struct mheap_shape old;
	unsigned int t, s, l, n;
	struct fixture f;
	u64 leaf;

	for (n = 0; n < sizeof(pattern); n++)
		pattern[n] = n * 5 + 1;
	fixture_begin(&f, 0);
	leaf = make(f.session, 0, 3);
	for (t = 0; t < ARRAY_SIZE(types); t++)
		for (s = 0; s < ARRAY_SIZE(slot_counts); s++)
			for (l = 0; l < ARRAY_SIZE(lengths); l++) {
				old = (struct mheap_shape){ types[t], slot_counts[s],
							    lengths[l], false };
				n = t + s + l;
				change(&f, leaf, &old, slot_counts[n % ARRAY_SIZE(slot_counts)],
				       old.length);
				change(&f, leaf, &old, old.slots, lengths[n % ARRAY_SIZE(lengths)]);
				change(&f, leaf, &old, slot_counts[(n + 3) % ARRAY_SIZE(slot_counts)],
				       lengths[(n * 5 + 1) % ARRAY_SIZE(lengths)]);
			}
	fixture_end(&f);
}

/* What is cut off may be all that held the object's own neighbours. */
static void what_is_cut_off_is_dropped(void)
{
	struct fixture f;
	u64 handle, other;

	fixture_begin(&f, 0);
	handle = make(f.session, 3, 8);
	other = make(f.session, 1, 8);
	link_to(f.session, handle, 2, other);
	drop(f.session, other);
	check_equal(act_resize(f.session, handle, 3, 100), 0);
	check_equal(fixture_objects(&f), 2);
	check_equal(act_resize(f.session, handle, 2, 100), 0);
	check_equal(fixture_objects(&f), 1);
	fixture_end(&f);
}

/* Its age stays, unless it was a leaf in between. */
static void generation_is_kept(void)
{
	struct fixture f;
	u64 handle;

	fixture_begin(&f, 0);
	handle = make(f.session, 1, 0);
	fixture_collect(&f, 0);
	act_resize(f.session, handle, 300, 0);
	check_equal(generation_of_handle(f.session, handle), 1);
	fixture_collect(&f, 1);
	act_resize(f.session, handle, 2, 70000);
	check_equal(generation_of_handle(f.session, handle), 2);
	act_resize(f.session, handle, 0, 0);
	act_resize(f.session, handle, 1, 0);
	check_equal(generation_of_handle(f.session, handle), 0);
	check_equal(fixture_collect(&f, 0).visited, 1);
	fixture_end(&f);
}

static void to_nothing_and_back(void)
{
	struct fixture f;
	u64 handle;
	int i;

	fixture_begin(&f, FIXTURE_SLAB);
	handle = make(f.session, 0, 0);
	for (i = 0; i < 100; i++) {
		check_equal(act_resize(f.session, handle, 2, 10), 0);
		check_equal(act_store(f.session, handle, 1, handle), 0);
		check_equal(act_resize(f.session, handle, 0, 0), 0);
	}
	drop(f.session, handle);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

/* A collection comes as far as the second block of the table, and waits there. */

static bool is_locked, go_on;

static bool has(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void *hold_second_block(void *argument)
{
	struct fixture *f = argument;
	spinlock_t *lock = &f->heap.table.directory->chunk[0]->lock[1];

	spin_lock(lock);
	__atomic_store_n(&is_locked, true, __ATOMIC_RELEASE);
	while (!has(&go_on))
		usleep(100);
	spin_unlock(lock);
	return NULL;
}

static void *collect_all(void *argument)
{
	fixture_collect(argument, MHEAP_OLDEST);
	return NULL;
}

/* A ring of one that nobody holds refers to the object. */
static u64 make_on_garbage(struct fixture *f)
{
	const u64 garbage = make(f->session, 2, 0);
	const u64 object = make(f->session, 1, 0);

	link_to(f->session, garbage, 0, garbage);
	link_to(f->session, garbage, 1, object);
	drop(f->session, garbage);
	return object;
}

static void without_slots_behind_the_census(void)
{
	pthread_t holder, collector;
	struct fixture f;
	u32 number;
	u64 object;

	fixture_begin(&f, 0);
	object = make_on_garbage(&f);
	number = number_of(f.session, object);
	check(mheap_block(number) == 0);
	__atomic_store_n(&is_locked, false, __ATOMIC_RELAXED);
	__atomic_store_n(&go_on, false, __ATOMIC_RELAXED);
	pthread_create(&holder, NULL, hold_second_block, &f);
	while (!has(&is_locked))
		usleep(100);
	pthread_create(&collector, NULL, collect_all, &f);
	while (!mheap_is_unreached(f.heap.table.directory->chunk[0], number))
		usleep(100);
	check_equal(act_resize(f.session, object, 0, 8), 0);
	drop(f.session, object);
	__atomic_store_n(&go_on, true, __ATOMIC_RELEASE);
	pthread_join(holder, NULL);
	pthread_join(collector, NULL);
	fixture_collect(&f, MHEAP_OLDEST);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "from shape to shape", from_shape_to_shape },
	{ "what is cut off is dropped", what_is_cut_off_is_dropped },
	{ "the generation is kept", generation_is_kept },
	{ "to nothing and back", to_nothing_and_back },
	{ "garbage loses its slots while it is collected", without_slots_behind_the_census },
	{}
};

const struct suite suite_resize = { "resize", tests };
