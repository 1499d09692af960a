/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* A piece of a text that somebody else owns. */
#ifndef PACKAGES_SPAN_H
#define PACKAGES_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *start;
	size_t length;
};

static inline struct span span(const char *start, size_t length)
{
	return (struct span){ start, length };
}

static inline struct span span_of(const char *string)
{
	return span(string, strlen(string));
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline struct span span_trim(struct span s)
{
	while (s.length && is_blank(*s.start)) {
		s.start++;
		s.length--;
	}
	while (s.length && is_blank(s.start[s.length - 1]))
		s.length--;
	return s;
}

/* Takes what is before the first @separator off @rest, and the separator. */
static inline struct span span_cut(struct span *rest, char separator)
{
	const char *at = rest->length ?
		memchr(rest->start, separator, rest->length) : NULL;
	struct span piece = *rest;

	if (at) {
		piece.length = at - rest->start;
		rest->start = at + 1;
		rest->length -= piece.length + 1;
	} else {
		rest->start += rest->length;
		rest->length = 0;
	}
	return piece;
}

/* Byte by byte, as strcmp(). */
static inline int span_compare(struct span a, struct span b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = shorter ? memcmp(a.start, b.start, shorter) : 0;

	if (order)
		return order;
	return (a.length > b.length) - (a.length < b.length);
}

#endif
