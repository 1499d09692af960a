// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: writing and reading it.
 */
#include "heap.h"
#include "journal.h"

/**
 * mheap_journal_init - an empty journal that nobody reads
 * @journal: to be made
 *
 * Context: Any.
 */
void mheap_journal_init(struct mheap_journal *journal)
{
	memset(journal, 0, sizeof(*journal));
	spin_lock_init(&journal->lock);
}

/**
 * mheap_journal_fini - free a journal
 * @journal: of a heap that ends
 *
 * Context: May sleep.
 */
void mheap_journal_fini(struct mheap_journal *journal)
{
	kvfree(journal->entry);
}

/**
 * mheap_journal_open - from now on things are written down
 * @journal: of a heap; nothing happens if it is open
 *
 * Context: May sleep. Return: 0 or -ENOMEM.
 */
int mheap_journal_open(struct mheap_journal *journal)
{
	struct mheap_journal_entry *entry;

	if (READ_ONCE(journal->entry))
		return 0;
	entry = mheap_port_kvcalloc(MHEAP_JOURNAL_ENTRIES, sizeof(*entry), MHEAP_GFP);
	if (!entry)
		return -ENOMEM;
	spin_lock(&journal->lock);
	if (!journal->entry) {
		WRITE_ONCE(journal->entry, entry);
		entry = NULL;
	}
	spin_unlock(&journal->lock);
	kvfree(entry);		/* somebody else was faster */
	return 0;
}

static struct mheap_journal_entry *entry_of(struct mheap_journal *journal, u64 number)
{
	lockdep_assert_held(&journal->lock);
	return &journal->entry[number & (MHEAP_JOURNAL_ENTRIES - 1)];
}

/* The number of the oldest entry that is still there. */
static u64 oldest(const struct mheap_journal *journal)
{
	lockdep_assert_held(&journal->lock);
	return journal->written > MHEAP_JOURNAL_ENTRIES ?
	       journal->written - MHEAP_JOURNAL_ENTRIES : 0;
}

/**
 * mheap_journal_begin - want entries of some kinds from now on
 * @journal: of a heap
 * @kinds: which, a bit each, 1 << enum mheap_journal_kind
 * @alone: no other kinds are wanted so far
 * @place: that of who wants them
 *
 * Context: Any that may take a spinlock.
 */
void mheap_journal_begin(struct mheap_journal *journal, u32 kinds, bool alone,
			 struct mheap_journal_place *place)
{
	u32 kind;

	spin_lock(&journal->lock);
	if (alone)
		place->next = journal->written;
	for (kind = 0; kind < MHEAP_JOURNAL_KINDS; kind++) {
		if (!(kinds & 1U << kind))
			continue;
		place->from[kind] = journal->written;
		WRITE_ONCE(place->passed[kind], journal->total[kind]);
	}
	spin_unlock(&journal->lock);
}

/*
 * Go on with what is still there. Return: how many entries of the kinds that are
 * wanted are gone.
 */
static u64 skip_gone(struct mheap_journal *journal, u32 kinds, struct mheap_journal_place *place)
{
	u64 lost = 0;
	u32 kind;

	if (place->next >= oldest(journal))
		return 0;
	for (kind = 0; kind < MHEAP_JOURNAL_KINDS; kind++) {
		if (place->passed[kind] >= journal->gone[kind])
			continue;
		if (kinds & 1U << kind)
			lost += journal->gone[kind] - place->passed[kind];
		WRITE_ONCE(place->passed[kind], journal->gone[kind]);
	}
	place->next = oldest(journal);
	return lost;
}

static bool read_next(struct mheap_journal *journal, u32 kinds, struct mheap_journal_place *place,
		      struct mheap_journal_entry *entry)
{
	while (place->next < journal->written) {
		*entry = *entry_of(journal, place->next++);
		if (place->next <= place->from[entry->kind])
			continue;
		WRITE_ONCE(place->passed[entry->kind], place->passed[entry->kind] + 1);
		if (kinds & 1U << entry->kind)
			return true;
	}
	return false;
}

/**
 * mheap_journal_read - the next entry
 * @journal: of a heap, open
 * @kinds: which are wanted, a bit each, 1 << enum mheap_journal_kind
 * @place: how far it is read; moved on
 * @entry: filled
 *
 * Context: Any that may take a spinlock; @place is the caller's alone.
 * Return: false if there is none.
 */
bool mheap_journal_read(struct mheap_journal *journal, u32 kinds,
			struct mheap_journal_place *place, struct mheap_journal_entry *entry)
{
	bool found = true;
	u64 lost;

	spin_lock(&journal->lock);
	lost = skip_gone(journal, kinds, place);
	if (lost)
		*entry = (struct mheap_journal_entry){
			.kind = MHEAP_JOURNAL_LOST,
			.time = ktime_get_ns(),
			.value[0] = lost,
		};
	else
		found = read_next(journal, kinds, place, entry);
	spin_unlock(&journal->lock);
	return found;
}

/**
 * mheap_journal_has - are there entries that somebody wants to read?
 * @journal: of a heap
 * @kinds: which are wanted, as in mheap_journal_read()
 * @place: how far it is read
 *
 * Context: Any; a look without the lock. Return: true or false.
 */
bool mheap_journal_has(const struct mheap_journal *journal, u32 kinds,
		       const struct mheap_journal_place *place)
{
	u32 kind;

	for (kind = 0; kind < MHEAP_JOURNAL_KINDS; kind++)
		if (kinds & 1U << kind &&
		    READ_ONCE(journal->total[kind]) != READ_ONCE(place->passed[kind]))
			return true;
	return false;
}

/* Write an entry; the oldest one makes room for it. */
static void write(struct mheap_heap *heap, const struct mheap_journal_entry *entry)
{
	struct mheap_journal *journal = &heap->journal;

	if (likely(!READ_ONCE(journal->entry)))
		return;
	spin_lock(&journal->lock);
	if (journal->written >= MHEAP_JOURNAL_ENTRIES)
		journal->gone[entry_of(journal, journal->written)->kind]++;
	*entry_of(journal, journal->written) = *entry;
	WRITE_ONCE(journal->total[entry->kind], journal->total[entry->kind] + 1);
	journal->written++;
	spin_unlock(&journal->lock);
	heap->ops->event(heap);
}

/**
 * mheap_journal_start - write down that a collection begins
 * @heap: the heap
 * @generation: the oldest one collected
 *
 * Context: Any that may take a spinlock.
 */
void mheap_journal_start(struct mheap_heap *heap, u32 generation)
{
	const struct mheap_journal_entry entry = {
		.kind = MHEAP_JOURNAL_START,
		.which = generation,
		.time = ktime_get_ns(),
	};

	write(heap, &entry);
}

/**
 * mheap_journal_end - write down that a collection has ended
 * @heap: the heap
 * @collection: what it did
 *
 * Context: Any that may take a spinlock.
 */
void mheap_journal_end(struct mheap_heap *heap, const struct mheap_collection *collection)
{
	const struct mheap_journal_entry entry = {
		.kind = MHEAP_JOURNAL_END,
		.which = collection->generation,
		.time = ktime_get_ns(),
		.took = collection->nanoseconds,
		.value = { collection->visited, collection->freed, collection->uncollectable },
	};

	write(heap, &entry);
}

/**
 * mheap_journal_limit - write down that a limit was reached
 * @heap: the heap
 * @which: a number of the limit
 * @used: how much is used
 * @limit: how much may be
 *
 * Context: Any that may take a spinlock.
 */
void mheap_journal_limit(struct mheap_heap *heap, u32 which, u64 used, u64 limit)
{
	const struct mheap_journal_entry entry = {
		.kind = MHEAP_JOURNAL_LIMIT,
		.which = which,
		.time = ktime_get_ns(),
		.value = { used, limit },
	};

	write(heap, &entry);
}
EXPORT_SYMBOL_MHEAP(mheap_journal_limit);
