// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug flags: a number, or names with one space between them.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <linux/mheap.h>

#include "core/heap.h"
#include "debug.h"
#include "numbers.h"

static_assert(MHEAP_DEBUG_STATS == MHEAP_SAY_STATS);
static_assert(MHEAP_DEBUG_COLLECTABLE == MHEAP_SAY_COLLECTABLE);
static_assert(MHEAP_DEBUG_UNCOLLECTABLE == MHEAP_SAY_UNCOLLECTABLE);
static_assert(MHEAP_DEBUG_SAVEALL == MHEAP_SAVE_ALL);

static const struct {
	const char *name;
	u32 flags;
} names[] = {
	{ "stats", MHEAP_DEBUG_STATS },
	{ "collectable", MHEAP_DEBUG_COLLECTABLE },
	{ "uncollectable", MHEAP_DEBUG_UNCOLLECTABLE },
	{ "saveall", MHEAP_DEBUG_SAVEALL },
	{ "leak", MHEAP_DEBUG_LEAK },
};

/**
 * mheap_debug_set - set the debug flags of a heap
 * @heap: the heap
 * @flags: MHEAP_DEBUG_*
 *
 * Context: Any. Return: 0, or -EINVAL if there is no such flag, and none is set.
 */
int mheap_debug_set(struct mheap_heap *heap, u32 flags)
{
	if (flags & ~MHEAP_DEBUG_ALL)
		return -EINVAL;
	WRITE_ONCE(heap->debug, flags);
	return 0;
}

static int parse_name(const char *text, size_t length, u32 *flags)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) != length || memcmp(names[i].name, text, length))
			continue;
		*flags |= names[i].flags;
		return 0;
	}
	return -EINVAL;
}

/**
 * mheap_debug_parse - read debug flags
 * @text: a number or names; may end in one newline
 * @length: of it
 * @flags: filled; may have lost its value where there is an error
 *
 * Context: Any. Return: 0, or -EINVAL.
 */
int mheap_debug_parse(const char *text, size_t length, u32 *flags)
{
	const char *end, *space;
	u64 number;
	int error;

	if (length && isdigit(text[0])) {
		error = mheap_numbers_parse(text, length, MHEAP_DEBUG_ALL, &number, 1);
		if (!error)
			*flags = number;
		return error;
	}
	end = text + length;
	if (length && end[-1] == '\n')
		end--;
	for (*flags = 0;; text = space + 1) {
		space = memchr(text, ' ', end - text) ?: end;
		if (parse_name(text, space - text, flags))
			return -EINVAL;
		if (space == end)
			return 0;
	}
}
