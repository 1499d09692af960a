/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The graphs that all contenders of the benchmark build.
 *
 * A shape is a set of objects numbered from 0, each with SHAPE_SLOTS slots and
 * SHAPE_PAYLOAD bytes of payload, and the list of its roots: the objects that
 * the program holds. Contenders make the objects in the order of their
 * numbers, then fill the slots, then let go of everything but the roots.
 *
 *	tree		slot 0 the parent, slots 1 to 3 the children; a complete
 *			ternary tree, numbered level by level; the root is object 0
 *	list		each object refers to the next, the last one to the first
 *	shuffled	the same list, but its order has nothing to do with the
 *			order in which the objects were made
 *	random		three references to random objects each
 *	rings		rings of four neighbours; one root a ring
 *
 * In every shape each object is reached from a root, and each root is referred
 * to by an object that it reaches. So everything lives as long as the roots are
 * held, and when they are not, reference counts alone free nothing: the same
 * graph serves to measure live and dead objects. (That is why the lists are
 * closed; and "random" is a random tree, so that nothing is out of reach, whose
 * free references go anywhere.)
 */
#ifndef MHEAP_BENCH_SHAPES_H
#define MHEAP_BENCH_SHAPES_H

#include <stdint.h>

#define SHAPE_SLOTS	4
#define SHAPE_PAYLOAD	16
#define SHAPE_NONE	UINT32_MAX
#define SHAPE_MIN	8		/* objects */
#define SHAPE_SEED	20240607	/* of all figures that are published */

/**
 * struct shape - a graph
 * @objects: how many
 * @roots: how many
 * @root: the numbers of the roots
 * @edge: for each object SHAPE_SLOTS numbers of objects, or SHAPE_NONE
 */
struct shape {
	uint32_t	objects;
	uint32_t	roots;
	uint32_t	*root;
	uint32_t	*edge;
};

/* The names, ended by NULL. */
extern const char *const shape_names[];

/*
 * Makes a graph of at least @objects (rounded up to a multiple of 4). Returns 0,
 * -EINVAL for an unknown name or fewer than SHAPE_MIN objects, or -ENOMEM.
 */
int shape_make(struct shape *shape, const char *name, uint32_t objects, uint64_t seed);
void shape_free(struct shape *shape);

/* Is what is said above true of it? 1 or 0, or -ENOMEM. */
int shape_check(const struct shape *shape);

#endif /* MHEAP_BENCH_SHAPES_H */
