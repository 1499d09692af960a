// SPDX-License-Identifier: GPL-2.0-only
/* The graphs that all contenders of the benchmark build; see shapes.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shapes.h"

const char *const shape_names[] = {
	"tree", "list", "shuffled", "random", "rings", NULL
};

/* splitmix64: a number below @limit. */
static uint32_t random_below(uint64_t *state, uint32_t limit)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	z ^= z >> 31;
	return (z >> 32) * limit >> 32;
}

static void set(struct shape *shape, uint32_t object, int slot, uint32_t target)
{
	shape->edge[(size_t)object * SHAPE_SLOTS + slot] = target;
}

static void make_tree(struct shape *shape)
{
	for (uint32_t child = 1; child < shape->objects; child++) {
		uint32_t parent = (child - 1) / 3;

		set(shape, child, 0, parent);
		set(shape, parent, 1 + (child - 1) % 3, child);
	}
}

static void make_list(struct shape *shape)
{
	for (uint32_t i = 0; i < shape->objects; i++)
		set(shape, i, 0, (i + 1) % shape->objects);
}

/* The numbers below @n in an order that a seed decides; NULL for no memory. */
static uint32_t *shuffle(uint32_t n, uint64_t *seed)
{
	uint32_t *order = malloc(n * sizeof(*order));

	if (!order)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = random_below(seed, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	return order;
}

static int make_shuffled(struct shape *shape, uint64_t seed)
{
	uint32_t n = shape->objects;
	uint32_t *order = shuffle(n, &seed);

	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		set(shape, order[i], 0, order[(i + 1) % n]);
	shape->root[0] = order[0];
	free(order);
	return 0;
}

static int make_random(struct shape *shape, uint64_t seed)
{
	uint32_t n = shape->objects;
	uint32_t *order = shuffle(n, &seed);
	uint8_t *used = calloc(n, 1);		/* slots, by place in the order */
	int ret = -ENOMEM;

	if (!order || !used)
		goto out;
	/* The last object refers to the root, whatever else happens. */
	set(shape, order[n - 1], used[n - 1]++, order[0]);
	for (uint32_t child = 1; child < n; child++) {
		uint32_t parent;

		do {
			parent = random_below(&seed, child);
		} while (used[parent] == 3);
		set(shape, order[parent], used[parent]++, order[child]);
	}
	for (uint32_t i = 0; i < n; i++)
		while (used[i] < 3)
			set(shape, order[i], used[i]++, random_below(&seed, n));
	shape->root[0] = order[0];
	ret = 0;
out:
	free(order);
	free(used);
	return ret;
}

static void make_rings(struct shape *shape)
{
	for (uint32_t i = 0; i < shape->objects; i++)
		set(shape, i, 0, i % 4 == 3 ? i - 3 : i + 1);
	for (uint32_t i = 0; i < shape->roots; i++)
		shape->root[i] = 4 * i;
}

int shape_make(struct shape *shape, const char *name, uint32_t objects, uint64_t seed)
{
	size_t edges;
	int ret = 0;

	if (objects < SHAPE_MIN || objects > SHAPE_NONE - 4)
		return -EINVAL;
	objects = (objects + 3) / 4 * 4;
	edges = (size_t)objects * SHAPE_SLOTS;
	shape->objects = objects;
	shape->roots = strcmp(name, "rings") ? 1 : objects / 4;
	shape->root = calloc(shape->roots, sizeof(*shape->root));
	shape->edge = malloc(edges * sizeof(*shape->edge));
	if (!shape->root || !shape->edge) {
		shape_free(shape);
		return -ENOMEM;
	}
	memset(shape->edge, 0xff, edges * sizeof(*shape->edge));
	if (!strcmp(name, "tree"))
		make_tree(shape);
	else if (!strcmp(name, "list"))
		make_list(shape);
	else if (!strcmp(name, "shuffled"))
		ret = make_shuffled(shape, seed);
	else if (!strcmp(name, "random"))
		ret = make_random(shape, seed);
	else if (!strcmp(name, "rings"))
		make_rings(shape);
	else
		ret = -EINVAL;
	if (ret)
		shape_free(shape);
	return ret;
}

void shape_free(struct shape *shape)
{
	free(shape->root);
	free(shape->edge);
	shape->root = NULL;
	shape->edge = NULL;
}

int shape_check(const struct shape *shape)
{
	uint32_t *stack = malloc(shape->objects * sizeof(*stack));
	uint8_t *seen = calloc(shape->objects, 1);
	uint8_t *held = calloc(shape->objects, 1);
	uint32_t top = 0, found = 0, roots_held = 0;
	int ret = -ENOMEM;

	if (!stack || !seen || !held)
		goto out;
	for (uint32_t i = 0; i < shape->roots; i++) {
		seen[shape->root[i]] = 1;
		stack[top++] = shape->root[i];
	}
	while (top) {
		uint32_t *edge = shape->edge + (size_t)stack[--top] * SHAPE_SLOTS;

		found++;
		for (int slot = 0; slot < SHAPE_SLOTS; slot++) {
			if (edge[slot] == SHAPE_NONE)
				continue;
			held[edge[slot]] = 1;
			if (seen[edge[slot]])
				continue;
			seen[edge[slot]] = 1;
			stack[top++] = edge[slot];
		}
	}
	for (uint32_t i = 0; i < shape->roots; i++)
		roots_held += held[shape->root[i]];
	ret = found == shape->objects && roots_held == shape->roots;
out:
	free(stack);
	free(seen);
	free(held);
	return ret;
}
