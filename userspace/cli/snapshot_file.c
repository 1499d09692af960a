// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packages_memory.h"

#define BUFFER		(1U << 20)
#define RECORD_MAX	(1U << 20)
/* Places and nodes have numbers of 32 bits, and the map has two places for each object. */
#define RECORDS_MAX	(1U << 30)

/**
 * struct reader - a file being read
 * @fd: the file
 * @name: of it, for messages
 * @buffer: what was read
 * @room: its size
 * @filled: bytes there
 * @at: the next one
 * @headed: a HEAD was read
 * @ended: an END was read
 * @object_room: length of arrays, as those below
 * @records: how many were read, but for EDGES
 * @charged: bytes of memory of all objects so far: their sum is a number, also a signed one
 */
struct reader {
	int fd;
	const char *name;
	unsigned char *buffer;
	size_t room;
	size_t filled;
	size_t at;
	bool headed;
	bool ended;
	uint64_t object_room, target_room, session_room, handle_room, root_room, site_room;
	uint32_t records;
	uint64_t charged;
};

#define GROW(array, count, room) \
	((array) = (count) < (room) ? (array) : \
		array_resize(array, (room) = (room) ? (room) * 2 : 256, sizeof(*(array))))

/* Make sure that @size bytes are in the buffer. Returns how many are, or -errno. */
static ssize_t need(struct reader *reader, size_t size)
{
	if (reader->filled - reader->at >= size)
		return size;
	memmove(reader->buffer, reader->buffer + reader->at, reader->filled - reader->at);
	reader->filled -= reader->at;
	reader->at = 0;
	if (size > reader->room)
		reader->buffer = array_resize(reader->buffer, reader->room = size, 1);
	while (reader->filled < size) {
		ssize_t got = read(reader->fd, reader->buffer + reader->filled,
				   reader->room - reader->filled);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		reader->filled += got;
	}
	return reader->filled < size ? (ssize_t)reader->filled : (ssize_t)size;
}

static bool take_head(struct reader *reader, struct snapshot *s,
		      const struct mheap_snapshot_head *head)
{
	if (head->magic != MHEAP_SNAPSHOT_MAGIC || head->version != MHEAP_SNAPSHOT_VERSION)
		return false;
	reader->headed = true;
	s->time = head->time;
	printable(s->heap, head->name, MHEAP_NAME_MAX);
	return true;
}

/* Where a number is in the map, or belongs. It is never full. */
static uint32_t *find_number(const struct snapshot *s, uint32_t number)
{
	uint32_t at = (number * 2654435761U) >> (32 - __builtin_ctz(s->numbers));

	while (s->number[at] != SNAPSHOT_NONE && (uint32_t)s->object[s->number[at]].id != number)
		at = (at + 1) & (s->numbers - 1);
	return &s->number[at];
}

/* The place of the object of a number, or SNAPSHOT_NONE. */
static uint32_t find_place(const struct snapshot *s, uint32_t number)
{
	return s->numbers ? *find_number(s, number) : SNAPSHOT_NONE;
}

/* Doubles the map when it is half full: how large it is, the numbers do not say. */
static void grow_map(struct snapshot *s)
{
	if (s->objects < s->numbers / 2)
		return;
	s->numbers = s->numbers ? s->numbers * 2 : 4096;
	s->number = array_resize(s->number, s->numbers, sizeof(*s->number));
	memset(s->number, 0xff, s->numbers * sizeof(*s->number));
	for (uint32_t i = 0; i < s->objects; i++)
		*find_number(s, s->object[i].id) = i;
}

static bool take_object(struct reader *reader, struct snapshot *s,
			const struct mheap_snapshot_object *record)
{
	uint32_t number = record->id;
	uint32_t *place;

	if (!number || record->charged > INT64_MAX - reader->charged)
		return false;
	reader->charged += record->charged;
	GROW(s->object, s->objects, reader->object_room);
	s->object[s->objects] = (struct snapshot_object){
		.id = record->id, .length = record->length, .charged = record->charged,
		.type = record->type, .slots = record->slots, .outside = record->outside,
		.site = record->site, .generation = record->generation, .flags = record->flags,
	};
	grow_map(s);
	place = find_number(s, number);
	if (*place != SNAPSHOT_NONE)
		return false;
	*place = s->objects++;
	return true;
}

/* The slots of an object come one after the other, and those of no other between them. */
static bool take_edges(struct reader *reader, struct snapshot *s,
		       const struct mheap_snapshot_edges *record)
{
	uint32_t place = find_place(s, record->object);
	struct snapshot_object *object;

	if (record->count > (record->record.size - sizeof(*record)) / sizeof(uint32_t) ||
	    place == SNAPSHOT_NONE)
		return false;
	object = &s->object[place];
	if (record->first != object->told || record->count > object->slots - object->told)
		return false;
	if (!object->told)
		object->first = s->targets;
	else if (object->first + object->told != s->targets)
		return false;
	while (s->targets + record->count > reader->target_room) {
		reader->target_room = reader->target_room ? reader->target_room * 2 : 4096;
		s->target = array_resize(s->target, reader->target_room, sizeof(*s->target));
	}
	if (record->count)
		memcpy(s->target + s->targets, record + 1, record->count * sizeof(uint32_t));
	s->targets += record->count;
	object->told += record->count;
	return true;
}

static bool take_session(struct reader *reader, struct snapshot *s,
			 const struct mheap_snapshot_session *record)
{
	struct snapshot_session *session;

	GROW(s->session, s->sessions, reader->session_room);
	session = &s->session[s->sessions++];
	session->serial = record->serial;
	session->process = record->process;
	printable(session->name, record->name, sizeof(record->name));
	return true;
}

/* A handle follows its session. */
static bool take_handle(struct reader *reader, struct snapshot *s,
			const struct mheap_snapshot_handle *record)
{
	if (!s->sessions || s->session[s->sessions - 1].serial != record->session)
		return false;
	GROW(s->handle, s->handles, reader->handle_room);
	s->handle[s->handles++] = (struct snapshot_handle){
		.handle = record->handle, .session = s->sessions - 1,
		.object = snapshot_find(s, record->id),
		.weak = record->flags & MHEAP_SNAPSHOT_WEAK,
	};
	return true;
}

static bool take_root(struct reader *reader, struct snapshot *s,
		      const struct mheap_snapshot_root *record)
{
	if (record->length > record->record.size - sizeof(*record) ||
	    record->length > MHEAP_ROOT_NAME_MAX)
		return false;
	GROW(s->root, s->roots, reader->root_room);
	s->root[s->roots].name = array(PRINTABLE(record->length), 1);
	printable(s->root[s->roots].name, (const char *)(record + 1), record->length);
	s->root[s->roots++].object = snapshot_find(s, record->id);
	return true;
}

static bool take_site(struct reader *reader, struct snapshot *s,
		      const struct mheap_snapshot_site *record)
{
	struct snapshot_site *site;

	if (record->depth > (record->record.size - sizeof(*record)) / sizeof(uint64_t) ||
	    record->depth > MHEAP_SITE_DEPTH)
		return false;
	/* snapshot_site() relies on it. */
	if (s->sites && record->site <= s->site[s->sites - 1].number)
		return false;
	GROW(s->site, s->sites, reader->site_room);
	site = &s->site[s->sites++];
	*site = (struct snapshot_site){ record->tag, record->site, record->depth, { 0 } };
	memcpy(site->address, record + 1, record->depth * sizeof(uint64_t));
	return true;
}

static bool take_end(struct reader *reader, struct snapshot *s,
		     const struct mheap_snapshot_end *record)
{
	reader->ended = true;
	return record->objects == s->objects && record->slots == s->targets;
}

static bool take(struct reader *reader, struct snapshot *s, const struct mheap_record *record)
{
	static const uint32_t least[] = {
		[MHEAP_SNAPSHOT_HEAD] = sizeof(struct mheap_snapshot_head),
		[MHEAP_SNAPSHOT_OBJECT] = sizeof(struct mheap_snapshot_object),
		[MHEAP_SNAPSHOT_EDGES] = sizeof(struct mheap_snapshot_edges),
		[MHEAP_SNAPSHOT_SESSION] = sizeof(struct mheap_snapshot_session),
		[MHEAP_SNAPSHOT_HANDLE] = sizeof(struct mheap_snapshot_handle),
		[MHEAP_SNAPSHOT_ROOT] = sizeof(struct mheap_snapshot_root),
		[MHEAP_SNAPSHOT_SITE] = sizeof(struct mheap_snapshot_site),
		[MHEAP_SNAPSHOT_END] = sizeof(struct mheap_snapshot_end),
	};

	if (record->kind < sizeof(least) / sizeof(least[0]) && record->size < least[record->kind])
		return false;
	if (!reader->headed && record->kind != MHEAP_SNAPSHOT_HEAD)
		return false;
	if (record->kind != MHEAP_SNAPSHOT_EDGES && reader->records++ == RECORDS_MAX)
		return false;
	switch (record->kind) {
	case MHEAP_SNAPSHOT_HEAD: return take_head(reader, s, (const void *)record);
	case MHEAP_SNAPSHOT_OBJECT: return take_object(reader, s, (const void *)record);
	case MHEAP_SNAPSHOT_EDGES: return take_edges(reader, s, (const void *)record);
	case MHEAP_SNAPSHOT_SESSION: return take_session(reader, s, (const void *)record);
	case MHEAP_SNAPSHOT_HANDLE: return take_handle(reader, s, (const void *)record);
	case MHEAP_SNAPSHOT_ROOT: return take_root(reader, s, (const void *)record);
	case MHEAP_SNAPSHOT_SITE: return take_site(reader, s, (const void *)record);
	case MHEAP_SNAPSHOT_END: return take_end(reader, s, (const void *)record);
	default: return true;
	}
}

/* Numbers become places. Every slot of every object must have been told. */
static bool resolve(struct snapshot *s)
{
	for (uint32_t i = 0; i < s->objects; i++)
		if (s->object[i].told != s->object[i].slots)
			return false;
	for (uint64_t i = 0; i < s->targets; i++) {
		uint32_t number = s->target[i];

		s->target[i] = number ? find_place(s, number) : SNAPSHOT_NONE;
		if (number && s->target[i] == SNAPSHOT_NONE)
			return false;
	}
	return true;
}

/* Of holders that the snapshot has: what others hold hangs on node 0. */
static void count_holders(struct snapshot *s)
{
	for (uint32_t i = 0; i < s->handles; i++)
		if (!s->handle[i].weak && s->handle[i].object != SNAPSHOT_NONE)
			s->object[s->handle[i].object].held++;
	for (uint32_t i = 0; i < s->roots; i++)
		if (s->root[i].object != SNAPSHOT_NONE)
			s->object[s->root[i].object].held++;
}

static void make_graph(struct snapshot *s)
{
	struct graph *graph = &s->graph;
	uint32_t next = 0;

	count_holders(s);
	graph_add_node(graph);
	for (uint32_t i = 0; i < s->sessions + s->roots; i++)
		graph_add_edge(graph, 1 + i);
	for (uint32_t i = 0; i < s->objects; i++)
		if (s->object[i].outside > s->object[i].held)
			graph_add_edge(graph, snapshot_object_node(s, i));
	for (uint32_t i = 0; i < s->sessions; i++) {
		graph_add_node(graph);
		for (; next < s->handles && s->handle[next].session == i; next++)
			if (!s->handle[next].weak && s->handle[next].object != SNAPSHOT_NONE)
				graph_add_edge(graph,
					       snapshot_object_node(s, s->handle[next].object));
	}
	for (uint32_t i = 0; i < s->roots; i++) {
		graph_add_node(graph);
		if (s->root[i].object != SNAPSHOT_NONE)
			graph_add_edge(graph, snapshot_object_node(s, s->root[i].object));
	}
	for (uint32_t i = 0; i < s->objects; i++) {
		graph_add_node(graph);
		for (uint32_t j = 0; j < s->object[i].slots; j++) {
			uint32_t target = s->target[s->object[i].first + j];

			if (target != SNAPSHOT_NONE)
				graph_add_edge(graph, snapshot_object_node(s, target));
		}
	}
}

static bool complain(const struct reader *reader, ssize_t error, int *status)
{
	*status = CLI_USAGE;
	if (error < 0) {
		*status = CLI_FAILED;
		if (error == -ENOMEM)
			cli_error("%s: the snapshot was lost: the kernel had no memory to keep "
				  "what programs changed", reader->name);
		else
			cli_errno(error, "cannot read %s", reader->name);
	} else if (!reader->headed) {
		cli_error("%s is no snapshot of a heap", reader->name);
	} else {
		cli_error("%s is damaged, or was cut off", reader->name);
	}
	return false;
}

bool snapshot_read(int fd, const char *name, struct snapshot *snapshot, int *status)
{
	struct reader reader = { .fd = fd, .name = name, .room = BUFFER };
	const struct mheap_record *record;
	ssize_t got = 0;
	bool good = true;

	memset(snapshot, 0, sizeof(*snapshot));
	reader.buffer = array(reader.room, 1);
	while (good && !reader.ended) {
		got = need(&reader, sizeof(*record));
		if (got < (ssize_t)sizeof(*record))
			break;
		record = (const void *)(reader.buffer + reader.at);
		good = record->size >= sizeof(*record) && record->size % 8 == 0 &&
		       record->size <= RECORD_MAX;
		if (!good)
			break;
		got = need(&reader, record->size);
		record = (const void *)(reader.buffer + reader.at);
		if (got < (ssize_t)sizeof(*record) || got < (ssize_t)record->size)
			break;
		good = take(&reader, snapshot, record);
		reader.at += record->size;
	}
	free(reader.buffer);
	if (!good || !reader.ended || !resolve(snapshot)) {
		snapshot_free(snapshot);
		return complain(&reader, good && !reader.ended && got < 0 ? got : 0, status);
	}
	make_graph(snapshot);
	return true;
}

bool snapshot_open(const char *name, struct snapshot *snapshot, int *status)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	bool good;

	*status = CLI_FAILED;
	if (fd < 0 && errno == ENOENT && !strchr(name, '/'))
		fd = snapshot_take_heap(name);
	else if (fd < 0)
		cli_errno(errno, "cannot open %s", name);
	if (fd < 0)
		return false;
	good = snapshot_read(fd, name, snapshot, status);
	close(fd);
	return good;
}

void snapshot_free(struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->roots; i++)
		free(snapshot->root[i].name);
	free(snapshot->object);
	free(snapshot->target);
	free(snapshot->session);
	free(snapshot->handle);
	free(snapshot->root);
	free(snapshot->site);
	free(snapshot->number);
	graph_free(&snapshot->graph);
}

uint32_t snapshot_find(const struct snapshot *snapshot, uint64_t id)
{
	uint32_t object = find_place(snapshot, id);

	return object != SNAPSHOT_NONE && snapshot->object[object].id == id ? object :
									     SNAPSHOT_NONE;
}

/* They are in the order of their numbers. */
const struct snapshot_site *snapshot_site(const struct snapshot *snapshot, uint32_t number)
{
	uint32_t low = 0, high = snapshot->sites;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (snapshot->site[middle].number == number)
			return &snapshot->site[middle];
		if (snapshot->site[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *snapshot_title(const struct snapshot *s, uint32_t node, char *text)
{
	uint32_t object = snapshot_node_object(s, node);

	if (!node) {
		snprintf(text, SNAPSHOT_TITLE, "outside");
	} else if (object != SNAPSHOT_NONE) {
		snprintf(text, SNAPSHOT_TITLE, "object %" PRIu64 " (type %" PRIu32 ")",
			 s->object[object].id, s->object[object].type);
	} else if (node <= s->sessions) {
		const struct snapshot_session *session = &s->session[node - 1];

		snprintf(text, SNAPSHOT_TITLE, "session %" PRIu32 " (pid %" PRId32 ", %s)",
			 session->serial, session->process, session->name);
	} else {
		snprintf(text, SNAPSHOT_TITLE, "the name \"%s\"",
			 s->root[node - 1 - s->sessions].name);
	}
	return text;
}
