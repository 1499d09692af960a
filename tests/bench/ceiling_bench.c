// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ceiling benchmark: a producer that makes cycles at full speed, beside an
 * innocent session of the same heap and one of another heap.
 *
 *	ceiling_bench OBJECTS SECONDS
 *
 * Prints JSON, one object: how much memory the heap took at most beyond its
 * ceiling, and how long operations of the innocents took while all was quiet and
 * while the producer was at work. The heap has OBJECTS alive.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"
#include "heap.h"
#include "object.h"
#include "release.h"
#include "session.h"

#include "spread.h"

#define PERCENT		50U
#define OWN		64U	/* objects that an innocent works on */
#define BODY		100U	/* bytes of payload of the producer's objects */

/**
 * struct arena - a heap and who does what it asks for
 * @heap: the heap
 * @worker: a thread
 * @lock: guards @wanted
 * @wake: for the worker
 * @wanted: there is something to do
 */
struct arena {
	struct mheap_heap heap;
	pthread_t worker;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool wanted;
};

/**
 * struct innocent - a session that makes no garbage to speak of
 * @session: the session
 * @own: handles to its objects
 * @random: state of the random numbers
 * @number: of the thread
 * @spread: times of its operations, quiet and beside the producer
 * @thread: the thread
 */
struct innocent {
	struct mheap_session session;
	u64 own[OWN];
	u64 random;
	unsigned int number;
	struct spread spread[2];
	pthread_t thread;
};

static struct arena arena[2];
static struct innocent innocent[2];
static struct mheap_session producer;
static bool stop, busy, stop_producer;

static void want(struct mheap_heap *heap)
{
	struct arena *a = container_of(heap, struct arena, heap);

	pthread_mutex_lock(&a->lock);
	a->wanted = true;
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->lock);
}

static void ignore(struct mheap_heap *heap)
{
	(void)heap;
}

static const struct mheap_heap_ops ops = {
	.collect	= want,
	.release	= want,
	.released	= ignore,
	.event		= ignore,
};

static void *work(void *argument)
{
	struct arena *a = argument;

	bench_thread = 3;
	pthread_mutex_lock(&a->lock);
	while (!READ_ONCE(stop)) {
		while (!a->wanted && !READ_ONCE(stop))
			pthread_cond_wait(&a->wake, &a->lock);
		a->wanted = false;
		pthread_mutex_unlock(&a->lock);
		mheap_collect_due(&a->heap);
		mheap_release_continue(&a->heap);
		pthread_mutex_lock(&a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static u64 make(struct mheap_session *session, u32 slots, u32 length)
{
	const struct mheap_shape shape = { .slots = slots, .length = length };
	u64 handle = 0;
	u32 object = 0;

	mheap_session_enter(session);
	if (mheap_object_new(session, &shape, &object) ||
	    mheap_session_hold(session, object, &handle)) {
		fputs("ceiling_bench: no memory\n", stderr);
		exit(1);
	}
	mheap_session_leave(session);
	return handle;
}

static void store(struct mheap_session *session, u64 handle, u64 target)
{
	u32 object = 0, what = 0;

	mheap_session_enter(session);
	if (!mheap_session_find(session, handle, &object) &&
	    !mheap_session_find(session, target, &what))
		mheap_object_store(session, object, 0, what);
	mheap_session_leave(session);
}

static void drop(struct mheap_session *session, u64 handle)
{
	mheap_session_enter(session);
	mheap_session_drop(session, handle);
	mheap_session_leave(session);
}

/* Half stores among what it has, half objects made and dropped. */
static void one_operation(struct innocent *who)
{
	who->random = who->random * 6364136223846793005ULL + 1442695040888963407ULL;
	if (who->random >> 63)
		store(&who->session, who->own[who->random >> 40 & (OWN - 1)],
		      who->own[who->random >> 50 & (OWN - 1)]);
	else
		drop(&who->session, make(&who->session, 1, 8));
}

static void *be_innocent(void *argument)
{
	struct innocent *who = argument;
	u64 begin;

	bench_thread = who->number;
	while (!READ_ONCE(stop)) {
		begin = ktime_get_ns();
		one_operation(who);
		spread_add(&who->spread[READ_ONCE(busy)], ktime_get_ns() - begin);
	}
	return NULL;
}

static void *produce(void *unused)
{
	u64 handle;

	bench_thread = 2;
	while (!READ_ONCE(stop_producer)) {
		handle = make(&producer, 1, BODY);
		store(&producer, handle, handle);
		drop(&producer, handle);
	}
	return unused;
}

static void begin_arena(struct arena *a, struct mheap_allocator *allocator)
{
	const struct mheap_heap_config config = {
		.allocator = allocator,
		.ops = &ops,
		.generations = { .threshold = { 700, 10, 10 }, .enabled = true },
		.ceiling = PERCENT,
	};

	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->wake, NULL);
	if (mheap_heap_init(&a->heap, &config))
		exit(1);
	pthread_create(&a->worker, NULL, work, a);
}

static void begin_innocent(struct innocent *who, struct arena *a, unsigned int number)
{
	unsigned int i;

	mheap_session_init(&who->session, &a->heap, 10 + number, 0);
	for (i = 0; i < OWN; i++)
		who->own[i] = make(&who->session, 1, 8);
	who->number = number;
	who->random = number + 1;
	pthread_create(&who->thread, NULL, be_innocent, who);
}

static s64 bytes_of(struct mheap_heap *heap)
{
	struct mheap_tally sum;

	mheap_lanes_sum(&heap->lanes, &sum);
	return sum.bytes;
}

/* For so long; @beyond and @most: how far the heap was beyond its ceiling, and its size. */
static void watch(unsigned long seconds, s64 *beyond, s64 *most)
{
	const u64 end = ktime_get_ns() + seconds * 1000000000ULL;
	struct mheap_heap *heap = &arena[0].heap;
	s64 bytes, limit;

	while (ktime_get_ns() < end) {
		limit = atomic64_read(&heap->ceiling.limit);
		bytes = bytes_of(heap);
		*most = max(*most, bytes);
		/* Where the ceiling has moved meanwhile, nothing can be said. */
		if (atomic64_read(&heap->ceiling.limit) == limit)
			*beyond = max(*beyond, bytes - limit);
		usleep(1000);
	}
}

static void print_spread(const char *name, const struct spread *spread)
{
	printf(", \"%s\": {\"n\": %llu, \"p50\": %llu, \"p99\": %llu, \"p999\": %llu, "
	       "\"max\": %llu}", name, (unsigned long long)spread->total,
	       (unsigned long long)spread_above(spread, 500),
	       (unsigned long long)spread_above(spread, 10),
	       (unsigned long long)spread_above(spread, 1),
	       (unsigned long long)spread->longest);
}

static void print(unsigned long objects, s64 beyond, s64 most, u64 made)
{
	struct mheap_heap *heap = &arena[0].heap;

	printf("{\"bench\": \"ceiling\", \"n\": %lu, \"alive\": %lld, \"percent\": %u, "
	       "\"most\": %lld, \"beyond\": %lld, \"produced\": %llu, \"waits\": %lld",
	       objects, (long long)atomic64_read(&heap->ceiling.alive), PERCENT,
	       (long long)most, (long long)beyond, (unsigned long long)made,
	       (long long)atomic64_read(&heap->ceiling.waits));
	print_spread("same_quiet", &innocent[0].spread[0]);
	print_spread("same_busy", &innocent[0].spread[1]);
	print_spread("other_quiet", &innocent[1].spread[0]);
	print_spread("other_busy", &innocent[1].spread[1]);
	puts("}");
}

static void run(unsigned long objects, unsigned long seconds)
{
	s64 beyond = 0, most = 0;
	struct mheap_tally sum;
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < 2; i++)
		begin_innocent(&innocent[i], &arena[i], i);
	sleep(seconds);
	WRITE_ONCE(busy, true);
	pthread_create(&thread, NULL, produce, NULL);
	watch(seconds, &beyond, &most);
	WRITE_ONCE(stop_producer, true);
	pthread_join(thread, NULL);
	WRITE_ONCE(stop, true);
	for (i = 0; i < 2; i++)
		pthread_join(innocent[i].thread, NULL);
	for (i = 0; i < 2; i++) {
		want(&arena[i].heap);
		pthread_join(arena[i].worker, NULL);
	}
	mheap_lanes_sum(&arena[0].heap.lanes, &sum);
	print(objects, beyond, most, sum.created);
}

int main(int argc, char **argv)
{
	struct mheap_allocator *allocator = mheap_slab_create();
	struct mheap_collection collection;
	unsigned long i, objects;

	if (argc != 3) {
		fputs("usage: ceiling_bench OBJECTS SECONDS\n", stderr);
		return 2;
	}
	objects = strtoul(argv[1], NULL, 10);
	bench_thread = 2;
	for (i = 0; i < 2; i++)
		begin_arena(&arena[i], allocator);
	mheap_session_init(&producer, &arena[0].heap, 1, 0);
	for (i = 0; i < objects; i++)
		make(&producer, 1, BODY);
	mheap_collect(&arena[0].heap, 2, &collection);
	run(objects, strtoul(argv[2], NULL, 10));
	return 0;
}
