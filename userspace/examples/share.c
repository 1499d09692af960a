// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* A parent and a child, each with a session of its own, on one graph. */

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <mheap.h>

/* Finds the parent's object by name and hangs one of its own below it. */
static int child(int fd)
{
	static const char text[] = "from the child";
	struct mh_session *heap;
	mh_handle list, mine;

	if (mh_join(fd, &heap) || mh_lookup(heap, "list", &list))
		return 1;
	if (mh_new(heap, 1, 1, sizeof(text), &mine) || mh_store(heap, list, 0, mine))
		return 1;
	return mh_write(heap, mine, 0, text, sizeof(text)) ? 1 : 0;
	/* Its handles go with it; the object stays, as the list refers to it. */
}

int main(void)
{
	struct mh_session *heap;
	mh_handle list, found;
	char text[100] = "";
	int status;
	pid_t pid;

	if (mh_open(&heap) || mh_new(heap, 1, 1, 0, &list) ||
	    mh_publish(heap, "list", list, 0))
		return 1;
	pid = fork();
	if (pid < 0)
		return 1;
	if (!pid)
		_exit(child(mh_fd(heap)));
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	if (mh_load(heap, list, 0, &found) ||
	    mh_read(heap, found, 0, text, sizeof(text) - 1) < 0)
		return 1;
	printf("found what is %s\n", text);
	mh_close(heap);
	return 0;
}

/*
 * Prints:
 *	found what is from the child
 */
