/* transfer.c - files in and out: blocks in parallel, manifests in bulk, names only when whole.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "client/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

enum { IN_FLIGHT = 6 };

enum zt_err
transfer_err(struct zt *z, const char *name, int number)
{
	enum zt_err err = number == ENOENT                       ? ZT_ERR_NOT_FOUND
			  : number == EEXIST                     ? ZT_ERR_EXISTS
			  : number == ENOSPC || number == EDQUOT ? ZT_ERR_FULL
								 : ZT_ERR_IO;

	return client_refuse(z, err, "%.180s: %s", name, strerror(number));
}

static void
report(struct transfer *t, const char *name)
{
	if (t->p != NULL && t->p->step != NULL)
		t->p->step(t->p->ctx, t->done, t->total, t->files, name);
}

void
transfer_skip(struct transfer *t, const char *name, const char *why)
{
	if (t->p != NULL && t->p->skipped != NULL)
		t->p->skipped(t->p->ctx, name, why);
}

/* ---- one file up ---- */

struct upload {
	struct calls_transfer call; /* first */
	struct transfer *t;
};

static void
uploaded(struct calls_transfer *call)
{
	struct upload *u = (struct upload *)call;

	if (call->err && u->t->err == ZT_OK)
		u->t->err = client_refuse(u->t->z, call->err, "%s", call->detail);
	buf_free(&call->body);
	buf_free(&call->answer);
	free(u);
}

static enum zt_err
send_block(struct transfer *t, struct bytes clear, struct block_ref *ref)
{
	struct upload *u = calloc(1, sizeof *u);
	enum zt_err err;

	if (u == NULL)
		return ZT_ERR_MEMORY;
	u->t = t;
	u->call = (struct calls_transfer){ .route = ROUTE_BLOCK_PUT,
		.done = uploaded,
		.body = buf_init(LIMIT_BLOCK_WIRE),
		.answer = buf_init(64) };
	if ((err = block_seal(clear, ref, &u->call.body)) == ZT_OK) {
		u->call.params = (struct route_params){
			.org = t->z->org, .id = t->s->w->id, .block = ref->id, .hash = ref->hash
		};
		err = calls_start(t->z->calls, &u->call);
	}
	if (err) {
		buf_free(&u->call.body);
		free(u);
		return err;
	}
	err = calls_wait(t->z->calls, IN_FLIGHT - 1);
	return err ? err : t->err;
}

/* Adds REF to F; *IDS gathers the ids. */
static enum zt_err
note_block(Zt__FileManifest *f, const struct block_ref *ref, size_t *cap, struct buf *ids)
{
	Zt__BlockRef *b;
	enum zt_err err = vec_room(&f->blocks->blocks, f->blocks->n_blocks, cap, sizeof(b));

	if (err)
		return err;
	if ((b = malloc(sizeof *b)) == NULL)
		return ZT_ERR_MEMORY;
	zt__block_ref__init(b);
	f->blocks->blocks[f->blocks->n_blocks++] = b;
	b->id = pb_field(malloc(ID_BYTES), ID_BYTES);
	b->key = pb_field(malloc(AEAD_KEY_BYTES), AEAD_KEY_BYTES);
	b->hash = pb_field(malloc(HASH_BYTES), HASH_BYTES);
	if (b->id.data == NULL || b->key.data == NULL || b->hash.data == NULL)
		return ZT_ERR_MEMORY;
	memcpy(b->id.data, ref->id.b, ID_BYTES);
	memcpy(b->key.data, ref->key, AEAD_KEY_BYTES);
	memcpy(b->hash.data, ref->hash.b, HASH_BYTES);
	b->size = ref->size;
	buf_add(ids, bytes_of(ref->id.b, ID_BYTES));
	return buf_err(ids);
}

static Zt__Manifest *
new_file(const struct stat *st)
{
	Zt__Manifest *m = malloc(sizeof *m);

	if (m == NULL)
		return NULL;
	zt__manifest__init(m);
	m->kind_case = ZT__MANIFEST__KIND_FILE;
	if ((m->file = malloc(sizeof *m->file)) == NULL) {
		free(m);
		return NULL;
	}
	zt__file_manifest__init(m->file);
	m->file->mode = (uint32_t)st->st_mode & 07777;
	m->file->modified = transfer_modified(st);
	return m;
}

uint64_t
transfer_modified(const struct stat *st)
{
	return (uint64_t)st->st_mtim.tv_sec * 1000 + (uint64_t)st->st_mtim.tv_nsec / 1000000;
}

static ssize_t
read_full(int fd, uint8_t *to, size_t n)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = read(fd, to + at, n - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		at += (size_t)got;
	}
	return (ssize_t)at;
}

/* The content of FD into F: inline when it is small, else in blocks. */
static enum zt_err
send_content(struct transfer *t, int fd, const char *name, Zt__FileManifest *f, struct buf *ids)
{
	uint8_t *chunk = malloc(LIMIT_BLOCK);
	size_t cap = 0;
	ssize_t n = 0;
	enum zt_err err = chunk != NULL ? ZT_OK : ZT_ERR_MEMORY;

	while (err == ZT_OK && (n = read_full(fd, chunk, LIMIT_BLOCK)) > 0) {
		struct block_ref ref = { .size = 0 };

		if (f->size == 0 && n <= LIMIT_INLINE) {
			f->content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
			f->inline_content = pb_field(chunk, (size_t)n);
			f->size = (uint64_t)n;
			t->done += (uint64_t)n;
			return ZT_OK; /* the manifest owns the chunk now */
		}
		if (f->blocks == NULL) {
			if ((f->blocks = malloc(sizeof *f->blocks)) == NULL) {
				err = ZT_ERR_MEMORY;
				break;
			}
			zt__block_list__init(f->blocks);
			f->content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
			f->blocks->block_size = LIMIT_BLOCK;
		}
		f->size += (uint64_t)n;
		if ((err = send_block(t, bytes_of(chunk, (size_t)n), &ref)) == ZT_OK)
			err = note_block(f, &ref, &cap, ids);
		suite_wipe(ref.key, sizeof ref.key);
		t->done += (uint64_t)n;
		report(t, name);
	}
	if (err == ZT_OK && n < 0)
		err = transfer_err(t->z, name, errno);
	if (chunk != NULL)
		suite_wipe(chunk, LIMIT_BLOCK);
	free(chunk);
	return err;
}

/* ---- a tree up ---- */

/* Sends what is gathered, once every block in flight is acknowledged. */
static enum zt_err
flush(struct transfer *t)
{
	enum zt_err err = calls_wait(t->z->calls, 0);

	if (err == ZT_OK)
		err = t->err;
	return err ? err : batch_send(t->batch);
}

struct known { /* an entry of a remote folder, and its version */
	struct tree_entry to;
	bool is_there;
};

static struct known
find_in(const Zt__Manifest *folder, struct bytes name)
{
	struct known k = { .is_there = false };
	const Zt__FolderEntry *e =
	    folder != NULL && folder->kind_case == ZT__MANIFEST__KIND_FOLDER
		? manifest_find(folder->folder, name)
		: NULL;

	if (e != NULL) {
		memcpy(k.to.vlob.b, e->vlob.data, ID_BYTES);
		k.to.is_folder = e->folder;
		k.is_there = true;
	}
	return k;
}

/* Whether the remote file is this one already: same size, same time. */
static bool
is_same(struct transfer *t, const struct id *vlob, const struct stat *st)
{
	struct space_version v;
	Zt__Manifest *m = NULL;
	bool same = space_version(t->s, vlob, 0, &v) == ZT_OK &&
		    space_manifest(t->s, &v, &m) == ZT_OK &&
		    m->kind_case == ZT__MANIFEST__KIND_FILE &&
		    m->file->size == (uint64_t)st->st_size &&
		    m->file->modified == transfer_modified(st);

	pb_wipe(m);
	return same;
}

static enum zt_err
put_file(struct transfer *t, int fd, const char *name, const struct stat *st,
    const struct id *folder, struct bytes as, const struct known *k)
{
	struct tree_entry to = k->to;
	struct buf ids = buf_init(LIMIT_CHANGESET);
	Zt__Manifest *m;
	enum zt_err err;

	if (k->is_there && k->to.is_folder)
		return client_refuse(t->z, ZT_ERR_EXISTS, "%.180s is a folder there", name);
	t->total += (uint64_t)st->st_size;
	if (k->is_there && is_same(t, &k->to.vlob, st)) {
		t->done += (uint64_t)st->st_size;
		return ZT_OK;
	}
	if (!k->is_there)
		suite_random(to.vlob.b, ID_BYTES);
	to.is_folder = false;
	if ((m = new_file(st)) == NULL)
		return ZT_ERR_MEMORY;
	if ((err = send_content(t, fd, name, m->file, &ids))) {
		pb_wipe(m);
	} else if ((err = batch_write(t->batch, &to.vlob, m, buf_bytes(&ids))) == ZT_OK) {
		if (!k->is_there)
			err = batch_link(t->batch, folder, as, &to, BATCH_ABSENT);
		t->files++;
		report(t, name);
	}
	buf_free(&ids);
	if (err == ZT_OK && batch_is_full(t->batch))
		err = flush(t);
	return err;
}

static enum zt_err put_folder(struct transfer *t, int dir, const char *name,
    const struct id *folder, bool is_new, unsigned depth);

/* One entry of a local folder. What cannot be read or named is skipped, and said. */
static enum zt_err
put_entry(struct transfer *t, int dir, const char *entry, const struct id *folder,
    const Zt__Manifest *there, unsigned depth)
{
	struct buf as = buf_init(4 * LIMIT_NAME), shown = buf_init(4 * LIMIT_NAME);
	struct known k;
	struct stat st;
	const char *why = "";
	enum zt_err err = ZT_OK;
	int fd = -1;

	utf8_show(bytes_text(entry), &shown);
	if (utf8_normal(bytes_text(entry), &as) || path_name_check(buf_bytes(&as), &why)) {
		transfer_skip(t, buf_text(&shown), why[0] != 0 ? why : "its name is not UTF-8");
		goto out;
	}
	if ((fd = openat(dir, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0 ||
	    fstat(fd, &st) != 0) {
		transfer_skip(t, buf_text(&shown),
		    errno == ELOOP ? "it is a symbolic link" : strerror(errno));
		goto out;
	}
	k = find_in(there, buf_bytes(&as));
	if (S_ISREG(st.st_mode)) {
		err = put_file(t, fd, buf_text(&shown), &st, folder, buf_bytes(&as), &k);
	} else if (S_ISDIR(st.st_mode) && (!k.is_there || k.to.is_folder)) {
		bool is_new = !k.is_there;

		if (is_new) {
			suite_random(k.to.vlob.b, ID_BYTES);
			k.to.is_folder = true;
			if ((err = batch_folder(t->batch, &k.to.vlob)) == ZT_OK)
				err = batch_link(
				    t->batch, folder, buf_bytes(&as), &k.to, BATCH_ABSENT);
		}
		if (err == ZT_OK)
			err =
			    put_folder(t, fd, buf_text(&shown), &k.to.vlob, is_new, depth + 1);
		fd = -1; /* closed by put_folder */
	} else {
		transfer_skip(t, buf_text(&shown), "it is neither a file nor a folder");
	}
out:
	if (fd >= 0)
		(void)close(fd);
	buf_free(&as);
	buf_free(&shown);
	return err;
}

/* All in the local folder DIR, which is closed. */
static enum zt_err
put_folder(struct transfer *t, int dir, const char *name, const struct id *folder, bool is_new,
    unsigned depth)
{
	DIR *d = depth < LIMIT_DEPTH ? fdopendir(dir) : NULL;
	Zt__Manifest *there = NULL;
	struct space_version v;
	struct dirent *e;
	enum zt_err err = ZT_OK;

	if (d == NULL) {
		transfer_skip(
		    t, name, depth < LIMIT_DEPTH ? strerror(errno) : "it is too deep");
		(void)close(dir);
		return ZT_OK;
	}
	if (!is_new && space_version(t->s, folder, 0, &v) == ZT_OK)
		err = space_manifest(t->s, &v, &there);
	while (err == ZT_OK && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			err = put_entry(t, dirfd(d), e->d_name, folder, there, depth);
	if (err == ZT_OK && batch_is_full(t->batch))
		err = flush(t);
	pb_wipe(there);
	(void)closedir(d);
	return err;
}

/* The folder that holds the last name of PATH, and what is there under that name. */
static enum zt_err
place_of(struct space *s, struct path *path, struct tree_entry *parent, struct known *k)
{
	struct space_version v;
	Zt__Manifest *m = NULL;
	enum zt_err err = tree_find(s, path, path->count - 1, parent);

	k->is_there = false;
	if (err == ZT_OK && !parent->is_folder)
		err = client_refuse(s->z, ZT_ERR_NOT_FOUND, "that path leads through a file");
	if (err == ZT_OK && space_version(s, &parent->vlob, 0, &v) == ZT_OK &&
	    (err = space_manifest(s, &v, &m)) == ZT_OK)
		*k = find_in(m, path->name[path->count - 1]);
	pb_wipe(m);
	return err;
}

static enum zt_err
put_any(struct transfer *t, int fd, const struct stat *st, const char *local, struct path *path)
{
	struct tree_entry parent, self = { .is_folder = true };
	struct known k = { .is_there = true, .to = { t->s->w->id, true } };
	struct bytes as =
	    bytes_text(strrchr(local, '/') != NULL ? strrchr(local, '/') + 1 : local);
	enum zt_err err = ZT_OK;

	if (path->count > 0 && (err = place_of(t->s, path, &parent, &k)))
		goto out;
	if (S_ISREG(st->st_mode)) {
		if (k.is_there && k.to.is_folder) { /* into that folder, under its own name */
			const char *why = "";

			if ((err = path_name_check(as, &why))) {
				err = client_refuse(t->z, err, "%s", why);
				goto out;
			}
			path->name[path->count++] = as;
			if ((err = place_of(t->s, path, &parent, &k)))
				goto out;
		}
		return put_file(
		    t, fd, local, st, &parent.vlob, path->name[path->count - 1], &k);
	}
	if (!S_ISDIR(st->st_mode) || (k.is_there && !k.to.is_folder)) {
		err = client_refuse(t->z, ZT_ERR_INVALID,
		    "%.180s: not a file or folder that fits there", local);
		goto out;
	}
	self = k.to;
	if (!k.is_there) {
		suite_random(self.vlob.b, ID_BYTES);
		self.is_folder = true;
		if ((err = batch_folder(t->batch, &self.vlob)) ||
		    (err = batch_link(t->batch, &parent.vlob, path->name[path->count - 1],
			 &self, BATCH_ABSENT)))
			goto out;
	}
	if ((fd = dup(fd)) < 0)
		return transfer_err(t->z, local, errno);
	return put_folder(t, fd, local, &self.vlob, !k.is_there, 0);
out:
	return err;
}

enum zt_err
zt_put(struct zt *z, const char *local, const char *remote, const struct zt_progress *p,
    uint64_t *files)
{
	struct transfer t = { .z = z, .p = p };
	struct path path;
	struct stat st;
	int fd;
	enum zt_err err;

	if ((err = tree_open(z, remote, &t.s, &path)))
		return err;
	if ((fd = open(local, O_RDONLY | O_CLOEXEC)) < 0 || fstat(fd, &st) != 0) {
		err = transfer_err(z, local, errno);
		if (fd >= 0)
			(void)close(fd);
		return err;
	}
	if ((err = batch_new(t.s, &t.batch)) == ZT_OK) {
		if ((err = put_any(&t, fd, &st, local, &path)) == ZT_OK)
			err = flush(&t);
		else if (calls_wait(
			     z->calls, 0)) /* nothing may call back into a frame that is gone */
			err = ZT_ERR_NETWORK;
	}
	batch_free(t.batch);
	(void)close(fd);
	if (files != NULL && err == ZT_OK)
		*files = t.files;
	return err;
}

/* ---- down ---- */

struct download {
	struct calls_transfer call; /* first */
	struct transfer *t;
	struct block_ref ref;
	int fd;
	uint64_t offset;
};

static enum zt_err
write_at(struct transfer *t, int fd, uint64_t offset, struct bytes b)
{
	while (b.n > 0) {
		ssize_t n = pwrite(fd, b.p, b.n, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return transfer_err(t->z, "writing", errno);
		b.p += n;
		b.n -= (size_t)n;
		offset += (uint64_t)n;
	}
	return ZT_OK;
}

static void
downloaded(struct calls_transfer *call)
{
	struct download *d = (struct download *)call;
	struct transfer *t = d->t;
	struct buf clear = buf_init(BLOCK_CLEAR_MOST);
	enum zt_err err = call->err;

	if (err)
		err = client_refuse(t->z, err == ZT_ERR_NOT_FOUND ? ZT_ERR_MISSING_BLOCK : err,
		    "a block of the file: %s", call->detail[0] ? call->detail : err_words(err));
	else if ((err = block_open(&d->ref, buf_bytes(&call->answer), &clear)))
		err = client_refuse(t->z, err, "a block of the file is damaged or was altered");
	else if (d->fd >= 0)
		err = write_at(t, d->fd, d->offset, buf_bytes(&clear));
	if (t->err == ZT_OK)
		t->err = err;
	t->done += d->ref.size;
	t->blocks++;
	buf_free(&clear);
	buf_free(&call->answer);
	suite_wipe(d->ref.key, sizeof d->ref.key);
	free(d);
}

enum zt_err
transfer_content(struct transfer *t, const Zt__FileManifest *f, int fd)
{
	uint64_t offset = 0;
	size_t n =
	    f->content_case == ZT__FILE_MANIFEST__CONTENT_BLOCKS ? f->blocks->n_blocks : 0;
	enum zt_err err = ZT_OK;

	if (f->content_case == ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT) {
		t->done += f->size;
		return fd >= 0 ? write_at(t, fd, 0, pb_bytes(f->inline_content)) : ZT_OK;
	}
	for (size_t i = 0; err == ZT_OK && t->err == ZT_OK && i < n; i++) {
		struct download *d = calloc(1, sizeof *d);

		if (d == NULL) {
			err = ZT_ERR_MEMORY;
			break;
		}
		manifest_block(f, i, &d->ref);
		d->t = t;
		d->fd = fd;
		d->offset = offset;
		offset += d->ref.size;
		d->call = (struct calls_transfer){ .route = ROUTE_BLOCK_GET,
			.done = downloaded,
			.answer = buf_init(block_sealed_size(d->ref.size)),
			.params = { .org = t->z->org, .id = t->s->w->id, .block = d->ref.id } };
		if ((err = calls_start(t->z->calls, &d->call)))
			free(d);
		else
			err = calls_wait(t->z->calls, IN_FLIGHT - 1);
		report(t, "");
	}
	if (calls_wait(t->z->calls, 0) && err == ZT_OK)
		err = ZT_ERR_NETWORK;
	return err ? err : t->err;
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

/* Writes one file beside its place and names it when it is whole: a reader never sees half of
 * it, and a link that stands there is replaced, not followed. */
static enum zt_err
get_file(struct transfer *t, int dir, const char *name, const Zt__FileManifest *f)
{
	struct timespec times[2] = { { 0, UTIME_OMIT },
		{ (time_t)(f->modified / 1000), (long)(f->modified % 1000) * 1000000 } };
	char temp[64];
	int fd;
	enum zt_err err;

	(void)snprintf(
	    temp, sizeof temp, ".zt-%d-%llu", (int)getpid(), (unsigned long long)t->files);
	(void)unlinkat(dir, temp, 0);
	if ((fd = openat(
		 dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return transfer_err(t->z, name, errno);
	t->total += f->size;
	if ((err = transfer_content(t, f, fd)) == ZT_OK) {
		(void)fchmod(fd, (mode_t)f->mode & 0777);
		(void)futimens(fd, times);
		if (renameat(dir, temp, dir, name) != 0)
			err = transfer_err(t->z, name, errno);
	}
	if (close(fd) != 0 && err == ZT_OK)
		err = transfer_err(t->z, name, errno);
	if (err)
		(void)unlinkat(dir, temp, 0);
	else
		t->files++;
	report(t, name);
	return err;
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
	struct transfer t = { .z = z, .p = p };
	struct path path;
	struct tree_entry at;
	int dir;
	enum zt_err err;

	if ((err = tree_open(z, remote, &t.s, &path)) ||
	    (err = tree_find(t.s, &path, path.count, &at)))
		return err;
	if (!at.is_folder) {
		err = get_one(&t, &at.vlob, &path, local);
	} else if ((mkdir(local, 0777) != 0 && errno != EEXIST) ||
		   (dir = open(local, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		err = transfer_err(z, local, errno);
	} else {
		err = get_folder(&t, &at.vlob, dir, 0);
		(void)close(dir);
	}
	if (files != NULL && err == ZT_OK)
		*files = t.files;
	return err;
}
