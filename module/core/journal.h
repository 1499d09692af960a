/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal: what has happened to a heap, for whoever listens. It has room for the
 * last MHEAP_JOURNAL_ENTRIES entries. Who writes never waits and asks for no memory;
 * who reads too slowly is told how many entries of the kinds it listens to are gone.
 */
#ifndef _MHEAP_CORE_JOURNAL_H
#define _MHEAP_CORE_JOURNAL_H

#include "port.h"

#define MHEAP_JOURNAL_ENTRIES	256U	/* a power of two */

struct mheap_collection;
struct mheap_heap;
struct mheap_listener;

/**
 * enum mheap_journal_kind - what an entry is about
 * @MHEAP_JOURNAL_START: a collection has begun
 * @MHEAP_JOURNAL_END: it has ended
 * @MHEAP_JOURNAL_LIMIT: a limit was reached
 * @MHEAP_JOURNAL_KINDS: how many kinds there are
 * @MHEAP_JOURNAL_LOST: entries are gone; in no journal, only in what a reader gets
 */
enum mheap_journal_kind {
	MHEAP_JOURNAL_START,
	MHEAP_JOURNAL_END,
	MHEAP_JOURNAL_LIMIT,
	MHEAP_JOURNAL_KINDS,
	MHEAP_JOURNAL_LOST = MHEAP_JOURNAL_KINDS,
};

/**
 * struct mheap_journal_entry - something that has happened
 * @kind: enum mheap_journal_kind
 * @which: START and END: the generation; LIMIT: which limit
 * @time: when, in nanoseconds
 * @took: END: how long the collection took, in nanoseconds
 * @value: END: objects visited, freed, and uncollectable; LIMIT: what is used, and
 *         the limit; LOST: how many are gone
 */
struct mheap_journal_entry {
	u32 kind;
	u32 which;
	u64 time;
	u64 took;
	u64 value[3];
};

/**
 * struct mheap_journal - of a heap
 * @lock: guards what is marked J; a leaf
 * @entry: J  a ring of MHEAP_JOURNAL_ENTRIES, or NULL while nobody has listened yet;
 *         read without the lock by who wants to know that
 * @written: J  how many entries were ever written
 * @total: J  how many of them of each kind; read without the lock
 * @gone: J  how many of those are not in the ring any more
 */
struct mheap_journal {
	spinlock_t lock;	/* J */
	struct mheap_journal_entry *entry;
	u64 written;
	u64 total[MHEAP_JOURNAL_KINDS];
	u64 gone[MHEAP_JOURNAL_KINDS];
};

/**
 * struct mheap_journal_place - how far somebody has read a journal
 * @next: number of the entry that comes next, counted from 0
 * @from: number of the first entry that is wanted, of each kind
 * @passed: how many of each kind there were before @next, or before @from where that
 *          is further on
 */
struct mheap_journal_place {
	u64 next;
	u64 from[MHEAP_JOURNAL_KINDS];
	u64 passed[MHEAP_JOURNAL_KINDS];
};

void mheap_journal_init(struct mheap_journal *journal);
void mheap_journal_fini(struct mheap_journal *journal);
int mheap_journal_open(struct mheap_journal *journal);
void mheap_journal_begin(struct mheap_journal *journal, u32 kinds, bool alone,
			 struct mheap_journal_place *place);
bool mheap_journal_read(struct mheap_journal *journal, u32 kinds,
			struct mheap_journal_place *place, struct mheap_journal_entry *entry);
bool mheap_journal_has(const struct mheap_journal *journal, u32 kinds,
		       const struct mheap_journal_place *place);
void mheap_journal_start(struct mheap_heap *heap, u32 generation);
void mheap_journal_end(struct mheap_heap *heap, const struct mheap_collection *collection);
void mheap_journal_limit(struct mheap_heap *heap, u32 which, u64 used, u64 limit);

#endif /* _MHEAP_CORE_JOURNAL_H */
