/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - looking at files: list, history, verification. */
#include "tree/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/space.h"
#include "content/fetch.h"
#include "content/sink.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/sync.h"
#include "session/session.h"
#include "tree/tree.h"

/* ---- ls: level by level; folders together, and then their files when details are asked for
 * ---- */

struct listing {
	struct space *s;
	bool recursive, details;
	uint64_t until; /* the tree as it was then; 0: now */
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
	struct space_object *folders;
	struct buf *paths; /* of the folders */
	size_t count, cap, cap2;
	struct row *rows; /* what is in them */
	size_t row_count, row_cap;
	struct space_object *objects; /* of the rows that are files */
	size_t *of;                   /* object to row */
};

static enum zt_err
add_folder(struct level *v, const struct id *vlob, struct bytes path)
{
	enum zt_err err;

	if ((err = vec_room(&v->folders, v->count, &v->cap, sizeof *v->folders)) ||
	    (err = vec_room(&v->paths, v->count, &v->cap2, sizeof *v->paths)))
		return err;
	v->folders[v->count] =
	    (struct space_object){ .vlob = *vlob, .is_folder = true, .until = v->l->until };
	v->paths[v->count] = buf_init(PATH_TEXT_MOST);
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
	free(v->objects);
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
	*r = (struct row){ .path = buf_init(PATH_TEXT_MOST), .what = *what };
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

	space_damaged(
	    v->l->s, v->paths[i].n > 0 ? buf_text(&v->paths[i]) : "/", &v->folders[i]);
	for (size_t k = 0; err == ZT_OK && *m != NULL && k < (*m)->folder->n_entries; k++) {
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
	struct row *r = &v->rows[v->of[i]];

	space_damaged(v->l->s, buf_text(&r->path), &v->objects[i]);
	r->f.version = v->objects[i].v.version;
	if (*m != NULL) {
		r->f.size = (*m)->file->size;
		r->f.modified = (*m)->file->modified;
		r->f.modified_ns = (*m)->file->modified_ns;
		r->f.mode = (*m)->file->mode;
	}
	return ZT_OK;
}

static enum zt_err
add_details(struct level *v)
{
	struct space_version version;
	size_t n = 0;

	free(v->objects);
	free(v->of);
	v->objects = calloc(v->row_count + 1, sizeof *v->objects);
	v->of = calloc(v->row_count + 1, sizeof *v->of);
	if (v->objects == NULL || v->of == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < v->row_count; i++) {
		struct row *r = &v->rows[i];

		if (!r->what.is_folder) {
			v->objects[n].vlob = r->what.vlob;
			v->objects[n].until = v->l->until;
			v->of[n++] = i;
		} else if (v->l->until == 0 &&
			   space_version(v->l->s, &r->what.vlob, 0, &version) == ZT_OK) {
			r->f.version = version.version;
			r->f.modified = (int64_t)(version.time / 1000);
		}
	}
	return space_read(v->l->s, v->objects, n, take_details, v);
}

/* A member could put a folder into itself, a thousand times: it is listed once. */
static enum zt_err
see_folder(struct listing *l, const struct id *vlob, const char *path, bool *is_new)
{
	*is_new = idmap_get(&l->seen, vlob) == NULL;
	if (*is_new)
		return idmap_put(&l->seen, vlob, l);
	client_damage(l->s->z, ZT_ERR_CORRUPT, path,
	    client_words(l->s->z, "the folders are too deep, or go in a circle"));
	return ZT_OK;
}

/* Shows the rows of V; their folders go into BELOW. */
static enum zt_err
show_level(struct level *v, struct level *below)
{
	enum zt_err err = v->l->details ? add_details(v) : ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < v->row_count; i++) {
		struct row *r = &v->rows[i];
		bool goes_in = v->l->recursive && r->what.is_folder;

		r->f.path = buf_text(&r->path);
		r->f.is_folder = r->what.is_folder;
		v->l->each(v->l->ctx, &r->f);
		if (goes_in)
			err = see_folder(v->l, &r->what.vlob, r->f.path, &goes_in);
		if (err == ZT_OK && goes_in)
			err = add_folder(below, &r->what.vlob, buf_bytes(&r->path));
	}
	return err;
}

static enum zt_err
list_levels(struct listing *l, const struct id *root, struct bytes path)
{
	struct level now = { .l = l }, below = { .l = l };
	bool is_new;
	enum zt_err err = see_folder(l, root, "/", &is_new);

	if (err == ZT_OK)
		err = add_folder(&now, root, path);
	for (unsigned depth = 0; err == ZT_OK && now.count > 0; depth++) {
		if (depth >= LIMIT_DEPTH_READ) {
			client_damage(l->s->z, ZT_ERR_CORRUPT, buf_text(&now.paths[0]),
			    client_words(
				l->s->z, "the folders are too deep, or go in a circle"));
			break;
		}
		if ((err = space_read(l->s, now.folders, now.count, take_folder, &now)) ==
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
zt_ls_at(struct zt *z, const char *remote, uint64_t time, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx)
{
	struct listing l = { .recursive = recursive,
		.details = details,
		.until = time,
		.each = each,
		.ctx = ctx };
	struct buf text = buf_init(PATH_TEXT_MOST);
	struct tree_entry at;
	struct path path;
	enum zt_err err;

	if ((err = tree_open(z, remote, &l.s, &path)) ||
	    (err = tree_find_at(l.s, &path, path.count, time, &at)))
		return err;
	join(&path, path.count, &text);
	if (at.is_folder)
		err = list_levels(&l, &at.vlob, buf_bytes(&text));
	else
		err = list_file(&l, &at, buf_bytes(&text));
	buf_free(&text);
	return err ? err : client_end_reading(z);
}

enum zt_err
zt_ls(struct zt *z, const char *remote, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx)
{
	return zt_ls_at(z, remote, 0, recursive, details, each, ctx);
}

/* ---- versions ---- */

static enum zt_err
open_any(struct zt *z, const char *remote, struct space **s, struct tree_entry *at)
{
	struct path path;
	enum zt_err err;

	return (err = tree_open(z, remote, s, &path)) ? err
						      : tree_find(*s, &path, path.count, at);
}

enum zt_err
list_manifest(struct space *s, const struct id *vlob, uint64_t version, Zt__Manifest **out)
{
	struct space_object o = { .vlob = *vlob };
	struct space_version v;
	char what[CLIENT_WHY];
	enum zt_err err;

	if (version > 0) {
		if ((err = space_version(s, vlob, version, &v)) == ZT_ERR_NOT_FOUND)
			return client_refuse(
			    s->z, err, "there is no version %llu", (unsigned long long)version);
		if (err || (err = space_manifest(s, &v, out)))
			return err;
		return (*out)->kind_case == ZT__MANIFEST__KIND_FILE
			   ? ZT_OK
			   : client_refuse(s->z, ZT_ERR_CORRUPT, "a file's object is a folder");
	}
	if ((err = space_read_one(s, &o, out)))
		return err;
	if (o.damaged > 0)
		space_damage_words(s, &o, what);
	if (*out == NULL)
		return o.damaged > 0
			   ? client_refuse(s->z, o.why, "%s", what)
			   : client_refuse(s->z, ZT_ERR_NOT_FOUND, "a file without a version");
	space_damaged(s, "", &o);
	return ZT_OK;
}

enum zt_err
list_file_at(
    struct zt *z, const char *remote, uint64_t version, struct space **s, Zt__Manifest **out)
{
	struct tree_entry at;
	enum zt_err err;

	if ((err = open_any(z, remote, s, &at)))
		return err;
	if (at.is_folder)
		return client_refuse(z, ZT_ERR_INVALID, "that is a folder");
	return list_manifest(*s, &at.vlob, version, out);
}

/* Version V, as far as it opens. */
static enum zt_err
show_version(struct space *s, const struct space_version *v, struct zt_version *one,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx)
{
	const struct org_device *d = org_state_device(s->z->state, &v->author);
	struct client_handle h = { .email = "" };
	Zt__Manifest *m = NULL;
	enum zt_err err = space_manifest(s, v, &m);

	one->is_damaged = err != ZT_OK;
	if (err && !space_is_damage(err))
		return err;
	s->z->why[0] = 0;
	if (d != NULL)
		client_handle(s->z, &d->user->id, &h);
	one->author = h.email;
	one->version = v->version;
	one->time = v->time;
	one->position = v->position;
	if (m != NULL && m->kind_case == ZT__MANIFEST__KIND_FILE)
		one->size = m->file->size;
	each(ctx, one);
	pb_wipe(m);
	return ZT_OK;
}

enum zt_err
zt_history(struct zt *z, const char *remote,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx)
{
	struct space *s;
	struct tree_entry at;
	struct space_version newest, v;
	enum zt_err err;

	if ((err = open_any(z, remote, &s, &at)) || (err = client_sync_handles(z)) ||
	    (err = space_version(s, &at.vlob, 0, &newest)))
		return err;
	for (uint64_t n = 1; err == ZT_OK && n <= newest.version; n++) {
		struct zt_version one = { .is_newest = n == newest.version };

		if ((err = space_version(s, &at.vlob, n, &v)) == ZT_OK)
			err = show_version(s, &v, &one, each, ctx);
		else if (err == ZT_ERR_NOT_FOUND)
			err = ZT_OK; /* left out */
	}
	return err;
}

/* ---- verify ---- */

enum { AT_ONCE = 2048 }; /* objects asked for together */

/* An object still to be looked at, and where it stands. */
struct to_check {
	struct id id;
	size_t parent; /* in the queue */
	char *name;    /* NULL for the root */
	bool is_folder;
};

struct checking {
	struct transfer t;
	struct zt_check *out;
	struct idmap seen;
	struct to_check *queue;
	size_t count, cap, next, first; /* FIRST of those that are looked at together */
	struct space_object *objects;   /* these */
};

/* The path of the object at AT, for a person: its end, where it is deeper than paths go. */
static void
path_of(const struct checking *c, size_t at, struct buf *out)
{
	size_t way[LIMIT_DEPTH_READ], n = 0;

	for (; n < LIMIT_DEPTH_READ && c->queue[at].name != NULL; at = c->queue[at].parent)
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
	struct buf path = buf_init(PATH_TEXT_MOST);
	struct sink_place place = { .in = NULL };
	struct sink *sink = NULL;
	enum zt_err err;

	path_of(c, at, &path);
	place.shown = buf_text(&path);
	err = sink_new(&c->t, &place, f, &sink);
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
	if (idmap_get(&c->seen, &id) != NULL) {
		struct buf path = buf_init(PATH_TEXT_MOST);

		path_of(c, parent, &path);
		buf_printf(&path, "%s%.*s", path.n > 0 ? "/" : "", (int)e->name.len,
		    (const char *)e->name.data);
		transfer_leave_out(&c->t, ZT_ERR_CORRUPT, buf_text(&path),
		    client_words(c->t.z, "an object stands in two folders"));
		buf_free(&path);
		return ZT_OK;
	}
	if ((err = idmap_put(&c->seen, &id, c)) ||
	    (err = vec_room(&c->queue, c->count, &c->cap, sizeof *c->queue)))
		return err;
	at = &c->queue[c->count];
	*at = (struct to_check){ id, parent, strndup((const char *)e->name.data, e->name.len),
		e->folder };
	if (at->name == NULL)
		return ZT_ERR_MEMORY;
	c->count++;
	return ZT_OK;
}

static enum zt_err
check_one(void *ctx, size_t i, Zt__Manifest **m)
{
	struct checking *c = ctx;
	const struct space_object *o = &c->objects[i];
	size_t at = c->first + i;
	enum zt_err err = ZT_OK;

	if (o->damaged > 0 || (o->v.version == 0 && at > 0)) {
		struct buf path = buf_init(PATH_TEXT_MOST);

		path_of(c, at, &path);
		if (o->damaged > 0)
			transfer_damaged(&c->t, at == 0 ? "/" : buf_text(&path), o);
		else
			transfer_leave_out(&c->t, ZT_ERR_CORRUPT, buf_text(&path),
			    client_words(c->t.z, "an object has no version"));
		buf_free(&path);
	}
	if (*m == NULL) /* or nothing was ever put into the workspace */
		return ZT_OK;
	if ((*m)->kind_case == ZT__MANIFEST__KIND_FILE) {
		c->out->files++;
		c->out->bytes += (*m)->file->size;
		c->t.total = c->out->bytes;
		return check_content(c, at, (*m)->file);
	}
	c->out->folders++;
	for (size_t k = 0; err == ZT_OK && k < (*m)->folder->n_entries; k++)
		err = check_later(c, at, (*m)->folder->entries[k]);
	return err;
}

enum zt_err
zt_verify(
    struct zt *z, const char *workspace, const struct zt_progress *p, struct zt_check *out)
{
	struct checking c = { .out = out };
	struct space *s;
	enum zt_err err;

	z->why[0] = 0;
	client_begin_reading(z);
	*out = (struct zt_check){ 0 };
	if ((err = client_sync_log(z)) || (err = space_find(z, workspace, &s)) ||
	    (err = space_complete(s)))
		return err;
	if ((err = transfer_begin(&c.t, z, s, p)))
		goto out;
	if ((c.objects = calloc(AT_ONCE, sizeof *c.objects)) == NULL) {
		err = ZT_ERR_MEMORY;
		goto out;
	}
	out->changesets = s->position;
	out->skipped = s->skipped;
	if ((err = vec_room(&c.queue, 0, &c.cap, sizeof *c.queue)) == ZT_OK)
		c.queue[c.count++] = (struct to_check){ .id = c.t.s->w->id, .is_folder = true };
	while (err == ZT_OK && c.next < c.count) {
		size_t n = 0;

		for (c.first = c.next; n < AT_ONCE && c.next < c.count; c.next++)
			c.objects[n++] = (struct space_object){ .vlob = c.queue[c.next].id,
				.is_folder = c.queue[c.next].is_folder };
		err = space_read(c.t.s, c.objects, n, check_one, &c);
		if (err == ZT_OK)
			err = fetch_shared(&c.t);
	}
	if (err == ZT_OK)
		err = transfer_drain(&c.t);
	if (err == ZT_OK)
		err = transfer_spoiled(&c.t);
	if (err == ZT_OK)
		err = client_end_reading(z);
	out->blocks = c.t.blocks;
out:
	transfer_end(&c.t);
	free(c.objects);
	for (size_t i = 0; i < c.count; i++)
		free(c.queue[i].name);
	free(c.queue);
	idmap_free(&c.seen, NULL);
	return err;
}
