/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* A heap as sysfs shows it, and choosing heaps. */
#ifndef HEAP_H
#define HEAP_H

#include "cli.h"

/* Numbers in a file that holds a histogram of times, see sysfs-kernel-mheap. */
#define HEAP_BUCKETS	40

/* Size classes, at most: what fits into a file of sysfs. */
#define HEAP_CLASSES	256

struct heap_row {
	uint64_t value[HEAP_BUCKETS];
	bool known;		/* the module has this file */
};

enum heap_field {
	HEAP_OBJECTS,
	HEAP_BYTES,
	HEAP_SESSIONS,
	HEAP_HANDLES,
	HEAP_ENABLED,
	HEAP_THRESHOLD,
	HEAP_COUNT,
	HEAP_DEBUG,
	HEAP_GARBAGE,
	HEAP_LIMIT_OBJECTS,
	HEAP_LIMIT_BYTES,
	HEAP_LIMIT_HANDLES,
	HEAP_GARBAGE_CEILING,
	HEAP_FINALIZERS_MAX,
	HEAP_VERIFY,
	HEAP_INTERVAL,
	HEAP_IDLE,
	HEAP_COLLECT_ON_CLOSE,
	HEAP_SHRINK,
	HEAP_PROFILE,
	HEAP_ROOTS,
	/* From here on in the directory stats. */
	HEAP_STATS,
	HEAP_COLLECTIONS = HEAP_STATS,
	HEAP_VISITED,
	HEAP_COLLECTED,
	HEAP_UNCOLLECTABLE,
	HEAP_NANOSECONDS,
	HEAP_LONGEST,
	HEAP_COLLECTION_TIMES,			/* of generation 0; 1 and 2 follow */
	HEAP_STALLS = HEAP_COLLECTION_TIMES + MHEAP_GENERATIONS,
	HEAP_GENERATION_OBJECTS,
	HEAP_FROZEN,
	HEAP_GARBAGE_PARDONED,
	HEAP_CREATED,
	HEAP_FREED_BY_COUNT,
	HEAP_FREED_BY_COLLECTOR,
	HEAP_PENDING,
	HEAP_FINALIZING,
	HEAP_FINALIZERS_SKIPPED,
	HEAP_TABLE_BYTES,
	HEAP_PEAK_BYTES,
	HEAP_CEILING_WAITS,
	HEAP_VERDICTS,
	HEAP_ALLOCATOR_ERRORS,
	HEAP_LIMIT_FAILURES,
	HEAP_BY_THRESHOLD,
	HEAP_BY_CEILING,
	HEAP_BY_REQUEST,
	HEAP_BY_INTERVAL,
	HEAP_BY_IDLE,
	HEAP_BY_CLOSE,
	HEAP_BY_LIMIT,
	HEAP_BY_PRESSURE,
	HEAP_FIELDS,
};

struct heap_view {
	struct heap_row rows[HEAP_FIELDS];
	char allocator[64];	/* empty: not known */
};

/* Name of a field's file, as in JSON; its path; and how many numbers it holds. */
const char *heap_field_name(enum heap_field field);
const char *heap_field_path(enum heap_field field);
unsigned int heap_field_count(enum heap_field field);

/*
 * Reads all fields. What the module does not have is not known; -ENOENT only if
 * there is no such heap (any more).
 */
int heap_view_read(const char *heap, struct heap_view *view);

/* The value of one field as JSON: a number, an array of them, a boolean, or null. */
struct json_object *heap_field_json(const struct heap_view *view, enum heap_field field);

/*
 * The times of a heap's stalls and collections as a table, one line for each
 * length of time from the shortest to the longest that there was (stat_times.c).
 */
void heap_times_head(void);
void heap_times_print(const char *heap, const struct heap_view *view);

/*
 * What a heap's objects take by size class, as a table of the classes that have any,
 * with their sum (stat_classes.c). -errno where that cannot be read.
 */
void heap_classes_head(void);
int heap_classes_print(const char *heap);

/* All classes, also those without objects; NULL, which is null, if not known. */
struct json_object *heap_classes_json(const char *heap);

/*
 * The names of all heaps, as mh_heap_names() gives them; with a message and NULL
 * where that fails.
 */
char **heap_names(void);

#endif /* HEAP_H */
