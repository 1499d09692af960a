// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* The lines of a trace. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

int trace_input_open(struct trace_input *input, const char *file)
{
	input->ended = false;
	input->begin = 0;
	input->end = 0;
	input->fd = STDIN_FILENO;
	if (strcmp(file, "-"))
		input->fd = open(file, O_RDONLY | O_CLOEXEC);
	return input->fd < 0 ? -errno : 0;
}

void trace_input_close(struct trace_input *input)
{
	if (input->fd > STDIN_FILENO)
		close(input->fd);
}

/* Makes room behind what is there, which is at most one line, and reads. */
static int fill(struct trace_input *input)
{
	ssize_t length;

	memmove(input->buffer, input->buffer + input->begin, input->end - input->begin);
	input->end -= input->begin;
	input->begin = 0;
	/* One byte stays free for the NUL of a last line without newline. */
	do {
		length = read(input->fd, input->buffer + input->end,
			      sizeof(input->buffer) - 1 - input->end);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	input->ended = !length;
	input->end += length;
	return 0;
}

int trace_input_line(struct trace_input *input, char **line, size_t *length)
{
	char *start, *newline;
	int error;

	for (;;) {
		start = input->buffer + input->begin;
		newline = memchr(start, '\n', input->end - input->begin);
		if (newline || input->ended || input->end - input->begin > TRACE_LINE_MAX)
			break;
		error = fill(input);
		if (error)
			return error;
	}
	if (!newline && input->begin == input->end)
		return 0;
	*line = start;
	*length = (newline ? newline : input->buffer + input->end) - start;
	if (*length > TRACE_LINE_MAX)
		return -E2BIG;
	start[*length] = '\0';
	input->begin += *length + !!newline;
	return 1;
}
