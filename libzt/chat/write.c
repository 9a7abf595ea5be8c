/* SPDX-License-Identifier: Apache-2.0 */
/* write.c - what people write: a text, an edit, a deletion, a reaction. */
#include <stdlib.h>

#include "base/utf8.h"
#include "chat/outbox.h"
#include "chat/verbs.h"
#include "chat/view.h"
#include "crypto/suite.h"
#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"
#include "log/person.h"
#include "log/sync.h"

enum { BACK = 500 };

/* CHANNEL, by what this device knows already; else by the log as it is now. What is written is
 * kept before any server is asked. */
static enum zt_err
open_to_write(struct zt *z, const char *channel, struct channel *out)
{
	const struct org_user *me;
	enum zt_err err;

	z->message[0] = 0;
	if (channel_find(z, channel, out)) {
		z->message[0] = 0;
		if ((err = log_fetch(z)) || (err = log_sync_handles(z)) ||
		    (err = channel_find(z, channel, out)))
			return err;
	}
	me = org_state_user(z->state, &z->user);
	if (org_state_role(out->s->w, me, ORG_NEVER) < ROLE_CONTRIBUTOR)
		return session_refuse(z, ZT_ERR_FORBIDDEN, "a reader does not write here");
	if (out->s->w->archived)
		return session_refuse(z, ZT_ERR_FORBIDDEN,
		    "%.100s is archived: nothing is written in it", channel);
	return ZT_OK;
}

/* Keeps P, and sends it behind what waits. */
static enum zt_err
write_payload(struct channel *c, Zt__ChatPayload *p, struct zt_chat_sent *out)
{
	struct zt *z = c->s->z;
	struct buf clear = buf_init(LIMIT_MESSAGE);
	struct id id;
	uint64_t n = 0, sent = 0, position = 0;
	enum zt_err err;

	random_bytes(id.b, ID_BYTES);
	if ((err = chat_write(p, &clear)) == ZT_OK)
		err = outbox_put(c, &id, buf_bytes(&clear), &n);
	buf_free(&clear);
	if (err)
		return err;
	if ((err = log_fetch(z)) == ZT_OK)
		err = outbox_send(c, n, &sent, &position);
	*out = (struct zt_chat_sent){ .position = err == ZT_OK ? position : 0 };
	id_print(&id, out->id);
	if (err == ZT_OK) {
		c->read = c->read > position ? c->read : position; /* who writes has read */
		return (err = channel_note(c)) ? err : channel_sync(c);
	}
	if (outbox_waits(err)) {
		z->message[0] = 0;
		return ZT_OK;
	}
	return err; /* it was refused; or it may be there, or not: it stays, and is sent once */
}

/* ---- texts ---- */

static bool
ends_address(char c)
{
	return c == 0 || c == ' ' || c == '\n' || c == '\t' || c == ',' || c == ';' || c == ')';
}

/* The member whose address is behind the @ at TEXT, or NULL. */
static const struct org_user *
mentioned(const struct channel *c, const char *text)
{
	char address[260];
	size_t n = 0;

	while (!ends_address(text[n]))
		n++;
	while (n > 0 && (text[n - 1] == '.' || text[n - 1] == ':' || text[n - 1] == '!' ||
			    text[n - 1] == '?'))
		n--;
	if (n == 0 || n >= sizeof address)
		return NULL;
	memcpy(address, text, n);
	address[n] = 0;
	for (size_t i = 0; i < c->s->w->member_count; i++) {
		const struct org_user *u = c->s->w->members[i]->user;
		struct log_handle h;

		if (org_state_role(c->s->w, u, ORG_NEVER) == ROLE_NONE)
			continue;
		log_handle(c->s->z, &u->id, &h);
		if (log_same_address(h.email, address))
			return u;
	}
	return NULL;
}

struct mentions {
	ProtobufCBinaryData list[CHAT_MENTIONS];
	size_t count;
};

static void
find_mentions(const struct channel *c, const char *text, struct mentions *out)
{
	out->count = 0;
	for (const char *at = text;
	     (at = strchr(at, '@')) != NULL && out->count < CHAT_MENTIONS; at++) {
		const struct org_user *u = at == text || ends_address(at[-1]) || at[-1] == '('
					       ? mentioned(c, at + 1)
					       : NULL;

		if (u != NULL)
			out->list[out->count++] = pb_field(u->id.b, ID_BYTES);
	}
}

static enum zt_err
check_text(struct zt *z, const char *text)
{
	if (text[strspn(text, " \t\r\n")] == 0)
		return session_refuse(z, ZT_ERR_INVALID, "the message is empty");
	if (!utf8_valid(bytes_text(text)))
		return session_refuse(z, ZT_ERR_INVALID, "a message is text in UTF-8");
	if (strlen(text) > LIMIT_MESSAGE_TEXT)
		return session_refuse(z, ZT_ERR_TOO_BIG,
		    "a message has 32,768 bytes at most: put a longer text into a workspace");
	return ZT_OK;
}

/* The message that TEXT names: by its id, or its number in the channel. Earlier messages are
 * fetched until it is there. *BY, unless it is NULL: its author. */
static enum zt_err
find_message(struct channel *c, const char *text, struct id *out, const struct org_user **by)
{
	struct zt *z = c->s->z;
	struct topic_message m;
	const struct org_device *d;
	char *end;
	uint64_t at = strlen(text) < 20 ? strtoull(text, &end, 10) : 0;
	bool is_all = c->t.first <= 1, is_number = at > 0 && *end == 0;
	enum view_kind kind;
	struct id of;
	enum zt_err err;

	if (!is_number && id_parse(text, strlen(text), out))
		return session_refuse(z, ZT_ERR_INVALID,
		    "a message is named by its number or its id, not %.40s", text);
	for (;;) {
		if (!is_number && topic_find(&c->t, out, &at))
			at = 0;
		if ((err = at > 0 ? topic_get(&c->t, at, &m) : ZT_ERR_NOT_FOUND) !=
			ZT_ERR_NOT_FOUND ||
		    is_all || at > c->t.position)
			break;
		if ((err = channel_back(c, BACK, &is_all)))
			return err;
	}
	if (err == ZT_ERR_NOT_FOUND)
		return session_refuse(z, err, "there is no message %.40s here", text);
	if (err)
		return err;
	if ((err = view_kind(c, at, &kind, &of)) || kind == VIEW_CHANGE) {
		topic_message_end(&m);
		return err ? err
			   : session_refuse(z, ZT_ERR_NOT_FOUND,
				 "message %.40s is no text, but an edit, a deletion or a "
				 "reaction",
				 text);
	}
	*out = m.m.id;
	d = org_state_device(z->state, &m.m.author);
	if (by != NULL)
		*by = d != NULL ? d->user : NULL;
	topic_message_end(&m);
	return ZT_OK;
}

enum zt_err
chat_send(struct zt *z, const char *channel, const char *text, const char *reply_to,
    struct zt_chat_sent *out)
{
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatText t = ZT__CHAT_TEXT__INIT;
	struct mentions who;
	struct channel c;
	struct id reply;
	enum zt_err err;

	if ((err = open_to_write(z, channel, &c)))
		return err;
	if (reply_to != NULL) {
		if ((err = channel_sync(&c)) ||
		    (err = find_message(&c, reply_to, &reply, NULL)))
			return err;
		t.reply_to = pb_field(reply.b, ID_BYTES);
	}
	if ((err = check_text(z, text)))
		return err;
	find_mentions(&c, text, &who);
	t.text = (char *)(uintptr_t)text;
	t.mentions = who.list;
	t.n_mentions = who.count;
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_TEXT;
	p.text = &t;
	return write_payload(&c, &p, out);
}

/* ---- what changes another message ---- */

/* Opens CHANNEL and finds MESSAGE in it. *BY: its author. */
static enum zt_err
open_to_change(struct zt *z, const char *channel, const char *message, struct channel *c,
    struct id *of, const struct org_user **by)
{
	enum zt_err err;

	if ((err = open_to_write(z, channel, c)) || (err = channel_sync(c)))
		return err;
	return find_message(c, message, of, by);
}

enum zt_err
chat_edit(struct zt *z, const char *channel, const char *message, const char *text,
    struct zt_chat_sent *out)
{
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatEdit e = ZT__CHAT_EDIT__INIT;
	const struct org_user *by;
	struct mentions who;
	struct channel c;
	struct id of;
	enum zt_err err = open_to_change(z, channel, message, &c, &of, &by);

	if (err)
		return err;
	if ((err = check_text(z, text)))
		return err;
	if (by == NULL || !id_equal(&by->id, &z->user))
		return session_refuse(
		    z, ZT_ERR_FORBIDDEN, "only who wrote a message changes its text");
	find_mentions(&c, text, &who);
	e.of = pb_field(of.b, ID_BYTES);
	e.text = (char *)(uintptr_t)text;
	e.mentions = who.list;
	e.n_mentions = who.count;
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_EDIT;
	p.edit = &e;
	return write_payload(&c, &p, out);
}

enum zt_err
chat_delete(struct zt *z, const char *channel, const char *message, struct zt_chat_sent *out)
{
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatDeletion d = ZT__CHAT_DELETION__INIT;
	const struct org_user *by, *me;
	struct channel c;
	struct id of;
	enum zt_err err = open_to_change(z, channel, message, &c, &of, &by);

	if (err)
		return err;
	me = org_state_user(z->state, &z->user);
	if (by != me && org_state_role(c.s->w, me, ORG_NEVER) < ROLE_MANAGER)
		return session_refuse(z, ZT_ERR_FORBIDDEN,
		    "only who wrote a message, a manager or an owner deletes it");
	d.of = pb_field(of.b, ID_BYTES);
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_DELETION;
	p.deletion = &d;
	return write_payload(&c, &p, out);
}

enum zt_err
chat_react(struct zt *z, const char *channel, const char *message, const char *emoji,
    bool removes, struct zt_chat_sent *out)
{
	Zt__ChatPayload p = ZT__CHAT_PAYLOAD__INIT;
	Zt__ChatReaction r = ZT__CHAT_REACTION__INIT;
	const struct org_user *by;
	struct channel c;
	struct id of;
	enum zt_err err = open_to_change(z, channel, message, &c, &of, &by);

	if (err)
		return err;
	r.of = pb_field(of.b, ID_BYTES);
	r.emoji = (char *)(uintptr_t)emoji;
	r.removed = removes;
	p.kind_case = ZT__CHAT_PAYLOAD__KIND_REACTION;
	p.reaction = &r;
	return write_payload(&c, &p, out);
}

/* ---- what waits ---- */

static enum zt_err
count_one(void *ctx, uint64_t n, const struct id *id, struct bytes clear)
{
	uint64_t *left = ctx;

	(void)n;
	(void)id;
	(void)clear;
	++*left;
	return ZT_OK;
}

static enum zt_err
flush_one(struct zt *z, struct org_workspace *w, uint64_t *sent, uint64_t *left)
{
	struct workspace *s;
	struct channel c;
	uint64_t before = 0, position = 0;
	enum zt_err err;

	if ((err = workspace_of(z, w, &s)) || (err = channel_open(s, &c)) ||
	    (err = outbox_each(&c, count_one, &before)) || before == 0)
		return err;
	if ((err = outbox_send(&c, 0, sent, &position)) && !outbox_waits(err))
		return err;
	return outbox_each(&c, count_one, left);
}

enum zt_err
chat_flush(struct zt *z, uint64_t *sent, uint64_t *left)
{
	struct session_failure failed = { .err = ZT_OK };
	struct id *ids;
	struct org_workspace *w;
	size_t at = 0, n = 0;
	enum zt_err err;

	*sent = *left = 0;
	z->message[0] = 0;
	if ((err = log_fetch(z)))
		return err;
	if ((ids = calloc(z->state->workspaces.count + 1, sizeof *ids)) == NULL)
		return ZT_ERR_MEMORY;
	while ((w = idmap_next(&z->state->workspaces, &at)) != NULL)
		if (w->kind != SPACE_WORKSPACE)
			ids[n++] = w->id;
	for (size_t i = 0; i < n; i++)
		if ((w = org_state_workspace(z->state, &ids[i])) != NULL &&
		    (err = flush_one(z, w, sent, left)) && !session_goes_on(z, &failed, err))
			break;
	free(ids);
	return session_failed(z, &failed);
}
