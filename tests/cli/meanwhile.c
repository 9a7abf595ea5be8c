/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* meanwhile.c - loaded into zt (LD_PRELOAD): what another program does to a local file between
 * two steps of zt.
 *
 * MEANWHILE_NAMED: that text is appended to a download as soon as it has its name.
 * MEANWHILE_REPLACED: that text is appended to what a download replaces, right before it does.
 * MEANWHILE_READ: the file of this path gets another first byte once some of it was read, and
 * five seconds pass.
 * MEANWHILE_TIME: all times of all files, in seconds: of a file system that does not tell what
 * was written at nearly the same time. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void
write_to(int fd, const char *text, off_t at)
{
	if (fd < 0)
		return;
	if (pwrite(fd, text, strlen(text), at) < 0)
		abort();
	(void)close(fd);
}

int
renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	static int did;
	const char *text = getenv("MEANWHILE_REPLACED");
	int rc;

	if (text != NULL && flags == RENAME_EXCHANGE && did++ == 0)
		write_to(openat(to_fd, to, O_WRONLY | O_APPEND), text, 0);
	rc = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
	text = getenv("MEANWHILE_NAMED");
	if (rc == 0 && text != NULL && strncmp(from, ".zt-", 4) == 0)
		write_to(openat(to_fd, to, O_WRONLY | O_APPEND), text, 0);
	return rc;
}

int
fstatat(int folder, const char *restrict name, struct stat *restrict st, int flags)
{
	int rc = (int)syscall(SYS_newfstatat, folder, name, st, flags);
	const char *text = getenv("MEANWHILE_TIME");

	if (rc == 0 && text != NULL)
		st->st_mtim = st->st_ctim =
		    (struct timespec){ .tv_sec = strtol(text, NULL, 10) };
	return rc;
}

int
fstat(int fd, struct stat *st)
{
	return fstatat(fd, "", st, AT_EMPTY_PATH);
}

/* Some of FD was read: once, if it is the file. */
static void
was_read(int fd)
{
	static int did;
	const char *path = getenv("MEANWHILE_READ");
	struct stat is, st;

	if (path == NULL || fstat(fd, &is) != 0 || fstatat(AT_FDCWD, path, &st, 0) != 0 ||
	    is.st_ino != st.st_ino || is.st_dev != st.st_dev ||
	    __atomic_exchange_n(&did, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	write_to(open(path, O_WRONLY), "X", 0);
	(void)usleep(5000000);
}

ssize_t
read(int fd, void *to, size_t n)
{
	ssize_t got = syscall(SYS_read, fd, to, n);

	if (got > 0)
		was_read(fd);
	return got;
}

ssize_t
pread(int fd, void *to, size_t n, off_t at)
{
	ssize_t got = syscall(SYS_pread64, fd, to, n, at);

	if (got > 0 && at == 0)
		was_read(fd);
	return got;
}
