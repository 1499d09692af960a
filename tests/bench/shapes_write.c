// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a graph to the standard output, for contenders that are not in C:
 *
 *	shapes NAME OBJECTS > FILE
 *
 * FILE is an array of 32-bit numbers in the machine's byte order: the number of
 * objects, the number of roots, the roots, then the edges as in shapes.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shapes.h"

static void put(const uint32_t *words, size_t count)
{
	if (fwrite(words, sizeof(*words), count, stdout) != count) {
		perror("shapes");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct shape shape;

	if (argc != 3 || isatty(STDOUT_FILENO) ||
	    shape_make(&shape, argv[1], strtoul(argv[2], NULL, 10), SHAPE_SEED)) {
		fputs("usage: shapes", stderr);
		for (int i = 0; shape_names[i]; i++)
			fprintf(stderr, "%c%s", i ? '|' : ' ', shape_names[i]);
		fputs(" OBJECTS > FILE\n", stderr);
		return 2;
	}
	if (shape_check(&shape) != 1) {
		fputs("shapes: the graph is not what it should be\n", stderr);
		return 1;
	}
	put(&shape.objects, 1);
	put(&shape.roots, 1);
	put(shape.root, shape.roots);
	put(shape.edge, (size_t)shape.objects * SHAPE_SLOTS);
	if (fflush(stdout)) {
		perror("shapes");
		return 1;
	}
	shape_free(&shape);
	return 0;
}
