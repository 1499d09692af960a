// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocators by name, and what the debug allocator says with real stacks. Its
 * reports are caught here, so none of them is in the log.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/string.h>

#include "fixture.h"
#include "iface/file.h"
#include "kern/allocators.h"
#include "kern/debug_report.h"

static struct mheap_debug_report last;
static struct mheap_debug_site last_allocated, last_freed, last_now;
static u32 reports;

static void catch(const struct mheap_debug_report *report)
{
	last = *report;
	if (report->allocated)
		last_allocated = *report->allocated;
	if (report->freed)
		last_freed = *report->freed;
	last_now = *report->now;
	reports++;
}

static const struct mheap_debug_hooks hooks = {
	.site = mheap_debug_kernel_site,
	.report = catch,
};

/**
 * struct opened - a debug allocator
 * @pattern: of it
 * @allocator: as a heap has it
 */
struct opened {
	struct mheap_allocator *pattern;
	struct mheap_allocator *allocator;
};

static int open_debug(struct kunit *test)
{
	struct opened *opened;

	if (torture_only())
		kunit_skip(test, "not asked for");
	opened = kunit_kzalloc(test, sizeof(*opened), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, opened);
	opened->pattern = mheap_debug_create(&hooks);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, opened->pattern);
	opened->allocator = opened->pattern->ops->open(opened->pattern);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, opened->allocator);
	reports = 0;
	memset(&last, 0, sizeof(last));
	test->priv = opened;
	return 0;
}

static void close_debug(struct kunit *test)
{
	struct opened *opened = test->priv;

	if (!opened)
		return;
	if (opened->allocator)
		opened->allocator->ops->close(opened->allocator);
	mheap_debug_destroy(opened->pattern);
}

static noinline u8 *allocate_here(struct kunit *test, size_t size)
{
	struct mheap_allocator *allocator = ((struct opened *)test->priv)->allocator;
	u8 *body = allocator->ops->alloc(allocator, size);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, body);
	barrier();	/* no tail call */
	return body;
}

static noinline void free_here(struct kunit *test, void *body, size_t size)
{
	struct mheap_allocator *allocator = ((struct opened *)test->priv)->allocator;

	allocator->ops->free(allocator, body, size);
	barrier();
}

/* Not the same code, or else the compiler would take it for the same function. */
static noinline void free_elsewhere(struct kunit *test, void *body, size_t size)
{
	struct mheap_allocator *allocator = ((struct opened *)test->priv)->allocator;

	KUNIT_EXPECT_EQ(test, reports, 0U);
	allocator->ops->free(allocator, body, size);
	barrier();
}

/* User-mode Linux believes nothing that frame pointers do not lead to. */
static bool knows_stacks(void)
{
	return IS_ENABLED(CONFIG_STACKTRACE) &&
	       (IS_ENABLED(CONFIG_FRAME_POINTER) || !IS_ENABLED(CONFIG_UML));
}

/* Is a function on the stack of a site, and is it the test's own doing? */
static void check_site(struct kunit *test, const struct mheap_debug_site *site,
		       const char *function)
{
	char symbol[KSYM_SYMBOL_LEN];
	bool found = false;
	u32 i;

	KUNIT_EXPECT_EQ(test, site->pid, (u32)task_pid_nr(current));
	KUNIT_EXPECT_STREQ(test, site->comm, current->comm);
	if (!knows_stacks())
		return;
	KUNIT_EXPECT_GT(test, site->depth, 0U);
	KUNIT_EXPECT_LE(test, site->depth, MHEAP_DEBUG_FRAMES);
	for (i = 0; i < site->depth; i++) {
		snprintf(symbol, sizeof(symbol), "%ps", (void *)site->entry[i]);
		found |= !strncmp(symbol, function, strlen(function));
	}
	KUNIT_EXPECT_TRUE_MSG(test, found, "%s is not on the stack", function);
}

static void check_kind(struct kunit *test, enum mheap_allocator_error kind)
{
	struct mheap_allocator *allocator = ((struct opened *)test->priv)->allocator;
	u64 count[MHEAP_ERRORS];

	KUNIT_EXPECT_EQ(test, reports, 1U);
	KUNIT_EXPECT_EQ(test, (u32)last.kind, (u32)kind);
	allocator->ops->errors(allocator, count);
	KUNIT_EXPECT_EQ(test, count[kind], 1ULL);
}

static void overrun_is_reported_with_the_stack_of_who_allocated(struct kunit *test)
{
	u8 *body = allocate_here(test, 100);

	body[100] = 1;
	free_here(test, body, 100);
	check_kind(test, MHEAP_ERROR_OVERRUN);
	KUNIT_EXPECT_EQ(test, last.offset, 100L);
	KUNIT_EXPECT_PTR_EQ(test, (void *)last.freed, NULL);
	check_site(test, &last_allocated, "allocate_here");
	check_site(test, &last_now, "free_here");
}

static void underrun_is_reported(struct kunit *test)
{
	u8 *body = allocate_here(test, 100);

	body[-1] = 1;
	free_here(test, body, 100);
	check_kind(test, MHEAP_ERROR_UNDERRUN);
	KUNIT_EXPECT_EQ(test, last.offset, -1L);
	check_site(test, &last_allocated, "allocate_here");
}

static void damaged_header_is_survived(struct kunit *test)
{
	u8 *body = allocate_here(test, 100);

	memset(body - 400, 0xff, 400);
	free_here(test, body, 100);
	check_kind(test, MHEAP_ERROR_UNDERRUN);
	KUNIT_EXPECT_PTR_EQ(test, (void *)last.allocated, NULL);
}

static void use_after_free_is_reported_with_both_stacks(struct kunit *test)
{
	struct opened *opened = test->priv;
	u8 *body = allocate_here(test, 100);

	opened->allocator->ops->bind(opened->allocator, body, 77);
	free_here(test, body, 100);
	body[50] = 1;
	KUNIT_EXPECT_EQ(test, reports, 0U);
	opened->allocator->ops->close(opened->allocator);
	opened->allocator = NULL;
	KUNIT_EXPECT_EQ(test, reports, 1U);
	KUNIT_EXPECT_EQ(test, (u32)last.kind, (u32)MHEAP_ERROR_USE_AFTER_FREE);
	KUNIT_EXPECT_EQ(test, last.object, 77ULL);
	KUNIT_EXPECT_EQ(test, last.offset, 50L);
	check_site(test, &last_allocated, "allocate_here");
	check_site(test, &last_freed, "free_here");
}

static void double_free_is_reported_with_both_stacks(struct kunit *test)
{
	u8 *body = allocate_here(test, 100);

	free_here(test, body, 100);
	free_elsewhere(test, body, 100);
	check_kind(test, MHEAP_ERROR_DOUBLE_FREE);
	check_site(test, &last_allocated, "allocate_here");
	check_site(test, &last_freed, "free_here");
	check_site(test, &last_now, "free_elsewhere");
}

static void large_bodies_have_red_zones(struct kunit *test)
{
	u8 *body = allocate_here(test, 1 << 20);

	KUNIT_EXPECT_NULL(test, memchr_inv(body, 0, 1 << 20));
	body[(1 << 20) + 63] = 1;
	free_here(test, body, 1 << 20);
	check_kind(test, MHEAP_ERROR_OVERRUN);
}

static void clean_use_is_not_reported(struct kunit *test)
{
	size_t size;
	u8 *body;

	for (size = 1; size < 100000; size += size / 3 + 1) {
		body = allocate_here(test, size);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)body, 8));
		KUNIT_EXPECT_NULL(test, memchr_inv(body, 0, size));
		memset(body, 0xff, size);
		free_here(test, body, size);
	}
	KUNIT_EXPECT_EQ(test, reports, 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(overrun_is_reported_with_the_stack_of_who_allocated),
	KUNIT_CASE(underrun_is_reported),
	KUNIT_CASE(damaged_header_is_survived),
	KUNIT_CASE(use_after_free_is_reported_with_both_stacks),
	KUNIT_CASE(double_free_is_reported_with_both_stacks),
	KUNIT_CASE(large_bodies_have_red_zones),
	KUNIT_CASE(clean_use_is_not_reported),
	{}
};

struct kunit_suite suite_debug_allocator = {
	.name = "mheap_debug_allocator",
	.init = open_debug,
	.exit = close_debug,
	.test_cases = cases,
};

/* The registry. */

static void *test_alloc(struct mheap_allocator *allocator, size_t size)
{
	return kvzalloc(size, GFP_KERNEL);
}

static void test_free(struct mheap_allocator *allocator, void *body, size_t size)
{
	kvfree(body);
}

static size_t test_charge(const struct mheap_allocator *allocator, size_t size)
{
	return size;
}

static const struct mheap_allocator_ops test_ops = {
	.name = "kunit-test",
	.owner = THIS_MODULE,
	.alloc = test_alloc,
	.free = test_free,
	.charge = test_charge,
};

static int skip_torture(struct kunit *test)
{
	if (torture_only())
		kunit_skip(test, "not asked for");
	return 0;
}

static void registered_allocator_is_found_by_its_name(struct kunit *test)
{
	struct mheap_allocator allocator = { .ops = &test_ops };

	KUNIT_EXPECT_EQ(test, PTR_ERR(mheap_allocator_get("kunit-test")), (long)-ENOENT);
	KUNIT_ASSERT_EQ(test, mheap_allocator_register(&allocator), 0);
	KUNIT_EXPECT_PTR_EQ(test, mheap_allocator_get("kunit-test"), &allocator);
	mheap_allocator_put(&allocator);
	KUNIT_ASSERT_EQ(test, mheap_allocator_unregister(&allocator), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(mheap_allocator_get("kunit-test")), (long)-ENOENT);
}

static void name_is_given_once(struct kunit *test)
{
	static const char *const taken[] = { "slab", "page", "debug", "kunit-test" };
	struct mheap_allocator allocator = { .ops = &test_ops };
	struct mheap_allocator_ops ops = test_ops;
	struct mheap_allocator other = { .ops = &ops };
	u32 i;

	KUNIT_ASSERT_EQ(test, mheap_allocator_register(&allocator), 0);
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		ops.name = taken[i];
		KUNIT_EXPECT_EQ(test, mheap_allocator_register(&other), -EEXIST);
	}
	KUNIT_EXPECT_EQ(test, mheap_allocator_unregister(&allocator), 0);
}

static void what_is_no_name_is_invalid(struct kunit *test)
{
	static const char *const wrong[] = {
		"", " ", "two words", "line\n", "12345678901234567890123456789012",
	};
	struct mheap_allocator_ops ops = test_ops;
	struct mheap_allocator allocator = { .ops = &ops };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		ops.name = wrong[i];
		KUNIT_EXPECT_EQ(test, mheap_allocator_register(&allocator), -EINVAL);
	}
	ops = test_ops;
	ops.open = (void *)test_alloc;
	KUNIT_EXPECT_EQ(test, mheap_allocator_register(&allocator), -EINVAL);
}

/* And its module is held as often. */
static void allocator_in_use_cannot_be_unregistered(struct kunit *test)
{
	struct mheap_allocator allocator = { .ops = &test_ops };
	const int before = module_refcount(THIS_MODULE);

	KUNIT_ASSERT_EQ(test, mheap_allocator_register(&allocator), 0);
	KUNIT_EXPECT_PTR_EQ(test, mheap_allocator_get("kunit-test"), &allocator);
	KUNIT_EXPECT_PTR_EQ(test, mheap_allocator_get("kunit-test"), &allocator);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 2);
	KUNIT_EXPECT_EQ(test, mheap_allocator_unregister(&allocator), -EBUSY);
	mheap_allocator_put(&allocator);
	KUNIT_EXPECT_EQ(test, mheap_allocator_unregister(&allocator), -EBUSY);
	mheap_allocator_put(&allocator);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
	KUNIT_EXPECT_EQ(test, mheap_allocator_unregister(&allocator), 0);
}

static int write_default(const char *name)
{
	struct file *filp = filp_open("/sys/kernel/mheap/defaults/allocator", O_WRONLY, 0);
	loff_t position = 0;
	ssize_t written;

	if (IS_ERR(filp))
		return PTR_ERR(filp);
	written = kernel_write(filp, name, strlen(name), &position);
	filp_close(filp, NULL);
	return written < 0 ? written : 0;
}

/* A heap that is closed goes in the background. Return: whether nobody holds it. */
static bool wait_until_unused(struct mheap_allocator *allocator)
{
	u32 i;

	for (i = 0; i < 1000; i++) {
		if (!mheap_allocator_unregister(allocator))
			return true;
		msleep(20);
	}
	return false;
}

/* Static, as it stays registered where the test fails. */
static struct mheap_allocator of_heap = { .ops = &test_ops };

static void heap_keeps_its_allocator_and_the_module_that_it_is_in(struct kunit *test)
{
	const int before = module_refcount(THIS_MODULE);
	const struct mheap_file *file;
	struct file *filp;

	KUNIT_ASSERT_EQ(test, mheap_allocator_register(&of_heap), 0);
	KUNIT_EXPECT_EQ(test, write_default("kunit-test"), 0);
	KUNIT_EXPECT_EQ(test, mheap_allocator_unregister(&of_heap), -EBUSY);
	filp = filp_open("/dev/mheap", O_RDWR, 0);
	KUNIT_EXPECT_EQ(test, write_default("slab"), 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, filp);
	file = filp->private_data;
	KUNIT_EXPECT_PTR_EQ(test, file->session.heap->allocator, &of_heap);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 1);
	KUNIT_EXPECT_EQ(test, mheap_allocator_unregister(&of_heap), -EBUSY);
	filp_close(filp, NULL);
	KUNIT_EXPECT_TRUE(test, wait_until_unused(&of_heap));
	KUNIT_EXPECT_EQ(test, write_default("kunit-test"), -EINVAL);
}

static struct kunit_case registry_cases[] = {
	KUNIT_CASE(registered_allocator_is_found_by_its_name),
	KUNIT_CASE(name_is_given_once),
	KUNIT_CASE(what_is_no_name_is_invalid),
	KUNIT_CASE(allocator_in_use_cannot_be_unregistered),
	KUNIT_CASE(heap_keeps_its_allocator_and_the_module_that_it_is_in),
	{}
};

struct kunit_suite suite_allocators = {
	.name = "mheap_allocators",
	.init = skip_torture,
	.test_cases = registry_cases,
};
