/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "common/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void
standard_begin(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

bool
standard_end(void)
{
	bool failed = ferror(stdout) != 0;

	/* A file system of another machine may tell of a full disk at the end alone. */
	return fclose(stdout) == 0 && !failed;
}
