/* SPDX-License-Identifier: Apache-2.0 */
/* unlinked.c - objects that count, and that no folder that counts has ever named.
 *
 * A member made a file or folder and lost access before that counted; others had seen it, and
 * wrote to it. Their changesets count, the link that leads there does not. All versions that
 * are held here are looked through for such objects. Where they were is what that link says: a
 * hint, by a member who lost access. So only links that came before what was written there are
 * asked, and the earliest first: none can be made up afterwards. */
#include "restore/unlinked.h"

#include <stdlib.h>

#include "base/vec.h"
#include "chain/objects.h"
#include "files/path.h"
#include "format/limits.h"
#include "format/pb.h"

enum {
	LINKS_MAX = 256, /* versions that do not count and are asked for names */
};

struct looking {
	struct workspace *s;
	const struct idmap *const *known;
	size_t known_count;
	struct unlinked_list *out;
	struct workspace_object links[LINKS_MAX]; /* the earliest; by position */
	size_t link_count;
	struct idmap by_vlob; /* of OUT, and of the links' own objects: struct hint */
	struct hint *hints;
	size_t hint_count;
};

/* Where an object is, as the earliest link says. */
struct hint {
	struct id parent;
	struct buf name; /* empty: unknown */
	uint64_t before; /* what came later does not say it */
};

/* ---- which there are ---- */

static bool
is_known(const struct looking *l, const struct id *vlob)
{
	bool is = false;

	for (size_t i = 0; !is && i < l->known_count; i++)
		is = idmap_get(l->known[i], vlob) != NULL;
	return is;
}

/* Keeps V, which does not count, unless there are enough that came before it. */
static void
add_link(struct looking *l, const struct workspace_version *v)
{
	size_t at = l->link_count;

	if (at == LINKS_MAX && l->links[--at].v.position <= v->position)
		return;
	for (; at > 0 && l->links[at - 1].v.position > v->position; at--)
		l->links[at] = l->links[at - 1];
	l->links[at] = (struct workspace_object){ .vlob = v->vlob, .v = *v };
	l->link_count += l->link_count < LINKS_MAX;
}

static enum zt_err
look_at(void *ctx, const struct workspace_version *v)
{
	struct looking *l = ctx;
	struct unlinked_list *out = l->out;
	enum zt_err err;

	if (v->excluded) {
		add_link(l, v);
		return ZT_OK;
	}
	if (is_known(l, &v->vlob))
		return ZT_OK;
	if (out->count > 0 && id_equal(&out->all[out->count - 1].v.vlob, &v->vlob)) {
		out->all[out->count - 1].v = *v;
		return ZT_OK;
	}
	if ((err = vec_room(&out->all, out->count, &out->cap, sizeof *out->all)) == ZT_OK)
		out->all[out->count++] =
		    (struct unlinked){ *v, v->position, .name = buf_init(PATH_TEXT_MAX) };
	return err;
}

/* ---- what they are ---- */

struct opening {
	struct looking *l;
	struct workspace_object *objects;
	size_t kept;
};

static enum zt_err
take_kind(void *ctx, size_t i, Zt__Manifest **m)
{
	struct opening *o = ctx;
	struct unlinked *all = o->l->out->all;
	char text[ID_TEXT];

	if (*m == NULL) {
		id_print(&all[i].v.vlob, text);
		if (!o->objects[i].is_rubbish)
			workspace_damaged(o->l->s, text, &o->objects[i]);
		return ZT_OK; /* its buffer is empty */
	}
	all[i].is_folder = (*m)->kind_case == ZT__MANIFEST__KIND_FOLDER;
	all[o->kept++] = all[i];
	return ZT_OK;
}

/* Those that open, and whether they are folders. */
static enum zt_err
open_all(struct looking *l)
{
	struct unlinked_list *out = l->out;
	struct workspace_object *objects = calloc(out->count + 1, sizeof *objects);
	struct opening o = { l, objects, 0 };
	enum zt_err err = objects != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < out->count; i++)
		objects[i] =
		    (struct workspace_object){ .vlob = out->all[i].v.vlob, .v = out->all[i].v };
	if (err == ZT_OK)
		err = workspace_open_exactly(l->s, objects, out->count, take_kind, &o);
	out->count = err == ZT_OK ? o.kept : 0;
	free(objects);
	return err;
}

/* ---- where they were ---- */

static enum zt_err
want(struct looking *l, const struct id *vlob, uint64_t before)
{
	struct hint *h = &l->hints[l->hint_count];

	if (idmap_get(&l->by_vlob, vlob) != NULL)
		return ZT_OK;
	*h = (struct hint){ .name = buf_init(LIMIT_NAME), .before = before };
	l->hint_count++;
	return idmap_put(&l->by_vlob, vlob, h);
}

static enum zt_err
take_names(void *ctx, size_t i, Zt__Manifest **m)
{
	struct looking *l = ctx;
	enum zt_err err = ZT_OK;

	if (*m == NULL || (*m)->kind_case != ZT__MANIFEST__KIND_FOLDER)
		return ZT_OK;
	for (size_t k = 0; err == ZT_OK && k < (*m)->folder->n_entries; k++) {
		const Zt__FolderEntry *e = (*m)->folder->entries[k];
		struct hint *h;
		struct id vlob;

		if ((err = pb_id(e->vlob, &vlob)) ||
		    (h = idmap_get(&l->by_vlob, &vlob)) == NULL || h->name.n > 0 ||
		    l->links[i].v.position > h->before)
			continue;
		h->parent = l->links[i].vlob;
		buf_add(&h->name, pb_bytes(e->name));
		err = buf_err(&h->name);
	}
	return err;
}

/* The name of U below the first folder that is none of those that a link leads to. */
static enum zt_err
take_path(struct looking *l, struct unlinked *u)
{
	const struct buf *names[LIMIT_DEPTH_READ];
	const struct hint *h = idmap_get(&l->by_vlob, &u->v.vlob);
	size_t n = 0;

	for (; h != NULL && h->name.n > 0 && n < LIMIT_DEPTH_READ;
	     h = is_known(l, &h->parent) ? NULL : idmap_get(&l->by_vlob, &h->parent)) {
		names[n++] = &h->name;
		u->parent = h->parent;
	}
	while (n > 0) {
		buf_add(&u->name, buf_bytes(names[--n]));
		if (n > 0)
			buf_add_byte(&u->name, '/');
	}
	return buf_err(&u->name);
}

static enum zt_err
name_all(struct looking *l)
{
	struct unlinked_list *out = l->out;
	enum zt_err err = ZT_OK;

	if ((l->hints = calloc(out->count + l->link_count + 1, sizeof *l->hints)) == NULL)
		return ZT_ERR_MEMORY;
	for (size_t i = 0; err == ZT_OK && i < out->count; i++)
		err = want(l, &out->all[i].v.vlob, out->all[i].first);
	for (size_t i = 0; err == ZT_OK && i < l->link_count; i++)
		err = want(l, &l->links[i].vlob, UINT64_MAX);
	if (err == ZT_OK)
		err = workspace_open_exactly(l->s, l->links, l->link_count, take_names, l);
	for (size_t i = 0; err == ZT_OK && i < out->count; i++)
		err = take_path(l, &out->all[i]);
	return err;
}

enum zt_err
unlinked_find(struct workspace *s, const struct idmap *const *known, size_t count,
    struct unlinked_list *out)
{
	struct looking *l = calloc(1, sizeof *l);
	enum zt_err err;

	if (l == NULL)
		return ZT_ERR_MEMORY;
	l->s = s;
	l->known = known;
	l->known_count = count;
	l->out = out;
	if ((err = workspace_each_version(s, look_at, l)) == ZT_OK && out->count > 0 &&
	    (err = open_all(l)) == ZT_OK && out->count > 0)
		err = name_all(l);
	for (size_t i = 0; i < l->hint_count; i++)
		buf_free(&l->hints[i].name);
	free(l->hints);
	idmap_free(&l->by_vlob, NULL);
	free(l);
	return err;
}

void
unlinked_free(struct unlinked_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		buf_free(&l->all[i].name);
	free(l->all);
	*l = (struct unlinked_list){ 0 };
}
