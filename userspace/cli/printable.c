// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later

#include "printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Neither controls, of which terminals know some of 8 bits, nor what turns lines around. */
static bool is_printable(uint32_t character)
{
	if (character < 0x20 || (character >= 0x7f && character < 0xa0))
		return false;
	if (character >= 0x2028 && character <= 0x202e)
		return false;
	return !(character >= 0x2066 && character <= 0x2069) && (character & 0xfffe) != 0xfffe;
}

/* How many bytes the character at @name takes, of @length; 0 if there is none to print. */
static size_t character_length(const unsigned char *name, size_t length)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const size_t bytes = *name < 0x80 ? 1 : *name < 0xc0 ? 0 : *name < 0xe0 ? 2 :
			     *name < 0xf0 ? 3 : *name < 0xf8 ? 4 : 0;
	uint32_t character = bytes > 1 ? *name & (0x7f >> bytes) : *name;

	if (!bytes || bytes > length)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if ((name[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (name[i] & 0x3f);
	}
	if (character < least[bytes] || character > 0x10ffff ||
	    (character >= 0xd800 && character < 0xe000))
		return 0;
	return is_printable(character) ? bytes : 0;
}

void printable(char *text, const char *name, size_t length)
{
	const unsigned char *at = (const unsigned char *)name;
	const unsigned char *end = at + strnlen(name, length);

	while (at < end) {
		size_t bytes = character_length(at, end - at);

		if (bytes)
			memcpy(text, at, bytes);
		else
			sprintf(text, "\\x%02x", *at);
		text += bytes ? bytes : 4;
		at += bytes ? bytes : 1;
	}
	*text = '\0';
}
