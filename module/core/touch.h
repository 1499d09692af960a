/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The touch rule. While a collection runs, whoever gains a reference to an
 * object, other than by doubling one from outside, marks the object as touched
 * in the same section. So the references to an object that is not touched can
 * only have become fewer. Who holds no reference and looks into no slot gains one by
 * mheap_session_gain() only. collect.c has the whole argument.
 */
#ifndef _MHEAP_CORE_TOUCH_H
#define _MHEAP_CORE_TOUCH_H

#include "heap.h"
#include "port.h"
#include "table.h"

/**
 * mheap_touch - a reference to an object is being gained
 * @heap: the heap
 * @object: the object
 *
 * Not ordered: a collection looks at the marks behind a handshake, or behind the
 * lock of the block whose slot the object was loaded from.
 *
 * Context: Entered.
 */
static inline void mheap_touch(const struct mheap_heap *heap, u32 object)
{
	struct mheap_chunk *chunk;
	atomic64_t *word;

	if (likely(READ_ONCE(heap->phase) == MHEAP_PHASE_IDLE))
		return;
	chunk = mheap_chunk_of(&heap->table, object);
	word = &chunk->touched[mheap_block(object)];
	if (!(atomic64_read(word) & mheap_bit(object)))
		atomic64_or(mheap_bit(object), word);
}

#endif /* _MHEAP_CORE_TOUCH_H */
