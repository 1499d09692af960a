// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures of memory, by the kernel's fault injection.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"
#include "file.h"
#include "heap.h"
#include "memory.h"
#include "tap.h"

static int fail_nth = -1;	/* this thread's file of that name */
static int make_it_fail = -1;	/* likewise */

/* Leaves the case that a test is in as it is. */
static void write_setting(const char *path, const char *value)
{
	CHECK_EQ(file_write(path, value), strlen(value));
}

void fault_small_pieces(int yes)
{
	write_setting("/sys/kernel/debug/failslab/ignore-gfp-wait", yes ? "N" : "Y");
}

void fault_all(int yes)
{
	CHECK_EQ(pwrite(make_it_fail, yes ? "1" : "0", 1, 0), 1);
}

static void prepare_fault(const char *directory)
{
	static const char *const settings[][2] = {
		{ "task-filter", "Y" }, { "interval", "1" }, { "times", "-1" },
		{ "verbose", "0" }, { "probability", "100" },
	};
	char path[100];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", directory, settings[i][0]);
		write_setting(path, settings[i][1]);
	}
}

void fault_prepare(void)
{
	if (access("/proc/thread-self/fail-nth", W_OK) ||
	    access("/sys/kernel/debug/failslab", F_OK))
		tap_skip("the kernel has no fault injection");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	CHECK(fail_nth >= 0);
	make_it_fail = open("/proc/self/make-it-fail", O_RDWR);
	CHECK(make_it_fail >= 0);
	fault_small_pieces(1);
	prepare_fault("failslab");
	prepare_fault("fail_page_alloc");
	write_setting("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_setting("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	write_setting("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	write_setting("/sys/kernel/debug/fail_usercopy/verbose", "0");
	/* A page fault without memory would be taken again for ever. */
	CHECK(!mlockall(MCL_CURRENT | MCL_FUTURE));
}

void fault_arm(unsigned int nth)
{
	char text[20];
	int length = snprintf(text, sizeof(text), "%u", nth);

	CHECK_EQ(pwrite(fail_nth, text, length, 0), length);
}

int fault_disarm(void)
{
	char text[20] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		return 0;
	if (atoi(text) == 0)
		return 1;
	CHECK(pwrite(fail_nth, "0", 1, 0) == 1 || errno == EFAULT);
	return 0;
}

void fault_check_unchanged(int heap, const struct mheap_stats *before)
{
	struct mheap_stats after;

	heap_settle(heap);
	after = heap_stats(heap);
	after.table_bytes = before->table_bytes;
	memcpy(after.generation, before->generation, sizeof(after.generation));
	CHECK_EQ(after.objects, before->objects);
	CHECK_EQ(after.bytes, before->bytes);
	CHECK_EQ(after.handles, before->handles);
	CHECK_EQ(after.created, before->created);
	CHECK(!memcmp(&after, before, sizeof(after)));
}

void fault_pages(unsigned int pages)
{
	char text[20];

	snprintf(text, sizeof(text), "%u", pages);
	write_setting("/sys/kernel/debug/fail_page_alloc/space", text);
}

int fault_open(__u64 *holder)
{
	int heap;

	fault_prepare();
	heap = heap_open();
	heap_disable(heap);
	*holder = heap_get(heap, op_new(300, 4, 100));
	heap_do(heap, op_store(*holder, 0, *holder));
	return heap;
}

static int has_no_bodies(void *unused)
{
	(void)unused;
	return memory_bodies() <= 0;
}

void fault_check_leaks(void)
{
	CHECK(heap_wait_none());
	CHECK(tap_wait(has_no_bodies, NULL));
	CHECK_EQ(memory_module_users(), 0);
}
