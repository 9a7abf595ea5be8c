/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* backend_fs.c - one file a block: FOLDER/ORG/WORKSPACE/xx/ID, written beside as a temporary
 * file and renamed when it is whole. Behind its bytes are its hash, by which it is known,
 * and a checksum of no cryptographic worth: that finds what the disk damaged on each read, at
 * a tenth of the hash's cost. Whether a block is the right one is for clients to find.
 *
 * Group commit: a writer renames its unsynced file into place and waits; the writer that finds
 * no sync running calls syncfs once for all that wait. So N writers cost one sync, and each is
 * acknowledged only after a sync that began after its rename. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/wire.h"
#include "blocks/backend.h"
#include "crypto/suite.h"
#include "format/limits.h"

struct page_buffer;

struct fs {
	struct backend base;
	int root;
	pthread_mutex_t lock, damage;
	pthread_cond_t synced;
	/* Writes renamed; those that a finished sync covers; those that a failed one did not.
	 */
	uint64_t arrived, covered, failed;
	enum zt_err reason; /* it failed */
	bool syncing;
	uint64_t
	    run; /* names this process's temporary files: a number of a process is used again */
	atomic_ulong next_temp;
	struct page_buffer *buffers; /* free ones, under the lock */
};

enum { PATH_BYTES_MAX = 160 };

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
path_of(const struct backend_place *at, char out[PATH_BYTES_MAX])
{
	char org[ID_TEXT], workspace[ID_TEXT], block[ID_TEXT];

	id_print(&at->org, org);
	id_print(&at->workspace, workspace);
	id_print(&at->block, block);
	(void)snprintf(out, PATH_BYTES_MAX, "%s/%s/%.2s/%s", org, workspace, block, block);
}

static enum zt_err
make_folders(int root, const char *path)
{
	char part[PATH_BYTES_MAX];

	for (const char *p = path; (p = strchr(p, '/')) != NULL; p++) {
		memcpy(part, path, (size_t)(p - path));
		part[p - path] = 0;
		if (mkdirat(root, part, 0700) != 0 && errno != EEXIST)
			return err_of(errno);
	}
	return ZT_OK;
}

/* The trailer of a block on disk, at the end of a whole number of pages: checksum, magic,
 * length, hash. Files of the first version have no checksum: their hash is computed. */
enum {
	PAGE = 4096,
	TRAILER = 8 + 4 + 4 + HASH_BYTES,
	MAGIC = 0x5a544232,  /* "ZTB2" */
	MAGIC_1 = 0x5a544246 /* "ZTBF" */
};

struct trailer {
	uint64_t checksum;
	uint32_t magic;
	size_t length;
	struct hash hash;
};

static size_t
size_on_disk(size_t n)
{
	return (n + TRAILER + PAGE - 1) / PAGE * PAGE;
}

/* Memory that O_DIRECT takes, kept from block to block: at most one a worker. */
struct page_buffer {
	struct page_buffer *next;
	uint8_t *p;
};

static struct page_buffer *
take_buffer(struct fs *f)
{
	struct page_buffer *b;

	(void)pthread_mutex_lock(&f->lock);
	if ((b = f->buffers) != NULL)
		f->buffers = b->next;
	(void)pthread_mutex_unlock(&f->lock);
	if (b != NULL || (b = calloc(1, sizeof *b)) == NULL)
		return b;
	if ((b->p = aligned_alloc(PAGE, size_on_disk(LIMIT_BLOCK_WIRE))) == NULL) {
		free(b);
		return NULL;
	}
	return b;
}

static void
give_buffer(struct fs *f, struct page_buffer *b)
{
	if (b == NULL)
		return;
	(void)pthread_mutex_lock(&f->lock);
	b->next = f->buffers;
	f->buffers = b;
	(void)pthread_mutex_unlock(&f->lock);
}

/* BLOCK and its trailer as they are on disk, in TO. */
static struct bytes
lay_out(struct bytes block, const struct hash *hash, uint8_t *to)
{
	size_t n = size_on_disk(block.n);
	uint8_t *trailer = to + n - TRAILER;

	memcpy(to, block.p, block.n);
	memset(to + block.n, 0, n - TRAILER - block.n);
	wire_store_u64(trailer, XXH3_64bits(to, block.n));
	wire_store_u32(trailer + 8, MAGIC);
	wire_store_u32(trailer + 12, (uint32_t)block.n);
	memcpy(trailer + 16, hash->b, HASH_BYTES);
	return bytes_of(to, n);
}

static enum zt_err
write_all(int fd, struct bytes in)
{
	for (size_t at = 0; at < in.n;) {
		ssize_t n = pwrite(fd, in.p + at, in.n - at, (off_t)at);

		if (n < 0 && errno != EINTR)
			return err_of(errno);
		at += n > 0 ? (size_t)n : 0;
	}
	return ZT_OK;
}

/* Waits until a sync that began behind now has ended well; leads one if none is under way. The
 * system tells of a failure once: it is that of all whom the sync was to cover, and none of
 * them is acknowledged by the next. */
static enum zt_err
commit(struct fs *f)
{
	enum zt_err err = ZT_OK;
	uint64_t mine;

	(void)pthread_mutex_lock(&f->lock);
	mine = ++f->arrived;
	while (f->covered < mine && f->failed < mine) {
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
		if (rv == 0) {
			f->covered = upto;
		} else {
			f->failed = upto;
			f->reason = err_of(errno);
		}
		(void)pthread_cond_broadcast(&f->synced);
	}
	if (f->failed >= mine)
		err = f->reason;
	(void)pthread_mutex_unlock(&f->lock);
	return err;
}

static enum zt_err
parse_trailer(struct bytes file, struct trailer *out)
{
	struct wire_reader r;

	if (file.n < PAGE || file.n % PAGE != 0)
		return ZT_ERR_CORRUPT; /* not as it was written */
	r = wire_read(bytes_of(file.p + file.n - TRAILER, TRAILER));
	out->checksum = wire_u64(&r);
	out->magic = wire_u32(&r);
	out->length = wire_u32(&r);
	wire_copy(&r, out->hash.b, HASH_BYTES);
	if (wire_end(&r) || (out->magic != MAGIC && out->magic != MAGIC_1) ||
	    out->length > LIMIT_BLOCK_WIRE || file.n < out->length ||
	    file.n - out->length < TRAILER - (out->magic == MAGIC ? 0 : 8))
		return ZT_ERR_CORRUPT;
	return ZT_OK;
}

/* A whole FILE: OK when its block is as it was written. */
static enum zt_err
check_file(struct bytes file, struct trailer *out)
{
	struct hash is;
	enum zt_err err = parse_trailer(file, out);

	if (err)
		return err;
	if (out->magic == MAGIC)
		return XXH3_64bits(file.p, out->length) == out->checksum ? ZT_OK
									 : ZT_ERR_CORRUPT;
	hash_block(bytes_of(file.p, out->length), &is);
	return hash_equal(&is, &out->hash) ? ZT_OK : ZT_ERR_CORRUPT;
}

static enum zt_err
write_temp(struct fs *f, const char *temp, struct bytes block, const struct hash *hash)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC };
	struct page_buffer *b = take_buffer(f);
	struct bytes file;
	enum zt_err err;
	int fd;

	if (b == NULL)
		return ZT_ERR_MEMORY;
	/* While the processor has the block at hand, of its hash: making a file may wait. */
	file = lay_out(block, hash, b->p);
	fd = openat(f->root, temp, FLAGS | O_DIRECT, 0600);
	if (fd < 0 &&
	    errno == EINVAL) { /* a file system without it may leave the file behind */
		(void)unlinkat(f->root, temp, 0);
		fd = openat(f->root, temp, FLAGS, 0600);
	}
	err = fd < 0 ? err_of(errno) : write_all(fd, file);
	if (fd >= 0 && close(fd) != 0 && err == ZT_OK)
		err = err_of(errno);
	give_buffer(f, b);
	return err;
}

/* Opens the file at PATH, past the page cache where the file system can. */
static enum zt_err
open_file(struct fs *f, const char *path, int *out, size_t *size)
{
	enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW };
	struct stat st;
	int fd = openat(f->root, path, FLAGS | O_DIRECT);

	if (fd < 0 && errno == EINVAL)
		fd = openat(f->root, path, FLAGS);
	if (fd < 0)
		return err_of(errno);
	if (fstat(fd, &st) == 0 && st.st_size <= (off_t)size_on_disk(LIMIT_BLOCK_WIRE)) {
		*size = (size_t)st.st_size;
		*out = fd;
		return ZT_OK;
	}
	(void)close(fd);
	return ZT_ERR_CORRUPT;
}

static enum zt_err
read_all(int fd, uint8_t *to, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t got = pread(fd, to + at, size - at, (off_t)at);

		if (got == 0)
			return ZT_ERR_CORRUPT;
		if (got < 0 && errno != EINTR)
			return err_of(errno);
		at += got > 0 ? (size_t)got : 0;
	}
	return ZT_OK;
}

/* Whether the block at PATH is the one with HASH. Errors: EXISTS (another), CORRUPT. */
static enum zt_err
compare(struct fs *f, const char *path, const struct hash *hash)
{
	struct page_buffer *pages = NULL;
	struct trailer t;
	size_t size;
	int fd;
	enum zt_err err = open_file(f, path, &fd, &size);

	if (err)
		return err;
	if ((pages = take_buffer(f)) == NULL)
		err = ZT_ERR_MEMORY;
	else if ((err = read_all(fd, pages->p, size)) == ZT_OK &&
		 (err = check_file(bytes_of(pages->p, size), &t)) == ZT_OK &&
		 !hash_equal(&t.hash, hash))
		err = ZT_ERR_EXISTS;
	give_buffer(f, pages);
	(void)close(fd);
	return err;
}

/* Sets *OUT: whether PATH exists and is the block with HASH. Errors: EXISTS (another),
 * CORRUPT. */
static enum zt_err
is_stored(struct fs *f, const char *path, const struct hash *hash, bool *out)
{
	enum zt_err err = compare(f, path, hash);

	*out = err == ZT_OK;
	return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
}

/* Deletes the file at PATH, if it is damaged still, so that it can be written again: under a
 * lock, so that no thread deletes what another has just written. Sets *OUT as is_stored does.
 */
static enum zt_err
remove_damaged(struct fs *f, const char *path, const struct hash *hash, bool *out)
{
	enum zt_err err;

	(void)pthread_mutex_lock(&f->damage);
	if ((err = is_stored(f, path, hash, out)) == ZT_ERR_CORRUPT)
		err = unlinkat(f->root, path, 0) == 0 ? ZT_OK : err_of(errno);
	(void)pthread_mutex_unlock(&f->damage);
	return err;
}

/* Names TEMP, never over another file. Errors: EXISTS (another thread's came first). */
static enum zt_err
name_file(struct fs *f, const char *temp, const char *path)
{
	int rv = renameat2(f->root, temp, f->root, path, RENAME_NOREPLACE);
	enum zt_err err;

	if (rv != 0 && errno == ENOENT) {
		if ((err = make_folders(f->root, path)))
			return err;
		rv = renameat2(f->root, temp, f->root, path, RENAME_NOREPLACE);
	}
	if (rv != 0 && errno == EINVAL) { /* a file system that cannot: a link does the same */
		if ((rv = linkat(f->root, temp, f->root, path, 0)) == 0)
			(void)unlinkat(f->root, temp, 0);
	}
	if (rv == 0)
		return ZT_OK;
	return errno == EEXIST ? ZT_ERR_EXISTS : err_of(errno);
}

static enum zt_err
put(struct backend *b, const struct backend_place *at, struct bytes block,
    const struct hash *hash, bool *added)
{
	struct fs *f = (struct fs *)b;
	char path[PATH_BYTES_MAX], temp[PATH_BYTES_MAX];
	struct hash is;
	bool is_there;
	enum zt_err err;

	*added = false;
	path_of(at, path);
	err = is_stored(f, path, hash, &is_there);
	hash_block(block, &is);
	if (!hash_equal(&is, hash))
		return ZT_ERR_DIGEST;
	if (err == ZT_ERR_CORRUPT)
		err = remove_damaged(f, path, hash, &is_there);
	if (err)
		return err;
	if (is_there)
		return commit(f); /* it may be there without a sync yet */
	(void)snprintf(temp, sizeof temp, "tmp/%016llx-%lu", (unsigned long long)f->run,
	    atomic_fetch_add(&f->next_temp, 1));
	if ((err = write_temp(f, temp, block, hash)) == ZT_OK)
		err = name_file(f, temp, path);
	if (err)
		(void)unlinkat(f->root, temp, 0);
	*added = err == ZT_OK;
	if (err == ZT_ERR_EXISTS)
		err = compare(f, path, hash);
	return err ? err : commit(f);
}

static enum zt_err
get(struct backend *b, const struct backend_place *at, const struct backend_sink *to)
{
	struct fs *f = (struct fs *)b;
	char path[PATH_BYTES_MAX];
	struct trailer t;
	uint8_t *pages;
	size_t size;
	int fd;
	enum zt_err err;

	path_of(at, path);
	if ((err = open_file(f, path, &fd, &size)))
		return err;
	if ((pages = to->room(to->ctx, size)) == NULL)
		err = ZT_ERR_MEMORY;
	else if ((err = read_all(fd, pages, size)) == ZT_OK &&
		 (err = check_file(bytes_of(pages, size), &t)) == ZT_OK)
		to->keep(to->ctx, t.length);
	(void)close(fd);
	return err;
}

static bool
has(struct backend *b, const struct backend_place *at)
{
	struct fs *f = (struct fs *)b;
	char path[PATH_BYTES_MAX];

	path_of(at, path);
	return faccessat(f->root, path, F_OK, 0) == 0;
}

/* Adds the sizes of files in the folder FD, DEPTH folders deep, and closes it. */
static enum zt_err
add_folder(int fd, int depth, uint64_t *bytes)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	enum zt_err err = ZT_OK;

	if (dir == NULL) {
		(void)close(fd);
		return ZT_ERR_MEMORY;
	}
	while (err == ZT_OK && (e = readdir(dir)) != NULL) {
		struct stat st;

		if (e->d_name[0] == '.' ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue; /* renamed meanwhile */
		if (S_ISDIR(st.st_mode) && depth > 0) {
			int sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			err = sub < 0 ? err_of(errno) : add_folder(sub, depth - 1, bytes);
		} else {
			*bytes += (uint64_t)st.st_size;
		}
	}
	(void)closedir(dir);
	return err;
}

static enum zt_err
usage(struct backend *b, const struct id *org, uint64_t *bytes)
{
	struct fs *f = (struct fs *)b;
	char name[ID_TEXT];
	int fd;

	*bytes = 0;
	id_print(org, name);
	if ((fd = openat(f->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return errno == ENOENT ? ZT_OK : err_of(errno);
	return add_folder(fd, 2, bytes); /* workspaces, and their shards */
}

/* Takes the folder NAME in FD away, with what is in it, DEPTH folders deep. */
static enum zt_err
remove_folder(int fd, const char *name, int depth)
{
	int sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir;
	struct dirent *e;
	enum zt_err err = ZT_OK;

	if (sub < 0)
		return err_of(errno);
	if ((dir = fdopendir(sub)) == NULL) {
		(void)close(sub);
		return ZT_ERR_MEMORY;
	}
	while (err == ZT_OK && (e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (depth > 0)
			err = remove_folder(sub, e->d_name, depth - 1);
		else if (unlinkat(sub, e->d_name, 0) != 0 && errno != ENOENT)
			err = err_of(errno);
	}
	(void)closedir(dir);
	if (err == ZT_OK && unlinkat(fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		err = err_of(errno);
	return err;
}

static enum zt_err
purge(struct backend *b, const struct id *org, const struct id *workspace)
{
	struct fs *f = (struct fs *)b;
	char name[ID_TEXT];
	int fd;
	enum zt_err err;

	id_print(org, name);
	if ((fd = openat(f->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_of(errno);
	id_print(workspace, name);
	err = remove_folder(fd, name, 1); /* its shards */
	(void)close(fd);
	return err;
}

static void
close_fs(struct backend *b)
{
	struct fs *f = (struct fs *)b;

	for (struct page_buffer *p = f->buffers, *next; p != NULL; p = next) {
		next = p->next;
		free(p->p);
		free(p);
	}
	(void)close(f->root);
	(void)pthread_mutex_destroy(&f->lock);
	(void)pthread_mutex_destroy(&f->damage);
	(void)pthread_cond_destroy(&f->synced);
	free(f);
}

/* What a killed process left half written; nobody writes one block for a day. */
static void
clear_temp(int root)
{
	int fd = openat(root, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	time_t before = time(NULL) - (time_t)24 * 60 * 60;
	struct dirent *e;
	struct stat st;

	if (d == NULL && fd >= 0)
		(void)close(fd);
	while (d != NULL && (e = readdir(d)) != NULL)
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < before)
			(void)unlinkat(fd, e->d_name, 0);
	if (d != NULL)
		(void)closedir(d);
}

enum zt_err
backend_fs_open(const char *folder, struct backend **out, char reason[200])
{
	struct fs *f = calloc(1, sizeof *f);

	if (f == NULL)
		return ZT_ERR_MEMORY;
	f->root = -1;
	if ((mkdir(folder, 0700) != 0 && errno != EEXIST) ||
	    (f->root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    (mkdirat(f->root, "tmp", 0700) != 0 && errno != EEXIST)) {
		(void)snprintf(reason, 200, "folder: %.120s: %s", folder, strerror(errno));
		if (f->root >= 0)
			(void)close(f->root);
		free(f);
		return ZT_ERR_IO;
	}
	random_bytes(&f->run, sizeof f->run);
	clear_temp(f->root);
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_mutex_init(&f->damage, NULL);
	(void)pthread_cond_init(&f->synced, NULL);
	f->base = (struct backend){ put, get, has, usage, purge, close_fs };
	*out = &f->base;
	return ZT_OK;
}
