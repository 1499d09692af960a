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

/* All suites, in the order in which they run. */
#define SUITES(X) \
	X(allocators) \
	X(slab) \
	X(table) \
	X(handles) \
	X(handle_lives) \
	X(holders) \
	X(count_overflow) \
	X(payload) \
	X(resize) \
	X(figures) \
	X(finalizers) \
	X(histogram) \
	X(journal) \
	X(limits) \
	X(roots) \
	X(mark) \
	X(shapes) \
	X(cpython) \
	X(generations) \
	X(permanent) \
	X(enumerate) \
	X(garbage) \
	X(release) \
	X(memory_failure) \
	X(ceiling) \
	X(verify) \
	X(image) \
	X(watch) \
	X(ephemerons) \
	X(random) \
	X(concurrent) \
	X(ephemerons_concurrent) \
	X(finalizers_concurrent) \
	X(together)

#define DECLARE(name)	extern const struct suite suite_##name;
SUITES(DECLARE)
#undef DECLARE

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
