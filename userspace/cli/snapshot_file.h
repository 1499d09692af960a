/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/*
 * A snapshot in memory, read from a file or from a heap, and as a graph: node 0 is all
 * that is outside, then come sessions, named roots, and objects. All names in it can be
 * printed, see printable.h.
 */
#ifndef SNAPSHOT_FILE_H
#define SNAPSHOT_FILE_H

#include <stdio.h>

#include "cli.h"
#include "graph.h"
#include "printable.h"

#define SNAPSHOT_NONE	UINT32_MAX

/**
 * struct snapshot_object - an object
 * @id: as MHEAP_OP_INFO tells it
 * @length: bytes of payload
 * @charged: bytes of memory
 * @type: any number
 * @slots: how many
 * @outside: references from outside
 * @site: number of its site
 * @generation: 0 to 3
 * @flags: MHEAP_OBJECT_*, MHEAP_SNAPSHOT_DEAD
 * @first: its first slot in snapshot.target
 * @held: handles and names that were found
 * @told: slots that were read
 */
struct snapshot_object {
	uint64_t id;
	uint64_t length;
	uint64_t charged;
	uint32_t type;
	uint32_t slots;
	uint32_t outside;
	uint32_t site;
	uint32_t generation;
	uint32_t flags;
	uint64_t first;
	uint32_t held;
	uint32_t told;
};

struct snapshot_session {
	uint32_t serial;
	int32_t process;
	char name[PRINTABLE(16)];
};

/* @object is SNAPSHOT_NONE where the snapshot does not have it. */
struct snapshot_handle {
	uint64_t handle;
	uint32_t session;	/* place in snapshot.session */
	uint32_t object;
	bool weak;
};

struct snapshot_root {
	char *name;
	uint32_t object;
};

struct snapshot_site {
	uint64_t tag;
	uint32_t number;
	uint32_t depth;
	uint64_t address[MHEAP_SITE_DEPTH];
};

struct snapshot {
	char heap[PRINTABLE(MHEAP_NAME_MAX)];
	uint64_t time;
	struct snapshot_object *object;
	uint32_t objects;
	uint32_t *target;	/* of slots: places in @object, or SNAPSHOT_NONE */
	uint64_t targets;
	struct snapshot_session *session;
	uint32_t sessions;
	struct snapshot_handle *handle;
	uint32_t handles;
	struct snapshot_root *root;
	uint32_t roots;
	struct snapshot_site *site;
	uint32_t sites;
	uint32_t *number;	/* map of places by object number; SNAPSHOT_NONE if free */
	uint32_t numbers;	/* its size: a power of two, or 0 */
	struct graph graph;
};

/*
 * Reads the snapshot in the file that is named, or takes one of the heap of that name
 * where there is no such file. With a message, and false, where that fails; @status is
 * then CLI_FAILED, or CLI_USAGE for a file that is none.
 */
bool snapshot_open(const char *name, struct snapshot *snapshot, int *status);
bool snapshot_read(int fd, const char *name, struct snapshot *snapshot, int *status);
void snapshot_free(struct snapshot *snapshot);

/* The object with an id, or SNAPSHOT_NONE. */
uint32_t snapshot_find(const struct snapshot *snapshot, uint64_t id);

/* The site of a number, or NULL. */
const struct snapshot_site *snapshot_site(const struct snapshot *snapshot, uint32_t number);

/* Nodes of the graph. */
static inline uint32_t snapshot_session_node(uint32_t session)
{
	return 1 + session;
}

static inline uint32_t snapshot_root_node(const struct snapshot *snapshot, uint32_t root)
{
	return 1 + snapshot->sessions + root;
}

static inline uint32_t snapshot_object_node(const struct snapshot *snapshot, uint32_t object)
{
	return 1 + snapshot->sessions + snapshot->roots + object;
}

/* The object of a node, or SNAPSHOT_NONE. */
static inline uint32_t snapshot_node_object(const struct snapshot *snapshot, uint32_t node)
{
	uint32_t first = snapshot_object_node(snapshot, 0);

	return node >= first ? node - first : SNAPSHOT_NONE;
}

/* "session 3 (pid 812, cat)", "the name "x"", "object 7 (type 2)", "outside". */
#define SNAPSHOT_TITLE	(PRINTABLE(MHEAP_ROOT_NAME_MAX) + 20)
const char *snapshot_title(const struct snapshot *snapshot, uint32_t node, char *text);

/* Takes a snapshot (snapshot_take.c). Return: a descriptor, or -1 with a message. */
int snapshot_take_heap(const char *heap);
int snapshot_take_process(uint64_t process, uint64_t fd);

/*
 * Writes what is read from the descriptor of a snapshot to a file, called @name in
 * messages (snapshot_take.c). Return: CLI_OK, or CLI_FAILED with a message.
 */
int snapshot_copy(int from, int to, const char *name);

/* Prints a table of what retains most (retained.c). */
void retained_print(const struct snapshot *snapshot, uint64_t lines);

#endif /* SNAPSHOT_FILE_H */
