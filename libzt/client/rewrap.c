/* rewrap.c - content keys under a workspace's newest key: 32 bytes a version, while objects,
 * hashes and signatures stay as they were. */
#include <stdlib.h>

#include "base/vec.h"
#include "client/chain.h"
#include "format/limits.h"
#include "format/pb.h"
#include "zt/workspace.h"

enum { AT_ONCE = 2048 };

struct wrapped { /* a version, and what its author signed of its key */
	struct id vlob;
	uint64_t version;
	struct hash commitment;
};

struct rewrapping {
	struct space *s;
	struct wrapped *all;
	size_t count, cap;
	uint64_t done, lost;
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
		if (key.n != 2 * ID_BYTES || pb_hash(m->commitment, &w->commitment))
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
fetch(struct space *s, const struct wrapped *w, size_t count, Zt__ObjectsAnswer **out)
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
	    (err = client_call(s->z, ROUTE_OBJECTS, &p, NULL, buf_bytes(&body), &answer)) ==
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

/* One wrap under the newest key, appended to OUT; one that is spoiled is counted and left as it
 * is. */
static enum zt_err
wrap_anew(struct rewrapping *r, const struct wrapped *w, const Zt__Object *o, bool *is_new,
    struct buf *out)
{
	struct manifest_place place = { r->s->w->id, w->vlob, w->version };
	unsigned newest = (unsigned)r->s->w->generation_count;
	const struct secret *from, *to;
	enum zt_err err;

	*is_new = false;
	if (o->generation == newest)
		return ZT_OK;
	if (o->generation == 0 || o->generation > newest) {
		r->lost++;
		return ZT_OK;
	}
	if ((err = space_key(r->s, o->generation, &from)) ||
	    (err = space_key(r->s, newest, &to)))
		return err;
	err = manifest_rewrap(from, to, &place, pb_bytes(o->wrap), &w->commitment, out);
	*is_new = err == ZT_OK;
	if (err != ZT_ERR_KEY)
		return err;
	r->lost++;
	return ZT_OK;
}

static enum zt_err
send(struct rewrapping *r, const Zt__RewrapRequest *m)
{
	struct route_params p = { .org = r->s->z->org, .id = r->s->w->id };
	struct buf body = buf_init(1024 * 1024), answer = buf_init(64);
	enum zt_err err = ZT_OK;

	if (m->n_items > 0 && (err = pb_encode(m, &body)) == ZT_OK)
		err = client_call(r->s->z, ROUTE_REWRAP, &p, NULL, buf_bytes(&body), &answer);
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
			r->lost++; /* this very one */
			at++;
			err = ZT_OK;
		} else if (err == ZT_OK && (err = wrap_all(r, &r->all[at], got)) == ZT_OK) {
			at += got->n_objects;
		}
		pb_free(got);
		client_working(r->s->z, ZT_WRAPS_KEYS, at, r->count);
	}
	return err;
}

enum zt_err
zt_workspace_rewrap(struct zt *z, const char *workspace, uint64_t *rewrapped, uint64_t *lost)
{
	struct rewrapping r = { .s = NULL };
	const struct org_user *me;
	enum zt_err err;

	z->why[0] = 0;
	if ((err = client_may_write(z, NULL)) || (err = client_sync_log(z)) ||
	    (err = space_find(z, workspace, &r.s)))
		return err;
	me = org_state_user(z->state, &z->user);
	if (org_state_role(r.s->w, me, ORG_NEVER) < ROLE_MANAGER)
		return client_refuse(z, ZT_ERR_FORBIDDEN,
		    "a manager or owner wraps the keys of a workspace anew");
	if ((err = space_complete(r.s)) == ZT_OK &&
	    (err = store_each(z->store, STORE_VERSION, bytes_of(r.s->w->id.b, ID_BYTES), 0,
		 add_version, &r)) == ZT_OK)
		err = run(&r);
	free(r.all);
	*rewrapped = r.done;
	*lost = r.lost;
	return err;
}
