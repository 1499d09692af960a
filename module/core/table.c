// SPDX-License-Identifier: GPL-2.0-only
/*
 * The object table: chunks, and who may use which number.
 *
 * Free numbers are a bitmap in each block. A session takes all free numbers of
 * one block at once and uses them up alone, so that giving a new object a number
 * needs no lock, and what is made together lies together. Chunks that may have
 * free numbers are on a list.
 */
#include "table.h"

#define DIRECTORY_FIRST		64U	/* chunks in a heap's first directory */

/* How many pages the marks of so many chunks take. */
static u32 marks_pages(u32 chunks)
{
	return (chunks + MHEAP_MARKS_CHUNKS - 1) / MHEAP_MARKS_CHUNKS;
}

static size_t directory_bytes(u32 capacity)
{
	return struct_size((struct mheap_directory *)NULL, chunk, capacity) +
	       marks_pages(capacity) * sizeof(struct mheap_marks *);
}

static struct mheap_directory *new_directory(u32 capacity, struct mheap_directory *older)
{
	struct mheap_directory *directory;

	directory = mheap_port_kvzalloc(directory_bytes(capacity), MHEAP_GFP);
	if (!directory)
		return NULL;
	directory->capacity = capacity;
	directory->older = older;
	directory->marks = (struct mheap_marks **)&directory->chunk[capacity];
	if (older) {
		memcpy(directory->chunk, older->chunk,
		       older->capacity * sizeof(older->chunk[0]));
		memcpy(directory->marks, older->marks,
		       marks_pages(older->capacity) * sizeof(older->marks[0]));
	}
	return directory;
}

static struct mheap_chunk *new_chunk(u32 base, struct mheap_marks *marks)
{
	struct mheap_chunk *chunk;
	unsigned int block;

	/* Six pages: 24 bytes an object, and its marks. Lock debugging adds to it. */
	BUILD_BUG_ON(sizeof(spinlock_t) == 4 &&
		     sizeof(struct mheap_chunk) > 24 * MHEAP_CHUNK_OBJECTS);
	chunk = mheap_port_alloc_pages(sizeof(*chunk), MHEAP_GFP);
	if (!chunk)
		return NULL;
	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
		spin_lock_init(&chunk->lock[block]);
		chunk->free[block] = ~0ULL;
	}
	block = mheap_marks_block(base);
	chunk->mark = &marks->mark[block];
	/* No number has an object, see body.h. */
	memset(chunk->length, 0xff, sizeof(chunk->length));
	chunk->base = base;
	if (!base)
		chunk->free[0] &= ~1ULL;	/* 0 is no object */
	return chunk;
}

/**
 * mheap_table_init - make an empty table
 * @table: to be made
 *
 * Context: May sleep. Return: 0 or -ENOMEM.
 */
int mheap_table_init(struct mheap_table *table)
{
	unsigned int i;

	memset(table, 0, sizeof(*table));
	mutex_init(&table->growth);
	spin_lock_init(&table->lock);
	for (i = 0; i < MHEAP_LISTS; i++) {
		table->first[i] = MHEAP_NO_CHUNK;
		table->last[i] = MHEAP_NO_CHUNK;
	}
	table->directory = new_directory(DIRECTORY_FIRST, NULL);
	if (!table->directory)
		return -ENOMEM;
	atomic_long_set(&table->bytes, directory_bytes(DIRECTORY_FIRST));
	return 0;
}

/**
 * mheap_table_fini - free a table that nobody uses any more
 * @table: its bodies must have been freed
 *
 * Context: May sleep.
 */
void mheap_table_fini(struct mheap_table *table)
{
	struct mheap_directory *directory = table->directory;
	struct mheap_directory *older;
	u32 i;

	for (i = 0; i < table->chunks; i++) {
		kvfree(directory->chunk[i]->annex);
		kfree(directory->chunk[i]->site);
		mheap_port_free_pages(directory->chunk[i], sizeof(*directory->chunk[i]));
		cond_resched();
	}
	for (i = 0; i < marks_pages(table->chunks); i++)
		mheap_port_free_pages(directory->marks[i], sizeof(*directory->marks[i]));
	for (; directory; directory = older) {
		older = directory->older;
		kvfree(directory);
	}
	mutex_destroy(&table->growth);
}

/* Make sure that there is room for one chunk more. */
static int grow_directory(struct mheap_table *table)
{
	struct mheap_directory *old = table->directory;
	struct mheap_directory *directory;

	lockdep_assert_held(&table->growth);
	if (table->chunks < old->capacity)
		return 0;
	directory = new_directory(min(old->capacity * 2, MHEAP_CHUNKS_MAX), old);
	if (!directory)
		return -ENOMEM;
	atomic_long_add(directory_bytes(directory->capacity), &table->bytes);
	/* Pairs with the acquire in mheap_chunk_of(). */
	smp_store_release(&table->directory, directory);
	return 0;
}

/* The marks of the next chunk; they are made with the first one of theirs, and stay. */
static struct mheap_marks *next_marks(struct mheap_table *table)
{
	struct mheap_marks **marks;

	lockdep_assert_held(&table->growth);
	marks = &table->directory->marks[table->chunks / MHEAP_MARKS_CHUNKS];
	if (*marks)
		return *marks;
	*marks = mheap_port_alloc_pages(sizeof(**marks), MHEAP_GFP);
	if (!*marks)
		return NULL;
	memset((*marks)->mark, 0xff, sizeof((*marks)->mark));
	atomic_long_add(sizeof(**marks), &table->bytes);
	return *marks;
}

static int add_chunk(struct mheap_table *table)
{
	struct mheap_marks *marks;
	struct mheap_chunk *chunk;
	int error;

	lockdep_assert_held(&table->growth);
	if (table->chunks == MHEAP_CHUNKS_MAX)
		return -ENOSPC;
	error = grow_directory(table);
	if (error)
		return error;
	marks = next_marks(table);
	if (!marks)
		return -ENOMEM;
	chunk = new_chunk(table->chunks << MHEAP_CHUNK_SHIFT, marks);
	if (!chunk)
		return -ENOMEM;
	atomic_long_add(sizeof(*chunk), &table->bytes);
	/*
	 * A number of this chunk is first known to the session that takes it off
	 * the list below, under table->lock; that orders this store before every
	 * look-up of such a number.
	 */
	WRITE_ONCE(table->directory->chunk[table->chunks], chunk);
	/* Pairs with the acquire in mheap_table_chunks(). */
	smp_store_release(&table->chunks, table->chunks + 1);
	mheap_table_list(table, chunk, MHEAP_LIST_FREE);
	return 0;
}

/*
 * Take the free numbers of the first block that has any. Those that a collection
 * has not reached are left: it lists the chunk again when it is through with it.
 */
static bool take_from(struct mheap_chunk *chunk, struct mheap_run *run)
{
	unsigned int block;

	for (block = 0; block < MHEAP_CHUNK_BLOCKS; block++) {
		spin_lock(&chunk->lock[block]);
		run->left = chunk->free[block] & ~mheap_unreached(chunk, block);
		chunk->free[block] &= ~run->left;
		spin_unlock(&chunk->lock[block]);
		if (run->left) {
			run->base = chunk->base + block * MHEAP_BLOCK_OBJECTS;
			return true;
		}
	}
	return false;
}

/**
 * mheap_table_take - take free numbers
 * @table: the table
 * @run: filled with at least one number; must be empty
 *
 * Context: Any that may take a spinlock.
 * Return: true; false if the table has none, and must grow.
 */
bool mheap_table_take(struct mheap_table *table, struct mheap_run *run)
{
	struct mheap_chunk *chunk;

	if (run->home && take_from(run->home, run))
		return true;
	while ((chunk = mheap_table_rotate(table, MHEAP_LIST_FREE))) {
		run->home = chunk;
		if (take_from(chunk, run))
			return true;
		mheap_table_unlist(table, chunk, MHEAP_LIST_FREE);
		if (take_from(chunk, run)) {
			mheap_table_list(table, chunk, MHEAP_LIST_FREE);
			return true;
		}
	}
	return false;
}

/**
 * mheap_table_grow - add numbers, unless somebody else has done so
 * @table: the table
 *
 * Context: May sleep; not entered.
 * Return: 0, -ENOMEM, or -ENOSPC if there are no more numbers.
 */
int mheap_table_grow(struct mheap_table *table)
{
	int error = 0;

	mutex_lock(&table->growth);
	if (!mheap_table_first(table, MHEAP_LIST_FREE))
		error = add_chunk(table);
	mutex_unlock(&table->growth);
	return error;
}

/**
 * mheap_table_give_back - give back numbers that were not used
 * @table: the table
 * @run: emptied
 *
 * Context: Any that may take a spinlock.
 */
void mheap_table_give_back(struct mheap_table *table, struct mheap_run *run)
{
	struct mheap_chunk *chunk;
	unsigned int block;

	if (!run->left)
		return;
	chunk = mheap_chunk_of(table, run->base);
	block = mheap_block(run->base);
	spin_lock(&chunk->lock[block]);
	chunk->free[block] |= run->left;
	spin_unlock(&chunk->lock[block]);
	run->left = 0;
	mheap_table_list(table, chunk, MHEAP_LIST_FREE);
}
