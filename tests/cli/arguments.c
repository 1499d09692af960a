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

int main(void)
{
	IS(mh_heap_write("heap0", "threshold", ""), -EINVAL);
	return failed;
}
