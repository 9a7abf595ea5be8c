/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - looking at files: lists and history. */
#include "tree/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/enter.h"
#include "log/handles.h"
#include "log/sync.h"
#include "session/session.h"
#include "tree/tree.h"
#include "tree/verbs.h"
#include "zt/file.h"
#include "zt/history.h"
#include "zt/list.h"

/* ---- ls: level by level; folders together, and then their files when details are asked for
 * ---- */

struct listing {
	struct workspace *s;
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
	struct workspace_object *folders;
	struct buf *paths; /* of the folders */
	size_t count, cap, cap2;
	struct row *rows; /* what is in them */
	size_t row_count, row_cap;
	struct workspace_object *objects; /* of the rows that are files */
	size_t *of;                       /* object to row */
};

static enum zt_err
add_folder(struct level *v, const struct id *vlob, struct bytes path)
{
	enum zt_err err;

	if ((err = vec_room(&v->folders, v->count, &v->cap, sizeof *v->folders)) ||
	    (err = vec_room(&v->paths, v->count, &v->cap2, sizeof *v->paths)))
		return err;
	v->folders[v->count] =
	    (struct workspace_object){ .vlob = *vlob, .is_folder = true, .until = v->l->until };
	v->paths[v->count] = buf_init(PATH_TEXT_MAX);
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
	*r = (struct row){ .path = buf_init(PATH_TEXT_MAX), .what = *what };
	buf_add(&r->path, folder);
	if (name.n > 0) {
		buf_add_byte(&r->path, '/');
		buf_add(&r->path, name);
	}
	return buf_err(&r->path);
}

static enum zt_err
add_entry(struct level *v, struct bytes folder, const Zt__FolderEntry *e)
{
	struct tree_entry to = { .is_folder = e->folder };

	memcpy(to.vlob.b, e->vlob.data, ID_BYTES);
	return add_row(v, folder, pb_bytes(e->name), &to);
}

static enum zt_err
take_folder(void *ctx, size_t i, Zt__Manifest **m)
{
	struct level *v = ctx;
	enum zt_err err = ZT_OK;

	workspace_damaged(
	    v->l->s, v->paths[i].n > 0 ? buf_text(&v->paths[i]) : "/", &v->folders[i]);
	for (size_t k = 0; err == ZT_OK && *m != NULL && k < (*m)->folder->n_entries; k++)
		err = add_entry(v, buf_bytes(&v->paths[i]), (*m)->folder->entries[k]);
	return err;
}

static enum zt_err
take_details(void *ctx, size_t i, Zt__Manifest **m)
{
	struct level *v = ctx;
	struct row *r = &v->rows[v->of[i]];

	workspace_damaged(v->l->s, buf_text(&r->path), &v->objects[i]);
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
	struct workspace_version version;
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
			   workspace_version(v->l->s, &r->what.vlob, 0, &version) == ZT_OK) {
			r->f.version = version.version;
			r->f.modified = (int64_t)(version.time / 1000);
		}
	}
	return workspace_read(v->l->s, v->objects, n, take_details, v);
}

/* A member could put a folder into itself, a thousand times: it is listed once. */
static enum zt_err
see_folder(struct listing *l, const struct id *vlob, const char *path, bool *is_new)
{
	*is_new = idmap_get(&l->seen, vlob) == NULL;
	if (*is_new)
		return idmap_put(&l->seen, vlob, l);
	chain_damage(l->s->z, ZT_ERR_CORRUPT, path,
	    session_translate(l->s->z, "the folders are too deep, or go in a circle"));
	return ZT_OK;
}

/* What is shown of R, which holds its texts. */
static const struct zt_file *
finish_row(struct row *r)
{
	r->f.path = buf_text(&r->path);
	r->f.is_folder = r->what.is_folder;
	return &r->f;
}

/* Shows the rows of V; their folders go into BELOW. */
static enum zt_err
show_level(struct level *v, struct level *below)
{
	enum zt_err err = v->l->details ? add_details(v) : ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < v->row_count; i++) {
		struct row *r = &v->rows[i];
		bool goes_in = v->l->recursive && r->what.is_folder;

		v->l->each(v->l->ctx, finish_row(r));
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
			chain_damage(l->s->z, ZT_ERR_CORRUPT, buf_text(&now.paths[0]),
			    session_translate(
				l->s->z, "the folders are too deep, or go in a circle"));
			break;
		}
		if ((err = workspace_read(l->s, now.folders, now.count, take_folder, &now)) ==
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
tree_ls_at(struct zt *z, const char *remote, uint64_t time, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx)
{
	struct listing l = { .recursive = recursive,
		.details = details,
		.until = time,
		.each = each,
		.ctx = ctx };
	struct buf text = buf_init(PATH_TEXT_MAX);
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
	return err ? err : chain_end_reading(z);
}

enum zt_err
tree_ls(struct zt *z, const char *remote, bool recursive, bool details,
    void (*each)(void *ctx, const struct zt_file *f), void *ctx)
{
	return tree_ls_at(z, remote, 0, recursive, details, each, ctx);
}

/* ---- pages ---- */

struct zt_list {
	struct listing l;
	struct workspace_object folder;
	Zt__Manifest *m; /* NULL: nothing was ever put into it */
	struct buf path;
	size_t at;
	struct level page;
	const struct zt_file **files;
};

void
zt_list_close(struct zt_list *l)
{
	if (l == NULL)
		return;
	free_level(&l->page);
	free(l->files);
	buf_free(&l->path);
	pb_wipe(l->m);
	free(l);
}

enum zt_err
tree_list_open(struct zt *z, const char *remote, uint64_t time, enum zt_list_what what,
    struct zt_list **out)
{
	struct zt_list *l = calloc(1, sizeof *l);
	struct tree_entry at;
	struct path path;
	enum zt_err err = ZT_ERR_MEMORY;

	if (l == NULL)
		return err;
	l->l = (struct listing){ .details = what == ZT_LIST_DETAILS, .until = time };
	l->path = buf_init(PATH_TEXT_MAX);
	l->page.l = &l->l;
	if ((err = tree_open(z, remote, &l->l.s, &path)) ||
	    (err = tree_find_at(l->l.s, &path, path.count, time, &at)))
		goto out;
	if (!at.is_folder) {
		err = session_refuse(z, ZT_ERR_INVALID, "that is not a folder");
		goto out;
	}
	join(&path, path.count, &l->path);
	l->folder =
	    (struct workspace_object){ .vlob = at.vlob, .is_folder = true, .until = time };
	if ((err = buf_err(&l->path)) || (err = workspace_read_one(l->l.s, &l->folder, &l->m)))
		goto out;
	workspace_damaged(l->l.s, l->path.n > 0 ? buf_text(&l->path) : "/", &l->folder);
	if (l->m == NULL && l->folder.damaged > 0) {
		err = l->folder.reason;
		goto out;
	}
	*out = l;
	l = NULL;
out:
	zt_list_close(l);
	return err;
}

size_t
zt_list_size(const struct zt_list *l)
{
	return l->m != NULL ? l->m->folder->n_entries : 0;
}

size_t
zt_list_at(const struct zt_list *l)
{
	return l->at;
}

void
zt_list_seek(struct zt_list *l, size_t at)
{
	l->at = at < zt_list_size(l) ? at : zt_list_size(l);
}

void
zt_list_want(struct zt_list *l, enum zt_list_what what)
{
	l->l.details = what == ZT_LIST_DETAILS;
}

static enum zt_err
fill_page(struct zt_list *l, size_t n)
{
	enum zt_err err = ZT_OK;

	chain_begin_reading(l->l.s->z);
	if ((err = workspace_load(l->l.s))) /* another handle's act may have reset it */
		return err;
	free_level(&l->page);
	for (size_t i = 0; err == ZT_OK && i < n; i++)
		err =
		    add_entry(&l->page, buf_bytes(&l->path), l->m->folder->entries[l->at + i]);
	if (err || (l->l.details && (err = add_details(&l->page))))
		return err;
	free(l->files);
	if ((l->files = calloc(n + 1, sizeof *l->files)) == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; i < n; i++)
		l->files[i] = finish_row(&l->page.rows[i]);
	return ZT_OK;
}

enum zt_err
zt_list_next(struct zt_list *l, size_t max, const struct zt_file *const **page, size_t *count)
{
	size_t left = zt_list_size(l) - l->at, n = max < left ? max : left;
	enum zt_err err = log_enter(l->l.s->z);

	if (err == ZT_OK)
		err = max > 0 ? fill_page(l, n) : ZT_ERR_INVALID;
	if (err == ZT_OK) {
		l->at += n;
		*page = l->files;
		*count = n;
	}
	return log_leave(l->l.s->z, err);
}

/* ---- versions ---- */

static enum zt_err
open_any(struct zt *z, const char *remote, struct workspace **s, struct tree_entry *at)
{
	struct path path;
	enum zt_err err;

	return (err = tree_open(z, remote, s, &path)) ? err
						      : tree_find(*s, &path, path.count, at);
}

enum zt_err
list_manifest(struct workspace *s, const struct id *vlob, uint64_t version, uint64_t *which,
    Zt__Manifest **out)
{
	struct workspace_object o = { .vlob = *vlob };
	struct workspace_version v;
	char what[SESSION_MESSAGE];
	enum zt_err err;

	if (version > 0) {
		if ((err = workspace_version(s, vlob, version, &v)) == ZT_ERR_NOT_FOUND)
			return session_refuse(
			    s->z, err, "there is no version %llu", (unsigned long long)version);
		if (err || (err = workspace_manifest(s, &v, out)))
			return err;
		*which = version;
		return (*out)->kind_case == ZT__MANIFEST__KIND_FILE
			   ? ZT_OK
			   : session_refuse(
				 s->z, ZT_ERR_CORRUPT, "a file's object is a folder");
	}
	if ((err = workspace_read_one(s, &o, out)))
		return err;
	if (o.damaged > 0)
		workspace_damage_text(s, &o, what);
	if (*out == NULL)
		return o.damaged > 0
			   ? session_refuse(s->z, o.reason, "%s", what)
			   : session_refuse(s->z, ZT_ERR_NOT_FOUND, "a file without a version");
	workspace_damaged(s, "", &o);
	*which = o.v.version;
	return ZT_OK;
}

enum zt_err
list_file_at(struct zt *z, const char *remote, uint64_t version, struct workspace **s,
    struct id *vlob, uint64_t *which, Zt__Manifest **out)
{
	struct tree_entry at;
	enum zt_err err;

	if ((err = open_any(z, remote, s, &at)))
		return err;
	if (at.is_folder)
		return session_refuse(z, ZT_ERR_INVALID, "that is a folder");
	*vlob = at.vlob;
	return list_manifest(*s, &at.vlob, version, which, out);
}

/* Version V, as far as it opens. */
static enum zt_err
show_version(struct workspace *s, const struct workspace_version *v, struct zt_version *one,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx)
{
	const struct org_device *d = org_state_device(s->z->state, &v->author);
	struct log_handle h = { .email = "" };
	Zt__Manifest *m = NULL;
	enum zt_err err = workspace_manifest(s, v, &m);

	one->is_damaged = err != ZT_OK;
	if (err && !workspace_is_damage(err))
		return err;
	s->z->message[0] = 0;
	if (d != NULL)
		log_handle(s->z, &d->user->id, &h);
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
tree_history(struct zt *z, const char *remote,
    void (*each)(void *ctx, const struct zt_version *v), void *ctx)
{
	struct workspace *s;
	struct tree_entry at;
	struct workspace_version newest, v;
	enum zt_err err;

	if ((err = open_any(z, remote, &s, &at)) || (err = log_sync_handles(z)) ||
	    (err = workspace_version(s, &at.vlob, 0, &newest)))
		return err;
	for (uint64_t n = 1; err == ZT_OK && n <= newest.version; n++) {
		struct zt_version one = { .is_newest = n == newest.version };

		if ((err = workspace_version(s, &at.vlob, n, &v)) == ZT_OK)
			err = show_version(s, &v, &one, each, ctx);
		else if (err == ZT_ERR_NOT_FOUND)
			err = ZT_OK; /* left out */
	}
	return err;
}
