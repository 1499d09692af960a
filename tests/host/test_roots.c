// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named roots: an object that has a name is found by it, lives by it, and dies
 * when it was the last that held it.
 */
#include "act.h"
#include "count.h"
#include "fixture.h"
#include "harness.h"
#include "root.h"
#include "source.h"

static int publish(struct mheap_session *session, const char *name, u64 handle)
{
	return act_publish(session, name, strlen(name), handle, false);
}

static int replace(struct mheap_session *session, const char *name, u64 handle)
{
	return act_publish(session, name, strlen(name), handle, true);
}

static int lookup(struct mheap_session *session, const char *name, u64 *handle)
{
	return act_lookup(session, name, strlen(name), handle);
}

static int unpublish(struct mheap_session *session, const char *name)
{
	return act_unpublish(session, name, strlen(name));
}

static void check_names(struct mheap_session *session, const char *name, u64 object)
{
	u64 handle;

	if (!check_equal(lookup(session, name, &handle), 0))
		return;
	check_equal(act_same(session, handle, object), 1);
	drop(session, handle);
}

static u32 outside_of(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;

	check_equal(act_info(session, handle, &figures), 0);
	return figures.outside;
}

static void an_object_lives_by_its_name(void)
{
	struct fixture f;
	u64 object, weak, handle;

	fixture_begin(&f, 0);
	object = make(f.session, 1, 0);
	weak = weak_to(f.session, object);
	check_equal(publish(f.session, "name", object), 0);
	check_equal(outside_of(f.session, object), 2);
	check_equal(f.heap.roots.count, 1);
	drop(f.session, object);
	check(is_alive(f.session, weak));
	check_equal(fixture_collect(&f, 2).freed, 0);
	check_names(f.session, "name", weak);
	check_equal(lookup(f.session, "name", &handle), 0);
	check_equal(unpublish(f.session, "name"), 0);
	check_equal(f.heap.roots.count, 0);
	check(is_alive(f.session, weak));
	drop(f.session, handle);
	check(!is_alive(f.session, weak));
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void what_no_object_has_is_no_entry(void)
{
	static const char * const others[] = { "n", "nam", "namf", "names", "Name", "eman", " " };
	struct fixture f;
	u64 handle = 5;
	u32 i;

	fixture_begin(&f, 0);
	check_equal(lookup(f.session, "name", &handle), -ENOENT);
	check_equal(unpublish(f.session, "name"), -ENOENT);
	check_equal(publish(f.session, "name", make(f.session, 1, 0)), 0);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		check_equal(lookup(f.session, others[i], &handle), -ENOENT);
		check_equal(unpublish(f.session, others[i]), -ENOENT);
	}
	check_equal(unpublish(f.session, "name"), 0);
	check_equal(lookup(f.session, "name", &handle), -ENOENT);
	check_equal(unpublish(f.session, "name"), -ENOENT);
	check_equal(handle, 5);
	fixture_end(&f);
}

static void a_name_is_taken_or_replaced(void)
{
	struct fixture f;
	u64 first, second, weak;

	fixture_begin(&f, 0);
	first = make(f.session, 1, 0);
	second = make(f.session, 1, 0);
	weak = weak_to(f.session, first);
	check_equal(publish(f.session, "name", first), 0);
	check_equal(publish(f.session, "name", second), -EEXIST);
	check_equal(publish(f.session, "name", first), -EEXIST);
	check_equal(outside_of(f.session, first), 2);
	check_equal(outside_of(f.session, second), 1);
	check_names(f.session, "name", first);
	check_equal(replace(f.session, "name", first), 0);
	check_equal(outside_of(f.session, first), 2);
	drop(f.session, first);
	check(is_alive(f.session, weak));
	check_equal(replace(f.session, "name", second), 0);
	check(!is_alive(f.session, weak));
	check_names(f.session, "name", second);
	check_equal(replace(f.session, "other", second), 0);
	check_equal(outside_of(f.session, second), 3);
	check_equal(f.heap.roots.count, 2);
	fixture_end(&f);
}

static void an_object_has_several_names(void)
{
	struct fixture f;
	u64 object, weak;

	fixture_begin(&f, 0);
	object = make(f.session, 0, 8);
	weak = weak_to(f.session, object);
	check_equal(publish(f.session, "a", object), 0);
	check_equal(publish(f.session, "b", object), 0);
	drop(f.session, object);
	check_equal(unpublish(f.session, "a"), 0);
	check_names(f.session, "b", weak);
	check_equal(unpublish(f.session, "b"), 0);
	check(!is_alive(f.session, weak));
	fixture_end(&f);
}

static void a_root_outlives_the_session_that_made_it(void)
{
	struct mheap_session *other;
	struct fixture f;
	u64 object, handle;

	fixture_begin(&f, 0);
	other = fixture_open(&f, 1);
	object = make(other, 2, 8);
	link_to(other, object, 0, object);
	check_equal(publish(other, "name", object), 0);
	make(other, 1, 0);
	fixture_close(&f, 1);
	check_equal(fixture_collect(&f, 2).freed, 0);
	check_equal(fixture_objects(&f), 1);
	check_equal(lookup(f.session, "name", &handle), 0);
	check_equal(unpublish(f.session, "name"), 0);
	drop(f.session, handle);
	check_equal(fixture_objects(&f), 1);
	check_equal(fixture_collect(&f, 2).freed, 1);
	fixture_end(&f);
}

/* The name of a number, different for each, of a length that varies. */
static u32 name_of(u32 number, u8 name[MHEAP_ROOT_LENGTH_MAX])
{
	const u32 length = 1 + sizeof(number) + number * 2654435761U % 250;

	memset(name, number % 255 + 1, length);
	memcpy(name, &number, sizeof(number));
	return length;
}

static void a_name_is_any_bytes_of_any_length(void)
{
	static u64 object[256][2];
	struct fixture f;
	u8 name[256];
	u64 handle;
	u32 i, k;

	fixture_begin(&f, 0);
	for (i = 0; i < 256; i++)
		for (k = 0; k < 2; k++) {
			memset(name, k ? 0xff : i, sizeof(name));
			object[i][k] = make(f.session, 0, 8);
			/* One byte of any value, and any length of one value. */
			check_equal(act_publish(f.session, name, k ? max(i, 2U) : 1,
						object[i][k], k && i <= 2), 0);
		}
	for (i = 0; i < 256; i++)
		for (k = 0; k < 2; k++) {
			if (k && i < 2)
				continue;
			memset(name, k ? 0xff : i, sizeof(name));
			if (!check_equal(act_lookup(f.session, name, k ? i : 1, &handle), 0))
				continue;
			check_equal(act_same(f.session, handle, object[i][k]), 1);
			drop(f.session, handle);
		}
	check_equal(f.heap.roots.count, 256 + 254);
	fixture_end(&f);
}

static u32 longest_bucket(const struct mheap_roots *roots)
{
	const struct mheap_root *root;
	u32 i, k, length, longest = 0;

	for (i = 0; i < MHEAP_ROOT_SEGMENTS; i++)
		for (k = 0; roots->segment[i] && k < MHEAP_ROOT_BUCKETS; k++) {
			length = 0;
			for (root = roots->segment[i][k]; root; root = root->next)
				length++;
			longest = max(longest, length);
		}
	return longest;
}

static void as_many_as_there_can_be(void)
{
	u8 name[MHEAP_ROOT_LENGTH_MAX];
	struct fixture f;
	u64 object, other, handle;
	u32 i, length;

	fixture_begin(&f, 0);
	object = make(f.session, 1, 0);
	other = make(f.session, 1, 0);
	for (i = 0; i < MHEAP_ROOT_COUNT_MAX; i++) {
		length = name_of(i, name);
		if (!check_equal(act_publish(f.session, name, length, object, i % 2), 0))
			break;
	}
	check_equal(publish(f.session, "one more", other), -ENOSPC);
	check_equal(replace(f.session, "one more", other), -ENOSPC);
	check_equal(outside_of(f.session, other), 1);
	check_equal(act_publish(f.session, name, length, other, false), -EEXIST);
	check_equal(act_publish(f.session, name, length, other, true), 0);
	check_equal(outside_of(f.session, object), MHEAP_ROOT_COUNT_MAX);
	check_equal(outside_of(f.session, other), 2);
	note("the longest of %u buckets has %u roots", MHEAP_ROOT_SEGMENTS * MHEAP_ROOT_BUCKETS,
	     longest_bucket(&f.heap.roots));
	check(longest_bucket(&f.heap.roots) < 64);
	for (i = 0; i < MHEAP_ROOT_COUNT_MAX; i += 3) {
		length = name_of(i, name);
		check_equal(act_unpublish(f.session, name, length), 0);
	}
	check_equal(publish(f.session, "one more", other), 0);
	for (i = 0; i < MHEAP_ROOT_COUNT_MAX; i++) {
		length = name_of(i, name);
		if (!check_equal(act_lookup(f.session, name, length, &handle),
				 i % 3 ? 0 : -ENOENT))
			break;
		if (i % 3)
			drop(f.session, handle);
	}
	fixture_end(&f);
}

/* Without a 0 in it, and another for each number. */
static u32 text_of(u32 number, u8 name[MHEAP_ROOT_LENGTH_MAX])
{
	const u32 length = snprintf((char *)name, 20, "%u.", number);

	memset(name + length, 'n', number % 200);
	return length + number % 200;
}

static void look_at_list(const struct mheap_root_list *list, u8 *seen)
{
	const u8 *at = list->text;
	u32 i, length, number;
	u8 name[MHEAP_ROOT_LENGTH_MAX];

	for (i = 0; i < list->count; i++) {
		number = strtoul((const char *)at, NULL, 10);
		length = text_of(number, name);
		check_equal(memcmp(at, name, length), 0);
		check_equal(at[length], 0);
		at += length + 1;
		seen[number]++;
	}
	check_equal(at - list->text, list->filled);
}

/* Each name is listed once, in pieces of whatever size. */
static void list_in_pieces(struct mheap_roots *roots, u32 size, u32 names)
{
	struct mheap_root_list list = { .bucket = 0 };
	u8 *seen = calloc(1, names);
	u32 i;

	while (list.bucket < MHEAP_ROOT_BUCKETS_ALL) {
		list = (struct mheap_root_list){
			.text = malloc(size), .size = size, .bucket = list.bucket,
		};
		check_equal(mheap_roots_list(container_of(roots, struct mheap_heap, roots),
					     &list), 0);
		look_at_list(&list, seen);
		free(list.text);
	}
	for (i = 0; i < names; i++)
		check_equal(seen[i], 1);
	free(seen);
}

#define LISTED	3000U

static void names_are_listed(void)
{
	u8 name[MHEAP_ROOT_LENGTH_MAX];
	struct mheap_root_list list = {};
	struct fixture f;
	u32 i, length;
	u64 object;

	fixture_begin(&f, 0);
	object = make(f.session, 1, 0);
	check_equal(mheap_roots_list(&f.heap, &list), 0);
	check_equal(list.bucket, MHEAP_ROOT_BUCKETS_ALL);
	for (i = 0; i < LISTED; i++) {
		length = text_of(i, name);
		check_equal(act_publish(f.session, name, length, object, false), 0);
	}
	list_in_pieces(&f.heap.roots, 2000, LISTED);
	list_in_pieces(&f.heap.roots, 5000, LISTED);
	list_in_pieces(&f.heap.roots, 1000000, LISTED);
	list = (struct mheap_root_list){ .text = name, .size = 1 };
	check_equal(mheap_roots_list(&f.heap, &list), -E2BIG);
	check_equal(list.filled, 0);
	fixture_end(&f);
}

static void a_heap_ends_with_its_roots(void)
{
	const long before = port_allocated;
	struct fixture f;
	char name[8];
	u32 i;

	fixture_begin(&f, FIXTURE_SLAB);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%u", i);
		check_equal(publish(f.session, name, make(f.session, i % 3, i)), 0);
	}
	fixture_end(&f);
	check_equal(port_allocated, before);
}

static void what_hangs_on_a_name_is_released_in_pieces(void)
{
	struct fixture f;
	u64 object, next;
	u32 i;

	fixture_begin(&f, 0);
	object = make(f.session, 1, 0);
	for (i = 1; i < 10000; i++) {
		next = make(f.session, 1, 0);
		link_to(f.session, next, 0, object);
		drop(f.session, object);
		object = next;
	}
	check_equal(publish(f.session, "chain", object), 0);
	drop(f.session, object);
	check_equal(fixture_objects(&f), 10000);
	check_equal(unpublish(f.session, "chain"), 0);
	check(fixture_objects(&f) >= 10000 - MHEAP_RELEASE_BUDGET);
	fixture_settle(&f);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static void too_many_references(void)
{
	struct fixture f;
	u64 object, handle;
	atomic64_t *count;
	s64 old;

	fixture_begin(&f, 0);
	object = make(f.session, 1, 0);
	check_equal(publish(f.session, "name", object), 0);
	count = mheap_count_of(&f.heap, number_of(f.session, object));
	old = atomic64_read(count);
	atomic64_set(count, MHEAP_COUNT_MAX * MHEAP_OUTSIDE);
	check_equal(publish(f.session, "other", object), -EOVERFLOW);
	check_equal(replace(f.session, "name", object), -EOVERFLOW);
	check_equal(lookup(f.session, "name", &handle), -EOVERFLOW);
	check_equal(atomic64_read(count), MHEAP_COUNT_MAX * MHEAP_OUTSIDE);
	atomic64_set(count, old);
	check_equal(f.heap.roots.count, 1);
	check_equal(lookup(f.session, "other", &handle), -ENOENT);
	check_names(f.session, "name", object);
	fixture_end(&f);
}

static void fail_from(long number, bool all)
{
	port_fail_all = all;
	port_fail_at = number ? port_allocations + number : 0;
}

/* A bucket array, or a root: without one, also behind a collection. */
static void no_memory_for_a_root(void)
{
	struct fixture f;
	u64 object, other, handle;
	int way;

	for (way = 0; way < 2; way++) {
		fixture_begin(&f, 0);
		object = make(f.session, 1, 0);
		other = make(f.session, 1, 0);
		fail_from(1 + way, true);
		check_equal(publish(f.session, "name", object), -ENOMEM);
		fail_from(0, false);
		check_equal(f.heap.roots.count, 0);
		check_equal(outside_of(f.session, object), 1);
		check_equal(lookup(f.session, "name", &handle), -ENOENT);
		check_equal(publish(f.session, "name", object), 0);
		fail_from(1, true);
		check_equal(replace(f.session, "name", other), -ENOMEM);
		check_equal(publish(f.session, "name", other), -ENOMEM);
		check_names(f.session, "name", object);
		check_equal(outside_of(f.session, object), 2);
		check_equal(outside_of(f.session, other), 1);
		drop(f.session, object);
		check_equal(fixture_objects(&f), 2);
		check_equal(unpublish(f.session, "name"), 0);
		check_equal(fixture_objects(&f), 1);
		fail_from(0, false);
		fixture_end(&f);
	}
}

static void no_memory_for_the_handle_of_a_lookup(void)
{
	struct fixture f;
	u64 object, handle = 0;

	fixture_begin(&f, 0);
	object = make(f.session, 1, 0);
	check_equal(publish(f.session, "name", object), 0);
	while (f.session->handles.open < MHEAP_HANDLE_SEGMENT)
		act_dup(f.session, object, &handle);
	handle = 0;
	fail_from(1, true);
	check_equal(lookup(f.session, "name", &handle), -ENOMEM);
	fail_from(0, false);
	check_equal(handle, 0);
	check_equal(outside_of(f.session, object), MHEAP_HANDLE_SEGMENT + 1);
	check_names(f.session, "name", object);
	fixture_end(&f);
}

/* Threads that give, look up and take back a few names, beside a collector. */

#define THREADS		4U
#define NAMES		8U

struct rooter {
	struct mheap_session *session;
	struct source source;
	u64 steps;
	unsigned long met, full, none;
};

/* What is signed with its own id has not been freed. */
static u64 make_signed(struct mheap_session *session)
{
	const u64 handle = make(session, 2, sizeof(u64));
	struct mheap_object_figures figures;

	act_info(session, handle, &figures);
	check_equal(act_write(session, handle, 0, &figures.id, sizeof(u64)), 0);
	link_to(session, handle, 0, handle);
	return handle;
}

static void inspect(struct mheap_session *session, u64 handle)
{
	struct mheap_object_figures figures;
	u64 id;

	act_info(session, handle, &figures);
	check_equal(act_read(session, handle, 0, &id, sizeof(id)), sizeof(id));
	check_equal(id, figures.id);
}

static void root_step(struct rooter *rooter)
{
	const u8 name = pick(&rooter->source, NAMES);
	u64 handle, next;
	int error;

	switch (pick(&rooter->source, 4)) {
	case 0:
		error = act_unpublish(rooter->session, &name, 1);
		check(!error || error == -ENOENT);
		return;
	case 1:
		handle = make_signed(rooter->session);
		error = act_publish(rooter->session, &name, 1, handle,
				    pick(&rooter->source, 2));
		check(!error || error == -EEXIST);
		rooter->full += error == -EEXIST;
		break;
	default:
		error = act_lookup(rooter->session, &name, 1, &handle);
		check(!error || error == -ENOENT);
		if (error) {
			rooter->none++;
			return;
		}
		inspect(rooter->session, handle);
		rooter->met++;
		/* A ring through what is found, to be cut by somebody. */
		next = make_signed(rooter->session);
		link_to(rooter->session, next, 1, handle);
		link_to(rooter->session, handle, 1, next);
		drop(rooter->session, next);
	}
	drop(rooter->session, handle);
}

static void *work_on_roots(void *argument)
{
	struct rooter *rooter = argument;

	while (rooter->steps--)
		root_step(rooter);
	return NULL;
}

static void threads_share_names(void)
{
	const u64 steps = setting("OPS", 40000) / THREADS;
	static struct rooter rooter[THREADS];
	pthread_t thread[THREADS];
	struct fixture f;
	u8 name;
	u32 i;

	fixture_begin(&f, FIXTURE_AUTO | FIXTURE_WORKER);
	for (i = 0; i < THREADS; i++) {
		rooter[i].session = fixture_open(&f, 1 + i);
		rooter[i].source = source_of_seed(setting("SEED", 1) + i);
		rooter[i].steps = steps;
		pthread_create(&thread[i], NULL, work_on_roots, &rooter[i]);
	}
	for (i = 0; i < 20; i++)
		fixture_collect(&f, i % 3);
	for (i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		fixture_close(&f, 1 + i);
		note("%lu found, %lu not found, %lu taken", rooter[i].met, rooter[i].none,
		     rooter[i].full);
		check(rooter[i].met && rooter[i].none && rooter[i].full);
	}
	for (name = 0; name < NAMES; name++)
		act_unpublish(f.session, &name, 1);
	check_equal(f.heap.roots.count, 0);
	fixture_settle(&f);
	fixture_collect(&f, 2);
	check_equal(fixture_objects(&f), 0);
	fixture_end(&f);
}

static const struct test tests[] = {
	{ "an object lives by its name", an_object_lives_by_its_name },
	{ "what no object has is no entry", what_no_object_has_is_no_entry },
	{ "a name is taken or replaced", a_name_is_taken_or_replaced },
	{ "an object has several names", an_object_has_several_names },
	{ "a root outlives the session that made it", a_root_outlives_the_session_that_made_it },
	{ "a name is any bytes of any length", a_name_is_any_bytes_of_any_length },
	{ "as many as there can be", as_many_as_there_can_be },
	{ "names are listed", names_are_listed },
	{ "a heap ends with its roots", a_heap_ends_with_its_roots },
	{ "what hangs on a name is released in pieces",
	  what_hangs_on_a_name_is_released_in_pieces },
	{ "too many references", too_many_references },
	{ "no memory for a root", no_memory_for_a_root },
	{ "no memory for the handle of a lookup", no_memory_for_the_handle_of_a_lookup },
	{ "threads share names", threads_share_names },
	{}
};

const struct suite suite_roots = { "roots", tests };
