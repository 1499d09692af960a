// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named roots, in a hash table. Memory is asked for before the lock is taken, and
 * given back after it was released.
 */
#include "count.h"
#include "object.h"
#include "root.h"
#include "touch.h"

/**
 * struct root_key - what to look for
 * @name: bytes
 * @length: how many
 * @hash: of them
 */
struct root_key {
	const void *name;
	u32 length;
	u32 hash;
};

static struct root_key key_of(const struct mheap_roots *roots, const void *name, u32 length)
{
	return (struct root_key){ name, length, mheap_port_hash(name, length, roots->seed) };
}

static struct mheap_root ***segment_of(struct mheap_roots *roots, const struct root_key *key)
{
	return &roots->segment[key->hash % MHEAP_ROOT_SEGMENTS];
}

/**
 * mheap_roots_init - begin without roots
 * @roots: of a heap; to be made
 *
 * Context: Any.
 */
void mheap_roots_init(struct mheap_roots *roots)
{
	memset(roots, 0, sizeof(*roots));
	spin_lock_init(&roots->lock);
	roots->seed = mheap_port_seed();
}

static void free_segment(struct mheap_root **segment)
{
	struct mheap_root *root;
	u32 i;

	for (i = 0; i < MHEAP_ROOT_BUCKETS; i++) {
		while ((root = segment[i])) {
			segment[i] = root->next;
			kfree(root);
		}
	}
	kfree(segment);
}

/**
 * mheap_roots_fini - free all roots, but not their objects
 * @roots: of a heap that ends, with all its objects
 *
 * Context: May sleep.
 */
void mheap_roots_fini(struct mheap_roots *roots)
{
	u32 i;

	for (i = 0; i < MHEAP_ROOT_SEGMENTS; i++) {
		if (roots->segment[i])
			free_segment(roots->segment[i]);
		cond_resched();
	}
}

/* Make sure that there is a bucket for a key. */
static int add_segment(struct mheap_roots *roots, const struct root_key *key)
{
	struct mheap_root ***place = segment_of(roots, key);
	struct mheap_root **segment;

	if (READ_ONCE(*place))
		return 0;
	segment = kcalloc(MHEAP_ROOT_BUCKETS, sizeof(*segment), MHEAP_GFP);
	if (!segment)
		return -ENOMEM;
	spin_lock(&roots->lock);
	if (!*place) {
		WRITE_ONCE(*place, segment);
		segment = NULL;
	}
	spin_unlock(&roots->lock);
	kfree(segment);		/* somebody else was faster */
	return 0;
}

/*
 * Where the pointer to a root is, or the NULL behind the last of its bucket; NULL
 * if there is not even a bucket. The roots are locked.
 */
static struct mheap_root **find(struct mheap_roots *roots, const struct root_key *key)
{
	struct mheap_root **segment = *segment_of(roots, key);
	struct mheap_root **place;

	lockdep_assert_held(&roots->lock);
	if (!segment)
		return NULL;
	place = &segment[key->hash / MHEAP_ROOT_SEGMENTS % MHEAP_ROOT_BUCKETS];
	while (*place && ((*place)->length != key->length ||
			  memcmp((*place)->name, key->name, key->length)))
		place = &(*place)->next;
	return place;
}

/* Get the memory for a root, without holding anybody up. */
static int alloc_root(struct mheap_session *session, const struct root_key *key,
		      struct mheap_root **root)
{
	int error;

	mheap_lane_leave(&session->lane);
	*root = NULL;
	error = add_segment(&session->heap->roots, key);
	if (!error)
		*root = kmalloc(struct_size(*root, name, key->length), MHEAP_GFP);
	mheap_lane_enter(&session->lane);
	return error ?: (*root ? 0 : -ENOMEM);
}

/* A root that is not in the table yet. It has a reference to the object. */
static int make_root(struct mheap_session *session, const struct root_key *key, u32 object,
		     struct mheap_root **root)
{
	bool tried = false;
	int error;

	do
		error = alloc_root(session, key, root);
	while (unlikely(error) && mheap_room_make(session, error, &tried));
	if (error)
		return error;
	error = mheap_object_get(session, object);
	if (error) {
		kfree(*root);
		return error;
	}
	(*root)->next = NULL;
	(*root)->object = object;
	(*root)->length = key->length;
	memcpy((*root)->name, key->name, key->length);
	return 0;
}

static void discard_root(struct mheap_session *session, struct mheap_root *root)
{
	mheap_object_put(session, root->object);
	kfree(root);
}

/*
 * Put a root into the table. Return: 0, 1 if there was one of that name, which took
 * its object and gave its own in exchange, or -errno.
 */
static int put_root(struct mheap_roots *roots, const struct root_key *key, struct mheap_root *root,
		    bool replace)
{
	struct mheap_root **place = find(roots, key);
	const u32 object = root->object;

	if (*place) {
		if (!replace)
			return -EEXIST;
		root->object = (*place)->object;
		(*place)->object = object;
		return 1;
	}
	if (roots->count == MHEAP_ROOT_COUNT_MAX)
		return -ENOSPC;
	WRITE_ONCE(roots->count, roots->count + 1);
	*place = root;
	return 0;
}

/**
 * mheap_root_publish - give an object a name
 * @session: entered
 * @name: any bytes
 * @length: how many, at most MHEAP_ROOT_LENGTH_MAX
 * @object: an object that the caller holds a reference from outside to
 * @replace: where the name is taken, it is to be @object's, and the object that had
 *           it loses a reference
 *
 * Context: Entered; the section is left and entered again. May sleep.
 * Return: 0, -EEXIST if the name is taken, -ENOSPC if there are MHEAP_ROOT_COUNT_MAX,
 * -ENOMEM or -EOVERFLOW.
 */
int mheap_root_publish(struct mheap_session *session, const void *name, u32 length,
		       u32 object, bool replace)
{
	struct mheap_roots *roots = &session->heap->roots;
	const struct root_key key = key_of(roots, name, length);
	struct mheap_root *root;
	int error;

	mheap_assert_session(session);
	error = make_root(session, &key, object, &root);
	if (error)
		return error;
	spin_lock(&roots->lock);
	error = put_root(roots, &key, root, replace);
	spin_unlock(&roots->lock);
	if (error)
		discard_root(session, root);
	return min(error, 0);
}
EXPORT_SYMBOL_MHEAP(mheap_root_publish);

/**
 * mheap_root_lookup - the object that has a name
 * @session: entered
 * @name: any bytes
 * @length: how many
 * @object: filled, and gives a reference, unless an error is returned
 *
 * The root cannot go while the roots are locked, so its own reference keeps the
 * object alive until it has one more.
 *
 * Context: Entered. Return: 0, -ENOENT if there is none, or -EOVERFLOW.
 */
int mheap_root_lookup(struct mheap_session *session, const void *name, u32 length,
		      u32 *object)
{
	struct mheap_heap *heap = session->heap;
	const struct root_key key = key_of(&heap->roots, name, length);
	struct mheap_root **place;
	int error = -ENOENT;

	mheap_assert_session(session);
	spin_lock(&heap->roots.lock);
	place = find(&heap->roots, &key);
	if (place && *place) {
		*object = (*place)->object;
		mheap_touch(heap, *object);
		error = mheap_count_gain(mheap_count_of(heap, *object), MHEAP_OUTSIDE);
	}
	spin_unlock(&heap->roots.lock);
	return error;
}
EXPORT_SYMBOL_MHEAP(mheap_root_lookup);

/**
 * mheap_root_unpublish - take a name back
 * @session: entered
 * @name: any bytes
 * @length: how many
 *
 * Context: Entered. What dies of it is released, see mheap_release(). Asks for no
 * memory. Return: 0, or -ENOENT if there is none.
 */
int mheap_root_unpublish(struct mheap_session *session, const void *name, u32 length)
{
	struct mheap_roots *roots = &session->heap->roots;
	const struct root_key key = key_of(roots, name, length);
	struct mheap_root *root = NULL;
	struct mheap_root **place;

	mheap_assert_session(session);
	spin_lock(&roots->lock);
	place = find(roots, &key);
	if (place && *place) {
		root = *place;
		*place = root->next;
		WRITE_ONCE(roots->count, roots->count - 1);
	}
	spin_unlock(&roots->lock);
	if (!root)
		return -ENOENT;
	discard_root(session, root);
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_root_unpublish);

static u64 id_of(const struct mheap_heap *heap, u32 object)
{
	return mheap_id(object, mheap_tag(mheap_chunk_of(&heap->table, object), object));
}

/* Append the names of a bucket, all or none. The roots are locked. */
static bool append_bucket(struct mheap_heap *heap, struct mheap_root_list *list,
			  const struct mheap_root *first)
{
	const struct mheap_root *root;
	u32 needed = 0;

	for (root = first; root; root = root->next)
		needed += root->length + 1;
	if (needed > list->size - list->filled)
		return false;
	for (root = first; root; root = root->next) {
		memcpy(list->text + list->filled, root->name, root->length);
		list->filled += root->length;
		list->text[list->filled++] = 0;
		if (list->id)
			list->id[list->count] = id_of(heap, root->object);
		list->count++;
	}
	return true;
}

static bool append_next(struct mheap_heap *heap, struct mheap_root_list *list)
{
	struct mheap_roots *roots = &heap->roots;
	struct mheap_root ***segment = &roots->segment[list->bucket / MHEAP_ROOT_BUCKETS];
	bool fits;

	if (!READ_ONCE(*segment))
		return true;
	spin_lock(&roots->lock);
	fits = append_bucket(heap, list, (*segment)[list->bucket % MHEAP_ROOT_BUCKETS]);
	spin_unlock(&roots->lock);
	return fits;
}

/**
 * mheap_roots_list - names of roots, bucket by bucket
 * @heap: the heap
 * @list: from @bucket on as many as fit are appended
 *
 * A root stays in its bucket, so one that is there all the time is listed once.
 *
 * Context: May sleep.
 * Return: 0, or -E2BIG if nothing is listed as not even one bucket's names fit.
 */
int mheap_roots_list(struct mheap_heap *heap, struct mheap_root_list *list)
{
	for (; list->bucket < MHEAP_ROOT_BUCKETS_ALL; list->bucket++) {
		if (!append_next(heap, list))
			return list->count ? 0 : -E2BIG;
		cond_resched();
	}
	return 0;
}
EXPORT_SYMBOL_MHEAP(mheap_roots_list);
