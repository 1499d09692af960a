// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Raw memory: blocks of bytes, as malloc() gives them, that others can refer to. */

#include <stdio.h>
#include <mheap.h>

int main(void)
{
	struct mheap_object_info info;
	struct mh_session *heap;
	mh_handle block, holder, found;
	char text[12] = "";

	if (mh_open(&heap) || mh_mem_calloc(heap, 2, 3, &block) ||
	    mh_write(heap, block, 0, "hello", 6))
		return 1;
	/* The handle stays as it is; what is added is zero. */
	if (mh_mem_realloc(heap, &block, 12) || mh_write(heap, block, 5, " world", 7))
		return 1;
	if (mh_info(heap, block, &info))
		return 1;
	printf("%llu bytes, %s\n", info.length,
	       info.flags & MHEAP_OBJECT_TRACKED ? "tracked" : "nothing for the collector");

	/* Freed here, it lives on where it is referred to. */
	if (mh_new(heap, 0, 1, 0, &holder) || mh_store(heap, holder, 0, block) ||
	    mh_mem_free(heap, block) || mh_load(heap, holder, 0, &found) ||
	    mh_read(heap, found, 0, text, sizeof(text)) != sizeof(text))
		return 1;
	printf("%s\n", text);
	if (mh_mem_free(heap, holder) != 0)
		printf("what is no block is not freed as one\n");
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	12 bytes, nothing for the collector
 *	hello world
 *	what is no block is not freed as one
 */
