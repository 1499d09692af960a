// SPDX-License-Identifier: GPL-2.0-only
/*
 * A heap for a test.
 */
#include <linux/slab.h>

#include "core/finalizer.h"
#include "fixture.h"

static void *body_alloc(struct mheap_allocator *allocator, size_t size)
{
	struct fixture *f = container_of(allocator, struct fixture, allocator);
	const u32 one_in = f->fail_one_in;
	void *body = NULL;

	if (one_in && (u32)atomic_inc_return(&f->asked) % one_in == 0)
		return NULL;
	if (!READ_ONCE(f->fail_bodies))
		body = kvzalloc(size, GFP_KERNEL);
	if (body)
		atomic_inc(&f->bodies);
	return body;
}

static void body_free(struct mheap_allocator *allocator, void *body, size_t size)
{
	struct fixture *f = container_of(allocator, struct fixture, allocator);

	kvfree(body);
	atomic_dec(&f->bodies);
}

static size_t body_charge(const struct mheap_allocator *allocator, size_t size)
{
	return size;
}

static const struct mheap_allocator_ops body_ops = {
	.name = "kunit",
	.alloc = body_alloc,
	.free = body_free,
	.charge = body_charge,
};

static void note_collect(struct mheap_heap *heap)
{
	WRITE_ONCE(container_of(heap, struct fixture, heap)->collect_wanted, true);
}

static void note_release(struct mheap_heap *heap)
{
	WRITE_ONCE(container_of(heap, struct fixture, heap)->release_wanted, true);
}

static void note_nothing(struct mheap_heap *heap)
{
}

static const struct mheap_heap_ops heap_ops = {
	.collect = note_collect,
	.release = note_release,
	.released = note_nothing,
	.event = note_nothing,
};

/* A heap without sessions. Return: 0 or -ENOMEM. */
int fixture_begin(struct fixture *f)
{
	const struct mheap_heap_config config = {
		.allocator = &f->allocator,
		.ops = &heap_ops,
		.generations = { .threshold = { 700, 10, 10 }, .enabled = true },
		.finalizers_max = MHEAP_FINALIZERS_MAX_DEFAULT,
	};

	memset(f, 0, sizeof(*f));
	f->allocator.ops = &body_ops;
	return mheap_heap_init(&f->heap, &config);
}

int fixture_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	u32 i;

	if (torture_only())
		kunit_skip(test, "not asked for");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	KUNIT_ASSERT_EQ(test, fixture_begin(f), 0);
	test->priv = f;
	for (i = 0; i < ARRAY_SIZE(f->session); i++)
		mheap_session_init(&f->session[i], &f->heap, i + 1, 7 * i);
	return 0;
}

void fixture_exit(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	if (!f)
		return;
	for (i = 0; i < ARRAY_SIZE(f->session); i++)
		mheap_session_fini(&f->session[i]);
	mheap_heap_fini(&f->heap);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->bodies), 0);
}

static struct mheap_session *enter(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, mheap_session_enter(&f->session[0]), 0);
	return &f->session[0];
}

u64 make(struct kunit *test, u32 slots, u32 length)
{
	const struct mheap_shape shape = { .type = 1, .slots = slots, .length = length };
	struct mheap_session *session = enter(test);
	u64 handle = 0;
	u32 object;
	int error;

	error = mheap_object_new(session, &shape, &object);
	if (!error)
		error = mheap_session_hold(session, object, &handle);
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, error, 0);
	return handle;
}

void link_to(struct kunit *test, u64 from, u32 slot, u64 to)
{
	struct mheap_session *session = enter(test);
	u32 object, target = 0;
	int error;

	error = mheap_session_find(session, from, &object);
	if (!error && to)
		error = mheap_session_find(session, to, &target);
	if (!error)
		error = mheap_object_store(session, object, slot, target);
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, error, 0);
}

void drop(struct kunit *test, u64 handle)
{
	struct mheap_session *session = enter(test);
	int error = mheap_session_drop(session, handle);

	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, error, 0);
}

u64 weak_to(struct kunit *test, u64 handle)
{
	struct mheap_session *session = enter(test);
	u64 weak = 0;
	u32 object;
	int error;

	error = mheap_session_find(session, handle, &object);
	if (!error)
		error = mheap_session_weak(session, object, &weak);
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, error, 0);
	return weak;
}

bool is_alive(struct kunit *test, u64 weak)
{
	struct mheap_session *session = enter(test);
	u32 object;
	int error;

	error = mheap_session_upgrade(session, weak, &object);
	if (!error)
		mheap_object_put(session, object);
	mheap_session_leave(session);
	KUNIT_EXPECT_TRUE(test, error == 0 || error == -ENOENT);
	return !error;
}

struct mheap_object_figures figures_of(struct kunit *test, u64 handle)
{
	struct mheap_object_figures figures = {};
	struct mheap_session *session = enter(test);
	u32 object;
	int error;

	error = mheap_session_find(session, handle, &object);
	if (!error)
		mheap_object_figures(session, object, &figures);
	mheap_session_leave(session);
	KUNIT_EXPECT_EQ(test, error, 0);
	return figures;
}

struct mheap_collection collect(struct kunit *test, u32 generation)
{
	struct fixture *f = test->priv;
	struct mheap_collection collection = {};

	KUNIT_EXPECT_EQ(test, mheap_collect(&f->heap, generation, &collection), 0);
	return collection;
}

void settle(struct kunit *test)
{
	struct fixture *f = test->priv;

	mheap_release_continue(&f->heap);
	KUNIT_EXPECT_FALSE(test, mheap_release_pending(&f->heap));
}

u64 objects(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct mheap_heap_figures figures;

	mheap_heap_figures(&f->heap, &figures);
	return figures.objects;
}

void set_threshold(struct kunit *test, u32 first, u32 second, u32 third)
{
	const u32 threshold[] = { first, second, third };
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, mheap_generations_set_threshold(&f->heap.generations, threshold),
			0);
}
