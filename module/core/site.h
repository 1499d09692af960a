/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sites: where objects were made. A site is a tag that the program chose and a stack
 * of return addresses, which may be empty; it is known by a number. With the profile
 * on, each object that is made has the number of its site in its chunk.
 */
#ifndef _MHEAP_CORE_SITE_H
#define _MHEAP_CORE_SITE_H

#include "port.h"
#include "table.h"

#define MHEAP_SITE_NONE		0U	/* made while the profile was off */
#define MHEAP_SITE_OTHER	1U	/* there was no room for its site */
#define MHEAP_SITE_FIRST	2U
#define MHEAP_SITE_COUNT_MAX	65536U
#define MHEAP_SITE_DEPTH_MAX	16U

/**
 * enum mheap_site_mode - what the profile is about
 * @MHEAP_SITE_OFF: nothing
 * @MHEAP_SITE_TAGS: tags
 * @MHEAP_SITE_STACKS: and stacks
 * @MHEAP_SITE_MODES: how many modes there are
 */
enum mheap_site_mode {
	MHEAP_SITE_OFF,
	MHEAP_SITE_TAGS,
	MHEAP_SITE_STACKS,
	MHEAP_SITE_MODES,
};

struct mheap_heap;

/**
 * struct mheap_site - a site; never changes
 * @next: in the same bucket
 * @number: its number
 * @depth: length of @address
 * @tag: what the program said
 * @address: of instructions, the innermost first
 */
struct mheap_site {
	struct mheap_site *next;
	u32 number;
	u32 depth;
	u64 tag;
	u64 address[];
};

/**
 * struct mheap_sites - the sites of a heap
 * @mode: enum mheap_site_mode; read by anyone
 * @sample: every how many objects a stack is taken, at least 1; likewise
 * @used: @mode was not MHEAP_SITE_OFF once; likewise
 * @made: objects made since (atomic)
 * @changing: one change of @mode at a time
 * @lock: guards the buckets; a leaf
 * @seed: of the hash
 * @count: how many sites there are; read by anyone (release and acquire)
 * @site: by number less MHEAP_SITE_FIRST; the array is there once @used is set
 * @bucket: first site of each, likewise
 */
struct mheap_sites {
	u32 mode;
	u32 sample;
	bool used;
	atomic_t made;
	struct mutex changing;		/* see above */
	spinlock_t lock;		/* see above */
	u64 seed;
	u32 count;
	struct mheap_site **site;
	struct mheap_site **bucket;
};

void mheap_sites_init(struct mheap_sites *sites);
void mheap_sites_fini(struct mheap_sites *sites);
int mheap_sites_set(struct mheap_heap *heap, u32 mode, u32 sample);
u32 mheap_site_find(struct mheap_heap *heap, u64 tag, const u64 *address, u32 depth);
void mheap_site_note(struct mheap_heap *heap, u32 object, u32 site);

/* Was the profile ever on? Then each object that is made is noted. */
static inline bool mheap_sites_are_used(const struct mheap_sites *sites)
{
	return unlikely(READ_ONCE(sites->used));
}

/**
 * mheap_sites_want_stack - is it time to take a stack?
 * @sites: of a heap
 *
 * Context: Any. Called once for each object that is made. Return: true if so.
 */
static inline bool mheap_sites_want_stack(struct mheap_sites *sites)
{
	if (READ_ONCE(sites->mode) != MHEAP_SITE_STACKS)
		return false;
	return (u32)atomic_add_return(1, &sites->made) % READ_ONCE(sites->sample) == 0;
}

/* The site of an object, whose block is locked. */
static inline u32 mheap_site_of(const struct mheap_chunk *chunk, u32 object)
{
	const u32 *site = smp_load_acquire(&chunk->site);	/* pairs with add_sites() */

	return site ? READ_ONCE(site[mheap_index(object)]) : MHEAP_SITE_NONE;
}

/* A site by its number, or NULL for those that are none of their own. */
static inline const struct mheap_site *mheap_site_at(const struct mheap_sites *sites, u32 number)
{
	/* Pairs with the release in add(). */
	if (number - MHEAP_SITE_FIRST >= smp_load_acquire(&sites->count))
		return NULL;
	return sites->site[number - MHEAP_SITE_FIRST];
}

#endif /* _MHEAP_CORE_SITE_H */
