/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: what each opcode does.
 */
#ifndef _MHEAP_IFACE_COMMAND_H
#define _MHEAP_IFACE_COMMAND_H

#include <linux/types.h>

struct mheap_batch;
struct mheap_op;

/* Result of an operation whose data is not prepared; see batch.c. */
#define MHEAP_COMMAND_UNPREPARED	(-EAGAIN)

s64 mheap_command_run(struct mheap_batch *batch, struct mheap_op *op);
bool mheap_command_gives(u16 opcode);

#endif /* _MHEAP_IFACE_COMMAND_H */
