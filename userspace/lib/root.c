// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The names of a heap's roots. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define PIECE	65536	/* bytes of names at a time */

/* Appends what a piece holds; the array always ends with NULL. */
static int append(char ***names, unsigned int count, const char *text, unsigned int more)
{
	char **longer = reallocarray(*names, count + more + 1, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	*names = longer;
	for (unsigned int i = 0; i < more; i++) {
		longer[count + i] = strdup(text);
		longer[count + i + 1] = NULL;
		if (!longer[count + i])
			return -ENOMEM;
		text += strlen(text) + 1;
	}
	longer[count + more] = NULL;
	return 0;
}

static int list(struct mh_session *session, char *text, char ***names)
{
	struct mheap_root_names piece;
	unsigned int count = 0;
	int error;

	memset(&piece, 0, sizeof(piece));
	do {
		piece.names = (uintptr_t)text;
		piece.size = PIECE;
		error = mh_request(session, MHEAP_IOC_ROOTS, &piece);
		if (!error)
			error = append(names, count, text, piece.count);
		if (error)
			return error;
		count += piece.count;
	} while (piece.cursor);
	return count;
}

int mh_root_names(struct mh_session *session, char ***names)
{
	char **found = NULL;
	char *text = malloc(PIECE);
	int count = text ? list(session, text, &found) : -ENOMEM;

	free(text);
	if (count < 0)
		mh_root_names_free(found);
	else
		*names = found;
	return count;
}

void mh_root_names_free(char **names)
{
	if (!names)
		return;
	for (char **name = names; *name; name++)
		free(*name);
	free(names);
}
