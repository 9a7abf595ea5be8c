/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - names to objects. The root folder's id is the workspace's own; it is empty until its
 * first version. */
#include "tree/tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "format/pb.h"
#include "log/sync.h"
#include "session/away.h"
#include "session/session.h"

/* The entry NAME of the folder O, whose path is SHOWN, as *AT. */
static enum zt_err
step(struct workspace *s, struct workspace_object *o, const char *shown, struct bytes name,
    struct tree_entry *at, bool *found)
{
	Zt__Manifest *m = NULL;
	size_t k;
	enum zt_err err = workspace_read_one(s, o, &m);

	*found = false;
	if (err)
		return err;
	workspace_damaged(s, shown, o);
	if (m == NULL && o->damaged > 0) {
		char what[SESSION_MESSAGE];

		workspace_damage_text(s, o, what);
		return session_refuse(s->z, o->reason, "%.80s: %.160s", shown, what);
	}
	if (m != NULL && manifest_find(m->folder, name, &k)) {
		memcpy(at->vlob.b, m->folder->entries[k]->vlob.data, ID_BYTES);
		at->is_folder = m->folder->entries[k]->folder;
		*found = true;
	}
	pb_wipe(m);
	return ZT_OK;
}

enum zt_err
tree_find_at(struct workspace *s, const struct path *path, size_t depth, uint64_t until,
    struct tree_entry *out)
{
	struct tree_entry at = { s->w->id, true };
	struct buf shown = buf_init(PATH_TEXT_MAX);
	enum zt_err err = ZT_OK;

	buf_add_byte(&shown, '/');
	for (size_t i = 0; err == ZT_OK && i < depth; i++) {
		struct workspace_object o = {
			.vlob = at.vlob, .is_folder = true, .until = until
		};
		bool found = false;

		if (at.is_folder)
			err = step(s, &o, buf_text(&shown), path->name[i], &at, &found);
		if (err == ZT_OK && !found)
			err = session_refuse(s->z, ZT_ERR_NOT_FOUND,
			    until > 0 ? "there was no \"%.*s\" in %s:%s at that time"
				      : N_("there is no \"%.*s\" in %s:%s"),
			    (int)path->name[i].n, (const char *)path->name[i].p,
			    path->workspace, buf_text(&shown));
		if (i > 0)
			buf_add_byte(&shown, '/');
		buf_add(&shown, path->name[i]);
	}
	buf_free(&shown);
	if (err == ZT_OK)
		*out = at;
	return err;
}

enum zt_err
tree_find(struct workspace *s, const struct path *path, size_t depth, struct tree_entry *out)
{
	return tree_find_at(s, path, depth, 0, out);
}

/* Whether this device has verified the workspace, up to where the log says that it went. */
static bool
has_been_seen(const struct workspace *s)
{
	const struct org_pin *far = org_state_furthest_pin(s->w);

	return s->chain.position > 0 && (far == NULL || far->position <= s->chain.position);
}

enum zt_err
tree_open(struct zt *z, const char *remote, struct workspace **s, struct path *path)
{
	const char *message = "";
	enum zt_err err;

	z->message[0] = 0;
	chain_begin_reading(z);
	if ((err = path_parse(remote, path, &message)))
		return session_refuse(z, err, "%s", message);
	if ((err = log_fetch_to_read(z)) || (err = workspace_find(z, path->workspace, s)))
		return err;
	if (!z->read_away && ((err = workspace_sync_fresh(*s)) == ZT_OK ||
				 !(z->read_away = session_goes_away(z, err))))
		return err;
	return has_been_seen(*s) ? ZT_OK : session_lacks(z);
}

/* ---- the path of an object ---- */

/* A folder of the tree, or what is looked for. */
struct found {
	struct id vlob;
	size_t parent; /* in the list */
	char *name;    /* NULL for the root */
};

struct finding {
	const struct id *what;
	struct found *list;
	size_t count, cap, first; /* FIRST of those that are read now */
	size_t at;                /* of WHAT; 0: not found yet */
	struct idmap seen;
};

static enum zt_err
look_for(void *ctx, size_t i, Zt__Manifest **m)
{
	struct finding *f = ctx;
	enum zt_err err = ZT_OK;

	for (size_t k = 0;
	     err == ZT_OK && f->at == 0 && *m != NULL && k < (*m)->folder->n_entries; k++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[k];
		struct id vlob;
		bool is = pb_id(e->vlob, &vlob) == ZT_OK && id_equal(&vlob, f->what);

		if (!is && (!e->folder || idmap_get(&f->seen, &vlob) != NULL))
			continue;
		if ((err = idmap_put(&f->seen, &vlob, f)) ||
		    (err = vec_room(&f->list, f->count, &f->cap, sizeof *f->list)))
			break;
		f->list[f->count] = (struct found){ vlob, f->first + i,
			strndup((const char *)e->name.data, e->name.len) };
		if (f->list[f->count].name == NULL)
			return ZT_ERR_MEMORY;
		f->at = is ? f->count : 0;
		f->count++;
	}
	return err;
}

enum zt_err
tree_where(struct workspace *s, const struct id *what, struct buf *out)
{
	enum { AT_ONCE = 256 };
	struct workspace_object objects[AT_ONCE];
	struct finding f = { .what = what };
	size_t way[LIMIT_DEPTH_READ], depth = 0, next = 0;
	enum zt_err err = vec_room(&f.list, 0, &f.cap, sizeof *f.list);

	if (err == ZT_OK)
		f.list[f.count++] = (struct found){ .vlob = s->w->id };
	while (err == ZT_OK && f.at == 0 && next < f.count) {
		size_t n = 0;

		for (f.first = next; n < AT_ONCE && next < f.count; next++)
			objects[n++] = (struct workspace_object){ .vlob = f.list[next].vlob,
				.is_folder = true };
		err = workspace_read(s, objects, n, look_for, &f);
	}
	for (size_t i = f.at; err == ZT_OK && i > 0 && depth < LIMIT_DEPTH_READ;
	     i = f.list[i].parent)
		way[depth++] = i;
	while (depth > 0) {
		buf_add_byte(out, '/');
		buf_add_text(out, f.list[way[--depth]].name);
	}
	if (err == ZT_OK && f.at == 0)
		err = ZT_ERR_NOT_FOUND;
	for (size_t i = 0; i < f.count; i++)
		free(f.list[i].name);
	free(f.list);
	idmap_free(&f.seen, NULL);
	return err ? err : buf_err(out);
}

/* ---- ways ---- */

enum zt_err
tree_way_new(struct workspace *s, struct tree_way *up, struct bytes name, const struct id *vlob,
    bool is_there, struct tree_way **out)
{
	struct tree_way *w = calloc(1, sizeof *w);
	enum zt_err err;

	if (w == NULL)
		return ZT_ERR_MEMORY;
	*w = (struct tree_way){ .up = up,
		.vlob = *vlob,
		.name = buf_init(LIMIT_NAME),
		.is_there = is_there,
		.checked = up != NULL ? tree_way_as_of(up) : s->z->foreign,
		.listed = s->z->foreign };
	buf_add(&w->name, name);
	if ((err = buf_err(&w->name))) {
		tree_way_free(w);
		return err;
	}
	*out = w;
	return ZT_OK;
}

void
tree_way_free(struct tree_way *w)
{
	if (w != NULL)
		buf_free(&w->name);
	free(w);
}

uint64_t
tree_way_as_of(const struct tree_way *w)
{
	return w->listed < w->checked ? w->listed : w->checked;
}

/* Reads FOLDER, unless it is the one read last: requests are grouped by folder. */
static enum zt_err
look_at(struct workspace *s, struct tree_look *look, const struct id *folder)
{
	struct workspace_object o = { .vlob = *folder, .is_folder = true };

	if (look->m != NULL && id_equal(&look->folder, folder))
		return ZT_OK;
	pb_wipe(look->m);
	look->m = NULL;
	look->folder = *folder;
	return workspace_read_one(s, &o, &look->m);
}

enum zt_err
tree_look_up(struct workspace *s, struct tree_look *look, const struct id *folder,
    struct bytes name, struct tree_entry *out, bool *found)
{
	const Zt__FolderEntry *e;
	size_t k;
	enum zt_err err = look_at(s, look, folder);

	*found = err == ZT_OK && look->m != NULL && manifest_find(look->m->folder, name, &k);
	if (!*found)
		return err;
	e = look->m->folder->entries[k];
	memcpy(out->vlob.b, e->vlob.data, ID_BYTES);
	out->is_folder = e->folder;
	return ZT_OK;
}

static enum zt_err
check_entry(struct workspace *s, struct tree_look *look, const struct id *folder,
    struct bytes name, const struct id *vlob)
{
	size_t k;
	enum zt_err err = look_at(s, look, folder);

	if (err == ZT_OK && look->m != NULL && manifest_find(look->m->folder, name, &k) &&
	    bytes_equal(
		pb_bytes(look->m->folder->entries[k]->vlob), bytes_of(vlob->b, ID_BYTES)))
		return ZT_OK;
	return err ? err
		   : session_refuse(s->z, ZT_ERR_CONFLICT,
			 "\"%.*s\" was moved or removed by someone else", (int)name.n,
			 (const char *)name.p);
}

enum zt_err
tree_way_holds(struct workspace *s, struct tree_way *w, struct tree_look *look)
{
	enum zt_err err;

	if (w->up == NULL || w->checked == s->z->foreign)
		return ZT_OK;
	err = tree_way_holds(s, w->up, look);
	if (err == ZT_OK && w->is_there)
		err = check_entry(s, look, &w->up->vlob, buf_bytes(&w->name), &w->vlob);
	if (err == ZT_OK)
		w->checked = s->z->foreign;
	return err;
}

enum zt_err
tree_has(struct workspace *s, const struct tree_way *w, struct bytes name,
    const struct id *vlob, struct tree_look *look)
{
	return w->is_there ? check_entry(s, look, &w->vlob, name, vlob) : ZT_OK;
}

/* ---- all that lies below ---- */

struct measuring {
	struct idmap seen, wanted;
	struct workspace_object *level, *below; /* folders */
	size_t count, below_count, below_cap;
	bool has_entries;
};

static enum zt_err
measure(void *ctx, size_t i, Zt__Manifest **m)
{
	struct measuring *me = ctx;
	enum zt_err err = ZT_OK;

	(void)i;
	for (size_t k = 0; err == ZT_OK && *m != NULL && k < (*m)->folder->n_entries; k++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[k];
		struct workspace_object o = { .is_folder = true };

		me->has_entries = true;
		if ((err = pb_id(e->vlob, &o.vlob)))
			continue;
		(void)idmap_remove(&me->wanted, &o.vlob);
		if (!e->folder || idmap_get(&me->seen, &o.vlob) != NULL)
			continue;
		if ((err = idmap_put(&me->seen, &o.vlob, me)) == ZT_OK &&
		    (err = vec_room(&me->below, me->below_count, &me->below_cap,
			 sizeof *me->below)) == ZT_OK)
			me->below[me->below_count++] = o;
	}
	return err;
}

/* Looks at FOLDER and all below, level by level; *LEVELS of them have entries. */
static enum zt_err
look_below(struct workspace *s, const struct id *folder, struct measuring *me, unsigned *levels)
{
	unsigned n = 0;
	enum zt_err err = ZT_ERR_MEMORY;

	me->count = 1;
	if ((me->level = calloc(1, sizeof *me->level)) == NULL)
		return err;
	me->level[0] = (struct workspace_object){ .vlob = *folder, .is_folder = true };
	for (err = idmap_put(&me->seen, folder, me);
	     err == ZT_OK && me->count > 0 && n < LIMIT_DEPTH_READ; n += me->has_entries) {
		me->has_entries = false;
		err = workspace_read(s, me->level, me->count, measure, me);
		free(me->level);
		me->level = me->below;
		me->count = me->below_count;
		me->below = NULL;
		me->below_count = me->below_cap = 0;
	}
	free(me->level);
	free(me->below);
	idmap_free(&me->seen, NULL);
	*levels = n;
	return err;
}

enum zt_err
tree_height(struct workspace *s, const struct id *folder, unsigned *height)
{
	struct measuring me = { .count = 0 };
	unsigned n = 0;
	enum zt_err err = look_below(s, folder, &me, &n);

	if (err == ZT_OK)
		*height = n;
	return err;
}

enum zt_err
tree_holds(struct workspace *s, const struct id *ids, size_t count, bool *all)
{
	struct measuring me = { .count = 0 };
	unsigned n = 0;
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < count; i++)
		if (!id_equal(&ids[i], &s->w->id))
			err = idmap_put(&me.wanted, &ids[i], &me);
	if (err == ZT_OK)
		err = look_below(s, &s->w->id, &me, &n);
	*all = me.wanted.count == 0;
	idmap_free(&me.wanted, NULL);
	return err;
}
