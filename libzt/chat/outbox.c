/* SPDX-License-Identifier: Apache-2.0 */
#include "chat/outbox.h"

#include <stdio.h>

#include "base/wire.h"
#include "format/limits.h"
#include "format/pb.h"
#include "message/chat.h"
#include "topic/records.h"
#include "workspace/rotate.h"

enum { AT_ONCE = 64 };

static enum zt_err
last_number(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	uint64_t *last = ctx;

	(void)key;
	(void)value;
	*last = n;
	return ZT_OK;
}

enum zt_err
outbox_put(const struct channel *c, const struct id *id, struct bytes clear, uint64_t *n)
{
	struct store *store = c->s->z->store;
	struct topic_key key;
	struct bytes of = topic_key(&c->t, &key);
	struct buf b = buf_init(ID_BYTES + LIMIT_MESSAGE);
	uint64_t last = 0;
	enum zt_err err = store_each(store, STORE_OUTBOX, of, 0, last_number, &last);

	buf_add(&b, bytes_of(id->b, ID_BYTES));
	buf_add(&b, clear);
	if (err == ZT_OK && (err = buf_err(&b)) == ZT_OK &&
	    (err = store_begin(store)) == ZT_OK) {
		if ((err = store_put(store, STORE_OUTBOX, of, last + 1, buf_bytes(&b))) ==
		    ZT_OK)
			err = store_commit(store);
		store_rollback(store);
	}
	buf_free(&b);
	if (err == ZT_OK)
		*n = last + 1;
	return err;
}

enum zt_err
outbox_remove(const struct channel *c, uint64_t n)
{
	struct topic_key key;

	return store_delete(c->s->z->store, STORE_OUTBOX, topic_key(&c->t, &key), n);
}

bool
outbox_waits(enum zt_err err)
{
	return err == ZT_ERR_NETWORK || err == ZT_ERR_TIMEOUT || err == ZT_ERR_UNAVAILABLE ||
	       err == ZT_ERR_DATABASE || err == ZT_ERR_UNSURE || err == ZT_ERR_RATE ||
	       err == ZT_ERR_STALE_KEY || err == ZT_ERR_MISSING_KEY || err == ZT_ERR_RESTORED;
}

bool
outbox_refused(enum zt_err err)
{
	return err == ZT_ERR_FORBIDDEN || err == ZT_ERR_NOT_MEMBER || err == ZT_ERR_REVOKED ||
	       err == ZT_ERR_NOT_FOUND || err == ZT_ERR_INVALID || err == ZT_ERR_TOO_BIG ||
	       err == ZT_ERR_LIMIT || err == ZT_ERR_FROZEN || err == ZT_ERR_EXPIRED;
}

struct showing {
	enum zt_err (*each)(void *ctx, uint64_t n, const struct id *id, struct bytes clear);
	void *ctx;
};

static enum zt_err
show(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	const struct showing *s = ctx;
	struct id id;

	(void)key;
	if (value.n < ID_BYTES)
		return ZT_ERR_STORE;
	memcpy(id.b, value.p, ID_BYTES);
	return s->each(s->ctx, n, &id, bytes_of(value.p + ID_BYTES, value.n - ID_BYTES));
}

enum zt_err
outbox_each(const struct channel *c,
    enum zt_err (*each)(void *ctx, uint64_t n, const struct id *id, struct bytes clear),
    void *ctx)
{
	struct topic_key key;
	struct showing s = { each, ctx };

	return store_each(c->s->z->store, STORE_OUTBOX, topic_key(&c->t, &key), 0, show, &s);
}

/* The first AT_ONCE of them. */
struct waiting {
	uint64_t n[AT_ONCE];
	struct id id[AT_ONCE];
	struct buf clear[AT_ONCE];
	size_t count;
};

static enum zt_err
take(void *ctx, uint64_t n, const struct id *id, struct bytes clear)
{
	struct waiting *w = ctx;

	if (w->count == AT_ONCE)
		return ZT_OK;
	w->n[w->count] = n;
	w->id[w->count] = *id;
	w->clear[w->count] = buf_init(LIMIT_MESSAGE);
	buf_add(&w->clear[w->count], clear);
	return buf_err(&w->clear[w->count++]);
}

/* A manager's device renews a key that waits for that. */
static enum zt_err
send_one(struct channel *c, const struct id *id, struct bytes clear, uint64_t *position)
{
	struct zt *z = c->s->z;
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct id space = c->s->w->id;
	enum zt_err err = topic_send(&c->t, id, clear, position);

	if (err != ZT_ERR_STALE_KEY || !org_state_needs_rotation(c->s->w, ORG_NEVER) ||
	    org_state_role(c->s->w, me, ORG_NEVER) < ROLE_MANAGER)
		return err;
	z->message[0] = 0;
	if ((err = workspace_rotate_if_needed(z, &space)) ||
	    (err = workspace_of(z, org_state_workspace(z->state, &space), &c->s)))
		return err;
	c->t.s = c->s;
	return topic_send(&c->t, id, clear, position);
}

/* An operator or an admin may end it: what waits stays. */
static bool
may_heal(enum zt_err err)
{
	return err == ZT_ERR_LIMIT || err == ZT_ERR_FROZEN || err == ZT_ERR_EXPIRED;
}

/* CLEAR was refused with ERR, and is not sent again: what it said is in the sentence, unless it
 * was typed just now. */
static enum zt_err
drop(struct channel *c, uint64_t n, struct bytes clear, bool is_own, enum zt_err err)
{
	struct zt *z = c->s->z;
	Zt__ChatPayload *p = NULL;
	char why[SESSION_MESSAGE];
	const char *text = "";

	if (outbox_remove(c, n))
		return ZT_ERR_STORE;
	if (is_own)
		return err;
	(void)snprintf(why, sizeof why, "%s", z->message[0] != 0 ? z->message : err_text(err));
	if (chat_read(clear, &p) == ZT_OK && p->kind_case == ZT__CHAT_PAYLOAD__KIND_TEXT)
		text = p->text->text;
	err = session_refuse(z, err,
	    "a message that waited here was refused, and is not sent any more (%.80s): %.200s",
	    text, why);
	pb_wipe(p);
	return err;
}

enum zt_err
outbox_send(struct channel *c, uint64_t own, uint64_t *sent, uint64_t *position)
{
	enum zt_err err, refused = ZT_OK, at_all = topic_sync(&c->t);
	struct waiting w;

	/* Who is no member any more is refused before anything is sent. */
	if (at_all && !outbox_refused(at_all))
		return at_all;
	do {
		w.count = 0;
		err = outbox_each(c, take, &w);
		for (size_t i = 0; i < w.count; i++) {
			struct bytes clear = buf_bytes(&w.clear[i]);

			if (err == ZT_OK) {
				err = at_all ? at_all : send_one(c, &w.id[i], clear, position);
				if (err == ZT_OK && (err = outbox_remove(c, w.n[i])) == ZT_OK)
					++*sent;
				if (outbox_refused(err) && (w.n[i] == own || !may_heal(err))) {
					refused = drop(c, w.n[i], clear, w.n[i] == own, err);
					err = refused == ZT_ERR_STORE ? refused : ZT_OK;
				}
			}
			buf_free(&w.clear[i]);
		}
	} while (err == ZT_OK && w.count == AT_ONCE);
	return err ? err : refused;
}
