/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How times are spread: a histogram fine enough for percentiles, 32 buckets for
 * each power of two, so that what is read from it is at most 3 % too long. It
 * builds in the kernel and as a program.
 */
#ifndef MHEAP_BENCH_SPREAD_H
#define MHEAP_BENCH_SPREAD_H

#include "port.h"

#define SPREAD_SHIFT	5
#define SPREAD_FINE	(1U << SPREAD_SHIFT)
#define SPREAD_BUCKETS	((65 - SPREAD_SHIFT) * SPREAD_FINE)

/**
 * struct spread - times of something
 * @count: by bucket
 * @total: how many times there are
 * @longest: the longest, as it was
 * @sum: of all
 */
struct spread {
	u64 count[SPREAD_BUCKETS];
	u64 total;
	u64 longest;
	u64 sum;
};

static inline u32 spread_bucket(u64 time)
{
	const u32 shift = max(fls64(time), SPREAD_SHIFT + 1) - SPREAD_SHIFT - 1;

	return shift * SPREAD_FINE + (time >> shift);
}

static inline void spread_add(struct spread *spread, u64 time)
{
	spread->count[spread_bucket(time)]++;
	spread->total++;
	spread->sum += time;
	if (time > spread->longest)
		spread->longest = time;
}

static inline void spread_merge(struct spread *spread, const struct spread *other)
{
	for (u32 i = 0; i < SPREAD_BUCKETS; i++)
		spread->count[i] += other->count[i];
	spread->total += other->total;
	spread->sum += other->sum;
	spread->longest = max(spread->longest, other->longest);
}

/* The time that all but @above of 1,000 stay below. */
static inline u64 spread_above(const struct spread *spread, u32 above)
{
	u64 left = spread->total * above / 1000;

	for (u32 i = SPREAD_BUCKETS; i--; ) {
		if (spread->count[i] > left) {
			const u32 shift = i < 2 * SPREAD_FINE ? 0 : i / SPREAD_FINE - 1;
			const u64 end = (u64)(i - shift * SPREAD_FINE + 1) << shift;

			return min(end - 1, spread->longest);
		}
		left -= spread->count[i];
	}
	return 0;
}

/* How many times are about as long, or longer. */
static inline u64 spread_over(const struct spread *spread, u64 time)
{
	u64 count = 0;

	for (u32 i = spread_bucket(time); i < SPREAD_BUCKETS; i++)
		count += spread->count[i];
	return count;
}

#endif /* MHEAP_BENCH_SPREAD_H */
