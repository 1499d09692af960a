// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mheap's operations cost another module, through <linux/mheap_kernel.h>. As
 * in mheap_bench.c: instructions for 1,000 calls, shown as parameters.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mheap_kernel.h>

#include "measure.h"

#define PAIRS	32U		/* in a batch: 64 operations */

static ulong empty, single, pair, pair_in_long_batch, get_put, load_put, store, weak;

module_param(empty, ulong, 0444);
MODULE_PARM_DESC(empty, "a batch without operations");
module_param(single, ulong, 0444);
MODULE_PARM_DESC(single, "new+put in a batch of their own");
module_param(pair, ulong, 0444);
MODULE_PARM_DESC(pair, "new+put in a batch of 64, with its share of the batch");
module_param(pair_in_long_batch, ulong, 0444);
MODULE_PARM_DESC(pair_in_long_batch, "new+put in a batch of 2,000");
module_param(get_put, ulong, 0444);
MODULE_PARM_DESC(get_put, "get+put in a batch of 2,000");
module_param(load_put, ulong, 0444);
MODULE_PARM_DESC(load_put, "load+put in a batch of 2,000");
module_param(store, ulong, 0444);
MODULE_PARM_DESC(store, "store in a batch of 1,000");
module_param(weak, ulong, 0444);
MODULE_PARM_DESC(weak, "upgrade+put in a batch of 2,000");

static const struct mheap_ktype node = {
	.name = "node",
	.slots = 4,
	.length = 16,
	.owner = THIS_MODULE,
};

static struct mheap_kuser *user;
static struct mheap_ref left, right;
static struct mheap_weak name;
static int failed;		/* the first error */

static void note(int error)
{
	if (unlikely(error) && !failed)
		failed = error;
}

static void new_and_put(void)
{
	struct mheap_ref ref = MHEAP_NULL;

	note(mheap_knew(user, 0, &ref));
	mheap_kput(user, ref);
}

static void new_and_put_alone(void)
{
	note(mheap_kuser_begin(user));
	new_and_put();
	mheap_kuser_end(user);
}

/* Of a loop that counts to CALLS: begin a batch each PAIRS times. */
static void new_and_put_in_batches(unsigned int i)
{
	if (i % PAIRS == 0)
		note(mheap_kuser_begin(user));
	new_and_put();
	if (i % PAIRS == PAIRS - 1 || i == CALLS - 1)
		mheap_kuser_end(user);
}

static void load_and_put(void)
{
	struct mheap_ref ref = MHEAP_NULL;

	note(mheap_kload(user, left, 0, &ref));
	mheap_kput(user, ref);
}

static void get_and_put(void)
{
	note(mheap_kget(user, left));
	mheap_kput(user, left);
}

static void upgrade_and_put(void)
{
	struct mheap_ref ref = MHEAP_NULL;

	note(mheap_kupgrade(user, name, &ref));
	mheap_kput(user, ref);
}

static void begin_and_end(void)
{
	note(mheap_kuser_begin(user));
	mheap_kuser_end(user);
}

static void measure(void)
{
	u64 loop = MEASURE();

	empty = MEASURE(begin_and_end()) - loop;
	single = MEASURE(new_and_put_alone()) - loop;
	pair = MEASURE(new_and_put_in_batches(i)) - loop;
	note(mheap_kuser_begin(user));
	note(mheap_knew(user, 0, &left) ?: mheap_knew(user, 0, &right));
	name = mheap_kweak(user, right);
	pair_in_long_batch = MEASURE(new_and_put()) - loop;
	store = MEASURE(note(mheap_kstore(user, left, 0, right))) - loop;
	get_put = MEASURE(get_and_put()) - loop;
	load_put = MEASURE(load_and_put()) - loop;
	weak = MEASURE(upgrade_and_put()) - loop;
	mheap_kuser_end(user);
}

static int __init bench_init(void)
{
	const struct mheap_kheap_params params = {
		.name = "bench",
		.types = &node,
		.type_count = 1,
		.owner = THIS_MODULE,
	};
	struct mheap_kheap *heap = mheap_kheap_create(&params);

	if (IS_ERR(heap))
		return PTR_ERR(heap);
	user = mheap_kuser_create(heap);
	if (IS_ERR(user))
		failed = PTR_ERR(user);
	else
		measure();
	mheap_kuser_destroy(user);
	mheap_kheap_destroy(heap);
	return failed;
}

static void __exit bench_exit(void)
{
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("mheap: costs of its operations for other modules");
MODULE_LICENSE("GPL");
MHEAP_KERNEL_IMPORT();
