// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots: records of <linux/mheap.h>, made piece by piece as they are read. The
 * objects come out of an image, see core/image.h; when that has been read to its end it
 * is given up, and the rest is told as it is then.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "core/holder.h"
#include "core/image.h"
#include "core/object.h"
#include "folder.h"
#include "kern/instance.h"
#include "snapshot.h"

#define NAMES_SIZE	65536U	/* see struct mheap_root_names */
#define SITES_AT_ONCE	64U

static_assert(sizeof(struct mheap_snapshot_head) == 56);
static_assert(sizeof(struct mheap_snapshot_object) == 56);
static_assert(sizeof(struct mheap_snapshot_edges) == 24);
static_assert(sizeof(struct mheap_snapshot_session) == 32);
static_assert(sizeof(struct mheap_snapshot_handle) == 32);
static_assert(sizeof(struct mheap_snapshot_root) == 24);
static_assert(sizeof(struct mheap_snapshot_site) == 24);
static_assert(sizeof(struct mheap_snapshot_end) == 24);

/* What one step fills at most: a block with as many slots as fit, or MHEAP_HOLDER_PLACES. */
#define BUFFER_SIZE \
	(MHEAP_BLOCK_OBJECTS * (sizeof(struct mheap_snapshot_object) + \
				sizeof(struct mheap_snapshot_edges) + \
				MHEAP_BODY_INLINE_SLOTS * sizeof(u32)))

/**
 * enum stage - what of a snapshot comes next
 * @STAGE_OBJECTS: objects and edges
 * @STAGE_SESSIONS: the next session
 * @STAGE_HANDLES: the handles of a session
 * @STAGE_ROOTS: named roots
 * @STAGE_SITES: sites
 * @STAGE_END: the record at the end
 * @STAGE_OVER: nothing
 */
enum stage {
	STAGE_OBJECTS,
	STAGE_SESSIONS,
	STAGE_HANDLES,
	STAGE_ROOTS,
	STAGE_SITES,
	STAGE_END,
	STAGE_OVER,
};

/**
 * struct snapshot - an open snapshot
 * @sink: what the image tells of itself
 * @lock: one reader at a time; guards everything below
 * @instance: the heap
 * @image: of the heap
 * @stage: enum stage
 * @error: what ended it, or 0
 * @buffer: records that are being read
 * @filled: bytes of them
 * @given: of those, how many were read
 * @objects: told
 * @slots: told
 * @holder: the session that is being told
 * @handle: its handles
 * @roots: names of roots
 * @root: which of them comes next
 * @text: and where its name is
 * @site: the number of the site that comes next
 */
struct snapshot {
	struct mheap_image_sink sink;
	struct mutex lock;	/* see above */
	struct mheap_instance *instance;
	struct mheap_image image;
	enum stage stage;
	int error;
	u8 *buffer;
	u32 filled;
	u32 given;
	u64 objects;
	u64 slots;
	struct mheap_holder holder;
	struct mheap_handle handle[MHEAP_HOLDER_PLACES];
	struct mheap_root_list roots;
	u32 root;
	u32 text;
	u32 site;
};

/* Room for a record of @size bytes and @more behind it; its head is filled, the rest zero. */
static void *add(struct snapshot *snapshot, u32 kind, size_t size, size_t more)
{
	struct mheap_record *record = (void *)(snapshot->buffer + snapshot->filled);
	const u32 whole = ALIGN(size + more, 8);

	if (WARN_ON_ONCE(snapshot->filled + whole > BUFFER_SIZE))
		snapshot->filled = 0;
	memset(record, 0, size);
	memset((u8 *)record + whole - 8, 0, whole > size ? 8 : 0);
	record->kind = kind;
	record->size = whole;
	snapshot->filled += whole;
	return record;
}

static bool has_room(const struct snapshot *snapshot, size_t size)
{
	return snapshot->filled + ALIGN(size, 8) <= BUFFER_SIZE;
}

static void tell_object(struct mheap_image_sink *sink, const struct mheap_image_object *copy)
{
	struct snapshot *snapshot = container_of(sink, struct snapshot, sink);
	struct mheap_allocator *allocator = snapshot->instance->heap.allocator;
	const size_t size = mheap_shape_size(&copy->shape);
	struct mheap_snapshot_object *object;

	object = add(snapshot, MHEAP_SNAPSHOT_OBJECT, sizeof(*object), 0);
	object->id = copy->id;
	object->length = copy->shape.length;
	object->charged = MHEAP_ENTRY_BYTES;
	if (size)
		object->charged += allocator->ops->charge(allocator, size);
	object->type = copy->shape.type;
	object->slots = copy->shape.slots;
	object->outside = copy->outside;
	object->site = copy->site;
	object->generation = copy->generation;
	object->flags = (copy->tracked ? MHEAP_OBJECT_TRACKED : 0) |
			(copy->shape.ephemeron ? MHEAP_OBJECT_EPHEMERON : 0) |
			(copy->dead ? MHEAP_SNAPSHOT_DEAD : 0);
	snapshot->objects++;
}

static void tell_slots(struct mheap_image_sink *sink, u32 number, u32 first, u32 count,
		       const u32 *slot)
{
	struct snapshot *snapshot = container_of(sink, struct snapshot, sink);
	struct mheap_snapshot_edges *edges;

	edges = add(snapshot, MHEAP_SNAPSHOT_EDGES, sizeof(*edges), count * sizeof(*slot));
	edges->object = number;
	edges->first = first;
	edges->count = count;
	memcpy(edges + 1, slot, count * sizeof(*slot));
	snapshot->slots += count;
}

static void add_head(struct snapshot *snapshot, const char *name)
{
	struct mheap_snapshot_head *head;

	head = add(snapshot, MHEAP_SNAPSHOT_HEAD, sizeof(*head), 0);
	head->magic = MHEAP_SNAPSHOT_MAGIC;
	head->version = MHEAP_SNAPSHOT_VERSION;
	head->time = ktime_get_real_ns();
	strscpy(head->name, name, sizeof(head->name));
}

/* The number that the reader knows a process by, or 0 where it knows none. */
static s32 number_for_reader(s32 process)
{
	struct pid *pid;
	s32 number = 0;

	if (!process || task_active_pid_ns(current) == &init_pid_ns)
		return process;
	rcu_read_lock();
	pid = find_pid_ns(process, &init_pid_ns);
	if (pid)
		number = pid_vnr(pid);
	rcu_read_unlock();
	return number;
}

static void step_objects(struct snapshot *snapshot)
{
	const int more = mheap_image_read(&snapshot->image, &snapshot->sink);

	if (more < 0)
		snapshot->error = more;
	else if (!more)
		snapshot->stage = STAGE_SESSIONS;
}

static void step_sessions(struct snapshot *snapshot)
{
	struct mheap_snapshot_session *session;

	if (!mheap_holder_next(&snapshot->instance->heap, &snapshot->holder)) {
		snapshot->stage = STAGE_ROOTS;
		return;
	}
	session = add(snapshot, MHEAP_SNAPSHOT_SESSION, sizeof(*session), 0);
	session->serial = snapshot->holder.serial;
	session->process = number_for_reader(snapshot->holder.owner.process);
	memcpy(session->name, snapshot->holder.owner.name, sizeof(session->name));
	snapshot->stage = STAGE_HANDLES;
}

static void step_handles(struct snapshot *snapshot)
{
	const struct mheap_handle *entry = snapshot->handle;
	struct mheap_snapshot_handle *handle;
	u32 count;

	if (!mheap_holder_handles(&snapshot->instance->heap, &snapshot->holder,
				  snapshot->handle, &count))
		snapshot->stage = STAGE_SESSIONS;
	for (; count; count--, entry++) {
		handle = add(snapshot, MHEAP_SNAPSHOT_HANDLE, sizeof(*handle), 0);
		handle->handle = entry->name & ~MHEAP_HANDLE_OTHER;
		handle->id = mheap_id(entry->object, entry->tag);
		handle->session = snapshot->holder.serial;
		if (mheap_handle_kind(entry) == MHEAP_HANDLE_WEAK)
			handle->flags = MHEAP_SNAPSHOT_WEAK;
	}
}

/* More names. Return: false if there are none, or an error. */
static bool fetch_roots(struct snapshot *snapshot)
{
	struct mheap_root_list *list = &snapshot->roots;

	list->filled = 0;
	list->count = 0;
	snapshot->root = 0;
	snapshot->text = 0;
	snapshot->error = mheap_roots_list(&snapshot->instance->heap, list);
	return list->count;
}

static void step_roots(struct snapshot *snapshot)
{
	struct mheap_root_list *list = &snapshot->roots;
	struct mheap_snapshot_root *root;
	const char *name;
	u32 length;

	if (snapshot->root == list->count && !fetch_roots(snapshot)) {
		snapshot->stage = STAGE_SITES;
		return;
	}
	for (; snapshot->root < list->count; snapshot->root++) {
		name = (const char *)list->text + snapshot->text;
		length = strlen(name);
		if (!has_room(snapshot, sizeof(*root) + length + 1))
			return;
		root = add(snapshot, MHEAP_SNAPSHOT_ROOT, sizeof(*root), length + 1);
		root->id = list->id[snapshot->root];
		root->length = length;
		memcpy(root + 1, name, length);
		snapshot->text += length + 1;
	}
}

static void step_sites(struct snapshot *snapshot)
{
	const struct mheap_sites *sites = &snapshot->instance->heap.sites;
	const u32 end = snapshot->site + SITES_AT_ONCE;
	struct mheap_snapshot_site *record;
	const struct mheap_site *site;

	for (; snapshot->site < end; snapshot->site++) {
		site = mheap_site_at(sites, snapshot->site);
		if (!site) {
			snapshot->stage = STAGE_END;
			return;
		}
		record = add(snapshot, MHEAP_SNAPSHOT_SITE, sizeof(*record),
			     site->depth * sizeof(*site->address));
		record->tag = site->tag;
		record->site = site->number;
		record->depth = site->depth;
		memcpy(record + 1, site->address, site->depth * sizeof(*site->address));
	}
}

static void step_end(struct snapshot *snapshot)
{
	struct mheap_snapshot_end *end;

	end = add(snapshot, MHEAP_SNAPSHOT_END, sizeof(*end), 0);
	end->objects = snapshot->objects;
	end->slots = snapshot->slots;
	snapshot->stage = STAGE_OVER;
}

static void step(struct snapshot *snapshot)
{
	switch (snapshot->stage) {
	case STAGE_OBJECTS:
		return step_objects(snapshot);
	case STAGE_SESSIONS:
		return step_sessions(snapshot);
	case STAGE_HANDLES:
		return step_handles(snapshot);
	case STAGE_ROOTS:
		return step_roots(snapshot);
	case STAGE_SITES:
		return step_sites(snapshot);
	case STAGE_END:
		return step_end(snapshot);
	case STAGE_OVER:
		return;
	}
}

/* Records to read. Return: 0, also at the end, or -errno. */
static int fill(struct snapshot *snapshot)
{
	snapshot->given = 0;
	snapshot->filled = 0;
	while (!snapshot->filled && !snapshot->error && snapshot->stage != STAGE_OVER) {
		step(snapshot);
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	return snapshot->error;
}

/* Return: bytes that were copied, or -errno where none was. */
static ssize_t give(struct snapshot *snapshot, char __user *data, size_t length)
{
	ssize_t done = 0;
	int error = 0;
	u32 piece;

	while (!error && done < length) {
		if (snapshot->given == snapshot->filled)
			error = fill(snapshot);
		piece = min_t(size_t, length - done, snapshot->filled - snapshot->given);
		if (!piece)
			break;
		if (copy_to_user(data + done, snapshot->buffer + snapshot->given, piece)) {
			error = -EFAULT;
			break;
		}
		snapshot->given += piece;
		done += piece;
	}
	return done ?: error;
}

static ssize_t snapshot_read(struct file *filp, char __user *data, size_t length, loff_t *offset)
{
	struct snapshot *snapshot = filp->private_data;
	ssize_t given;

	if (mutex_lock_interruptible(&snapshot->lock))
		return -EINTR;
	given = give(snapshot, data, length);
	mutex_unlock(&snapshot->lock);
	return given;
}

static void free_snapshot(struct snapshot *snapshot)
{
	kvfree(snapshot->roots.id);
	kvfree(snapshot->roots.text);
	kvfree(snapshot->buffer);
	mutex_destroy(&snapshot->lock);
	kfree(snapshot);
}

static int snapshot_release(struct inode *inode, struct file *filp)
{
	struct snapshot *snapshot = filp->private_data;

	mheap_image_end(&snapshot->image);
	mheap_instance_put(snapshot->instance);
	free_snapshot(snapshot);
	return 0;
}

static const struct file_operations snapshot_operations = {
	.owner = THIS_MODULE,
	.read = snapshot_read,
	.release = snapshot_release,
};

static struct snapshot *new_snapshot(void)
{
	struct snapshot *snapshot = kzalloc(sizeof(*snapshot), MHEAP_GFP);

	if (!snapshot)
		return NULL;
	mutex_init(&snapshot->lock);
	snapshot->sink.object = tell_object;
	snapshot->sink.slots = tell_slots;
	snapshot->site = MHEAP_SITE_FIRST;
	snapshot->roots.size = NAMES_SIZE;
	snapshot->buffer = mheap_port_kvmalloc(BUFFER_SIZE, MHEAP_GFP);
	snapshot->roots.text = mheap_port_kvmalloc(NAMES_SIZE, MHEAP_GFP);
	snapshot->roots.id = mheap_port_kvcalloc(NAMES_SIZE / 2, sizeof(u64), MHEAP_GFP);
	if (snapshot->buffer && snapshot->roots.text && snapshot->roots.id)
		return snapshot;
	free_snapshot(snapshot);
	return NULL;
}

/* The descriptor comes last: from then on the program can close it. */
static int open_descriptor(struct snapshot *snapshot)
{
	const int fd = anon_inode_getfd("[mheap-snapshot]", &snapshot_operations, snapshot,
					O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		mheap_image_end(&snapshot->image);
	return fd;
}

static int begin(struct snapshot *snapshot, const struct mheap_folder *folder)
{
	int fd;

	fd = mheap_image_begin(&snapshot->image, &mheap_folder_instance(folder)->heap);
	if (fd)
		return fd;
	snapshot->instance = mheap_instance_get(mheap_folder_instance(folder));
	add_head(snapshot, mheap_folder_name(folder));
	fd = open_descriptor(snapshot);
	if (fd < 0)
		mheap_instance_put(snapshot->instance);
	return fd;
}

/**
 * mheap_snapshot_open - do what MHEAP_IOC_SNAPSHOT asks for
 * @folder: of the heap
 * @argument: of the request
 *
 * Context: May sleep; in the process whose memory @argument is in.
 * Return: A descriptor, or -errno as <linux/mheap.h> says.
 */
long mheap_snapshot_open(const struct mheap_folder *folder,
			 const struct mheap_snapshot __user *argument)
{
	struct mheap_snapshot request;
	struct snapshot *snapshot;
	int fd;

	if (copy_from_user(&request, argument, sizeof(request)))
		return -EFAULT;
	if (request.flags || request.reserved)
		return -EINVAL;
	snapshot = new_snapshot();
	if (!snapshot)
		return -ENOMEM;
	fd = begin(snapshot, folder);
	if (fd < 0)
		free_snapshot(snapshot);
	return fd;
}
