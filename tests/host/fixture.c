// SPDX-License-Identifier: GPL-2.0-only
#include "debug_allocator.h"
#include "exact.h"
#include "fixture.h"
#include "harness.h"

static void want_collect(struct mheap_heap *heap)
{
	struct fixture *fixture = container_of(heap, struct fixture, heap);

	pthread_mutex_lock(&fixture->lock);
	fixture->collect_wanted = true;
	fixture->collections++;
	pthread_cond_signal(&fixture->wake);
	pthread_mutex_unlock(&fixture->lock);
}

static void want_release(struct mheap_heap *heap)
{
	struct fixture *fixture = container_of(heap, struct fixture, heap);

	pthread_mutex_lock(&fixture->lock);
	fixture->release_wanted = true;
	pthread_cond_signal(&fixture->wake);
	pthread_mutex_unlock(&fixture->lock);
}

static void released(struct mheap_heap *heap)
{
	struct fixture *fixture = container_of(heap, struct fixture, heap);

	__atomic_add_fetch(&fixture->releases, 1, __ATOMIC_RELAXED);
}

static void event(struct mheap_heap *heap)
{
	struct fixture *fixture = container_of(heap, struct fixture, heap);

	__atomic_add_fetch(&fixture->events, 1, __ATOMIC_RELAXED);
}

static void limit(struct mheap_heap *heap, enum mheap_limit which, u64 used, u64 limit)
{
	struct fixture *fixture = container_of(heap, struct fixture, heap);

	__atomic_add_fetch(&fixture->limits_told, 1, __ATOMIC_RELAXED);
}

static void collected(struct mheap_heap *heap, const struct mheap_collection *collection)
{
	struct fixture *fixture = container_of(heap, struct fixture, heap);

	fixture->reported = *collection;
	fixture->reports++;
}

static void want_shrink(struct mheap_heap *heap)
{
	struct fixture *fixture = container_of(heap, struct fixture, heap);

	__atomic_add_fetch(&fixture->shrinks, 1, __ATOMIC_RELAXED);
}

static const struct mheap_heap_ops fixture_ops = {
	.collect = want_collect,
	.release = want_release,
	.released = released,
	.event = event,
	.limit = limit,
	.collected = collected,
	.shrink = want_shrink,
};

static void no_site(struct mheap_debug_site *site)
{
	memset(site, 0, sizeof(*site));
}

static void found(const struct mheap_debug_report *report)
{
	note("debug allocator: %s, byte %ld of %zu", mheap_debug_kind(report->kind),
	     report->offset, report->size);
	check(!"the heap damages bodies");
}

static const struct mheap_debug_hooks debug_hooks = { .site = no_site, .report = found };

/* Return: 0 or -ENOMEM. */
static int make_allocator(struct fixture *fixture)
{
	if (fixture->flags & FIXTURE_DEBUG) {
		fixture->pattern = mheap_debug_create(&debug_hooks);
		if (IS_ERR(fixture->pattern))
			return -ENOMEM;
		fixture->allocator = fixture->pattern->ops->open(fixture->pattern);
		if (!IS_ERR(fixture->allocator))
			return 0;
		mheap_debug_destroy(fixture->pattern);
		return -ENOMEM;
	}
	fixture->allocator = fixture->flags & FIXTURE_SLAB ? mheap_slab_create() : exact_create();
	return IS_ERR(fixture->allocator) ? PTR_ERR(fixture->allocator) : 0;
}

static void destroy_allocator(struct fixture *fixture)
{
	if (fixture->flags & FIXTURE_DEBUG) {
		fixture->allocator->ops->close(fixture->allocator);
		mheap_debug_destroy(fixture->pattern);
	} else if (fixture->flags & FIXTURE_SLAB) {
		mheap_slab_destroy(fixture->allocator);
	} else {
		exact_destroy(fixture->allocator);
	}
}

/* Do what was asked for. Return: false if nothing was. */
static bool work_once(struct fixture *fixture)
{
	bool collect, release;

	pthread_mutex_lock(&fixture->lock);
	collect = fixture->collect_wanted;
	release = fixture->release_wanted;
	fixture->collect_wanted = false;
	fixture->release_wanted = false;
	pthread_mutex_unlock(&fixture->lock);
	if (collect)
		mheap_collect_due(&fixture->heap);
	if (release)
		mheap_release_continue(&fixture->heap);
	return collect || release;
}

void fixture_work(struct fixture *fixture)
{
	while (work_once(fixture))
		;
}

/* Sleep until there is something to do. Return: false at the end. */
static bool wait_for_work(struct fixture *fixture)
{
	bool go_on;

	pthread_mutex_lock(&fixture->lock);
	while (!fixture->stop && !fixture->collect_wanted && !fixture->release_wanted) {
		fixture->idle = true;
		pthread_cond_broadcast(&fixture->slept);
		pthread_cond_wait(&fixture->wake, &fixture->lock);
	}
	fixture->idle = false;
	go_on = !fixture->stop;
	pthread_mutex_unlock(&fixture->lock);
	return go_on;
}

static void *worker(void *argument)
{
	struct fixture *fixture = argument;

	while (wait_for_work(fixture))
		work_once(fixture);
	return NULL;
}

int fixture_try_begin(struct fixture *fixture, unsigned int flags)
{
	struct mheap_heap_config config = {
		.ops = &fixture_ops,
		.generations = { .threshold = { 700, 10, 10 }, .enabled = flags & FIXTURE_AUTO },
		.finalizers_max = MHEAP_FINALIZERS_MAX_DEFAULT,
		.verify = flags & FIXTURE_VERIFY,
	};

	memset(fixture, 0, sizeof(*fixture));
	fixture->flags = flags;
	if (make_allocator(fixture))
		return -ENOMEM;
	config.allocator = fixture->allocator;
	if (mheap_heap_init(&fixture->heap, &config)) {
		destroy_allocator(fixture);
		return -ENOMEM;
	}
	pthread_mutex_init(&fixture->lock, NULL);
	pthread_cond_init(&fixture->wake, NULL);
	pthread_cond_init(&fixture->slept, NULL);
	fixture_open(fixture, 0);
	if (flags & FIXTURE_WORKER)
		pthread_create(&fixture->worker, NULL, worker, fixture);
	return 0;
}

void fixture_begin(struct fixture *fixture, unsigned int flags)
{
	const int error = fixture_try_begin(fixture, flags);

	assert(!error);
	(void)error;
}

static void stop_worker(struct fixture *fixture)
{
	if (!(fixture->flags & FIXTURE_WORKER))
		return;
	pthread_mutex_lock(&fixture->lock);
	fixture->stop = true;
	pthread_cond_signal(&fixture->wake);
	pthread_mutex_unlock(&fixture->lock);
	pthread_join(fixture->worker, NULL);
}

void fixture_end(struct fixture *fixture)
{
	unsigned int i;

	for (i = 0; i < FIXTURE_SESSIONS; i++)
		if (fixture->is_open[i])
			fixture_close(fixture, i);
	stop_worker(fixture);
	check_equal(atomic_read(&fixture->heap.sessions), 0);
	if (fixture->flags & FIXTURE_VERIFY)
		check_equal(atomic64_read(&fixture->heap.verify.wrong), 0);
	mheap_heap_fini(&fixture->heap);
	destroy_allocator(fixture);
	pthread_mutex_destroy(&fixture->lock);
	pthread_cond_destroy(&fixture->wake);
	pthread_cond_destroy(&fixture->slept);
}

struct mheap_session *fixture_open(struct fixture *fixture, unsigned int number)
{
	u32 serial;

	pthread_mutex_lock(&fixture->lock);
	serial = fixture->serial % MHEAP_HANDLE_SERIAL_MAX + 1;
	fixture->serial = serial;
	pthread_mutex_unlock(&fixture->lock);
	mheap_session_init(&fixture->session[number], &fixture->heap, serial,
			   serial * 0x9e3779b9U);
	fixture->is_open[number] = true;
	return &fixture->session[number];
}

void fixture_close(struct fixture *fixture, unsigned int number)
{
	mheap_session_fini(&fixture->session[number]);
	fixture->is_open[number] = false;
}

/* Wait until no release is under way. */
void fixture_settle(struct fixture *fixture)
{
	if (!(fixture->flags & FIXTURE_WORKER)) {
		mheap_release_continue(&fixture->heap);
		fixture->release_wanted = false;
		return;
	}
	pthread_mutex_lock(&fixture->lock);
	while (!fixture->idle || fixture->collect_wanted || fixture->release_wanted)
		pthread_cond_wait(&fixture->slept, &fixture->lock);
	pthread_mutex_unlock(&fixture->lock);
	check(!mheap_release_pending(&fixture->heap));
}

struct mheap_collection fixture_collect(struct fixture *fixture, u32 generation)
{
	struct mheap_collection collection;

	check_equal(mheap_collect(&fixture->heap, generation, &collection), 0);
	return collection;
}

u64 fixture_objects(struct fixture *fixture)
{
	struct mheap_heap_figures figures;

	mheap_heap_figures(&fixture->heap, &figures);
	return figures.objects;
}
