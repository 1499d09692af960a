/* SPDX-License-Identifier: GPL-2.0-only */
/* Results in the Test Anything Protocol. */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

/* Says what became of a test; returns @ok. */
bool tap(bool ok, const char *name);

/* The plan. Returns the exit status: 0 when all was well. */
int tap_end(void);

void test_lists(void);
void test_random(unsigned long seed);

#endif
