/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files: what an open /dev/mheap is.
 */
#ifndef _MHEAP_IFACE_FILE_H
#define _MHEAP_IFACE_FILE_H

#include "core/session.h"

struct mheap_folder;
struct mheap_instance;
struct mheap_op;

/**
 * struct mheap_file - an open file
 * @session: its session
 * @instance: the heap it works on
 * @folder: the heap's directory in sysfs
 * @window: memory for MHEAP_SECTION_OPERATIONS records, or NULL while a batch has it; taken
 *          and put back with xchg()
 */
struct mheap_file {
	struct mheap_session session;
	struct mheap_instance *instance;
	struct mheap_folder *folder;
	struct mheap_op *window;
};

struct mheap_file *mheap_file_open(void);
void mheap_file_close(struct mheap_file *file);

#endif /* _MHEAP_IFACE_FILE_H */
