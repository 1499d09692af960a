// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stall benchmark over the module: a program in a kernel thread, the collector
 * in the thread that loads this. See ../stall.h. The result is the parameter
 * "result": JSON, one object a line.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "stall.h"

static uint objects = 1000000;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "of the graph");
static uint seconds = 5;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "that work of a kind goes on beside the program");

static char text[PAGE_SIZE - 1];
static char *result = text;
module_param(result, charp, 0444);
MODULE_PARM_DESC(result, "what was measured");

static struct stall *stall;
static int length;
static DECLARE_COMPLETION(ended);

static int run_program(void *unused)
{
	stall_program(stall);
	complete(&ended);
	return 0;
}

static int start_program(void)
{
	struct task_struct *thread;

	reinit_completion(&ended);
	WRITE_ONCE(stall->stop, false);
	thread = kthread_run(run_program, NULL, "mheap_stall");
	return PTR_ERR_OR_ZERO(thread);
}

static int end_program(void)
{
	wait_for_completion(&ended);
	return stall->failed;
}

static void end_line(void)
{
	length = min_t(int, length, sizeof(text) - 2);
	text[length++] = '\n';
	text[length] = 0;
}

static int measure_times(enum stall_work work)
{
	int error;

	memset(stall->spread, 0, sizeof(stall->spread));
	memset(&stall->collections, 0, sizeof(stall->collections));
	memset(&stall->heap.stalls, 0, sizeof(stall->heap.stalls));
	stall->unreachable = 0;
	error = start_program();
	if (error)
		return error;
	stall_collector(stall, work, ktime_get_ns() + seconds * 1000000000ULL);
	error = end_program();
	length += stall_times_text(stall, "module", stall_work_name[work], text + length,
				   sizeof(text) - length);
	end_line();
	return error;
}

static int measure_floating(void)
{
	struct stall_floating floating = {};
	int error = 0;
	int i;

	stall->control = false;
	stall_collect(stall, MHEAP_OLDEST);
	for (i = 0; i < STALL_FLOATING_ROUNDS(stall->objects) && !error; i++) {
		error = start_program();
		if (error)
			break;
		stall_floating_begin(stall, &floating);
		error = end_program();
		stall_floating_end(stall, &floating);
	}
	length += stall_floating_text(stall, "module", &floating, text + length,
				      sizeof(text) - length);
	end_line();
	return error;
}

static int measure(struct mheap_allocator *allocator)
{
	int work;
	int error = stall_begin(stall, allocator, objects);

	if (error)
		return error;
	for (work = 0; work < STALL_WORKS && !error; work++)
		error = measure_times(work);
	if (!error)
		error = measure_floating();
	stall_end(stall);
	return error;
}

static int __init stall_init(void)
{
	struct mheap_allocator *allocator;
	int error;

	stall = vzalloc(sizeof(*stall));
	if (!stall)
		return -ENOMEM;
	allocator = mheap_slab_create();
	if (IS_ERR(allocator)) {
		vfree(stall);
		return PTR_ERR(allocator);
	}
	error = measure(allocator);
	mheap_slab_destroy(allocator);
	vfree(stall);
	return error;
}

static void __exit stall_exit(void)
{
}

module_init(stall_init);
module_exit(stall_exit);

MODULE_DESCRIPTION("mheap: how long operations take beside collections");
MODULE_LICENSE("GPL");
MHEAP_IMPORT();
