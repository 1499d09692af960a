/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: what each opcode does.
 */
#ifndef _MHEAP_IFACE_COMMAND_H
#define _MHEAP_IFACE_COMMAND_H

#include <linux/types.h>

struct mheap_batch;

bool mheap_commands_run(struct mheap_batch *batch);

#endif /* _MHEAP_IFACE_COMMAND_H */
