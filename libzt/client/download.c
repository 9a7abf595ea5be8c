/* download.c - files out: blocks fetched, opened and written in parallel; a file takes its name
 * when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "client/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

enum { PAGE = 4096, LARGE = 8 * 1024 * 1024 };

/* A file that is being fetched: written beside its place and named when it is whole, so that a
 * reader never sees half of it, and a link that stands there is replaced, not followed. */
struct sink {
	struct transfer *t;
	size_t pending; /* blocks under way, and one for whoever still adds some */
	bool failed;
	int fd, dir; /* -1: the content is only checked */
	int direct;  /* the same file past the page cache, or -1 */
	char temp[64];
	char *name;
	unsigned mode;
	struct timespec times[2];
};

static enum zt_err
write_at(int fd, uint64_t offset, struct bytes b, int *number)
{
	while (b.n > 0) {
		ssize_t n = pwrite(fd, b.p, b.n, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*number = errno;
			return ZT_ERR_IO;
		}
		b.p += n;
		b.n -= (size_t)n;
		offset += (uint64_t)n;
	}
	return ZT_OK;
}

/* ---- a file ---- */

/* Its last block is done, or nothing more comes after a failure. */
static void
sink_end(struct sink *k)
{
	struct transfer *t = k->t;
	enum zt_err err = ZT_OK;

	if (--k->pending > 0)
		return;
	if (k->fd >= 0) {
		if (!k->failed) {
			(void)fchmod(k->fd, (mode_t)k->mode & 0777);
			(void)futimens(k->fd, k->times);
			if (renameat(k->dir, k->temp, k->dir, k->name) != 0)
				err = transfer_err(t->z, k->name, errno);
		}
		if (k->direct >= 0)
			(void)close(k->direct);
		if (close(k->fd) != 0 && err == ZT_OK && !k->failed)
			err = transfer_err(t->z, k->name, errno);
		if (err || k->failed)
			(void)unlinkat(k->dir, k->temp, 0);
		(void)close(k->dir);
	}
	if (err)
		transfer_fail(t, err);
	else if (!k->failed) {
		t->files++;
		transfer_report(t, k->name != NULL ? k->name : "");
	}
	free(k->name);
	free(k);
}

static void
sink_fail(struct sink *k, enum zt_err err)
{
	k->failed = true;
	transfer_fail(k->t, err);
}

/* DIR -1: nothing is written. The sink is pending once, for the caller. */
static enum zt_err
sink_new(
    struct transfer *t, int dir, const char *name, const Zt__FileManifest *f, struct sink **out)
{
	static const struct timespec omit = { 0, UTIME_OMIT };
	struct sink *k = calloc(1, sizeof *k);
	enum zt_err err = ZT_ERR_MEMORY;

	if (k == NULL)
		return err;
	*k = (struct sink){
		.t = t, .pending = 1, .fd = -1, .dir = -1, .direct = -1, .mode = f->mode
	};
	k->times[0] = omit;
	k->times[1] = (struct timespec){ (time_t)(f->modified / 1000),
		(long)(f->modified % 1000) * 1000000 };
	if (dir >= 0) {
		(void)snprintf(k->temp, sizeof k->temp, ".zt-%d-%p", (int)getpid(), (void *)k);
		if ((k->name = strdup(name)) == NULL)
			goto out;
		(void)unlinkat(dir, k->temp, 0);
		if ((k->dir = fcntl(dir, F_DUPFD_CLOEXEC, 0)) < 0 ||
		    (k->fd = openat(dir, k->temp,
			 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0) {
			err = transfer_err(t->z, name, errno);
			goto out;
		}
		/* Its size at once, so that blocks can be written side by side. A large file
		 * goes past the page cache where that can be: copying into fresh pages costs
		 * more than opening the blocks. */
		if (f->size >= LARGE && f->size <= INT64_MAX &&
		    fallocate(k->fd, 0, 0, (off_t)f->size) == 0)
			k->direct = openat(dir, k->temp, O_WRONLY | O_DIRECT | O_CLOEXEC);
		else if (f->size >= LARGE && errno == ENOSPC) {
			err = transfer_err(t->z, name, errno);
			(void)unlinkat(dir, k->temp, 0);
			(void)close(k->fd);
			goto out;
		}
	}
	*out = k;
	return ZT_OK;
out:
	if (k->dir >= 0)
		(void)close(k->dir);
	free(k->name);
	free(k);
	return err;
}

/* ---- a block ---- */

/* Whole pages of CLEAR to their place past the page cache, out of the slot's aligned memory. */
static enum zt_err
write_direct(struct transfer_slot *slot, struct bytes clear, int *number)
{
	if (slot->pages == NULL && (slot->pages = aligned_alloc(PAGE, LIMIT_BLOCK)) == NULL)
		return ZT_ERR_MEMORY;
	memcpy(slot->pages, clear.p, clear.n);
	return write_at(
	    slot->sink->direct, slot->offset, bytes_of(slot->pages, clear.n), number);
}

/* Runs on a thread of the pool: opens the block and writes it to its place. */
static void
open_and_write(struct pool_job *job)
{
	struct transfer_slot *slot = (struct transfer_slot *)job;
	struct sink *k = slot->sink;
	struct bytes clear;

	buf_empty(&slot->clear);
	slot->err = block_open(&slot->ref, buf_bytes(&slot->call.answer), &slot->clear);
	clear = buf_bytes(&slot->clear);
	if (slot->err || k->fd < 0)
		return;
	if (k->direct >= 0 && clear.n % PAGE == 0 && slot->offset % PAGE == 0 &&
	    clear.n <= LIMIT_BLOCK)
		slot->err = write_direct(slot, clear, &slot->os_error);
	else
		slot->err = write_at(k->fd, slot->offset, clear, &slot->os_error);
}

static void
written(struct transfer_slot *slot)
{
	struct transfer *t = slot->t;

	if (slot->err == ZT_ERR_IO)
		sink_fail(slot->sink, transfer_err(t->z, slot->sink->name, slot->os_error));
	else if (slot->err)
		sink_fail(slot->sink, client_refuse(t->z, slot->err,
					  "a block of the file is damaged or was altered"));
	t->done += slot->ref.size;
	t->blocks++;
	suite_wipe(slot->ref.key, sizeof slot->ref.key);
	sink_end(slot->sink);
	transfer_release(slot);
	transfer_report(t, "");
}

static void
fetched(struct calls_transfer *call)
{
	struct transfer_slot *slot = call->ctx;
	struct transfer *t = slot->t;

	if (call->err == ZT_OK) {
		transfer_hand_on(slot, open_and_write, written);
		return;
	}
	sink_fail(
	    slot->sink, client_refuse(t->z,
			    call->err == ZT_ERR_NOT_FOUND ? ZT_ERR_MISSING_BLOCK : call->err,
			    "a block of the file: %s",
			    call->detail[0] ? call->detail : err_words(call->err)));
	suite_wipe(slot->ref.key, sizeof slot->ref.key);
	sink_end(slot->sink);
	transfer_release(slot);
}

/* Starts to fetch all of F into K; K's owner gives it up. */
static enum zt_err
fetch_content(struct transfer *t, const Zt__FileManifest *f, struct sink *k)
{
	size_t n =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS ? f->blocks->n_blocks : 0;
	uint64_t offset = 0;
	int number = 0;
	enum zt_err err = ZT_OK;

	if (f->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT) {
		t->done += f->size;
		if (k->fd >= 0 && write_at(k->fd, 0, pb_bytes(f->inline_content), &number))
			err = transfer_err(t->z, k->name, number);
	}
	for (size_t i = 0; err == ZT_OK && i < n; i++) {
		struct transfer_slot *slot;

		if ((err = transfer_slot(t, &slot)))
			break;
		manifest_block(f, i, &slot->ref);
		slot->sink = k;
		slot->offset = offset;
		offset += slot->ref.size;
		slot->call.route = ROUTE_BLOCK_GET;
		slot->call.done = fetched;
		slot->call.ctx = slot;
		slot->call.params = (struct route_params){
			.org = t->z->org, .id = t->s->w->id, .block = slot->ref.id
		};
		buf_empty(&slot->call.answer);
		if ((err = buf_reserve(
			 &slot->call.answer, block_sealed_size(slot->ref.size))) == ZT_OK &&
		    (err = calls_start(t->z->calls, &slot->call)) == ZT_OK)
			k->pending++;
		else
			transfer_release(slot);
	}
	if (err)
		sink_fail(k, err);
	sink_end(k);
	return err;
}

enum zt_err
transfer_check_content(struct transfer *t, const Zt__FileManifest *f)
{
	struct sink *k = NULL;
	enum zt_err err = sink_new(t, -1, NULL, f, &k);

	return err ? err : fetch_content(t, f, k);
}

enum zt_err
transfer_block(struct transfer *t, const Zt__FileManifest *f, size_t i, int fd)
{
	struct block_ref ref;
	struct route_params p = { .org = t->z->org, .id = t->s->w->id };
	struct buf sealed = buf_init(LIMIT_BLOCK_WIRE), clear = buf_init(BLOCK_CLEAR_MOST);
	enum zt_err err;

	manifest_block(f, i, &ref);
	p.block = ref.id;
	if ((err = client_call(t->z, ROUTE_BLOCK_GET, &p, NULL, bytes_of(NULL, 0), &sealed)) ==
		ZT_OK &&
	    (err = block_open(&ref, buf_bytes(&sealed), &clear)))
		err = client_refuse(t->z, err, "a block of the file is damaged or was altered");
	for (size_t at = 0; err == ZT_OK && at < clear.n;) {
		ssize_t n = write(fd, clear.p + at, clear.n - at);

		if (n < 0 && errno != EINTR)
			err = transfer_err(t->z, "writing", errno);
		at += n > 0 ? (size_t)n : 0;
	}
	suite_wipe(ref.key, sizeof ref.key);
	buf_free(&sealed);
	buf_free(&clear);
	return err;
}

static enum zt_err
get_file(struct transfer *t, int dir, const char *name, const Zt__FileManifest *f)
{
	struct sink *k = NULL;
	enum zt_err err = sink_new(t, dir, name, f, &k);

	if (err)
		return err;
	t->total += f->size;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the sink is freed with its last block */
	return fetch_content(t, f, k);
}

struct item { /* something of a remote folder that is to be fetched into DIR */
	struct buf name;
	struct tree_entry what;
};

struct getting {
	struct transfer *t;
	int dir;
	struct item *items;
	size_t count, cap;
	const size_t *order;
};

static enum zt_err
got_file(void *ctx, size_t i, Zt__Manifest **m)
{
	struct getting *g = ctx;

	if ((*m)->kind_case != ZT__MANIFEST__KIND_FILE)
		return client_refuse(g->t->z, ZT_ERR_CORRUPT, "a file's object is a folder");
	return get_file(g->t, g->dir, buf_text(&g->items[g->order[i]].name), (*m)->file);
}

static enum zt_err
add_item(struct getting *g, const Zt__FolderEntry *e)
{
	enum zt_err err = vec_room(&g->items, g->count, &g->cap, sizeof *g->items);
	struct item *it;

	if (err)
		return err;
	it = &g->items[g->count++];
	it->name = buf_init(LIMIT_NAME);
	buf_add(&it->name, pb_bytes(e->name));
	memcpy(it->what.vlob.b, e->vlob.data, ID_BYTES);
	it->what.is_folder = e->folder;
	return buf_err(&it->name);
}

static enum zt_err
get_files(struct getting *g)
{
	struct space_version *v = calloc(g->count + 1, sizeof *v);
	size_t *order = calloc(g->count + 1, sizeof *order), n = 0;
	enum zt_err err = v != NULL && order != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < g->count; i++)
		if (!g->items[i].what.is_folder) {
			order[n] = i;
			if ((err = space_version(g->t->s, &g->items[i].what.vlob, 0, &v[n++])))
				err = client_refuse(
				    g->t->z, ZT_ERR_CORRUPT, "a file without a version");
		}
	g->order = order;
	if (err == ZT_OK)
		err = space_manifests(g->t->s, v, n, got_file, g);
	free(v);
	free(order);
	return err;
}

static enum zt_err
get_folder(struct transfer *t, const struct id *vlob, int dir, unsigned depth)
{
	struct getting g = { .t = t, .dir = dir };
	struct space_version v;
	Zt__Manifest *m = NULL;
	enum zt_err err = space_version(t->s, vlob, 0, &v);

	if (err == ZT_ERR_NOT_FOUND)
		return ZT_OK; /* an empty root */
	if (err || (err = space_manifest(t->s, &v, &m)))
		return err;
	if (depth >= LIMIT_DEPTH || m->kind_case != ZT__MANIFEST__KIND_FOLDER)
		err = client_refuse(
		    t->z, ZT_ERR_CORRUPT, "the folders are too deep, or go in a circle");
	for (size_t i = 0; err == ZT_OK && i < m->folder->n_entries; i++)
		err = add_item(&g, m->folder->entries[i]);
	pb_wipe(m);
	if (err == ZT_OK)
		err = get_files(&g);
	for (size_t i = 0; err == ZT_OK && i < g.count; i++) {
		const char *name = buf_text(&g.items[i].name);
		int sub;

		if (!g.items[i].what.is_folder)
			continue;
		if ((mkdirat(dir, name, 0777) != 0 && errno != EEXIST) ||
		    (sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) <
			0) {
			err = transfer_err(t->z, name, errno);
		} else {
			err = get_folder(t, &g.items[i].what.vlob, sub, depth + 1);
			(void)close(sub);
		}
	}
	for (size_t i = 0; i < g.count; i++)
		buf_free(&g.items[i].name);
	free(g.items);
	return err;
}

/* The folder of LOCAL, opened, and the last name of it. */
static int
open_parent(const char *local, const char **name)
{
	const char *slash = strrchr(local, '/');
	char folder[4096];

	*name = slash != NULL ? slash + 1 : local;
	if (slash == NULL)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(
	    folder, sizeof folder, "%.*s", slash == local ? 1 : (int)(slash - local), local);
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static enum zt_err
get_one(struct transfer *t, const struct id *vlob, const struct path *path, const char *local)
{
	struct space_version v;
	Zt__Manifest *m = NULL;
	struct buf own = buf_init(LIMIT_NAME);
	const char *name;
	struct stat st;
	int dir = -1;
	enum zt_err err;

	if ((err = space_version(t->s, vlob, 0, &v)) || (err = space_manifest(t->s, &v, &m)))
		goto out;
	if (stat(local, &st) == 0 && S_ISDIR(st.st_mode)) {
		buf_add(&own, path->name[path->count - 1]);
		name = buf_text(&own);
		dir = open(local, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else {
		dir = open_parent(local, &name);
	}
	if (dir < 0)
		err = transfer_err(t->z, local, errno);
	else if (m->kind_case != ZT__MANIFEST__KIND_FILE)
		err = client_refuse(t->z, ZT_ERR_CORRUPT, "a file's object is a folder");
	else
		err = get_file(t, dir, name, m->file);
out:
	if (dir >= 0)
		(void)close(dir);
	buf_free(&own);
	pb_wipe(m);
	return err;
}

enum zt_err
zt_get(struct zt *z, const char *remote, const char *local, const struct zt_progress *p,
    uint64_t *files)
{
	struct transfer t = { .z = z };
	struct space *s;
	struct path path;
	struct tree_entry at;
	int dir;
	enum zt_err err;

	if ((err = tree_open(z, remote, &s, &path)) ||
	    (err = tree_find(s, &path, path.count, &at)) || (err = transfer_begin(&t, z, s, p)))
		goto out;
	if (!at.is_folder) {
		err = get_one(&t, &at.vlob, &path, local);
	} else if ((mkdir(local, 0777) != 0 && errno != EEXIST) ||
		   (dir = open(local, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		err = transfer_err(z, local, errno);
	} else {
		err = get_folder(&t, &at.vlob, dir, 0);
		(void)close(dir);
	}
	if (err == ZT_OK)
		err = transfer_drain(&t);
	if (files != NULL && err == ZT_OK)
		*files = t.files;
out:
	transfer_end(&t);
	return err;
}
