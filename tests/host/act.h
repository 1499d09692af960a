/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program can do, one operation at a time and by handle: enter, act,
 * leave. Where undoing would show, the handle that is to be given is reserved
 * first, so an operation that fails has changed nothing.
 */
#ifndef _MHEAP_HOST_ACT_H
#define _MHEAP_HOST_ACT_H

#include "object.h"

int act_new(struct mheap_session *session, const struct mheap_shape *shape, u64 *handle);
int act_dup(struct mheap_session *session, u64 handle, u64 *copy);
int act_drop(struct mheap_session *session, u64 handle);
int act_load(struct mheap_session *session, u64 handle, u32 slot, u64 *target);
int act_store(struct mheap_session *session, u64 handle, u32 slot, u64 target);
int act_swap(struct mheap_session *session, u64 handle, u32 slot, u64 target, u64 *old);
int act_compare_store(struct mheap_session *session, u64 handle, u32 slot, u64 expected,
		      u64 target);
long act_read(struct mheap_session *session, u64 handle, u64 offset, void *data, u32 length);
int act_write(struct mheap_session *session, u64 handle, u64 offset, const void *data,
	      u32 length);
int act_resize(struct mheap_session *session, u64 handle, u32 slots, u32 length);
int act_info(struct mheap_session *session, u64 handle, struct mheap_object_figures *figures);
int act_same(struct mheap_session *session, u64 handle, u64 other);
int act_weak(struct mheap_session *session, u64 handle, u64 *weak);
int act_upgrade(struct mheap_session *session, u64 weak, u64 *handle);
int act_publish(struct mheap_session *session, const void *name, u32 length, u64 handle,
		bool replace);
int act_lookup(struct mheap_session *session, const void *name, u32 length, u64 *handle);
int act_unpublish(struct mheap_session *session, const void *name, u32 length);
int act_watch(struct mheap_session *session, u64 handle, u64 cookie);
int act_unwatch(struct mheap_session *session, u64 handle, u64 cookie);
int act_set_finalizer(struct mheap_session *session, u64 handle, u64 cookie);
int act_cancel_finalizer(struct mheap_session *session, u64 handle);

/* For tests that build graphs: what cannot fail, asserted. */
u64 make(struct mheap_session *session, u32 slots, u32 length);
u64 make_ephemeron(struct mheap_session *session);
void link_to(struct mheap_session *session, u64 handle, u32 slot, u64 target);
void drop(struct mheap_session *session, u64 handle);
u64 weak_to(struct mheap_session *session, u64 handle);
bool is_alive(struct mheap_session *session, u64 weak);
u32 generation_of_handle(struct mheap_session *session, u64 handle);
u32 number_of(struct mheap_session *session, u64 handle);

/* The number of what a slot refers to, or 0. */
u32 target_of(struct mheap_session *session, u64 handle, u32 slot);

#endif /* _MHEAP_HOST_ACT_H */
