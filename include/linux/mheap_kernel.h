/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mheap for other kernel modules: heaps of objects that refer to each other, and
 * that are freed when nothing refers to them any more, cycles included.
 *
 * A heap is a set of objects of a few types. An object has slots, each of which
 * refers to another object of the same heap or to none, and a payload of bytes.
 * It lives while something refers to it: a slot of a living object, a name (see
 * mheap_kpublish()), or a reference that the module holds, a struct mheap_ref.
 *
 *	static const struct mheap_ktype types[] = {
 *		[NODE] = { .name = "node", .slots = 2, .length = 16, .owner = THIS_MODULE },
 *	};
 *	static const struct mheap_kheap_params params = {
 *		.name = "mine", .types = types, .type_count = ARRAY_SIZE(types),
 *		.owner = THIS_MODULE,
 *	};
 *
 *	heap = mheap_kheap_create(&params);
 *	user = mheap_kuser_create(heap);
 *	error = mheap_kuser_begin(user);
 *	...
 *	error = mheap_knew(user, NODE, &a) ?: mheap_knew(user, NODE, &b);
 *	error = mheap_kstore(user, a, 0, b) ?: mheap_kstore(user, b, 0, a);
 *	mheap_kput(user, a);
 *	mheap_kput(user, b);
 *	mheap_kuser_end(user);
 *
 * a and b hold each other now; a collection finds that nobody else does. It is
 * run in the background when it is due, see /sys/kernel/mheap/mine/threshold, or
 * by mheap_kheap_collect().
 *
 * Who works on a heap
 *
 *	does so through a user, between mheap_kuser_begin() and mheap_kuser_end(): a
 *	batch. A user executes one batch at a time; whoever else wants to begin one
 *	waits. Those that are to run side by side need a user each: one for each
 *	thread, work item or processor, as it suits. A batch may be of any length:
 *	where it becomes long, the calls below let a collection through by
 *	themselves, so nobody waits for its end. But time spent in it elsewhere
 *	is time that a collection waits, so a batch is no place to sleep for long.
 *	Within a batch none is begun of another user, and the calls for heaps and
 *	users are not made: that would be a deadlock, as it would be with a mutex.
 *
 * Context
 *
 *	Everything here may sleep and is called from process context without
 *	spinlocks, but for the payload callbacks, which run under one. What has to
 *	be dropped in an interrupt or an RCU callback is handed to a work item.
 *	Memory is charged to the control group of the calling process. It is asked
 *	for with GFP_KERNEL, so who holds locks that reclaim takes needs
 *	memalloc_nofs_save() or memalloc_noio_save() around the batch.
 *
 * References
 *
 *	A struct mheap_ref that a call fills counts as one reference to the object:
 *	it is given back with mheap_kput(), by any user of the heap, in any batch.
 *	It stays valid through collections and resizes. Passing one that is not
 *	held, or that belongs to another heap, is a bug, as it is with a pointer.
 *	A weak reference, a struct mheap_weak, is a number: it keeps nothing
 *	alive, costs nothing and need not be given back, and never names another
 *	object than the one it was made for.
 *
 * Finalizers
 *
 *	A type may have a function that is called for each object of it when nothing
 *	refers to the object any more, whether counting or the collector found that:
 *	to give back what the object stands for. It is called in the background;
 *	mheap_kheap_settle() waits for it. A heap that is destroyed calls no
 *	finalizers of what is still in it.
 *
 * Errors
 *
 *	A call that fails has changed nothing and leaves what it would have filled
 *	undefined.
 *
 * Lifetimes
 *
 *	A module that uses this header cannot be loaded without mheap, and mheap
 *	not be unloaded before it. A heap holds each module that one of its types
 *	belongs to, except the module that made the heap. That one destroys it in
 *	its exit function at the latest; with MHEAP_KHEAP_PIN the heap holds it,
 *	too, and so its unloading is refused as long as the heap exists. While a
 *	heap exists that was not destroyed, mheap itself cannot be unloaded.
 *
 * What to say in Kbuild is written in Documentation/kernel-interface.rst. The
 * module says MHEAP_KERNEL_IMPORT(); once.
 */
#ifndef _LINUX_MHEAP_KERNEL_H
#define _LINUX_MHEAP_KERNEL_H

#include <linux/module.h>
#include <linux/types.h>

/* Works on all kernels; the argument of MODULE_IMPORT_NS() became a string in 6.13. */
#define MHEAP_KERNEL_IMPORT()	MODULE_INFO(import_ns, "MHEAP")

#define MHEAP_KERNEL_GENERATIONS	3
#define MHEAP_KERNEL_TYPES_MAX		256
#define MHEAP_KERNEL_NAME_MAX		31	/* characters */

struct mheap_kallocator;
struct mheap_kheap;
struct mheap_kuser;

/**
 * struct mheap_ref - a reference to an object
 * @object: its number in the heap; 0 is no object. For nobody to look at, but
 *          two references are to the same object if it is the same.
 */
struct mheap_ref {
	u32 object;
};

#define MHEAP_NULL	((struct mheap_ref){ 0 })

static inline bool mheap_is_null(struct mheap_ref ref)
{
	return !ref.object;
}

/**
 * struct mheap_weak - a weak reference to an object
 * @id: what other objects of the heap never had and never will have
 */
struct mheap_weak {
	u64 id;
};

/**
 * struct mheap_ktype - what objects of a kind are made of
 * @name: for people
 * @slots: how many
 * @length: of the payload, in bytes
 * @owner: THIS_MODULE of whoever it belongs to; not unloaded before the heap is
 *         destroyed
 * @finalize: called once for each object that nobody refers to any more, or NULL
 *
 * @finalize is called from a work item: it may sleep, and it is called for one object
 * of a heap after the other. The object and all that it refers to are as they were.
 * The reference is only lent; who wants to keep the object gets one or stores it
 * somewhere, and then it lives, but is not finalized again when it dies. @finalize is
 * in no batch, and the user is its own as long as it runs. It neither waits for the
 * heap to settle nor destroys it.
 */
struct mheap_ktype {
	const char *name;
	u32 slots;
	u32 length;
	struct module *owner;
	void (*finalize)(struct mheap_kuser *user, struct mheap_ref ref);
};

/* The heap holds the module that makes it. */
#define MHEAP_KHEAP_PIN		0x1

/**
 * struct mheap_kheap_params - how a heap is made
 * @name: of its directory below /sys/kernel/mheap, which belongs to root: up to
 *        MHEAP_KERNEL_NAME_MAX letters, digits, "-" and "_"; not "defaults", and
 *        not "heap" followed by a digit
 * @allocator: the name of an allocator: "slab", "page", "debug", or one that a module has
 *             registered; NULL for that of /sys/kernel/mheap/defaults/allocator
 * @types: the types of its objects, which are named by their place in this array;
 *         stays as it is until the heap is destroyed
 * @type_count: how many, at most MHEAP_KERNEL_TYPES_MAX
 * @flags: MHEAP_KHEAP_*
 * @owner: THIS_MODULE
 */
struct mheap_kheap_params {
	const char *name;
	const char *allocator;
	const struct mheap_ktype *types;
	u32 type_count;
	u32 flags;
	struct module *owner;
};

/**
 * struct mheap_kallocator_params - where memory of objects may come from
 * @name: that heaps are given it by: up to MHEAP_KERNEL_NAME_MAX printable characters
 *        without spaces; stays as it is until the allocator is unregistered
 * @owner: THIS_MODULE of whoever the functions belong to; not unloaded as long as a heap
 *         has the allocator, but for heaps that are the module's own and do not hold it
 * @data: passed to all functions
 * @alloc: gives @size bytes, at least 1, zeroed and aligned to 8; or NULL. May sleep.
 * @alloc_now: the same without sleeping: where it says NULL, @alloc is called with
 *             nobody waiting for it. Or NULL, and whoever waits for a section of the heap
 *             waits for @alloc.
 * @free: gives back what was given for the same @size. May sleep.
 * @charge: how many bytes of memory a piece of @size bytes takes: the same each time. May
 *          not sleep.
 * @shrink: much was freed: gives empty memory back to the system. May sleep. Or NULL.
 *
 * All are called side by side, by any process, and call nothing of this header. Memory
 * is asked for with GFP_KERNEL_ACCOUNT, so that who has the objects is charged for it,
 * and with __GFP_RETRY_MAYFAIL: without memory an operation fails, and nobody is killed
 * for it.
 */
struct mheap_kallocator_params {
	const char *name;
	struct module *owner;
	void *data;
	void *(*alloc)(void *data, size_t size);
	void *(*alloc_now)(void *data, size_t size);
	void (*free)(void *data, void *memory, size_t size);
	size_t (*charge)(void *data, size_t size);
	void (*shrink)(void *data);
};

/**
 * struct mheap_kcollection - what one collection did
 * @visited: objects looked at
 * @unreachable: of those, found unreachable
 * @freed: of those, freed
 * @uncollectable: of those, kept
 * @nanoseconds: from the first look to the last object freed
 */
struct mheap_kcollection {
	u64 visited;
	u64 unreachable;
	u64 freed;
	u64 uncollectable;
	u64 nanoseconds;
};

/**
 * struct mheap_kstats - a heap as it is now
 * @objects: that exist
 * @bytes: memory that they take
 * @created: objects ever made
 * @freed_by_count: objects freed because their last reference went
 * @freed_by_collector: objects freed by a collection
 * @in_generation: objects with slots in each generation
 * @finalizing: objects that wait for their finalizers to be called
 * @pending: objects are dead and not all of them are freed
 */
struct mheap_kstats {
	u64 objects;
	u64 bytes;
	u64 created;
	u64 freed_by_count;
	u64 freed_by_collector;
	u64 in_generation[MHEAP_KERNEL_GENERATIONS];
	u64 finalizing;
	bool pending;
};

/**
 * struct mheap_kinfo - an object as it is now
 * @id: as in struct mheap_weak
 * @type: its place in the types of the heap
 * @slots: how many
 * @length: of the payload, in bytes
 * @inside: references from slots
 * @outside: references from users and names
 */
struct mheap_kinfo {
	u64 id;
	u32 type;
	u32 slots;
	u32 length;
	u32 inside;
	u32 outside;
};

/* Heaps. */
struct mheap_kheap *mheap_kheap_create(const struct mheap_kheap_params *params);
void mheap_kheap_destroy(struct mheap_kheap *heap);
int mheap_kheap_collect(struct mheap_kheap *heap, u32 generation,
			struct mheap_kcollection *collection);
int mheap_kheap_settle(struct mheap_kheap *heap);
void mheap_kheap_enable(struct mheap_kheap *heap, bool enabled);
int mheap_kheap_set_threshold(struct mheap_kheap *heap,
			      const u32 threshold[MHEAP_KERNEL_GENERATIONS]);
void mheap_kheap_get_threshold(struct mheap_kheap *heap,
			       u32 threshold[MHEAP_KERNEL_GENERATIONS]);
void mheap_kheap_stats(struct mheap_kheap *heap, struct mheap_kstats *stats);

/* Allocators. */
struct mheap_kallocator *
mheap_kallocator_register(const struct mheap_kallocator_params *params);
int mheap_kallocator_unregister(struct mheap_kallocator *kallocator);

/* Users. */
struct mheap_kuser *mheap_kuser_create(struct mheap_kheap *heap);
void mheap_kuser_destroy(struct mheap_kuser *user);
int __must_check mheap_kuser_begin(struct mheap_kuser *user);
void mheap_kuser_begin_always(struct mheap_kuser *user);
void mheap_kuser_end(struct mheap_kuser *user);

/* Objects: all of these in a batch. */
int __must_check mheap_knew(struct mheap_kuser *user, u32 type, struct mheap_ref *ref);
int __must_check mheap_knew_sized(struct mheap_kuser *user, u32 type, u32 slots, u32 length,
				  struct mheap_ref *ref);
int __must_check mheap_kget(struct mheap_kuser *user, struct mheap_ref ref);
void mheap_kput(struct mheap_kuser *user, struct mheap_ref ref);
void mheap_kinfo(struct mheap_kuser *user, struct mheap_ref ref, struct mheap_kinfo *info);

int __must_check mheap_kload(struct mheap_kuser *user, struct mheap_ref ref, u32 slot,
			     struct mheap_ref *target);
int __must_check mheap_kstore(struct mheap_kuser *user, struct mheap_ref ref, u32 slot,
			      struct mheap_ref target);
int __must_check mheap_kswap(struct mheap_kuser *user, struct mheap_ref ref, u32 slot,
			     struct mheap_ref target, struct mheap_ref *old);
int __must_check mheap_kcompare_store(struct mheap_kuser *user, struct mheap_ref ref, u32 slot,
				      struct mheap_ref expected, struct mheap_ref target);

struct mheap_weak mheap_kweak(struct mheap_kuser *user, struct mheap_ref ref);
int __must_check mheap_kupgrade(struct mheap_kuser *user, struct mheap_weak weak,
				struct mheap_ref *ref);

long mheap_kread(struct mheap_kuser *user, struct mheap_ref ref, u64 offset, void *data,
		 u32 length);
int __must_check mheap_kwrite(struct mheap_kuser *user, struct mheap_ref ref, u64 offset,
			      const void *data, u32 length);
int mheap_kpayload(struct mheap_kuser *user, struct mheap_ref ref,
		   int (*look)(void *payload, u32 length, void *data), void *data);
int __must_check mheap_kresize(struct mheap_kuser *user, struct mheap_ref ref, u32 slots,
			       u32 length);

int __must_check mheap_kpublish(struct mheap_kuser *user, const char *name,
				struct mheap_ref ref);
int __must_check mheap_klookup(struct mheap_kuser *user, const char *name,
			       struct mheap_ref *ref);
int mheap_kunpublish(struct mheap_kuser *user, const char *name);

#endif /* _LINUX_MHEAP_KERNEL_H */
