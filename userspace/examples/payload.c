// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Bytes in, bytes out, and an object that grows while its handle stays the same. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <mheap.h>

int main(void)
{
	static const char text[] = "a managed heap";
	struct mheap_object_info info;
	struct mh_session *heap;
	char copy[100] = "";
	mh_handle object;

	if (mh_open(&heap) || mh_new(heap, 0, 0, 10, &object))
		return 1;
	printf("too long: %d\n", mh_write(heap, object, 0, text, sizeof(text)) == -EINVAL);
	if (mh_resize(heap, object, 0, 50) ||
	    mh_write(heap, object, 20, text, sizeof(text)))
		return 1;
	/* What was never written is zero; reading stops at the end. */
	printf("read %zd bytes\n", mh_read(heap, object, 20, copy, sizeof(copy)));
	printf("%s\n", copy);
	if (mh_info(heap, object, &info))
		return 1;
	printf("%llu bytes of payload\n", (unsigned long long)info.length);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	too long: 1
 *	read 30 bytes
 *	a managed heap
 *	50 bytes of payload
 */
