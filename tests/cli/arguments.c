// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* For native.sh: what the library refuses without asking the module. */

#include <errno.h>
#include <mheap.h>
#include <stdio.h>

static int failed;

static void is(const char *what, long long found, long long expected)
{
	if (found == expected)
		return;
	failed = 1;
	printf("%s is %lld, not %lld\n", what, found, expected);
}

#define IS(found, expected) is(#found, found, expected)

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

int main(void)
{
	IS(mh_heap_write("heap0", "threshold", ""), -EINVAL);
	test_flags();
	return failed;
}
