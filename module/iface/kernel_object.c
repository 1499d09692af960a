// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users do with objects. Each call is one operation of a section, and takes a
 * new section where the old one is used up: so a batch can be long.
 */
#include <linux/string.h>

#include "core/finalizer.h"
#include "core/object.h"
#include "core/root.h"
#include "core/site.h"
#include "kern/compat.h"
#include "kernel.h"

static_assert(MHEAP_KERNEL_TYPES_MAX - 1 <= MHEAP_TYPE_INLINE_MAX);

static void count_operation(struct mheap_kuser *user)
{
	mheap_assert_session(&user->session);
	if (likely(user->operations < MHEAP_SECTION_OPERATIONS &&
		   !mheap_lane_is_tired(&user->session.lane))) {
		user->operations++;
		return;
	}
	mheap_session_breathe(&user->session);
	user->operations = 1;
}

/* A new object of this type. */
static int set_finalizer(struct mheap_kuser *user, u32 type, struct mheap_ref ref)
{
	int error = mheap_finalizer_set(&user->session, ref.object, type);

	if (unlikely(error))
		mheap_object_put(&user->session, ref.object);
	return error;
}

/* For the profile: the type is the site. */
static noinline void note_site(struct mheap_heap *heap, u32 type, u32 object)
{
	const u64 tag = type;

	mheap_site_note(heap, object, mheap_site_find(heap, tag, &tag, 0));
}

static int new(struct mheap_kuser *user, const struct mheap_shape *shape, struct mheap_ref *ref)
{
	int error;

	count_operation(user);
	error = mheap_object_new(&user->session, shape, &ref->object);
	if (!error && mheap_sites_are_used(&user->session.heap->sites))
		note_site(user->session.heap, shape->type, ref->object);
	if (!error && user->types[shape->type].finalize)
		error = set_finalizer(user, shape->type, *ref);
	return error;
}

/**
 * mheap_knew - make an object
 * @user: in a batch
 * @type: its place in the types of the heap
 * @ref: filled
 *
 * Its slots are empty and its payload is zero.
 *
 * Context: May sleep.
 * Return: 0, -EINVAL if there is no such type, -ENOMEM, or -ENOSPC if the heap has
 * no number left.
 */
int mheap_knew(struct mheap_kuser *user, u32 type, struct mheap_ref *ref)
{
	struct mheap_shape shape = {};

	if (unlikely(type >= user->type_count))
		return -EINVAL;
	shape.type = type;
	shape.slots = user->types[type].slots;
	shape.length = user->types[type].length;
	return new(user, &shape, ref);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_knew);

/**
 * mheap_knew_sized - make an object that is not as large as others of its type
 * @user: in a batch
 * @type: its place in the types of the heap
 * @slots: how many
 * @length: of the payload, in bytes
 * @ref: filled
 *
 * Context: May sleep.
 * Return: 0, -EINVAL if there is no such type, -E2BIG if it is too large, -ENOMEM,
 * or -ENOSPC if the heap has no number left.
 */
int mheap_knew_sized(struct mheap_kuser *user, u32 type, u32 slots, u32 length,
		     struct mheap_ref *ref)
{
	const struct mheap_shape shape = { .type = type, .slots = slots, .length = length };

	if (unlikely(type >= user->type_count))
		return -EINVAL;
	return new(user, &shape, ref);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_knew_sized);

/**
 * mheap_kget - one reference more
 * @user: in a batch
 * @ref: to an object; to be put once more
 *
 * Context: May sleep.
 * Return: 0, or -EOVERFLOW if there are too many.
 */
int mheap_kget(struct mheap_kuser *user, struct mheap_ref ref)
{
	count_operation(user);
	return mheap_object_get(&user->session, ref.object);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kget);

/**
 * mheap_kput - give a reference back
 * @user: in a batch
 * @ref: to an object, not to be used any more; or MHEAP_NULL
 *
 * With the last reference the object is finalized, if its type says so, and then
 * freed, and with it all that only it held: a little of that at once, the rest in the
 * background.
 *
 * Context: May sleep.
 */
void mheap_kput(struct mheap_kuser *user, struct mheap_ref ref)
{
	if (mheap_is_null(ref))
		return;
	count_operation(user);
	mheap_object_put(&user->session, ref.object);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kput);

/**
 * mheap_kinfo - an object as it is now
 * @user: in a batch
 * @ref: to the object
 * @info: filled
 *
 * Context: May sleep.
 */
void mheap_kinfo(struct mheap_kuser *user, struct mheap_ref ref, struct mheap_kinfo *info)
{
	struct mheap_object_figures figures;

	count_operation(user);
	mheap_object_figures(&user->session, ref.object, &figures);
	info->id = figures.id;
	info->type = figures.shape.type;
	info->slots = figures.shape.slots;
	info->length = figures.shape.length;
	info->inside = figures.inside;
	info->outside = figures.outside;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kinfo);

/**
 * mheap_kload - what a slot refers to
 * @user: in a batch
 * @ref: to an object
 * @slot: which slot, from 0
 * @target: filled with a reference, or MHEAP_NULL for an empty slot
 *
 * Context: May sleep.
 * Return: 0, -EINVAL if there is no such slot, or -EOVERFLOW if there are too many
 * references to the target.
 */
int mheap_kload(struct mheap_kuser *user, struct mheap_ref ref, u32 slot,
		struct mheap_ref *target)
{
	count_operation(user);
	return mheap_object_load(&user->session, ref.object, slot, &target->object);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kload);

/**
 * mheap_kstore - let a slot refer to something else
 * @user: in a batch
 * @ref: to an object
 * @slot: which slot, from 0
 * @target: reference to an object of the same heap, which stays the caller's; or
 *          MHEAP_NULL, to empty the slot
 *
 * Context: May sleep.
 * Return: 0, -EINVAL if there is no such slot, or -EOVERFLOW if there are too many
 * references to the target; of an ephemeron that a program has made also -ENOENT for a
 * value without a live key, or -ENOMEM for a key.
 */
int mheap_kstore(struct mheap_kuser *user, struct mheap_ref ref, u32 slot,
		 struct mheap_ref target)
{
	count_operation(user);
	return mheap_object_store(&user->session, ref.object, slot, target.object);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kstore);

/**
 * mheap_kswap - let a slot refer to something else, and keep the old
 * @user: in a batch
 * @ref: to an object
 * @slot: which slot, from 0
 * @target: as for mheap_kstore()
 * @old: filled with a reference to what the slot held, or MHEAP_NULL
 *
 * Context: May sleep.
 * Return: 0, -EINVAL if there is no such slot, or -EOVERFLOW if there are too many
 * references to one of the two.
 */
int mheap_kswap(struct mheap_kuser *user, struct mheap_ref ref, u32 slot,
		struct mheap_ref target, struct mheap_ref *old)
{
	count_operation(user);
	return mheap_object_swap(&user->session, ref.object, slot, target.object, &old->object);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kswap);

/**
 * mheap_kcompare_store - store, if the slot still refers to what the caller thinks
 * @user: in a batch
 * @ref: to an object
 * @slot: which slot, from 0
 * @expected: reference to an object that the caller holds, or MHEAP_NULL
 * @target: as for mheap_kstore()
 *
 * Context: May sleep.
 * Return: 1 if it was stored, 0 if not, -EINVAL if there is no such slot, or
 * -EOVERFLOW if there are too many references to the target.
 */
int mheap_kcompare_store(struct mheap_kuser *user, struct mheap_ref ref, u32 slot,
			 struct mheap_ref expected, struct mheap_ref target)
{
	count_operation(user);
	return mheap_object_compare_store(&user->session, ref.object, slot, expected.object,
					  target.object);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kcompare_store);

/**
 * mheap_kweak - a weak reference to an object
 * @user: in a batch
 * @ref: to the object
 *
 * Context: May sleep. Return: The weak reference.
 */
struct mheap_weak mheap_kweak(struct mheap_kuser *user, struct mheap_ref ref)
{
	const u32 object = ref.object;

	mheap_assert_session(&user->session);
	return (struct mheap_weak){
		mheap_id(object, mheap_tag(mheap_chunk_of(&user->session.heap->table, object),
					   object))
	};
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kweak);

/**
 * mheap_kupgrade - a reference to what a weak one names
 * @user: in a batch
 * @weak: from mheap_kweak(), of the same heap
 * @ref: filled
 *
 * Never fails for an object that a running collection will let live: it waits until
 * that is clear.
 *
 * Context: May sleep.
 * Return: 0, -ENOENT if the object is dead, or -EOVERFLOW if there are too many
 * references to it.
 */
int mheap_kupgrade(struct mheap_kuser *user, struct mheap_weak weak, struct mheap_ref *ref)
{
	ref->object = (u32)weak.id;
	if (mheap_is_null(*ref))
		return -ENOENT;
	count_operation(user);
	return mheap_session_upgrade_object(&user->session, ref->object, weak.id >> 32);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kupgrade);

/**
 * mheap_kread - copy payload out
 * @user: in a batch
 * @ref: to an object
 * @offset: where in the payload, in bytes
 * @data: where to
 * @length: how much at most
 *
 * Up to 4096 bytes are as they were at one moment.
 *
 * Context: May sleep. Return: Bytes copied; fewer, or 0, at the end of the payload.
 */
long mheap_kread(struct mheap_kuser *user, struct mheap_ref ref, u64 offset, void *data,
		 u32 length)
{
	count_operation(user);
	return mheap_object_read(&user->session, ref.object, offset, data, length);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kread);

/**
 * mheap_kwrite - copy payload in
 * @user: in a batch
 * @ref: to an object
 * @offset: where in the payload, in bytes
 * @data: where from
 * @length: how much
 *
 * Up to 4096 bytes are written at one moment.
 *
 * Context: May sleep. Return: 0, or -EINVAL if it goes past the end of the payload.
 */
int mheap_kwrite(struct mheap_kuser *user, struct mheap_ref ref, u64 offset, const void *data,
		 u32 length)
{
	count_operation(user);
	return mheap_object_write(&user->session, ref.object, offset, data, length);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kwrite);

/**
 * mheap_kpayload - look at or change payload where it lies
 * @user: in a batch
 * @ref: to an object
 * @look: is called once with the payload and its length, and with @data
 * @data: for @look
 *
 * A payload moves when the object is resized; so it is the caller's during the call
 * of @look, under a spinlock that keeps others from it. @look is short, does not
 * sleep and calls nothing of this interface. The payload is aligned to 4 bytes, and
 * to 8 where the number of slots is even.
 *
 * Context: May sleep, but @look may not. Return: What @look returned.
 */
int mheap_kpayload(struct mheap_kuser *user, struct mheap_ref ref,
		   int (*look)(void *payload, u32 length, void *data), void *data)
{
	struct mheap_chunk *chunk;
	struct mheap_shape shape;
	int result;

	count_operation(user);
	chunk = mheap_object_lock(&user->session, ref.object);
	mheap_body_shape(chunk, ref.object, &shape);
	result = look(mheap_body_payload(chunk, ref.object), shape.length, data);
	mheap_object_unlock(chunk, ref.object);
	return result;
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kpayload);

/**
 * mheap_kresize - change the number of slots and the size of the payload
 * @user: in a batch
 * @ref: to an object
 * @slots: how many there are to be
 * @length: bytes of payload there are to be
 *
 * What is cut off is dropped, what is added is empty or zero. References to the
 * object stay valid.
 *
 * Context: May sleep. Return: 0, -E2BIG if it is too large, or -ENOMEM.
 */
int mheap_kresize(struct mheap_kuser *user, struct mheap_ref ref, u32 slots, u32 length)
{
	count_operation(user);
	return mheap_object_resize(&user->session, ref.object, slots, length);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kresize);

/* Return: the length of a name, -EINVAL if it has none, or -ENAMETOOLONG. */
static int length_of(const char *name)
{
	const size_t length = strnlen(name, MHEAP_ROOT_LENGTH_MAX + 1);

	if (length > MHEAP_ROOT_LENGTH_MAX)
		return -ENAMETOOLONG;
	return length ?: -EINVAL;
}

/**
 * mheap_kpublish - give an object a name
 * @user: in a batch
 * @name: 1 to 255 bytes
 * @ref: to the object, which stays the caller's
 *
 * The name counts as a reference, until it is taken back or the heap is destroyed.
 *
 * Context: May sleep.
 * Return: 0, -EINVAL for an empty name, -ENAMETOOLONG, -EEXIST if an object has it,
 * -ENOSPC if there are 65536 names, -ENOMEM, or -EOVERFLOW if there are too many
 * references to the object.
 */
int mheap_kpublish(struct mheap_kuser *user, const char *name, struct mheap_ref ref)
{
	const int length = length_of(name);

	if (length < 0)
		return length;
	count_operation(user);
	return mheap_root_publish(&user->session, name, length, ref.object, false);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kpublish);

/**
 * mheap_klookup - the object that has a name
 * @user: in a batch
 * @name: the name
 * @ref: filled
 *
 * Context: May sleep.
 * Return: 0, -EINVAL for an empty name, -ENAMETOOLONG, -ENOENT if no object has it,
 * or -EOVERFLOW if there are too many references to the object.
 */
int mheap_klookup(struct mheap_kuser *user, const char *name, struct mheap_ref *ref)
{
	const int length = length_of(name);

	if (length < 0)
		return length;
	count_operation(user);
	return mheap_root_lookup(&user->session, name, length, &ref->object);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_klookup);

/**
 * mheap_kunpublish - take a name back
 * @user: in a batch
 * @name: the name
 *
 * Context: May sleep.
 * Return: 0, -EINVAL for an empty name, -ENAMETOOLONG, or -ENOENT if no object has
 * it.
 */
int mheap_kunpublish(struct mheap_kuser *user, const char *name)
{
	const int length = length_of(name);

	if (length < 0)
		return length;
	count_operation(user);
	return mheap_root_unpublish(&user->session, name, length);
}
EXPORT_SYMBOL_MHEAP_KERNEL(mheap_kunpublish);
