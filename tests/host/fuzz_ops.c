// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes as operations on a heap and its oracle. The first byte says what kind of
 * heap; from there on drive_step() takes its decisions from the bytes.
 */
#include <stdarg.h>
#include <stdio.h>

#include "drive.h"
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct drive_config configs[] = {
	{ "small", 0, 1, 4, 24, 40, 8, 20, false, 0, 0 },
	{ "slab", FIXTURE_SLAB, 2, 9, 100, 10, 16, 30, false, 0, 0 },
	{ "lazy", 0, 3, 5, 32, 8, 12, 16, true, 0, 0 },
	{ "both", FIXTURE_VERIFY, 2, 4, 24, 20, 12, 16, false, 8, 4 },
	{ "lazy both", 0, 2, 5, 24, 20, 12, 12, true, 8, 500 },
};

static bool failed;

bool check_at(bool holds, const char *condition, const char *file, int line)
{
	if (holds)
		return true;
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, condition);
	failed = true;
	return false;
}

bool check_equal_at(long long a, long long b, const char *condition, const char *file, int line)
{
	if (!check_at(a == b, condition, file, line))
		fprintf(stderr, "	it is %lld and %lld\n", a, b);
	return a == b;
}

void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct drive drive;

	if (size < 2)
		return 0;
	drive_begin(&drive, &configs[data[0] % ARRAY_SIZE(configs)],
		    source_of_bytes(data + 1, size - 1));
	while (drive.source.left && !drive.broken)
		drive_step(&drive);
	if (!drive.broken)
		drive_check(&drive);
	drive_end(&drive);
	if (failed || port_allocated)
		abort();
	return 0;
}
