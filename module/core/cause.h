/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Causes: why a heap is collected.
 */
#ifndef _MHEAP_CORE_CAUSE_H
#define _MHEAP_CORE_CAUSE_H

/**
 * enum mheap_cause - why a heap is collected
 * @MHEAP_CAUSE_THRESHOLD: a generation's counter exceeded its threshold
 * @MHEAP_CAUSE_CEILING: garbage may have come near its ceiling, or reached it
 * @MHEAP_CAUSE_REQUEST: somebody said so
 * @MHEAP_CAUSE_INTERVAL: time has passed
 * @MHEAP_CAUSE_IDLE: nobody works on the heap any more
 * @MHEAP_CAUSE_CLOSE: a session was closed
 * @MHEAP_CAUSE_LIMIT: a limit was reached
 * @MHEAP_CAUSE_PRESSURE: the kernel, or an operation, is short of memory
 * @MHEAP_CAUSES: how many there are
 */
enum mheap_cause {
	MHEAP_CAUSE_THRESHOLD,
	MHEAP_CAUSE_CEILING,
	MHEAP_CAUSE_REQUEST,
	MHEAP_CAUSE_INTERVAL,
	MHEAP_CAUSE_IDLE,
	MHEAP_CAUSE_CLOSE,
	MHEAP_CAUSE_LIMIT,
	MHEAP_CAUSE_PRESSURE,
	MHEAP_CAUSES,
};

#endif /* _MHEAP_CORE_CAUSE_H */
