/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of times. Bucket 0 counts times of less than 1 ns, bucket i those of
 * 2^(i-1) to 2^i - 1 ns, and the last one all that are longer. Buckets are counted
 * one by one and without a lock: who reads them sees each whole, but not all at
 * one moment. Zeroed memory is an empty histogram.
 */
#ifndef _MHEAP_CORE_HISTOGRAM_H
#define _MHEAP_CORE_HISTOGRAM_H

#include "port.h"

#define MHEAP_HISTOGRAM_BUCKETS	40	/* the last one from 275 s on */

/**
 * struct mheap_histogram - how often something took how long
 * @bucket: A  how often it took that long
 */
struct mheap_histogram {
	atomic64_t bucket[MHEAP_HISTOGRAM_BUCKETS];
};

void mheap_histogram_add(struct mheap_histogram *histogram, u64 nanoseconds);
void mheap_histogram_read(const struct mheap_histogram *histogram,
			  u64 count[MHEAP_HISTOGRAM_BUCKETS]);

#endif /* _MHEAP_CORE_HISTOGRAM_H */
