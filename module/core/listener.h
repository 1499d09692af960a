/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listeners: what a session wants to be told of its heap, and how much of that has
 * been told. There are several sources, each with a bit here for each kind
 * of event; they are asked in this order:
 *
 *	finalizers	objects in the queue of the heap, see finalizer.h
 *	watches		objects that have died, see watch.h
 *	journal		what has happened to the heap, see journal.h
 */
#ifndef _MHEAP_CORE_LISTENER_H
#define _MHEAP_CORE_LISTENER_H

#include "journal.h"
#include "port.h"

struct mheap_session;

/* The bits are those of 1 << kind of event in the interface for programs. */
#define MHEAP_LISTEN_FINALIZERS		0x02U
#define MHEAP_LISTEN_DEATHS		0x04U
#define MHEAP_LISTEN_JOURNAL_SHIFT	3	/* to those of 1 << enum mheap_journal_kind */
#define MHEAP_LISTEN_JOURNAL \
	(((1U << MHEAP_JOURNAL_KINDS) - 1) << MHEAP_LISTEN_JOURNAL_SHIFT)
#define MHEAP_LISTEN_LIMIT		0x20U
#define MHEAP_LISTEN_ALL \
	(MHEAP_LISTEN_FINALIZERS | MHEAP_LISTEN_DEATHS | MHEAP_LISTEN_JOURNAL)

/**
 * struct mheap_listener - of a session
 * @kinds: MHEAP_LISTEN_*; changed under the session's lock, read by anyone
 * @place: how far it has read the journal; under the session's lock
 */
struct mheap_listener {
	u32 kinds;
	struct mheap_journal_place place;
};

int mheap_listen(struct mheap_session *session, u32 kinds);
bool mheap_listener_is_ready(struct mheap_session *session);

#endif /* _MHEAP_CORE_LISTENER_H */
