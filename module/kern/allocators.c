// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of allocators.
 *
 * An allocator has users: the heaps that have it, and whoever else keeps it. Each
 * of them holds the module that the allocator is in, so that module's exit, where
 * the allocator is unregistered, comes after the last one. Who unregisters at
 * another time is told while there are users.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "allocators.h"
#include "core/debug_allocator.h"
#include "debug_report.h"

static LIST_HEAD(registered);		/* L */
static DEFINE_SPINLOCK(lock);		/* L: also the users of each allocator */

/* Those of the module itself, from mheap_allocators_init() on. */
static struct mheap_allocator *slab, *page, *debug;

static struct mheap_allocator *find(const char *name)
{
	struct mheap_allocator *allocator;

	lockdep_assert_held(&lock);
	list_for_each_entry(allocator, &registered, link)
		if (!strcmp(allocator->ops->name, name))
			return allocator;
	return NULL;
}

/* It is written to files whose words are parted by spaces. */
static bool is_name(const char *name)
{
	const char *end;

	for (end = name; isgraph(*end); end++)
		;
	return !*end && end > name && end - name < MHEAP_ALLOCATOR_NAME_MAX;
}

/**
 * mheap_allocator_register - let heaps have an allocator
 * @allocator: with @ops filled in, which has @owner and a name of printable
 *             characters without spaces, shorter than MHEAP_ALLOCATOR_NAME_MAX;
 *             the rest is the registry's until mheap_allocator_unregister()
 *
 * Context: May sleep.
 * Return: 0, -EINVAL for no such name, or for an @open without a @close or the other
 * way round, or -EEXIST if an allocator has the name.
 */
int mheap_allocator_register(struct mheap_allocator *allocator)
{
	const struct mheap_allocator_ops *ops = allocator->ops;
	int error = 0;

	if (!is_name(ops->name) || !ops->open != !ops->close)
		return -EINVAL;
	spin_lock(&lock);
	if (find(ops->name)) {
		error = -EEXIST;
	} else {
		allocator->users = 0;
		list_add_tail(&allocator->link, &registered);
	}
	spin_unlock(&lock);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_allocator_register);

/**
 * mheap_allocator_unregister - the opposite
 * @allocator: registered
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY while somebody has the allocator; never so in the exit of the
 * module that is its owner.
 */
int mheap_allocator_unregister(struct mheap_allocator *allocator)
{
	int error = 0;

	spin_lock(&lock);
	if (allocator->users)
		error = -EBUSY;
	else
		list_del(&allocator->link);
	spin_unlock(&lock);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_allocator_unregister);

/**
 * mheap_allocator_get - keep the allocator that has a name
 * @name: the name
 *
 * Context: Any that may take a spinlock.
 * Return: The allocator, for mheap_allocator_put(), or an ERR_PTR() of -ENOENT.
 */
struct mheap_allocator *mheap_allocator_get(const char *name)
{
	struct mheap_allocator *allocator;

	spin_lock(&lock);
	allocator = find(name);
	if (allocator && try_module_get(allocator->ops->owner))
		allocator->users++;
	else
		allocator = ERR_PTR(-ENOENT);
	spin_unlock(&lock);
	return allocator;
}
EXPORT_SYMBOL_MHEAP(mheap_allocator_get);

/**
 * mheap_allocator_again - keep an allocator once more
 * @allocator: kept by the caller
 *
 * Context: Any that may take a spinlock. Return: @allocator.
 */
struct mheap_allocator *mheap_allocator_again(struct mheap_allocator *allocator)
{
	__module_get(allocator->ops->owner);
	spin_lock(&lock);
	allocator->users++;
	spin_unlock(&lock);
	return allocator;
}

/**
 * mheap_allocator_put - keep it no longer
 * @allocator: from mheap_allocator_get() or mheap_allocator_again()
 *
 * Context: Any that may take a spinlock.
 */
void mheap_allocator_put(struct mheap_allocator *allocator)
{
	struct module *owner = allocator->ops->owner;

	spin_lock(&lock);
	allocator->users--;
	spin_unlock(&lock);
	module_put(owner);
}
EXPORT_SYMBOL_MHEAP(mheap_allocator_put);

/**
 * mheap_allocator_name - the names of all allocators, one after the other
 * @number: from 0
 * @name: filled
 *
 * Context: Any that may take a spinlock. Return: 0, or -ENOENT: there are no more.
 */
int mheap_allocator_name(unsigned int number, char name[MHEAP_ALLOCATOR_NAME_MAX])
{
	struct mheap_allocator *allocator;
	int error = -ENOENT;

	spin_lock(&lock);
	list_for_each_entry(allocator, &registered, link) {
		if (number--)
			continue;
		strscpy(name, allocator->ops->name, MHEAP_ALLOCATOR_NAME_MAX);
		error = 0;
		break;
	}
	spin_unlock(&lock);
	return error;
}

/**
 * mheap_allocator_open - an allocator for a heap
 * @allocator: kept by the caller
 *
 * Context: May sleep.
 * Return: One for the heap alone where @allocator makes such, else @allocator; or an
 * ERR_PTR().
 */
struct mheap_allocator *mheap_allocator_open(struct mheap_allocator *allocator)
{
	return allocator->ops->open ? allocator->ops->open(allocator) : allocator;
}

/**
 * mheap_allocator_close - the opposite
 * @allocator: kept by the caller
 * @opened: what mheap_allocator_open() gave; it has got everything back
 *
 * Context: May sleep.
 */
void mheap_allocator_close(struct mheap_allocator *allocator, struct mheap_allocator *opened)
{
	if (allocator->ops->close)
		allocator->ops->close(opened);
}

/**
 * mheap_allocators_get_quarantine - how much the debug allocator keeps back
 *
 * Context: Any. Return: Bytes, for a heap that is still to be made.
 */
u32 mheap_allocators_get_quarantine(void)
{
	return mheap_debug_get_quarantine(debug);
}

/**
 * mheap_allocators_set_quarantine - set that
 * @bytes: of freed bodies, for each heap
 *
 * Context: Any.
 */
void mheap_allocators_set_quarantine(u32 bytes)
{
	mheap_debug_set_quarantine(debug, bytes);
}

/* What could not be made is left out. */
static void destroy_all(void)
{
	if (!IS_ERR_OR_NULL(debug))
		mheap_debug_destroy(debug);
	if (!IS_ERR_OR_NULL(page))
		mheap_page_destroy(page);
	if (!IS_ERR_OR_NULL(slab))
		mheap_slab_destroy(slab);
}

/**
 * mheap_allocators_init - make the module's own allocators, and register them
 *
 * Context: May sleep. Return: 0 or -ENOMEM.
 */
int mheap_allocators_init(void)
{
	slab = mheap_slab_create();
	page = mheap_page_create();
	debug = mheap_debug_create(&mheap_debug_kernel_hooks);
	if (IS_ERR(slab) || IS_ERR(page) || IS_ERR(debug)) {
		destroy_all();
		return -ENOMEM;
	}
	/* Nobody else is there yet, so nothing can be in the way. */
	mheap_allocator_register(slab);
	mheap_allocator_register(page);
	mheap_allocator_register(debug);
	return 0;
}

/**
 * mheap_allocators_exit - the end of them
 *
 * Context: May sleep. There are no heaps any more. Modules that have registered
 * others use this one, so they are gone.
 */
void mheap_allocators_exit(void)
{
	destroy_all();
}
