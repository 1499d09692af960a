// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* A named root is a reference of the heap's own: sessions come and go. */

#include <errno.h>
#include <stdio.h>
#include <mheap.h>

int main(void)
{
	struct mh_session *one, *two;
	mh_handle object, found;
	char text[10] = "";

	if (mh_open(&one) || mh_join(mh_fd(one), &two) || mh_new(one, 0, 0, 10, &object) ||
	    mh_write(one, object, 0, "hello", 6) || mh_publish(one, "greeting", object, 0))
		return 1;
	printf("taken: %d\n", mh_publish(two, "greeting", object, 0) < 0);
	mh_close(one);		/* with its handle, but not with the name */
	if (mh_lookup(two, "greeting", &found) || mh_read(two, found, 0, text, sizeof(text)) < 0)
		return 1;
	printf("%s\n", text);
	if (mh_unpublish(two, "greeting"))
		return 1;
	printf("gone: %d\n", mh_lookup(two, "greeting", &found) == -ENOENT);
	mh_close(two);
	return 0;
}

/*
 * Prints:
 *	taken: 1
 *	hello
 *	gone: 1
 */
