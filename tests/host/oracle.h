/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a heap should be, worked out in the simplest way there is: plain arrays,
 * counts that are simulated, and reachability by breadth-first search. It shares
 * no code and no data structure with the core, so the two can be held against
 * each other.
 *
 * An object is an index here and never used again; 0 is none.
 */
#ifndef _MHEAP_HOST_ORACLE_H
#define _MHEAP_HOST_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#define ORACLE_OLDEST	2U
#define ORACLE_PERMANENT 3U

/* What has become of an object's finalizer. */
enum oracle_finalizer {
	ORACLE_NO_FINALIZER,
	ORACLE_DUE,
	ORACLE_CALLED,		/* or never will be */
};

/**
 * struct oracle_object - an object
 * @alive: somebody refers to it
 * @reached: by the search that is under way
 * @ephemeron: slot 0 is always empty, and @key stands for it
 * @was_key: of an ephemeron, so it is tracked also without slots
 * @finalizer: enum oracle_finalizer
 * @number: what the heap calls it
 * @type: as it was made
 * @slots: how many
 * @length: of the payload
 * @inside: references from slots
 * @outside: references from elsewhere
 * @generation: of one that has slots
 * @place: in the list of the living
 * @key: of an ephemeron; 0 where it has none, or it has died
 * @cookie: of the finalizer
 * @turn: in which it came into the queue
 * @slot: what the slots refer to
 * @payload: bytes
 */
struct oracle_object {
	bool alive;
	bool reached;
	bool ephemeron;
	bool was_key;
	uint32_t finalizer;
	uint64_t number;
	uint32_t type;
	uint32_t slots;
	uint32_t length;
	uint32_t inside;
	uint32_t outside;
	uint32_t generation;
	uint32_t place;
	uint32_t key;
	uint64_t cookie;
	uint64_t turn;
	uint32_t *slot;
	uint8_t *payload;
};

/* A list of objects. */
struct oracle_list {
	uint32_t *object;
	uint32_t length;
	uint32_t capacity;
};

/* Says something of an object that only the heap knows. */
typedef bool (*oracle_verdict)(void *context, uint32_t object);

/**
 * struct oracle - a heap
 * @object: by index
 * @objects: length of @object
 * @capacity: room in @object
 * @living: objects that are alive
 * @dead: objects that have died since somebody last emptied the list
 * @created: objects ever made
 * @freed_by_count: died because nobody referred to them any more
 * @freed_by_collector: died because a collection found them
 * @count: counters of generations 1 and 2
 * @old_pending: came into generation 2 since the last full collection
 * @old_total: were in generation 2 after the last full collection
 * @collections: of each generation
 * @visited: by them
 * @collected: by them
 * @last_garbage: how many objects the last collection should have freed
 * @ephemerons: that are alive
 * @queue: objects that wait for their finalizers, each with a reference from outside
 * @turn: what is queued now is queued in this one; for somebody else to set
 * @settled: the last one behind which the heap had done all that it had put off
 * @listeners: who takes objects out of it
 * @finalizers_max: more may not wait in it
 * @due: objects whose finalizers are due
 * @skipped: objects whose finalizers never will be called
 * @called: asked whether the heap called a finalizer, where not all that may be due at
 *          once have room: who finds some is the heap's to choose
 * @context: for @called
 * @unsure: which garbage a collection has found is the heap's to say as well
 * @crowded: some found none since somebody last cleared this
 * @overfull: some did where there was none
 */
struct oracle {
	struct oracle_object *object;
	uint32_t objects;
	uint32_t capacity;
	struct oracle_list living;
	struct oracle_list dead;
	uint64_t created;
	uint64_t freed_by_count;
	uint64_t freed_by_collector;
	uint32_t count[3];
	uint64_t old_pending;
	uint64_t old_total;
	uint64_t collections[3];
	uint64_t visited[3];
	uint64_t collected[3];
	uint64_t last_garbage;
	struct oracle_list ephemerons;
	struct oracle_list queue;
	uint64_t turn;
	uint64_t settled;
	uint32_t listeners;
	uint32_t finalizers_max;
	uint64_t due;
	uint64_t skipped;
	oracle_verdict called;
	void *context;
	bool unsure;
	bool crowded;
	bool overfull;
};

void oracle_begin(struct oracle *oracle);
void oracle_end(struct oracle *oracle);
uint32_t oracle_new(struct oracle *oracle, uint32_t type, uint32_t slots, uint32_t length);
void oracle_gain(struct oracle *oracle, uint32_t object);
void oracle_lose(struct oracle *oracle, uint32_t object);
void oracle_store(struct oracle *oracle, uint32_t object, uint32_t slot, uint32_t target);
void oracle_resize(struct oracle *oracle, uint32_t object, uint32_t slots, uint32_t length);
void oracle_collect(struct oracle *oracle, uint32_t generation, oracle_verdict verdict,
		    void *context);
void oracle_freeze(struct oracle *oracle);
void oracle_unfreeze(struct oracle *oracle);
uint64_t oracle_in_generation(const struct oracle *oracle, uint32_t generation);
uint64_t oracle_body_size(const struct oracle_object *object);
uint64_t oracle_slab_charge(uint64_t size);
void oracle_reach_without_recent(struct oracle *oracle);
bool oracle_is_tracked(const struct oracle_object *object);
void oracle_list_add(struct oracle_list *list, uint32_t object);
bool oracle_list_has(const struct oracle_list *list, uint32_t object);
void oracle_list_remove(struct oracle_list *list, uint32_t object);

/* oracle_ephemeron.c */
uint32_t oracle_new_ephemeron(struct oracle *oracle, uint32_t type, uint32_t length);
uint32_t oracle_target(const struct oracle_object *object, uint32_t slot);
void oracle_set_key(struct oracle *oracle, uint32_t object, uint32_t key);

/* oracle_finalizer.c */
void oracle_set_finalizer(struct oracle *oracle, uint32_t object, uint64_t cookie);
void oracle_cancel_finalizer(struct oracle *oracle, uint32_t object);
void oracle_listen(struct oracle *oracle);
void oracle_unlisten(struct oracle *oracle);
void oracle_take(struct oracle *oracle, uint32_t object);
void oracle_put_back(struct oracle *oracle, uint32_t object);
void oracle_put_into_queue(struct oracle *oracle, uint32_t object);

/* Between these files. */
void oracle_lose_inside(struct oracle *oracle, uint32_t object, struct oracle_list *dying);
void oracle_orphan(struct oracle *oracle, uint32_t key, struct oracle_list *dying);
bool oracle_holds_value(const struct oracle *oracle, uint32_t object, uint32_t generation);
bool oracle_in_set(const struct oracle_object *object, uint32_t generation);
bool oracle_is_due(const struct oracle *oracle, uint32_t object);
bool oracle_call(struct oracle *oracle, uint32_t object);
void oracle_skip(struct oracle *oracle, uint32_t object);

#endif /* _MHEAP_HOST_ORACLE_H */
