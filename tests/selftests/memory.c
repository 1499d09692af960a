// SPDX-License-Identifier: GPL-2.0-only
/*
 * What memory the module has.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

#define CACHES	"/sys/kernel/slab/mheap-*"

static long read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

/* Gives back what is free, and what the sanitizer keeps to catch late users. */
static void give_back(const char *cache)
{
	char path[200];
	int file;

	snprintf(path, sizeof(path), "%s/shrink", cache);
	file = open(path, O_WRONLY);
	if (file < 0)
		return;
	if (write(file, "1", 1) != 1)
		perror(path);
	close(file);
}

static long bodies_in(const char *cache)
{
	struct stat status;
	char path[200];

	if (lstat(cache, &status) || S_ISLNK(status.st_mode))
		return -1;
	give_back(cache);
	snprintf(path, sizeof(path), "%s/objects", cache);
	return read_number(path);
}

long memory_bodies(void)
{
	glob_t caches;
	long sum = -1, bodies;
	size_t i;

	if (glob(CACHES, 0, NULL, &caches))
		return -1;
	for (i = 0, sum = 0; i < caches.gl_pathc && sum >= 0; i++) {
		bodies = bodies_in(caches.gl_pathv[i]);
		sum = bodies < 0 ? -1 : sum + bodies;
	}
	globfree(&caches);
	return sum;
}

int memory_caches(void)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	char line[400];
	int count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += !strncmp(line, "mheap-", 6);
	if (file)
		fclose(file);
	return count;
}

long memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[200];
	long available = -1;

	sync();
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %ld kB", &available) == 1)
			break;
	if (file)
		fclose(file);
	return available;
}

int memory_module_users(void)
{
	return read_number("/sys/module/mheap/refcnt");
}
