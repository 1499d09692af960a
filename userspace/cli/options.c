// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Reading the command line. */

#include <ctype.h>
#include <stdlib.h>

#include "cli.h"

void cli_options(const struct argp *argp, int argc, char **argv, void *input)
{
	error_t error = argp_parse(argp, argc, argv, 0, NULL, input);

	if (!error)
		return;
	cli_errno(error, "%s", argv[0]);
	exit(CLI_FAILED);
}

bool cli_number(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = *text - '0';

		if (!isdigit((unsigned char)*text) || number > (max - digit) / 10 || digit > max)
			return false;
		number = number * 10 + digit;
	}
	*value = number;
	return true;
}
