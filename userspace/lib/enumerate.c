// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Finding objects. Lists grow by doubling; where one cannot, what it has is dropped. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define PIECE	256	/* handles at a time */

struct list {
	mh_handle *handle;
	size_t count;
	size_t capacity;
};

/* Makes sure that @more handles fit. */
static int make_room(struct list *list, size_t more)
{
	size_t capacity = list->capacity ? list->capacity * 2 : more;
	mh_handle *longer;

	if (list->capacity - list->count >= more)
		return 0;
	if (capacity < list->count + more)
		capacity = list->count + more;
	longer = reallocarray(list->handle, capacity, sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	list->handle = longer;
	list->capacity = capacity;
	return 0;
}

/* Returns 0, or the error of the first that could not be dropped. */
static int drop(struct mh_session *session, struct mheap_op *ops, unsigned int count)
{
	int executed = mh_submit(session, ops, count, MHEAP_SUBMIT_CONTINUE);
	int error = 0;

	/* Where there is no memory for so many at once there may be for each. */
	if (executed == -ENOMEM && count > 1) {
		for (unsigned int i = 0; i < count; i++) {
			executed = drop(session, &ops[i], 1);
			error = error ? error : executed;
		}
		return error;
	}
	if (executed < 0)
		return executed;
	for (int i = 0; i < executed && !error; i++)
		error = ops[i].result < 0 ? ops[i].result : 0;
	return error;
}

int mh_drop_list(struct mh_session *session, mh_handle *list, size_t count)
{
	struct mheap_op ops[PIECE];
	size_t next = 0;
	int error = 0;

	while (next < count) {
		unsigned int some = 0;
		int failed;

		for (; next < count && some < PIECE; next++)
			if (list[next])
				ops[some++] = (struct mheap_op){
					.opcode = MHEAP_OP_DROP, .object = list[next],
				};
		if (!some)
			break;
		failed = drop(session, ops, some);
		error = error ? error : failed;
	}
	free(list);
	return error;
}

/* Gives a list to the caller, or drops it. */
static int finish(struct mh_session *session, struct list *made, int error, mh_handle **list,
		  size_t *count)
{
	if (error) {
		mh_drop_list(session, made->handle, made->count);
		return error;
	}
	if (!made->count) {
		free(made->handle);
		made->handle = NULL;
	}
	*list = made->handle;
	*count = made->count;
	return 0;
}

int mh_enumerate(struct mh_session *session, struct mheap_enumerate *request)
{
	return mh_request(session, MHEAP_IOC_ENUMERATE, request);
}

static int enumerate(struct mh_session *session, struct mheap_enumerate request,
		     mh_handle **list, size_t *count)
{
	struct list made = { 0 };
	int error;

	do {
		error = make_room(&made, PIECE);
		if (error)
			break;
		request.handles = (uintptr_t)(made.handle + made.count);
		request.count = PIECE;
		error = mh_enumerate(session, &request);
		if (!error)
			made.count += request.count;
	} while (!error && request.cursor);
	return finish(session, &made, error, list, count);
}

int mh_objects(struct mh_session *session, unsigned int generations, mh_handle **list,
	       size_t *count)
{
	const struct mheap_enumerate request = {
		.what = MHEAP_ENUMERATE_OBJECTS, .generations = generations,
	};

	return enumerate(session, request, list, count);
}

int mh_referrers(struct mh_session *session, mh_handle object, mh_handle **list, size_t *count)
{
	const struct mheap_enumerate request = {
		.what = MHEAP_ENUMERATE_REFERRERS, .object = object,
	};

	return enumerate(session, request, list, count);
}

int mh_garbage(struct mh_session *session, mh_handle **list, size_t *count)
{
	const struct mheap_enumerate request = { .what = MHEAP_ENUMERATE_GARBAGE };

	return enumerate(session, request, list, count);
}

/* Loads some slots; where one is gone meanwhile, those behind it are as well. */
static int load_some(struct mh_session *session, mh_handle object, uint32_t first, uint32_t slots,
		     struct list *list)
{
	struct mheap_op ops[PIECE];
	int executed, error;

	error = make_room(list, slots);
	if (error)
		return error;
	for (uint32_t i = 0; i < slots; i++)
		ops[i] = (struct mheap_op){
			.opcode = MHEAP_OP_LOAD, .object = object, .slot = first + i,
		};
	executed = mh_submit(session, ops, slots, 0);
	if (executed < 0)
		return executed;
	for (int i = 0; i < executed; i++) {
		if (ops[i].result < 0)
			return ops[i].result == -EINVAL ? 0 : ops[i].result;
		if (ops[i].result)
			list->handle[list->count++] = ops[i].result;
	}
	return executed ? 0 : -ECANCELED;
}

int mh_referents(struct mh_session *session, mh_handle object, mh_handle **list, size_t *count)
{
	struct mheap_object_info info;
	struct list made = { 0 };
	uint32_t slot = 0;
	int error;

	error = mh_info(session, object, &info);
	while (!error && slot < info.slots) {
		const uint32_t some = info.slots - slot < PIECE ? info.slots - slot : PIECE;

		error = load_some(session, object, slot, some, &made);
		slot += some;
	}
	return finish(session, &made, error, list, count);
}
