// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stall benchmark as a program over the core: a program in one thread, the
 * collector in another one. See stall.h.
 *
 *	stall_bench [--huge] OBJECTS SECONDS
 *
 * Prints JSON, one object a line: times of operations while full collections run
 * back to back for so long, while young ones do, and while images of the heap are
 * taken; and floating garbage. Spin
 * locks do not keep the scheduler away here as they do in the kernel: whoever
 * waits for one whose holder has lost its processor waits until it is back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stall.h"

static struct stall stall;

static void __attribute__((noreturn)) die(const char *what, int error)
{
	fprintf(stderr, "stall_bench: %s: %s\n", what, strerror(-error));
	exit(1);
}

static void *run_program(void *unused)
{
	bench_thread = 1;
	stall_program(&stall);
	return unused;
}

static pthread_t start_program(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run_program, NULL);

	if (error)
		die("thread", -error);
	return thread;
}

static void end_program(pthread_t thread)
{
	pthread_join(thread, NULL);
	if (stall.failed)
		die("an operation", stall.failed);
}

static void measure_times(enum stall_work work, u64 seconds)
{
	char text[2000];
	pthread_t thread;

	memset(stall.spread, 0, sizeof(stall.spread));
	memset(&stall.collections, 0, sizeof(stall.collections));
	memset(&stall.heap.stalls, 0, sizeof(stall.heap.stalls));
	stall.unreachable = 0;
	stall.stop = false;
	thread = start_program();
	stall_collector(&stall, work, ktime_get_ns() + seconds * 1000000000);
	end_program(thread);
	stall_times_text(&stall, "core", stall_work_name[work], text, sizeof(text));
	puts(text);
	fflush(stdout);
}

static void measure_floating(void)
{
	struct stall_floating floating = {};
	char text[500];
	pthread_t thread;

	stall.control = false;
	stall.stop = false;
	stall_collect(&stall, MHEAP_OLDEST);
	for (int i = 0; i < STALL_FLOATING_ROUNDS(stall.objects); i++) {
		thread = start_program();
		stall_floating_begin(&stall, &floating);
		end_program(thread);
		stall_floating_end(&stall, &floating);
	}
	stall_floating_text(&stall, "core", &floating, text, sizeof(text));
	puts(text);
}

int main(int argc, char **argv)
{
	struct mheap_allocator *allocator;
	int error;

	if (argc > 1 && !strcmp(argv[1], "--huge")) {
		bench_huge_pages = true;
		argc--;
		argv++;
	}
	if (argc != 3) {
		fputs("usage: stall_bench [--huge] OBJECTS SECONDS\n", stderr);
		return 2;
	}
	allocator = mheap_slab_create();
	if (!allocator)
		die("allocator", -ENOMEM);
	error = stall_begin(&stall, allocator, strtoul(argv[1], NULL, 10));
	if (error)
		die("graph", error);
	for (int work = 0; work < STALL_WORKS; work++)
		measure_times(work, strtoul(argv[2], NULL, 10));
	measure_floating();
	stall_end(&stall);
	mheap_slab_destroy(allocator);
	return 0;
}
