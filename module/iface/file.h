/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files: what an open /dev/mheap is. A file is fresh until operations are submitted
 * on it, it listens or is read from, it has joined another heap, or another file has
 * joined its heap; then it is settled for ever, and what is marked F does not change
 * any more. Until then F is guarded by @lock, and nobody uses the session.
 *
 * Locks of two files are taken in the order of their addresses. Inside of them are
 * those of the core; see core/table.h.
 */
#ifndef _MHEAP_IFACE_FILE_H
#define _MHEAP_IFACE_FILE_H

#include <asm/barrier.h>
#include <linux/mutex.h>

#include "core/session.h"

struct mheap_folder;
struct mheap_instance;
struct mheap_op;

/**
 * struct mheap_file - an open file
 * @session: F  its session
 * @lock: guards what is marked F in a fresh file
 * @settled: it is not fresh any more; set once, under @lock
 * @instance: F  the heap it works on
 * @folder: F  the heap's directory in sysfs
 * @reading: one read() at a time; outermost of all locks
 * @window: memory for MHEAP_SECTION_OPERATIONS records, or NULL while a batch has it; taken
 *          and put back with xchg()
 */
struct mheap_file {
	struct mheap_session session;
	struct mutex lock;	/* F, while not @settled */
	bool settled;
	struct mheap_instance *instance;
	struct mheap_folder *folder;
	struct mutex reading;	/* see above */
	struct mheap_op *window;
};

struct mheap_file *mheap_file_open(void);
void mheap_file_close(struct mheap_file *file);
int mheap_file_join(struct mheap_file *file, struct mheap_file *target);
int mheap_file_choose_allocator(struct mheap_file *file, const char *name);
void mheap_file_settle(struct mheap_file *file);
struct mheap_folder *mheap_file_folder(struct mheap_file *file);

/**
 * mheap_file_is_settled - does the session stay with its heap?
 * @file: the open file
 *
 * Context: Any.
 * Return: false if mheap_file_settle() is to be called before the session is used.
 */
static inline bool mheap_file_is_settled(const struct mheap_file *file)
{
	/* Pairs with the releases in file.c: the session is that of the heap. */
	return smp_load_acquire(&file->settled);
}

#endif /* _MHEAP_IFACE_FILE_H */
