/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of heaps with several sessions need. */
#ifndef SHARING_H
#define SHARING_H

#include "heap.h"

int has_folder(const struct mheap_stats *stats);
void check_same_heap(int a, int b);
void make_ring(int heap);

/* Over a socket, with a number, which the receiver may not want to know. */
void send_descriptor(int socket, int descriptor, __u64 number);
int receive_descriptor(int socket, __u64 *number);

#endif /* SHARING_H */
