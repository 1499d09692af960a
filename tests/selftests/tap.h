/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests, and their results in the Test Anything Protocol. Each test runs in a
 * process of its own: one that dies or hangs is a failure and no more, and
 * whatever it had open is closed behind it.
 */
#ifndef TAP_H
#define TAP_H

#define __noreturn		__attribute__((noreturn))
#define __printf(text, first)	__attribute__((format(printf, text, first)))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/**
 * struct tap_test - a test
 * @name: the rule that it proves
 * @run: does it; a check that fails ends the process
 * @next: the next one of the program
 */
struct tap_test {
	const char *name;
	void (*run)(void);
	struct tap_test *next;
};

/*
 * TEST(name) { ... } makes a test; a program runs its tests in the order in
 * which they stand, or those that its arguments name. main() is in tap.c.
 */
#define TEST(name)							\
static void name(void);							\
static void __attribute__((constructor)) add_##name(void)		\
{									\
	static struct tap_test test = { #name, name, 0 };		\
									\
	tap_add(&test);							\
}									\
static void name(void)

void tap_add(struct tap_test *test);

/* For tests, and for processes and threads that they start. */

#define CHECK(condition) \
	tap_check(__FILE__, __LINE__, #condition, !!(condition))
#define CHECK_EQ(value, expected) \
	tap_check_equal(__FILE__, __LINE__, #value, (long long)(value), (long long)(expected))

void tap_check(const char *file, int line, const char *condition, int holds);
void tap_check_equal(const char *file, int line, const char *what, long long value,
		     long long expected);

/* What goes on in a test that checks many cases: shown where a check fails. */
__printf(1, 2) void tap_case(const char *format, ...);

/* A line that does not matter to the result. */
__printf(1, 2) void tap_note(const char *format, ...);

__printf(1, 2) void __noreturn tap_skip(const char *format, ...);

/* The number that an environment variable has, if it is set. */
unsigned long tap_number(const char *variable, unsigned long otherwise);

/*
 * Waits, with a patience that only a test that fails uses up. Returns what condition()
 * said last.
 */
int tap_wait(int (*condition)(void *data), void *data);

/* Seconds, from some beginning. */
double tap_time(void);

#endif /* TAP_H */
