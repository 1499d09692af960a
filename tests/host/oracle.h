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

/**
 * struct oracle_object - an object
 * @alive: somebody refers to it
 * @reached: by the search that is under way
 * @number: what the heap calls it
 * @type: as it was made
 * @slots: how many
 * @length: of the payload
 * @inside: references from slots
 * @outside: references from elsewhere
 * @generation: of one that has slots
 * @place: in the list of the living
 * @slot: what the slots refer to
 * @payload: bytes
 */
struct oracle_object {
	bool alive;
	bool reached;
	uint64_t number;
	uint32_t type;
	uint32_t slots;
	uint32_t length;
	uint32_t inside;
	uint32_t outside;
	uint32_t generation;
	uint32_t place;
	uint32_t *slot;
	uint8_t *payload;
};

/* A list of objects. */
struct oracle_list {
	uint32_t *object;
	uint32_t length;
	uint32_t capacity;
};

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
};

/* Says of an object that may be freed whether it was. */
typedef bool (*oracle_verdict)(void *context, uint32_t object);

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
void oracle_list_add(struct oracle_list *list, uint32_t object);

#endif /* _MHEAP_HOST_ORACLE_H */
