/* backend_fs.c - one file a block: FOLDER/ORG/WORKSPACE/xx/ID, written beside as a temporary
 * file and renamed when it is whole. Its last 32 bytes are its hash, checked on each read.
 *
 * Group commit: a writer leaves its file, not yet synced, and waits; whoever finds no sync
 * under way calls syncfs once for all that wait. So N writers cost one sync, and each is
 * acknowledged only after a sync that began behind its rename. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "blocks/backend.h"
#include "format/limits.h"

struct fs {
	struct backend base;
	int root;
	pthread_mutex_t lock;
	pthread_cond_t synced;
	uint64_t arrived, covered; /* writes renamed; writes that a finished sync covers */
	bool syncing;
	atomic_ulong next_temp;
};

enum { PATH_MOST = 160 };

static enum zt_err
err_of(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return ZT_ERR_FULL;
	case ENOENT:
		return ZT_ERR_NOT_FOUND;
	case ENOMEM:
		return ZT_ERR_MEMORY;
	default:
		return ZT_ERR_IO;
	}
}

static void
path_of(const struct backend_place *at, char out[PATH_MOST])
{
	char org[ID_TEXT], workspace[ID_TEXT], block[ID_TEXT];

	id_print(&at->org, org);
	id_print(&at->workspace, workspace);
	id_print(&at->block, block);
	(void)snprintf(out, PATH_MOST, "%s/%s/%.2s/%s", org, workspace, block, block);
}

static enum zt_err
make_folders(int root, const char *path)
{
	char part[PATH_MOST];

	for (const char *p = path; (p = strchr(p, '/')) != NULL; p++) {
		memcpy(part, path, (size_t)(p - path));
		part[p - path] = 0;
		if (mkdirat(root, part, 0700) != 0 && errno != EEXIST)
			return err_of(errno);
	}
	return ZT_OK;
}

static enum zt_err
write_all(int fd, struct bytes block, const struct hash *hash)
{
	struct iovec v[] = { { (void *)(uintptr_t)block.p, block.n },
		{ (void *)(uintptr_t)hash->b, HASH_BYTES } };
	size_t at = 0;

	while (at < 2) {
		ssize_t n = writev(fd, v + at, (int)(2 - at));

		if (n < 0 && errno != EINTR)
			return err_of(errno);
		for (size_t left = n < 0 ? 0 : (size_t)n; at < 2 && left >= v[at].iov_len; at++)
			left -= v[at].iov_len, n -= (ssize_t)v[at].iov_len;
		if (at < 2 && n > 0) {
			v[at].iov_base = (uint8_t *)v[at].iov_base + n;
			v[at].iov_len -= (size_t)n;
		}
	}
	return ZT_OK;
}

/* Waits until a sync that began behind now has ended well; leads one if none is under way. */
static enum zt_err
commit(struct fs *f)
{
	enum zt_err err = ZT_OK;
	uint64_t mine;

	(void)pthread_mutex_lock(&f->lock);
	mine = ++f->arrived;
	while (err == ZT_OK && f->covered < mine) {
		uint64_t upto;
		int rv;

		if (f->syncing) {
			(void)pthread_cond_wait(&f->synced, &f->lock);
			continue;
		}
		f->syncing = true;
		upto = f->arrived;
		(void)pthread_mutex_unlock(&f->lock);
		rv = syncfs(f->root);
		(void)pthread_mutex_lock(&f->lock);
		f->syncing = false;
		if (rv == 0)
			f->covered = upto;
		else
			err = err_of(errno);
		(void)pthread_cond_broadcast(&f->synced);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return err;
}

/* The hash that stands behind the block in file FD of SIZE bytes. */
static enum zt_err
stored_hash(int fd, off_t size, struct hash *out)
{
	if (size < HASH_BYTES || pread(fd, out->b, HASH_BYTES, size - HASH_BYTES) != HASH_BYTES)
		return ZT_ERR_CORRUPT;
	return ZT_OK;
}

static enum zt_err
compare(struct fs *f, const char *path, const struct hash *hash)
{
	struct stat st;
	struct hash is;
	int fd = openat(f->root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum zt_err err = fd < 0 ? err_of(errno) : ZT_OK;

	if (err == ZT_OK && fstat(fd, &st) != 0)
		err = err_of(errno);
	if (err == ZT_OK)
		err = stored_hash(fd, st.st_size, &is);
	if (err == ZT_OK && !hash_equal(&is, hash))
		err = ZT_ERR_EXISTS;
	if (fd >= 0)
		(void)close(fd);
	return err;
}

static enum zt_err
write_temp(struct fs *f, const char *temp, struct bytes block, const struct hash *hash)
{
	int fd = openat(f->root, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum zt_err err;

	if (fd < 0)
		return err_of(errno);
	err = write_all(fd, block, hash);
	/* Start the write-back now, so that the group's sync finds little left to do. */
	if (err == ZT_OK)
		(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (close(fd) != 0 && err == ZT_OK)
		err = err_of(errno);
	return err;
}

static enum zt_err
put(struct backend *b, const struct backend_place *at, struct bytes block,
    const struct hash *hash)
{
	struct fs *f = (struct fs *)b;
	char path[PATH_MOST], temp[PATH_MOST];
	enum zt_err err;

	path_of(at, path);
	if (faccessat(f->root, path, F_OK, 0) == 0) {
		err = compare(f, path, hash);
		if (err == ZT_ERR_CORRUPT)
			(void)unlinkat(
			    f->root, path, 0); /* half of it survived: write it anew */
		else
			return err ? err
				   : commit(f); /* it may stand there without a sync yet */
	}
	(void)snprintf(
	    temp, sizeof temp, "tmp/%d-%lu", (int)getpid(), atomic_fetch_add(&f->next_temp, 1));
	if ((err = write_temp(f, temp, block, hash)))
		goto out;
	if (renameat(f->root, temp, f->root, path) != 0 &&
	    ((err = make_folders(f->root, path)) ||
		renameat(f->root, temp, f->root, path) != 0)) {
		err = err ? err : err_of(errno);
		goto out;
	}
	return commit(f);
out:
	(void)unlinkat(f->root, temp, 0);
	return err;
}

static enum zt_err
read_all(int fd, uint8_t *to, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = pread(fd, to + at, n - at, (off_t)at);

		if (got == 0)
			return ZT_ERR_CORRUPT;
		if (got < 0 && errno != EINTR)
			return err_of(errno);
		at += got > 0 ? (size_t)got : 0;
	}
	return ZT_OK;
}

static enum zt_err
get(struct backend *b, const struct backend_place *at, backend_room *room, void *ctx)
{
	struct fs *f = (struct fs *)b;
	char path[PATH_MOST];
	struct stat st;
	struct hash is, stored;
	uint8_t *to = NULL;
	size_t n;
	enum zt_err err;
	int fd;

	path_of(at, path);
	if ((fd = openat(f->root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return err_of(errno);
	err = fstat(fd, &st) != 0 ? err_of(errno) : stored_hash(fd, st.st_size, &stored);
	if (err == ZT_OK && st.st_size > LIMIT_BLOCK_WIRE + HASH_BYTES)
		err = ZT_ERR_CORRUPT;
	if (err)
		goto out;
	n = (size_t)st.st_size - HASH_BYTES;
	err = ZT_ERR_MEMORY;
	if ((to = room(ctx, n)) == NULL || (err = read_all(fd, to, n)))
		goto out;
	hash_one("zt block 1", bytes_of(to, n), &is);
	err = hash_equal(&is, &stored) ? ZT_OK : ZT_ERR_CORRUPT;
out:
	(void)close(fd);
	return err;
}

static bool
has(struct backend *b, const struct backend_place *at)
{
	struct fs *f = (struct fs *)b;
	char path[PATH_MOST];

	path_of(at, path);
	return faccessat(f->root, path, F_OK, 0) == 0;
}

static void
close_fs(struct backend *b)
{
	struct fs *f = (struct fs *)b;

	(void)close(f->root);
	(void)pthread_mutex_destroy(&f->lock);
	(void)pthread_cond_destroy(&f->synced);
	free(f);
}

enum zt_err
backend_fs_open(const char *folder, struct backend **out, char why[200])
{
	struct fs *f = calloc(1, sizeof *f);

	if (f == NULL)
		return ZT_ERR_MEMORY;
	f->root = -1;
	if ((mkdir(folder, 0700) != 0 && errno != EEXIST) ||
	    (f->root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    (mkdirat(f->root, "tmp", 0700) != 0 && errno != EEXIST)) {
		(void)snprintf(why, 200, "folder: %.120s: %s", folder, strerror(errno));
		if (f->root >= 0)
			(void)close(f->root);
		free(f);
		return ZT_ERR_IO;
	}
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->synced, NULL);
	f->base = (struct backend){ put, get, has, close_fs };
	*out = &f->base;
	return ZT_OK;
}
