// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running tests and saying what became of them.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "heap.h"
#include "tap.h"

#define LIMIT	900	/* seconds that a test may take: only one that hangs does */
#define PATIENCE 120	/* seconds; only a test that fails waits so long */
#define SKIPPED	4	/* exit status, as in the kernel's own selftests */

/* Shared with the process that runs the test. */
static struct {
	char why[200];
	char last_case[200];	/* that any of its threads began */
} *shared;

static struct tap_test *first;
static struct tap_test **last = &first;

/* Of this thread. */
static __thread char current_case[200];

void tap_note(const char *format, ...)
{
	char text[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("# %s\n", text);
}

void tap_case(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(current_case, sizeof(current_case), format, arguments);
	va_end(arguments);
	memcpy(shared->last_case, current_case, sizeof(current_case));
}

static void __noreturn fail(void)
{
	if (current_case[0])
		tap_note("    in the case: %s", current_case);
	fflush(stdout);
	_exit(1);
}

void tap_check(const char *file, int line, const char *condition, int holds)
{
	if (holds)
		return;
	tap_note("%s:%d: does not hold: %s (errno %d)", file, line, condition, errno);
	fail();
}

void tap_check_equal(const char *file, int line, const char *what, long long value,
		     long long expected)
{
	if (value == expected)
		return;
	tap_note("%s:%d: %s is %lld, not %lld", file, line, what, value, expected);
	fail();
}

void tap_skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(shared->why, sizeof(shared->why), format, arguments);
	va_end(arguments);
	fflush(stdout);
	_exit(SKIPPED);
}

unsigned long tap_number(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

double tap_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

int tap_wait(int (*condition)(void *data), void *data)
{
	const double end = tap_time() + PATIENCE;

	while (!condition(data)) {
		if (tap_time() > end)
			return condition(data);
		usleep(2000);
	}
	return 1;
}

/* Runs a test in a process of its own. Returns how that ended. */
static int run_apart(const struct tap_test *test)
{
	pid_t child;
	int status;

	shared->why[0] = 0;
	shared->last_case[0] = 0;
	fflush(stdout);
	child = fork();
	if (!child) {
		setpgid(0, 0);
		alarm(LIMIT);
		test->run();
		fflush(stdout);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	kill(-child, SIGKILL);	/* what it started and left */
	return status;
}

/* Returns whether it passed, or was skipped. */
static int report(unsigned int number, const char *name, int status, double seconds)
{
	const char *verdict = "ok";
	const char *skip = "";

	if (WIFSIGNALED(status)) {
		tap_note("killed by signal %d%s", WTERMSIG(status),
			 WTERMSIG(status) == SIGALRM ? ", as it took too long" : "");
		if (shared->last_case[0])
			tap_note("    in the case: %s", shared->last_case);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		skip = " # SKIP ";
	} else if (status) {
		verdict = "not ok";
	} else if (!heap_wait_none()) {
		tap_note("a heap is left behind");
		verdict = "not ok";
	}
	if (seconds > 5)
		tap_note("%.1f s", seconds);
	printf("%s %u - %s%s%s\n", verdict, number, name, skip, shared->why);
	fflush(stdout);
	return verdict[0] == 'o';
}

static int is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return 1;
	return argc < 2;
}

void tap_add(struct tap_test *test)
{
	*last = test;
	last = &test->next;
}

int main(int argc, char **argv)
{
	const struct tap_test *test;
	unsigned int number = 0;
	unsigned int failed = 0;
	double begin;
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	for (test = first; test; test = test->next) {
		if (!is_wanted(test->name, argc, argv))
			continue;
		begin = tap_time();
		status = run_apart(test);
		failed += !report(++number, test->name, status, tap_time() - begin);
	}
	printf("1..%u\n", number);
	return failed || !number;
}
