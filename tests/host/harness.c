// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs suites: all of them, or those that are named. "list" names them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "port_user.h"

static const struct suite *const suites[] = {
	&suite_allocators, &suite_slab, &suite_table, &suite_handles, &suite_handle_lives,
	&suite_count_overflow, &suite_payload, &suite_resize, &suite_figures, &suite_histogram,
	&suite_roots, &suite_shapes, &suite_cpython, &suite_generations, &suite_release,
	&suite_memory_failure, &suite_ceiling, &suite_verify, &suite_random, &suite_concurrent,
};

#define SUITES	ARRAY_SIZE(suites)

static int failures;		/* of checks in this test */
static const char *skipped;
static unsigned int tests, failed;

bool check_at(bool holds, const char *condition, const char *file, int line)
{
	const char *name = strrchr(file, '/');

	if (holds)
		return true;
	if (__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED) <= 10)
		printf("# %s:%d: %s does not hold\n", name ? name + 1 : file, line, condition);
	return false;
}

bool check_equal_at(long long a, long long b, const char *condition, const char *file, int line)
{
	if (!check_at(a == b, condition, file, line) && failures <= 10)
		printf("#	it is %lld and %lld\n", a, b);
	return a == b;
}

bool check_failed(void)
{
	return __atomic_load_n(&failures, __ATOMIC_RELAXED);
}

void skip(const char *why)
{
	skipped = why;
}

void note(const char *format, ...)
{
	va_list arguments;

	printf("# ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
}

/* A number from the environment. */
unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

static void run_test(const struct suite *suite, const struct test *test)
{
	const long before = port_allocated;

	failures = 0;
	skipped = NULL;
	test->run();
	check_equal(port_allocated, before);
	tests++;
	failed += !!failures;
	printf("%sok %u - %s: %s", failures ? "not " : "", tests, suite->name, test->name);
	printf(skipped ? " # SKIP %s\n" : "\n", skipped);
}

static void run_suite(const struct suite *suite)
{
	const struct test *test;

	for (test = suite->test; test->name; test++)
		run_test(suite, test);
}

static bool wanted(const struct suite *suite, int names, char **name)
{
	int i;

	for (i = 0; i < names; i++)
		if (!strcmp(suite->name, name[i]))
			return true;
	return !names;
}

int main(int argc, char **argv)
{
	const bool list = argc == 2 && !strcmp(argv[1], "list");
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < SUITES; i++)
		if (list)
			puts(suites[i]->name);
		else if (wanted(suites[i], argc - 1, argv + 1))
			run_suite(suites[i]);
	if (list)
		return 0;
	printf("1..%u\n", tests);
	return failed || !tests;
}
