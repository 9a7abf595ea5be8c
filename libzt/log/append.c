/* SPDX-License-Identifier: Apache-2.0 */
/* append.c - an act of this device's into the trust log: signed on top of what it has verified,
 * judged here first, and proved by the server to be in a log that continues that one. */
#include "log/append.h"

#include "format/limits.h"
#include "format/pb.h"
#include "log/sync.h"
#include "proto/auth.pb-c.h"
#include "session/freeze.h"
#include "session/session.h"
#include "trust/head.h"

enum zt_err
log_check_append(
    struct zt *z, const struct entry *e, struct bytes answer, struct log_appended *out)
{
	Zt__AppendAnswer *m = NULL;
	struct merkle_proof inclusion, consistency;
	struct statement st;
	struct head head;
	enum zt_err err;

	if ((err = pb_decode(&zt__append_answer__descriptor, answer, 64 * 1024, &m)))
		return session_refuse(z, err, "the server's answer to the act cannot be read");
	if ((err = statement_of(m->head, &st)) ||
	    (err = head_check(z->state->log_key, &z->org, &st, &head)))
		err = session_refuse(
		    z, err, "the server's tree head: %s", session_translate(z, err_text(err)));
	else if ((err = merkle_proof_of(m->n_inclusion, m->inclusion, &inclusion)) ||
		 (err = merkle_check_inclusion(
		      m->index, head.size, &e->leaf, &inclusion, &head.root)))
		err = session_refuse(
		    z, err, "the server does not prove that the act is in the trust log");
	else if ((err = merkle_proof_of(m->n_consistency, m->consistency, &consistency)) ||
		 (err = merkle_check_consistency(
		      e->seen_size, head.size, &e->seen_root, &head.root, &consistency)))
		err = session_refuse(z, err,
		    "the server does not prove that its log continues the one that was "
		    "verified");
	if (err == ZT_OK)
		*out = (struct log_appended){ e->leaf, m->index, m->all };
	pb_free(m);
	return err;
}

/* A server that has proved an act could show all the same, to its author too, a log that ends
 * before it: then a revocation is done for nobody. */
static enum zt_err
check_shown(struct zt *z, const struct log_appended *a)
{
	if (a->index >= merkle_size(z->state->tree))
		return session_refuse(z, ZT_ERR_ROLLBACK,
		    "the server has proved that this act is in the trust log, and shows one "
		    "without it: it is done for nobody");
	if (hash_equal(merkle_leaf(z->state->tree, a->index), &a->leaf))
		return ZT_OK;
	return session_note_fork(z, NULL,
	    session_refuse(z, ZT_ERR_FORK,
		"the server has proved that this act is in the trust log, and shows "
		"another one in its place"));
}

/* The topic's state that the next entry must follow. */
static struct org_topic
topic_of(const struct zt *z, const struct id *topic)
{
	const struct org_workspace *w = org_state_workspace(z->state, topic);

	return id_equal(topic, &z->org) ? z->state->topic
	       : w != NULL              ? w->topic
					: (struct org_topic){ 0 };
}

static enum zt_err
sign_behind(struct zt *z, const struct id *topic, const struct org_topic *t, log_fill *fill,
    void *ctx, struct entry **out)
{
	Zt__EntryBody b = ZT__ENTRY_BODY__INIT;
	Zt__TreeHead seen = ZT__TREE_HEAD__INIT;
	struct hash root;
	uint64_t now = session_now_ms();
	enum zt_err err;

	seen.tree_size = merkle_size(z->state->tree);
	if ((err = merkle_root(z->state->tree, seen.tree_size, &root)))
		return err;
	seen.root_hash = pb_field(root.b, HASH_BYTES);
	b.suite = 1;
	b.org = pb_field(z->org.b, ID_BYTES);
	b.topic = pb_field(topic->b, ID_BYTES);
	b.topic_index = t->length;
	if (t->length > 0)
		b.prev = pb_field(t->last.b, HASH_BYTES);
	b.seen = &seen;
	b.author = pb_field(z->device.b, ID_BYTES);
	b.time = now > t->time ? now : t->time;
	if ((err = fill(z, ctx, &b)))
		return err;
	return entry_sign(z->sign, &b, out);
}

enum zt_err
log_sign_act(
    struct zt *z, const struct id *topic, log_fill *fill, void *ctx, struct entry **out)
{
	struct org_topic t = topic_of(z, topic);

	return sign_behind(z, topic, &t, fill, ctx, out);
}

/* Acts of one topic that go to the server together. */
struct acts {
	const struct id *topic;
	log_fill *fill, *then; /* THEN may be NULL */
	void *ctx, *then_ctx;
	struct log_appended is;
};

/* Access is taken away, and its key renewed, even from a device that saw a fork: a colleague
 * the author of one must not protect themselves by it. */
static bool
takes_away(const struct entry *e)
{
	switch ((int)e->body->action_case) {
	case ZT__ENTRY_BODY__ACTION_USER_REVOKED:
	case ZT__ENTRY_BODY__ACTION_DEVICE_REVOKED:
	case ZT__ENTRY_BODY__ACTION_USER_KEY_ROTATED:
	case ZT__ENTRY_BODY__ACTION_KEY_ROTATED:
	case ZT__ENTRY_BODY__ACTION_PIN_VOIDED:
	case ZT__ENTRY_BODY__ACTION_CHANGESET_VOIDED:
		return true;
	case ZT__ENTRY_BODY__ACTION_ROLE_CHANGED:
		return e->body->role_changed->role == ZT__ROLE__ROLE_NONE ||
		       e->body->role_changed->pin != NULL;
	default:
		return false;
	}
}

/* The same rules here, so that a refusal needs no round trip and has its reason. */
static enum zt_err
check_first(struct zt *z, const struct id *topic, const struct entry *e)
{
	const char *message;
	enum zt_err err = takes_away(e)
			      ? ZT_OK
			      : session_may_write(z, id_equal(topic, &z->org) ? NULL : topic);

	if (err == ZT_OK &&
	    (err = rules_check(z->state, e, merkle_size(z->state->tree), &message)))
		err = session_refuse(z, err, "%s", message);
	return err;
}

static enum zt_err
sign_acts(struct zt *z, const struct acts *a, struct entry *out[2])
{
	struct org_topic t = topic_of(z, a->topic);
	enum zt_err err;

	if ((err = sign_behind(z, a->topic, &t, a->fill, a->ctx, &out[0])) ||
	    (err = check_first(z, a->topic, out[0])) || a->then == NULL)
		return err;
	t = (struct org_topic){ t.length + 1, out[0]->body->time, out[0]->leaf };
	return sign_behind(z, a->topic, &t, a->then, a->then_ctx, &out[1]);
}

static enum zt_err
append_once(struct zt *z, struct acts *a)
{
	struct route_params p = { .org = z->org };
	struct buf body = buf_init(2 * LIMIT_ENTRY + 4096), answer = buf_init(64 * 1024);
	Zt__AppendRequest m = ZT__APPEND_REQUEST__INIT;
	Zt__Statement s, more, *list = &more;
	struct entry *e[2] = { NULL, NULL };
	enum zt_err err;

	if ((err = sign_acts(z, a, e)))
		goto out;
	s = statement_message(&e[0]->stmt);
	m.entry = &s;
	if (e[1] != NULL) {
		more = statement_message(&e[1]->stmt);
		m.more = &list;
		m.n_more = 1;
	}
	if ((err = pb_encode(&m, &body)) ||
	    (err = session_call(z, ROUTE_LOG_APPEND, &p, NULL, buf_bytes(&body), &answer)))
		goto out;
	err = log_check_append(z, e[0], buf_bytes(&answer), &a->is);
out:
	entry_free(e[0]);
	entry_free(e[1]);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

static enum zt_err
append(struct zt *z, struct acts *a)
{
	enum zt_err err = ZT_OK;

	for (int tries = 0; tries < 8; tries++) {
		if ((err = log_fetch(z)) || (err = append_once(z, a)) != ZT_ERR_CONFLICT)
			break;
	}
	if (err || (err = log_fetch(z)))
		return err;
	return check_shown(z, &a->is);
}

enum zt_err
log_append(struct zt *z, const struct id *topic, log_fill *fill, void *ctx)
{
	struct acts a = { .topic = topic, .fill = fill, .ctx = ctx };

	return append(z, &a);
}

enum zt_err
log_append_two(struct zt *z, const struct id *topic, log_fill *fill, void *ctx, log_fill *then,
    void *then_ctx, bool *both)
{
	struct acts a = {
		.topic = topic, .fill = fill, .ctx = ctx, .then = then, .then_ctx = then_ctx
	};
	enum zt_err err = append(z, &a);

	if (err == ZT_OK)
		*both = a.is.all;
	return err;
}
