// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/*
 * For native.sh: what the library refuses without asking the module, and what it does
 * when the module has no memory: ioctl() of this program stands for it.
 */

#include <errno.h>
#include <mheap.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "session.h"

static int failed;

static void compare(const char *what, long long found, long long expected)
{
	if (found == expected)
		return;
	failed = 1;
	printf("%s is %lld, not %lld\n", what, found, expected);
}

#define IS(found, expected) compare(#found, found, expected)

/* An operation has 16 bits of flags. @call appends one with those above them. */
#define REFUSED(call) do { \
	mh_batch_reset(batch); \
	IS(call, -EINVAL); \
	IS(mh_batch_count(batch), 0); \
	IS(mh_batch_add_drop(batch, 1), -EINVAL); \
	IS(mh_batch_submit(NULL, batch, 0), -EINVAL); \
} while (0)

static void test_flags(void)
{
	const unsigned int flags = 0x10000 | MHEAP_OP_TEMP;
	struct mh_batch *batch = mh_batch_new();

	REFUSED(mh_batch_add_new(batch, 0, 1, 0, flags));
	REFUSED(mh_batch_add_new_at(batch, 0, 1, 0, 5, flags));
	REFUSED(mh_batch_add_new_ephemeron(batch, 0, 0, flags));
	REFUSED(mh_batch_add_dup(batch, 1, flags));
	REFUSED(mh_batch_add_load(batch, 1, 0, flags));
	REFUSED(mh_batch_add_swap(batch, 1, 0, 0, flags));
	REFUSED(mh_batch_add_upgrade(batch, 1, flags));
	REFUSED(mh_batch_add_publish(batch, "x", 1, 0x10000));
	REFUSED(mh_batch_add_lookup(batch, "x", 0x80000000));
	mh_batch_reset(batch);
	IS(mh_batch_add_dup(batch, 1, 0xffff), 0);
	mh_batch_free(batch);
	IS(mh_publish(NULL, "x", 1, 0x10000), -EINVAL);
}

static unsigned int dropped;

/* Has memory for batches of one operation, but not of the handle 7. */
int ioctl(int fd, unsigned long request, ...)
{
	struct mheap_submit *submit;
	struct mheap_op *op;
	va_list arguments;

	va_start(arguments, request);
	submit = va_arg(arguments, struct mheap_submit *);
	va_end(arguments);
	op = (struct mheap_op *)(uintptr_t)submit->ops;
	if (fd != -1 || request != MHEAP_IOC_SUBMIT || submit->count > 1 || op->object == 7) {
		errno = ENOMEM;
		return -1;
	}
	op->result = 0;
	dropped++;
	return 1;
}

/* All that can be dropped is, one at a time if need be. */
static void test_drop_list(void)
{
	struct mh_session session = { .fd = -1 };
	mh_handle *list = calloc(600, sizeof(*list));

	for (int i = 0; list && i < 600; i++)
		list[i] = 100 + i;
	IS(mh_drop_list(&session, list, 600), 0);
	IS(dropped, 600);
	dropped = 0;
	list = calloc(3, sizeof(*list));
	for (int i = 0; list && i < 3; i++)
		list[i] = 6 + i;
	IS(mh_drop_list(&session, list, 3), -ENOMEM);
	IS(dropped, 2);
}

int main(void)
{
	IS(mh_heap_write("heap0", "threshold", ""), -EINVAL);
	test_flags();
	test_drop_list();
	return failed;
}
