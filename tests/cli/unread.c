/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* unread.c - loaded into zt by tests/cli/reports_test.sh (LD_PRELOAD): a file of UNREAD_SIZE
 * bytes is on a disk that fails behind its first megabyte, one of GROWING_SIZE bytes gets one
 * more whenever it is read. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Whether FD is a file of as many bytes as the variable NAME says. */
static int
is_of(int fd, const char *name)
{
	const char *size = getenv(name);
	struct stat st;

	return size != NULL && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == atol(size);
}

static void
grow(int fd)
{
	char path[32];
	int again;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if ((again = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)) < 0)
		return;
	if (write(again, "\n", 1) != 1)
		abort();
	(void)close(again);
}

ssize_t
read(int fd, void *to, size_t n)
{
	static ssize_t (*real)(int fd, void *to, size_t n);
	void *symbol;

	if (real == NULL) {
		symbol = dlsym(RTLD_NEXT, "read");
		memcpy(&real, &symbol, sizeof real);
	}
	if (is_of(fd, "GROWING_SIZE"))
		grow(fd);
	if (is_of(fd, "UNREAD_SIZE") && lseek(fd, 0, SEEK_CUR) >= 1024 * 1024) {
		errno = EIO;
		return -1;
	}
	return real(fd, to, n);
}
