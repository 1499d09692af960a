// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers in text: decimal digits, nothing else. What is not exactly as it
 * should be was meant for something else, so it is refused.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/math64.h>

#include "numbers.h"

/* Return: Where the number ends, or NULL where there is none up to @max. */
static const char *parse_one(const char *text, const char *end, u64 max, u64 *number)
{
	const char *const begin = text;
	u64 value = 0;
	u32 digit;

	for (; text < end && isdigit(*text); text++) {
		digit = *text - '0';
		if (digit > max || value > div_u64(max - digit, 10))
			return NULL;
		value = value * 10 + digit;
	}
	*number = value;
	return text > begin ? text : NULL;
}

/**
 * mheap_numbers_parse - read numbers that are parted by one space each
 * @text: may end in one newline
 * @length: of it
 * @max: the largest number that is allowed
 * @number: filled
 * @count: how many numbers there must be
 *
 * Context: Any.
 * Return: 0, or -EINVAL and @number has lost its value.
 */
int mheap_numbers_parse(const char *text, size_t length, u64 max, u64 *number,
			unsigned int count)
{
	const char *end = text + length;
	unsigned int i;

	if (length && end[-1] == '\n')
		end--;
	for (i = 0; i < count; i++) {
		if (i && (text == end || *text++ != ' '))
			return -EINVAL;
		text = parse_one(text, end, max, &number[i]);
		if (!text)
			return -EINVAL;
	}
	return text == end ? 0 : -EINVAL;
}
