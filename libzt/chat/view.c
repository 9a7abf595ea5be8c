/* SPDX-License-Identifier: Apache-2.0 */
#include "chat/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/limits.h"
#include "format/pb.h"
#include "log/handles.h"

enum { REACTIONS = 64 };

struct reaction {
	char emoji[CHAT_EMOJI + 1];
	struct id users[REACTIONS];
	unsigned count;
};

struct view {
	const struct channel *c;
	const struct org_user *author;
	Zt__ChatPayload *payload; /* of the message */
	Zt__ChatPayload *edit;    /* the newest edit, or NULL */
	bool is_deleted;
	unsigned edits, replies;
	struct reaction *reactions;
	size_t reaction_count;
};

static const struct org_user *
author_of(const struct channel *c, const struct topic_message *m)
{
	const struct org_device *d = org_state_device(c->s->z->state, &m->m.author);

	return d != NULL ? d->user : NULL;
}

enum zt_err
view_kind(const struct channel *c, uint64_t position, enum view_kind *kind, struct id *of)
{
	struct topic_message m;
	Zt__ChatPayload *p = NULL;
	enum zt_err err = topic_get(&c->t, position, &m);

	if (err)
		return err;
	*kind = VIEW_NOTHING;
	if (m.counts && !m.is_deleted) {
		err = channel_payload(c, &m, &p);
		/* What cannot be read is shown as that. */
		if (err || p->kind_case == ZT__CHAT_PAYLOAD__KIND_TEXT)
			*kind = VIEW_TEXT;
		else if (chat_about(p, of))
			*kind = VIEW_CHANGE;
		err = ZT_OK;
	}
	c->s->z->message[0] = 0;
	pb_wipe(p);
	topic_message_end(&m);
	return err;
}

enum zt_err
view_is_mine(const struct channel *c, uint64_t position, bool *out)
{
	struct topic_message m;
	const struct org_user *by;
	enum zt_err err = topic_get(&c->t, position, &m);

	if (err)
		return err;
	by = author_of(c, &m);
	*out = by != NULL && id_equal(&by->id, &c->s->z->user);
	topic_message_end(&m);
	return ZT_OK;
}

/* ---- what others say of it ---- */

/* MAKES: a new one takes the place of one that everybody took back. */
static struct reaction *
reaction_of(struct view *v, const char *emoji, bool makes)
{
	struct reaction *more = NULL, *list;

	for (size_t i = 0; i < v->reaction_count; i++) {
		if (strcmp(v->reactions[i].emoji, emoji) == 0)
			return &v->reactions[i];
		if (v->reactions[i].count == 0)
			more = &v->reactions[i];
	}
	if (!makes)
		return NULL;
	if (more == NULL) {
		if (v->reaction_count >= REACTIONS ||
		    (list = realloc(v->reactions, (v->reaction_count + 1) * sizeof *list)) ==
			NULL)
			return NULL;
		v->reactions = list;
		more = &v->reactions[v->reaction_count++];
	}
	*more = (struct reaction){ .count = 0 };
	(void)snprintf(more->emoji, sizeof more->emoji, "%s", emoji);
	return more;
}

/* Each person reacts once with each, and may take it back. */
static void
react(struct view *v, const struct org_user *by, const Zt__ChatReaction *m)
{
	struct reaction *r = reaction_of(v, m->emoji, !m->removed);
	unsigned at = 0;

	if (r == NULL)
		return;
	while (at < r->count && !id_equal(&r->users[at], &by->id))
		at++;
	if (m->removed && at < r->count)
		r->users[at] = r->users[--r->count];
	else if (!m->removed && at == r->count && r->count < REACTIONS)
		r->users[r->count++] = by->id;
}

/* Whether BY, who signed M, was a manager by all that had been seen in front of M: what its
 * author had seen is the author's own word, and a role that was lost since would come back with
 * it. */
static bool
was_manager(const struct channel *c, const struct org_user *by, const struct topic_message *m)
{
	bool was = org_state_role(c->s->w, by, m->m.seen_size) >= ROLE_MANAGER;

	if (org_state_role(c->s->w, by, ORG_NEVER) >= ROLE_MANAGER)
		return was;
	for (uint64_t p = m->position - 1; was && p >= c->t.first && p > 0; p--) {
		struct topic_message one;

		if (topic_get(&c->t, p, &one))
			return false;
		was = one.m.seen_size <= m->m.seen_size ||
		      org_state_role(c->s->w, by, one.m.seen_size) >= ROLE_MANAGER;
		topic_message_end(&one);
	}
	return was;
}

/* Whether BY, who signed M, may delete what V shows. */
static bool
may_delete(const struct view *v, const struct org_user *by, const struct topic_message *m)
{
	return by == v->author || was_manager(v->c, by, m);
}

/* *P is the view's own when it is kept. */
static void
apply(struct view *v, const struct org_user *by, const struct topic_message *m,
    Zt__ChatPayload **p)
{
	switch ((*p)->kind_case) {
	case ZT__CHAT_PAYLOAD__KIND_TEXT:
		v->replies++;
		break;
	case ZT__CHAT_PAYLOAD__KIND_EDIT:
		if (by != v->author)
			break;
		v->edits++;
		pb_wipe(v->edit);
		v->edit = *p;
		*p = NULL;
		break;
	case ZT__CHAT_PAYLOAD__KIND_DELETION:
		v->is_deleted |= may_delete(v, by, m);
		break;
	case ZT__CHAT_PAYLOAD__KIND_REACTION:
		react(v, by, (*p)->reaction);
		break;
	case ZT__CHAT_PAYLOAD__KIND__NOT_SET:
	case _ZT__CHAT_PAYLOAD__KIND__CASE_IS_INT_SIZE:
	default:
		break;
	}
}

static enum zt_err
look_at(void *ctx, uint64_t position)
{
	struct view *v = ctx;
	struct topic_message m;
	const struct org_user *by;
	Zt__ChatPayload *p = NULL;
	enum zt_err err = topic_get(&v->c->t, position, &m);

	if (err)
		return err;
	by = author_of(v->c, &m);
	if (m.counts && by != NULL && !m.is_deleted && channel_payload(v->c, &m, &p) == ZT_OK)
		apply(v, by, &m, &p);
	pb_wipe(p);
	topic_message_end(&m);
	return ZT_OK;
}

/* ---- as it is shown ---- */

static bool
mentions(const struct view *v, const struct id *user)
{
	const ProtobufCBinaryData *ids =
	    v->edit != NULL ? v->edit->edit->mentions : v->payload->text->mentions;
	size_t n = v->edit != NULL ? v->edit->edit->n_mentions : v->payload->text->n_mentions;

	for (size_t i = 0; i < n; i++)
		if (bytes_equal(pb_bytes(ids[i]), bytes_of(user->b, ID_BYTES)))
			return true;
	return false;
}

static size_t
list_reactions(const struct view *v, struct zt_reaction *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v->reaction_count; i++) {
		const struct reaction *r = &v->reactions[i];

		if (r->count == 0)
			continue;
		out[n] = (struct zt_reaction){ .emoji = r->emoji, .count = r->count };
		for (unsigned k = 0; k < r->count; k++)
			out[n].is_mine |= id_equal(&r->users[k], &v->c->s->z->user);
		n++;
	}
	return n;
}

struct shown {
	char id[ID_TEXT], channel[ID_TEXT], user[ID_TEXT], reply_to[ID_TEXT], name[260];
	struct log_handle by;
	struct zt_reaction reactions[REACTIONS];
	struct zt_message m;
};

static void
fill(const struct view *v, const struct topic_message *t, struct shown *out)
{
	struct zt *z = v->c->s->z;
	struct zt_message *m = &out->m;
	struct id reply;

	*m = (struct zt_message){ .id = out->id,
		.channel = out->channel,
		.channel_name = out->name,
		.position = t->position,
		.time = t->m.time,
		.user = out->user,
		.email = out->by.email,
		.name = out->by.name,
		.text = "",
		.reply_to = out->reply_to,
		.is_mine = id_equal(&v->author->id, &z->user),
		.is_deleted = v->is_deleted || t->is_deleted,
		.is_unreadable = v->payload == NULL && !t->is_deleted,
		.edits = v->edits,
		.replies = v->replies,
		.reactions = out->reactions };
	id_print(&t->m.id, out->id);
	id_print(&v->c->s->w->id, out->channel);
	channel_name(v->c, out->name);
	id_print(&v->author->id, out->user);
	log_handle(z, &v->author->id, &out->by);
	out->reply_to[0] = 0;
	if (v->payload == NULL || m->is_deleted)
		return;
	if (pb_id(v->payload->text->reply_to, &reply) == ZT_OK) {
		id_print(&reply, out->reply_to);
		if (topic_find(&v->c->t, &reply, &m->reply_position))
			m->reply_position = 0;
	}
	m->text = v->edit != NULL ? v->edit->edit->text : v->payload->text->text;
	m->mentions_me = mentions(v, &z->user);
	m->reaction_count = list_reactions(v, out->reactions);
}

enum zt_err
view_show(const struct channel *c, uint64_t position,
    bool (*holds)(void *ctx, const char *text), void *holds_ctx, view_each_fn *each, void *ctx)
{
	struct view v = { .c = c };
	struct topic_message m;
	struct shown *out = calloc(1, sizeof *out);
	enum zt_err err = ZT_ERR_MEMORY;

	if (out == NULL)
		return err;
	if ((err = topic_get(&c->t, position, &m)))
		goto out;
	v.author = author_of(c, &m);
	if (v.author == NULL || !m.counts)
		goto end;
	if (!m.is_deleted && channel_payload(c, &m, &v.payload) == ZT_OK &&
	    v.payload->kind_case != ZT__CHAT_PAYLOAD__KIND_TEXT)
		goto end; /* what changes another one is shown with that */
	c->s->z->message[0] = 0;
	if ((err = channel_about(c, &m.m.id, look_at, &v)) == ZT_OK) {
		fill(&v, &m, out);
		if (holds == NULL || holds(holds_ctx, out->m.text))
			each(ctx, &out->m);
	}
end:
	topic_message_end(&m);
out:
	pb_wipe(v.payload);
	pb_wipe(v.edit);
	free(v.reactions);
	free(out);
	return err;
}
