/* sink.c - a local file that is being written: beside its place, and named when it is whole, so
 * that a reader never sees half of it. What stands there already and zt did not write stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

enum { PAGE = 4096, LARGE = 8 * 1024 * 1024, AHEAD = 64 * 1024 * 1024 };

enum zt_err
folder_new(int fd, struct folder **out)
{
	struct folder *f = malloc(sizeof *f);

	if (f == NULL) {
		(void)close(fd);
		return ZT_ERR_MEMORY;
	}
	*f = (struct folder){ .fd = fd, .users = 1 };
	*out = f;
	return ZT_OK;
}

void
folder_drop(struct folder *f)
{
	if (f == NULL || --f->users > 0)
		return;
	(void)close(f->fd);
	free(f);
}

/* A name that nobody else can know beforehand. */
static void
name_temp(struct sink *k)
{
	uint8_t random[12];
	char text[2 * sizeof random + 1];

	suite_random(random, sizeof random);
	hex_print(random, sizeof random, text);
	(void)snprintf(k->temp, sizeof k->temp, ".zt-%s", text);
}

enum zt_err
sink_new(struct transfer *t, struct folder *in, const char *name, const char *shown,
    const Zt__FileManifest *f, struct sink **out)
{
	struct sink *k = calloc(1, sizeof *k);

	if (k == NULL)
		return ZT_ERR_MEMORY;
	*k = (struct sink){ .t = t,
		.pending = 1,
		.fd = -1,
		.direct = -1,
		.size = f->size,
		.mode = f->mode,
		.times = { { 0, UTIME_OMIT },
		    { (time_t)(f->modified / 1000), (long)(f->modified % 1000) * 1000000 } } };
	if ((k->shown = strdup(shown)) == NULL ||
	    (in != NULL && (k->name = strdup(name)) == NULL)) {
		free(k->shown);
		free(k);
		return ZT_ERR_MEMORY;
	}
	if (in != NULL) {
		k->in = in;
		in->users++;
		name_temp(k);
	}
	*out = k;
	return ZT_OK;
}

static void
fail_io(struct sink *k)
{
	k->err = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ZT_ERR_FULL : ZT_ERR_IO;
	k->os_error = errno;
}

/* A file that claims more than there is need not fill the disk first. */
static bool
may_fit(const struct sink *k)
{
	struct statvfs at;

	return k->size <= INT64_MAX &&
	       (fstatvfs(k->fd, &at) != 0 || k->size / at.f_frsize <= at.f_bavail);
}

void
sink_reserve(struct sink *k, uint64_t upto)
{
	while (k->fd >= 0 && k->err == ZT_OK && k->size >= LARGE && k->reserved < upto) {
		uint64_t n = k->size - k->reserved < AHEAD ? k->size - k->reserved : AHEAD;

		if (fallocate(k->fd, 0, (off_t)k->reserved, (off_t)n) != 0 &&
		    errno != EOPNOTSUPP && errno != ENOSYS)
			fail_io(k);
		k->reserved += n;
	}
}

/* ---- what stands at its place already ---- */

/* What zt wrote says so, and what it was then. */
static const char mark_name[] = "user.zt.wrote";
enum { MARK = 80 };

static int
mark_text(int fd, char out[MARK])
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	return snprintf(out, MARK, "%lld %lld.%09ld", (long long)st.st_size,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void
set_mark(int fd)
{
	char text[MARK];
	int n = mark_text(fd, text);

	if (n > 0) /* where files bear no attributes, nothing is known to be ours later */
		(void)fsetxattr(fd, mark_name, text, (size_t)n, 0);
}

/* A contributor chooses names: in the reader's home .bashrc is one. What zt wrote there and
 * nobody changed since gives way, and nothing else. */
static bool
may_take_place(const struct sink *k)
{
	char is[MARK], was[MARK];
	struct stat st;
	ssize_t n;
	int fd;

	if (k->t->z->overwrites || fstatat(k->in->fd, k->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return true;
	if (!S_ISREG(st.st_mode) || (fd = openat(k->in->fd, k->name,
					 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0)
		return false;
	n = fgetxattr(fd, mark_name, was, sizeof was);
	n = n > 0 && mark_text(fd, is) == n && memcmp(is, was, (size_t)n) == 0;
	(void)close(fd);
	return n != 0;
}

/* The file of FD past the page cache, or -1: by the descriptor, because the name may lead
 * elsewhere by now in a folder to which others may write. */
static int
open_direct(int fd)
{
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

void
sink_open(struct sink *k)
{
	if (k->in == NULL)
		return;
	if (!may_take_place(k)) {
		k->err = ZT_ERR_EXISTS;
		return;
	}
	if ((k->fd = openat(k->in->fd, k->temp,
		 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0) {
		fail_io(k);
		return;
	}
	if (k->size < LARGE)
		return;
	/* A large file has its room before its blocks come, so that these can be written side
	 * by side, and goes past the page cache where that can be: copying into fresh pages
	 * costs more than opening the blocks. */
	if (!may_fit(k)) {
		errno = ENOSPC;
		fail_io(k);
		return;
	}
	sink_reserve(k, 1);
	if (k->err == ZT_OK)
		k->direct = open_direct(k->fd);
}

void
sink_write(struct sink *k, uint64_t offset, struct bytes b)
{
	int fd = k->fd;

	if (k->err || fd < 0)
		return;
	if (k->direct >= 0 && (uintptr_t)b.p % PAGE == 0 && b.n % PAGE == 0 &&
	    offset % PAGE == 0)
		fd = k->direct;
	while (b.n > 0) {
		ssize_t n = pwrite(fd, b.p, b.n, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail_io(k);
			return;
		}
		b.p += n;
		b.n -= (size_t)n;
		offset += (uint64_t)n;
	}
}

void
sink_name(struct sink *k)
{
	if (k->fd < 0 || k->is_whole)
		return;
	if (k->err == ZT_OK) {
		(void)fchmod(k->fd, (mode_t)k->mode & 0777);
		(void)futimens(k->fd, k->times);
		set_mark(k->fd);
		if (!may_take_place(k)) /* somebody wrote it meanwhile */
			k->err = ZT_ERR_EXISTS;
		else if (renameat(k->in->fd, k->temp, k->in->fd, k->name) != 0)
			fail_io(k);
	}
	if (k->direct >= 0)
		(void)close(k->direct);
	if (close(k->fd) != 0 && k->err == ZT_OK)
		fail_io(k);
	k->fd = -1;
	if (k->err)
		(void)unlinkat(k->in->fd, k->temp, 0);
	else
		k->is_whole = true;
}

void
sink_end(struct sink *k)
{
	struct transfer *t = k->t;

	if (--k->pending > 0)
		return;
	sink_name(k);
	/* Content that is lost or damaged, at the servers or by them, or that does not fit on
	 * this disk, is left out alone. */
	if (k->err == ZT_ERR_IO)
		transfer_fail(t, transfer_err(t->z, k->name, k->os_error));
	else if (k->err == ZT_ERR_MISSING_BLOCK || k->err == ZT_ERR_CORRUPT ||
		 k->err == ZT_ERR_FULL)
		transfer_leave_out(t, k->err, k->shown, err_words(k->err));
	else if (k->err == ZT_ERR_EXISTS)
		transfer_leave_out(t, k->err, k->shown,
		    client_words(t->z,
			"what is there was not written by zt, or was changed since; "
			"--overwrite replaces it"));
	else if (k->err)
		transfer_fail(t, k->err);
	else {
		t->files++;
		transfer_report(t, k->name != NULL ? k->name : "");
	}
	folder_drop(k->in);
	free(k->shown);
	free(k->name);
	free(k);
}
