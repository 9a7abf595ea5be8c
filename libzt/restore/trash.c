/* SPDX-License-Identifier: Apache-2.0 */
/* trash.c - what was removed: entries of older versions of the folders that are in the tree
 * now, or were removed themselves, whose objects are nowhere in it any more. What lies in a
 * removed folder is restored with it, and is not shown by itself. So each object that counts is
 * in the tree, or it is here: those that no folder names are, too (unlinked.c). */
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "files/path.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/sync.h"
#include "restore/unlinked.h"
#include "restore/verbs.h"
#include "session/session.h"
#include "zt/file.h"
#include "zt/history.h"

/* A folder of the tree. */
struct place {
	struct id vlob;
	struct buf path;
	unsigned depth;
};

/* What was removed, and where it was last. */
struct item {
	struct id vlob;
	struct buf path;
	bool is_folder, is_told, is_unlinked;
	uint64_t last_there, removed;
	struct id by; /* the device */
};

/* What lies in a removed folder. */
struct content {
	struct id *in;
	size_t count, cap;
};

struct trash {
	struct zt *z;
	struct workspace *s;
	struct idmap live, found;
	struct item *items;
	size_t item_count, item_cap;
	struct idmap looked;          /* removed folders whose older versions were looked at */
	size_t next_item, next_place; /* for those that were not */
	struct idmap contents;        /* struct content, by removed folder */
	struct idmap inside;          /* objects that are restored with another one */
	struct id *deep;              /* folders of the tree that are deeper than any path */
	size_t deep_count, deep_cap;
	struct id *queue; /* removed folders; from NEXT on not looked at yet */
	size_t queued, queue_cap, next;
	struct place *folders;
	size_t count, cap, first; /* FIRST of those that are read now */
	struct buf below;         /* only what was there or below; "" is all */
	void (*each)(void *ctx, const struct zt_removed *r);
	void *ctx;
};

static enum zt_err
add_place(
    struct trash *t, const struct id *vlob, struct bytes in, struct bytes name, unsigned depth)
{
	struct place *p;
	enum zt_err err;

	/* A member could hang folders into one another without end: no path leads there. */
	if (depth >= LIMIT_DEPTH_READ)
		return ZT_OK;
	err = vec_room(&t->folders, t->count, &t->cap, sizeof *t->folders);

	if (err)
		return err;
	p = &t->folders[t->count++];
	*p = (struct place){ .vlob = *vlob, .path = buf_init(PATH_TEXT_MAX), .depth = depth };
	buf_add(&p->path, in);
	if (name.n > 0) {
		buf_add_byte(&p->path, '/');
		buf_add(&p->path, name);
	}
	return buf_err(&p->path);
}

/* What lies in VLOB is looked at (read_contents). */
static enum zt_err
queue_folder(struct trash *t, const struct id *vlob)
{
	struct content *c;
	enum zt_err err;

	if (idmap_get(&t->contents, vlob) != NULL)
		return ZT_OK;
	if ((err = vec_room(&t->queue, t->queued, &t->queue_cap, sizeof *t->queue)))
		return err;
	if ((c = calloc(1, sizeof *c)) == NULL || idmap_put(&t->contents, vlob, c)) {
		free(c);
		return ZT_ERR_MEMORY;
	}
	t->queue[t->queued++] = *vlob;
	return ZT_OK;
}

/* ---- what is in the tree ---- */

/* No path leads to VLOB, a folder of the tree, nor to what it names. */
static enum zt_err
add_deep(struct trash *t, const struct id *vlob)
{
	enum zt_err err = vec_room(&t->deep, t->deep_count, &t->deep_cap, sizeof *t->deep);

	if (err == ZT_OK)
		t->deep[t->deep_count++] = *vlob;
	return err ? err : queue_folder(t, vlob);
}

static enum zt_err
note_live(void *ctx, size_t i, Zt__Manifest **m)
{
	struct trash *t = ctx;
	enum zt_err err = ZT_OK;

	for (size_t k = 0; err == ZT_OK && *m != NULL && k < (*m)->folder->n_entries; k++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[k];
		/* a copy: adding a place may move this one */
		struct bytes in = buf_bytes(&t->folders[t->first + i].path);
		unsigned depth = t->folders[t->first + i].depth + 1;
		struct id vlob;

		if ((err = pb_id(e->vlob, &vlob)) || idmap_get(&t->live, &vlob) != NULL)
			continue;
		if ((err = idmap_put(&t->live, &vlob, t)) == ZT_OK && e->folder)
			err = depth < LIMIT_DEPTH_READ
				  ? add_place(t, &vlob, in, pb_bytes(e->name), depth)
				  : add_deep(t, &vlob);
	}
	return err;
}

static enum zt_err
walk(struct trash *t)
{
	enum { AT_ONCE = 256 };
	struct workspace_object objects[AT_ONCE];
	enum zt_err err = idmap_put(&t->live, &t->s->w->id, t);

	if (err == ZT_OK)
		err = add_place(t, &t->s->w->id, bytes_of(NULL, 0), bytes_of(NULL, 0), 0);
	for (size_t next = 0; err == ZT_OK && next < t->count;) {
		size_t n = 0;

		for (t->first = next; n < AT_ONCE && next < t->count; next++)
			objects[n++] = (struct workspace_object){ .vlob = t->folders[next].vlob,
				.is_folder = true };
		err = workspace_read(t->s, objects, n, note_live, t);
	}
	return err;
}

/* ---- what stood in it ---- */

/* E was in P until the version AFTER. */
static enum zt_err
add_item(struct trash *t, const struct place *p, const Zt__FolderEntry *e,
    const struct workspace_version *last, const struct workspace_version *after)
{
	struct item *item;
	struct id vlob;
	enum zt_err err = pb_id(e->vlob, &vlob);

	if (err || idmap_get(&t->live, &vlob) != NULL || idmap_get(&t->found, &vlob) != NULL)
		return err;
	if ((err = idmap_put(&t->found, &vlob, t)) ||
	    (err = vec_room(&t->items, t->item_count, &t->item_cap, sizeof *t->items)))
		return err;
	item = &t->items[t->item_count++];
	*item = (struct item){ .vlob = vlob,
		.path = buf_init(PATH_TEXT_MAX),
		.is_folder = e->folder,
		.last_there = last->time,
		.removed = after->time,
		.by = after->author };
	buf_add(&item->path, buf_bytes(&p->path));
	buf_add_byte(&item->path, '/');
	buf_add(&item->path, pb_bytes(e->name));
	return buf_err(&item->path);
}

/* From the newest version to the first: what is met first was there last. */
static enum zt_err
look_back(struct trash *t, const struct place *p)
{
	struct workspace_version v, after = { 0 };
	enum zt_err err = workspace_newest(t->s, &p->vlob, &v);

	if (err)
		return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
	for (uint64_t n = v.version; n > 0; n--) {
		Zt__Manifest *m = NULL;

		if ((err = workspace_version(t->s, &p->vlob, n, &v)) == ZT_OK)
			err = workspace_manifest(t->s, &v, &m);
		if (err && err != ZT_ERR_NOT_FOUND && !workspace_is_damage(err))
			return err;
		if (err == ZT_OK && m->kind_case == ZT__MANIFEST__KIND_FOLDER &&
		    after.version > 0)
			for (size_t i = 0; err == ZT_OK && i < m->folder->n_entries; i++)
				err = add_item(t, p, m->folder->entries[i], &v, &after);
		else
			err = ZT_OK;
		pb_wipe(m);
		if (err)
			return err;
		after = v;
	}
	t->s->z->message[0] = 0;
	return ZT_OK;
}

/* The folders that lie in P, which was removed, are places too, one deeper. */
static enum zt_err
add_places_in(struct trash *t, const struct place *p)
{
	struct workspace_object o = { .vlob = p->vlob, .is_folder = true };
	Zt__Manifest *m = NULL;
	enum zt_err err = workspace_read_one(t->s, &o, &m);

	for (size_t k = 0; err == ZT_OK && m != NULL && k < m->folder->n_entries; k++) {
		const Zt__FolderEntry *e = m->folder->entries[k];
		struct id vlob;

		if (!e->folder || pb_id(e->vlob, &vlob) || idmap_get(&t->live, &vlob) != NULL ||
		    idmap_get(&t->looked, &vlob) != NULL)
			continue;
		if ((err = idmap_put(&t->looked, &vlob, t)) == ZT_OK)
			err = add_place(
			    t, &vlob, buf_bytes(&p->path), pb_bytes(e->name), p->depth + 1);
	}
	pb_wipe(m);
	return err;
}

/* ---- what lies in what ---- */

static enum zt_err
note_content(void *ctx, size_t i, Zt__Manifest **m)
{
	struct trash *t = ctx;
	struct content *c = idmap_get(&t->contents, &t->queue[t->first + i]);
	enum zt_err err = ZT_OK;

	for (size_t k = 0; err == ZT_OK && *m != NULL && k < (*m)->folder->n_entries; k++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[k];
		struct id vlob;

		if ((err = pb_id(e->vlob, &vlob)) || idmap_get(&t->live, &vlob) != NULL)
			continue;
		if ((err = vec_room(&c->in, c->count, &c->cap, sizeof *c->in)))
			continue;
		c->in[c->count++] = vlob;
		if (e->folder)
			err = queue_folder(t, &vlob);
	}
	return err;
}

static enum zt_err
read_contents(struct trash *t)
{
	enum { AT_ONCE = 256 };
	struct workspace_object objects[AT_ONCE];
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < t->item_count; i++)
		if (t->items[i].is_folder)
			err = queue_folder(t, &t->items[i].vlob);
	while (err == ZT_OK && t->next < t->queued) {
		size_t n = 0;

		for (t->first = t->next; n < AT_ONCE && t->next < t->queued; t->next++)
			objects[n++] = (struct workspace_object){ .vlob = t->queue[t->next],
				.is_folder = true };
		err = workspace_read(t->s, objects, n, note_content, t);
	}
	return err;
}

/* How many folders deep PATH is. */
static unsigned
depth_of(struct bytes path)
{
	unsigned n = 0;

	for (size_t i = 0; i < path.n; i++)
		n += path.p[i] == '/';
	return n;
}

/* The folders that were removed, and those in them, which have older versions too: each is a
 * place from which more was removed before. What is found there may be a folder again. */
static enum zt_err
look_into_removed(struct trash *t)
{
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && (t->next_place < t->count || t->next_item < t->item_count)) {
		const struct item *item;

		if (t->next_place < t->count) {
			/* a copy: adding a place may move this one */
			struct place p = t->folders[t->next_place++];

			if ((err = look_back(t, &p)) == ZT_OK)
				err = add_places_in(t, &p);
			continue;
		}
		item = &t->items[t->next_item++];
		if (item->is_folder && idmap_get(&t->looked, &item->vlob) == NULL &&
		    (err = idmap_put(&t->looked, &item->vlob, t)) == ZT_OK)
			err = add_place(t, &item->vlob, buf_bytes(&item->path),
			    bytes_of(NULL, 0), depth_of(buf_bytes(&item->path)));
	}
	return err;
}

/* All that lies in FOLDER, at any depth, is restored with it. */
static enum zt_err
mark_inside(struct trash *t, const struct id *folder)
{
	size_t first = 0, count = 1; /* of the queue, which is empty by now */
	enum zt_err err = vec_room(&t->queue, 0, &t->queue_cap, sizeof *t->queue);

	if (err == ZT_OK)
		t->queue[0] = *folder;
	while (err == ZT_OK && first < count) {
		const struct content *c = idmap_get(&t->contents, &t->queue[first++]);

		for (size_t i = 0; err == ZT_OK && c != NULL && i < c->count; i++)
			if (idmap_get(&t->inside, &c->in[i]) == NULL &&
			    (err = idmap_put(&t->inside, &c->in[i], t)) == ZT_OK &&
			    (err = vec_room(
				 &t->queue, count, &t->queue_cap, sizeof *t->queue)) == ZT_OK)
				t->queue[count++] = c->in[i];
	}
	return err;
}

/* ---- what no folder ever named ---- */

/* Where U was, as far as a link says that does not count; else a name made of its id. */
static enum zt_err
place_unlinked(const struct trash *t, const struct unlinked *u, struct buf *path)
{
	const struct place *in = NULL;
	char text[ID_TEXT];

	for (size_t i = 0; u->name.n > 0 && in == NULL && i < t->count; i++)
		if (id_equal(&t->folders[i].vlob, &u->parent))
			in = &t->folders[i];
	if (in != NULL && in->path.n + 1 + u->name.n <= PATH_TEXT_MAX) {
		buf_add(path, buf_bytes(&in->path));
		buf_add_byte(path, '/');
		buf_add(path, buf_bytes(&u->name));
	} else {
		id_print(&u->v.vlob, text);
		buf_add_byte(path, '/');
		buf_add_text(path, text);
	}
	return buf_err(path);
}

static enum zt_err
add_unlinked(struct trash *t, const struct unlinked *u)
{
	struct item *item;
	enum zt_err err;

	if (idmap_get(&t->found, &u->v.vlob) != NULL)
		return ZT_OK;
	if ((err = idmap_put(&t->found, &u->v.vlob, t)) ||
	    (err = vec_room(&t->items, t->item_count, &t->item_cap, sizeof *t->items)))
		return err;
	item = &t->items[t->item_count++];
	*item = (struct item){ .vlob = u->v.vlob,
		.path = buf_init(PATH_TEXT_MAX),
		.is_folder = u->is_folder,
		.is_unlinked = true,
		.last_there = u->v.time,
		.removed = u->v.time,
		.by = u->v.author };
	return place_unlinked(t, u, &item->path);
}

/* The folders first: the rest may lie in them, or have been removed from them. */
static enum zt_err
find_unlinked(struct trash *t)
{
	const struct idmap *known[] = { &t->live, &t->found, &t->inside };
	struct unlinked_list l = { 0 };
	enum zt_err err = ZT_OK;

	for (size_t i = 0; err == ZT_OK && i < t->item_count; i++)
		err = mark_inside(t, &t->items[i].vlob);
	for (size_t i = 0; err == ZT_OK && i < t->deep_count; i++)
		err = mark_inside(t, &t->deep[i]);
	if (err == ZT_OK)
		err = unlinked_find(t->s, known, sizeof known / sizeof known[0], &l);
	for (size_t i = 0; err == ZT_OK && i < l.count; i++)
		if (l.all[i].is_folder)
			err = add_unlinked(t, &l.all[i]);
	if (err == ZT_OK && l.count > 0 && (err = look_into_removed(t)) == ZT_OK)
		err = read_contents(t);
	for (size_t i = 0; err == ZT_OK && i < l.count; i++)
		if (!l.all[i].is_folder)
			err = add_unlinked(t, &l.all[i]);
	idmap_free(&t->inside, NULL);
	unlinked_free(&l);
	return err;
}

/* ---- telling ---- */

/* Whether ITEM was where the person looks, or below. */
static bool
is_below(const struct trash *t, const struct item *item)
{
	size_t n = t->below.n;

	return n == 0 || (item->path.n >= n && memcmp(item->path.p, t->below.p, n) == 0 &&
			     (item->path.n == n || item->path.p[n] == '/'));
}

static void
tell(struct trash *t, struct item *item)
{
	const struct org_device *d = org_state_device(t->s->z->state, &item->by);
	struct log_handle h = { .email = "" };
	struct workspace_version v;
	struct zt_removed r = { .is_folder = item->is_folder,
		.is_unlinked = item->is_unlinked,
		.last_there = item->last_there,
		.removed = item->removed };

	item->is_told = true;
	/* A folder may name what has no version that counts: nothing of it could come back. */
	if (!is_below(t, item) || workspace_version(t->s, &item->vlob, 0, &v) != ZT_OK)
		return;
	if (d != NULL)
		log_handle(t->s->z, &d->user->id, &h);
	id_print(&item->vlob, r.id);
	r.path = buf_text(&item->path);
	r.by = h.email;
	t->each(t->ctx, &r);
}

static int
compare_removed(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->removed != y->removed)
		return x->removed < y->removed ? -1 : 1;
	/* those of one moment in an order that is the same each time */
	return memcmp(x->vlob.b, y->vlob.b, ID_BYTES);
}

/* In the order in which it was removed. What lies in nothing else; then, of folders that lie in
 * one another and in nothing else, one each, with which the others are. */
static enum zt_err
tell_all(struct trash *t)
{
	enum zt_err err = ZT_OK;

	if (t->item_count > 0)
		qsort(t->items, t->item_count, sizeof *t->items, compare_removed);
	for (size_t i = 0; err == ZT_OK && i < t->item_count; i++)
		err = mark_inside(t, &t->items[i].vlob);
	for (size_t i = 0; err == ZT_OK && i < t->item_count; i++)
		if (idmap_get(&t->inside, &t->items[i].vlob) == NULL)
			tell(t, &t->items[i]);
	idmap_free(&t->inside, NULL);
	for (size_t i = 0; err == ZT_OK && i < t->item_count; i++)
		if (t->items[i].is_told)
			err = mark_inside(t, &t->items[i].vlob);
	for (size_t i = 0; err == ZT_OK && i < t->item_count; i++)
		if (!t->items[i].is_told && idmap_get(&t->inside, &t->items[i].vlob) == NULL) {
			tell(t, &t->items[i]);
			err = mark_inside(t, &t->items[i].vlob);
		}
	return err;
}

static void
content_free(void *p)
{
	struct content *c = p;

	free(c->in);
	free(c);
}

static void
trash_free(struct trash *t)
{
	for (size_t i = 0; i < t->count; i++)
		buf_free(&t->folders[i].path);
	for (size_t i = 0; i < t->item_count; i++)
		buf_free(&t->items[i].path);
	buf_free(&t->below);
	free(t->folders);
	free(t->items);
	free(t->queue);
	free(t->deep);
	idmap_free(&t->live, NULL);
	idmap_free(&t->found, NULL);
	idmap_free(&t->looked, NULL);
	idmap_free(&t->inside, NULL);
	idmap_free(&t->contents, content_free);
}

/* WHERE is a workspace, or a path in one. */
static enum zt_err
take_where(struct trash *t, const char *where, struct path *path)
{
	const char *message = "";
	enum zt_err err;

	*path = (struct path){ .count = 0 };
	err = strchr(where, ':') == NULL ? path_workspace(bytes_text(where), path, &message)
					 : path_parse(where, path, &message);
	if (err)
		return session_refuse(t->z, err, "%s", message);
	for (size_t i = 0; i < path->count; i++) {
		buf_add_byte(&t->below, '/');
		buf_add(&t->below, path->name[i]);
	}
	return buf_err(&t->below);
}

/* All of the workspace, as it is known here. */
static enum zt_err
look_everywhere(struct trash *t)
{
	enum zt_err err = walk(t);

	t->next_place = t->count; /* of the removed ones */
	for (size_t i = 0; err == ZT_OK && i < t->next_place; i++)
		err = look_back(t, &t->folders[i]);
	if (err == ZT_OK && (err = look_into_removed(t)) == ZT_OK &&
	    (err = read_contents(t)) == ZT_OK && (err = find_unlinked(t)) == ZT_OK)
		err = tell_all(t);
	return err;
}

static void
count_unlinked(void *ctx, const struct zt_removed *r)
{
	uint64_t *n = ctx;

	*n += r->is_unlinked;
}

enum zt_err
restore_count_unlinked(struct zt *z, const char *workspace, uint64_t *n)
{
	struct trash t = {
		.z = z, .each = count_unlinked, .ctx = n, .below = buf_init(PATH_TEXT_MAX)
	};
	void (*damaged)(void *ctx, const char *path, const char *what) = z->damaged;
	enum zt_err err;

	*n = 0;
	z->damaged = NULL; /* of what was removed, the trash says it */
	if ((err = workspace_find(z, workspace, &t.s)) == ZT_OK)
		err = look_everywhere(&t);
	z->damaged = damaged;
	trash_free(&t);
	return err;
}

enum zt_err
restore_trash(struct zt *z, const char *where,
    void (*each)(void *ctx, const struct zt_removed *r), void *ctx)
{
	struct trash t = { .z = z, .each = each, .ctx = ctx, .below = buf_init(PATH_TEXT_MAX) };
	struct path path;
	enum zt_err err;

	z->message[0] = 0;
	chain_begin_reading(z);
	if ((err = take_where(&t, where, &path)) || (err = log_fetch(z)) ||
	    (err = log_sync_handles(z)) || (err = workspace_find(z, path.workspace, &t.s)) ||
	    (err = workspace_complete(t.s)))
		goto out;
	err = look_everywhere(&t);
out:
	trash_free(&t);
	return err ? err : chain_end_reading(z);
}
