/* space.c - a workspace, opened: its name, its manifests. */
#include <stdio.h>
#include <stdlib.h>

#include "base/wire.h"
#include "client/chain.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/metadata.pb-c.h"

void
space_free(void *p)
{
	struct space *s = p;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->key_cap; i++)
		secret_free(s->keys[i]);
	free(s->keys);
	free(s);
}

static bool
open_name(struct space *s, const struct org_name *name, const struct secret *key, char out[260])
{
	struct buf b = buf_init(1024);
	bool opened = key != NULL && keyring_open_name(key, &s->w->id, name->generation,
					 bytes_of(name->sealed, name->n), &b) == ZT_OK;

	if (opened)
		(void)snprintf(out, 260, "%s", buf_text(&b));
	buf_free(&b);
	return opened;
}

/* A rotation seals the name anew, so that its author can spoil it: then the one before is
 * shown. */
void
space_name(struct space *s, char out[260])
{
	size_t n = s->w->name_count;
	const struct secret *key = NULL;

	if (space_key(s, s->w->names[n - 1].generation, &key) == ZT_OK &&
	    open_name(s, &s->w->names[n - 1], key, out))
		return;
	while (n-- > 0) {
		const struct org_name *name = &s->w->names[n];

		if (open_name(s, name, space_held_key(s, name->generation), out))
			return;
	}
	id_print(&s->w->id, out);
}

/* ---- finding ---- */

enum zt_err
space_of(struct zt *z, struct org_workspace *w, struct space **out)
{
	struct space *s = idmap_get(&z->spaces, &w->id);
	enum zt_err err = ZT_OK;

	if (s == NULL) {
		if ((s = calloc(1, sizeof *s)) == NULL || idmap_put(&z->spaces, &w->id, s)) {
			free(s);
			return ZT_ERR_MEMORY;
		}
		s->z = z;
		s->w = w;
		err = chain_load(s);
	}
	if (err == ZT_OK)
		*out = s;
	return err;
}

enum zt_err
space_find(struct zt *z, const char *name, struct space **out)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct org_workspace *w;
	struct space *s, *found = NULL;
	size_t at = 0;
	bool was_member = false;
	enum zt_err err;

	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL) {
		char text[ID_TEXT], is[260];

		if (!org_state_knows(w, me))
			continue;
		if ((err = space_of(z, w, &s)))
			return err;
		id_print(&w->id, text);
		space_name(s, is);
		if (strcmp(name, text) != 0 && strcmp(name, is) != 0)
			continue;
		if (org_state_role(w, me, ORG_NEVER) == ROLE_NONE) {
			was_member = true;
			continue;
		}
		if (found != NULL)
			return client_refuse(z, ZT_ERR_INVALID,
			    "two workspaces have the name %.100s; use the id", name);
		found = s;
	}
	if (found == NULL)
		return was_member
			   ? client_refuse(z, ZT_ERR_NOT_MEMBER,
				 "you are no longer a member of the workspace %.100s", name)
			   : client_refuse(
				 z, ZT_ERR_NOT_FOUND, "there is no workspace %.100s", name);
	*out = found;
	return ZT_OK;
}

/* ---- manifests ---- */

struct bytes
space_object_key(const struct space *s, const struct id *vlob, uint8_t out[2 * ID_BYTES])
{
	memcpy(out, s->w->id.b, ID_BYTES);
	memcpy(out + ID_BYTES, vlob->b, ID_BYTES);
	return bytes_of(out, 2 * ID_BYTES);
}

struct wanted {
	struct space *s;
	const struct space_version *versions;
	size_t count;
	space_each *each;
	void *ctx;
};

static enum zt_err
open_one(struct wanted *w, size_t i, unsigned generation, struct bytes object,
    struct bytes wrap, Zt__Manifest **out)
{
	const struct space_version *v = &w->versions[i];
	struct manifest_place place = { w->s->w->id, v->vlob, v->version };
	const struct secret *key;
	const char *why = "";
	enum zt_err err;

	if ((err = space_key(w->s, generation, &key)))
		return err;
	if ((err = manifest_open(key, &place, object, wrap, &v->pins, out, &why)))
		return client_refuse(
		    w->s->z, err, "an object of the workspace: %s", client_words(w->s->z, why));
	return ZT_OK;
}

static enum zt_err
keep_folder(struct space *s, const struct space_version *v, const Zt__Object *o)
{
	uint8_t at[2 * ID_BYTES];
	struct buf b = buf_init(LIMIT_MANIFEST + 4096);
	enum zt_err err;

	wire_put_u32(&b, o->generation);
	wire_put_counted(&b, pb_bytes(o->wrap));
	wire_put_counted(&b, pb_bytes(o->object));
	if ((err = buf_err(&b)) == ZT_OK)
		err = store_put(s->z->store, STORE_FOLDER, space_object_key(s, &v->vlob, at),
		    v->version, buf_bytes(&b));
	buf_free(&b);
	return err;
}

static enum zt_err
open_fetched(struct wanted *w, size_t i, const Zt__Object *o)
{
	Zt__Manifest *m = NULL;
	enum zt_err err =
	    open_one(w, i, o->generation, pb_bytes(o->object), pb_bytes(o->wrap), &m);

	if (err == ZT_OK && m->kind_case == ZT__MANIFEST__KIND_FOLDER)
		err = keep_folder(w->s, &w->versions[i], o);
	if (err == ZT_OK)
		err = w->each(w->ctx, i, &m);
	pb_wipe(m);
	return err;
}

/* What is kept is never trusted for ever: NOT_FOUND also when it does not open. */
static enum zt_err
open_stored(struct wanted *w, size_t i)
{
	uint8_t at[2 * ID_BYTES];
	struct buf b = buf_init(LIMIT_MANIFEST + 4096);
	struct wire_reader r;
	struct bytes wrap, object;
	unsigned generation;
	Zt__Manifest *m = NULL;
	enum zt_err err = store_get(w->s->z->store, STORE_FOLDER,
	    space_object_key(w->s, &w->versions[i].vlob, at), w->versions[i].version, &b);

	if (err == ZT_OK) {
		r = wire_read(buf_bytes(&b));
		generation = wire_u32(&r);
		wrap = wire_counted(&r, ENVELOPE_WRAP_BYTES);
		object = wire_counted(&r, LIMIT_MANIFEST + 1024);
		if (wire_end(&r) || open_one(w, i, generation, object, wrap, &m)) {
			w->s->z->why[0] = 0;
			err = ZT_ERR_NOT_FOUND;
		}
	}
	buf_free(&b);
	if (err == ZT_OK)
		err = w->each(w->ctx, i, &m);
	pb_wipe(m);
	return err;
}

/* Fetches MISSING (indexes, COUNT of them) in as few answers as they fit in. */
static enum zt_err
fetch_missing(struct wanted *w, const size_t *missing, size_t count)
{
	enum { AT_ONCE = 2048 };
	struct route_params p = { .org = w->s->z->org, .id = w->s->w->id };
	Zt__ObjectAsk *asks = calloc(AT_ONCE, sizeof *asks),
		      **list = calloc(AT_ONCE, sizeof *list);
	size_t done = 0;
	enum zt_err err = asks != NULL && list != NULL ? ZT_OK : ZT_ERR_MEMORY;

	while (err == ZT_OK && done < count) {
		Zt__ObjectsRequest ask = ZT__OBJECTS_REQUEST__INIT;
		Zt__ObjectsAnswer *m = NULL;
		struct buf body = buf_init(1024 * 1024),
			   answer = buf_init(LIMIT_PAGE + LIMIT_MANIFEST);

		for (ask.n_asks = 0; ask.n_asks < AT_ONCE && done + ask.n_asks < count;
		     ask.n_asks++) {
			const struct space_version *v =
			    &w->versions[missing[done + ask.n_asks]];

			list[ask.n_asks] = &asks[ask.n_asks];
			zt__object_ask__init(list[ask.n_asks]);
			list[ask.n_asks]->vlob = pb_field(v->vlob.b, ID_BYTES);
			list[ask.n_asks]->version = v->version;
		}
		ask.asks = list;
		if ((err = pb_encode(&ask, &body)) == ZT_OK &&
		    (err = client_call(
			 w->s->z, ROUTE_OBJECTS, &p, NULL, buf_bytes(&body), &answer)) == ZT_OK)
			err = pb_decode(&zt__objects_answer__descriptor, buf_bytes(&answer),
			    LIMIT_PAGE + LIMIT_MANIFEST, &m);
		if (err == ZT_OK && (m->n_objects == 0 || m->n_objects > ask.n_asks))
			err = client_refuse(w->s->z, ZT_ERR_CORRUPT,
			    "the server withholds objects of the workspace");
		for (size_t i = 0; err == ZT_OK && i < m->n_objects; i++)
			err = open_fetched(w, missing[done + i], m->objects[i]);
		done += err == ZT_OK ? m->n_objects : 0;
		pb_free(m);
		buf_free(&body);
		buf_free(&answer);
	}
	free(asks);
	free(list);
	return err;
}

enum zt_err
space_manifests(struct space *s, const struct space_version *versions, size_t count,
    space_each *each, void *ctx)
{
	struct wanted w = { s, versions, count, each, ctx };
	size_t *missing = calloc(count + 1, sizeof *missing), n = 0;
	enum zt_err err = missing != NULL ? ZT_OK : ZT_ERR_MEMORY;

	for (size_t i = 0; err == ZT_OK && i < count; i++) {
		err = open_stored(&w, i);
		if (err == ZT_ERR_NOT_FOUND) {
			missing[n++] = i;
			err = ZT_OK;
		}
	}
	if (err == ZT_OK && n > 0 && (err = store_begin(s->z->store)) == ZT_OK) {
		/* One transaction for all that is kept; a failure keeps nothing. */
		if ((err = fetch_missing(&w, missing, n)) == ZT_OK)
			err = store_commit(s->z->store);
		store_rollback(s->z->store);
	}
	free(missing);
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

enum zt_err
space_manifest(struct space *s, const struct space_version *v, Zt__Manifest **out)
{
	return space_manifests(s, v, 1, keep_it, out);
}
