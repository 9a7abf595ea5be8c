/* SPDX-License-Identifier: Apache-2.0 */
#include "chat/channel.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wire.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/person.h"
#include "session/away.h"
#include "topic/records.h"

enum { STORED = 64 };

/* ---- what is kept beside the topic ---- */

enum zt_err
channel_open(struct workspace *s, struct channel *out)
{
	struct channel c = { .s = s };
	struct topic_key key;
	struct buf b = buf_init(STORED);
	struct wire_reader r;
	enum zt_err err = topic_open(s, &s->w->id, &c.t);

	if (err == ZT_OK)
		err = store_get(s->z->store, STORE_CHANNEL, topic_key(&c.t, &key), 0, &b);
	if (err == ZT_OK) {
		r = wire_read(buf_bytes(&b));
		c.from = wire_u64(&r);
		c.to = wire_u64(&r);
		c.read = wire_u64(&r);
		err = wire_end(&r) ? ZT_ERR_STORE : ZT_OK;
	}
	buf_free(&b);
	if (err && err != ZT_ERR_NOT_FOUND)
		return err;
	*out = c;
	return ZT_OK;
}

enum zt_err
channel_note(const struct channel *c)
{
	struct topic_key key;
	uint8_t b[24];

	wire_store_u64(b, c->from);
	wire_store_u64(b + 8, c->to);
	wire_store_u64(b + 16, c->read);
	return store_put(
	    c->s->z->store, STORE_CHANNEL, topic_key(&c->t, &key), 0, bytes_of(b, sizeof b));
}

enum zt_err
channel_payload(const struct channel *c, const struct topic_message *m, Zt__ChatPayload **out)
{
	struct buf clear = buf_init(LIMIT_MESSAGE);
	enum zt_err err = topic_message_open(&c->t, m, &clear);

	if (err == ZT_OK)
		err = chat_read(buf_bytes(&clear), out);
	buf_free(&clear);
	return err;
}

/* Notes which message the one at POSITION is about. What cannot be read is about none; a key
 * that is not here yet is waited for. Errors: MISSING_KEY, KEY. */
static enum zt_err
index_one(const struct channel *c, uint64_t position)
{
	struct topic_message m;
	Zt__ChatPayload *p = NULL;
	struct topic_key key;
	struct id of;
	enum zt_err err = topic_get(&c->t, position, &m);

	if (err)
		return err;
	if (!m.is_deleted && (err = channel_payload(c, &m, &p)) == ZT_OK && chat_about(p, &of))
		err = store_put(c->s->z->store, STORE_ABOUT, topic_key_of(&c->t, &of, &key),
		    position, bytes_text("1"));
	if (err == ZT_ERR_CORRUPT || err == ZT_ERR_TOO_BIG || err == ZT_ERR_CRITICAL)
		err = ZT_OK;
	pb_wipe(p);
	topic_message_end(&m);
	return err;
}

/* One whose key is missing hides no later one: all behind it are looked at now, and again when
 * it is there. *DONE: up to there none is missing. */
static enum zt_err
index_range(struct channel *c, uint64_t from, uint64_t to, uint64_t *done)
{
	bool is_whole = true;

	for (uint64_t p = from; p <= to; p++) {
		enum zt_err err = index_one(c, p);

		if (session_goes_away(c->s->z, err))
			return ZT_OK;
		if (err && err != ZT_ERR_MISSING_KEY && err != ZT_ERR_KEY)
			return err;
		is_whole = is_whole && err == ZT_OK;
		if (is_whole)
			*done = p;
	}
	return ZT_OK;
}

/* All that is held and was not looked at. */
static enum zt_err
index_held(struct channel *c)
{
	struct store *store = c->s->z->store;
	uint64_t done = 0, first = c->t.first;
	enum zt_err err;

	if (first == 0 || (c->from <= first && c->to == c->t.position && c->to > 0))
		return ZT_OK;
	if ((err = store_begin(store)))
		return err;
	if (c->to == 0)
		c->from = first, c->to = first - 1;
	if (c->to < c->t.position)
		err = index_range(c, c->to + 1, c->t.position, &c->to);
	if (err == ZT_OK && c->from > first &&
	    (err = index_range(c, first, c->from - 1, &done)) == ZT_OK && done == c->from - 1)
		c->from = first;
	if (err == ZT_OK && (err = channel_note(c)) == ZT_OK)
		err = store_commit(store);
	store_rollback(store);
	c->s->z->message[0] = 0;
	return err;
}

enum zt_err
channel_sync(struct channel *c)
{
	struct zt *z = c->s->z;
	enum zt_err err = ZT_OK;

	if (!z->read_away && (err = topic_sync(&c->t)) && session_goes_away(z, err)) {
		z->read_away = true;
		err = c->t.position > 0 ? ZT_OK : session_lacks(z);
	}
	return err ? err : index_held(c);
}

enum zt_err
channel_back(struct channel *c, uint64_t most, bool *is_all)
{
	struct zt *z = c->s->z;
	enum zt_err err;

	*is_all = c->t.first <= 1;
	if (*is_all)
		return ZT_OK;
	if (z->read_away)
		return session_lacks(z);
	return (err = topic_back(&c->t, most, is_all)) ? err : index_held(c);
}

struct looking {
	enum zt_err (*each)(void *ctx, uint64_t position);
	void *ctx;
	uint64_t *list;
	size_t count, cap;
};

static enum zt_err
collect(void *ctx, struct bytes key, uint64_t n, struct bytes value)
{
	struct looking *l = ctx;
	uint64_t *more;

	(void)key;
	(void)value;
	if (l->count == l->cap) {
		l->cap = l->cap > 0 ? 2 * l->cap : 16;
		if ((more = realloc(l->list, l->cap * sizeof *more)) == NULL)
			return ZT_ERR_MEMORY;
		l->list = more;
	}
	l->list[l->count++] = n;
	return ZT_OK;
}

enum zt_err
channel_about(const struct channel *c, const struct id *id,
    enum zt_err (*each)(void *ctx, uint64_t position), void *ctx)
{
	struct looking l = { .each = each, .ctx = ctx };
	struct topic_key key;
	enum zt_err err = store_each(
	    c->s->z->store, STORE_ABOUT, topic_key_of(&c->t, id, &key), 0, collect, &l);

	for (size_t i = 0; err == ZT_OK && i < l.count; i++)
		err = each(ctx, l.list[i]);
	free(l.list);
	return err;
}

/* ---- names ---- */

/* A direct conversation is called by those who are in it besides this user. */
static void
others(const struct channel *c, char name[260])
{
	const struct org_workspace *w = c->s->w;
	size_t n = 0;

	name[0] = 0;
	for (size_t i = 0; i < w->member_count && n < 250; i++) {
		const struct org_user *u = w->members[i]->user;
		struct log_handle h;

		if (id_equal(&u->id, &c->s->z->user) ||
		    org_state_role(w, u, ORG_NEVER) == ROLE_NONE)
			continue;
		log_handle(c->s->z, &u->id, &h);
		n +=
		    (size_t)snprintf(name + n, 260 - n, "%s@%.200s", n > 0 ? " " : "", h.email);
	}
	if (name[0] == 0)
		(void)snprintf(name, 260, "%s", "@");
}

void
channel_name(const struct channel *c, char name[260])
{
	if (c->s->w->kind == SPACE_CONVERSATION)
		others(c, name);
	else
		workspace_name(c->s, name);
}

/* ---- finding ---- */

/* Whether W is the conversation of just this user and U, and of nobody else before. */
static bool
is_between(const struct org_workspace *w, const struct org_user *me, const struct org_user *u)
{
	if (w->kind != SPACE_CONVERSATION || w->deletion_due != 0 ||
	    org_state_role(w, u, ORG_NEVER) == ROLE_NONE)
		return false;
	return u != me && w->member_count == 2;
}

static enum zt_err
find_direct(struct zt *z, const char *user, struct workspace **out)
{
	const struct org_user *me = org_state_user(z->state, &z->user);
	struct org_workspace *w, *found = NULL;
	struct org_user *u;
	size_t at = 0;
	enum zt_err err = log_find_user(z, user, &u);

	if (err)
		return err;
	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL)
		if (org_state_role(w, me, ORG_NEVER) != ROLE_NONE && is_between(w, me, u) &&
		    (found == NULL || w->created < found->created))
			found = w;
	if (found == NULL)
		return session_refuse(z, ZT_ERR_NOT_FOUND,
		    "there is no direct conversation with %.100s yet", user);
	return workspace_of(z, found, out);
}

enum zt_err
channel_find(struct zt *z, const char *name, struct channel *out)
{
	struct workspace *s;
	enum zt_err err =
	    name[0] == '@' && name[1] != 0
		? find_direct(z, name + 1, &s)
		: workspace_find_as(z, name[0] == '#' ? name + 1 : name, SPACE_CHANNEL, &s);

	if (err)
		return err;
	if (s->w->kind == SPACE_WORKSPACE)
		return session_refuse(
		    z, ZT_ERR_NOT_FOUND, "%.100s is a workspace, and no channel", name);
	return channel_open(s, out);
}
