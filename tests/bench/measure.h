/* SPDX-License-Identifier: GPL-2.0-only */
/* What all measuring programs need: a clock and medians. */
#ifndef MHEAP_BENCH_MEASURE_H
#define MHEAP_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t measure_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Under instruction counting: instructions since the machine was started. */
static inline uint64_t measure_now(void)
{
	return measure_clock(CLOCK_MONOTONIC);
}

/*
 * The processor's time of this program. All contenders collect in one thread and
 * never wait, so on a quiet machine it is the time that passes; on a busy one it
 * leaves out what others take.
 */
static inline uint64_t measure_processor(void)
{
	return measure_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static inline int measure_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts @value. */
static inline uint64_t measure_median(uint64_t *value, size_t count)
{
	qsort(value, count, sizeof(*value), measure_compare);
	return value[count / 2];
}

/* What of @value lies above @base; a median may lie below by chance. */
static inline uint64_t measure_above(uint64_t value, uint64_t base)
{
	return value > base ? value - base : 0;
}

#endif /* MHEAP_BENCH_MEASURE_H */
