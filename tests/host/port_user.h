/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's surroundings in userspace: the kernel's names over libc, pthreads
 * and the compiler's atomics. Only what the core uses. Every lock remembers
 * that it is held, so lockdep_assert_held() asserts; every allocation can be
 * made to fail, and is counted.
 *
 * With PORT_PAUSES threads pause for random times wherever others may come between:
 * at locks, at shared words and where they may be rescheduled. So what goes wrong
 * once in a million times otherwise goes wrong within seconds.
 *
 * With PORT_CHECKS memory that is not asked for zeroed is filled with rubbish,
 * what may sleep asserts that no spinlock is held, and no thread ever holds two
 * spinlocks.
 */
#ifndef _MHEAP_PORT_USER_H
#define _MHEAP_PORT_USER_H

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;
typedef unsigned int gfp_t;

#define U16_MAX			UINT16_MAX
#define U32_MAX			((u32)~0U)
#define L1_CACHE_BYTES		64
#define PAGE_SIZE		4096UL
#define PAGE_ALIGN(size)	(((size) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#ifdef PORT_PAUSES
void port_pause(void);
#define READ_ONCE(x) ({								\
	__typeof__(x) _once = __atomic_load_n(&(x), __ATOMIC_RELAXED);		\
	port_pause();								\
	_once; })
#define WRITE_ONCE(x, value)							\
	(__atomic_store_n(&(x), value, __ATOMIC_RELAXED), port_pause())
#else
#define port_pause()		((void)0)
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value)	__atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#endif
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define __uninitialized
#define noinline		__attribute__((noinline))
#define __no_kcsan		__attribute__((no_sanitize("thread")))
#define prefetch(p)		__builtin_prefetch(p)
#define prefetchw(p)		__builtin_prefetch(p, 1)
#define BUILD_BUG_ON(condition)	_Static_assert(!(condition), #condition)
#define EXPORT_SYMBOL_MHEAP(symbol)	_Static_assert(1, #symbol)

#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define swap(a, b)	do { __typeof__(a) _a = (a); (a) = (b); (b) = _a; } while (0)
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define clamp(x, low, high)	min(max(x, low), high)
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define struct_size(p, member, count) (sizeof(*(p)) + sizeof((p)->member[0]) * (size_t)(count))

#define ERR_PTR(error)		((void *)(intptr_t)(error))
#define PTR_ERR(p)		((long)(intptr_t)(p))
#define IS_ERR(p)		((uintptr_t)(p) >= (uintptr_t)-4095)

#define hweight64(x)		((unsigned int)__builtin_popcountll(x))
#define __ffs64(x)		((unsigned int)__builtin_ctzll(x))
static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline bool mheap_port_is_killed(void)
{
	return false;
}

/* The same in every run. */
static inline u64 mheap_port_seed(void)
{
	return 0xcbf29ce484222325ULL;
}

static inline u64 mheap_port_hash(const void *data, size_t length, u64 seed)
{
	const u8 *byte = data;

	while (length--)
		seed = (seed ^ *byte++) * 0x100000001b3ULL;
	return seed ^ seed >> 32;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline u64 ktime_get_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + now.tv_nsec;
}

#ifdef PORT_CHECKS
extern __thread int port_spinlocks;	/* that this thread holds */
#define port_may_sleep()	assert(!port_spinlocks)
#define port_spins()		assert(!port_spinlocks++)
#define port_spun()		((void)port_spinlocks--)
#else
#define port_may_sleep()	((void)0)
#define port_spins()		((void)0)
#define port_spun()		((void)0)
#endif

extern long port_alarms;
#define mheap_port_alarm(...) \
	(__atomic_add_fetch(&port_alarms, 1, __ATOMIC_RELAXED), fprintf(stderr, __VA_ARGS__))

static inline void cond_resched(void)
{
	port_may_sleep();
	port_pause();
}

/* Atomics. Those of the kernel that return a value are fully ordered. */

typedef struct { s64 value; } atomic64_t;
typedef struct { long value; } atomic_long_t;
typedef struct { int value; } atomic_t;

#define PORT_ATOMIC(prefix, type, number)						\
static inline number prefix##_read(const type *a)					\
{											\
	port_pause();										\
	return __atomic_load_n(&a->value, __ATOMIC_RELAXED);				\
}											\
static inline void prefix##_set(type *a, number value)					\
{											\
	port_pause();										\
	__atomic_store_n(&a->value, value, __ATOMIC_RELAXED);				\
}											\
static inline void prefix##_add(number change, type *a)					\
{											\
	port_pause();										\
	__atomic_add_fetch(&a->value, change, __ATOMIC_RELAXED);			\
}											\
static inline void prefix##_or(number bits, type *a)					\
{											\
	port_pause();										\
	__atomic_or_fetch(&a->value, bits, __ATOMIC_RELAXED);				\
}											\
static inline void prefix##_sub(number change, type *a)					\
{											\
	port_pause();										\
	__atomic_sub_fetch(&a->value, change, __ATOMIC_RELAXED);			\
}											\
static inline number prefix##_xchg(type *a, number value)				\
{											\
	port_pause();										\
	return __atomic_exchange_n(&a->value, value, __ATOMIC_SEQ_CST);			\
}											\
static inline void prefix##_inc(type *a)						\
{											\
	prefix##_add(1, a);								\
}											\
static inline void prefix##_dec(type *a)						\
{											\
	prefix##_sub(1, a);								\
}											\
static inline number prefix##_add_return(number change, type *a)			\
{											\
	port_pause();										\
	return __atomic_add_fetch(&a->value, change, __ATOMIC_SEQ_CST);			\
}											\
static inline number prefix##_add_return_relaxed(number change, type *a)		\
{											\
	port_pause();										\
	return __atomic_add_fetch(&a->value, change, __ATOMIC_RELAXED);			\
}											\
static inline number prefix##_sub_return(number change, type *a)			\
{											\
	port_pause();										\
	return __atomic_sub_fetch(&a->value, change, __ATOMIC_SEQ_CST);			\
}											\
static inline bool prefix##_try_cmpxchg(type *a, number *old, number value)		\
{											\
	port_pause();										\
	return __atomic_compare_exchange_n(&a->value, old, value, false,		\
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);		\
}											\
static inline bool prefix##_try_cmpxchg_relaxed(type *a, number *old, number value)	\
{											\
	port_pause();										\
	return __atomic_compare_exchange_n(&a->value, old, value, false,		\
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);		\
}

PORT_ATOMIC(atomic64, atomic64_t, s64)
PORT_ATOMIC(atomic_long, atomic_long_t, long)
PORT_ATOMIC(atomic, atomic_t, int)

/* Locks */

typedef struct { pthread_mutex_t lock; int held; } spinlock_t;
struct mutex { pthread_mutex_t lock; int held; int missed; };

#define lockdep_assert_held(l)	assert(__atomic_load_n(&(l)->held, __ATOMIC_RELAXED) > 0)
#define port_held(l, change)	__atomic_add_fetch(&(l)->held, change, __ATOMIC_RELAXED)

/* How often somebody did not get a lock at once, who asked for that. */
#define port_missed(l)		__atomic_add_fetch(&(l)->missed, 1, __ATOMIC_RELAXED)

#define port_mutex_init(l)	((l)->held = 0, pthread_mutex_init(&(l)->lock, NULL))
#define port_mutex_lock(l) \
	(port_pause(), pthread_mutex_lock(&(l)->lock), port_held(l, 1), port_pause())
#define port_mutex_unlock(l) \
	(port_held(l, -1), pthread_mutex_unlock(&(l)->lock), port_pause())

#define spin_lock_init(l)	port_mutex_init(l)
#define spin_lock(l)		(port_spins(), port_mutex_lock(l))
#define spin_unlock(l)		(port_mutex_unlock(l), port_spun())
#define mutex_init(l)		port_mutex_init(l)
#define mutex_destroy(l)	pthread_mutex_destroy(&(l)->lock)
#define mutex_lock(l)		(port_may_sleep(), port_mutex_lock(l))
#define mutex_lock_nest_lock(l, n) mutex_lock(l)
#define mutex_lock_killable(l)	(mutex_lock(l), 0)
#define mutex_trylock(l) \
	(!pthread_mutex_trylock(&(l)->lock) ? port_held(l, 1) : (port_missed(l), 0))
#define mutex_is_locked(l)	(__atomic_load_n(&(l)->held, __ATOMIC_RELAXED) > 0)
#define preempt_disable()	((void)0)
#define preempt_enable()	((void)0)
#define might_lock(l)		port_may_sleep()
#define mutex_unlock(l)		port_mutex_unlock(l)

/* Memory */

#define GFP_KERNEL		1U	/* may sleep */
#define GFP_KERNEL_ACCOUNT	1U
#define GFP_NOWAIT		0U
#define __GFP_NOWARN		0U
#define __GFP_ACCOUNT		0U
#define __GFP_NORETRY		0U
#define __GFP_RETRY_MAYFAIL	0U
#define SLAB_ACCOUNT		0U

/*
 * Allocations since the start, allocations not freed, how many were made to
 * fail, and which one is to fail, counted from 1 at the start: 0 is none; with
 * port_fail_all all from there on.
 */
extern long port_allocations;
extern long port_allocated;
extern long port_failures;
extern long port_fail_at;
extern bool port_fail_all;

/* What mheap_port_leak() gave up, counted in port_allocated no more. */
extern long port_leaks;

void *port_alloc(size_t size);
void port_free(void *memory);

static inline void *port_zeroed(size_t size, gfp_t gfp)
{
	if (gfp & GFP_KERNEL)
		port_may_sleep();
	return port_alloc(size);
}

static inline void *port_rubbish(size_t size, gfp_t gfp)
{
	void *memory = port_zeroed(size, gfp);

#ifdef PORT_CHECKS
	if (memory)
		memset(memory, 0xa5, size);
#endif
	return memory;
}

static inline void port_free_mapped(void *memory)
{
	port_may_sleep();
	port_free(memory);
}

#define kzalloc(size, gfp)	port_zeroed(size, gfp)
#define kmalloc(size, gfp)	port_rubbish(size, gfp)
#define kmalloc_array(n, size, gfp) port_rubbish((size_t)(n) * (size), gfp)
#define kcalloc(n, size, gfp)	port_zeroed((size_t)(n) * (size), gfp)
#define kvcalloc(n, size, gfp)	port_zeroed((size_t)(n) * (size), gfp)
#define kfree(p)		port_free(p)
#define kvfree(p)		port_free_mapped(p)
#define vfree(p)		port_free_mapped(p)
#define mheap_port_kvmalloc(size, gfp)		port_rubbish(size, gfp)
#define mheap_port_kvzalloc(size, gfp)		port_zeroed(size, gfp)
#define mheap_port_kvcalloc(n, size, gfp)	port_zeroed((size_t)(n) * (size), gfp)
#define mheap_port_vzalloc(size, gfp)		port_zeroed(size, gfp)

/* What malloc() gives, as if it came from slabs of a page. */
static inline uintptr_t mheap_port_slab_of(const void *memory, size_t *bytes)
{
	*bytes = PAGE_SIZE;
	return (uintptr_t)memory / PAGE_SIZE;
}

#define mheap_port_alloc_pages(size, gfp)	port_zeroed(size, gfp)
#define mheap_port_free_pages(p, size)		((void)(size), port_free_mapped(p))

void mheap_port_leak(void *memory);

/* Return: The first byte that is not @right, or NULL. */
static inline void *memchr_inv(const void *memory, int right, size_t size)
{
	const u8 *byte = memory;

	for (; size; size--, byte++)
		if (*byte != (u8)right)
			return (void *)byte;
	return NULL;
}

/**
 * struct kmem_cache - objects of one size
 * @size: of each
 * @live: how many there are
 */
struct kmem_cache {
	size_t size;
	long live;
};

/* In front of every object: whose it is. */
struct port_cached {
	struct kmem_cache *cache;
	u64 unused;
};

static inline void *port_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	struct port_cached *cached = port_zeroed(sizeof(*cached) + cache->size, gfp);

	if (!cached)
		return NULL;
	cached->cache = cache;
	__atomic_add_fetch(&cache->live, 1, __ATOMIC_RELAXED);
	return cached + 1;
}

static inline void port_cache_free(struct kmem_cache *cache, void *object)
{
	struct port_cached *cached = (struct port_cached *)object - 1;

	assert(cached->cache == cache);
	__atomic_sub_fetch(&cache->live, 1, __ATOMIC_RELAXED);
	port_free(cached);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *));
void kmem_cache_destroy(struct kmem_cache *cache);
#define kmem_cache_zalloc(cache, gfp)	port_cache_zalloc(cache, gfp)
#define kmem_cache_free(cache, p)	port_cache_free(cache, p)
#define kmem_cache_shrink(cache)	((void)(cache), port_may_sleep())

/* Lists */

struct list_head {
	struct list_head *next, *prev;
};

#define list_entry(p, type, member)	container_of(p, type, member)
#define list_for_each_entry(p, head, member) \
	for ((p) = list_entry((head)->next, __typeof__(*(p)), member); \
	     &(p)->member != (head); \
	     (p) = list_entry((p)->member.next, __typeof__(*(p)), member))
#define list_first_entry_or_null(head, type, member) \
	((head)->next == (head) ? NULL : list_entry((head)->next, type, member))

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	entry->next = head;
	entry->prev = head->prev;
	head->prev->next = entry;
	head->prev = entry;
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	list_add_tail(entry, head->next);
}

static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

/* Move all of a list behind the last of another. */
static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	if (list_empty(list))
		return;
	list->next->prev = head->prev;
	head->prev->next = list->next;
	list->prev->next = head;
	head->prev = list->prev;
	INIT_LIST_HEAD(list);
}

static inline void list_del_init(struct list_head *entry)
{
	list_del(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

#endif /* _MHEAP_PORT_USER_H */
