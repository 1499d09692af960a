// SPDX-License-Identifier: GPL-2.0-only
#include "act.h"
#include "root.h"

static int find(struct mheap_session *session, u64 handle, u32 *object)
{
	*object = 0;
	return handle ? mheap_session_find(session, handle, object) : 0;
}

/* Where a handle is needed, 0 is none. */
static int enter_and_find(struct mheap_session *session, u64 handle, u32 *object)
{
	const int error = mheap_session_enter(session);

	assert(!error);
	(void)error;
	return mheap_session_find(session, handle, object);
}

static int leave(struct mheap_session *session, int result)
{
	mheap_session_leave(session);
	return result;
}

/* A handle for a reference, or the reference is dropped. */
static int hold(struct mheap_session *session, u32 object, u64 *handle)
{
	const int error = mheap_session_hold(session, object, handle);

	if (error)
		mheap_object_put(session, object);
	return error;
}

int act_new(struct mheap_session *session, const struct mheap_shape *shape, u64 *handle)
{
	u32 object;
	int error;

	mheap_session_enter(session);
	error = mheap_session_reserve(session);
	if (!error)
		error = mheap_object_new(session, shape, &object);
	if (!error)
		error = hold(session, object, handle);
	return leave(session, error);
}

int act_dup(struct mheap_session *session, u64 handle, u64 *copy)
{
	u32 object;
	int error = enter_and_find(session, handle, &object);

	if (error == -EINVAL)
		return leave(session, mheap_session_dup_weak(session, handle, copy));
	if (!error)
		error = mheap_object_get(session, object);
	if (!error)
		error = hold(session, object, copy);
	return leave(session, error);
}

int act_drop(struct mheap_session *session, u64 handle)
{
	mheap_session_enter(session);
	return leave(session, mheap_session_drop(session, handle));
}

int act_load(struct mheap_session *session, u64 handle, u32 slot, u64 *target)
{
	u32 object, found;
	int error = enter_and_find(session, handle, &object);

	*target = 0;
	if (!error)
		error = mheap_object_load(session, object, slot, &found);
	if (!error && found)
		error = hold(session, found, target);
	return leave(session, error);
}

int act_store(struct mheap_session *session, u64 handle, u32 slot, u64 target)
{
	u32 object, to;
	int error = enter_and_find(session, handle, &object);

	if (!error)
		error = find(session, target, &to);
	if (!error)
		error = mheap_object_store(session, object, slot, to);
	return leave(session, error);
}

int act_swap(struct mheap_session *session, u64 handle, u32 slot, u64 target, u64 *old)
{
	u32 object, to, before;
	int error = enter_and_find(session, handle, &object);

	*old = 0;
	if (!error)
		error = find(session, target, &to);
	if (!error)
		error = mheap_session_reserve(session);
	if (!error)
		error = mheap_object_swap(session, object, slot, to, &before);
	if (!error && before)
		error = hold(session, before, old);
	return leave(session, error);
}

int act_compare_store(struct mheap_session *session, u64 handle, u32 slot, u64 expected,
		      u64 target)
{
	u32 object, from, to;
	int error = enter_and_find(session, handle, &object);

	if (!error)
		error = find(session, expected, &from);
	if (!error)
		error = find(session, target, &to);
	if (!error)
		error = mheap_object_compare_store(session, object, slot, from, to);
	return leave(session, error);
}

long act_read(struct mheap_session *session, u64 handle, u64 offset, void *data, u32 length)
{
	u32 object;
	long done = enter_and_find(session, handle, &object);

	if (!done)
		done = mheap_object_read(session, object, offset, data, length);
	mheap_session_leave(session);
	return done;
}

int act_write(struct mheap_session *session, u64 handle, u64 offset, const void *data,
	      u32 length)
{
	u32 object;
	int error = enter_and_find(session, handle, &object);

	if (!error)
		error = mheap_object_write(session, object, offset, data, length);
	return leave(session, error);
}

int act_resize(struct mheap_session *session, u64 handle, u32 slots, u32 length)
{
	u32 object;
	int error = enter_and_find(session, handle, &object);

	if (!error)
		error = mheap_object_resize(session, object, slots, length);
	return leave(session, error);
}

int act_info(struct mheap_session *session, u64 handle, struct mheap_object_figures *figures)
{
	u32 object = 0;
	int error = enter_and_find(session, handle, &object);

	if (!error)
		mheap_object_figures(session, object, figures);
	return leave(session, error);
}

int act_same(struct mheap_session *session, u64 handle, u64 other)
{
	u64 id, other_id;
	int error;

	mheap_session_enter(session);
	error = mheap_session_id(session, handle, &id) ?:
		mheap_session_id(session, other, &other_id);
	return leave(session, error ?: id == other_id);
}

int act_weak(struct mheap_session *session, u64 handle, u64 *weak)
{
	u32 object = 0;
	int error = enter_and_find(session, handle, &object);

	if (!error)
		error = mheap_session_weak(session, object, weak);
	return leave(session, error);
}

int act_upgrade(struct mheap_session *session, u64 weak, u64 *handle)
{
	u32 object;
	int error;

	mheap_session_enter(session);
	error = mheap_session_upgrade(session, weak, &object);
	if (!error)
		error = hold(session, object, handle);
	return leave(session, error);
}

int act_publish(struct mheap_session *session, const void *name, u32 length, u64 handle,
		bool replace)
{
	u32 object;
	int error = enter_and_find(session, handle, &object);

	if (!error)
		error = mheap_root_publish(session, name, length, object, replace);
	return leave(session, error);
}

int act_lookup(struct mheap_session *session, const void *name, u32 length, u64 *handle)
{
	u32 object;
	int error;

	mheap_session_enter(session);
	error = mheap_root_lookup(session, name, length, &object);
	if (!error)
		error = hold(session, object, handle);
	return leave(session, error);
}

int act_unpublish(struct mheap_session *session, const void *name, u32 length)
{
	mheap_session_enter(session);
	return leave(session, mheap_root_unpublish(session, name, length));
}

/* Of a strong handle, or of a weak one. */
int act_watch(struct mheap_session *session, u64 handle, u64 cookie)
{
	u32 object;
	int error = enter_and_find(session, handle, &object);

	if (!error)
		return leave(session, mheap_watch(session, object, cookie));
	if (error == -EINVAL)
		error = mheap_session_upgrade(session, handle, &object);
	if (!error) {
		error = mheap_watch(session, object, cookie);
		mheap_object_put(session, object);
	}
	return leave(session, error);
}

int act_unwatch(struct mheap_session *session, u64 handle, u64 cookie)
{
	u64 id;
	int error;

	mheap_session_enter(session);
	error = mheap_session_id(session, handle, &id) ?: mheap_unwatch(session, id, cookie);
	return leave(session, error);
}

int act_set_finalizer(struct mheap_session *session, u64 handle, u64 cookie)
{
	u32 object = 0;
	int error;

	mheap_session_enter_always(session);
	error = mheap_session_find(session, handle, &object) ?:
		mheap_finalizer_set(session, object, cookie);
	return leave(session, error);
}

int act_cancel_finalizer(struct mheap_session *session, u64 handle)
{
	u32 object = 0;
	int error;

	mheap_session_enter_always(session);
	error = mheap_session_find(session, handle, &object) ?:
		mheap_finalizer_cancel(session, object);
	return leave(session, error);
}

static void must(int error)
{
	if (error) {
		fprintf(stderr, "an operation that cannot fail failed: %d\n", error);
		abort();
	}
}

u64 make(struct mheap_session *session, u32 slots, u32 length)
{
	const struct mheap_shape shape = { .type = 7, .slots = slots, .length = length };
	u64 handle;

	must(act_new(session, &shape, &handle));
	return handle;
}

u64 make_ephemeron(struct mheap_session *session)
{
	const struct mheap_shape shape = {
		.type = 5, .slots = MHEAP_EPHEMERON_SLOTS, .length = 4, .ephemeron = true,
	};
	u64 handle;

	must(act_new(session, &shape, &handle));
	return handle;
}

void link_to(struct mheap_session *session, u64 handle, u32 slot, u64 target)
{
	must(act_store(session, handle, slot, target));
}

void drop(struct mheap_session *session, u64 handle)
{
	must(act_drop(session, handle));
}

u64 weak_to(struct mheap_session *session, u64 handle)
{
	u64 weak;

	must(act_weak(session, handle, &weak));
	return weak;
}

bool is_alive(struct mheap_session *session, u64 weak)
{
	u64 handle;
	const int error = act_upgrade(session, weak, &handle);

	if (error == -ENOENT)
		return false;
	must(error);
	drop(session, handle);
	return true;
}

u32 generation_of_handle(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;

	must(act_info(session, handle, &figures));
	return figures.generation;
}

u32 number_of(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;

	must(act_info(session, handle, &figures));
	return (u32)figures.id;
}

u32 target_of(struct mheap_session *session, u64 handle, u32 slot)
{
	u64 target;
	u32 number;

	must(act_load(session, handle, slot, &target));
	if (!target)
		return 0;
	number = number_of(session, target);
	drop(session, target);
	return number;
}
