// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* What goes to stdout, and the progress line. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define NS_PER_SECOND	1000000000ULL

void cli_close_output(void)
{
	bool failed = ferror(stdout);

	if ((fclose(stdout) || failed) && errno != EPIPE) {
		cli_errno(errno, "cannot write the output");
		_exit(CLI_FAILED);
	}
}

int cli_create(const char *name, unsigned int mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0)
		cli_errno(errno, "cannot write %s", name);
	return fd;
}

int cli_finish(int fd, const char *name, int status)
{
	struct stat opened, named;
	bool regular = !fstat(fd, &opened) && S_ISREG(opened.st_mode);

	if (close(fd) && status == CLI_OK) {
		cli_errno(errno, "cannot write %s", name);
		status = CLI_FAILED;
	}
	if (status != CLI_OK && regular && !lstat(name, &named) &&
	    named.st_dev == opened.st_dev && named.st_ino == opened.st_ino)
		unlink(name);
	return status;
}

const char *cli_size(char *buffer, uint64_t bytes)
{
	static const char * const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = bytes / 1024.0;
	unsigned int unit = 0;

	if (bytes < 1024) {
		snprintf(buffer, CLI_HUMAN, "%" PRIu64 " B", bytes);
		return buffer;
	}
	for (; value >= 1023.95; unit++)
		value /= 1024;
	snprintf(buffer, CLI_HUMAN, "%.1f %s", value, units[unit]);
	return buffer;
}

const char *cli_duration(char *buffer, uint64_t nanoseconds)
{
	static const char * const units[] = { "us", "ms", "s" };
	uint64_t seconds = nanoseconds / NS_PER_SECOND;
	double value = nanoseconds / 1000.0;
	unsigned int unit = 0;

	if (nanoseconds < 1000) {
		snprintf(buffer, CLI_HUMAN, "%" PRIu64 " ns", nanoseconds);
	} else if (seconds >= 60) {
		snprintf(buffer, CLI_HUMAN, "%" PRIu64 " min %" PRIu64 " s", seconds / 60,
			 seconds % 60);
	} else {
		for (; value >= 999.95 && unit < 2; unit++)
			value /= 1000;
		snprintf(buffer, CLI_HUMAN, "%.1f %s", value, units[unit]);
	}
	return buffer;
}

uint64_t cli_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

int cli_json(struct json_object *value)
{
	const char *text = NULL;
	int error;

	if (value)
		text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_SPACED |
						      JSON_C_TO_STRING_NOSLASHESCAPE);
	error = text ? puts(text) < 0 : ENOMEM;
	if (error == ENOMEM)
		cli_errno(ENOMEM, "cannot make JSON");
	json_object_put(value);
	return error ? CLI_FAILED : CLI_OK;
}

void cli_progress(struct cli_progress *progress, uint64_t done)
{
	uint64_t now;

	/* Asked once: 1 is "no terminal", which no clock will say again. */
	if (!progress->shown && !isatty(STDERR_FILENO))
		progress->shown = 1;
	if (progress->shown == 1)
		return;
	now = cli_now();
	if (now - progress->shown < NS_PER_SECOND / 10)
		return;
	progress->shown = now;
	if (progress->total)
		fprintf(stderr, "\r%s: %3.0f %%\033[K", progress->what,
			100.0 * done / progress->total);
	else
		fprintf(stderr, "\r%s: %" PRIu64 "\033[K", progress->what, done);
}

void cli_progress_end(struct cli_progress *progress)
{
	if (progress->shown > 1)
		fputs("\r\033[K", stderr);
	progress->shown = 0;
}
