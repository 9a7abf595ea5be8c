/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c - what the versions of a workspace's objects say: fetched and opened in bulk. A
 * version that does not open is damaged: it is passed over, and costs no other object. */
#include "chain/objects.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wire.h"
#include "chain/keys.h"
#include "chain/workspace.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "proto/metadata.pb-c.h"
#include "session/away.h"
#include "session/session.h"

/* How many versions of an object are passed over in one reading, beside folders of rubbish,
 * which are remembered as such. */
enum { LOST_MAX = 64 };

struct bytes
workspace_object_key(
    const struct workspace *s, const struct id *vlob, uint8_t out[2 * ID_BYTES])
{
	memcpy(out, s->w->id.b, ID_BYTES);
	memcpy(out + ID_BYTES, vlob->b, ID_BYTES);
	return bytes_of(out, 2 * ID_BYTES);
}

/* ---- one version ---- */

/* What is wrong with a version. */
struct damage {
	enum zt_err err; /* OK: nothing */
	bool is_rubbish; /* its author signed what is no manifest: nobody will ever read it */
};

bool
workspace_is_damage(enum zt_err err)
{
	return err == ZT_ERR_CORRUPT || err == ZT_ERR_KEY || err == ZT_ERR_MISSING_BLOCK ||
	       err == ZT_ERR_NAME || err == ZT_ERR_TOO_BIG || err == ZT_ERR_CRITICAL ||
	       err == ZT_ERR_SUITE;
}

/* A content key, wrapped under the workspace's key of a generation. */
struct wrapped {
	unsigned generation;
	struct bytes wrap;
};

/* Opens O, the version V, into *OUT, by the first of its wraps that does: its author's (0) or
 * the others'. KEY: none does; *BY is the last that was tried. */
static enum zt_err
open_by_any(struct workspace *s, const struct workspace_version *v, const Zt__Object *o,
    struct wrapped *by, const char **message, Zt__Manifest **out)
{
	struct manifest_place place = { s->w->id, v->vlob, v->version };
	enum zt_err err = ZT_ERR_KEY, lacks = ZT_OK;

	for (size_t i = 0; err == ZT_ERR_KEY && i <= o->n_others; i++) {
		const struct secret *key;

		by->generation = i == 0 ? o->generation : o->others[i - 1]->generation;
		by->wrap = pb_bytes(i == 0 ? o->wrap : o->others[i - 1]->wrap);
		if (by->wrap.n == 0 || by->generation == 0 ||
		    by->generation > s->w->generation_count)
			continue;
		if ((err = workspace_key(s, by->generation, &key)) == ZT_OK)
			err = manifest_open(
			    key, &place, pb_bytes(o->object), by->wrap, &v->pins, out, message);
		else if (err == ZT_ERR_KEY || err == ZT_ERR_MISSING_KEY) {
			lacks = err; /* another may do */
			err = ZT_ERR_KEY;
		}
	}
	if (err == ZT_OK)
		s->z->message[0] = 0;
	return err == ZT_ERR_KEY && lacks ? ZT_ERR_MISSING_KEY : err;
}

/* Opens O, the version V, into *OUT; what is wrong with it is written to *D. That this device
 * lacks the workspace's key is no damage: a member must be asked for it. */
static enum zt_err
open_object(struct workspace *s, const struct workspace_version *v, const Zt__Object *o,
    struct damage *d, struct wrapped *by, Zt__Manifest **out)
{
	const char *message = "";
	struct hash is;
	enum zt_err err = open_by_any(s, v, o, by, &message, out);

	*d = (struct damage){ .err = ZT_OK };
	if (err == ZT_OK || !workspace_is_damage(err))
		return err;
	hash_blake2b(LABEL_OBJECT, pb_bytes(o->object), &is);
	d->err = err;
	d->is_rubbish = hash_equal(&is, &v->pins.object) &&
			(err == ZT_ERR_CORRUPT || err == ZT_ERR_NAME || err == ZT_ERR_TOO_BIG);
	(void)session_refuse(
	    s->z, err, "an object of the workspace: %s", session_translate(s->z, message));
	return ZT_OK;
}

enum { FILE_KEPT_MAX = 256 * 1024, FILES_KEPT_MAX = 64 * 1024 * 1024 };
/* As many bytes are added to what is kept of files before it is added up again. */
enum { FILES_KEPT_MORE = 4 * 1024 * 1024 };

/* Keeps the object O as it came, and BY what it opened; or, with REASON, that V is rubbish as a
 * folder. */
static enum zt_err
keep_object(struct workspace *s, enum store_kind kind, const struct workspace_version *v,
    const Zt__Object *o, const struct wrapped *by, enum zt_err reason)
{
	uint8_t at[2 * ID_BYTES];
	struct buf b = buf_init(LIMIT_MANIFEST + 4096);
	enum zt_err err;

	wire_put_u32(&b, reason ? (uint32_t)reason : by->generation);
	if (reason == ZT_OK) {
		wire_put_counted(&b, by->wrap);
		wire_put_counted(&b, pb_bytes(o->object));
	}
	if ((err = buf_err(&b)) == ZT_OK)
		err = store_put(s->z->store, kind, workspace_object_key(s, &v->vlob, at),
		    v->version, buf_bytes(&b));
	buf_free(&b);
	return err;
}

/* N bytes more are kept of files, whose sum is bounded; to add it up takes a while. */
static enum zt_err
kept_more(struct zt *z, size_t n)
{
	enum zt_err err = ZT_OK;

	z->kept_more += n;
	if (!z->has_trimmed || z->kept_more > FILES_KEPT_MORE) {
		z->kept_more = 0;
		z->has_trimmed = true;
		err = store_trim(z->store, STORE_FILE, FILES_KEPT_MAX, NULL);
	}
	return err;
}

/* The same of a file, in place of its older versions. */
static enum zt_err
keep_file(struct workspace *s, const struct workspace_version *v, const Zt__Object *o,
    const struct wrapped *by)
{
	uint8_t at[2 * ID_BYTES];
	struct bytes key = workspace_object_key(s, &v->vlob, at);
	struct buf was = buf_init(FILE_KEPT_MAX + 4096);
	uint64_t older;
	enum zt_err err;

	if (!s->z->reads_kept || o->object.len > FILE_KEPT_MAX)
		return ZT_OK;
	if ((err = store_newest(s->z->store, STORE_FILE, key, &older, &was)) == ZT_OK)
		err = store_delete(s->z->store, STORE_FILE, key, older);
	buf_free(&was);
	if ((err && err != ZT_ERR_NOT_FOUND) ||
	    (err = keep_object(s, STORE_FILE, v, o, by, ZT_OK)))
		return err;
	return kept_more(s->z, o->object.len);
}

/* Opens an object that is kept. NOT_FOUND also when it does not open: what is kept is not
 * trusted without a check. */
static enum zt_err
open_kept(struct workspace *s, enum store_kind kind, const struct workspace_version *v,
    struct damage *d, Zt__Manifest **out)
{
	uint8_t at[2 * ID_BYTES];
	struct buf b = buf_init(LIMIT_MANIFEST + 4096);
	Zt__Object o = ZT__OBJECT__INIT;
	struct wire_reader r;
	struct bytes wrap, object;
	struct wrapped by;
	enum zt_err err =
	    store_get(s->z->store, kind, workspace_object_key(s, &v->vlob, at), v->version, &b);

	*d = (struct damage){ .err = ZT_OK };
	if (err == ZT_OK && b.n == 4) {
		*d = (struct damage){ .err = (enum zt_err)wire_load_u32(b.p),
			.is_rubbish = true };
	} else if (err == ZT_OK) {
		r = wire_read(buf_bytes(&b));
		o.generation = wire_u32(&r);
		wrap = wire_counted(&r, ENVELOPE_WRAP_BYTES);
		object = wire_counted(&r, LIMIT_MANIFEST + 1024);
		o.wrap = pb_field(wrap.p, wrap.n);
		o.object = pb_field(object.p, object.n);
		/* A record of a generation that never was is no reason to ask for its key. */
		err = wire_end(&r) || o.generation == 0 || o.generation > s->w->generation_count
			  ? ZT_ERR_NOT_FOUND
			  : open_object(s, v, &o, d, &by, out);
		if (err == ZT_OK && d->err)
			err = ZT_ERR_NOT_FOUND;
	}
	buf_free(&b);
	return err;
}

/* ---- many of them ---- */

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
		err = keep_object(r->s, STORE_FOLDER, &at->v, o, by, d->err);
	else if (o != NULL && !at->is_folder && d->err == ZT_OK)
		err = keep_file(r->s, &at->v, o, by);
	if (err == ZT_OK)
		err = d->err == ZT_OK ? r->each(r->ctx, i, m) : pass_over(r, i, d);
	pb_wipe(*m);
	*m = NULL;
	return err;
}

static int
by_version(const void *a, const void *b, void *of)
{
	const struct workspace_object *objects = of;
	const struct workspace_version *x = &objects[*(const size_t *)a].v,
				       *y = &objects[*(const size_t *)b].v;
	int order = memcmp(x->vlob.b, y->vlob.b, ID_BYTES);

	return order != 0 ? order : (x->version > y->version) - (x->version < y->version);
}

/* How many of the COUNT sorted in ASKED, from the front, are one version: a folder may name an
 * object twice, and a server takes each question once. */
static size_t
how_often(const struct reading *r, const size_t *asked, size_t count)
{
	size_t n = 1;

	/* cppcheck-suppress objectIndex ; COUNT bounds it: one that is alone has no next */
	while (n < count && by_version(&asked[0], &asked[n], r->objects) == 0)
		n++;
	return n;
}

static enum zt_err
ask_objects(struct reading *r, const size_t *asked, size_t count, Zt__ObjectsAnswer **out)
{
	struct route_params p = { .org = r->s->z->org, .id = r->s->w->id };
	Zt__ObjectAsk *asks = calloc(count, sizeof *asks), **list = calloc(count, sizeof *list);
	Zt__ObjectsRequest ask = ZT__OBJECTS_REQUEST__INIT;
	struct buf body = buf_init(1024 * 1024), answer = buf_init(LIMIT_PAGE + LIMIT_MANIFEST);
	enum zt_err err = asks != NULL && list != NULL ? ZT_OK : ZT_ERR_MEMORY;
	size_t n = 0;

	for (size_t i = 0; err == ZT_OK && i < count; n++) {
		const struct workspace_version *v = &r->objects[asked[i]].v;

		zt__object_ask__init(list[n] = &asks[n]);
		asks[n].vlob = pb_field(v->vlob.b, ID_BYTES);
		asks[n].version = v->version;
		i += how_often(r, asked + i, count - i);
	}
	ask.asks = list;
	ask.n_asks = n;
	if (err == ZT_OK && (err = pb_encode(&ask, &body)) == ZT_OK &&
	    (err = session_call(r->s->z, ROUTE_OBJECTS, &p, NULL, buf_bytes(&body), &answer)) ==
		ZT_OK)
		err = pb_decode(&zt__objects_answer__descriptor, buf_bytes(&answer),
		    LIMIT_PAGE + LIMIT_MANIFEST, out);
	if (err == ZT_OK && (*out)->n_objects > n)
		err = session_refuse(
		    r->s->z, ZT_ERR_CORRUPT, "the server answers more than was asked for");
	free(asks);
	free(list);
	buf_free(&body);
	buf_free(&answer);
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
	enum zt_err err = ask_objects(r, asked, count, &m);

	if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && m->n_objects == 0)) {
		n = how_often(r, asked, count);
		for (err = ZT_OK, *done = 0; err == ZT_OK && *done < n; ++*done)
			err = pass_over(r, asked[*done], &d);
		goto out;
	}
	*done = 0;
	for (size_t k = 0; err == ZT_OK && k < m->n_objects; k++) {
		const Zt__Object *o = m->objects[k];

		n = how_often(r, asked + *done, count - *done);
		for (; err == ZT_OK && n > 0; n--, ++*done) {
			err =
			    open_object(r->s, &r->objects[asked[*done]].v, o, &d, &by, &opened);
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

	qsort_r(r->asked, r->asked_count, sizeof *r->asked, by_version, r->objects);
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
			 (err = open_kept(r->s, kind_of(o), &o->v, &d, &m)) ==
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

enum zt_err
workspace_manifest(struct workspace *s, const struct workspace_version *v, Zt__Manifest **out)
{
	struct workspace_object o = { .v = *v };
	struct reading r = { .s = s, .objects = &o };
	size_t first = 0;
	struct wrapped by;
	Zt__ObjectsAnswer *m = NULL;
	struct damage d;
	enum zt_err err = open_kept(s, STORE_FOLDER, v, &d, out);

	if (err == ZT_ERR_NOT_FOUND && s->z->reads_kept)
		err = open_kept(s, STORE_FILE, v, &d, out);
	if (err == ZT_OK && d.err == ZT_OK)
		return ZT_OK;
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	if (s->z->read_away)
		return session_lacks(s->z);
	if ((err = ask_objects(&r, &first, 1, &m)) == ZT_ERR_NOT_FOUND ||
	    (err == ZT_OK && m->n_objects == 0))
		err = session_refuse(
		    s->z, ZT_ERR_MISSING_BLOCK, "the server lacks an object of the workspace");
	else if (err == ZT_OK &&
		 (err = open_object(s, v, m->objects[0], &d, &by, out)) == ZT_OK)
		err = d.err;
	pb_free(m);
	return err;
}

static enum zt_err
open_exactly(
    struct workspace *s, struct workspace_object *at, const Zt__Object *o, Zt__Manifest **out)
{
	struct damage d = { .err = ZT_ERR_MISSING_BLOCK };
	struct wrapped by;
	enum zt_err err = o != NULL ? open_object(s, &at->v, o, &d, &by, out) : ZT_OK;

	at->damaged = d.err ? at->v.version : 0;
	at->author = at->v.author;
	at->reason = d.err;
	at->is_rubbish = d.is_rubbish;
	return err;
}

enum zt_err
workspace_open_exactly(struct workspace *s, struct workspace_object *objects, size_t count,
    workspace_read_fn *each, void *ctx)
{
	enum { AT_ONCE = 2048 };
	struct reading r = { .s = s, .objects = objects };
	size_t *all = calloc(count + 1, sizeof *all), at = 0, n;
	enum zt_err err = all != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < count; i++)
		all[i] = i;
	while (err == ZT_OK && at < count) {
		size_t left = count - at < AT_ONCE ? count - at : AT_ONCE;
		Zt__ObjectsAnswer *m = NULL;

		err = ask_objects(&r, all + at, left, &m);
		if (err == ZT_ERR_NOT_FOUND)
			err = ZT_OK;
		n = m != NULL ? m->n_objects : 0;
		/* an answer that is empty says that the server lacks the first */
		for (size_t i = 0; err == ZT_OK && i < (n > 0 ? n : 1); i++, at++) {
			Zt__Manifest *opened = NULL;

			err = open_exactly(
			    s, &objects[at], n > 0 ? m->objects[i] : NULL, &opened);
			if (err == ZT_OK)
				err = each(ctx, at, &opened);
			pb_wipe(opened);
		}
		pb_free(m);
	}
	s->z->message[0] = 0;
	free(all);
	return err;
}

enum zt_err
workspace_check_there(
    struct workspace *s, struct workspace_object *objects, size_t count, size_t *bad)
{
	struct reading r = { .s = s, .objects = objects };
	size_t *all = calloc(count + 1, sizeof *all), at = 0;
	enum zt_err err = all != NULL ? ZT_OK : ZT_ERR_MEMORY;

	*bad = 0;
	for (size_t i = 0; err == ZT_OK && i < count; i++)
		all[i] = i;
	while (err == ZT_OK && at < count) {
		Zt__ObjectsAnswer *m = NULL;

		err = ask_objects(&r, all + at, count - at, &m);
		if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && m->n_objects == 0)) {
			err = ZT_OK;
			++*bad;
			at++;
		}
		for (size_t i = 0; m != NULL && err == ZT_OK && i < m->n_objects; i++, at++) {
			struct damage d;
			struct wrapped by;
			Zt__Manifest *opened = NULL;

			err = open_object(s, &objects[at].v, m->objects[i], &d, &by, &opened);
			*bad += err == ZT_OK && d.err != ZT_OK && !d.is_rubbish;
			pb_wipe(opened);
		}
		pb_free(m);
	}
	s->z->message[0] = 0;
	free(all);
	return err;
}

/* ---- sentences for people ---- */

void
workspace_damage_text(
    struct workspace *s, const struct workspace_object *o, char out[SESSION_MESSAGE])
{
	const struct org_device *d = org_state_device(s->z->state, &o->author);
	const char *what = o->reason == ZT_ERR_MISSING_BLOCK
			       ? session_translate(s->z, "the server does not have it")
			       : session_translate(s->z, err_text(o->reason));
	struct log_handle by = { .email = "?" };

	if (d != NULL)
		log_handle(s->z, &d->user->id, &by);
	if (o->v.version > 0)
		(void)snprintf(out, SESSION_MESSAGE,
		    session_translate(s->z,
			"version %llu, by %.80s, does not open (%.80s); version %llu is taken"),
		    (unsigned long long)o->damaged, by.email, what,
		    (unsigned long long)o->v.version);
	else
		(void)snprintf(out, SESSION_MESSAGE,
		    session_translate(s->z,
			"version %llu, by %.80s, does not open (%.80s), nor does one before "
			"it"),
		    (unsigned long long)o->damaged, by.email, what);
}

void
chain_damage(struct zt *z, enum zt_err err, const char *path, const char *what)
{
	if (z->damage == ZT_OK)
		z->damage = err;
	if (z->damaged != NULL)
		z->damaged(z->damaged_ctx, path, what);
}

void
workspace_damaged(struct workspace *s, const char *path, const struct workspace_object *o)
{
	char what[SESSION_MESSAGE];

	if (o->damaged == 0 || idmap_get(&s->z->named, &o->vlob) != NULL ||
	    idmap_put(&s->z->named, &o->vlob, s)) /* named already; or there is no memory */
		return;
	workspace_damage_text(s, o, what);
	chain_damage(s->z, o->reason, path, what);
}

void
chain_begin_reading(struct zt *z)
{
	idmap_free(&z->named, NULL);
	z->damage = ZT_OK;
}

enum zt_err
chain_end_reading(struct zt *z)
{
	if (z->damage == ZT_OK)
		return ZT_OK;
	return session_refuse(
	    z, z->damage, "it is about what is named above; all else is whole");
}
