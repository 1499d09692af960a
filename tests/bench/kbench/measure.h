/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How what the modules here do is measured.
 */
#ifndef _MHEAP_KBENCH_MEASURE_H
#define _MHEAP_KBENCH_MEASURE_H

#include <linux/ktime.h>
#include <linux/sched.h>

#define CALLS	1000
#define ROUNDS	20		/* the least counts: no timer interrupt fell into it */

/* Instructions that CALLS times @statement take, the least of ROUNDS. */
#define MEASURE(statement) ({						\
	u64 least = U64_MAX;						\
									\
	for (int round = 0; round < ROUNDS; round++) {			\
		u64 begin = ktime_get_ns();				\
									\
		for (int i = 0; i < CALLS; i++) {			\
			statement;					\
			barrier();					\
		}							\
		least = min(least, ktime_get_ns() - begin);		\
		cond_resched();						\
	}								\
	least;								\
})

#endif /* _MHEAP_KBENCH_MEASURE_H */
