/* SPDX-License-Identifier: Apache-2.0 */
/* rewrap.c - content keys under a workspace's newest key: 32 bytes a version, while objects,
 * hashes and signatures stay as they were. They are added; older ones go when an owner says so,
 * whose device has opened the new ones. */
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chain/keys.h"
#include "chain/objects.h"
#include "chain/workspace.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/sync.h"
#include "proto/device.pb-c.h"
#include "proto/metadata.pb-c.h"
#include "session/freeze.h"
#include "session/session.h"
#include "workspace/verbs.h"
#include "zt/workspace.h"

enum { AT_ONCE = 2048 };

struct wrapped { /* a version, and what its author signed of its key */
	struct id vlob, author;
	uint64_t version;
	struct hash commitment;
};

/* Whose wraps open nothing. */
struct spoiler {
	struct id user;
	uint64_t count;
};

struct rewrapping {
	struct workspace *s;
	struct wrapped *all;
	size_t count, cap;
	uint64_t done, lost;
	bool finishes; /* older wraps go: of what opens under the newest key */
	struct spoiler spoilers[16];
	size_t spoiler_count;
};

static enum zt_err
add_version(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct rewrapping *r = ctx;
	Zt__StoredVersion *m = NULL;
	enum zt_err err = vec_room(&r->all, r->count, &r->cap, sizeof *r->all);

	if (err == ZT_OK &&
	    (err = pb_decode(&zt__stored_version__descriptor, value, 1024, &m)) == ZT_OK) {
		struct wrapped *w = &r->all[r->count];

		w->version = n;
		if (key.n != 2 * ID_BYTES || pb_hash(m->commitment, &w->commitment) ||
		    pb_id(m->author, &w->author))
			err = ZT_ERR_STORE;
		else if (!m->left_out)
			r->count++;
		if (err == ZT_OK)
			memcpy(w->vlob.b, key.p + ID_BYTES, ID_BYTES);
	}
	pb_free(m);
	return err;
}

/* The wraps of COUNT versions from W on, in their order; short where one is not there. */
static enum zt_err
fetch(struct workspace *s, const struct wrapped *w, size_t count, Zt__ObjectsAnswer **out)
{
	struct route_params p = { .org = s->z->org, .id = s->w->id };
	Zt__ObjectsRequest m = ZT__OBJECTS_REQUEST__INIT;
	Zt__ObjectAsk *asks = calloc(count, sizeof *asks), **list = calloc(count, sizeof *list);
	struct buf body = buf_init(1024 * 1024), answer = buf_init(LIMIT_PAGE);
	enum zt_err err = ZT_ERR_MEMORY;

	if (asks == NULL || list == NULL)
		goto out;
	for (size_t i = 0; i < count; i++) {
		zt__object_ask__init(list[i] = &asks[i]);
		asks[i].vlob = pb_field(w[i].vlob.b, ID_BYTES);
		asks[i].version = w[i].version;
	}
	m.asks = list;
	m.n_asks = count;
	m.wraps_only = true;
	if ((err = pb_encode(&m, &body)) == ZT_OK &&
	    (err = session_call(s->z, ROUTE_OBJECTS, &p, NULL, buf_bytes(&body), &answer)) ==
		ZT_OK)
		err = pb_decode(
		    &zt__objects_answer__descriptor, buf_bytes(&answer), LIMIT_PAGE, out);
	if (err == ZT_OK && (*out)->n_objects > count)
		err = ZT_ERR_CORRUPT;
out:
	free(asks);
	free(list);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static void
note_spoiler(struct rewrapping *r, const struct id *user)
{
	size_t i = 0;

	while (i < r->spoiler_count && !id_equal(&r->spoilers[i].user, user))
		i++;
	if (i == sizeof r->spoilers / sizeof r->spoilers[0])
		return; /* enough are named */
	if (i == r->spoiler_count)
		r->spoilers[r->spoiler_count++] = (struct spoiler){ .user = *user };
	r->spoilers[i].count++;
}

/* Wrap I of O: its author's (0), or another's. *USER: whose, as the server says. */
static struct bytes
wrap_at(const struct rewrapping *r, const struct wrapped *w, const Zt__Object *o, size_t i,
    unsigned *generation, struct id *user)
{
	const struct org_device *d = org_state_device(r->s->z->state, &w->author);

	*user = d != NULL ? d->user->id : (struct id){ { 0 } };
	*generation = i == 0 ? o->generation : o->others[i - 1]->generation;
	if (i > 0 && pb_id(o->others[i - 1]->user, user))
		*user = (struct id){ { 0 } };
	return pb_bytes(i == 0 ? o->wrap : o->others[i - 1]->wrap);
}

/* What is done for one version: nothing, a wrap added, or one settled. */
struct rewrapped {
	bool is_open;   /* some wrap opens */
	bool is_newest; /* one under the newest key; SETTLED when another than the author's */
	struct bytes settled;
};

/* Tries all wraps of O; rewraps the first that opens, appended to OUT. */
static enum zt_err
try_wraps(struct rewrapping *r, const struct wrapped *w, const Zt__Object *o,
    struct rewrapped *is, struct buf *out)
{
	struct manifest_place place = { r->s->w->id, w->vlob, w->version };
	unsigned newest = (unsigned)r->s->w->generation_count, generation;
	const struct secret *from, *to;
	struct buf again = buf_init(256);
	enum zt_err err = workspace_key(r->s, newest, &to);

	*is = (struct rewrapped){ .is_open = false };
	for (size_t i = 0; err == ZT_OK && i <= o->n_others; i++) {
		struct id user;
		struct bytes wrap = wrap_at(r, w, o, i, &generation, &user);

		if (wrap.n == 0)
			continue;
		buf_empty(&again);
		err = generation == 0 || generation > newest
			  ? ZT_ERR_KEY
			  : workspace_key(r->s, generation, &from);
		if (err == ZT_OK)
			err = manifest_rewrap(from, to, &place, wrap, &w->commitment, &again);
		if (err == ZT_ERR_KEY) {
			note_spoiler(r, &user);
			err = ZT_OK;
			continue;
		}
		if (err == ZT_OK && generation == newest) {
			is->is_newest = true;
			if (i > 0 && is->settled.n == 0)
				is->settled = wrap;
		}
		if (err == ZT_OK && !is->is_open) {
			is->is_open = true;
			buf_add(out, buf_bytes(&again));
		}
	}
	buf_free(&again);
	return err;
}

/* What is sent for one version, appended to OUT; what opens by none of its wraps is counted. */
static enum zt_err
wrap_anew(struct rewrapping *r, const struct wrapped *w, const Zt__Object *o, bool *is_new,
    struct buf *out)
{
	size_t before = out->n;
	struct rewrapped is;
	enum zt_err err = try_wraps(r, w, o, &is, out);

	if (err)
		return err;
	r->lost += !is.is_open && !r->finishes;
	*is_new = r->finishes ? is.settled.n > 0 : is.is_open && !is.is_newest;
	if (!*is_new || r->finishes)
		out->n = before;
	if (*is_new && r->finishes)
		buf_add(out, is.settled);
	return buf_err(out);
}

static enum zt_err
send(struct rewrapping *r, const Zt__RewrapRequest *m)
{
	struct route_params p = { .org = r->s->z->org, .id = r->s->w->id };
	struct buf body = buf_init(1024 * 1024), answer = buf_init(64);
	enum zt_err err = ZT_OK;

	if (m->n_items > 0 && (err = pb_encode(m, &body)) == ZT_OK)
		err = session_call(r->s->z, ROUTE_REWRAP, &p, NULL, buf_bytes(&body), &answer);
	r->done += err == ZT_OK ? m->n_items : 0;
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static enum zt_err
wrap_all(struct rewrapping *r, const struct wrapped *w, const Zt__ObjectsAnswer *got)
{
	Zt__RewrapRequest m = ZT__REWRAP_REQUEST__INIT;
	Zt__Rewrapped *items = calloc(AT_ONCE, sizeof *items),
		      **list = calloc(AT_ONCE, sizeof *list);
	struct buf wraps = buf_init((size_t)AT_ONCE * 2 * ENVELOPE_WRAP_BYTES);
	enum zt_err err = items != NULL && list != NULL ? ZT_OK : ZT_ERR_MEMORY;

	/* All room at once: items point into it. */
	if (err == ZT_OK)
		err = buf_reserve(&wraps, (size_t)AT_ONCE * ENVELOPE_WRAP_BYTES);
	m.generation = (uint32_t)r->s->w->generation_count;
	m.finish = r->finishes;
	m.items = list;
	for (size_t i = 0; err == ZT_OK && i < got->n_objects; i++) {
		size_t at = wraps.n;
		bool is_new;

		if ((err = wrap_anew(r, &w[i], got->objects[i], &is_new, &wraps)) || !is_new)
			continue;
		zt__rewrapped__init(list[m.n_items] = &items[m.n_items]);
		items[m.n_items].vlob = pb_field(w[i].vlob.b, ID_BYTES);
		items[m.n_items].version = w[i].version;
		items[m.n_items++].wrap = pb_field(wraps.p + at, wraps.n - at);
	}
	if (err == ZT_OK)
		err = send(r, &m);
	free(items);
	free(list);
	buf_free(&wraps);
	return err;
}

static enum zt_err
run(struct rewrapping *r)
{
	size_t at = 0;
	enum zt_err err = ZT_OK;

	while (err == ZT_OK && at < r->count) {
		size_t n = r->count - at < AT_ONCE ? r->count - at : AT_ONCE;
		Zt__ObjectsAnswer *got = NULL;

		err = fetch(r->s, &r->all[at], n, &got);
		if (err == ZT_ERR_NOT_FOUND || (err == ZT_OK && got->n_objects == 0)) {
			r->lost += !r->finishes; /* this very one */
			at++;
			err = ZT_OK;
		} else if (err == ZT_OK && (err = wrap_all(r, &r->all[at], got)) == ZT_OK) {
			at += got->n_objects;
		}
		pb_free(got);
		session_progress(r->s->z, ZT_WORK_WRAP_KEYS, at, r->count);
	}
	return err;
}

/* Who spoiled what: the server knows who sent it, and nobody else does. */
static void
name_spoilers(const struct rewrapping *r)
{
	char name[260], what[SESSION_MESSAGE];

	workspace_name(r->s, name);
	for (size_t i = 0; i < r->spoiler_count; i++) {
		struct log_handle by = { .email = "" };

		log_handle(r->s->z, &r->spoilers[i].user, &by);
		(void)snprintf(what, sizeof what,
		    session_translate(r->s->z,
			"the server says that %.100s has wrapped %llu keys, "
			"which open nothing"),
		    by.email, (unsigned long long)r->spoilers[i].count);
		chain_damage(r->s->z, ZT_ERR_KEY, name, what);
	}
}

static enum zt_err
rewrap(struct zt *z, const char *workspace, enum role min, struct rewrapping *r)
{
	const struct org_user *me;
	enum zt_err err;

	z->message[0] = 0;
	chain_begin_reading(z);
	if ((err = session_may_write(z, NULL)) || (err = log_fetch(z)) ||
	    (err = workspace_find(z, workspace, &r->s)))
		return err;
	me = org_state_user(z->state, &z->user);
	if (org_state_role(r->s->w, me, ORG_NEVER) < min)
		return session_refuse(z, ZT_ERR_FORBIDDEN, "%s",
		    session_translate(
			z, min == ROLE_OWNER
			       ? "an owner says which older keys may go"
			       : "a manager or owner wraps the keys of a workspace again"));
	if ((err = workspace_complete(r->s)) == ZT_OK &&
	    (err = store_each(z->store, STORE_VERSION, bytes_of(r->s->w->id.b, ID_BYTES), 0,
		 add_version, r)) == ZT_OK)
		err = run(r);
	if (err == ZT_OK)
		name_spoilers(r);
	return err;
}

enum zt_err
workspace_rewrap(struct zt *z, const char *workspace, uint64_t *rewrapped, uint64_t *lost)
{
	struct rewrapping r = { .s = NULL };
	enum zt_err err = rewrap(z, workspace, ROLE_MANAGER, &r);

	free(r.all);
	*rewrapped = r.done;
	*lost = r.lost;
	return err;
}

enum zt_err
workspace_rewrap_finish(struct zt *z, const char *workspace, uint64_t *finished, uint64_t *lost)
{
	struct rewrapping r = { .s = NULL };
	enum zt_err err = rewrap(z, workspace, ROLE_OWNER, &r);

	*finished = 0;
	*lost = r.lost;
	if (err == ZT_OK) {
		r.done = 0;
		r.finishes = true;
		r.spoiler_count = 0; /* they are named */
		err = run(&r);
		*finished = r.done;
	}
	free(r.all);
	return err;
}
