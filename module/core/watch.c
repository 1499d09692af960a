// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches. The memory that tells of a death was made by the watcher beforehand, so
 * no death is ever missed for want of memory or room, and whoever causes one never
 * waits: however many sessions watch an object, all their watches are moved from
 * its annex to the heap's list at once. From there the worker hands them to the
 * sessions, some at a time.
 *
 * One lock guards all lists and tables of watches of a heap, heap->watches.lock. It
 * is a leaf, taken with no other spinlock held. That is enough, because:
 *
 * - A watch comes onto the list of an annex by somebody who holds a reference to the
 *   object, so the object is alive and has its annex until that is done. Whoever
 *   takes the annex from the dead object is the only one who knows it, but for
 *   those who read chunk->annex under this lock, and takes this lock before it is
 *   freed. So nothing comes onto its list any more.
 * - A watch that is to go is taken from whatever list it is on, and neither session
 *   nor worker keeps a pointer to one when it lets the lock go. So a session can
 *   end at any time; behind mheap_watcher_fini() nobody finds it by a watch.
 */
#include "annex.h"
#include "count.h"
#include "finalizer.h"
#include "object.h"
#include "watch.h"

#define PIECE	64U	/* watches that are looked at under one lock */

/* What is hashed. */
struct watch_key {
	u64 id;
	u64 cookie;
};

/**
 * mheap_watches_init - begin without watches
 * @watches: of a heap; to be made
 *
 * Context: Any.
 */
void mheap_watches_init(struct mheap_watches *watches)
{
	spin_lock_init(&watches->lock);
	INIT_LIST_HEAD(&watches->fired);
	watches->seed = mheap_port_seed();
}

/**
 * mheap_watcher_init - begin without watches
 * @watcher: of a session; to be made
 *
 * Context: Any.
 */
void mheap_watcher_init(struct mheap_watcher *watcher)
{
	memset(watcher, 0, sizeof(*watcher));
	INIT_LIST_HEAD(&watcher->fired);
}

static u32 hash_of(const struct mheap_watches *watches, u64 id, u64 cookie)
{
	const struct watch_key key = { .id = id, .cookie = cookie };

	return mheap_port_hash(&key, sizeof(key), watches->seed);
}

static struct mheap_watch ***segment_of(struct mheap_watcher *watcher, u32 hash)
{
	return &watcher->segment[hash % MHEAP_WATCH_SEGMENTS];
}

/* Make sure that there is a bucket for a hash. */
static int add_segment(struct mheap_session *session, u32 hash)
{
	struct mheap_watch ***place = segment_of(&session->watcher, hash);
	struct mheap_watches *watches = &session->heap->watches;
	struct mheap_watch **segment;

	lockdep_assert_held(&session->lock);
	BUILD_BUG_ON(MHEAP_WATCH_BUCKETS * sizeof(*segment) > PAGE_SIZE);	/* for kfree() */
	if (*place)
		return 0;
	segment = mheap_lane_zalloc(&session->lane, MHEAP_WATCH_BUCKETS * sizeof(*segment));
	if (!segment)
		return -ENOMEM;
	spin_lock(&watches->lock);
	*place = segment;
	spin_unlock(&watches->lock);
	return 0;
}

/*
 * Where the pointer to a watch is, or the NULL behind the last of its bucket; NULL
 * if there is not even a bucket.
 */
static struct mheap_watch **find(struct mheap_session *session, u64 id, u64 cookie)
{
	struct mheap_watches *watches = &session->heap->watches;
	const u32 hash = hash_of(watches, id, cookie);
	struct mheap_watch **segment = *segment_of(&session->watcher, hash);
	struct mheap_watch **place;

	lockdep_assert_held(&watches->lock);
	if (!segment)
		return NULL;
	place = &segment[hash / MHEAP_WATCH_SEGMENTS % MHEAP_WATCH_BUCKETS];
	while (*place && ((*place)->id != id || (*place)->cookie != cookie))
		place = &(*place)->next;
	return place;
}

/* Begin to watch. The caller holds the object, so its annex stays. */
static int add_watch(struct mheap_watch *watch, struct mheap_annex *annex)
{
	struct mheap_session *session = watch->session;
	struct mheap_watch **place = find(session, watch->id, watch->cookie);

	if (*place)
		return -EALREADY;
	if (session->watcher.count == MHEAP_WATCH_COUNT_MAX)
		return -ENOSPC;
	session->watcher.count++;
	*place = watch;
	list_add_tail(&watch->link, &annex->watches);
	return 0;
}

/* What a watch needs: room in the table, itself, and an annex of what it watches. */
static int make_watch(struct mheap_session *session, u32 object, u64 id, u64 cookie,
		      struct mheap_watch **watch, struct mheap_annex **annex)
{
	int error;

	error = add_segment(session, hash_of(&session->heap->watches, id, cookie));
	if (error)
		return error;
	*watch = mheap_lane_zalloc(&session->lane, sizeof(**watch));
	if (!*watch)
		return -ENOMEM;
	(*watch)->session = session;
	(*watch)->id = id;
	(*watch)->cookie = cookie;
	error = mheap_annex_make(&session->lane, object, annex);
	if (error)
		kfree(*watch);
	return error;
}

/**
 * mheap_watch - tell the session when an object dies
 * @session: entered
 * @object: an object that the caller holds a reference from outside to
 * @cookie: comes with the event
 *
 * Context: Entered; the section may be left and entered again. May sleep.
 * Return: 0, -EALREADY if the session watches it with the same cookie, -ENOSPC if it
 * has MHEAP_WATCH_COUNT_MAX watches, or -ENOMEM.
 */
int mheap_watch(struct mheap_session *session, u32 object, u64 cookie)
{
	struct mheap_heap *heap = session->heap;
	const u64 id = mheap_id(object, mheap_tag(mheap_chunk_of(&heap->table, object), object));
	struct mheap_annex *annex;
	struct mheap_watch *watch;
	bool tried = false;
	int error;

	mheap_assert_session(session);
	do
		error = make_watch(session, object, id, cookie, &watch, &annex);
	while (unlikely(error) && mheap_room_make(session, error, &tried));
	if (error)
		return error;
	spin_lock(&heap->watches.lock);
	error = add_watch(watch, annex);
	spin_unlock(&heap->watches.lock);
	if (error)
		kfree(watch);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_watch);

/*
 * Is the object of an id dead? Behind its death its watches may wait for the worker,
 * and their events will come. Nobody refers to it where it waits for the worker to put it
 * into the queue of finalizers, either; then it is not, and its watches are where they were.
 */
static bool is_dead(struct mheap_heap *heap, u64 id)
{
	const u32 object = (u32)id;
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	const u32 phase = READ_ONCE(heap->phase);
	bool dead;

	spin_lock(&chunk->lock[mheap_block(object)]);
	dead = mheap_tag(chunk, object) != id >> 32 ||
	       (!atomic64_read(&chunk->count[mheap_index(object)]) &&
		!mheap_finalizer_is_due(chunk, object)) ||
	       (phase == MHEAP_PHASE_SWEEP && mheap_is_unreached(chunk, object));
	spin_unlock(&chunk->lock[mheap_block(object)]);
	return dead;
}

/**
 * mheap_unwatch - no event any more when an object dies
 * @session: entered
 * @id: the object, dead or alive
 * @cookie: of the watch
 *
 * Context: Entered.
 * Return: 0, or -ENOENT if there is no such watch, or if the object is dead: then
 * the event is there already, or will come.
 */
int mheap_unwatch(struct mheap_session *session, u64 id, u64 cookie)
{
	struct mheap_watches *watches = &session->heap->watches;
	struct mheap_watch **place;
	struct mheap_watch *watch = NULL;

	mheap_assert_session(session);
	if (is_dead(session->heap, id))
		return -ENOENT;
	spin_lock(&watches->lock);
	place = find(session, id, cookie);
	if (place && *place) {
		watch = *place;
		*place = watch->next;
		list_del(&watch->link);
		session->watcher.count--;
	}
	spin_unlock(&watches->lock);
	kfree(watch);
	return watch ? 0 : -ENOENT;
}
EXPORT_SYMBOL_MHEAP(mheap_unwatch);

/**
 * mheap_watch_is_ready - is there an event to be taken?
 * @session: any
 *
 * Context: Any that may take a spinlock. Return: true if there is.
 */
bool mheap_watch_is_ready(struct mheap_session *session)
{
	struct mheap_watches *watches = &session->heap->watches;
	bool ready;

	spin_lock(&watches->lock);
	ready = !list_empty(&session->watcher.fired);
	spin_unlock(&watches->lock);
	return ready;
}
EXPORT_SYMBOL_MHEAP(mheap_watch_is_ready);

/**
 * mheap_watch_take - take a watch that has fired
 * @session: any; need not be entered
 *
 * Context: Any that may take a spinlock.
 * Return: The first, for mheap_watch_done() or mheap_watch_put_back(), or NULL.
 */
struct mheap_watch *mheap_watch_take(struct mheap_session *session)
{
	struct mheap_watches *watches = &session->heap->watches;
	struct mheap_watch *watch;

	spin_lock(&watches->lock);
	watch = list_first_entry_or_null(&session->watcher.fired, struct mheap_watch, link);
	if (watch)
		list_del(&watch->link);
	spin_unlock(&watches->lock);
	return watch;
}
EXPORT_SYMBOL_MHEAP(mheap_watch_take);

/**
 * mheap_watch_put_back - be as if a watch had not been taken
 * @session: whose
 * @watch: what mheap_watch_take() gave
 *
 * Context: Any that may take a spinlock.
 */
void mheap_watch_put_back(struct mheap_session *session, struct mheap_watch *watch)
{
	struct mheap_watches *watches = &session->heap->watches;

	spin_lock(&watches->lock);
	list_add(&watch->link, &session->watcher.fired);
	spin_unlock(&watches->lock);
	session->heap->ops->event(session->heap);	/* somebody may have found nothing */
}
EXPORT_SYMBOL_MHEAP(mheap_watch_put_back);

/**
 * mheap_watch_done - a watch that was taken has told what it had to
 * @session: whose
 * @watch: what mheap_watch_take() gave; freed
 *
 * Context: Any that may take a spinlock.
 */
void mheap_watch_done(struct mheap_session *session, struct mheap_watch *watch)
{
	struct mheap_watches *watches = &session->heap->watches;

	spin_lock(&watches->lock);
	session->watcher.count--;
	spin_unlock(&watches->lock);
	kfree(watch);
}
EXPORT_SYMBOL_MHEAP(mheap_watch_done);

/* Free up to PIECE watches of a bucket. Return: false if there were none. */
static bool free_bucket(struct mheap_watches *watches, struct mheap_watch **bucket)
{
	struct mheap_watch *gone = NULL;
	struct mheap_watch *watch;
	u32 some;

	spin_lock(&watches->lock);
	for (some = 0; *bucket && some < PIECE; some++) {
		watch = *bucket;
		*bucket = watch->next;
		list_del(&watch->link);
		watch->next = gone;
		gone = watch;
	}
	spin_unlock(&watches->lock);
	while ((watch = gone)) {
		gone = watch->next;
		kfree(watch);
	}
	return some;
}

static void free_segment(struct mheap_watches *watches, struct mheap_watch **segment)
{
	u32 i;

	for (i = 0; i < MHEAP_WATCH_BUCKETS; i++)
		while (free_bucket(watches, &segment[i]))
			cond_resched();
	kfree(segment);
}

/**
 * mheap_watcher_fini - end all watches of a session
 * @session: used by nobody any more
 *
 * The worker may move watches from the buckets to the list of those that fired while
 * the buckets are emptied, so that list comes last.
 *
 * Context: May sleep; takes time in proportion to the watches.
 */
void mheap_watcher_fini(struct mheap_session *session)
{
	struct mheap_watcher *watcher = &session->watcher;
	struct mheap_watch *watch;
	u32 i;

	for (i = 0; i < MHEAP_WATCH_SEGMENTS; i++)
		if (watcher->segment[i])
			free_segment(&session->heap->watches, watcher->segment[i]);
	while ((watch = mheap_watch_take(session))) {
		mheap_watch_done(session, watch);
		cond_resched();
	}
}

/**
 * mheap_watch_sees - does anybody watch an object?
 * @heap: the heap
 * @annex: of an object that the caller holds; or NULL
 *
 * Context: Any that may take a spinlock; no other one is held.
 * Return: true if a session does.
 */
bool mheap_watch_sees(struct mheap_heap *heap, const struct mheap_annex *annex)
{
	bool sees;

	if (likely(!annex))
		return false;
	spin_lock(&heap->watches.lock);
	sees = !list_empty(&annex->watches);
	spin_unlock(&heap->watches.lock);
	return sees;
}

/**
 * mheap_watch_cut - part a dead object from all that knows of its annex
 * @heap: the heap
 * @annex: what mheap_annex_take() took from it; to be freed behind this
 *
 * Context: Any that may take a spinlock; no other one is held.
 * Return: true if there is something for the worker to do.
 */
bool mheap_watch_cut(struct mheap_heap *heap, struct mheap_annex *annex)
{
	struct mheap_watches *watches = &heap->watches;
	bool fired;

	spin_lock(&watches->lock);
	fired = !list_empty(&annex->watches) || !list_empty(&annex->ephemerons);
	list_splice_tail_init(&annex->watches, &watches->fired);
	mheap_ephemeron_unlink(heap, annex);
	spin_unlock(&watches->lock);
	mheap_ephemeron_free(heap, annex);
	return fired;
}

/**
 * mheap_watch_fire - an object has died
 * @heap: the heap
 * @annex: what mheap_annex_take() took from it, or NULL; to be freed behind this
 *
 * Takes the same time for any number of watches, and of ephemerons whose key it was.
 *
 * Context: Any that may take a spinlock; no other one is held.
 */
void mheap_watch_fire(struct mheap_heap *heap, struct mheap_annex *annex)
{
	if (unlikely(annex) && mheap_watch_cut(heap, annex))
		heap->ops->release(heap);
}

/**
 * mheap_watch_is_pending - are there deaths that nobody has been told of?
 * @heap: the heap
 *
 * Context: Any that may take a spinlock; no other one is held.
 * Return: true if mheap_watch_deliver() or mheap_orphans_clear() has something to do.
 */
bool mheap_watch_is_pending(struct mheap_heap *heap)
{
	bool pending;

	spin_lock(&heap->watches.lock);
	pending = !list_empty(&heap->watches.fired) ||
		  !list_empty(&heap->ephemerons.orphans);
	spin_unlock(&heap->watches.lock);
	return pending;
}

/* Hand one watch to its session. */
static void hand_over(struct mheap_watch *watch, u64 time)
{
	struct mheap_session *session = watch->session;
	struct mheap_watch **place = find(session, watch->id, watch->cookie);

	*place = watch->next;
	watch->time = time;
	list_move_tail(&watch->link, &session->watcher.fired);
}

/* Return: true if there may be more. */
static bool deliver_some(struct mheap_heap *heap)
{
	struct mheap_watches *watches = &heap->watches;
	const u64 time = ktime_get_ns();
	struct mheap_watch *watch;
	u32 some;

	spin_lock(&watches->lock);
	for (some = 0; some < PIECE; some++) {
		watch = list_first_entry_or_null(&watches->fired, struct mheap_watch, link);
		if (!watch)
			break;
		hand_over(watch, time);
	}
	spin_unlock(&watches->lock);
	if (some)
		heap->ops->event(heap);
	return some;
}

/**
 * mheap_watch_deliver - tell sessions of the deaths of what they watch
 * @heap: the heap
 *
 * Context: May sleep. For the worker; several may be at it.
 */
void mheap_watch_deliver(struct mheap_heap *heap)
{
	while (deliver_some(heap))
		cond_resched();
}
