// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocators of other modules. The core's struct mheap_allocator changes as the core
 * does; what other modules fill in stays as it is, and here the one becomes the other.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include <linux/mheap_kernel.h>

#include "kern/allocators.h"
#include "kern/compat.h"

static_assert(MHEAP_KERNEL_NAME_MAX + 1 == MHEAP_ALLOCATOR_NAME_MAX);

/**
 * struct mheap_kallocator - an allocator of another module
 * @allocator: as heaps see it
 * @ops: of @allocator
 * @params: of that module
 */
struct mheap_kallocator {
	struct mheap_allocator allocator;
	struct mheap_allocator_ops ops;
	struct mheap_kallocator_params params;
};

static const struct mheap_kallocator_params *params_of(const struct mheap_allocator *allocator)
{
	return &container_of(allocator, const struct mheap_kallocator, allocator)->params;
}

static void *call_alloc(struct mheap_allocator *allocator, size_t size)
{
	const struct mheap_kallocator_params *params = params_of(allocator);

	return params->alloc(params->data, size);
}

static void *call_alloc_now(struct mheap_allocator *allocator, size_t size)
{
	const struct mheap_kallocator_params *params = params_of(allocator);

	return params->alloc_now(params->data, size);
}

static void call_free(struct mheap_allocator *allocator, void *body, size_t size)
{
	const struct mheap_kallocator_params *params = params_of(allocator);

	params->free(params->data, body, size);
}

static size_t call_charge(const struct mheap_allocator *allocator, size_t size)
{
	const struct mheap_kallocator_params *params = params_of(allocator);

	return params->charge(params->data, size);
}

static void call_shrink(struct mheap_allocator *allocator)
{
	const struct mheap_kallocator_params *params = params_of(allocator);

	params->shrink(params->data);
}

static void fill_ops(struct mheap_allocator_ops *ops, const struct mheap_kallocator_params *params)
{
	ops->name = params->name;
	ops->owner = params->owner;
	ops->alloc = call_alloc;
	ops->alloc_now = params->alloc_now ? call_alloc_now : NULL;
	ops->free = call_free;
	ops->charge = call_charge;
	ops->shrink = params->shrink ? call_shrink : NULL;
}

/**
 * mheap_kallocator_register - let heaps have an allocator
 * @params: what it does; copied, but for the name
 *
 * Every heap can be made with it from now on, those of programs as well.
 *
 * Context: May sleep.
 * Return: The allocator, or an ERR_PTR() of -EINVAL if the name is not allowed or a
 * function is missing, -EEXIST if an allocator has that name, or -ENOMEM.
 */
struct mheap_kallocator *mheap_kallocator_register(const struct mheap_kallocator_params *params)
{
	struct mheap_kallocator *kallocator;
	int error;

	if (!params->name || !params->alloc || !params->free || !params->charge)
		return ERR_PTR(-EINVAL);
	kallocator = kzalloc(sizeof(*kallocator), GFP_KERNEL);
	if (!kallocator)
		return ERR_PTR(-ENOMEM);
	kallocator->params = *params;
	fill_ops(&kallocator->ops, params);
	kallocator->allocator.ops = &kallocator->ops;
	error = mheap_allocator_register(&kallocator->allocator);
	if (error) {
		kfree(kallocator);
		return ERR_PTR(error);
	}
	return kallocator;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kallocator_register);

/**
 * mheap_kallocator_unregister - the opposite
 * @kallocator: to be forgotten by the caller; an ERR_PTR() or NULL is no allocator
 *
 * In the exit function of its module, behind the destruction of the module's own heaps,
 * it never fails: other heaps that have it hold the module.
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY while a heap has it, or it is the default; then it stays.
 */
int mheap_kallocator_unregister(struct mheap_kallocator *kallocator)
{
	int error;

	if (IS_ERR_OR_NULL(kallocator))
		return 0;
	error = mheap_allocator_unregister(&kallocator->allocator);
	if (!error)
		kfree(kallocator);
	return error;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kallocator_unregister);
