/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c - what the versions of a workspace's objects say: fetched and opened in bulk. A
 * version that does not open is damaged: it is passed over, and costs no other object. */
#include "chain/object_parts.h"

#include <stdlib.h>

#include "chain/objects.h"
#include "chain/workspace.h"
#include "format/pb.h"
#include "session/away.h"
#include "session/session.h"

/* How many versions of an object are passed over in one reading, beside folders of rubbish,
 * which are remembered as such. */
enum { LOST_MAX = 64 };

struct reading {
	struct workspace *s;
	struct workspace_object *objects;
	workspace_read_fn *each;
	void *ctx;
	size_t *now, *next; /* those that are looked for, and then those behind damaged ones */
	size_t count, next_count;
	size_t *asked, asked_count; /* of NOW, of the server */
};

/* The newest version of O that counts and is old enough, before version BEFORE (0: of all). */
static enum zt_err
find_version(struct workspace *s, struct workspace_object *o, uint64_t before)
{
	struct workspace_version v;
	enum zt_err err = ZT_OK;

	o->v = (struct workspace_version){ .vlob = o->vlob };
	if (before == 0) {
		if ((err = workspace_version(s, &o->vlob, 0, &v)))
			return err == ZT_ERR_NOT_FOUND ? ZT_OK : err;
		if (o->until == 0 || v.time <= o->until) {
			o->v = v;
			return ZT_OK;
		}
		before = v.version;
	}
	while (--before > 0) {
		err = workspace_version(s, &o->vlob, before, &v);
		if (err == ZT_OK && (o->until == 0 || v.time <= o->until)) {
			o->v = v;
			return ZT_OK;
		}
		if (err && err != ZT_ERR_NOT_FOUND) /* that is one left out */
			return err;
	}
	return ZT_OK;
}

static enum zt_err
pass_over(struct reading *r, size_t i, const struct damage *d)
{
	struct workspace_object *o = &r->objects[i];
	Zt__Manifest *none = NULL;

	if (o->damaged == 0) {
		o->damaged = o->v.version;
		o->author = o->v.author;
		o->reason = d->err;
		o->is_rubbish = true;
	}
	o->is_rubbish = o->is_rubbish && d->is_rubbish;
	o->lost += !d->is_rubbish || !o->is_folder;
	/* No older file in place of one that the servers lack or altered: they could choose. */
	if (o->lost < LOST_MAX && (d->is_rubbish || o->is_folder)) {
		r->next[r->next_count++] = i;
		return ZT_OK;
	}
	o->v = (struct workspace_version){ .vlob = o->vlob };
	return r->each(r->ctx, i, &none);
}

/* The version before those that were passed over is found while no transaction is open: of a
 * chain that began at a checkpoint all is verified for it. */
static enum zt_err
find_older(struct reading *r)
{
	enum zt_err err = ZT_OK;

	for (size_t k = 0; err == ZT_OK && k < r->count; k++) {
		struct workspace_object *o = &r->objects[r->now[k]];

		err = find_version(r->s, o, o->v.version);
	}
	return err;
}

/* M is what object I says, unless D tells otherwise. A folder that is a file is damaged too. */
static enum zt_err
take(struct reading *r, size_t i, struct damage *d, const Zt__Object *o,
    const struct wrapped *by, Zt__Manifest **m)
{
	struct workspace_object *at = &r->objects[i];
	enum zt_err err = ZT_OK;

	if (d->err == ZT_OK && ((*m)->kind_case == ZT__MANIFEST__KIND_FOLDER) != at->is_folder)
		*d = (struct damage){ .err = ZT_ERR_CORRUPT, .is_rubbish = true };
	if (o != NULL && at->is_folder && (d->err == ZT_OK || d->is_rubbish))
		err = object_keep_folder(r->s, &at->v, o, by, d->err);
	else if (o != NULL && !at->is_folder && d->err == ZT_OK)
		err = object_keep_file(r->s, &at->v, o, by);
	if (err == ZT_OK)
		err = d->err == ZT_OK ? r->each(r->ctx, i, m) : pass_over(r, i, d);
	pb_wipe(*m);
	*m = NULL;
	return err;
}

/* One answer: some from the front of ASKED, sorted; *DONE counts them. An answer that is empty
 * says that the server lacks the first. */
static enum zt_err
take_answer(struct reading *r, const size_t *asked, size_t count, size_t *done)
{
	struct damage d = { .err = ZT_ERR_MISSING_BLOCK };
	Zt__ObjectsAnswer *m = NULL;
	Zt__Manifest *opened = NULL;
	struct wrapped by;
	size_t n;
	enum zt_err err = object_ask(r->s, r->objects, asked, count, &m);

	if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && m->n_objects == 0)) {
		n = object_repeats(r->objects, asked, count);
		for (err = ZT_OK, *done = 0; err == ZT_OK && *done < n; ++*done)
			err = pass_over(r, asked[*done], &d);
		goto out;
	}
	*done = 0;
	for (size_t k = 0; err == ZT_OK && k < m->n_objects; k++) {
		const Zt__Object *o = m->objects[k];

		n = object_repeats(r->objects, asked + *done, count - *done);
		for (; err == ZT_OK && n > 0; n--, ++*done) {
			err =
			    object_open(r->s, &r->objects[asked[*done]].v, o, &d, &by, &opened);
			if (err == ZT_OK)
				err = take(r, asked[*done], &d, o, &by, &opened);
		}
	}
out:
	pb_free(m);
	return err;
}

static enum zt_err
fetch(struct reading *r)
{
	enum { AT_ONCE = 2048 };
	size_t at = 0, done = 0;
	enum zt_err err = ZT_OK;

	qsort_r(r->asked, r->asked_count, sizeof *r->asked, object_order, r->objects);
	for (; err == ZT_OK && at < r->asked_count; at += done) {
		size_t left = r->asked_count - at;

		err = take_answer(r, r->asked + at, left < AT_ONCE ? left : AT_ONCE, &done);
	}
	return err;
}

static enum zt_err
keep_it(void *ctx, size_t i, Zt__Manifest **m)
{
	(void)i;
	*(Zt__Manifest **)ctx = *m;
	*m = NULL;
	return ZT_OK;
}

static enum store_kind
kind_of(const struct workspace_object *o)
{
	return o->is_folder ? STORE_FOLDER : STORE_FILE;
}

/* Without the servers: files of which nothing is kept are shown without what their manifests
 * say; a folder, or a file that is read, is needed. */
static enum zt_err
do_without(struct reading *r)
{
	Zt__Manifest *none = NULL;
	enum zt_err err = ZT_OK;

	for (size_t k = 0; err == ZT_OK && k < r->asked_count; k++)
		err = r->objects[r->asked[k]].is_folder || r->each == keep_it
			  ? session_lacks(r->s->z)
			  : r->each(r->ctx, r->asked[k], &none);
	return err;
}

/* What is kept here of NOW, then the rest from the server. */
static enum zt_err
read_round(struct reading *r)
{
	Zt__Manifest *m = NULL;
	struct damage d;
	enum zt_err err = ZT_OK;

	r->next_count = r->asked_count = 0;
	for (size_t k = 0; err == ZT_OK && k < r->count; k++) {
		struct workspace_object *o = &r->objects[r->now[k]];

		if (o->v.version == 0)
			err = r->each(r->ctx, r->now[k], &m);
		else if ((!o->is_folder && !r->s->z->reads_kept) ||
			 (err = object_open_kept(r->s, kind_of(o), &o->v, &d, &m)) ==
			     ZT_ERR_NOT_FOUND) {
			r->asked[r->asked_count++] = r->now[k];
			err = ZT_OK;
		} else if (err == ZT_OK)
			err = take(r, r->now[k], &d, NULL, NULL, &m);
	}
	if (err == ZT_OK && r->asked_count > 0 && r->s->z->read_away)
		return do_without(r);
	if (err == ZT_OK && r->asked_count > 0 &&
	    (err = store_begin(r->s->z->store)) == ZT_OK) {
		/* One transaction for all that is kept; a failure keeps nothing. */
		if ((err = fetch(r)) == ZT_OK)
			err = store_commit(r->s->z->store);
		store_rollback(r->s->z->store);
	}
	return err;
}

enum zt_err
workspace_read(struct workspace *s, struct workspace_object *objects, size_t count,
    workspace_read_fn *each, void *ctx)
{
	struct reading r = { .s = s, .objects = objects, .each = each, .ctx = ctx };
	size_t *all = calloc(3 * count + 1, sizeof *all);
	enum zt_err err = all != NULL ? ZT_OK : ZT_ERR_MEMORY;

	r.now = all;
	for (; err == ZT_OK && r.count < count; r.count++) {
		r.now[r.count] = r.count;
		objects[r.count].damaged = 0;
		objects[r.count].lost = 0;
		objects[r.count].is_rubbish = false;
		objects[r.count].reason = ZT_OK;
		err = find_version(s, &objects[r.count], 0);
	}
	r.next = all + count;
	r.asked = all + 2 * count;
	while (err == ZT_OK && r.count > 0) {
		size_t *now = r.now;

		err = read_round(&r);
		r.now = r.next;
		r.next = now;
		r.count = r.next_count;
		if (err == ZT_OK)
			err = find_older(&r);
	}
	free(all);
	return err;
}

enum zt_err
workspace_read_one(struct workspace *s, struct workspace_object *o, Zt__Manifest **out)
{
	return workspace_read(s, o, 1, keep_it, out);
}
