// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sites, in a hash table, and the numbers of objects' sites. Sites stay until the heap
 * goes. Memory is asked for before a lock is taken.
 */
#include "heap.h"
#include "site.h"

#define BUCKETS		16384U

/**
 * mheap_sites_init - begin without sites
 * @sites: of a heap; to be made
 *
 * Context: Any.
 */
void mheap_sites_init(struct mheap_sites *sites)
{
	memset(sites, 0, sizeof(*sites));
	mutex_init(&sites->changing);
	spin_lock_init(&sites->lock);
	sites->seed = mheap_port_seed();
	sites->sample = 1;
}

/**
 * mheap_sites_fini - free all sites
 * @sites: nobody uses them any more
 *
 * Context: May sleep.
 */
void mheap_sites_fini(struct mheap_sites *sites)
{
	u32 i;

	for (i = 0; i < sites->count; i++) {
		kfree(sites->site[i]);
		cond_resched();
	}
	kvfree(sites->site);
	kvfree(sites->bucket);
	mutex_destroy(&sites->changing);
}

/* Return: 0 or -ENOMEM. */
static int make_tables(struct mheap_sites *sites)
{
	lockdep_assert_held(&sites->changing);
	if (!sites->site)
		sites->site = mheap_port_kvcalloc(MHEAP_SITE_COUNT_MAX, sizeof(*sites->site),
						  MHEAP_GFP);
	if (!sites->bucket)
		sites->bucket = mheap_port_kvcalloc(BUCKETS, sizeof(*sites->bucket), MHEAP_GFP);
	return sites->site && sites->bucket ? 0 : -ENOMEM;
}

/**
 * mheap_sites_set - switch the profile
 * @heap: the heap
 * @mode: enum mheap_site_mode
 * @sample: every how many objects a stack is taken; 0 for as before
 *
 * Context: May sleep; not entered.
 * Return: 0, -EINVAL if there is no such mode, or -ENOMEM; then nothing is changed.
 */
int mheap_sites_set(struct mheap_heap *heap, u32 mode, u32 sample)
{
	struct mheap_sites *sites = &heap->sites;
	int error = 0;

	if (mode >= MHEAP_SITE_MODES)
		return -EINVAL;
	mutex_lock(&sites->changing);
	if (mode)
		error = make_tables(sites);
	if (!error) {
		if (sample)
			WRITE_ONCE(sites->sample, sample);
		WRITE_ONCE(sites->mode, mode);
		if (mode)	/* pairs with the acquire in mheap_site_find() */
			smp_store_release(&sites->used, true);
	}
	mutex_unlock(&sites->changing);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_sites_set);

static struct mheap_site *find(struct mheap_site *site, u64 tag, const u64 *address, u32 depth)
{
	for (; site; site = site->next)
		if (site->tag == tag && site->depth == depth &&
		    !memcmp(site->address, address, depth * sizeof(*address)))
			return site;
	return NULL;
}

/* Put a site into the table. Return: its number. */
static u32 add(struct mheap_sites *sites, struct mheap_site **bucket, struct mheap_site *site)
{
	lockdep_assert_held(&sites->lock);
	site->number = MHEAP_SITE_FIRST + sites->count;
	site->next = *bucket;
	*bucket = site;
	sites->site[sites->count] = site;
	/* Pairs with the acquire in mheap_site_at(). */
	smp_store_release(&sites->count, sites->count + 1);
	return site->number;
}

static u32 add_new(struct mheap_sites *sites, struct mheap_site **bucket, u64 tag,
		   const u64 *address, u32 depth)
{
	struct mheap_site *found, *site;
	u32 number = MHEAP_SITE_OTHER;

	if (READ_ONCE(sites->count) == MHEAP_SITE_COUNT_MAX)
		return number;
	site = kmalloc(struct_size(site, address, depth), MHEAP_GFP_BRIEF);
	if (!site)
		return number;
	site->tag = tag;
	site->depth = depth;
	memcpy(site->address, address, depth * sizeof(*address));
	spin_lock(&sites->lock);
	found = find(*bucket, tag, address, depth);
	if (found) {
		number = found->number;
	} else if (sites->count < MHEAP_SITE_COUNT_MAX) {
		number = add(sites, bucket, site);
		site = NULL;
	}
	spin_unlock(&sites->lock);
	kfree(site);
	return number;
}

/**
 * mheap_site_find - the number of a site
 * @heap: the heap, whose profile is or was on
 * @tag: what the program says
 * @address: a stack
 * @depth: its length, at most MHEAP_SITE_DEPTH_MAX; may be 0
 *
 * Context: May sleep. Return: The number; MHEAP_SITE_NONE while the profile is off.
 */
u32 mheap_site_find(struct mheap_heap *heap, u64 tag, const u64 *address, u32 depth)
{
	struct mheap_sites *sites = &heap->sites;
	u64 key[1 + MHEAP_SITE_DEPTH_MAX] = { tag };
	struct mheap_site **bucket;
	struct mheap_site *site;
	u32 number = 0;

	/* Pairs with the release in mheap_sites_set(): the tables are there. */
	if (!smp_load_acquire(&sites->used) || !READ_ONCE(sites->mode))
		return MHEAP_SITE_NONE;
	memcpy(key + 1, address, depth * sizeof(*address));
	bucket = &sites->bucket[mheap_port_hash(key, (1 + depth) * sizeof(*key), sites->seed) %
				BUCKETS];
	spin_lock(&sites->lock);
	site = find(*bucket, tag, address, depth);
	if (site)
		number = site->number;
	spin_unlock(&sites->lock);
	return number ?: add_new(sites, bucket, tag, address, depth);
}
EXPORT_SYMBOL_MHEAP(mheap_site_find);

/* Make room for the sites of a chunk's objects. Return: the array, or NULL. */
static u32 *add_sites(struct mheap_table *table, struct mheap_chunk *chunk)
{
	u32 *site = kcalloc(MHEAP_CHUNK_OBJECTS, sizeof(*site), MHEAP_GFP_BRIEF);

	if (!site)
		return NULL;
	spin_lock(&table->lock);
	if (!chunk->site) {
		/* Pairs with the acquire in mheap_site_of(). */
		smp_store_release(&chunk->site, site);
		atomic_long_add(MHEAP_CHUNK_OBJECTS * sizeof(*site), &table->bytes);
		site = NULL;
	}
	spin_unlock(&table->lock);
	kfree(site);	/* somebody else was faster */
	return READ_ONCE(chunk->site);
}

/**
 * mheap_site_note - note where an object was made
 * @heap: the heap
 * @object: its number; nobody else knows it yet
 * @site: number of the site
 *
 * Without memory for it the object stays without a site.
 *
 * Context: Entered. May sleep.
 */
void mheap_site_note(struct mheap_heap *heap, u32 object, u32 site)
{
	struct mheap_chunk *chunk = mheap_chunk_of(&heap->table, object);
	u32 *sites = smp_load_acquire(&chunk->site);	/* pairs with add_sites() */

	if (!sites && site)
		sites = add_sites(&heap->table, chunk);
	if (sites)
		WRITE_ONCE(sites[mheap_index(object)], site);
}
EXPORT_SYMBOL_MHEAP(mheap_site_note);
