// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images: what is read is the heap as it was at one instant, whatever programs and
 * collections do meanwhile.
 *
 * SEED= repeats what is random.
 */
#include "act.h"
#include "fixture.h"
#include "harness.h"
#include "shot.h"
#include "source.h"

#define LARGE	(3 * MHEAP_IMAGE_PIECE + 7)

static u64 make_typed(struct fixture *f, u32 type, u32 slots, u32 length)
{
	const struct mheap_shape shape = { .type = type, .slots = slots, .length = length };
	u64 handle;

	check_equal(act_new(f->session, &shape, &handle), 0);
	return handle;
}

static void every_shape(void)
{
	static const struct {
		u32 type;
		u32 slots;
		u32 length;
	} shapes[] = {
		{ 0, 0, 0 }, { 255, 0, 0 }, { 256, 0, 0 }, { 1, 0, 65535 }, { 1, 0, 65536 },
		{ 2, 1, 0 }, { 3, 64, 9 }, { 300, 64, 9 }, { 4, 65, 0 }, { 5, LARGE, 100 },
		{ 6, MHEAP_IMAGE_PIECE, 0 }, { 7, MHEAP_IMAGE_PIECE + 1, 0 },
	};
	u64 handle[ARRAY_SIZE(shapes)];
	struct shot_object *object;
	struct fixture f;
	struct shot shot;
	u32 i;

	fixture_begin(&f, 0);
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		handle[i] = make_typed(&f, shapes[i].type, shapes[i].slots, shapes[i].length);
		if (shapes[i].slots) {
			link_to(f.session, handle[i], 0, handle[0]);
			link_to(f.session, handle[i], shapes[i].slots - 1, handle[i]);
		}
	}
	shot_take(&shot, &f.heap);
	shot_check_closed(&shot);
	check_equal(shot.objects, ARRAY_SIZE(shapes));
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		object = &shot.object[number_of(f.session, handle[i])];
		check(object->there && !object->dead);
		check_equal(object->shape.type, shapes[i].type);
		check_equal(object->shape.slots, shapes[i].slots);
		check_equal(object->shape.length, shapes[i].length);
		check(!object->shape.ephemeron);
		if (shapes[i].slots > 1) {
			check_equal(object->slot[0], number_of(f.session, handle[0]));
			check_equal(object->slot[shapes[i].slots - 1],
				    number_of(f.session, handle[i]));
		}
	}
	shot_end(&shot);
	fixture_end(&f);
}

static void empty_heap(void)
{
	struct fixture f;
	struct shot shot;

	fixture_begin(&f, 0);
	shot_take(&shot, &f.heap);
	check_equal(shot.objects, 0);
	shot_end(&shot);
	fixture_end(&f);
}

static void one_at_a_time(void)
{
	struct mheap_image image, other;
	struct fixture f;
	struct shot shot;

	fixture_begin(&f, 0);
	make(f.session, 1, 0);
	shot_begin(&shot);
	check_equal(mheap_image_begin(&image, &f.heap), 0);
	check_equal(mheap_image_begin(&other, &f.heap), -EBUSY);
	while (shot_read(&shot, &image) > 0)
		;
	/* Read to its end, it stands in nobody's way. */
	check_equal(mheap_image_begin(&other, &f.heap), 0);
	mheap_image_end(&other);
	mheap_image_end(&image);
	shot_end(&shot);
	fixture_end(&f);
}

/*
 * Two images of the same moment, one read at once, the other while and after things
 * change.
 */
struct comparison {
	struct mheap_image image;
	struct shot expected;
	struct shot shot;
};

static void begin_comparison(struct comparison *c, struct fixture *f)
{
	shot_take(&c->expected, &f->heap);
	shot_check_closed(&c->expected);
	shot_begin(&c->shot);
	check_equal(mheap_image_begin(&c->image, &f->heap), 0);
}

static void end_comparison(struct comparison *c)
{
	int more;

	do {
		more = shot_read(&c->shot, &c->image);
	} while (more > 0);
	check_equal(more, 0);
	mheap_image_end(&c->image);
	shot_check_same(&c->expected, &c->shot);
	shot_end(&c->expected);
	shot_end(&c->shot);
}

static void large_object(u64 (*change)(struct fixture *f, u64 large, u64 other), u32 pieces_first)
{
	struct comparison c;
	struct fixture f;
	u64 large, other;
	u32 i;

	fixture_begin(&f, 0);
	large = make(f.session, LARGE, 5);
	other = make(f.session, 1, 0);
	for (i = 0; i < LARGE; i += 100)
		link_to(f.session, large, i, i % 300 ? large : other);
	begin_comparison(&c, &f);
	for (i = 0; i < pieces_first; i++)
		shot_read(&c.shot, &c.image);
	large = change(&f, large, other);
	fixture_settle(&f);
	fixture_collect(&f, 2);
	/* Its number is used again. */
	for (i = 0; i < 100; i++)
		link_to(f.session, make(f.session, 200, 0), i, other);
	end_comparison(&c);
	fixture_end(&f);
}

static u64 overwrite(struct fixture *f, u64 large, u64 other)
{
	u32 i;

	for (i = 0; i < LARGE; i += 50)
		link_to(f->session, large, i, other);
	return large;
}

static u64 shorten(struct fixture *f, u64 large, u64 other)
{
	link_to(f->session, large, 100, other);
	check_equal(act_resize(f->session, large, 70, 5), 0);
	return large;
}

static u64 shorten_twice(struct fixture *f, u64 large, u64 other)
{
	check_equal(act_resize(f->session, large, LARGE - 5, 5), 0);
	check_equal(act_resize(f->session, large, 0, 0), 0);
	return large;
}

static u64 lengthen(struct fixture *f, u64 large, u64 other)
{
	check_equal(act_resize(f->session, large, 10 * LARGE, 5), 0);
	link_to(f->session, large, 9 * LARGE, other);
	link_to(f->session, large, 100, other);
	return large;
}

/* It holds itself: only a collection frees it. */
static u64 lose(struct fixture *f, u64 large, u64 other)
{
	drop(f->session, large);
	return 0;
}

/* It dies by its count, and is emptied piece by piece. */
static u64 release(struct fixture *f, u64 large, u64 other)
{
	u32 i;

	for (i = 0; i < LARGE; i += 100)
		if (i % 300)
			link_to(f->session, large, i, 0);
	drop(f->session, large);
	return 0;
}

static void large_objects(void)
{
	u64 (*const change[])(struct fixture *f, u64 large, u64 other) = {
		overwrite, shorten, shorten_twice, lengthen, lose, release,
	};
	u32 i, pieces;

	for (i = 0; i < ARRAY_SIZE(change); i++)
		for (pieces = 0; pieces < 4; pieces++)
			large_object(change[i], pieces);
}

/* Values that leave their ephemerons in each of the ways there are. */
static void ephemerons(void)
{
	const struct mheap_shape shape = { .slots = 2, .ephemeron = true };
	u64 ephemeron[4], key[4], value[4];
	struct comparison c;
	struct fixture f;
	u32 i, read;

	for (read = 0; read < 2; read++) {
		fixture_begin(&f, FIXTURE_VERIFY);
		for (i = 0; i < 4; i++) {
			check_equal(act_new(f.session, &shape, &ephemeron[i]), 0);
			key[i] = make(f.session, 1, 0);
			value[i] = make(f.session, 1, 0);
			link_to(f.session, ephemeron[i], 0, key[i]);
			link_to(f.session, ephemeron[i], 1, value[i]);
		}
		link_to(f.session, value[3], 0, key[3]);
		begin_comparison(&c, &f);
		check(c.expected.object[number_of(f.session, ephemeron[0])].shape.ephemeron);
		if (read)
			shot_read(&c.shot, &c.image);
		link_to(f.session, ephemeron[0], 1, 0);
		link_to(f.session, ephemeron[1], 0, key[0]);
		for (i = 0; i < 4; i++)
			drop(f.session, value[i]);
		drop(f.session, key[2]);
		drop(f.session, key[3]);
		fixture_settle(&f);
		check_equal(fixture_collect(&f, 2).freed, 2);
		link_to(f.session, ephemeron[2], 0, key[0]);
		link_to(f.session, ephemeron[2], 1, key[1]);
		end_comparison(&c);
		fixture_end(&f);
	}
}

/* The dead that wait for the worker are in it, with what is still in their slots. */
static void dead_objects(void)
{
	struct comparison c;
	struct fixture f;
	u64 tree, child;
	u32 i, j;

	fixture_begin(&f, 0);
	tree = make(f.session, 1000, 0);
	for (i = 0; i < 1000; i++) {
		child = make(f.session, 3, 0);
		for (j = 0; j < 3; j++)
			link_to(f.session, child, j, child);
		link_to(f.session, tree, i, child);
		drop(f.session, child);
	}
	drop(f.session, tree);
	check(mheap_release_pending(&f.heap));
	begin_comparison(&c, &f);
	check(c.expected.object[1].there && c.expected.object[1].dead);
	shot_read(&c.shot, &c.image);
	fixture_settle(&f);
	fixture_collect(&f, 2);
	end_comparison(&c);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

#define HANDLES		64U

static void random_shape(struct source *source, struct mheap_shape *shape)
{
	shape->type = pick(source, 2) ? pick(source, 256) : pick(source, 100000);
	shape->slots = once_in(source, 20) ? pick(source, LARGE) : pick(source, 6);
	shape->length = pick(source, 20);
}

static void random_step(struct fixture *f, struct source *source, u64 handle[HANDLES])
{
	u64 *one = &handle[pick(source, HANDLES)];
	u64 *two = &handle[pick(source, HANDLES)];
	struct mheap_object_figures figures;
	struct mheap_shape shape = {};

	if (!*one || once_in(source, 4)) {
		if (*one)
			drop(f->session, *one);
		random_shape(source, &shape);
		check_equal(act_new(f->session, &shape, one), 0);
		return;
	}
	check_equal(act_info(f->session, *one, &figures), 0);
	if (once_in(source, 20)) {
		random_shape(source, &shape);
		check_equal(act_resize(f->session, *one, shape.slots, shape.length), 0);
	} else if (figures.shape.slots) {
		link_to(f->session, *one, pick(source, figures.shape.slots), *two);
	}
	if (once_in(source, 100))
		fixture_collect(f, pick(source, 3));
	if (once_in(source, 50))
		fixture_settle(f);
}

static void beside_random_changes(void)
{
	struct source source = source_of_seed(setting("SEED", 1));
	u64 handle[HANDLES] = {};
	struct comparison c;
	struct fixture f;
	u32 round, step;

	fixture_begin(&f, FIXTURE_VERIFY);
	for (round = 0; round < 40 && !check_failed(); round++) {
		for (step = 0; step < 400; step++)
			random_step(&f, &source, handle);
		begin_comparison(&c, &f);
		for (step = 0; step < 400; step++) {
			random_step(&f, &source, handle);
			if (once_in(&source, 1 + round))
				shot_read(&c.shot, &c.image);
		}
		end_comparison(&c);
	}
	fixture_end(&f);
}

/* What a failing allocation does: there is no image, and the heap is as it should be. */
static void without_memory(void)
{
	struct source source = source_of_seed(2);
	u64 handle[HANDLES] = {};
	struct mheap_image image;
	u32 step, fail, lost = 0;
	struct fixture f;
	struct shot shot;
	int more;

	fixture_begin(&f, FIXTURE_VERIFY);
	for (fail = 1; fail < 30; fail++) {
		for (step = 0; step < 300; step++)
			random_step(&f, &source, handle);
		shot_begin(&shot);
		port_fail_at = fail < 4 ? port_allocations + fail : 0;
		more = mheap_image_begin(&image, &f.heap);
		if (fail < 3) {
			check_equal(more, -ENOMEM);
			port_fail_at = 0;
			shot_end(&shot);
			continue;
		}
		check_equal(more, 0);
		/* Nothing but what the image needs: stores, and drops. */
		port_fail_at = port_allocations + fail - 2;
		for (step = 0; step < HANDLES; step++)
			if (handle[step] && pick(&source, 2)) {
				drop(f.session, handle[step]);
				handle[step] = 0;
			}
		mheap_release_continue(&f.heap);
		do {
			more = shot_read(&shot, &image);
		} while (more > 0);
		port_fail_at = 0;
		check(more == 0 || more == -ENOMEM);
		lost += more < 0;
		/* It stays so. */
		if (more)
			check_equal(shot_read(&shot, &image), -ENOMEM);
		mheap_image_end(&image);
		shot_end(&shot);
	}
	check(lost);
	shot_take(&shot, &f.heap);
	shot_check_closed(&shot);
	shot_end(&shot);
	fixture_collect(&f, 2);
	fixture_end(&f);
}

/*
 * Tokens on cells: each thread has one in hand, and exchanges it, in one operation,
 * for that of a cell. So at any instant no token is on two cells, and as many are on
 * none as there are threads.
 */
#define CELLS		4096U
#define PER_CELL	4U
#define TRADERS		3U

struct trade {
	struct fixture f;
	u64 cell[FIXTURE_SESSIONS][CELLS];
	u64 seed;
	u32 tokens;
	bool stop;
};

struct trader {
	struct trade *trade;
	u32 number;
};

static void *exchange(void *argument)
{
	const struct trader *trader = argument;
	struct trade *trade = trader->trade;
	struct mheap_session *session = &trade->f.session[trader->number];
	struct source source = source_of_seed(trade->seed + trader->number);
	u64 hand, other, lost;

	check_equal(act_lookup(session, &trader->number, 4, &hand), 0);
	check_equal(act_unpublish(session, &trader->number, 4), 0);
	while (!READ_ONCE(trade->stop)) {
		check_equal(act_swap(session, trade->cell[trader->number][pick(&source, CELLS)],
				     pick(&source, PER_CELL), hand, &other), 0);
		drop(session, hand);
		hand = other;
		/* Something for the collector and for numbers to be used again. */
		if (once_in(&source, 8)) {
			lost = make(session, 2, 8);
			link_to(session, lost, 0, lost);
			drop(session, lost);
		}
	}
	return NULL;
}

static void make_cells(struct trade *trade)
{
	struct mheap_session *session = trade->f.session;
	char name[8] = "cell";
	u64 token;
	u32 i, t;

	for (i = 0; i < CELLS; i++) {
		trade->cell[0][i] = make(session, i % 500 ? PER_CELL : LARGE, 0);
		memcpy(name + 4, &i, 4);
		check_equal(act_publish(session, name, 8, trade->cell[0][i], false), 0);
		for (t = 1; t <= TRADERS; t++)
			check_equal(act_lookup(&trade->f.session[t], name, 8,
					       &trade->cell[t][i]), 0);
	}
	for (i = 0; i < CELLS * PER_CELL + TRADERS; i++) {
		const struct mheap_shape shape = { .type = 77 };

		check_equal(act_new(session, &shape, &token), 0);
		if (i < CELLS * PER_CELL) {
			link_to(session, trade->cell[0][i / PER_CELL], i % PER_CELL, token);
		} else {
			t = i - CELLS * PER_CELL + 1;
			check_equal(act_publish(session, &t, 4, token, false), 0);
		}
		drop(session, token);
	}
}

static void check_tokens(struct trade *trade, struct shot *shot)
{
	const struct shot_object *object;
	u32 i, j, on = 0, tokens = 0;
	u8 *seen = calloc(shot->room, 1);

	for (i = 0; i < shot->room; i++) {
		object = &shot->object[i];
		tokens += object->there && object->shape.type == 77;
		for (j = 0; object->there && j < object->shape.slots; j++) {
			if (!object->slot[j] ||
			    shot->object[object->slot[j]].shape.type != 77)
				continue;
			check(!seen[object->slot[j]]);
			seen[object->slot[j]] = 1;
			on++;
		}
	}
	check_equal(tokens, CELLS * PER_CELL + TRADERS);
	check_equal(on, CELLS * PER_CELL);
	free(seen);
}

static void beside_threads(void)
{
	static struct trade trade;
	struct trader trader[TRADERS];
	pthread_t thread[TRADERS];
	struct shot shot;
	u32 t, i;

	memset(&trade, 0, sizeof(trade));
	trade.seed = setting("SEED", 1);
	fixture_begin(&trade.f, FIXTURE_SLAB | FIXTURE_AUTO | FIXTURE_WORKER);
	for (t = 1; t <= TRADERS; t++)
		fixture_open(&trade.f, t);
	make_cells(&trade);
	for (t = 0; t < TRADERS; t++) {
		trader[t] = (struct trader){ &trade, t + 1 };
		pthread_create(&thread[t], NULL, exchange, &trader[t]);
	}
	for (i = 0; i < 12 && !check_failed(); i++) {
		shot_take(&shot, &trade.f.heap);
		shot_check_closed(&shot);
		check_tokens(&trade, &shot);
		shot_end(&shot);
	}
	WRITE_ONCE(trade.stop, true);
	for (t = 0; t < TRADERS; t++)
		pthread_join(thread[t], NULL);
	fixture_end(&trade.f);
}

static const struct test tests[] = {
	{ "an empty heap", empty_heap },
	{ "objects of every shape", every_shape },
	{ "one at a time", one_at_a_time },
	{ "large objects that change, die or are replaced", large_objects },
	{ "the dead that wait for the worker", dead_objects },
	{ "values that leave their ephemerons", ephemerons },
	{ "random changes meanwhile do not show", beside_random_changes },
	{ "without memory there is no image, and no harm", without_memory },
	{ "threads exchange tokens: each is seen once", beside_threads },
	{}
};

const struct suite suite_image = { "image", tests };
