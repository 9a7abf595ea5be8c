/* SPDX-License-Identifier: Apache-2.0 */
#include "topic/records.h"

#include "base/wire.h"
#include "format/limits.h"
#include "format/pb.h"

enum { STORED = 256 };

struct bytes
topic_key(const struct topic *t, struct topic_key *out)
{
	memcpy(out->b, t->s->w->id.b, ID_BYTES);
	memcpy(out->b + ID_BYTES, t->id.b, ID_BYTES);
	return bytes_of(out->b, 2 * ID_BYTES);
}

struct bytes
topic_key_of(const struct topic *t, const struct id *message, struct topic_key *out)
{
	(void)topic_key(t, out);
	memcpy(out->b + 2 * ID_BYTES, message->b, ID_BYTES);
	return bytes_of(out->b, sizeof out->b);
}

enum zt_err
topic_open(struct workspace *s, const struct id *id, struct topic *out)
{
	struct topic t = { .s = s, .id = *id };
	struct topic_key key;
	struct buf b = buf_init(STORED);
	struct wire_reader r;
	enum zt_err err = store_get(s->z->store, STORE_TOPIC, topic_key(&t, &key), 0, &b);

	if (err == ZT_OK) {
		r = wire_read(buf_bytes(&b));
		t.position = wire_u64(&r);
		wire_copy(&r, t.link.b, HASH_BYTES);
		t.time = wire_u64(&r);
		t.first = wire_u64(&r);
		wire_copy(&r, t.before.b, HASH_BYTES);
		err = wire_end(&r) ? ZT_ERR_STORE : ZT_OK;
	}
	buf_free(&b);
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	*out = t;
	return ZT_OK;
}

enum zt_err
topic_note(const struct topic *t)
{
	struct topic_key key;
	struct buf b = buf_init(STORED);
	enum zt_err err;

	wire_put_u64(&b, t->position);
	buf_add(&b, bytes_of(t->link.b, HASH_BYTES));
	wire_put_u64(&b, t->time);
	wire_put_u64(&b, t->first);
	buf_add(&b, bytes_of(t->before.b, HASH_BYTES));
	if ((err = buf_err(&b)) == ZT_OK)
		err = store_put(
		    t->s->z->store, STORE_TOPIC, topic_key(t, &key), 0, buf_bytes(&b));
	buf_free(&b);
	return err;
}

enum zt_err
topic_keep(const struct topic *t, uint64_t position, uint64_t known, const struct hash *link,
    const Zt__Message *m, const struct id *id)
{
	struct topic_key key;
	struct buf b = buf_init(LIMIT_MESSAGE + 2 * LIMIT_MESSAGE_BODY);
	uint8_t at[8];
	enum zt_err err;

	wire_put_u64(&b, known);
	buf_add(&b, bytes_of(link->b, HASH_BYTES));
	if ((err = pb_encode(m, &b)) == ZT_OK && (err = buf_err(&b)) == ZT_OK)
		err = store_put(
		    t->s->z->store, STORE_MESSAGE, topic_key(t, &key), position, buf_bytes(&b));
	buf_free(&b);
	wire_store_u64(at, position);
	return err ? err
		   : store_put(t->s->z->store, STORE_MESSAGE_ID, topic_key_of(t, id, &key), 0,
			 bytes_of(at, sizeof at));
}

static bool
counts(const struct topic *t, const struct topic_message *m)
{
	const struct workspace *s = t->s;
	const struct org_device *d = org_state_device(s->z->state, &m->m.author);

	return d != NULL && !org_state_is_void(s->w, m->position, &m->link) &&
	       authored_counts(s->w, d, m->m.seen_size,
		   &(struct authored_place){ &t->id, m->position, m->known });
}

enum zt_err
topic_get(const struct topic *t, uint64_t position, struct topic_message *out)
{
	struct topic_message m = { .position = position };
	struct topic_key key;
	struct buf b = buf_init(LIMIT_MESSAGE + 2 * LIMIT_MESSAGE_BODY);
	struct wire_reader r;
	enum zt_err err =
	    store_get(t->s->z->store, STORE_MESSAGE, topic_key(t, &key), position, &b);

	if (err == ZT_OK) {
		r = wire_read(buf_bytes(&b));
		m.known = wire_u64(&r);
		wire_copy(&r, m.link.b, HASH_BYTES);
		err = r.bad ? ZT_ERR_STORE
			    : pb_decode(&zt__message__descriptor, bytes_of(r.p, r.left),
				  LIMIT_MESSAGE + 2 * LIMIT_MESSAGE_BODY, &m.raw);
	}
	if (err == ZT_OK && (err = message_read(m.raw, &m.m)) == ZT_OK) {
		m.sealed = pb_bytes(m.raw->sealed);
		m.is_deleted = m.sealed.n == 0;
		m.counts = counts(t, &m);
	}
	buf_free(&b);
	if (err) {
		pb_free(m.raw);
		return err;
	}
	*out = m;
	return ZT_OK;
}

void
topic_message_end(struct topic_message *m)
{
	pb_free(m->raw);
	m->raw = NULL;
}

enum zt_err
topic_find(const struct topic *t, const struct id *id, uint64_t *position)
{
	struct topic_key key;
	struct buf b = buf_init(64);
	enum zt_err err =
	    store_get(t->s->z->store, STORE_MESSAGE_ID, topic_key_of(t, id, &key), 0, &b);

	if (err == ZT_OK && b.n != 8)
		err = ZT_ERR_STORE;
	if (err == ZT_OK)
		*position = wire_load_u64(b.p);
	buf_free(&b);
	return err;
}

/* ---- what authors said of places that are not here yet ---- */

static enum zt_err
owed(const struct topic *t, uint64_t position, struct hash *out)
{
	struct topic_key key;
	struct buf b = buf_init(HASH_BYTES);
	enum zt_err err =
	    store_get(t->s->z->store, STORE_OWED, topic_key(t, &key), position, &b);

	if (err == ZT_OK && b.n != HASH_BYTES)
		err = ZT_ERR_STORE;
	if (err == ZT_OK)
		memcpy(out->b, b.p, HASH_BYTES);
	buf_free(&b);
	return err;
}

enum zt_err
topic_note_owed(const struct topic *t, uint64_t position, const struct hash *link)
{
	struct topic_key key;
	struct hash said;
	enum zt_err err = owed(t, position, &said);

	if (err == ZT_OK)
		return hash_equal(&said, link) ? ZT_OK : ZT_ERR_FORK;
	return err != ZT_ERR_NOT_FOUND
		   ? err
		   : store_put(t->s->z->store, STORE_OWED, topic_key(t, &key), position,
			 bytes_of(link->b, HASH_BYTES));
}

enum zt_err
topic_settle(const struct topic *t, uint64_t position, const struct hash *link)
{
	struct topic_key key;
	struct hash said;
	enum zt_err err = owed(t, position, &said);

	if (err == ZT_ERR_NOT_FOUND)
		return ZT_OK;
	if (err == ZT_OK && !hash_equal(&said, link))
		return ZT_ERR_FORK;
	return err ? err
		   : store_delete(t->s->z->store, STORE_OWED, topic_key(t, &key), position);
}
