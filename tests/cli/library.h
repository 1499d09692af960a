/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* What the tests of libmheap share. library.c has the list of them. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <mheap.h>

/* Notes what is not as it should be; the test goes on. */
#define IS(found, expected) compare(__FILE__, __LINE__, #found, found, expected)

void compare(const char *file, int line, const char *what, long long found,
	     long long expected);

struct mh_session *open_heap(void);
mh_handle make(struct mh_session *heap, uint32_t slots, size_t length);

/* Two objects that refer to each other, one of them held. */
mh_handle make_ring(struct mh_session *heap);

/* How many there are once no release is under way. */
long long objects(struct mh_session *heap);

void test_batch(void);
void test_batch_failures(void);
void test_names_in_batches(void);
void test_slots_in_batches(void);
void test_handles_in_batches(void);
void test_events_in_batches(void);
void test_ephemerons_in_batches(void);
void test_submit(void);
void test_collector(void);
void test_permanent(void);
void test_garbage(void);
void test_finding(void);
void test_enumerating(void);
void test_limits(void);
void test_events(void);
void test_watching(void);
void test_ephemerons(void);
void test_sites(void);
void test_sites_in_batches(void);
void test_one_snapshot_at_a_time(void);

#endif /* LIBRARY_H */
