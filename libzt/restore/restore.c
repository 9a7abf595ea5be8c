/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c - what was there once, again: a version of a file or folder, a whole folder as it
 * was, and what was removed. Each is a new version; nothing of the history is lost. */
#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "format/pb.h"
#include "restore/verbs.h"
#include "session/session.h"
#include "tree/batch.h"
#include "tree/names.h"
#include "tree/tree.h"
#include "zt/file.h"

enum { AT_ONCE = 256 };

struct restoring {
	struct workspace *s;
	const char *shown; /* the path, for a person */
	uint64_t version, until;
	const struct id *removed; /* that object, and not what the path leads to */
	struct tree_entry what;
	struct batch *b;
	struct idmap elsewhere; /* what lies in the tree now, but for what is restored */
	struct idmap seen;
	struct workspace_object
	    *queue; /* to be looked at, from FIRST on those that are read now */
	size_t count, cap, first;
	Zt__Manifest *read[AT_ONCE];
};

static enum zt_err
look_later(struct restoring *r, const Zt__FolderEntry *e)
{
	struct workspace_object o = { .is_folder = e->folder, .until = r->until };
	enum zt_err err = pb_id(e->vlob, &o.vlob);

	if (err == ZT_OK && (err = idmap_put(&r->seen, &o.vlob, r)) == ZT_OK &&
	    (err = vec_room(&r->queue, r->count, &r->cap, sizeof *r->queue)) == ZT_OK)
		r->queue[r->count++] = o;
	return err;
}

static bool
is_in(const struct idmap *m, const Zt__FolderEntry *e)
{
	struct id vlob;

	return pb_id(e->vlob, &vlob) == ZT_OK && idmap_get(m, &vlob) != NULL;
}

static enum zt_err
keep_read(void *ctx, size_t i, Zt__Manifest **m)
{
	struct restoring *r = ctx;

	r->read[i] = *m;
	*m = NULL;
	return ZT_OK;
}

/* Reads ROOT and what is below it, some at a time; EACH gets each manifest, and
 * queues what is in it. */
static enum zt_err
walk(struct restoring *r, const struct id *root, bool is_folder,
    enum zt_err (*each)(struct restoring *r, struct workspace_object *o, Zt__Manifest **m))
{
	Zt__FolderEntry first = ZT__FOLDER_ENTRY__INIT;
	enum zt_err err;

	first.vlob = pb_field(root->b, ID_BYTES);
	first.folder = is_folder;
	r->count = r->first = 0;
	err = look_later(r, &first);
	while (err == ZT_OK && r->first < r->count) {
		size_t n = r->count - r->first < AT_ONCE ? r->count - r->first : AT_ONCE;

		memset(r->read, 0, sizeof r->read);
		err = workspace_read(r->s, &r->queue[r->first], n, keep_read, r);
		for (size_t i = 0; i < n; i++) {
			struct workspace_object o =
			    r->queue[r->first + i]; /* the queue may move */

			if (err == ZT_OK)
				err = each(r, &o, &r->read[i]);
			pb_wipe(r->read[i]);
		}
		r->first += n;
	}
	idmap_free(&r->seen, NULL);
	return err;
}

/* ---- what lies elsewhere now ---- */

static enum zt_err
note_present(struct restoring *r, struct workspace_object *o, Zt__Manifest **m)
{
	enum zt_err err = ZT_OK;

	(void)o;
	for (size_t i = 0; err == ZT_OK && *m != NULL && i < (*m)->folder->n_entries; i++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[i];
		struct id vlob;

		if ((err = pb_id(e->vlob, &vlob)) || id_equal(&vlob, &r->what.vlob) ||
		    idmap_get(&r->elsewhere, &vlob) != NULL)
			continue;
		if ((err = idmap_put(&r->elsewhere, &vlob, r)) == ZT_OK && e->folder)
			err = look_later(r, e);
	}
	return err;
}

/* WHAT was moved, and where it is. */
static enum zt_err
refuse_moved(struct workspace *s, const struct id *what)
{
	struct buf text = buf_init(PATH_TEXT_MAX);
	enum zt_err err = tree_where(s, what, &text);

	if (err == ZT_OK || err == ZT_ERR_NOT_FOUND)
		err = session_refuse(s->z, ZT_ERR_EXISTS,
		    "it was moved, and lies elsewhere in the workspace now: %.120s",
		    text.n > 0 ? buf_text(&text) : "?");
	buf_free(&text);
	return err;
}

/* Whether what is restored lies in the tree now, at another place than where it was. */
static enum zt_err
find_elsewhere(struct restoring *r, bool is_there)
{
	struct id what = r->what.vlob;
	uint64_t until = r->until;
	enum zt_err err;

	if (id_equal(&what, &r->s->w->id)) /* all lies in it */
		return ZT_OK;
	r->until = 0;
	if (!is_there)
		r->what.vlob = r->s->w->id; /* it is none of what must be passed over */
	err = walk(r, &r->s->w->id, true, note_present);
	r->until = until;
	r->what.vlob = what;
	if (err == ZT_OK && idmap_get(&r->elsewhere, &what) != NULL)
		err = refuse_moved(r->s, &what);
	return err;
}

/* ---- writing it ---- */

/* Without what lies elsewhere now. *LESS: there was such. */
static void
drop_elsewhere(const struct restoring *r, Zt__FolderManifest *f, bool *less)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_entries; i++)
		if (is_in(&r->elsewhere, f->entries[i]) || is_in(&r->seen, f->entries[i]))
			pb_free(f->entries[i]);
		else
			f->entries[n++] = f->entries[i];
	*less = n < f->n_entries;
	f->n_entries = n;
}

/* *M is the next version of VLOB. Its author, from now on this device, need not have had its
 * content (fetch_is_same). */
static enum zt_err
write_again(struct restoring *r, const struct id *vlob, Zt__Manifest **m)
{
	Zt__Manifest *it = *m;
	uint64_t size = it->kind_case == ZT__MANIFEST__KIND_FILE ? it->file->size : 0;
	/* each part is right behind the one before: what is elsewhere stays there */
	enum zt_err err = batch_is_full(r->b) ? batch_send_once(r->b) : ZT_OK;

	if (err)
		return err;
	*m = NULL;
	if (it->kind_case == ZT__MANIFEST__KIND_FILE)
		it->file->restored = true;
	return batch_write(r->b, vlob, it, false, size);
}

static enum zt_err
restore_object(struct restoring *r, struct workspace_object *o, Zt__Manifest **m)
{
	struct workspace_version newest;
	bool less = false;
	enum zt_err err;

	workspace_damaged(r->s, r->shown, o);
	if (*m == NULL && o->damaged == 0 && id_equal(&o->vlob, &r->what.vlob))
		return session_refuse(
		    r->s->z, ZT_ERR_NOT_FOUND, "the folder is younger than that time");
	if (*m == NULL)
		return ZT_OK;
	if ((err = workspace_newest(r->s, &o->vlob, &newest)))
		return err;
	if (o->is_folder) {
		drop_elsewhere(r, (*m)->folder, &less);
		for (size_t i = 0; err == ZT_OK && i < (*m)->folder->n_entries; i++)
			err = look_later(r, (*m)->folder->entries[i]);
	}
	if (err == ZT_OK && (less || newest.version != o->v.version))
		err = write_again(r, &o->vlob, m);
	return err;
}

static enum zt_err
restore_version(struct restoring *r, uint64_t version)
{
	struct workspace_version v;
	Zt__Manifest *m = NULL;
	bool less;
	enum zt_err err = workspace_version(r->s, &r->what.vlob, version, &v);

	if (err == ZT_ERR_NOT_FOUND)
		return session_refuse(
		    r->s->z, err, "there is no version %llu", (unsigned long long)version);
	if (err || (err = workspace_manifest(r->s, &v, &m)))
		return err;
	if ((m->kind_case == ZT__MANIFEST__KIND_FOLDER) != r->what.is_folder)
		err = session_refuse(r->s->z, ZT_ERR_CORRUPT,
		    "that version is a file where a folder should be, or a folder");
	if (err == ZT_OK && r->what.is_folder)
		drop_elsewhere(r, m->folder, &less);
	if (err == ZT_OK)
		err = write_again(r, &r->what.vlob, &m);
	pb_wipe(m);
	return err;
}

/* A file as it was; it is written also when it is so now. */
static enum zt_err
restore_file(struct restoring *r)
{
	struct workspace_object o = { .vlob = r->what.vlob, .until = r->until };
	Zt__Manifest *m = NULL;
	enum zt_err err = workspace_read_one(r->s, &o, &m);

	if (err == ZT_OK)
		workspace_damaged(r->s, r->shown, &o);
	if (err == ZT_OK && m == NULL)
		err = session_refuse(r->s->z, o.damaged > 0 ? o.reason : ZT_ERR_NOT_FOUND,
		    o.damaged > 0 ? "no version of it opens"
				  : N_("the file is younger than that time"));
	if (err == ZT_OK)
		err = write_again(r, &r->what.vlob, &m);
	pb_wipe(m);
	return err;
}

/* ---- finding it ---- */

/* The newest version of FOLDER that has NAME; its entry in *OUT. */
static enum zt_err
find_removed(
    struct workspace *s, const struct id *folder, struct bytes name, struct tree_entry *out)
{
	struct workspace_version v;
	size_t k;
	enum zt_err err = workspace_newest(s, folder, &v);

	for (uint64_t n = err == ZT_OK ? v.version : 0; n > 0; n--) {
		Zt__Manifest *m = NULL;
		bool found;

		if ((err = workspace_version(s, folder, n, &v)) == ZT_OK)
			err = workspace_manifest(s, &v, &m);
		found = err == ZT_OK && m->kind_case == ZT__MANIFEST__KIND_FOLDER &&
			manifest_find(m->folder, name, &k);
		if (found) {
			memcpy(out->vlob.b, m->folder->entries[k]->vlob.data, ID_BYTES);
			out->is_folder = m->folder->entries[k]->folder;
		}
		pb_wipe(m);
		if (found)
			return ZT_OK;
		if (err && err != ZT_ERR_NOT_FOUND && !workspace_is_damage(err))
			return err;
	}
	return session_refuse(s->z, ZT_ERR_NOT_FOUND,
	    "there is no \"%.*s\" in any version of its folder", (int)name.n,
	    (const char *)name.p);
}

/* What PATH was at the time R asks for, or is, or was when it was removed. *NOW: what is there
 * now; *IS_THERE. */
static enum zt_err
find(struct restoring *r, const struct path *path, const struct tree_entry *parent,
    struct tree_entry *now, bool *is_there)
{
	enum zt_err err = tree_find(r->s, path, path->count, now);

	*is_there = err == ZT_OK;
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	if (r->until > 0 &&
	    (err = tree_find_at(r->s, path, path->count, r->until, &r->what)) == ZT_OK)
		return ZT_OK;
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	r->s->z->message[0] = 0;
	if (*is_there) {
		r->what = *now;
		return ZT_OK;
	}
	if (r->until > 0)
		return session_refuse(
		    r->s->z, ZT_ERR_NOT_FOUND, "there was nothing at that time");
	return find_removed(r->s, &parent->vlob, path->name[path->count - 1], &r->what);
}

static void
forget(struct restoring *r)
{
	idmap_free(&r->elsewhere, NULL);
	idmap_free(&r->seen, NULL);
	free(r->queue);
	r->queue = NULL;
	r->count = r->cap = r->first = 0;
}

/* The object that was removed, which has no path. */
static enum zt_err
find_object(struct restoring *r, bool *is_there, const struct path *path)
{
	struct workspace_version v;
	struct tree_entry now;
	Zt__Manifest *m = NULL;
	enum zt_err err;

	if ((err = tree_find(r->s, path, path->count, &now)) == ZT_OK)
		return session_refuse(
		    r->s->z, ZT_ERR_EXISTS, "something else is there; name another place");
	if (err != ZT_ERR_NOT_FOUND)
		return err;
	*is_there = false;
	r->s->z->message[0] = 0;
	if ((err = workspace_version(r->s, r->removed, 0, &v)) == ZT_ERR_NOT_FOUND)
		return session_refuse(r->s->z, err, "there is no such object");
	if (err || (err = workspace_manifest(r->s, &v, &m)))
		return err;
	r->what.vlob = *r->removed;
	r->what.is_folder = m->kind_case == ZT__MANIFEST__KIND_FOLDER;
	pb_wipe(m);
	return ZT_OK;
}

/* The folder that it was in may have been removed itself, and is brought back first. */
static enum zt_err
find_parent(const struct restoring *r, const struct path *path, struct tree_entry *parent)
{
	enum zt_err err = tree_parent(r->s, path, parent);

	if (err != ZT_ERR_NOT_FOUND || r->removed != NULL)
		return err;
	return session_refuse(r->s->z, err,
	    "the folder that it was in is not there any more: it may be in the trash, with all "
	    "that was in it");
}

/* Finds and writes it, and puts it back under its name in PARENT. */
static enum zt_err
restore(void *ctx, struct workspace *s, const struct path *path, struct batch *b)
{
	struct restoring *r = ctx;
	struct tree_entry parent = { s->w->id, true }, now = parent;
	bool is_there = true, is_same;
	enum zt_err err;

	forget(r);
	r->s = s;
	r->b = b;
	r->what = now;
	if ((path->count > 0 || r->removed != NULL) &&
	    ((err = find_parent(r, path, &parent)) ||
		(err = r->removed != NULL ? find_object(r, &is_there, path)
					  : find(r, path, &parent, &now, &is_there))))
		return err;
	if (is_there && r->removed == NULL && r->version == 0 && r->until == 0)
		return session_refuse(s->z, ZT_ERR_EXISTS,
		    "it is there; a version or a time says what it should become");
	is_same = is_there && id_equal(&now.vlob, &r->what.vlob);
	if ((!is_same || r->what.is_folder) && (err = find_elsewhere(r, is_same)))
		return err;
	if (r->version > 0)
		err = restore_version(r, r->version);
	else if (r->what.is_folder)
		err = walk(r, &r->what.vlob, true, restore_object);
	else if (r->removed == NULL) /* a removed file is as it was: nobody writes to it */
		err = restore_file(r);
	if (err == ZT_OK && !is_same && (err = tree_fits(s, path, &r->what)) == ZT_OK)
		err = batch_link(b, &parent.vlob, path->name[path->count - 1], &r->what,
		    is_there ? BATCH_ANY : BATCH_ABSENT);
	return err;
}

static enum zt_err
run(struct zt *z, const char *remote, const struct restoring *what)
{
	struct restoring *r = malloc(sizeof *r);
	enum zt_err err;

	if (r == NULL)
		return ZT_ERR_MEMORY;
	*r = *what;
	err = tree_act(z, remote, restore, r);
	forget(r);
	free(r);
	return err;
}

enum zt_err
restore_at(struct zt *z, const char *remote, uint64_t version, uint64_t time)
{
	struct restoring r = {
		.shown = remote, .version = version, .until = version > 0 ? 0 : time
	};

	return run(z, remote, &r);
}

enum zt_err
restore_by_id(struct zt *z, const char *remote, const char *id)
{
	struct id object;
	struct restoring r = { .shown = remote, .removed = &object };

	if (id_parse(id, strlen(id), &object))
		return session_refuse(
		    z, ZT_ERR_INVALID, "this is not the id of something in the trash");
	return run(z, remote, &r);
}
