// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/mheap: what the files show, whose they are and how long they are
 * there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "heap.h"
#include "tap.h"

TEST(files_show_what_stats_tell)
{
	const int heap = heap_open();
	struct mheap_stats stats;
	int i;

	heap_disable(heap);
	for (i = 0; i < 50; i++)
		heap_get(heap, op_new(0, 1, i));
	heap_collect(heap, 0);
	for (i = 0; i < 30; i++)
		heap_do(heap, op_drop(heap_get(heap, op_new(0, 1, i))));
	heap_collect(heap, 1);
	heap_get(heap, op_new(0, 1, 0));
	heap_collect(heap, 2);
	heap_get(heap, op_new(0, 1, 0));
	stats = heap_stats(heap);
	file_check(heap_path(heap, "objects"), "%llu\n", stats.objects);
	file_check(heap_path(heap, "bytes"), "%llu\n", stats.bytes);
	file_check(heap_path(heap, "handles"), "%llu\n", stats.handles);
	file_check(heap_path(heap, "sessions"), "1\n");
	file_check(heap_path(heap, "roots"), "0\n");
	file_check(heap_path(heap, "allocator"), "slab\n");
	file_check(heap_path(heap, "threshold"), "700 10 10\n");
	file_check(heap_path(heap, "enabled"), "0\n");
	file_check(heap_path(heap, "count"), "1 0 0\n");
	file_check(heap_path(heap, "stats/created"), "%llu\n", stats.created);
	file_check(heap_path(heap, "stats/freed_by_count"), "%llu\n", stats.freed_by_count);
	file_check(heap_path(heap, "stats/freed_by_collector"), "%llu\n",
		   stats.freed_by_collector);
	file_check(heap_path(heap, "stats/pending"), "0\n");
	file_check(heap_path(heap, "stats/table_bytes"), "%llu\n", stats.table_bytes);
}

static void check_generations(int heap, const char *file, const __u64 *zero, const __u64 *one,
			      const __u64 *two)
{
	file_check(heap_path(heap, file), "%llu %llu %llu\n", *zero, *one, *two);
}

TEST(generation_files_show_what_stats_tell)
{
	const int heap = heap_open();
	struct mheap_stats now;
	const struct mheap_generation_stats *g = now.generation;
	int i;

	heap_disable(heap);
	for (i = 0; i < 20; i++)
		heap_get(heap, op_new(0, 1, 0));
	for (i = 0; i < 9; i++)
		heap_collect(heap, i % 3);
	now = heap_stats(heap);
	CHECK_EQ(g[2].collections, 3);
	check_generations(heap, "stats/collections", &g[0].collections, &g[1].collections,
			  &g[2].collections);
	check_generations(heap, "stats/visited", &g[0].visited, &g[1].visited, &g[2].visited);
	check_generations(heap, "stats/collected", &g[0].collected, &g[1].collected,
			  &g[2].collected);
	check_generations(heap, "stats/uncollectable", &g[0].uncollectable,
			  &g[1].uncollectable, &g[2].uncollectable);
	check_generations(heap, "stats/nanoseconds", &g[0].nanoseconds, &g[1].nanoseconds,
			  &g[2].nanoseconds);
	check_generations(heap, "stats/longest", &g[0].longest, &g[1].longest, &g[2].longest);
	check_generations(heap, "stats/objects", &g[0].objects, &g[1].objects, &g[2].objects);
}

#define BUCKETS	40

/* Reads a histogram; returns the sum of its numbers. */
static unsigned long long read_histogram(int heap, const char *file,
					 unsigned long long bucket[BUCKETS])
{
	unsigned long long sum = 0;
	char text[TEXT_MAX];
	char *rest = text;
	int i;

	tap_case("%s", file);
	CHECK(file_read(heap_path(heap, file), text) > 0);
	for (i = 0; i < BUCKETS; i++) {
		bucket[i] = strtoull(rest, &rest, 10);
		CHECK_EQ(*rest, i < BUCKETS - 1 ? ' ' : '\n');
		sum += bucket[i];
		rest++;
	}
	CHECK(!*rest);
	tap_case("%s", "");
	return sum;
}

TEST(histograms_count_every_collection)
{
	static const char * const files[] = {
		"stats/collection_times_0", "stats/collection_times_1",
		"stats/collection_times_2",
	};
	const int heap = heap_open();
	unsigned long long bucket[BUCKETS];
	struct mheap_stats now;
	int i, k;

	heap_disable(heap);
	for (i = 0; i < 9; i++)
		heap_collect(heap, i % 3);
	heap_collect(heap, 2);
	now = heap_stats(heap);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(read_histogram(heap, files[i], bucket), now.generation[i].collections);
		for (k = BUCKETS - 1; k && !bucket[k]; k--)
			;
		CHECK(now.generation[i].longest < 1ULL << k);
		CHECK(now.generation[i].longest >= 1ULL << k >> 1);
	}
	/* There is one thread, but the worker may have met a collection. */
	CHECK(read_histogram(heap, "stats/stalls", bucket) < 100);
}

static _Atomic int met;

static void *use_session(void *data)
{
	const int heap = *(int *)data;
	struct mheap_op ops[64];
	int i;

	for (i = 0; i < 64; i++)
		ops[i] = op_temp(op_new(0, 1, 0));
	for (i = 0; i < 50000 && !met; i++)
		heap_do_all(heap, ops, 64);
	return NULL;
}

TEST(stalls_count_who_waits_for_the_session)
{
	int heap = heap_open();
	unsigned long long bucket[BUCKETS];
	pthread_t thread[2];
	int i;

	heap_disable(heap);
	for (i = 0; i < 2; i++)
		CHECK(!pthread_create(&thread[i], NULL, use_session, &heap));
	for (i = 0; i < 3000 && !met; i++) {
		usleep(10000);
		met = read_histogram(heap, "stats/stalls", bucket) > 0;
	}
	met = 1;
	for (i = 0; i < 2; i++)
		CHECK(!pthread_join(thread[i], NULL));
	CHECK(read_histogram(heap, "stats/stalls", bucket) > 0);
}

static int files;

static void check_mode(const char *path, mode_t mode)
{
	char text[TEXT_MAX];
	long length;

	tap_case("%s", path);
	files++;
	CHECK(!(mode & 0133));
	if (mode & 0444) {
		length = file_read(path, text);
		CHECK(length > 1);
		CHECK_EQ(text[length - 1], '\n');
		CHECK(!memchr(text, '\n', length - 1));
		CHECK(!strstr(text, "  "));
	} else {
		CHECK(file_read(path, text) < 0);
	}
	if (!(mode & 0200))
		CHECK(file_write(path, "0") < 0);
}

TEST(every_file_is_a_line_and_may_do_what_its_mode_says)
{
	const int heap = heap_open();

	file_for_each(heap_path(heap, ""), check_mode);
	CHECK(files >= 26);
	file_for_each(HEAP_SYSFS "/defaults", check_mode);
	CHECK(files >= 28);
}

/* The files that the ABI document names, and which of them were found. */
static char documented[150][100];
static int found[ARRAY_SIZE(documented)];
static int documents;
static size_t folder_length;	/* of the path of a heap's directory */

static int is_directory(const char *path)
{
	return path[strlen(path) - 1] == '/' && !access(path, F_OK);
}

static void read_document(void)
{
	const char *top = getenv("MHEAP_TOP");
	char path[400], line[400];
	FILE *file;

	if (!top)
		tap_skip("MHEAP_TOP does not say where the sources are");
	snprintf(path, sizeof(path), "%s/Documentation/ABI/testing/sysfs-kernel-mheap", top);
	file = fopen(path, "r");
	CHECK(file);
	while (fgets(line, sizeof(line), file)) {
		CHECK(documents < (int)ARRAY_SIZE(documented));
		if (sscanf(line, "What: %99s", documented[documents]) == 1)
			documents += !is_directory(documented[documents]);
	}
	fclose(file);
}

static void check_documented(const char *path, mode_t mode)
{
	char name[200];
	char *digit;
	int i;

	(void)mode;
	if (strncmp(path, HEAP_SYSFS "/heap", strlen(HEAP_SYSFS "/heap")))
		snprintf(name, sizeof(name), "%s", path);
	else
		snprintf(name, sizeof(name), HEAP_SYSFS "/heapN%s", path + folder_length);
	digit = strstr(name, "collection_times_");
	if (digit)
		digit[strlen("collection_times_")] = 'G';
	for (i = 0; i < documents && strcmp(documented[i], name); i++)
		;
	tap_case("%s is not documented as %s", path, name);
	CHECK(i < documents);
	found[i] = 1;
}

/* Those beside the directories of heaps. */
static void check_top(void)
{
	DIR *stream = opendir(HEAP_SYSFS);
	const struct dirent *entry;
	char path[400];

	CHECK(stream);
	while ((entry = readdir(stream))) {
		if (entry->d_type == DT_DIR)
			continue;
		snprintf(path, sizeof(path), HEAP_SYSFS "/%s", entry->d_name);
		check_documented(path, 0);
	}
	closedir(stream);
}

TEST(what_is_there_is_documented_and_what_is_documented_is_there)
{
	const int heap = heap_open();
	char directory[200];
	int i;

	read_document();
	snprintf(directory, sizeof(directory), HEAP_SYSFS "/%s", heap_stats(heap).name);
	folder_length = strlen(directory);
	check_top();
	file_for_each(HEAP_SYSFS "/defaults", check_documented);
	file_for_each(directory, check_documented);
	for (i = 0; i < documents; i++) {
		tap_case("%s is documented", documented[i]);
		CHECK(found[i]);
	}
}

TEST(names_are_not_used_again)
{
	char names[50][MHEAP_NAME_MAX];
	int i, k, heap;

	for (i = 0; i < 50; i++) {
		heap = heap_open();
		memcpy(names[i], heap_stats(heap).name, MHEAP_NAME_MAX);
		for (k = 0; k < i; k++)
			CHECK(strcmp(names[i], names[k]));
		CHECK(!access(heap_path(heap, ""), F_OK));
		heap_close(heap);
	}
}

TEST(files_go_with_the_last_descriptor)
{
	int heap = heap_open(), copy, directory, file;
	char path[200], text[TEXT_MAX];

	strcpy(path, heap_path(heap, "objects"));
	copy = dup(heap);
	directory = open(heap_path(heap, ""), O_RDONLY | O_DIRECTORY);
	file = open(path, O_RDONLY);
	CHECK(copy >= 0 && directory >= 0 && file >= 0);
	heap_close(heap);
	CHECK_EQ(file_read(path, text), 2);
	heap_close(copy);
	CHECK_EQ(file_read(path, text), -ENOENT);
	CHECK_EQ(pread(file, text, sizeof(text), 0), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(openat(directory, "objects", O_RDONLY), -1);
}

#define USER	12345

static void become(uid_t user)
{
	CHECK(!setresgid(user, user, user));
	CHECK(!setresuid(user, user, user));
}

/* Runs as another user; returns whether that came to its end. */
static int as_user(uid_t user, void (*function)(const char *directory), const char *directory)
{
	pid_t child = fork();
	int status;

	if (!child) {
		become(user);
		function(directory);
		_exit(0);
	}
	CHECK(child > 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	return status == 0;
}

static long write_in(const char *directory, const char *file, const char *text)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	return file_write(path, text);
}

static void owner_may_write(const char *directory)
{
	CHECK_EQ(write_in(directory, "threshold", "1 1 1"), 5);
	CHECK_EQ(write_in(directory, "enabled", "0"), 1);
	CHECK_EQ(write_in(directory, "collect", "2"), 1);
}

static void others_may_not_write(const char *directory)
{
	CHECK_EQ(write_in(directory, "threshold", "1 1 1"), -EACCES);
	CHECK_EQ(write_in(directory, "enabled", "0"), -EACCES);
	CHECK_EQ(write_in(directory, "collect", "2"), -EACCES);
	CHECK_EQ(file_write(HEAP_SYSFS "/defaults/threshold", "1 1 1"), -EACCES);
	CHECK_EQ(file_write(HEAP_SYSFS "/defaults/enabled", "0"), -EACCES);
}

static uid_t expected_owner;

static void check_owner(const char *path, mode_t mode)
{
	struct stat status;

	(void)mode;
	tap_case("%s", path);
	CHECK(!stat(path, &status));
	CHECK_EQ(status.st_uid, expected_owner);
	CHECK_EQ(status.st_gid, expected_owner);
}

TEST(files_belong_to_who_opened_the_heap)
{
	char directory[200];
	int heap;

	CHECK(!chmod(HEAP_DEVICE, 0666));
	CHECK(!setegid(USER));
	CHECK(!seteuid(USER));
	heap = heap_open();
	CHECK(!seteuid(0));
	CHECK(!setegid(0));
	CHECK(!chmod(HEAP_DEVICE, 0600));

	strcpy(directory, heap_path(heap, ""));
	expected_owner = USER;
	file_for_each(directory, check_owner);
	CHECK(as_user(USER, owner_may_write, directory));
	CHECK(as_user(USER + 1, others_may_not_write, directory));
	file_check(heap_path(heap, "threshold"), "1 1 1\n");

	heap = heap_open();
	strcpy(directory, heap_path(heap, ""));
	expected_owner = 0;
	file_for_each(directory, check_owner);
	CHECK(as_user(USER, others_may_not_write, directory));
	file_check(heap_path(heap, "threshold"), "700 10 10\n");
}

static _Atomic int stop;

static void read_one(const char *path, mode_t mode)
{
	char text[TEXT_MAX];

	if (mode & 0444)
		file_read(path, text);
}

/* As file_for_each(), of whatever is there; may vanish meanwhile. */
static void read_all(const char *directory)
{
	struct dirent *entry;
	struct stat status;
	char path[400];
	DIR *stream = opendir(directory);

	while (stream && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (stat(path, &status))
			continue;
		if (S_ISDIR(status.st_mode))
			read_all(path);
		else
			read_one(path, status.st_mode);
	}
	if (stream)
		closedir(stream);
}

static void *keep_reading(void *data)
{
	while (!stop)
		read_all(HEAP_SYSFS);
	return data;
}

TEST(files_are_read_while_heaps_come_and_go)
{
	const unsigned long rounds = 10 * tap_number("MHEAP_TEST_ROUNDS", 50);
	pthread_t readers[2];
	unsigned long i;
	int heap;

	for (i = 0; i < 2; i++)
		CHECK(!pthread_create(&readers[i], NULL, keep_reading, NULL));
	for (i = 0; i < rounds; i++) {
		heap = heap_open();
		heap_get(heap, op_new(0, 1, 0));
		heap_close(heap);
	}
	stop = 1;
	for (i = 0; i < 2; i++)
		CHECK(!pthread_join(readers[i], NULL));
}

/* A thread writes to "collect" of a heap again and again until it is gone. */
static void *collect_until_gone(void *data)
{
	while (file_write(data, "2") == 1)
		;
	return NULL;
}

TEST(heap_is_closed_while_its_files_are_in_use)
{
	const unsigned long rounds = 2 * tap_number("MHEAP_TEST_ROUNDS", 50);
	char path[200];
	pthread_t thread;
	unsigned long i;
	int heap, k;

	for (i = 0; i < rounds; i++) {
		heap = heap_open();
		for (k = 0; k < 200; k++)
			heap_get(heap, op_new(0, 1, 100));
		strcpy(path, heap_path(heap, "collect"));
		CHECK(!pthread_create(&thread, NULL, collect_until_gone, path));
		usleep(i * 37 % 3000);
		heap_close(heap);
		CHECK(!pthread_join(thread, NULL));
	}
}
