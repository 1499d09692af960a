// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users: a session each. The references that a module holds belong to nobody but
 * the module, so a session has no handles here and its serial number means nothing.
 */
#include <linux/slab.h>

#include "kern/compat.h"
#include "kern/instance.h"
#include "kernel.h"

/**
 * mheap_kuser_create - one more who works on a heap
 * @heap: the heap
 *
 * Context: May sleep. Return: The user, or an ERR_PTR() of -ENOMEM.
 */
struct mheap_kuser *mheap_kuser_create(struct mheap_kheap *heap)
{
	struct mheap_kuser *user = kzalloc(sizeof(*user), MHEAP_GFP);

	if (!user)
		return ERR_PTR(-ENOMEM);
	mheap_session_init(&user->session, &heap->instance->heap, 1, 0);
	user->heap = heap;
	user->types = heap->params.types;
	user->type_count = heap->params.type_count;
	atomic_inc(&heap->users);
	return user;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kuser_create);

/**
 * mheap_kuser_destroy - one less
 * @user: not in a batch, and to be used by nobody any more; an ERR_PTR() or NULL
 *        is nobody
 *
 * References that it got stay held.
 *
 * Context: May sleep.
 */
void mheap_kuser_destroy(struct mheap_kuser *user)
{
	if (IS_ERR_OR_NULL(user))
		return;
	mheap_session_fini(&user->session);
	atomic_dec(&user->heap->users);
	kfree(user);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kuser_destroy);

/**
 * mheap_kuser_begin - begin a batch
 * @user: the user; while somebody else is in a batch of it, the caller waits
 *
 * Where the heap has reached the ceiling of its garbage and this user is one of
 * those that allocated most, it waits until the heap has been collected.
 *
 * Context: May sleep. The caller is in no other batch.
 * Return: 0, or -EINTR if a signal kills the process, which does not happen to a
 * kernel thread.
 */
int mheap_kuser_begin(struct mheap_kuser *user)
{
	int error = mheap_session_enter(&user->session);

	if (likely(!error))
		user->operations = 0;
	return error;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kuser_begin);

/**
 * mheap_kuser_begin_always - the same where it must not fail
 * @user: the user
 *
 * For giving back references, say. It does not wait for a collection.
 *
 * Context: May sleep. The caller is in no other batch.
 */
void mheap_kuser_begin_always(struct mheap_kuser *user)
{
	mheap_session_enter_always(&user->session);
	user->operations = 0;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kuser_begin_always);

/**
 * mheap_kuser_end - end a batch
 * @user: in a batch
 *
 * Context: May sleep.
 */
void mheap_kuser_end(struct mheap_kuser *user)
{
	mheap_session_leave(&user->session);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kuser_end);
