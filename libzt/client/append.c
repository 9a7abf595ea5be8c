/* append.c - an act of this device's into the trust log: signed on top of what it has verified,
 * judged here first, and proved by the server to be in a log that continues that one. */
#include "client/client.h"
#include "format/limits.h"
#include "format/pb.h"
#include "proto/auth.pb-c.h"

enum zt_err
client_check_append(struct zt *z, const struct entry *e, struct bytes answer)
{
	Zt__AppendAnswer *m = NULL;
	struct merkle_proof inclusion, consistency;
	struct statement st;
	struct head head;
	enum zt_err err;

	if ((err = pb_decode(&zt__append_answer__descriptor, answer, 64 * 1024, &m)))
		return client_refuse(z, err, "the server's answer to the act cannot be read");
	if ((err = statement_of(m->head, &st)) ||
	    (err = head_check(z->state->log_key, &z->org, &st, &head)))
		err = client_refuse(
		    z, err, "the server's tree head: %s", client_words(z, err_words(err)));
	else if ((err = merkle_proof_of(m->n_inclusion, m->inclusion, &inclusion)) ||
		 (err = merkle_check_inclusion(
		      m->index, head.size, &e->leaf, &inclusion, &head.root)))
		err = client_refuse(
		    z, err, "the server does not prove that the act is in the trust log");
	else if ((err = merkle_proof_of(m->n_consistency, m->consistency, &consistency)) ||
		 (err = merkle_check_consistency(
		      e->seen_size, head.size, &e->seen_root, &head.root, &consistency)))
		err = client_refuse(z, err,
		    "the server does not prove that its log continues the one that was "
		    "verified");
	pb_free(m);
	return err;
}

enum zt_err
client_sign_act(
    struct zt *z, const struct id *topic, client_fill *fill, void *ctx, struct entry **out)
{
	static const struct org_topic fresh;
	const struct org_workspace *w = org_state_workspace(z->state, topic);
	const struct org_topic *t = id_equal(topic, &z->org) ? &z->state->topic
				    : w != NULL              ? &w->topic
							     : &fresh;
	Zt__EntryBody b = ZT__ENTRY_BODY__INIT;
	Zt__TreeHead seen = ZT__TREE_HEAD__INIT;
	struct hash root;
	uint64_t now = client_now_ms();
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

static enum zt_err
append_once(struct zt *z, const struct id *topic, client_fill *fill, void *ctx)
{
	struct route_params p = { .org = z->org };
	struct buf body = buf_init(LIMIT_ENTRY + 4096), answer = buf_init(64 * 1024);
	Zt__AppendRequest m = ZT__APPEND_REQUEST__INIT;
	Zt__Statement s;
	struct entry *e = NULL;
	const char *why;
	enum zt_err err;

	if ((err = client_sign_act(z, topic, fill, ctx, &e)))
		goto out;
	/* The same rules here, so that a refusal needs no round trip and has its reason. */
	if ((err = rules_check(z->state, e, merkle_size(z->state->tree), &why))) {
		err = client_refuse(z, err, "%s", why);
		goto out;
	}
	s = statement_message(&e->signed_);
	m.entry = &s;
	if ((err = pb_encode(&m, &body)) ||
	    (err = client_call(z, ROUTE_LOG_APPEND, &p, NULL, buf_bytes(&body), &answer)))
		goto out;
	err = client_check_append(z, e, buf_bytes(&answer));
out:
	entry_free(e);
	buf_free(&body);
	buf_free(&answer);
	return err;
}

enum zt_err
client_append(struct zt *z, const struct id *topic, client_fill *fill, void *ctx)
{
	enum zt_err err = ZT_OK;

	for (int tries = 0; tries < 8; tries++) {
		if ((err = client_may_write(z)) || (err = client_sync_log(z)) ||
		    (err = append_once(z, topic, fill, ctx)) != ZT_ERR_CONFLICT)
			break;
	}
	return err ? err : client_sync_log(z);
}
