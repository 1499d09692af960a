// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data race, for tests/vm/test-races: the loader and a thread count on one
 * variable, and nothing keeps them apart.
 */
#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

static unsigned long planted_counter;
static DECLARE_COMPLETION(planted_done);

static noinline void planted_count(unsigned long until)
{
	while (time_before(jiffies, until)) {
		planted_counter++;
		barrier();
		cond_resched();
	}
}

static int planted_thread(void *data)
{
	planted_count(*(unsigned long *)data);
	kthread_complete_and_exit(&planted_done, 0);
}

static int __init planted_init(void)
{
	unsigned long until = jiffies + 3 * HZ;
	struct task_struct *thread;

	thread = kthread_run(planted_thread, &until, "mheap_planted");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	planted_count(until);
	wait_for_completion(&planted_done);
	return 0;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);

MODULE_DESCRIPTION("A data race for the tests of the virtual machine");
MODULE_LICENSE("GPL");
