/* SPDX-License-Identifier: Apache-2.0 */
/* file_writer.c - a local file that is being written: beside its place, and named when it is
 * whole, so that a reader never sees half of it. Existing files that zt did not write are kept.
 */
#include "content/file_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/vec.h"
#include "content/fetch.h"
#include "content/local.h"
#include "content/temp.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

enum { PAGE = 4096, LARGE = 8 * 1024 * 1024, AHEAD = 1024 * 1024 * 1024 };

enum zt_err
folder_new(const struct transfer *t, int fd, bool is_made, struct folder **out)
{
	struct folder *f = malloc(sizeof *f);
	struct stat st;

	if (f == NULL) {
		(void)close(fd);
		return ZT_ERR_MEMORY;
	}
	*f = (struct folder){ .fd = fd, .users = 1 };
	memcpy(f->at.run, t->run, sizeof f->at.run);
	if (fstat(fd, &st) == 0) {
		f->at.dev = (uint64_t)st.st_dev;
		f->at.ino = (uint64_t)st.st_ino;
	}
	if (!is_made)
		temp_clear(t->z, &f->at, fd);
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

/* ---- the existing file at its place ---- */

/* Whether nobody wrote to it between A and B; a new name alters its ctime alone. */
static bool
has_same_content(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return has_same_content(a, b) && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The file there, which zt wrote or sent before, still holds what F says: its mode and time
 * become F's too, as those of a new file. Bits that the umask takes may be there: the file may
 * be what was sent. What is another user's stays as it is. */
static void
look_as(const struct transfer *t, const Zt__FileManifest *f, int fd)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT },
		{ (time_t)f->modified, (long)f->modified_ns } };
	mode_t want = (mode_t)f->mode & 0777;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return;
	if ((st.st_mode & 0777) != want && (st.st_mode & 0777) != (want & ~t->mask))
		(void)fchmod(fd, want & ~t->mask);
	if (st.st_mtim.tv_sec != times[1].tv_sec || st.st_mtim.tv_nsec != times[1].tv_nsec)
		(void)futimens(fd, times);
}

bool
file_writer_is_there(struct file_writer *k, const Zt__FileManifest *f)
{
	int fd = openat(k->in->fd, k->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool same = false;

	if (fd < 0 || fetch_is_same(k->t, fd, f, &k->author, &same))
		same = false;
	/* Ours: only its look may have been changed since zt wrote or sent it. */
	if (same && (k->is_ours || k->t->z->overwrites))
		look_as(k->t, f, fd);
	if (fd >= 0)
		(void)close(fd);
	return same;
}

/* A contributor chooses names: in the reader's home .bashrc is one. A version of the very
 * object that comes, which zt wrote or sent and nobody changed since, gives way, and nothing
 * else, unless a person says so: what was sent to another workspace may be there alone. */
static enum zt_err
look_at_place(struct transfer *t, const struct file_writer_place *at, const Zt__FileManifest *f,
    struct file_writer *k, bool *is_there)
{
	struct local l = { .version = 0 }; /* what is known of it, if anything */

	*is_there = false;
	k->may_replace = fstatat(at->in->fd, at->name, &k->was, AT_SYMLINK_NOFOLLOW) != 0;
	if (k->may_replace) {
		k->was.st_ino = 0; /* nothing is there */
		return ZT_OK;
	}
	if (S_ISREG(k->was.st_mode) && local_find(t->z, &k->was, &l) &&
	    id_equal(&l.workspace, &at->what.workspace) && id_equal(&l.vlob, &at->what.vlob)) {
		k->may_replace = true;
		*is_there = l.version == at->what.version;
		return ZT_OK;
	}
	k->is_ours = l.version > 0 && id_equal(&l.vlob, &at->what.vlob);
	k->compares = S_ISREG(k->was.st_mode) && (uint64_t)k->was.st_size == f->size;
	k->may_replace = !k->compares && t->z->overwrites && !S_ISDIR(k->was.st_mode);
	return k->compares || k->may_replace ? ZT_OK : ZT_ERR_EXISTS;
}

/* Whether what is there now is what was there when the file writer was made. */
static bool
may_take_place(const struct file_writer *k)
{
	struct stat st;

	if (k->t->z->overwrites)
		return true;
	if (fstatat(k->in->fd, k->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return true;
	return k->was.st_ino != 0 && is_same_file(&k->was, &st);
}

static uint64_t
holes_of(const Zt__FileManifest *f)
{
	uint64_t holes = 0;

	for (size_t i = 0;
	     f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS && i < f->blocks->n_blocks;
	     i++)
		holes += f->blocks->blocks[i]->hole;
	return holes;
}

static void
file_writer_free(struct file_writer *k)
{
	free(k->beside);
	free(k->shown);
	free(k->name);
	free(k);
}

void
file_writer_drop(struct file_writer *k)
{
	folder_drop(k->in);
	file_writer_free(k);
}

enum zt_err
file_writer_new(struct transfer *t, const struct file_writer_place *at,
    const Zt__FileManifest *f, struct file_writer **out)
{
	struct file_writer *k = calloc(1, sizeof *k);
	bool is_there = false;
	enum zt_err err = ZT_ERR_MEMORY;

	if (k == NULL)
		return err;
	*k = (struct file_writer){ .t = t,
		.pending = 1,
		.fd = -1,
		.direct = -1,
		.size = f->size,
		.data = f->size - holes_of(f),
		.mode = f->mode,
		.what = at->what,
		.author = at->author,
		.times = { { 0, UTIME_OMIT }, { (time_t)f->modified, (long)f->modified_ns } } };
	k->is_sparse = k->data < k->size;
	if ((k->shown = strdup(at->shown)) == NULL ||
	    (at->beside != NULL && (k->beside = strdup(at->beside)) == NULL) ||
	    (at->in != NULL && (k->name = strdup(at->name)) == NULL))
		goto out;
	if (at->in != NULL && ((err = look_at_place(t, at, f, k, &is_there)) || is_there))
		goto out;
	if (at->in != NULL) {
		k->in = at->in;
		at->in->users++;
		temp_name(t->z, &at->in->at, t->temps++, k->temp);
	}
	*out = k;
	return ZT_OK;
out:
	if (is_there)
		*out = NULL;
	file_writer_free(k);
	return err;
}

static void
fail_io(struct file_writer *k)
{
	k->os_error = errno;
	k->err = transfer_class(k->os_error);
}

/* The file and what is at its place change names; what was written there after the last look
 * gets its name back. False where the file system cannot, or nothing is there. */
static bool
exchange(struct file_writer *k)
{
	struct stat out;
	int in = k->in->fd;

	if (k->t->z->overwrites || k->was.st_ino == 0 ||
	    renameat2(in, k->temp, in, k->name, RENAME_EXCHANGE) != 0)
		return false;
	if (fstatat(in, k->temp, &out, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !has_same_content(&k->was, &out) &&
	    renameat2(in, k->temp, in, k->name, RENAME_EXCHANGE) == 0)
		k->err = ZT_ERR_EXISTS;
	else
		(void)unlinkat(in, k->temp, 0);
	return true;
}

/* The file gets its name; a contributor may have chosen one that this file system cannot have.
 */
static void
take_name(struct file_writer *k)
{
	/* Where nothing was, nothing may be: somebody could write it after the last look. */
	bool is_new = k->was.st_ino == 0 && !k->t->z->overwrites;

	if (is_new) {
		if (renameat2(k->in->fd, k->temp, k->in->fd, k->name, RENAME_NOREPLACE) == 0)
			return;
		/* EINVAL is also of a file system without such renaming: a link refuses too. */
		if (errno == EINVAL && linkat(k->in->fd, k->temp, k->in->fd, k->name, 0) == 0) {
			(void)unlinkat(k->in->fd, k->temp, 0);
			return;
		}
		if (errno == EEXIST)
			k->err = ZT_ERR_EXISTS;
		else if (errno != EINVAL && errno != EPERM && errno != EOPNOTSUPP)
			fail_io(k);
		if (k->err)
			return;
	}
	if (!may_take_place(k)) /* somebody wrote it meanwhile */
		k->err = ZT_ERR_EXISTS;
	else if (!exchange(k) && renameat(k->in->fd, k->temp, k->in->fd, k->name) != 0)
		fail_io(k);
}

/* Whether what is at the place holds what was just written: another process may have got the
 * same file meanwhile. */
static bool
is_there_by_now(const struct file_writer *k)
{
	enum { PIECE = 64 * 1024 };
	int fd = openat(k->in->fd, k->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint8_t *a = malloc(PIECE), *b = malloc(PIECE);
	struct stat st;
	bool same = fd >= 0 && a != NULL && b != NULL && fstat(fd, &st) == 0 &&
		    S_ISREG(st.st_mode) && (uint64_t)st.st_size == k->size;

	for (uint64_t at = 0; same && at < k->size;) {
		ssize_t n = pread(fd, a, PIECE, (off_t)at);

		same = n > 0 && pread(k->fd, b, (size_t)n, (off_t)at) == n &&
		       memcmp(a, b, (size_t)n) == 0;
		at += n > 0 ? (uint64_t)n : 0;
	}
	free(a);
	free(b);
	if (fd >= 0)
		(void)close(fd);
	return same;
}

/* A file that claims more than there is need not fill the disk first. */
static bool
may_fit(const struct file_writer *k)
{
	struct statvfs at;

	return k->size <= INT64_MAX &&
	       (fstatvfs(k->fd, &at) != 0 || k->data / at.f_frsize <= at.f_bavail);
}

void
file_writer_reserve(struct file_writer *k, uint64_t upto)
{
	while (k->fd >= 0 && k->err == ZT_OK && k->size >= LARGE && !k->is_sparse &&
	       k->reserved < upto) {
		uint64_t n = k->size - k->reserved < AHEAD ? k->size - k->reserved : AHEAD;

		if (fallocate(k->fd, 0, (off_t)k->reserved, (off_t)n) != 0 &&
		    errno != EOPNOTSUPP && errno != ENOSYS)
			fail_io(k);
		k->reserved += n;
	}
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
file_writer_open(struct file_writer *k)
{
	if (k->in == NULL)
		return;
	if ((k->fd = temp_make(k->in->fd, k->temp)) < 0) {
		fail_io(k);
		return;
	}
	if (k->size < LARGE) {
		if (k->is_sparse && ftruncate(k->fd, (off_t)k->size) != 0)
			fail_io(k);
		return;
	}
	/* A large file has its room before its blocks arrive, so that these can be written side
	 * by side, and bypasses the page cache where that can be: copying into fresh pages
	 * costs more than opening the blocks. */
	if (!may_fit(k)) {
		errno = ENOSPC;
		fail_io(k);
		return;
	}
	if (k->is_sparse && ftruncate(k->fd, (off_t)k->size) != 0)
		fail_io(k);
	file_writer_reserve(k, 1);
	if (k->err == ZT_OK)
		k->direct = open_direct(k->fd);
}

void
file_writer_write(struct file_writer *k, uint64_t offset, struct bytes b)
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
file_writer_name(struct file_writer *k)
{
	struct stat whole = { 0 };

	if (k->fd < 0 || k->is_whole)
		return;
	if (k->err == ZT_OK) {
		(void)fchmod(k->fd, (mode_t)k->mode & 0777 & ~k->t->mask);
		(void)futimens(k->fd, k->times);
		if (fstat(k->fd, &whole) != 0)
			whole.st_ino = 0;
		take_name(k);
		/* What somebody writes to it as soon as it has its name is not ours. */
		if (k->err == ZT_OK &&
		    (fstat(k->fd, &k->is) != 0 || !has_same_content(&whole, &k->is)))
			k->is.st_ino = 0;
		if (k->err == ZT_ERR_EXISTS && is_there_by_now(k)) {
			k->err = ZT_OK;
			(void)unlinkat(k->in->fd, k->temp, 0);
		}
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
file_writer_refused(
    struct transfer *t, const struct folder *in, const char *name, const char *shown)
{
	struct stat st;
	bool is_folder =
	    fstatat(in->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);

	/* with --keep-both it is what has the name beside */
	transfer_exclude(t, ZT_ERR_EXISTS, shown,
	    t->z->keeps_both
		? session_translate(t->z, "this name beside it is taken too, and what has it "
					  "stays; move one of the two away")
	    : is_folder ? session_translate(t->z, "a folder is there, and stays; move it away")
			: session_translate(t->z,
			      "what is there was not written by zt, or was changed since"));
}

static void
note(const struct file_writer *k)
{
	struct transfer *t = k->t;

	if (k->in != NULL && k->is.st_ino != 0 &&
	    vec_room(&t->notes, t->note_count, &t->note_cap, sizeof *t->notes) == ZT_OK)
		t->notes[t->note_count++] = (struct local_note){ k->what, k->is };
}

void
file_writer_end(struct file_writer *k)
{
	struct transfer *t = k->t;

	if (--k->pending > 0)
		return;
	file_writer_name(k);
	/* Content that is lost or damaged, at the servers or by them, or that this system takes
	 * in no place, is left out alone. */
	if (k->os_error != 0)
		transfer_exclude(t, k->err, k->shown, strerror(k->os_error));
	else if (k->err == ZT_ERR_MISSING_BLOCK || k->err == ZT_ERR_CORRUPT)
		transfer_lose(t, k->err, false, k->shown, err_text(k->err));
	else if (k->err == ZT_ERR_EXISTS)
		file_writer_refused(t, k->in, k->name, k->shown);
	else if (k->err)
		transfer_fail(t, k->err);
	else {
		t->files++;
		note(k);
		transfer_kept_both(t, k->beside, k->shown);
		transfer_report(t, k->name != NULL ? k->name : "");
	}
	folder_drop(k->in);
	file_writer_free(k);
}
