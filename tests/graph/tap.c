// SPDX-License-Identifier: GPL-2.0-only
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

static int count, failed;

bool tap(bool ok, const char *name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++count, name);
	failed += !ok;
	return ok;
}

int tap_end(void)
{
	printf("1..%d\n", count);
	return failed != 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_lists();
	test_random(argc > 1 ? strtoul(argv[1], NULL, 0) : 1);
	return tap_end();
}
