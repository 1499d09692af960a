// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's own calls cost, to hold mheap's operations against. When
 * the module is loaded it measures, on a machine whose clock counts
 * instructions, and shows the results as its parameters: instructions for 1,000
 * calls, the loop around them subtracted.
 *
 * It also makes /dev/mheap_bench, whose ioctl does nothing at all: the least
 * that a call into a driver can cost.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "measure.h"

#define BODY	32		/* bytes: four slots of mheap and 16 of payload */
#define ENTRIES	1024		/* in the xarray */

static ulong function, kmem_cache, kmem_cache_account, refcount, xarray;

module_param(function, ulong, 0444);
MODULE_PARM_DESC(function, "a function that does nothing");
module_param(kmem_cache, ulong, 0444);
MODULE_PARM_DESC(kmem_cache, "kmem_cache_alloc() and kmem_cache_free() of 32 bytes");
module_param(kmem_cache_account, ulong, 0444);
MODULE_PARM_DESC(kmem_cache_account, "the same with SLAB_ACCOUNT and zeroed");
module_param(refcount, ulong, 0444);
MODULE_PARM_DESC(refcount, "refcount_inc() and refcount_dec_and_test()");
module_param(xarray, ulong, 0444);
MODULE_PARM_DESC(xarray, "xa_load() from an array of 1,024 entries");

static struct kmem_cache *plain, *account;
static DEFINE_XARRAY(array);
static refcount_t count = REFCOUNT_INIT(1);

static noinline void nothing(void)
{
	barrier();
}

static void alloc_and_free(struct kmem_cache *cache, gfp_t gfp)
{
	void *body = kmem_cache_alloc(cache, gfp);

	OPTIMIZER_HIDE_VAR(body);
	if (body)
		kmem_cache_free(cache, body);
}

static void get_and_put(void)
{
	refcount_inc(&count);
	WARN_ON(refcount_dec_and_test(&count));
}

static void measure(void)
{
	u64 loop = MEASURE();

	function = MEASURE(nothing()) - loop;
	kmem_cache = MEASURE(alloc_and_free(plain, GFP_KERNEL)) - loop;
	kmem_cache_account = MEASURE(alloc_and_free(account, GFP_KERNEL | __GFP_ZERO)) - loop;
	refcount = MEASURE(get_and_put()) - loop;
	xarray = MEASURE(xa_load(&array, i)) - loop;
}

static long nothing_ioctl(struct file *file, unsigned int request, unsigned long argument)
{
	return 0;
}

static const struct file_operations nothing_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= nothing_ioctl,
};

static struct miscdevice nothing_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "mheap_bench",
	.fops	= &nothing_fops,
};

static void tidy_up(void)
{
	xa_destroy(&array);
	kmem_cache_destroy(plain);
	kmem_cache_destroy(account);
}

static int __init mheap_bench_init(void)
{
	int ret = -ENOMEM;

	plain = kmem_cache_create("mheap_bench", BODY, 0, 0, NULL);
	account = kmem_cache_create("mheap_bench_account", BODY, 0, SLAB_ACCOUNT, NULL);
	if (!plain || !account)
		goto fail;
	for (unsigned long i = 0; i < ENTRIES; i++) {
		ret = xa_err(xa_store(&array, i, xa_mk_value(i), GFP_KERNEL));
		if (ret)
			goto fail;
	}
	measure();
	ret = misc_register(&nothing_device);
	if (ret)
		goto fail;
	return 0;

fail:
	tidy_up();
	return ret;
}

static void __exit mheap_bench_exit(void)
{
	misc_deregister(&nothing_device);
	tidy_up();
}

module_init(mheap_bench_init);
module_exit(mheap_bench_exit);

MODULE_DESCRIPTION("mheap: costs of the kernel's own calls, for comparison");
MODULE_LICENSE("GPL");
