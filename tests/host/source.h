/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where decisions come from: a seed, or the bytes of a file.
 */
#ifndef _MHEAP_HOST_SOURCE_H
#define _MHEAP_HOST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct source - of decisions
 * @state: of the generator, where there are no bytes
 * @byte: bytes that decide
 * @left: how many
 */
struct source {
	uint64_t state;
	const uint8_t *byte;
	size_t left;
};

static inline struct source source_of_seed(uint64_t seed)
{
	return (struct source){ .state = seed * 0x9e3779b97f4a7c15ULL + 1 };
}

static inline struct source source_of_bytes(const uint8_t *byte, size_t length)
{
	return (struct source){ .byte = byte, .left = length };
}

static inline uint32_t next_byte(struct source *source)
{
	if (!source->left)
		return 0;
	source->left--;
	return *source->byte++;
}

/* Below @limit, which is at least 1. */
static inline uint32_t pick(struct source *source, uint32_t limit)
{
	uint32_t value;

	if (source->byte) {
		value = next_byte(source);
		if (limit > 256)
			value |= next_byte(source) << 8;
		if (limit > 65536)
			value |= next_byte(source) << 16;
		return value % limit;
	}
	source->state ^= source->state << 13;
	source->state ^= source->state >> 7;
	source->state ^= source->state << 17;
	return (uint32_t)(source->state >> 32) % limit;
}

/* True once in @often. */
static inline bool once_in(struct source *source, uint32_t often)
{
	return pick(source, often) == often - 1;
}

#endif /* _MHEAP_HOST_SOURCE_H */
