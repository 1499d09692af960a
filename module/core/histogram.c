// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms: counting and reading.
 */
#include "histogram.h"

/**
 * mheap_histogram_add - something took so long
 * @histogram: of such things
 * @nanoseconds: how long
 *
 * Context: Any.
 */
void mheap_histogram_add(struct mheap_histogram *histogram, u64 nanoseconds)
{
	const u32 bucket = min_t(u32, fls64(nanoseconds), MHEAP_HISTOGRAM_BUCKETS - 1);

	atomic64_inc(&histogram->bucket[bucket]);
}

/**
 * mheap_histogram_read - how often something took how long
 * @histogram: of such things; others may be adding to it
 * @count: filled
 *
 * Context: Any.
 */
void mheap_histogram_read(const struct mheap_histogram *histogram,
			  u64 count[MHEAP_HISTOGRAM_BUCKETS])
{
	u32 bucket;

	for (bucket = 0; bucket < MHEAP_HISTOGRAM_BUCKETS; bucket++)
		count[bucket] = atomic64_read(&histogram->bucket[bucket]);
}
EXPORT_SYMBOL_MHEAP(mheap_histogram_read);
