// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enumeration: copy in, check, call, copy out. What is found is copied to the program
 * when the walk is over, as no section may touch its memory; where that fails the
 * program does not know its handles, so they are closed again.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <linux/mheap.h>

#include "core/enumerate.h"
#include "enumerate.h"
#include "file.h"

#define GENERATIONS_ALL	((1U << (MHEAP_GENERATION_PERMANENT + 1)) - 1)

static bool is_valid(const struct mheap_enumerate *request)
{
	const bool objects = request->what == MHEAP_ENUMERATE_OBJECTS;
	const bool referrers = request->what == MHEAP_ENUMERATE_REFERRERS;

	if (!objects && !referrers && request->what != MHEAP_ENUMERATE_GARBAGE)
		return false;
	if (objects != !!request->generations || request->generations & ~GENERATIONS_ALL)
		return false;
	if (!referrers && request->object)
		return false;
	return request->count && request->count <= MHEAP_ENUMERATE_MAX &&
	       request->cursor <= MHEAP_ENUMERATION_CURSOR_MAX &&
	       !(request->flags & ~MHEAP_ENUMERATE_IDS);
}

static enum mheap_enumerated what_of(const struct mheap_enumerate *request)
{
	switch (request->what) {
	case MHEAP_ENUMERATE_OBJECTS:
		return MHEAP_ENUMERATED_OBJECTS;
	case MHEAP_ENUMERATE_REFERRERS:
		return MHEAP_ENUMERATED_REFERRERS;
	default:
		return MHEAP_ENUMERATED_GARBAGE;
	}
}

static int copy_out(const struct mheap_enumeration *enumeration, struct mheap_enumerate *request,
		    struct mheap_enumerate __user *argument)
{
	request->cursor = enumeration->cursor;
	request->count = enumeration->count;
	if (copy_to_user(u64_to_user_ptr(request->handles), enumeration->found,
			 enumeration->count * sizeof(enumeration->found[0])))
		return -EFAULT;
	return copy_to_user(argument, request, sizeof(*request)) ? -EFAULT : 0;
}

static int enumerate(struct mheap_session *session, struct mheap_enumerate *request,
		     struct mheap_enumerate __user *argument)
{
	struct mheap_enumeration enumeration = {
		.what = what_of(request),
		.generations = request->generations,
		.object = request->object,
		.ids = request->flags & MHEAP_ENUMERATE_IDS,
		.room = request->count,
		.cursor = request->cursor,
	};
	int error;

	enumeration.found = mheap_port_kvcalloc(request->count, sizeof(u64), MHEAP_GFP);
	if (!enumeration.found)
		return -ENOMEM;
	error = mheap_enumerate(session, &enumeration);
	if (!error) {
		error = copy_out(&enumeration, request, argument);
		if (error)
			mheap_enumerate_undo(session, &enumeration);
	}
	kvfree(enumeration.found);
	return error;
}

/**
 * mheap_enumerate_for_user - MHEAP_IOC_ENUMERATE
 * @file: the open file; it is settled, as its session is used
 * @argument: struct mheap_enumerate
 *
 * Context: May sleep; in the process whose memory @argument is in.
 * Return: What <linux/mheap.h> says.
 */
long mheap_enumerate_for_user(struct mheap_file *file, void __user *argument)
{
	struct mheap_enumerate request;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	if (!is_valid(&request))
		return -EINVAL;
	mheap_file_settle(file);
	return enumerate(&file->session, &request, argument);
}
