/* files.c - everything about files but their transfer: list, move, remove, history,
 * verification. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/vec.h"
#include "client/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"

/* ---- ls: level by level; folders together, and then their files when details are asked for
 * ---- */

struct listing {
	struct space *s;
	bool recursive, details;
	void (*each)(void *ctx, const struct zt_file *f);
	void *ctx;
	struct idmap seen; /* folders: each is in one place only */
};

struct row {
	struct buf path;
	struct tree_entry what;
	struct zt_file f;
};

struct level {
	struct listing *l;
	struct space_version *folders;
	struct buf *paths; /* of the folders */
	size_t count, cap, cap2;
	struct row *rows; /* what is in them */
	size_t row_count, row_cap;
	size_t *of; /* asked-for version to row */
};

static enum zt_err
add_folder(struct level *v, const struct id *vlob, struct bytes path)
{
	struct space_version version;
	enum zt_err err = space_version(v->l->s, vlob, 0, &version);

	if (err == ZT_ERR_NOT_FOUND)
		return ZT_OK; /* nothing in it yet */
	if (err || (err = vec_room(&v->folders, v->count, &v->cap, sizeof *v->folders)) ||
	    (err = vec_room(&v->paths, v->count, &v->cap2, sizeof *v->paths)))
		return err;
	v->folders[v->count] = version;
	v->paths[v->count] = buf_init(LIMIT_DEPTH * (LIMIT_NAME + 1));
	buf_add(&v->paths[v->count], path);
	return buf_err(&v->paths[v->count++]);
}

static void
free_level(struct level *v)
{
	for (size_t i = 0; i < v->count; i++)
		buf_free(&v->paths[i]);
	for (size_t i = 0; i < v->row_count; i++)
		buf_free(&v->rows[i].path);
	free(v->paths);
	free(v->folders);
	free(v->rows);
	free(v->of);
	*v = (struct level){ .l = v->l };
}

static enum zt_err
add_row(struct level *v, struct bytes folder, struct bytes name, const struct tree_entry *what)
{
	enum zt_err err = vec_room(&v->rows, v->row_count, &v->row_cap, sizeof *v->rows);
	struct row *r;

	if (err)
		return err;
	r = &v->rows[v->row_count++];
	*r = (struct row){ .path = buf_init(LIMIT_DEPTH * (LIMIT_NAME + 1)), .what = *what };
	buf_add(&r->path, folder);
	if (name.n > 0) {
		buf_add_byte(&r->path, '/');
		buf_add(&r->path, name);
	}
	return buf_err(&r->path);
}

static enum zt_err
take_folder(void *ctx, size_t i, Zt__Manifest **m)
{
	struct level *v = ctx;
	enum zt_err err = ZT_OK;

	if ((*m)->kind_case != ZT__MANIFEST__KIND_FOLDER)
		return client_refuse(v->l->s->z, ZT_ERR_CORRUPT, "a folder's object is a file");
	for (size_t k = 0; err == ZT_OK && k < (*m)->folder->n_entries; k++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[k];
		struct tree_entry to = { .is_folder = e->folder };

		memcpy(to.vlob.b, e->vlob.data, ID_BYTES);
		err = add_row(v, buf_bytes(&v->paths[i]), pb_bytes(e->name), &to);
	}
	return err;
}

static enum zt_err
take_details(void *ctx, size_t i, Zt__Manifest **m)
{
	struct level *v = ctx;
	struct zt_file *f = &v->rows[v->of[i]].f;

	if ((*m)->kind_case == ZT__MANIFEST__KIND_FILE) {
		f->size = (*m)->file->size;
		f->modified = (*m)->file->modified;
		f->mode = (*m)->file->mode;
	}
	return ZT_OK;
}

static enum zt_err
add_details(struct level *v)
{
	struct space_version *files = calloc(v->row_count + 1, sizeof *files), version;
	size_t n = 0;
	enum zt_err err = ZT_OK;

	free(v->of);
	v->of = calloc(v->row_count + 1, sizeof *v->of);
	if (files == NULL || v->of == NULL)
		err = ZT_ERR_MEMORY;
	for (size_t i = 0; err == ZT_OK && i < v->row_count; i++) {
		if (space_version(v->l->s, &v->rows[i].what.vlob, 0, &version))
			continue; /* an empty folder that has no version yet */
		v->rows[i].f.version = version.version;
		v->rows[i].f.modified = version.time;
		if (!v->rows[i].what.is_folder) {
			files[n] = version;
			v->of[n++] = i;
		}
	}
	if (err == ZT_OK)
		err = space_manifests(v->l->s, files, n, take_details, v);
	free(files);
	return err;
}

/* Shows the rows of V; their folders go into BELOW. */
static enum zt_err
refuse_circle(struct listing *l)
{
	return client_refuse(
	    l->s->z, ZT_ERR_CORRUPT, "the folders are too deep, or go in a circle");
}

/* A member could put a folder into itself, a thousand times: it is listed once. */
static enum zt_err
see_folder(struct listing *l, const struct id *vlob)
{
	return idmap_get(&l->seen, vlob) != NULL ? refuse_circle(l)
						 : idmap_put(&l->seen, vlob, l);
}

static enum zt_err
show_level(struct level *v, struct level *below)
{
	enum zt_err err = v->l->details ? add_details(v) : ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < v->row_count; i++) {
		struct row *r = &v->rows[i];

		r->f.path = buf_text(&r->path);
		r->f.is_folder = r->what.is_folder;
		v->l->each(v->l->ctx, &r->f);
		if (v->l->recursive && r->what.is_folder &&
		    (err = see_folder(v->l, &r->what.vlob)) == ZT_OK)
			err = add_folder(below, &r->what.vlob, buf_bytes(&r->path));
	}
	return err;
}

static enum zt_err
list_levels(struct listing *l, const struct id *root, struct bytes path)
{
	struct level now = { .l = l }, below = { .l = l };
	enum zt_err err = see_folder(l, root);

	if (err == ZT_OK)
		err = add_folder(&now, root, path);
	for (unsigned depth = 0; err == ZT_OK && now.count > 0; depth++) {
		if (depth >= LIMIT_DEPTH) {
			err = refuse_circle(l);
			break;
		}
		if ((err = space_manifests(l->s, now.folders, now.count, take_folder, &now)) ==
		    ZT_OK)
			err = show_level(&now, &below);
		free_level(&now);
		now = below;
		below = (struct level){ .l = l };
	}
	free_level(&now);
	free_level(&below);
	idmap_free(&l->seen, NULL);
	return err;
}

static enum zt_err
list_file(struct listing *l, const struct tree_entry *what, struct bytes path)
{
	struct level one = { .l = l };
	enum zt_err err = add_row(&one, path, bytes_of(NULL, 0), what);

	if (err == ZT_OK)
		err = show_level(&one, NULL);
	free_level(&one);
	return err;
}

static void
join(const struct path *p, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_add_byte(out, '/');
		buf_add(out, p->name[i]);
	}
}

enum zt_err
zt_ls(struct zt *z, const char *remote, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx)
{
	struct listing l = {
		.recursive = recursive, .details = details, .each = each, .ctx = ctx
	};
	struct buf text = buf_init(LIMIT_DEPTH * (LIMIT_NAME + 1));
	struct tree_entry at;
	struct path path;
	enum zt_err err;

	if ((err = tree_open(z, remote, &l.s, &path)) ||
	    (err = tree_find(l.s, &path, path.count, &at)))
		return err;
	join(&path, path.count, &text);
	if (at.is_folder)
		err = list_levels(&l, &at.vlob, buf_bytes(&text));
	else
		err = list_file(&l, &at, buf_bytes(&text));
	buf_free(&text);
	return err;
}

/* ---- changes of names ---- */

static enum zt_err
split(struct space *s, const struct path *path, struct tree_entry *parent)
{
	enum zt_err err;

	if (path->count == 0)
		return client_refuse(s->z, ZT_ERR_INVALID, "that is the workspace itself");
	if ((err = tree_find(s, path, path->count - 1, parent)))
		return err;
	return parent->is_folder
		   ? ZT_OK
		   : client_refuse(s->z, ZT_ERR_INVALID, "that path leads through a file");
}

enum zt_err
zt_mkdir(struct zt *z, const char *remote)
{
	struct tree_entry parent, made = { .is_folder = true };
	struct batch *b = NULL;
	struct space *s;
	struct path path;
	enum zt_err err;

	if ((err = tree_open(z, remote, &s, &path)) || (err = split(s, &path, &parent)) ||
	    (err = batch_new(s, &b)))
		return err;
	suite_random(made.vlob.b, ID_BYTES);
	if ((err = batch_folder(b, &made.vlob)) == ZT_OK &&
	    (err = batch_link(
		 b, &parent.vlob, path.name[path.count - 1], &made, BATCH_ABSENT)) == ZT_OK)
		err = batch_send(b);
	batch_free(b);
	return err;
}

/* Whether the folders that lead to PATH contain the object OF: a folder cannot go into itself.
 */
static bool
leads_through(struct space *s, const struct path *path, const struct id *of)
{
	struct tree_entry e;

	for (size_t i = 0; i < path->count; i++)
		if (tree_find(s, path, i, &e) == ZT_OK && id_equal(&e.vlob, of))
			return true;
	return false;
}

enum zt_err
zt_mv(struct zt *z, const char *from, const char *to)
{
	struct tree_entry what, was, into;
	struct path a, b;
	struct batch *batch = NULL;
	struct space *s, *s2;
	enum zt_err err;

	if ((err = tree_open(z, from, &s, &a)) || (err = tree_open(z, to, &s2, &b)))
		return err;
	if (s != s2)
		return client_refuse(
		    z, ZT_ERR_INVALID, "a move stays in one workspace; use get and put");
	if ((err = split(s, &a, &was)) || (err = tree_find(s, &a, a.count, &what)))
		return err;
	if (b.count == 0 || (tree_find(s, &b, b.count, &into) == ZT_OK && into.is_folder)) {
		if (b.count == LIMIT_DEPTH)
			return client_refuse(z, ZT_ERR_TOO_BIG, "the path is too deep");
		b.name[b.count++] = a.name[a.count - 1]; /* into that folder */
	}
	if ((err = split(s, &b, &into)))
		return err;
	if (leads_through(s, &b, &what.vlob))
		return client_refuse(z, ZT_ERR_INVALID, "a folder cannot be moved into itself");
	z->why[0] = 0;
	if ((err = batch_new(s, &batch)) == ZT_OK &&
	    (err = batch_link(batch, &into.vlob, b.name[b.count - 1], &what, BATCH_ABSENT)) ==
		ZT_OK &&
	    (err = batch_unlink(batch, &was.vlob, a.name[a.count - 1], &what.vlob)) == ZT_OK)
		err = batch_send(batch);
	batch_free(batch);
	return err;
}

enum zt_err
zt_rm(struct zt *z, const char *remote, bool recursive)
{
	struct tree_entry parent, what;
	struct batch *b = NULL;
	struct space *s;
	struct path path;
	enum zt_err err;

	if ((err = tree_open(z, remote, &s, &path)) || (err = split(s, &path, &parent)) ||
	    (err = tree_find(s, &path, path.count, &what)))
		return err;
	if (what.is_folder && !recursive)
		return client_refuse(z, ZT_ERR_INVALID, "that is a folder; add --recursive");
	if ((err = batch_new(s, &b)) == ZT_OK &&
	    (err = batch_unlink(b, &parent.vlob, path.name[path.count - 1], &what.vlob)) ==
		ZT_OK)
		err = batch_send(b);
	batch_free(b);
	return err;
}

/* ---- versions ---- */

static enum zt_err
open_file(struct zt *z, const char *remote, struct space **s, struct tree_entry *at)
{
	struct path path;
	enum zt_err err;

	if ((err = tree_open(z, remote, s, &path)) ||
	    (err = tree_find(*s, &path, path.count, at)))
		return err;
	return at->is_folder ? client_refuse(z, ZT_ERR_INVALID, "that is a folder") : ZT_OK;
}

static enum zt_err
file_manifest(struct space *s, const struct id *vlob, uint64_t version, Zt__Manifest **out)
{
	struct space_version v;
	enum zt_err err = space_version(s, vlob, version, &v);

	if (err == ZT_ERR_NOT_FOUND)
		return client_refuse(
		    s->z, err, "there is no version %llu", (unsigned long long)version);
	if (err || (err = space_manifest(s, &v, out)))
		return err;
	if ((*out)->kind_case == ZT__MANIFEST__KIND_FILE)
		return ZT_OK;
	return client_refuse(s->z, ZT_ERR_CORRUPT, "a file's object is a folder");
}

/* Block by block, in order: FD may be a pipe. */
enum zt_err
zt_cat(struct zt *z, const char *remote, uint64_t version, int fd)
{
	struct transfer t = { .z = z };
	struct tree_entry at;
	Zt__Manifest *m = NULL;
	enum zt_err err;

	if ((err = open_file(z, remote, &t.s, &at)) ||
	    (err = file_manifest(t.s, &at.vlob, version, &m)))
		goto out;
	if (m->file->content_case != ZT__FILE_MANIFEST__CONTENT_BLOCKS) {
		if (m->file->size > 0 &&
		    write(fd, m->file->inline_content.data, m->file->inline_content.len) !=
			(ssize_t)m->file->inline_content.len)
			err = client_refuse(z, ZT_ERR_IO, "writing failed");
		goto out;
	}
	for (size_t i = 0; err == ZT_OK && i < m->file->blocks->n_blocks; i++)
		err = fetch_part(&t, m->file, i, fd);
out:
	pb_wipe(m);
	return err;
}

enum zt_err
zt_history(struct zt *z, const char *remote,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx)
{
	struct space *s;
	struct tree_entry at;
	struct space_version newest, v;
	enum zt_err err;

	if ((err = open_file(z, remote, &s, &at)) || (err = client_sync_handles(z)) ||
	    (err = space_version(s, &at.vlob, 0, &newest)))
		return err;
	for (uint64_t n = 1; err == ZT_OK && n <= newest.version; n++) {
		Zt__Manifest *m = NULL;
		struct client_handle h;
		const struct org_device *d;
		struct zt_version one = {
			.version = n, .author = h.email, .is_newest = n == newest.version
		};

		if ((err = space_version(s, &at.vlob, n, &v)) == ZT_ERR_NOT_FOUND) {
			err = ZT_OK; /* left out */
			continue;
		}
		if (err || (err = file_manifest(s, &at.vlob, n, &m)))
			break;
		memset(&h, 0, sizeof h);
		if ((d = org_state_device(z->state, &v.author)) != NULL)
			client_handle(z, &d->user->id, &h);
		one.time = v.time;
		one.position = v.position;
		one.size = m->file->size;
		each(ctx, &one);
		pb_wipe(m);
	}
	return err;
}

enum zt_err
zt_restore(struct zt *z, const char *remote, uint64_t version, uint64_t time)
{
	struct space *s;
	struct tree_entry at;
	struct space_version newest, v;
	struct batch *b = NULL;
	Zt__Manifest *m = NULL;
	enum zt_err err;

	if ((err = open_file(z, remote, &s, &at)) ||
	    (err = space_version(s, &at.vlob, 0, &newest)))
		return err;
	for (uint64_t n = newest.version; version == 0 && n > 0; n--)
		if ((err = space_version(s, &at.vlob, n, &v)) == ZT_OK && v.time <= time)
			version = n;
		else if (err && err != ZT_ERR_NOT_FOUND) /* that is one left out */
			return err;
	if (version == 0)
		return client_refuse(z, ZT_ERR_NOT_FOUND, "the file is younger than that time");
	if ((err = file_manifest(s, &at.vlob, version, &m)))
		return err;
	if ((err = batch_new(s, &b))) {
		pb_wipe(m);
		return err;
	}
	if ((err = batch_write(b, &at.vlob, m, false, m->file->size)) == ZT_OK)
		err = batch_send(b);
	batch_free(b);
	return err;
}

/* ---- verify ---- */

enum { AT_ONCE = 2048 }; /* objects asked for together */

/* An object still to be looked at, and where it stands. */
struct to_check {
	struct id id;
	size_t parent; /* in the queue */
	char *name;    /* NULL for the root */
};

struct checking {
	struct transfer t;
	struct zt_check *out;
	struct idmap seen;
	struct to_check *queue;
	size_t count, cap, next, first; /* FIRST of those that are looked at together */
};

/* The path of the object at AT, for a person: its end, where it is deeper than paths go. */
static void
path_of(const struct checking *c, size_t at, struct buf *out)
{
	size_t way[LIMIT_DEPTH], n = 0;

	for (; n < LIMIT_DEPTH && c->queue[at].name != NULL; at = c->queue[at].parent)
		way[n++] = at;
	while (n > 0) {
		if (out->n > 0)
			buf_add_byte(out, '/');
		buf_add_text(out, c->queue[way[--n]].name);
	}
}

static enum zt_err
check_content(struct checking *c, size_t at, const Zt__FileManifest *f)
{
	struct buf path = buf_init(LIMIT_DEPTH * (LIMIT_NAME + 1));
	struct sink *sink = NULL;
	enum zt_err err;

	path_of(c, at, &path);
	err = sink_new(&c->t, NULL, NULL, buf_text(&path), f, &sink);
	buf_free(&path);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): freed with its last block */
	return err ? err : fetch_content(&c->t, f, sink);
}

static enum zt_err
check_later(struct checking *c, size_t parent, const Zt__FolderEntry *e)
{
	struct to_check *at;
	struct id id;
	enum zt_err err = pb_id(e->vlob, &id);

	if (err)
		return err;
	if (idmap_get(&c->seen, &id) != NULL)
		return client_refuse(c->t.z, ZT_ERR_CORRUPT, "an object stands in two folders");
	if ((err = idmap_put(&c->seen, &id, c)) ||
	    (err = vec_room(&c->queue, c->count, &c->cap, sizeof *c->queue)))
		return err;
	at = &c->queue[c->count];
	*at = (struct to_check){ id, parent, strndup((const char *)e->name.data, e->name.len) };
	if (at->name == NULL)
		return ZT_ERR_MEMORY;
	c->count++;
	return ZT_OK;
}

static enum zt_err
check_one(void *ctx, size_t i, Zt__Manifest **m)
{
	struct checking *c = ctx;
	enum zt_err err = ZT_OK;

	if ((*m)->kind_case == ZT__MANIFEST__KIND_FILE) {
		c->out->files++;
		c->out->bytes += (*m)->file->size;
		c->t.total = c->out->bytes;
		return check_content(c, c->first + i, (*m)->file);
	}
	c->out->folders++;
	for (size_t k = 0; err == ZT_OK && k < (*m)->folder->n_entries; k++)
		err = check_later(c, c->first + i, (*m)->folder->entries[k]);
	return err;
}

enum zt_err
zt_verify(
    struct zt *z, const char *workspace, const struct zt_progress *p, struct zt_check *out)
{
	struct checking c = { .out = out };
	struct space_version *v = NULL;
	struct space *s;
	enum zt_err err;

	z->why[0] = 0;
	*out = (struct zt_check){ 0 };
	if ((err = client_sync_log(z)) || (err = space_find(z, workspace, &s)) ||
	    (err = space_complete(s)))
		return err;
	if ((err = transfer_begin(&c.t, z, s, p)))
		goto out;
	if ((v = calloc(AT_ONCE, sizeof *v)) == NULL) {
		err = ZT_ERR_MEMORY;
		goto out;
	}
	out->changesets = s->position;
	out->skipped = s->skipped;
	if ((err = vec_room(&c.queue, 0, &c.cap, sizeof *c.queue)) == ZT_OK)
		c.queue[c.count++] = (struct to_check){ .id = c.t.s->w->id };
	while (err == ZT_OK && c.next < c.count) {
		size_t n = 0;

		for (c.first = c.next; err == ZT_OK && n < AT_ONCE && c.next < c.count;
		     c.next++) {
			err = space_version(c.t.s, &c.queue[c.next].id, 0, &v[n]);
			if (err == ZT_ERR_NOT_FOUND && c.next == 0)
				err = ZT_OK; /* nothing was ever put into the workspace */
			else if (err == ZT_OK)
				n++;
			else
				err = client_refuse(
				    z, ZT_ERR_CORRUPT, "an object has no version");
		}
		if (err == ZT_OK)
			err = space_manifests(c.t.s, v, n, check_one, &c);
		if (err == ZT_OK)
			err = fetch_shared(&c.t);
	}
	if (err == ZT_OK)
		err = transfer_drain(&c.t);
	if (err == ZT_OK)
		err = transfer_spoiled(&c.t);
	out->blocks = c.t.blocks;
out:
	transfer_end(&c.t);
	free(v);
	for (size_t i = 0; i < c.count; i++)
		free(c.queue[i].name);
	free(c.queue);
	idmap_free(&c.seen, NULL);
	return err;
}
