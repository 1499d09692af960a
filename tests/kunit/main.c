// SPDX-License-Identifier: GPL-2.0-only
/*
 * mheap_kunit: tests of the heap in the kernel, through what mheap exports.
 */
#include <linux/module.h>

#include "fixture.h"
#include "kern/compat.h"

kunit_test_suites(&suite_objects, &suite_handles, &suite_release, &suite_shapes,
		  &suite_collector, &suite_generations, &suite_concurrent, &suite_kapi,
		  &suite_kapi_allocators, &suite_kapi_finalizers, &suite_kapi_threads,
		  &suite_limits, &suite_memory, &suite_random, &suite_slab, &suite_allocators,
		  &suite_debug_allocator, &suite_torture);

MODULE_DESCRIPTION("Tests of mheap");
MODULE_LICENSE("GPL");
MHEAP_IMPORT();
