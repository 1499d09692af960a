/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* Settings of heaps, and of those that are made next: files of sysfs by name. */
#ifndef SETTING_H
#define SETTING_H

#include "cli.h"

/* What a file of a setting may hold; so much can be written to it. */
#define SETTING_TEXT	128

/**
 * struct setting - a file
 * @name: of the file
 * @least: how many numbers have to be given; the others are 0 then; 0: words
 * @most: how many numbers it holds
 * @max: the greatest of them
 * @heap: a heap has it
 * @fixed: and then it cannot be changed
 * @defaults: new heaps start with one
 */
struct setting {
	const char *name;
	unsigned int least;
	unsigned int most;
	uint64_t max;
	bool heap;
	bool fixed;
	bool defaults;
};

/* All of them, by name; the last one has none. */
extern const struct setting settings[];

/* NULL if there is none of that name. */
const struct setting *setting_find(const char *name);

/* Reads what it is, as text. 0 or -errno; -EPROTO for what is not as described. */
int setting_read(const struct setting *setting, const char *heap, char text[SETTING_TEXT]);

/* The text as JSON: a boolean, a number, an array of them, or a string. */
struct json_object *setting_json(const struct setting *setting, const char *text);

#endif /* SETTING_H */
