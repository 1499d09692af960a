// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the core in userspace, with failures to order.
 */
#include <unistd.h>

#include "port_user.h"

long port_allocations;
long port_allocated;
long port_failures;
long port_leaks;
long port_alarms;
long port_fail_at;
bool port_fail_all;
#ifdef PORT_CHECKS
__thread int port_spinlocks;
#endif

#ifdef PORT_PAUSES
/*
 * Mostly none; else the processor goes to somebody else, now and then for as long
 * as a collection takes. Each thread has moods: a patient one and a hasty one.
 */
void port_pause(void)
{
	static __thread u32 random, until_change, rarity;
	static u32 threads;

	if (!random)
		random = __atomic_add_fetch(&threads, 0x9e3779b9U, __ATOMIC_RELAXED) | 1;
	random ^= random << 13;
	random ^= random >> 17;
	random ^= random << 5;
	if (!until_change--) {
		until_change = 5000 + random % 50000;
		rarity = 1U << (6 + random % 8);
	}
	if (likely(random % rarity))
		return;
	if (random / rarity % 8)
		sched_yield();
	else
		usleep(1 + random / rarity % 200);
}
#endif

static bool must_fail(void)
{
	long number = __atomic_add_fetch(&port_allocations, 1, __ATOMIC_RELAXED);

	if (!port_fail_at)
		return false;
	return port_fail_all ? number >= port_fail_at : number == port_fail_at;
}

void *port_alloc(size_t size)
{
	void *memory;

	assert(size);
	if (must_fail()) {
		__atomic_add_fetch(&port_failures, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	memory = calloc(1, size);
	if (memory)
		__atomic_add_fetch(&port_allocated, 1, __ATOMIC_RELAXED);
	return memory;
}

void port_free(void *memory)
{
	if (memory)
		__atomic_sub_fetch(&port_allocated, 1, __ATOMIC_RELAXED);
	free(memory);
}

/*
 * Nobody may use it any more, not even the test that damaged it: so it can go, and
 * the sanitizer has something to say where somebody does.
 */
void mheap_port_leak(void *memory)
{
	__atomic_add_fetch(&port_leaks, 1, __ATOMIC_RELAXED);
	port_free(memory);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *))
{
	struct kmem_cache *cache = port_alloc(sizeof(*cache));

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
	assert(!cache || !cache->live);
	port_free(cache);
}
