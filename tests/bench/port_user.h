/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's surroundings when it is timed: those of tests/host, but for what
 * would make the core look different from what it is in the kernel. Spinlocks
 * are four bytes and one atomic instruction, not a pthread mutex that counts its
 * holders; bodies and chunks lie as close as slabs and pages pack them.
 *
 * With BENCH_THREADS, several threads may use it, each with a number of its own in
 * bench_thread: what is freed goes to a list that all share, and who has nothing
 * left takes it all. Mutexes spin for a while, as the kernel's do. Whoever holds a
 * lock can lose its processor here: those who wait for it then let others run.
 */
#ifndef MHEAP_BENCH_PORT_USER_H
#define MHEAP_BENCH_PORT_USER_H

#define spinlock_t		host_spinlock_t
#define kmem_cache		host_kmem_cache
#define kmem_cache_create	host_kmem_cache_create
#define kmem_cache_destroy	host_kmem_cache_destroy
#include "../host/port_user.h"
#undef spinlock_t
#undef kmem_cache
#undef kmem_cache_create
#undef kmem_cache_destroy
#undef kmem_cache_zalloc
#undef kmem_cache_free
#undef mheap_port_alloc_pages
#undef mheap_port_free_pages
#undef lockdep_assert_held
#undef spin_lock_init
#undef spin_lock
#undef spin_unlock

#define lockdep_assert_held(l)	((void)(l))

typedef struct {
	u32 held;
} spinlock_t;

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = 0;
}

static inline void spin_lock(spinlock_t *lock)
{
	unsigned int spins = 0;

	while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		while (READ_ONCE(lock->held))
			if (++spins % 1000)
				__builtin_ia32_pause();
			else
				sched_yield();
}

static inline void spin_unlock(spinlock_t *lock)
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#ifdef BENCH_THREADS
#undef mutex_init
#define mutex_init(l) do {							\
	pthread_mutexattr_t _attribute;						\
										\
	(l)->held = 0;								\
	pthread_mutexattr_init(&_attribute);					\
	pthread_mutexattr_settype(&_attribute, PTHREAD_MUTEX_ADAPTIVE_NP);	\
	pthread_mutex_init(&(l)->lock, &_attribute);				\
	pthread_mutexattr_destroy(&_attribute);					\
} while (0)

extern __thread unsigned int bench_thread;
#else
#define BENCH_THREADS	1
#define bench_thread	0
#define BENCH_ALONE
#endif

/**
 * struct kmem_cache - objects of one size
 * @size: of each
 * @free: of each thread, the first that is free; each begins with a pointer to the
 *        next
 * @shared: what threads have freed
 */
struct kmem_cache {
	size_t size;
	void **free[BENCH_THREADS];
	void **shared;
};

/*
 * Ordinary pages, as the other contenders have them; or huge ones, as in the
 * kernel's direct map, where the module's memory lies.
 */
extern bool bench_huge_pages;

bool bench_cache_grow(struct kmem_cache *cache);
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *));
void kmem_cache_destroy(struct kmem_cache *cache);
void *mheap_port_alloc_pages(size_t size, gfp_t gfp);
void mheap_port_free_pages(void *memory, size_t size);

static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	void ***free = &cache->free[bench_thread];
	void **object;

	(void)gfp;
#ifndef BENCH_ALONE
	if (unlikely(!*free))
		*free = __atomic_exchange_n(&cache->shared, NULL, __ATOMIC_ACQUIRE);
#endif
	if (unlikely(!*free) && !bench_cache_grow(cache))
		return NULL;
	object = *free;
	*free = *object;
	return memset(object, 0, cache->size);
}

static inline void kmem_cache_free(struct kmem_cache *cache, void *object)
{
#ifdef BENCH_ALONE
	*(void **)object = cache->free[0];
	cache->free[0] = object;
#else
	void **first = READ_ONCE(cache->shared);

	do {
		*(void **)object = first;
	} while (!__atomic_compare_exchange_n(&cache->shared, &first, object, true,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
#endif
}

#endif /* MHEAP_BENCH_PORT_USER_H */
