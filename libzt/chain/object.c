/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - one version of an object: opened by any of its wraps, kept here, and opened again.
 */
#include "chain/object_parts.h"

#include "base/wire.h"
#include "chain/keys.h"
#include "chain/workspace.h"
#include "crypto/labels.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "session/session.h"

struct bytes
workspace_object_key(
    const struct workspace *s, const struct id *vlob, uint8_t out[2 * ID_BYTES])
{
	memcpy(out, s->w->id.b, ID_BYTES);
	memcpy(out + ID_BYTES, vlob->b, ID_BYTES);
	return bytes_of(out, 2 * ID_BYTES);
}

bool
workspace_is_damage(enum zt_err err)
{
	return err == ZT_ERR_CORRUPT || err == ZT_ERR_KEY || err == ZT_ERR_MISSING_BLOCK ||
	       err == ZT_ERR_NAME || err == ZT_ERR_TOO_BIG || err == ZT_ERR_CRITICAL ||
	       err == ZT_ERR_SUITE;
}

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

enum zt_err
object_open(struct workspace *s, const struct workspace_version *v, const Zt__Object *o,
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

enum zt_err
object_keep_folder(struct workspace *s, const struct workspace_version *v, const Zt__Object *o,
    const struct wrapped *by, enum zt_err reason)
{
	return keep_object(s, STORE_FOLDER, v, o, by, reason);
}

enum zt_err
object_keep_file(struct workspace *s, const struct workspace_version *v, const Zt__Object *o,
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

enum zt_err
object_open_kept(struct workspace *s, enum store_kind kind, const struct workspace_version *v,
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
			  : object_open(s, v, &o, d, &by, out);
		if (err == ZT_OK && d->err)
			err = ZT_ERR_NOT_FOUND;
	}
	buf_free(&b);
	return err;
}
