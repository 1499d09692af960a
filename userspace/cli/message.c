// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* Messages to the user. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* One write, so that messages of several programs do not mix. */
static void message(const char *reason, const char *format, va_list arguments)
{
	char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	fflush(stdout);
	fprintf(stderr, "mheap: %s%s%s\n", text ? text : format, reason ? ": " : "",
		reason ? reason : "");
	free(text);
}

void cli_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message(NULL, format, arguments);
	va_end(arguments);
}

void cli_errno(int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message(strerror(error < 0 ? -error : error), format, arguments);
	va_end(arguments);
}

struct mh_session *cli_open(void)
{
	struct mh_session *session;
	int error = mh_open(&session);

	if (!error)
		return session;
	if (error == -ENOENT || error == -ENXIO || error == -ENODEV)
		cli_error("cannot open %s: the module mheap is not loaded", MH_DEVICE);
	else if (error == -EPROTO)
		cli_error("the module mheap and this program do not fit together");
	else
		cli_errno(error, "cannot open %s", MH_DEVICE);
	return NULL;
}
