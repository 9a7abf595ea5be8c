/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* entries.c - the trust log: append behind a predecessor, read what one may see, with proofs.
 */
#include <stdlib.h>

#include "auth/auth.h"
#include "auth/handlers.h"
#include "bus/peer.h"
#include "format/limits.h"
#include "format/pb.h"
#include "frame/audit.h"
#include "frame/page.h"
#include "proto/messages.pb-c.h"

enum { ASK_MS = 5000 };

static const struct db_query read_log = { "entries_read",
	PAGE_OF("idx, topic, digest, body, signature, tag",
	    "SELECT * FROM entries WHERE org = $1::bytea AND idx >= $2::int8 AND idx < "
	    "$3::int8",
	    "idx", LIMIT_LOG_PAGE, "octet_length(body)") };
static const struct db_query read_topic = { "entries_topic",
	PAGE_OF("idx, topic, digest, body, signature, tag, is_more",
	    "SELECT * FROM entries WHERE org = $1::bytea AND topic = $2::bytea AND "
	    "topic_index >= $3::int8",
	    "topic_index", LIMIT_LOG_PAGE, "octet_length(body)") };

/* The nodes of PROOF as fields that borrow them. */
static ProtobufCBinaryData *
fields_of(const struct merkle_proof *proof, ProtobufCBinaryData out[MERKLE_PROOF])
{
	for (size_t i = 0; i < proof->count; i++)
		out[i] = pb_field(proof->node[i].b, HASH_BYTES);
	return out;
}

static enum zt_err
answer_append(struct auth *a, const struct request *rq, const struct entry *e,
    const struct auth_appended *done, bool all, struct rpc_answer *out)
{
	Zt__AppendAnswer answer = ZT__APPEND_ANSWER__INIT;
	ProtobufCBinaryData in_fields[MERKLE_PROOF], con_fields[MERKLE_PROOF];
	struct merkle_proof inclusion, consistency;
	struct buf body = buf_init(1024);
	struct statement head;
	Zt__Statement head_message;
	struct auth_org *org = NULL;
	uint64_t size;
	enum zt_err err;

	/* It is in the log now: publish it first, even if the answer fails. */
	err = auth_lock(a, rq->db, &rq->params.org, &org);
	size = err == ZT_OK ? merkle_size(org->state->tree) : done->index + 1;
	service_publish(rq->service, &rq->params.org, &e->topic, EVENT_LOG, size);
	if (err || (err = auth_head(org, &rq->params.org, rq->now_ms, &body, &head)))
		goto out;
	if ((err = merkle_inclusion(org->state->tree, done->index, size, &inclusion)) ||
	    (err = merkle_consistency(org->state->tree, e->seen_size, size, &consistency)))
		goto out;
	head_message = statement_message(&head);
	answer.index = done->index;
	answer.all = all;
	answer.head = &head_message;
	answer.inclusion = fields_of(&inclusion, in_fields);
	answer.n_inclusion = inclusion.count;
	answer.consistency = fields_of(&consistency, con_fields);
	answer.n_consistency = consistency.count;
	err = auth_answer(out, &answer);
out:
	if (org != NULL)
		auth_unlock(org);
	buf_free(&body);
	return err;
}

/* The place of its workspace's chain that E pins, or NULL. */
static const Zt__ChainPin *
pin_of(const struct entry *e)
{
	if (e->body->action_case == ZT__ENTRY_BODY__ACTION_KEY_ROTATED)
		return e->body->key_rotated->pin;
	return e->body->action_case == ZT__ENTRY_BODY__ACTION_ROLE_CHANGED
		   ? e->body->role_changed->pin
		   : NULL;
}

/* Asks PEER, in M, for the link of a place that E pins, which is to be LINK. */
static enum zt_err
ask_link(struct peer *peer, const void *m, ProtobufCBinaryData link, struct rpc_answer *out)
{
	Zt__LinkAnswer *answer = NULL;
	struct buf body = buf_init(256), got = buf_init(128);
	enum zt_err err;

	if ((err = pb_encode(m, &body)) == ZT_OK &&
	    (err = peer_call(peer, "/link", buf_bytes(&body), ASK_MS, &got)) == ZT_OK)
		err = pb_decode(&zt__link_answer__descriptor, buf_bytes(&got), 128, &answer);
	if (err == ZT_ERR_NOT_FOUND ||
	    (err == ZT_OK && !bytes_equal(pb_bytes(answer->link), pb_bytes(link))))
		err = service_refuse(out, ZT_ERR_PROOF,
		    "the act pins a place that the workspace's chain does not have");
	pb_free(answer);
	buf_free(&body);
	buf_free(&got);
	return err;
}

static enum zt_err
ask_places(struct auth *a, const struct request *rq, const struct entry *e,
    const Zt__ChainPin *pin, struct rpc_answer *out)
{
	Zt__LinkAsk m = ZT__LINK_ASK__INIT;
	Zt__TopicLinkAsk t = ZT__TOPIC_LINK_ASK__INIT;
	enum zt_err err = ZT_OK;

	m.org = t.org = pb_field(rq->params.org.b, ID_BYTES);
	m.workspace = t.space = pb_field(e->topic.b, ID_BYTES);
	m.position = pin->position;
	if (pin->position > 0)
		err = ask_link(a->metadata, &m, pin->link, out);
	for (size_t i = 0; err == ZT_OK && i < pin->n_topics; i++) {
		t.topic = pin->topics[i]->topic;
		t.position = pin->topics[i]->position;
		err = ask_link(a->messaging, &t, pin->topics[i]->link, out);
	}
	return err;
}

/* Devices believe a pin: one that no chain leads to would stop them. */
static enum zt_err
check_pin(
    struct auth *a, const struct request *rq, const struct entry *e, struct rpc_answer *out)
{
	const Zt__ChainPin *pin = pin_of(e);
	enum zt_err err;

	if (pin == NULL || (pin->position == 0 && pin->n_topics == 0))
		return ZT_OK;
	if (pin->n_topics > LIMIT_TOPIC_PINS)
		return ZT_ERR_LIMIT;
	if (atomic_fetch_add(&a->asking, 1) >= a->asking_max) {
		(void)atomic_fetch_sub(&a->asking, 1);
		return service_refuse(
		    out, ZT_ERR_UNAVAILABLE, "many keys are being rotated; try again");
	}
	err = ask_places(a, rq, e, pin, out);
	(void)atomic_fetch_sub(&a->asking, 1);
	return err;
}

/* One entry of the request: its author's, and what it pins is there. */
static enum zt_err
read_entry(struct auth *a, const struct request *rq, const Zt__Statement *m, struct entry **e,
    struct rpc_answer *out)
{
	struct statement s;
	enum zt_err err;

	if ((err = statement_of(m, &s)) || (err = entry_decode(&s, e)))
		return err;
	if (!id_equal(&(*e)->author, &rq->device))
		return service_refuse(
		    out, ZT_ERR_FORBIDDEN, "the act was signed by another device");
	return check_pin(a, rq, *e, out);
}

/* LOG_APPEND: adds one signed entry behind the predecessor that its author named, and those
 * that belong to it. */
enum zt_err
entries_append(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__AppendRequest *m = NULL;
	struct entry *e[AUTH_APPENDS] = { NULL };
	struct auth_appended done = { .message = "" };
	size_t count = 1;
	enum zt_err err;

	if ((err = pb_decode(&zt__append_request__descriptor, rq->body, 1024 * 1024, &m)))
		return err;
	if (m->n_more > AUTH_APPENDS - 1)
		err = ZT_ERR_TOO_BIG;
	if (err == ZT_OK)
		err = read_entry(state, rq, m->entry, &e[0], out);
	for (; err == ZT_OK && count <= m->n_more; count++)
		err = read_entry(state, rq, m->more[count - 1], &e[count], out);
	if (err)
		goto out;
	if ((err = auth_append(state, rq->db, &rq->params.org, e, count, rq->now_ms, &done))) {
		err = service_refuse(out, err, done.message);
		goto out;
	}
	for (size_t i = 0; i < done.count; i++)
		audit(rq->service, entry_action(e[i]), &rq->params.org, &rq->device,
		    &e[i]->topic);
	err = answer_append(state, rq, e[0], &done, done.count == count, out);
out:
	for (size_t i = 0; i < AUTH_APPENDS; i++)
		entry_free(e[i]);
	pb_free(m);
	return err;
}

static bool
may_see(
    const struct org_state *o, const struct org_user *u, const struct id *topic, uint64_t index)
{
	const struct org_workspace *w;

	if (id_equal(topic, &o->id))
		return true;
	w = org_state_workspace(o, topic);
	return w != NULL && org_state_may_see(w, u, index);
}

/* ROWS as lines: whole where the caller may see them, else digest and tag. The caller
 * frees the one array *OUT. */
static enum zt_err
lines_of(const struct org_state *o, const struct org_user *u, const struct db_rows *rows,
    Zt__LogLine ***out)
{
	size_t n = (size_t)db_count(rows);
	struct line {
		Zt__LogLine line;
		Zt__Statement s;
	} * lines;
	Zt__LogLine **array = malloc(n * (sizeof *array + sizeof *lines) + 1);

	if (array == NULL)
		return ZT_ERR_MEMORY;
	lines = (struct line *)(void *)(array + n);
	for (size_t i = 0; i < n; i++) {
		struct bytes topic = db_bytes(rows, (int)i, 1),
			     digest = db_bytes(rows, (int)i, 2),
			     tag = db_bytes(rows, (int)i, 5);
		struct bytes body = db_bytes(rows, (int)i, 3), sig = db_bytes(rows, (int)i, 4);
		struct id id = { { 0 } };

		zt__log_line__init(&lines[i].line);
		zt__statement__init(&lines[i].s);
		lines[i].line.index = (uint64_t)db_int(rows, (int)i, 0);
		if (topic.n == ID_BYTES)
			memcpy(id.b, topic.p, ID_BYTES);
		if (may_see(o, u, &id, lines[i].line.index)) {
			lines[i].s.body = pb_field(body.p, body.n);
			lines[i].s.signature = pb_field(sig.p, sig.n);
			lines[i].line.entry = &lines[i].s;
		} else {
			lines[i].line.digest = pb_field(digest.p, digest.n);
			lines[i].line.tag = pb_field(tag.p, tag.n);
		}
		array[i] = &lines[i].line;
	}
	*out = array;
	return ZT_OK;
}

/* LOG_READ: all leaves from ?from= on, entries where the caller may see them, the newest head.
 */
enum zt_err
entries_read(void *state, const struct request *rq, struct rpc_answer *out)
{
	struct auth *a = state;
	Zt__LogPage page = ZT__LOG_PAGE__INIT;
	ProtobufCBinaryData con_fields[MERKLE_PROOF];
	struct merkle_proof consistency = { .count = 0 };
	struct buf body = buf_init(1024);
	struct statement head;
	Zt__Statement head_message;
	struct db_rows *rows = NULL;
	struct auth_org *org = NULL;
	uint64_t from, size;
	enum zt_err err;

	if ((err = route_query(rq->target, "from", 0, &from)) ||
	    (err = auth_lock(state, rq->db, &rq->params.org, &org)) ||
	    (err = auth_head(org, &rq->params.org, rq->now_ms, &body, &head)))
		goto out;
	size = merkle_size(org->state->tree);
	/* As of this head: an append between would look like a log that was cut. */
	page.marked = marks_get(a->marks, &rq->params.org, NULL).position;
	if (from >
	    size) { /* the device has seen more than this server has: it went back in time */
		err = service_refuse(out, ZT_ERR_ROLLBACK, "the device has seen a longer log");
		goto out;
	}
	if (from > 0 && (err = merkle_consistency(org->state->tree, from, size, &consistency)))
		goto out;
	auth_unlock(org); /* others append while these, which never change, are read */
	org = NULL;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_INT(from), DB_INT(size) };

	if ((err = db_run(rq->db, &read_log, v, 3, &rows)) ||
	    (err = auth_lock(state, rq->db, &rq->params.org, &org)) ||
	    (err = lines_of(
		 org->state, org_state_user(org->state, &rq->caller.user), rows, &page.lines)))
		goto out;
	page.n_lines =
	    (size_t)db_count(rows); /* fewer than the head's: the rest is asked for */
	head_message = statement_message(&head);
	page.head = &head_message;
	page.consistency = fields_of(&consistency, con_fields);
	page.n_consistency = consistency.count;
	err = auth_answer(out, &page);
out:
	if (org != NULL)
		auth_unlock(org);
	free(page.lines);
	db_free(rows);
	buf_free(&body);
	return err;
}

/* TOPIC_READ: the entries of one workspace's topic from ?from= on. */
enum zt_err
entries_topic(void *state, const struct request *rq, struct rpc_answer *out)
{
	Zt__TopicPage page = ZT__TOPIC_PAGE__INIT;
	struct db_rows *rows = NULL;
	struct auth_org *org = NULL;
	uint64_t from;
	enum zt_err err;

	if ((err = route_query(rq->target, "from", 0, &from)))
		goto out;
	struct db_value v[] = { DB_ID(&rq->params.org), DB_ID(&rq->params.id), DB_INT(from) };

	if ((err = db_run(rq->db, &read_topic, v, 3, &rows)) ||
	    (err = auth_lock(state, rq->db, &rq->params.org, &org)) ||
	    (err = lines_of(
		 org->state, org_state_user(org->state, &rq->caller.user), rows, &page.lines)))
		goto out;
	page.n_lines = (size_t)db_count(rows);
	page.more = page.n_lines > 0 && db_int(rows, (int)page.n_lines - 1, 6) == 1;
	err = auth_answer(out, &page);
out:
	if (org != NULL)
		auth_unlock(org);
	free(page.lines);
	db_free(rows);
	return err;
}
