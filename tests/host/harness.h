/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest harness that does: a suite is an array of tests, a test is a
 * function, and its result is a line of TAP. A check that fails says where, and
 * the test goes on.
 */
#ifndef _MHEAP_HOST_HARNESS_H
#define _MHEAP_HOST_HARNESS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct test - a test
 * @name: the shape or the rule that it proves
 * @run: does it
 */
struct test {
	const char *name;
	void (*run)(void);
};

/**
 * struct suite - tests of one noun
 * @name: of the suite
 * @test: its tests; behind the last one is one without a name
 */
struct suite {
	const char *name;
	const struct test *test;
};

extern const struct suite suite_allocators, suite_ceiling, suite_concurrent, suite_count_overflow, suite_cpython,
	suite_figures, suite_generations, suite_handle_lives, suite_handles, suite_histogram,
	suite_memory_failure, suite_payload, suite_random, suite_release, suite_resize,
	suite_roots, suite_shapes, suite_slab, suite_table, suite_verify;

/* One that does not hold fails the test, and is told of ten times at most. */
#define check(condition)	check_at(condition, #condition, __FILE__, __LINE__)
#define check_equal(a, b) \
	check_equal_at((long long)(a), (long long)(b), #a " == " #b, __FILE__, __LINE__)

bool check_at(bool holds, const char *condition, const char *file, int line);
bool check_equal_at(long long a, long long b, const char *condition, const char *file,
		    int line);
bool check_failed(void);
void skip(const char *why);
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
unsigned long setting(const char *name, unsigned long otherwise);

#endif /* _MHEAP_HOST_HARNESS_H */
