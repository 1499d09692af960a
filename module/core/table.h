/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The object table: everything the reference counts and the collector need to
 * know of an object, in dense arrays. An object is known by its number; number 0
 * is no object. 1,024 numbers make a chunk, 64 of them a block.
 *
 * Lock order of the core, outermost first:
 *
 *   session->lock	one batch of a session at a time
 *   heap->collecting	one collection, freeze or clearing of garbage at a time
 *   heap->verdict	while it is open what is garbage
 *   heap->moving	one large resize at a time
 *   heap->lanes.lock	the list of lanes
 *   lane->lock		a section; two are never held together
 *   table->growth	one grower at a time
 *   block->lock	the objects of one block; two are never held together
 *   table->lock, heap->generations.lock, heap->roots.lock, heap->finalizers.lock,
 *   heap->journal.lock, heap->watches.lock	leaves
 *
 * All up to table->growth are sleeping locks, the others spinlocks that are never
 * taken in interrupts. heap->verdict and heap->moving are never held together.
 *
 * A field is followed by the letter of the lock that guards it:
 *
 *   B	the lock of its block
 *   T	table->lock
 *   W	heap->watches.lock
 *   C	heap->collecting: only the collection looks at it
 *   A	atomic, nothing else needed
 *   O	the owner of the number: whoever took it out of the free numbers, from
 *	then until the object is given to others; again whoever brought its
 *	count to zero, from then until the number is free
 *   I	never changes while the chunk lives
 *
 * What is guarded by "B O" belongs to the owner, who holds the lock of the block
 * besides where a collection may look at the object: once it is tracked.
 *
 * Chunks and directories stay until the heap goes, so it is always safe to look
 * at a number that was once given out, whatever has become of its object.
 */
#ifndef _MHEAP_CORE_TABLE_H
#define _MHEAP_CORE_TABLE_H

#include "port.h"

#define MHEAP_BLOCK_SHIFT	6
#define MHEAP_BLOCK_OBJECTS	64U
#define MHEAP_CHUNK_SHIFT	10
#define MHEAP_CHUNK_OBJECTS	1024U
#define MHEAP_CHUNK_BLOCKS	(MHEAP_CHUNK_OBJECTS / MHEAP_BLOCK_OBJECTS)
#define MHEAP_MARKS_SHIFT	(MHEAP_CHUNK_SHIFT + 5)
#define MHEAP_MARKS_CHUNKS	(1U << (MHEAP_MARKS_SHIFT - MHEAP_CHUNK_SHIFT))
#define MHEAP_MARKS_BLOCKS	(MHEAP_MARKS_CHUNKS * MHEAP_CHUNK_BLOCKS)
#define MHEAP_ENTRY_BYTES	24U	/* of the table, for each number */
#define MHEAP_CHUNKS_MAX	(1U << (32 - MHEAP_CHUNK_SHIFT))
#define MHEAP_NO_CHUNK		MHEAP_CHUNKS_MAX

/*
 * Generations 0 and 1 have a bitmap each; generation 2 is who is in neither, and the
 * permanent one who is in both.
 */
#define MHEAP_YOUNG		2

/* Identity word: how often the number has been used before, and the type. */
#define MHEAP_TAG_SHIFT		8
#define MHEAP_TAG_MAX		0xffffffU
#define MHEAP_TYPE_INLINE_MAX	0xffU

/**
 * enum mheap_list - lists of chunks, each of those that may have something
 * @MHEAP_LIST_FREE: free numbers
 * @MHEAP_LIST_YOUNG: young objects
 * @MHEAP_LIST_DEAD: dead objects that wait for the worker
 * @MHEAP_LISTS: how many lists there are
 */
enum mheap_list {
	MHEAP_LIST_FREE,
	MHEAP_LIST_YOUNG,
	MHEAP_LIST_DEAD,
	MHEAP_LISTS,
};

struct mheap_annex;

/**
 * struct mheap_chunk - 1,024 neighbouring numbers
 * @count: A  references from slots (low half) and from outside (high half); an
 *         object is alive while the whole is not zero; see count.h
 * @body: B O  slots and payload, NULL if there are neither; see body.h
 * @identity: B O  tag and type. The tag goes up whenever the number is freed,
 *            so number and tag together are never seen twice; a number whose
 *            tag is used up is retired.
 * @length: B O  bytes of payload, see body.h; MHEAP_BODY_NONE, without a body, where
 *          the number has no object
 * @slots: B O  number of slots, or BODY_EXTENDED, see body.h
 * @touched: A  a reference was gained while a collection runs, see touch.h
 * @free: B  numbers that nobody has taken. While its mark bit is clear a number
 *        is not to be taken: the collection means the object that had it.
 * @tracked: B  objects with slots, and keys of ephemerons
 * @young: B  tracked objects in generation 0 and 1; those in both are permanent, and
 *         become so and cease to be so under C
 * @dead: B  objects whose count is zero and whose release waits for the worker
 * @lock: of each block
 * @mark: the chunk's part of its page of marks, a word for each block. C to change,
 *        except that bits are cleared, and set for good, under B; read under B by
 *        anyone. All ones outside a collection; a collection clears the bits of the
 *        objects it is about and sets those it reaches, so one test says "mine, and
 *        not reached yet".
 * @behind: C  of a block that waits to be looked into: the block behind it in the
 *          queue, by its first number, see mark.c
 * @annex: T to set, once (release and acquire): what few objects have, see annex.h;
 *         or NULL. Its entries: B
 * @garbage: C to change (release and acquire)  a bitmap for each block of objects that
 *           are in the garbage list, see garbage.h, or NULL. Its bits: B
 * @trial: C  counts left over in a trial deletion, or NULL
 * @site: where its objects were made, by number, or NULL; set once, under T, read by
 *        anyone (release and acquire)
 * @base: I  the first number
 * @listed: T to change; on table->list[], by enum mheap_list. Read without the
 *          lock, see mheap_table_list()
 * @next: T  on each list, while @listed: number of the chunk behind this one, or
 *        MHEAP_NO_CHUNK
 * @previous: T  likewise, of the one before
 */
struct mheap_chunk {
	atomic64_t count[MHEAP_CHUNK_OBJECTS];
	void *body[MHEAP_CHUNK_OBJECTS];
	u32 identity[MHEAP_CHUNK_OBJECTS];
	u16 length[MHEAP_CHUNK_OBJECTS];
	u8 slots[MHEAP_CHUNK_OBJECTS];
	atomic64_t touched[MHEAP_CHUNK_BLOCKS];
	u64 free[MHEAP_CHUNK_BLOCKS];
	u64 tracked[MHEAP_CHUNK_BLOCKS];
	u64 young[MHEAP_YOUNG][MHEAP_CHUNK_BLOCKS];
	u64 dead[MHEAP_CHUNK_BLOCKS];
	spinlock_t lock[MHEAP_CHUNK_BLOCKS];	/* B */
	u32 behind[MHEAP_CHUNK_BLOCKS];
	u64 *mark;
	struct mheap_annex **annex;
	u64 *garbage;
	u32 *trial;
	u32 *site;
	u32 base;
	bool listed[MHEAP_LISTS];
	u32 next[MHEAP_LISTS];
	u32 previous[MHEAP_LISTS];
};

/**
 * struct mheap_marks - what a collection knows of MHEAP_MARKS_CHUNKS neighbouring chunks
 * @mark: of their blocks, see struct mheap_chunk
 * @grey: C  objects that are reached and not looked into yet; 0 outside a collection
 *
 * Marking goes from one reference to the next, and mostly finds that there is nothing
 * to do. In the chunks, which are pages apart, the words for that would all meet in a
 * few sets of the processor's cache; here a million objects have theirs in 125 KB
 * without a gap.
 */
struct mheap_marks {
	u64 mark[MHEAP_MARKS_BLOCKS];
	u64 grey[MHEAP_MARKS_BLOCKS];
};

/**
 * struct mheap_directory - the chunks by number
 * @older: the directory that this one replaced; readers may still be in it
 * @capacity: length of @chunk
 * @marks: behind @chunk, the marks of each MHEAP_MARKS_CHUNKS of them; filled with
 *         the first of those
 * @chunk: filled from the front, never changed once filled
 */
struct mheap_directory {
	struct mheap_directory *older;
	u32 capacity;
	struct mheap_marks **marks;
	struct mheap_chunk *chunk[];
};

/**
 * struct mheap_table - all objects of a heap
 * @directory: changed under @growth, read by anyone (release and acquire)
 * @chunks: how many there are; likewise
 * @growth: one grower at a time
 * @lock: guards the lists
 * @first: T  chunk of each list, by number, or MHEAP_NO_CHUNK
 * @last: T  likewise
 * @listed: T to change  how many are on each list
 * @bytes: A  memory the table takes
 */
struct mheap_table {
	struct mheap_directory *directory;
	u32 chunks;
	struct mutex growth;	/* adding chunks and directories */
	spinlock_t lock;	/* T */
	u32 first[MHEAP_LISTS];
	u32 last[MHEAP_LISTS];
	u32 listed[MHEAP_LISTS];
	atomic_long_t bytes;
};

/**
 * struct mheap_run - numbers of one block that somebody has taken
 * @base: the first number of the block
 * @left: those not used yet
 * @home: where to look for more first: sessions that keep to chunks of their own
 *        do not meet at the words and locks of neighbouring blocks
 */
struct mheap_run {
	u32 base;
	u64 left;
	struct mheap_chunk *home;
};

int mheap_table_init(struct mheap_table *table);
void mheap_table_fini(struct mheap_table *table);
bool mheap_table_take(struct mheap_table *table, struct mheap_run *run);
int mheap_table_grow(struct mheap_table *table);
void mheap_table_give_back(struct mheap_table *table, struct mheap_run *run);
void mheap_table_append(struct mheap_table *table, struct mheap_chunk *chunk,
			enum mheap_list list);
void mheap_table_unlist(struct mheap_table *table, struct mheap_chunk *chunk,
			enum mheap_list list);
struct mheap_chunk *mheap_table_first(struct mheap_table *table, enum mheap_list list);
struct mheap_chunk *mheap_table_rotate(struct mheap_table *table, enum mheap_list list);
u32 mheap_table_copy_list(struct mheap_table *table, enum mheap_list list,
			  struct mheap_chunk **chunk, u32 room);

static inline u32 mheap_index(u32 object)
{
	return object & (MHEAP_CHUNK_OBJECTS - 1);
}

static inline u32 mheap_block(u32 object)
{
	return mheap_index(object) >> MHEAP_BLOCK_SHIFT;
}

static inline u64 mheap_bit(u32 object)
{
	return 1ULL << (object & (MHEAP_BLOCK_OBJECTS - 1));
}

/**
 * mheap_chunk_of - the chunk of a number that has been given out
 * @table: the table
 * @object: its number
 *
 * Whoever knows the number got it, by whatever way, from the session that took
 * it from the chunk, so the directory seen here has the chunk.
 *
 * Context: Any. Return: The chunk.
 */
static inline struct mheap_chunk *mheap_chunk_of(const struct mheap_table *table, u32 object)
{
	const struct mheap_directory *directory;

	/* Pairs with the release in grow_directory(). */
	directory = smp_load_acquire(&table->directory);
	return directory->chunk[object >> MHEAP_CHUNK_SHIFT];
}

/**
 * mheap_marks_of - the marks of a number that has been given out
 * @table: the table
 * @object: its number
 *
 * Context: As for mheap_chunk_of(). Return: Where its block has its marks, by
 * mheap_marks_block().
 */
static inline struct mheap_marks *mheap_marks_of(const struct mheap_table *table, u32 object)
{
	const struct mheap_directory *directory;

	/* Pairs with the release in grow_directory(). */
	directory = smp_load_acquire(&table->directory);
	return directory->marks[object >> MHEAP_MARKS_SHIFT];
}

static inline u32 mheap_marks_block(u32 object)
{
	return object >> MHEAP_BLOCK_SHIFT & (MHEAP_MARKS_BLOCKS - 1);
}

/* How many chunks there are; those that are counted can be looked up. */
static inline u32 mheap_table_chunks(const struct mheap_table *table)
{
	return smp_load_acquire(&table->chunks);	/* pairs with add_chunk() */
}

/**
 * mheap_table_list - a chunk has got something that a list is about
 * @table: the table
 * @chunk: the chunk
 * @list: the list
 *
 * Called behind the change, with its block unlocked again. The flag is read
 * without the lock; the barrier pairs with the one in mheap_table_unlist():
 * either this sees the flag cleared, and lists the chunk again, or whoever
 * cleared it sees the change.
 *
 * Context: Any that may take a spinlock; no block is locked.
 */
static inline void mheap_table_list(struct mheap_table *table, struct mheap_chunk *chunk,
				    enum mheap_list list)
{
	smp_mb(); /* pairs with mheap_table_unlist() */
	if (unlikely(!READ_ONCE(chunk->listed[list])))
		mheap_table_append(table, chunk, list);
}

/* Take the lowest number out of a run that has some left. */
static inline u32 mheap_run_next(struct mheap_run *run)
{
	const u32 object = run->base + __ffs64(run->left);

	run->left &= run->left - 1;
	return object;
}

/* Objects of a block that a collection is about and has not reached. */
static inline u64 mheap_unreached(const struct mheap_chunk *chunk, u32 block)
{
	return ~READ_ONCE(chunk->mark[block]);
}

static inline bool mheap_is_unreached(const struct mheap_chunk *chunk, u32 object)
{
	return mheap_unreached(chunk, mheap_block(object)) & mheap_bit(object);
}

/* Objects of a block that are in the permanent generation. The block is locked. */
static inline u64 mheap_frozen(const struct mheap_chunk *chunk, u32 block)
{
	lockdep_assert_held(&chunk->lock[block]);
	return chunk->young[0][block] & chunk->young[1][block];
}

static inline u32 mheap_tag(const struct mheap_chunk *chunk, u32 object)
{
	return READ_ONCE(chunk->identity[mheap_index(object)]) >> MHEAP_TAG_SHIFT;
}

#endif /* _MHEAP_CORE_TABLE_H */
