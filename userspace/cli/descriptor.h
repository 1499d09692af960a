/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * Descriptors of heaps that other processes have: one is duplicated, which the kernel
 * allows to whoever may trace the process.
 */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <stdint.h>

/*
 * A descriptor of the heap of that name, -ENOENT if there is none, -EPERM if it may be
 * one of a process that the user may not trace, -EREMOTE if there is such a heap and no
 * process has it, so it is a module's.
 */
int descriptor_of_heap(const char *heap);

/* Descriptor @number of a process, of whatever it is; or -errno. */
int descriptor_of_process(uint64_t process, uint64_t number);

/* Prints why descriptor_of_heap() failed; @file: the name could be that of a file. */
void descriptor_error(int error, const char *heap, const char *file);

#endif
