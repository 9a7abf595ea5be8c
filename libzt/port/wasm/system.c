/* SPDX-License-Identifier: Apache-2.0 */
/* system.c - what POSIX has and wasi-libc has not. One instance has the files, so that no lock
 * is needed; modes and reservations are the host's affair. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#undef lseek

off_t
wasm_lseek(int fd, off_t at, int whence)
{
	struct stat st;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return lseek(fd, at, whence);
	if (fstat(fd, &st) != 0)
		return -1;
	if (at >= st.st_size) {
		errno = ENXIO;
		return -1;
	}
	return lseek(fd, whence == SEEK_DATA ? at : st.st_size, SEEK_SET);
}

int
flock(int fd, int how)
{
	(void)fd;
	(void)how;
	return 0;
}

int
dup(int fd)
{
	return openat(fd, ".", O_RDONLY | O_DIRECTORY);
}

int
chmod(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	return 0;
}

int
fchmod(int fd, mode_t mode)
{
	(void)fd;
	(void)mode;
	return 0;
}

mode_t
umask(mode_t mask)
{
	(void)mask;
	return 077;
}

int
fallocate(int fd, int how, off_t at, off_t n)
{
	(void)fd;
	(void)how;
	(void)at;
	(void)n;
	errno = EOPNOTSUPP;
	return -1;
}

/* The caller links and unlinks where a file system cannot rename without replacing. */
int
renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	(void)from_fd;
	(void)from;
	(void)to_fd;
	(void)to;
	(void)flags;
	errno = EINVAL;
	return -1;
}

int
madvise(void *at, size_t n, int advice)
{
	(void)at;
	(void)n;
	(void)advice;
	return 0;
}

int
fstatvfs(int fd, struct statvfs *out)
{
	(void)fd;
	(void)out;
	errno = ENOSYS;
	return -1;
}

/* WASI has no users. */
uid_t
geteuid(void)
{
	return 0;
}

char *
mkdtemp(char *path)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	size_t n = strlen(path);
	uint8_t random[6];

	if (n < sizeof random) {
		errno = EINVAL;
		return NULL;
	}
	for (int tries = 0; tries < 100; tries++) {
		if (getentropy(random, sizeof random) != 0)
			return NULL;
		for (size_t i = 0; i < sizeof random; i++)
			path[n - sizeof random + i] = letters[random[i] % 32];
		if (mkdir(path, 0700) == 0)
			return path;
		if (errno != EEXIST)
			return NULL;
	}
	return NULL;
}

/* There is one thread: what is compared, and with what, may be beside. */
static struct {
	int (*compare)(const void *a, const void *b, void *ctx);
	void *ctx;
} sorting;

static int
compare_beside(const void *a, const void *b)
{
	return sorting.compare(a, b, sorting.ctx);
}

void
qsort_r(void *base, size_t count, size_t size,
    int (*compare)(const void *a, const void *b, void *ctx), void *ctx)
{
	sorting.compare = compare;
	sorting.ctx = ctx;
	qsort(base, count, size, compare_beside);
}
