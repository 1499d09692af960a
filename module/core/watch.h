/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches: sessions that want to be told when an object dies.
 */
#ifndef _MHEAP_CORE_WATCH_H
#define _MHEAP_CORE_WATCH_H

#include "port.h"

struct mheap_annex;
struct mheap_heap;
struct mheap_session;

#define MHEAP_WATCH_COUNT_MAX	0x100000U	/* of a session */
#define MHEAP_WATCH_SEGMENTS	64U
#define MHEAP_WATCH_BUCKETS	512U		/* of each segment */

/**
 * struct mheap_watch - a session watches an object
 * @link: W  on the list of the annex of the object while that lives; then on
 *        heap->watches.fired, then on session->watcher.fired
 * @next: W  in the same bucket, until it is on session->watcher.fired
 * @session: whose; never changes
 * @id: the object; never changes
 * @cookie: means something to the program only; never changes
 * @time: W  when the session was told, as ktime_get_ns()
 */
struct mheap_watch {
	struct list_head link;
	struct mheap_watch *next;
	struct mheap_session *session;
	u64 id;
	u64 cookie;
	u64 time;
};

/**
 * struct mheap_watches - the watches of a heap
 * @lock: guards what is marked W; a leaf
 * @fired: W  watches of dead objects that wait for the worker
 * @seed: of the hash; never changes
 */
struct mheap_watches {
	spinlock_t lock;	/* W */
	struct list_head fired;
	u64 seed;
};

/**
 * struct mheap_watcher - the watches of a session
 * @count: W  all of them, until their events are taken
 * @fired: W  those whose events wait to be taken, in the order of deaths
 * @segment: W to change  arrays of MHEAP_WATCH_BUCKETS buckets with those that are
 *           not on @fired, made when they are first needed, and kept. There are so
 *           many that a bucket is short; nothing ever moves.
 */
struct mheap_watcher {
	u32 count;
	struct list_head fired;
	struct mheap_watch **segment[MHEAP_WATCH_SEGMENTS];
};

void mheap_watches_init(struct mheap_watches *watches);
void mheap_watcher_init(struct mheap_watcher *watcher);
void mheap_watcher_fini(struct mheap_session *session);
int mheap_watch(struct mheap_session *session, u32 object, u64 cookie);
int mheap_unwatch(struct mheap_session *session, u64 id, u64 cookie);
bool mheap_watch_is_ready(struct mheap_session *session);
struct mheap_watch *mheap_watch_take(struct mheap_session *session);
void mheap_watch_put_back(struct mheap_session *session, struct mheap_watch *watch);
void mheap_watch_done(struct mheap_session *session, struct mheap_watch *watch);
bool mheap_watch_sees(struct mheap_heap *heap, const struct mheap_annex *annex);
bool mheap_watch_cut(struct mheap_heap *heap, struct mheap_annex *annex);
void mheap_watch_fire(struct mheap_heap *heap, struct mheap_annex *annex);
bool mheap_watch_is_pending(struct mheap_heap *heap);
void mheap_watch_deliver(struct mheap_heap *heap);

#endif /* _MHEAP_CORE_WATCH_H */
