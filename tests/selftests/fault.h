/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures of memory, by the kernel's fault injection: of the n-th piece that is asked
 * for, of everything behind so many pages, or of everything. Needs a kernel with
 * CONFIG_FAULT_INJECTION.
 */
#ifndef FAULT_H
#define FAULT_H

#include <linux/mheap.h>

/* Skips the test where the kernel cannot. Small pieces fail, too. */
void fault_prepare(void);

/*
 * Prepares, and opens a heap that does not collect by itself, with an object of 4
 * slots and 100 bytes that refers to itself. Returns the heap.
 */
int fault_open(__u64 *holder);

/* Should small pieces of memory fail, or pages only? */
void fault_small_pieces(int yes);

/* What this thread asks for as the n-th, memory or a copy from or to it, fails. */
void fault_arm(unsigned int nth);

/*
 * Returns whether what was to fail has failed. Reading and writing the file can
 * be what fails: then it had not.
 */
int fault_disarm(void);

/* From now on everything this thread allocates fails, or nothing. */
void fault_all(int yes);

/* So many pages, and all small pieces, can be had before everything fails. */
void fault_pages(unsigned int pages);

/*
 * Everything but how much memory the tables take, which may stay larger, and what a
 * collection has done that was to make room.
 */
void fault_check_unchanged(int heap, const struct mheap_stats *before);

/* No heap, no body, no user of the module is left behind. */
void fault_check_leaks(void);

#endif /* FAULT_H */
