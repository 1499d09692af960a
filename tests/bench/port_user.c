// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the core when it is timed. Pages are cut off one after the other
 * from large pieces, as the page allocator of a kernel that has just been
 * started would do. They are not given back before the program ends. What the
 * kernel's slab allocator takes for an object is in the figures of ioctl_bench,
 * not in these.
 */
#include <sys/mman.h>

#include "port_user.h"

#define PIECE		(64UL << 20)
#define HUGE		(2UL << 20)
#define SLAB		PAGE_SIZE

long port_alarms;
bool bench_huge_pages;
#ifndef BENCH_ALONE
__thread unsigned int bench_thread;
#endif

void *port_alloc(size_t size)
{
	return calloc(1, size);
}

void port_free(void *memory)
{
	free(memory);
}

void mheap_port_leak(void *memory)
{
	(void)memory;
}

static char *piece;
static size_t piece_left;
static pthread_mutex_t piece_lock = PTHREAD_MUTEX_INITIALIZER;

static bool map_piece(void)
{
	char *memory = mmap(NULL, PIECE + HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	piece = (char *)(((uintptr_t)memory + HUGE - 1) & ~(HUGE - 1));
	piece_left = PIECE;
	if (bench_huge_pages)
		madvise(piece, PIECE, MADV_HUGEPAGE);
	return true;
}

void *mheap_port_alloc_pages(size_t size, gfp_t gfp)
{
	char *memory = NULL;

	(void)gfp;
	size = PAGE_ALIGN(size);
	pthread_mutex_lock(&piece_lock);
	if (size <= PIECE && (size <= piece_left || map_piece())) {
		piece_left -= size;
		memory = piece + PIECE - piece_left - size;
	}
	pthread_mutex_unlock(&piece_lock);
	return memory;
}

void mheap_port_free_pages(void *memory, size_t size)
{
	(void)memory;
	(void)size;
}

bool bench_cache_grow(struct kmem_cache *cache)
{
	size_t size = max(SLAB, cache->size);
	char *slab = mheap_port_alloc_pages(size, 0);

	if (!slab)
		return false;
	/* The first one is used first. */
	for (size_t i = size / cache->size; i--; ) {
		void **object = (void **)(slab + i * cache->size);

		*object = cache->free[bench_thread];
		cache->free[bench_thread] = object;
	}
	return true;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *))
{
	struct kmem_cache *cache = calloc(1, sizeof(*cache));

	(void)name;
	(void)align;
	(void)flags;
	(void)ctor;
	if (cache)
		cache->size = size;
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	free(cache);
}
